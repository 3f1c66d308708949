#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/measure/check_log.h"
#include "engine/measure/health.h"
#include "engine/result/report_page.h"
#include "engine/result/session_index.h"

static const char *tone_of(const char *verdict)
{
    enum check_verdict known = check_verdict_by_word(verdict);
    if (known == CHECK_PASS) {
        return "passed";
    }
    if (known != CHECK_VERDICT_COUNT && check_verdict_is_bad(known)) {
        return "failed";
    }
    return known == CHECK_NA || known == CHECK_NOTRUN ? "plain" : "inconclusive";
}

static void check_details(struct buffer *out, const json_t *requirement)
{
    const json_t *checks = json_object_get(requirement, "checks");
    size_t count = json_array_size(checks);
    if (count == 0) {
        return;
    }
    buffer_format(out, "<details%s><summary>%zu kept in full</summary><ul>",
                  strcmp(report_text(requirement, "verdict"), "FAIL") == 0 ? " open" : "", count);
    for (size_t i = 0; i < count && i < 5; i++) {
        const json_t *check = json_array_get(checks, i);
        buffer_text(out, "<li>");
        page_text(out, "%s: %s", report_text(check, "verdict"), report_text(check, "message"));
        buffer_text(out, " <span class=\"soft\">");
        if (json_is_integer(json_object_get(check, "session"))) {
            page_text(out, "session %.0f, ", report_number(check, "session"));
        }
        page_text(out, "at %.3f s", report_number(check, "at_us") / 1e6);
        if (report_text(check, "evidence")[0] != '\0') {
            page_text(out, ", %s", report_text(check, "evidence"));
        }
        buffer_text(out, "</span></li>");
    }
    buffer_text(out, count > 5 ? "<li class=\"soft\">more in checks.jsonl</li></ul></details>"
                               : "</ul></details>");
}

static void check_row(struct buffer *out, const json_t *requirement)
{
    const json_t *counts = json_object_get(requirement, "counts");
    const char *verdict = report_text(requirement, "verdict"), *word;
    json_t *count;
    double others = 0;
    json_object_foreach((json_t *)counts, word, count)
    {
        if (strcmp(word, "PASS") != 0 && strcmp(word, "FAIL") != 0) {
            others += json_number_value(count);
        }
    }
    buffer_text(out, "<tr><td>");
    page_tag(out, tone_of(verdict), verdict);
    buffer_text(out, "</td><td><b>");
    page_text(out, "%s", report_text(requirement, "requirement"));
    buffer_text(out, "</b>");
    check_details(out, requirement);
    buffer_text(out, "</td>");
    page_number_cell(out, report_number(counts, "PASS"), "1");
    page_number_cell(out, report_number(counts, "FAIL"), "1");
    page_number_cell(out, others, "1");
    buffer_text(out, "</tr>\n");
}

/* What failed first, then what was warned of, then the rest. */
static int rank_of(const json_t *requirement)
{
    const char *tone = tone_of(report_text(requirement, "verdict"));
    return strcmp(tone, "failed") == 0 ? 0 : strcmp(tone, "inconclusive") == 0 ? 1 : 2;
}

static int compare_requirements(const void *a, const void *b)
{
    const json_t *left = *(json_t *const *)a, *right = *(json_t *const *)b;
    int ranks = rank_of(left) - rank_of(right);
    return ranks != 0 ? ranks
                      : strcmp(report_text(left, "requirement"), report_text(right, "requirement"));
}

/* What held needs one line each in nobody's report. */
static void write_held(struct buffer *out, json_t **rows, size_t count)
{
    if (count == 0) {
        return;
    }
    buffer_format(out, "<h3 style=\"margin-top:18px\">%zu held</h3><ul class=\"chips\">", count);
    for (size_t i = 0; i < count; i++) {
        buffer_text(out, "<li>");
        page_text(out, "%s", report_text(rows[i], "requirement"));
        if (strcmp(report_text(rows[i], "verdict"), "PASS") == 0) {
            buffer_text(out, " <span class=\"soft\">");
            page_value(out, report_number(rows[i], "counts.PASS"), "1");
        } else {
            buffer_text(out, " <span class=\"soft\">");
            page_text(out, "%s", report_text(rows[i], "verdict"));
        }
        buffer_text(out, "</span></li>");
    }
    buffer_text(out, "</ul>\n");
}

