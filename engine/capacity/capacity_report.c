#include "engine/capacity/capacity_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/capacity/capacity.h"
#include "engine/result/report_page.h"

#define PAGE_LIMIT_BYTES ((size_t)16 * 1024 * 1024)

bool capacity_report_is_for(const char *folder)
{
    char path[RESULT_PATH_SIZE];

    return snprintf(path, sizeof path, "%s/%s", folder, CAPACITY_FILE) < (int)sizeof path &&
           access(path, R_OK) == 0;
}

/* ---- the head ---- */

/* The first line is the answer. */
static void write_head(struct buffer *out, const json_t *capacity)
{
    const char *verdict = report_text(capacity, "verdict");
    const json_t *reasons = json_object_get(capacity, "reasons"), *reason;
    size_t index;

    buffer_text(out, "<header class=\"verdict ");
    page_text(out, "%s", verdict);
    buffer_text(out, "\">\n");
    page_mark(out, verdict);
    buffer_text(out, "<div><h1>");
    page_text(out, "%s", report_text(capacity, "headline"));
    buffer_text(out, "</h1></div>\n<div class=\"said\"><p class=\"facts\">");
    page_text(out, "%s · exit code %.0f", report_text(capacity, "outcome"),
              report_number(capacity, "exit_code"));
    buffer_text(out, "</p>");
    json_array_foreach(reasons, index, reason)
    {
        buffer_text(out, "<p class=\"why\">");
        page_text(out, "%s", report_text(reason, "text"));
        buffer_text(out, "</p>");
    }
    buffer_text(out, "</div></header>\n");
}

static void write_side(struct buffer *out, const json_t *capacity, const char *side,
                       const char *what)
{
    char path[64];
    double load, holds;
    bool confirmed;

    snprintf(path, sizeof path, "interval.%s", side);
    if (!json_is_integer(report_get(capacity, path)))
        return;
    load = report_number(capacity, path);
    snprintf(path, sizeof path, "interval.%s_holds", side);
    holds = report_number(capacity, path);
    snprintf(path, sizeof path, "interval.%s_confirmed", side);
    confirmed = report_flag(capacity, path);
    page_fact(out, what, "%.0f %s, %.0f hold%s%s", load, report_text(capacity, "plan.unit"), holds,
              holds == 1 ? "" : "s", confirmed ? ", confirmed" : ", not confirmed");
}

static void write_fit(struct buffer *out, const struct capacity_plots *plots)
{
    const struct usl_fit *fit = &plots->fit;

    if (plots->knee > 0)
        page_fact(out, "Knee of the join's p95", "%.4g sessions at once (Kneedle)", plots->knee);
    else
        page_fact(out, "Knee of the join's p95", "none seen");
    if (!fit->fitted) {
        page_fact(out, "Scaling law", "not fitted: %s", fit->why);
        return;
    }
    page_fact(out, "Scaling law", "gamma %.4g ± %.2g, alpha %.3g ± %.2g, beta %.3g ± %.2g",
              fit->gamma, fit->gamma_error, fit->alpha, fit->alpha_error, fit->beta,
              fit->beta_error);
    if (fit->peak > 0)
        page_fact(out, "Its peak", "%.4g sessions at once", fit->peak);
    else
        page_fact(out, "Its peak", "not within 1.5 times the largest load");
}

static void write_result(struct buffer *out, const json_t *capacity,
                         const struct capacity_plots *plots)
{
    const json_t *objectives = report_get(capacity, "plan.objectives"), *objective;
    bool generator = report_flag(capacity, "interval.failed_is_generator");
    size_t index;

    page_heading(out, "result", "Result", "");
    buffer_text(out, "<div class=\"pair\"><dl>");
    write_side(out, capacity, "passed", "Highest that passed");
    write_side(out, capacity, "failed", generator ? "Generator not fit at" : "Lowest that failed");
    page_fact(out, generator ? "Generator" : "First broken", "%s",
              report_text(capacity, "broken.why"));
    page_fact(out, "Because", "%s", report_text(capacity, "broken.because"));
    buffer_text(out, "</dl><dl>");
    json_array_foreach(objectives, index, objective)
    {
        page_fact(out, index == 0 ? "Objectives" : "", "%s", json_string_value(objective));
    }
    write_fit(out, plots);
    buffer_text(out, "</dl></div>\n");
}

/* ---- what it stood on ---- */

/* Of the step with the least load: the path while nothing presses. */
static const json_t *idle_step(const json_t *capacity)
{
    const json_t *steps = json_object_get(capacity, "steps"), *step, *least = NULL;
    size_t index;

    json_array_foreach(steps, index, step)
    {
        if (json_is_object(json_object_get(step, "hold")) &&
            (!least || report_number(step, "load") < report_number(least, "load")))
            least = step;
    }
    return least;
}

