#include "engine/conform/conformance_page.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/conform/conformance_files.h"
#include "engine/result/report_page.h"
#include "engine/result/result_file.h"

#define PAGE_LIMIT_BYTES ((size_t)64 * 1024 * 1024)
#define REASONS_SHOWN 8 /* beside the one that decided */

const char *conformance_tone(const char *verdict)
{
    switch (check_verdict_by_word(verdict)) {
    case CHECK_PASS:
        return "passed";
    case CHECK_FAIL:
    case CHECK_BLOCKED:
    case CHECK_ERROR:
        return "failed";
    case CHECK_WARN:
    case CHECK_INCONCLUSIVE:
    case CHECK_DIFFERS:
        return "inconclusive";
    default:
        return "plain";
    }
}

/* ---- the head ---- */

static double count_of(const json_t *conformance, const char *verdict)
{
    return report_number(json_object_get(conformance, "counts"), verdict);
}

static double count_all(const json_t *conformance)
{
    json_t *counts = json_object_get(conformance, "counts"), *count;
    const char *verdict;
    double sum = 0;

    json_object_foreach(counts, verdict, count)
    {
        sum += json_number_value(count);
    }
    return sum;
}

static void write_sentence(struct buffer *out, const json_t *conformance)
{
    double failed = count_of(conformance, "FAIL") + count_of(conformance, "BLOCKED");
    double known = report_number(conformance, "known"), open = count_of(conformance, "NOTRUN");

    page_text(out, "%.0f of %.0f requirements hold", count_of(conformance, "PASS"),
              count_all(conformance));
    if (failed > 0)
        page_text(out, ", %.0f %s", failed, failed == 1 ? "does not" : "do not");
    if (known > 0)
        page_text(out, " (%.0f of them known)", known);
    if (open > 0)
        page_text(out, ", %.0f %s not observed", open, open == 1 ? "was" : "were");
}

/* The first reason that has the run's own exit code; the count when there is none. */
static size_t deciding_reason(const json_t *conformance)
{
    const json_t *reasons = json_object_get(conformance, "reasons");
    double code = report_number(conformance, "exit_code");
    size_t i = 0;

    while (i < json_array_size(reasons) &&
           report_number(json_array_get(reasons, i), "exit_code") != code)
        i++;
    return i;
}

static void write_reason(struct buffer *out, const json_t *reason)
{
    buffer_text(out, "<li>");
    page_text(out, "%s", report_text(reason, "text"));
    buffer_format(out, " <span class=\"exit\">(exit %.0f)</span></li>\n",
                  report_number(reason, "exit_code"));
}

/* The one that decided, and a few more; the rows tell all of them. */
static void write_reasons(struct buffer *out, const json_t *conformance)
{
    const json_t *reasons = json_object_get(conformance, "reasons");
    size_t count = json_array_size(reasons), deciding = deciding_reason(conformance), listed = 0;

    if (deciding < count) {
        buffer_text(out, "<p class=\"why\">");
        page_text(out, "%s", report_text(json_array_get(reasons, deciding), "text"));
        buffer_text(out, "</p>\n");
    }
    for (size_t i = 0; i < count && listed < REASONS_SHOWN; i++) {
        if (i == deciding)
            continue;
        buffer_text(out, listed++ == 0 ? "<ul>\n" : "");
        write_reason(out, json_array_get(reasons, i));
    }
    if (count > listed + 1)
        buffer_format(out, "<li>%zu more</li>\n", count - listed - 1);
    buffer_text(out, listed > 0 ? "</ul>\n" : "");
}

/* A list of words with commas; nothing when it is empty. */
static void write_words(struct buffer *out, const json_t *conformance, const char *name)
{
    const json_t *words = json_object_get(conformance, name);

    if (json_array_size(words) == 0)
        return;
    buffer_format(out, "<span>%s ", name);
    for (size_t i = 0; i < json_array_size(words); i++) {
        const char *word = json_string_value(json_array_get(words, i));
        page_text(out, "%s%s", i > 0 ? ", " : "", word ? word : "");
    }
    buffer_text(out, "</span> ");
}

static void write_head(struct buffer *out, const json_t *conformance)
{
    const char *verdict = report_text(conformance, "verdict");
    const char *start = report_text(conformance, "start");
    const char *version = report_text(conformance, "target.version");

    buffer_text(out, "<header class=\"verdict ");
    page_text(out, "%s", verdict);
    buffer_text(out, "\">\n");
    page_mark(out, verdict);
    buffer_text(out, "<div><div class=\"word\">");
    page_text(out, "%s", verdict);
    buffer_format(out, " <span class=\"exit\">· exit code %.0f</span></div><h1>",
                  report_number(conformance, "exit_code"));
    write_sentence(out, conformance);
    buffer_text(out, "</h1></div>\n<div class=\"said\">");
    write_reasons(out, conformance);
    buffer_text(out, "</div></header>\n<p class=\"facts\"><span>");
    page_text(out, "against %s%s%s, %s", report_text(conformance, "target.name"),
              *version ? " " : "", version, report_text(conformance, "target.url"));
    buffer_text(out, "</span> <span>");
    if (strlen(start) > 11)
        page_text(out, "%.10s %.8s UTC", start, start + 11);
    else
        buffer_text(out, "did not begin");
    buffer_text(out, "</span> ");
    write_words(out, conformance, "profiles");
    write_words(out, conformance, "requirements");
    buffer_text(out, "<span>");
    page_text(out, "catalogue %s (%s)", report_text(conformance, "catalogue.version"),
              report_text(conformance, "catalogue.digest"));
    buffer_text(out, "</span></p>\n<p class=\"facts\"><code class=\"wrap\">");
    page_text(out, "%s", report_text(conformance, "command"));
    buffer_text(out, "</code></p>\n");
}

