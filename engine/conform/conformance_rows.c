/* The rows of conformance.html, chapter by chapter, and one click away what was seen. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "engine/conform/conformance_page.h"
#include "engine/result/report_page.h"
#include "engine/result/result_file.h"

#define EVIDENCE_LINKS_MAX 12 /* for one observation */

void conformance_chapter_of(const char *id, char *chapter, size_t size)
{
    snprintf(chapter, size, "%.*s", (int)strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), id);
}

/* ---- what was seen ---- */

static bool is_plain_name(const char *name)
{
    return *name && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                 "-_.") == strlen(name);
}

static void write_link(struct buffer *out, const char *path)
{
    buffer_text(out, " <a href=\"");
    page_text(out, "%s", path);
    buffer_text(out, "\">");
    page_text(out, "%s", path);
    buffer_text(out, "</a>");
}

/* What a capture left of that session (evidence/session-N-…). */
static void write_captures(struct buffer *out, const char *folder, double session)
{
    char path[RESULT_PATH_SIZE], prefix[48];
    const struct dirent *entry;
    size_t count = 0;
    DIR *listing;

    snprintf(prefix, sizeof prefix, "session-%.0f-", session);
    snprintf(path, sizeof path, "%s/evidence", folder);
    listing = opendir(path);
    while (listing && count < EVIDENCE_LINKS_MAX && (entry = readdir(listing))) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || !is_plain_name(entry->d_name))
            continue;
        snprintf(path, sizeof path, "evidence/%.255s", entry->d_name);
        write_link(out, path);
        count++;
    }
    if (listing)
        closedir(listing);
}

/* A path of the run folder and nothing else. */
static bool is_inside(const char *path)
{
    return strncmp(path, "evidence/", 9) == 0 && !strstr(path, "..") && !strpbrk(path, ":\\?#");
}

static void write_observation(struct buffer *out, const json_t *kept, const char *folder)
{
    const char *evidence = report_text(kept, "evidence"), *at = report_text(kept, "at");

    buffer_text(out, "<li>");
    page_text(out, "%s: %s", report_text(kept, "verdict"), report_text(kept, "message"));
    buffer_text(out, "<span class=\"name\">");
    page_text(out, "%.10s %.12s UTC, %.3f s after the begin", at, strlen(at) > 11 ? at + 11 : "",
              report_number(kept, "at_us") / 1e6);
    if (json_is_integer(json_object_get(kept, "session"))) {
        page_text(out, ", session %.0f", report_number(kept, "session"));
        if (*report_text(kept, "check"))
            page_text(out, " (check %s)", report_text(kept, "check"));
        page_text(out, ", line %.0f of", report_number(kept, "session") + 1);
        write_link(out, "sessions.jsonl");
        write_captures(out, folder, report_number(kept, "session"));
    }
    if (is_inside(evidence))
        write_link(out, evidence);
    buffer_text(out, "</span></li>\n");
}

static void write_seen(struct buffer *out, const json_t *row, const char *folder)
{
    const json_t *kept = json_object_get(row, "kept");
    bool is_bad = strcmp(conformance_tone(report_text(row, "verdict")), "failed") == 0;
    size_t count = json_array_size(kept);

    if (count == 0)
        return;
    buffer_format(out, "<details%s><summary>%zu observation%s kept in full</summary><ul>\n",
                  is_bad && !json_is_object(json_object_get(row, "known")) ? " open" : "", count,
                  count == 1 ? "" : "s");
    for (size_t i = 0; i < count; i++)
        write_observation(out, json_array_get(kept, i), folder);
    buffer_text(out, "</ul><p>To see it again: <code class=\"wrap\">");
    page_text(out, "%s", report_text(row, "reproduce"));
    buffer_text(out, "</code></p></details>");
}

/* ---- a row ---- */

static void write_verdict(struct buffer *out, const json_t *row)
{
    const json_t *known = json_object_get(row, "known");

    page_tag(out, conformance_tone(report_text(row, "verdict")), report_text(row, "verdict"));
    if (json_is_object(known)) {
        buffer_text(out, "<span class=\"name\" title=\"");
        page_text(out, "%s (%s, until %s)", report_text(known, "reason"),
                  report_text(known, "owner"), report_text(known, "expires"));
        buffer_text(out, "\">");
        page_text(out, "known: %s", report_text(known, "ticket"));
        buffer_text(out, "</span>");
    }
    if (!report_flag(row, "asked"))
        buffer_text(out, "<span class=\"name\">seen besides</span>");
}