static void write_path(struct buffer *out, const char *what, const json_t *path)
{
    if (!json_is_object(path))
        return;
    if (json_is_number(report_get(path, "rtt_p50_us")))
        page_fact(
            out, what, "round trip %.3g ms (p50), %.3g ms (longest), %.0f of %.0f handshakes lost",
            report_number(path, "rtt_p50_us") / 1000, report_number(path, "rtt_max_us") / 1000,
            report_number(path, "lost"), report_number(path, "sent"));
    else
        page_fact(out, what, "%.0f of %.0f handshakes lost", report_number(path, "lost"),
                  report_number(path, "sent"));
}

/* What the generator used of what it can do; with shards, of the host that used most. */
static void write_generator(struct buffer *out, const json_t *capacity)
{
    const json_t *shard = report_get(capacity, "generator.shard");
    char who[40] = "Generator";

    if (json_is_integer(shard))
        snprintf(who, sizeof who, "Generator of shard %d", (int)json_integer_value(shard));
    page_fact(out, who, "%s", report_text(capacity, "generator.text"));
}

static void write_idle(struct buffer *out, const json_t *capacity)
{
    const json_t *step = idle_step(capacity);

    write_path(out, "Idle path", json_object_get(capacity, "idle_path"));

    if (!step)
        return;
    if (json_is_number(report_get(step, "hold.rtt_p50_us")))
        page_fact(out, "Media at the least load",
                  "round trip %.3g ms (p50), %.3g %% of frames lost",
                  report_number(step, "hold.rtt_p50_us") / 1000,
                  report_number(step, "hold.frame_loss_ratio") * 100);
}

static void write_media(struct buffer *out, const json_t *capacity)
{
    const char *mode = report_text(capacity, "media.mode");

    if (strcmp(mode, "none") == 0) {
        page_fact(out, "Media", "none: signalling only");
        return;
    }
    page_fact(out, "Media", "%s; %s%s%s, %s; clients: %s", mode,
              strcmp(mode, "full") == 0 ? report_text(capacity, "media.video") : "",
              strcmp(mode, "full") == 0 ? ", " : "", report_text(capacity, "media.audio"),
              report_text(capacity, "media.send"), report_text(capacity, "media.client"));
    page_fact(out, "Media leaves through", "%s", report_text(capacity, "media.io_path"));
}

static void write_timetable(struct buffer *out, const json_t *capacity)
{
    double rise_s = report_number(capacity, "plan.rise_us") / 1e6;
    double hold_s = report_number(capacity, "plan.hold_us") / 1e6;
    double period_s = report_number(capacity, "plan.period_us") / 1e6;

    if (period_s > 0)
        page_fact(out, "A step", "%.0f s to rise, then %.0f s held; one begins every %.1f s",
                  rise_s, hold_s, period_s);
    else
        page_fact(out, "A step", "%.0f s to rise, then %.0f to %.0f s held", rise_s, hold_s,
                  report_number(capacity, "plan.hold_limit_us") / 1e6);
}

static void write_conditions(struct buffer *out, const json_t *capacity)
{
    page_heading(out, "environment", "What ran on what", "");
    buffer_text(out, "<div class=\"pair\"><dl>");
    page_fact(out, "Story", "%s: %s", report_text(capacity, "story.name"),
              report_text(capacity, "story.title"));
    write_media(out, capacity);
    write_generator(out, capacity);
    page_fact(out, "Target", "%s %s", report_text(capacity, "target.name"),
              report_flag(capacity, "target.embedded") ? report_text(capacity, "target.version")
                                                       : report_text(capacity, "target.url"));
    if (report_get(capacity, "target.cpu_limit.cores"))
        page_fact(out, "Target held to", "%.2f cores (%s)",
                  report_number(capacity, "target.cpu_limit.cores"),
                  report_text(capacity, "target.cpu_limit.by"));
    write_idle(out, capacity);
    buffer_text(out, "</dl><dl>");
    page_fact(out, "Host", "%s, %.0f cores, %s", report_text(capacity, "host.cpu"),
              report_number(capacity, "host.cores"), report_text(capacity, "host.kernel"));
    page_fact(out, "Host noisy", "%s", report_flag(capacity, "host.noisy") ? "yes" : "no");
    write_timetable(out, capacity);
    page_fact(out, "Seed", "%s, the same in every step", report_text(capacity, "plan.seed"));
    page_fact(out, "Began", "%.19s UTC", report_text(capacity, "start"));
    page_fact(out, "Command", "%s", report_text(capacity, "command"));
    buffer_text(out, "</dl></div>\n");
}

/* ---- the steps ---- */