void report_checks(struct buffer *out, const struct report_source *source)
{
    size_t count = json_array_size(source->requirements), shown = 0;
    json_t **rows = calloc(count > 0 ? count : 1, sizeof *rows);
    if (count == 0 || rows == NULL) {
        free(rows);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        rows[i] = json_array_get(source->requirements, i);
    }
    qsort(rows, count, sizeof *rows, compare_requirements);
    while (shown < count && rank_of(rows[shown]) < 2) {
        shown++;
    }
    page_heading(
        out, "checks", "Requirements",
        "What the story itself checked while it ran, per requirement of the catalogue, and "
        "how often.");
    if (shown > 0) {
        buffer_text(out, "<div class=\"scroll\"><table><thead><tr><th class=\"narrow\"></th><th>"
                         "Requirement</th><th class=\"number\">Passed</th><th class=\"number\">"
                         "Failed</th><th class=\"number\">Other</th></tr></thead><tbody>\n");
        for (size_t i = 0; i < shown; i++) {
            check_row(out, rows[i]);
        }
        buffer_text(out, "</tbody></table></div>\n");
    }
    write_held(out, rows + shown, count - shown);
    free(rows);
}

static void ledger_row(struct buffer *out, const json_t *row)
{
    double missing = report_number(row, "missing");
    buffer_text(out, "<tr><td>");
    page_tag(out, missing > 0 ? "failed" : "passed", missing > 0 ? "missing" : "complete");
    buffer_text(out, "</td><td>");
    page_text(out, "%s", report_text(row, "name"));
    if (report_number(row, "explained") > 0) {
        buffer_text(out, "<span class=\"name\">");
        page_text(out, "%s", report_text(row, "explanation"));
        buffer_text(out, "</span>");
    }
    buffer_text(out, "</td>");
    page_number_cell(out, report_number(row, "expected"), "1");
    page_number_cell(out, report_number(row, "seen"), "1");
    page_number_cell(out, report_number(row, "explained"), "1");
    page_number_cell(out, missing, "1");
    buffer_text(out, "</tr>\n");
}

void report_ledger(struct buffer *out, const struct report_source *source)
{
    const json_t *ledger = json_object_get(source->summary, "ledger");
    if (json_array_size(ledger) == 0) {
        return;
    }
    page_heading(out, "ledger", "Expected and seen",
                 "A green run that did not do its job is worth nothing: what was promised, what "
                 "came, and what is missing without explanation.");
    buffer_text(
        out, "<div class=\"scroll\"><table><thead><tr><th class=\"narrow\"></th><th>What</th><th "
             "class=\"number\">Expected</th><th class=\"number\">Seen</th><th "
             "class=\"number\">Explained</th><th class=\"number\">Missing</th></tr></thead>"
             "<tbody>\n");
    for (size_t i = 0; i < json_array_size(ledger); i++) {
        ledger_row(out, json_array_get(ledger, i));
    }
    buffer_text(out, "</tbody></table></div>\n");
}

/* The leaves of a plan as people read them: "patient p15, nurse n0, branch routine". */
static void write_leaves(struct buffer *text, const char *name, const json_t *value)
{
    const char *member;
    json_t *inner;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)value, member, inner)
        {
            write_leaves(text, member, inner);
        }
        return;
    }
    if (json_is_boolean(value)) { /* "question" rather than "question true, race false" */
        if (json_is_true(value)) {
            buffer_format(text, "%s%s", text->size > 0 ? ", " : "", name);
        }
        return;
    }
    char *words = json_is_string(value) ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    buffer_format(text, "%s%s %s", text->size > 0 ? ", " : "", name,
                  words != NULL ? words : json_string_value(value));
    free(words);
}