static void write_checks(struct buffer *out, const json_t *row)
{
    const json_t *checks = json_object_get(row, "checks");
    json_t *counts = json_object_get(row, "observations"), *count;
    const char *verdict;
    bool first = true;

    for (size_t i = 0; i < json_array_size(checks); i++) {
        const char *check = json_string_value(json_array_get(checks, i));
        page_text(out, "%s%s", i > 0 ? ", " : "", check ? check : "");
    }
    buffer_text(out, json_array_size(checks) == 0 ? "<span class=\"soft\">none yet</span>" : "");
    buffer_text(out, "<span class=\"name\">");
    json_object_foreach(counts, verdict, count)
    {
        page_text(out, "%s%.0f %s", first ? "" : ", ", json_number_value(count), verdict);
        first = false;
    }
    buffer_text(out, "</span>");
}

static void write_row(struct buffer *out, const json_t *row, const char *folder)
{
    buffer_text(out, "<tr class=\"row v-");
    page_text(out, "%s", report_text(row, "verdict"));
    buffer_text(out, json_is_object(json_object_get(row, "known")) ? " v-known" : "");
    buffer_text(out, "\" id=\"");
    page_text(out, "%s", report_text(row, "id"));
    buffer_text(out, "\"><td>");
    write_verdict(out, row);
    buffer_text(out, "</td><td><b>");
    page_text(out, "%s", report_text(row, "id"));
    buffer_text(out, "</b> ");
    page_text(out, "%s", report_text(row, "text"));
    if (strcmp(report_text(row, "verdict"), "NA") == 0) {
        buffer_text(out, "<span class=\"name\">");
        page_text(out, "%s", report_text(row, "message"));
        buffer_text(out, "</span>");
    }
    write_seen(out, row, folder);
    buffer_text(out, "</td><td>");
    page_text(out, "%s", report_text(row, "level"));
    buffer_text(out, "<span class=\"name\">");
    page_text(out, "%s", report_text(row, "severity"));
    buffer_text(out, "</span></td><td>");
    page_text(out, "%s", report_text(row, "profile"));
    buffer_text(out, "</td><td class=\"wrap\">");
    write_checks(out, row);
    buffer_text(out, "</td></tr>\n");
}

/* ---- chapters ---- */

static bool is_of(const json_t *row, const char *chapter)
{
    char own[16];

    conformance_chapter_of(report_text(row, "id"), own, sizeof own);
    return strcmp(own, chapter) == 0;
}

/* The rows of the chapter that begins at `first`, wherever they stand. */
static void write_chapter(struct buffer *out, const json_t *rows, size_t first, const char *chapter,
                          const char *folder)
{
    char title[200];

    snprintf(title, sizeof title, "%s: %s", chapter,
             report_text(json_array_get(rows, first), "chapter"));
    buffer_text(out, "<section class=\"chapter\">\n");
    page_heading(out, chapter, title, "");
    buffer_text(out, "<div class=\"scroll\"><table class=\"rows\"><thead><tr><th class=\"narrow\">"
                     "Verdict</th><th>Requirement</th><th>Level</th><th>Profile</th><th>Checks</th>"
                     "</tr></thead><tbody>\n");
    for (size_t i = first; i < json_array_size(rows); i++)
        if (is_of(json_array_get(rows, i), chapter))
            write_row(out, json_array_get(rows, i), folder);
    buffer_text(out, "</tbody></table></div></section>\n");
}

static bool was_written(const json_t *rows, size_t before, const char *chapter)
{
    for (size_t i = 0; i < before; i++)
        if (is_of(json_array_get(rows, i), chapter))
            return true;
    return false;
}

void conformance_rows(struct buffer *out, const json_t *conformance, const char *folder)
{
    const json_t *rows = json_object_get(conformance, "rows");
    char chapter[16];

    for (size_t i = 0; i < json_array_size(rows); i++) {
        conformance_chapter_of(report_text(json_array_get(rows, i), "id"), chapter, sizeof chapter);
        if (*chapter && !was_written(rows, i, chapter))
            write_chapter(out, rows, i, chapter, folder);
    }
}