/* A built-in objective that held in every step needs no column. */
static bool is_shown(const json_t *capacity, size_t index)
{
    const json_t *steps = json_object_get(capacity, "steps"), *step, *objective;
    size_t number;

    json_array_foreach(steps, number, step)
    {
        objective = json_array_get(report_get(step, "hold.objectives"), index);
        if (objective && (strncmp(report_text(objective, "text"), "sessions.", 9) != 0 ||
                          strcmp(report_text(objective, "outcome"), "passed") != 0))
            return true;
    }
    return false;
}

static void write_objective_cell(struct buffer *out, const json_t *objective)
{
    const char *outcome = report_text(objective, "outcome");

    if (strcmp(outcome, "no samples") == 0) {
        page_empty_cell(out);
        return;
    }
    buffer_text(out, "<td class=\"number\">");
    page_value(out, report_number(objective, "measured"), report_text(objective, "unit"));
    if (strcmp(outcome, "failed") == 0)
        buffer_text(out, " <span class=\"tag failed\">broken</span>");
    buffer_text(out, "</td>");
}

static const char *tone_of(const char *outcome)
{
    switch (trial_outcome_by_word(outcome)) {
    case TRIAL_PASSED:
        return "passed";
    case TRIAL_FAILED:
        return "failed";
    default:
        return "inconclusive";
    }
}

/* `columns` objectives, empty. */
static void write_unheld(struct buffer *out, const json_t *step, size_t columns)
{
    buffer_format(out, "</td><td colspan=\"%zu\"></td><td>", columns + 3);
    page_text(out, "%s", report_text(step, "why"));
    buffer_text(out, "</td></tr>\n");
}

static void write_step(struct buffer *out, const json_t *capacity, const json_t *step,
                       size_t columns)
{
    const json_t *hold = json_object_get(step, "hold"), *objective;
    const json_t *objectives = report_get(hold, "objectives");
    size_t index;

    buffer_text(out, "<tr><td class=\"number\"><a href=\"");
    page_text(out, "%s/report.html", report_text(step, "folder"));
    buffer_text(out, "\">");
    page_text(out, "%.0f", report_number(step, "number"));
    buffer_text(out, "</a></td>");
    page_number_cell(out, report_number(step, "load"), "1");
    buffer_text(out, "<td>");
    page_tag(out, tone_of(report_text(step, "outcome")), report_text(step, "outcome"));
    if (!json_is_object(hold)) {
        write_unheld(out, step, columns);
        return;
    }
    buffer_text(out, "</td><td class=\"number\">");
    page_text(out, "%.1f", report_number(hold, "running.mean"));
    buffer_text(out, "</td>");
    json_array_foreach(objectives, index, objective)
    {
        if (is_shown(capacity, index))
            write_objective_cell(out, objective);
    }
    page_number_cell(out, report_number(hold, "generator.cpu_mean"), "ratio");
    if (json_is_number(report_get(hold, "target.cpu_mean")))
        page_number_cell(out, report_number(hold, "target.cpu_mean"), "ratio");
    else
        page_empty_cell(out);
    buffer_text(out, "<td class=\"why\">");
    page_text(out, "%s%s%s", report_text(step, "why"),
              report_text(step, "because")[0] ? "; because " : "", report_text(step, "because"));
    buffer_text(out, "</td></tr>\n");
}

static void write_steps(struct buffer *out, const json_t *capacity)
{
    const json_t *steps = json_object_get(capacity, "steps"), *step, *objective, *first = NULL;
    size_t index, columns = 0;

    page_heading(out, "steps", "All steps",
                 "In the order in which they were held. Each is a run of its own with a report of "
                 "its own; the figures are of its hold. Processor: of one core.");
    json_array_foreach(steps, index, step)
    {
        if (!first && json_is_object(json_object_get(step, "hold")))
            first = json_object_get(step, "hold");
    }
    buffer_text(out, "<div class=\"scroll\"><table><thead><tr><th class=\"number\">Step</th>"
                     "<th class=\"number\">Load</th><th></th><th class=\"number\">At once</th>");
    json_array_foreach(report_get(first, "objectives"), index, objective)
    {
        if (!is_shown(capacity, index))
            continue;
        columns++;
        buffer_text(out, "<th class=\"number\">");
        page_text(out, "%s", report_text(objective, "text"));
        buffer_text(out, "</th>");
    }
    buffer_text(out, "<th class=\"number\">Generator</th><th class=\"number\">Target</th>"
                     "<th>Why</th></tr></thead><tbody>\n");
    json_array_foreach(steps, index, step)
    {
        write_step(out, capacity, step, columns);
    }
    buffer_text(out, "</tbody></table></div>\n");
}

/* ---- the shards ---- */

