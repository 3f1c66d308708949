/* The tables of conformance.html behind its rows: permissions, known failures, what is not claimed.
 */
#include <stdio.h>
#include <string.h>

#include "engine/conform/conformance_page.h"
#include "engine/result/report_page.h"

/* ---- who may do what ---- */

static bool is_allowed(const char *expected)
{
    return strcmp(expected, "yes") == 0 || strcmp(expected, "reading-yes") == 0;
}

/* The signs are those of docs/requirements/permissions.md: what was seen, so that a broken cell
 * shows the other sign than the matrix. */
static void write_cell(struct buffer *out, const json_t *cell)
{
    const char *expected = report_text(cell, "expected"), *seen = report_text(cell, "seen");
    bool reading = strncmp(expected, "reading", 7) == 0;
    bool otherwise = strcmp(seen, "otherwise") == 0, unseen = strcmp(seen, "not seen") == 0;
    bool may = is_allowed(expected) != otherwise, broken = strcmp(seen, "broken") == 0;

    buffer_format(out, "<td class=\"cell%s\" title=\"expected ",
                  unseen      ? ""
                  : broken    ? " failed"
                  : otherwise ? (reading ? " inconclusive" : " failed")
                              : " passed");
    page_text(out, "%s, seen: %s", expected, seen);
    buffer_text(out, "\">");
    buffer_text(out, unseen   ? "?"
                     : broken ? "!"
                     : may    ? (reading ? "○" : "●")
                              : (reading ? "–?" : "–"));
    buffer_text(out, "</td>");
}

static void write_permission(struct buffer *out, const json_t *row)
{
    const json_t *cells = json_object_get(row, "cells");
    const char *requirement = report_text(row, "requirement");

    buffer_format(out, "<tr><td class=\"number\">%.0f</td><td>", report_number(row, "row"));
    page_text(out, "%s", report_text(row, "text"));
    buffer_text(out, " <a class=\"soft\" href=\"#");
    page_text(out, "%s", requirement);
    buffer_text(out, "\">");
    page_text(out, "%s", requirement);
    buffer_text(out, "</a></td>");
    for (size_t i = 0; i < json_array_size(cells); i++)
        write_cell(out, json_array_get(cells, i));
    buffer_text(out, "</tr>\n");
}

void conformance_permissions(struct buffer *out, const json_t *conformance)
{
    const json_t *permissions = json_object_get(conformance, "permissions");
    const json_t *roles = json_object_get(permissions, "roles");
    const json_t *rows = json_object_get(permissions, "rows");

    if (!json_is_object(permissions))
        return;
    page_heading(out, "permissions", "Who may do what",
                 "What each role was seen to be able to do: ● may, – may not; ○ and –? where the "
                 "catalogue only reads its sources and a platform may differ; ! was broken by "
                 "another way than the act; ? was not seen to the end. A red cell is not as the "
                 "matrix says.");
    buffer_text(out, "<div class=\"scroll\"><table class=\"cells\"><thead><tr><th class=\"number\">"
                     "#</th><th>Permission</th>");
    for (size_t i = 0; i < json_array_size(roles); i++) {
        const json_t *role = json_array_get(roles, i);
        buffer_text(out, "<th class=\"cell\" title=\"");
        page_text(out, "%s", report_text(role, "title"));
        buffer_text(out, "\">");
        page_text(out, "%s", report_text(role, "id"));
        buffer_text(out, "</th>");
    }
    buffer_text(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < json_array_size(rows); i++)
        write_permission(out, json_array_get(rows, i));
    buffer_text(out, "</tbody></table></div>\n");
}

/* ---- known failures ---- */

static void write_known(struct buffer *out, const json_t *entry)
{
    bool stale = report_flag(entry, "stale");

    buffer_text(out, "<tr><td>");
    page_tag(out, stale ? "failed" : "plain", report_text(entry, "outcome"));
    buffer_text(out, "</td><td><b>");
    page_text(out, "%s", report_text(entry, "requirement"));
    buffer_text(out, "</b> ");
    page_text(out, "%s", report_text(entry, "reason"));
    buffer_text(out, stale ? "<span class=\"name\">" : "");
    page_text(out, "%s", stale ? report_text(entry, "said") : "");
    buffer_text(out, stale ? "</span></td><td class=\"whole\">" : "</td><td class=\"whole\">");
    page_text(out, "%s", report_text(entry, "ticket"));
    buffer_text(out, "</td><td>");
    page_text(out, "%s", report_text(entry, "owner"));
    buffer_text(out, "</td><td class=\"whole\">");
    page_text(out, "%s", report_text(entry, "expires"));
    buffer_text(out, "</td></tr>\n");
}

void conformance_known(struct buffer *out, const json_t *conformance)
{
    const json_t *known = json_object_get(conformance, "known_failures");
    const json_t *entries = json_object_get(known, "entries");
    char lead[700];

    if (!json_is_object(known))
        return;
    snprintf(lead, sizeof lead,
             "%.400s on %.10s. What it lists does not fail the gate while it fails; an entry that "
             "holds, has expired or names no row does.",
             report_text(known, "file"), report_text(known, "day"));
    page_heading(out, "known", "Known failures", lead);
    buffer_text(out, "<div class=\"scroll\"><table><thead><tr><th class=\"narrow\"></th><th>"
                     "Requirement</th><th>Ticket</th><th>Owner</th><th>Until</th></tr></thead>"
                     "<tbody>\n");
    for (size_t i = 0; i < json_array_size(entries); i++)
        write_known(out, json_array_get(entries, i));
    buffer_text(out, "</tbody></table></div>\n");
}

/* ---- not claimed ---- */

static bool is_of(const json_t *row, const char *profile)
{
    return strcmp(report_text(row, "profile"), profile) == 0;
}

/* The first row of its profile: all of that profile, wherever they stand; else nothing. */
static void write_profile(struct buffer *out, const json_t *rows, size_t first)
{
    const char *profile = report_text(json_array_get(rows, first), "profile");

    for (size_t i = 0; i < first; i++)
        if (is_of(json_array_get(rows, i), profile))
            return;
    buffer_text(out, "<dt>");
    page_text(out, "%s", profile);
    buffer_text(out, "</dt><dd>");
    for (size_t i = first; i < json_array_size(rows); i++)
        if (is_of(json_array_get(rows, i), profile))
            page_text(out, "%s ", report_text(json_array_get(rows, i), "id"));
    buffer_text(out, "</dd>\n");
}

void conformance_not_claimed(struct buffer *out, const json_t *conformance)
{
    const json_t *rows = json_object_get(conformance, "not_claimed");

    if (json_array_size(rows) == 0)
        return;
    page_heading(out, "not-claimed", "Not claimed",
                 "Rows of profiles that the platform does not claim: they are not judged.");
    buffer_format(out, "<details><summary>%zu rows</summary><dl>", json_array_size(rows));
    for (size_t i = 0; i < json_array_size(rows); i++)
        write_profile(out, rows, i);
    buffer_text(out, "</dl></details>\n");
}