static void worst_row(struct buffer *out, const json_t *session)
{
    const char *outcome = report_text(session, "outcome");
    struct buffer plan;
    buffer_init(&plan, SESSION_LINE_MAX);
    write_leaves(&plan, "", json_object_get(session, "plan"));
    double started_us = report_number(session, "started_us");
    double ended_us = report_number(session, "ended_us");
    buffer_format(out, "<tr><td class=\"number\">%.0f</td><td>", report_number(session, "index"));
    page_tag(out,
             strcmp(outcome, "completed") == 0 ? "passed"
             : strcmp(outcome, "failed") == 0  ? "failed"
                                               : "inconclusive",
             outcome);
    buffer_text(out, "</td>");
    page_number_cell(out, started_us, "us");
    if (json_is_integer(json_object_get(session, "ended_us"))) {
        page_number_cell(out, ended_us - started_us, "us");
    } else {
        page_empty_cell(out);
    }
    if (report_number(session, "worst_join_us") > 0) {
        page_number_cell(out, report_number(session, "worst_join_us"), "us");
    } else {
        page_empty_cell(out);
    }
    buffer_text(out, "<td class=\"wrap\">");
    page_text(out, "%s", report_text(session, "reason"));
    buffer_text(out, "<span class=\"name\">");
    page_text(out, "%.400s", buffer_string(&plan));
    buffer_text(out, "</span></td></tr>\n");
    buffer_finish(&plan);
}

void report_worst(struct buffer *out, const struct report_source *source)
{
    size_t count = json_array_size(source->worst);
    char lead[160];
    if (count == 0) {
        return;
    }
    snprintf(lead, sizeof lead,
             "%zu of %llu: first those that did not complete, then those that joined slowest.",
             count, (unsigned long long)source->session_lines);
    page_heading(out, "worst", "Worst sessions", lead);
    buffer_text(out, "<div class=\"scroll\"><table><thead><tr><th class=\"number\">Session</th><th>"
                     "</th><th class=\"number\">Started at</th><th class=\"number\">Took</th><th "
                     "class=\"number\">Slowest join</th><th>Reason and plan</th></tr></thead>"
                     "<tbody>\n");
    for (size_t i = 0; i < count; i++) {
        worst_row(out, json_array_get(source->worst, i));
    }
    buffer_text(out, "</tbody></table></div>\n");
}

static void health_row(struct buffer *out, const char *label, const char *limit, double value,
                       const char *unit, double seconds)
{
    buffer_text(out, "<tr><td>");
    page_tag(out, seconds > 0 ? "inconclusive" : "passed", seconds > 0 ? "unfit" : "fit");
    buffer_format(out, "</td><td>%s</td>", label);
    page_number_cell(out, value, unit);
    buffer_format(out, "<td class=\"number soft\">%s</td>", limit);
    page_number_cell(out, seconds, "1");
    buffer_text(out, "</tr>\n");
}

void report_generator(struct buffer *out, const struct report_source *source)
{
    const json_t *generator = json_object_get(source->summary, "generator");
    const json_t *reasons = json_object_get(generator, "by_reason");
    double probed = report_number(generator, "probe_frames");
    page_heading(out, "generator", "Was the generator fit to judge?",
                 report_flag(generator, "healthy")
                     ? "Yes: at most 1 % of the seconds of all shards, or one of at least 30, "
                       "broke one of these limits."
                     : "No: more than 1 % of the seconds of all shards broke one of these limits, "
                       "so latency and shortfall say nothing about the target.");
    buffer_text(out,
                "<div class=\"scroll\"><table><thead><tr><th class=\"narrow\"></th><th>Limit per "
                "second and "
                "shard</th><th class=\"number\">Worst</th><th class=\"number\">Allowed</th><th "
                "class=\"number\">Seconds beyond</th></tr></thead><tbody>\n");
    health_row(out, "Processor, share of a core", "90 %", report_number(generator, "cpu.max"),
               "ratio", report_number(reasons, "CPU"));
    health_row(out, "Media sent late, p99 of the second", "5 ms",
               report_number(generator, "send_slip_p99_max_us"), "us",
               report_number(reasons, "SLIP"));
    health_row(out, "Datagrams dropped by the kernel, in all", "0",
               report_number(generator, "rx_drops"), "1", report_number(reasons, "DROPS"));
    health_row(out, "Sessions started late, in all", "0", report_number(generator, "late_starts"),
               "1", report_number(reasons, "LATE"));
    health_row(out, "Frames refused by probes", "1 %",
               probed > 0 ? report_number(generator, "probe_refused") / probed : 0, "ratio",
               report_number(reasons, "PROBES"));
    buffer_text(out, "</tbody></table></div>\n");
}