/* The begin furthest from its instant, signed. */
static double worst_skew_ms(const json_t *shard)
{
    const json_t *skews = json_object_get(shard, "start_skews_us"), *skew;
    double worst = 0;
    size_t index;

    json_array_foreach(skews, index, skew)
    {
        if (json_is_number(skew) && fabs(json_number_value(skew)) >= fabs(worst))
            worst = json_number_value(skew);
    }
    return worst / 1000;
}

static void write_shard(struct buffer *out, const json_t *shard)
{
    const char *lost = report_text(shard, "lost");

    buffer_text(out, "<tr><td class=\"number\">");
    page_text(out, "%.0f", report_number(shard, "index"));
    buffer_text(out, "</td><td>");
    page_text(out, "%s", report_text(shard, "folder"));
    if (lost[0])
        page_tag(out, "inconclusive", lost);
    buffer_text(out, "</td><td>");
    page_text(out, "%s, %.0f cores", report_text(shard, "cpu"), report_number(shard, "cores"));
    if (report_flag(shard, "generator.media"))
        page_text(out, ", %s", report_text(shard, "io_path"));
    buffer_text(out, "</td><td class=\"number\">");
    page_text(out, "%+.1f ms", worst_skew_ms(shard));
    buffer_text(out, "</td><td class=\"number\">");
    if (json_is_number(report_get(shard, "idle_path.rtt_p50_us")))
        page_text(out, "%.3g ms, %.0f lost", report_number(shard, "idle_path.rtt_p50_us") / 1000,
                  report_number(shard, "idle_path.lost"));
    buffer_text(out, "</td><td>");
    page_text(out, "%s", report_text(shard, "generator.text"));
    buffer_text(out, "</td></tr>\n");
}

static void write_shards(struct buffer *out, const json_t *capacity)
{
    const json_t *shards = json_object_get(capacity, "shards"), *shard;
    size_t index;

    if (json_array_size(shards) == 0)
        return;
    page_heading(out, "shards", "Shards",
                 "Each held its part of every step, by the clock. Begin: of the step that began "
                 "furthest from its instant; more than 100 ms make a step say nothing.");
    buffer_text(out, "<div class=\"scroll\"><table><thead><tr><th class=\"number\">Shard</th>"
                     "<th>Folder</th><th>Host</th><th class=\"number\">Begin</th>"
                     "<th class=\"number\">Idle path</th><th>Generator</th></tr></thead><tbody>\n");
    json_array_foreach(shards, index, shard)
    {
        write_shard(out, shard);
    }
    buffer_text(out, "</tbody></table></div>\n");
}

/* ---- the page ---- */

static void write_page(struct buffer *out, const json_t *capacity,
                       const struct capacity_plots *plots)
{
    char title[200];

    snprintf(title, sizeof title, "Capacity of %s: %s", report_text(capacity, "story.name"),
             report_text(capacity, "outcome"));
    page_begin(out, title);
    write_head(out, capacity);
    write_result(out, capacity, plots);
    page_figure(out, &plots->panels);
    page_figure(out, &plots->usl);
    write_steps(out, capacity);
    write_shards(out, capacity);
    write_conditions(out, capacity);
    buffer_text(out, "<footer>Everything on this page comes from <code>capacity.json</code>; the "
                     "drawings with data and gnuplot scripts are in <code>plots/</code>, the steps "
                     "in <code>steps/</code>. Made by Caseload ");
    page_text(out, "%s", report_text(capacity, "program_version"));
    buffer_text(out, ".</footer>\n</body></html>\n");
}

static enum status load(const char *folder, json_t **ret_json, struct failure *failure)
{
    enum status status = result_file_read_json(folder, CAPACITY_FILE, ret_json, failure);

    if (status == STATUS_OK && strcmp(report_text(*ret_json, "schema"), CAPACITY_SCHEMA) != 0) {
        json_decref(*ret_json);
        status = failure_set(failure, STATUS_MALFORMED, "%s/%s is not of schema %s", folder,
                             CAPACITY_FILE, CAPACITY_SCHEMA);
    }
    return status;
}

enum status capacity_report_write(const char *folder, struct failure *failure)
{
    struct capacity_plots plots;
    struct buffer page;
    json_t *capacity = NULL;
    enum status status = load(folder, &capacity, failure);

    if (status != STATUS_OK)
        return status;
    status = capacity_plots_make(capacity, folder, &plots, failure);
    if (status == STATUS_OK) {
        buffer_init(&page, PAGE_LIMIT_BYTES);
        write_page(&page, capacity, &plots);
        status = page_write(&page, folder, "report.html", failure);
        buffer_finish(&page);
    }
    capacity_plots_finish(&plots);
    json_decref(capacity);
    return status;
}