/* ---- what to show ---- */

/* A choice of the filter; report.css hides what it leaves out. */
static void write_choice(struct buffer *out, const char *word, const char *label, const char *tone,
                         double count)
{
    buffer_format(out,
                  "<input type=\"radio\" name=\"show\" id=\"show-%s\"%s><label for=\"show-%s\" "
                  "class=\"tag %s\">%s <b>%.0f</b></label>\n",
                  word, strcmp(word, "all") == 0 ? " checked" : "", word, tone, label, count);
}

static void write_filter(struct buffer *out, const json_t *conformance)
{
    static const enum check_verdict order[] = {
        CHECK_FAIL,    CHECK_BLOCKED, CHECK_ERROR, CHECK_INCONCLUSIVE, CHECK_WARN,
        CHECK_DIFFERS, CHECK_PASS,    CHECK_NA,    CHECK_NOTRUN,
    };
    double known = report_number(conformance, "known");

    buffer_text(out, "<div class=\"filter\" role=\"group\" aria-label=\"Which rows to show\">\n");
    write_choice(out, "all", "all", "plain", count_all(conformance));
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const char *word = check_verdict_word(order[i]);
        if (count_of(conformance, word) > 0)
            write_choice(out, word, word, conformance_tone(word), count_of(conformance, word));
    }
    if (known > 0)
        write_choice(out, "known", "known", "plain", known);
    buffer_text(out, "</div>\n");
}

static void write_contents(struct buffer *out, const json_t *conformance)
{
    const json_t *rows = json_object_get(conformance, "rows");
    char chapter[16], before[16] = "";

    buffer_text(out, "<nav>");
    if (*report_text(conformance, "start")) /* else there is none */
        buffer_text(out, "<a href=\"report.html\">Report of the run</a> ");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        conformance_chapter_of(report_text(row, "id"), chapter, sizeof chapter);
        if (strcmp(chapter, before) == 0 || !*chapter || !report_flag(row, "asked"))
            continue;
        snprintf(before, sizeof before, "%s", chapter);
        buffer_format(out, "<a href=\"#%s\">%s</a> ", chapter, chapter);
    }
    if (json_is_object(json_object_get(conformance, "permissions")))
        buffer_text(out, "<a href=\"#permissions\">Who may do what</a> ");
    if (json_is_object(json_object_get(conformance, "known_failures")))
        buffer_text(out, "<a href=\"#known\">Known failures</a> ");
    if (json_array_size(json_object_get(conformance, "not_claimed")) > 0)
        buffer_text(out, "<a href=\"#not-claimed\">Not claimed</a> ");
    buffer_text(out, "</nav>\n");
}

/* ---- the whole ---- */

static void write_page(struct buffer *out, const json_t *conformance, const char *folder)
{
    char title[200];

    snprintf(title, sizeof title, "Conformance of %s: %s", report_text(conformance, "target.name"),
             report_text(conformance, "verdict"));
    page_begin(out, title);
    write_head(out, conformance);
    write_contents(out, conformance);
    write_filter(out, conformance);
    conformance_rows(out, conformance, folder);
    conformance_permissions(out, conformance);
    conformance_known(out, conformance);
    conformance_not_claimed(out, conformance);
    buffer_text(out, "<footer>Everything on this page comes from <code>" CONFORMANCE_FILE
                     "</code> beside it; the same verdicts stand in <code>conformance.tap</code> "
                     "and <code>junit.xml</code>, every observation that did not simply pass in "
                     "<code>checks.jsonl</code>. Made by Caseload ");
    page_text(out, "%s", report_text(conformance, "program_version"));
    buffer_text(out, ".</footer>\n</body></html>\n");
}

bool conformance_page_is_for(const char *folder)
{
    char path[RESULT_PATH_SIZE];

    return snprintf(path, sizeof path, "%s/%s", folder, CONFORMANCE_FILE) < (int)sizeof path &&
           access(path, R_OK) == 0;
}

enum status conformance_page_write(const char *folder, struct failure *failure)
{
    json_t *conformance = NULL;
    struct buffer page;
    enum status status = result_file_read_json(folder, CONFORMANCE_FILE, &conformance, failure);

    if (status != STATUS_OK)
        return status;
    if (strcmp(report_text(conformance, "schema"), CONFORMANCE_SCHEMA) != 0) {
        json_decref(conformance);
        return failure_set(failure, STATUS_MALFORMED, "%s/%s is not of schema %s", folder,
                           CONFORMANCE_FILE, CONFORMANCE_SCHEMA);
    }
    buffer_init(&page, PAGE_LIMIT_BYTES);
    write_page(&page, conformance, folder);
    status = page_write(&page, folder, CONFORMANCE_PAGE, failure);
    buffer_finish(&page);
    json_decref(conformance);
    return status;
}
