#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/result/report_page.h"

#define RANGE_WIDTH 260
#define RANGE_MARGIN 20

/* The scale of the small range drawings: whole decades around everything that is drawn. */
struct range_scale {
    int low, high; /* powers of ten, microseconds */
};

static double range_x(const struct range_scale *scale, double us)
{
    double decades = us > 0 ? log10(us) - scale->low : 0;
    double share = fmax(0, fmin(decades / (scale->high - scale->low), 1));
    return RANGE_MARGIN + share * (RANGE_WIDTH - 2 * RANGE_MARGIN);
}

static void open_range(struct buffer *out)
{
    buffer_format(out, "<svg class=\"range\" viewBox=\"0 0 %d 22\" aria-hidden=\"true\">",
                  RANGE_WIDTH);
}

/* A line per decade. */
static void write_decades(struct buffer *out, const struct range_scale *scale)
{
    buffer_text(out, "<path class=\"track\" d=\"");
    for (int decade = scale->low; decade <= scale->high; decade++) {
        buffer_format(out, "M%.1f 0V22", range_x(scale, pow(10, decade)));
    }
    buffer_text(out, "\"/>");
}

/* From p50 (the ring) thick to p95, thin to the maximum. */
static void write_range(struct buffer *out, const struct range_scale *scale, const json_t *metric)
{
    double p50 = range_x(scale, report_number(metric, "p50"));
    double p95 = range_x(scale, report_number(metric, "p95"));
    double max = range_x(scale, report_number(metric, "max"));
    open_range(out);
    write_decades(out, scale);
    buffer_format(out,
                  "<path class=\"tail\" d=\"M%.1f 11H%.1f\"/><path class=\"body\" d=\"M%.1f "
                  "11H%.1f\"/><circle class=\"middle\" cx=\"%.1f\" cy=\"11\" r=\"4.5\"/></svg>",
                  p95, max, p50, p95, p50);
}

static void write_scale(struct buffer *out, const struct range_scale *scale)
{
    static const char *const labels[] = {"1 µs", "10 µs", "0.1 ms", "1 ms",   "10 ms", "0.1 s",
                                         "1 s",  "10 s",  "100 s",  "17 min", "2.8 h"};
    open_range(out);
    for (int decade = scale->low; decade <= scale->high; decade++) {
        buffer_format(out, "<text x=\"%.1f\" y=\"14\">%s</text>", range_x(scale, pow(10, decade)),
                      labels[decade]);
    }
    buffer_text(out, "</svg>");
}

static void measure_row(struct buffer *out, const char *name, const char *label,
                        const char *meaning, const json_t *metric, const struct range_scale *scale)
{
    static const char *const stats[] = {"p50", "p95", "p99", "max"};
    buffer_text(out, "<tr><th scope=\"row\" title=\"");
    page_text(out, "%s", meaning);
    buffer_text(out, "\">");
    page_text(out, "%s", label);
    buffer_text(out, "<code class=\"name\">");
    page_text(out, "%s", name);
    buffer_text(out, "</code></th>");
    page_number_cell(out, report_number(metric, "count"), "1");
    for (size_t i = 0; i < sizeof stats / sizeof stats[0]; i++) {
        page_number_cell(out, report_number(metric, stats[i]), "us");
    }
    buffer_text(out, "<td class=\"range\">");
    write_range(out, scale, metric);
    buffer_text(out, "</td></tr>\n");
}

/* In the order in which a session happens. */
static const struct {
    const char *name, *tag, *label;
} measures[] = {
    {"m.signin", "", "Staff sign-in"},
    {"m.link_waiting", "", "Link opened to waiting"},
    {"m.enter_card", "", "Entry to card on the dashboard"},
    {"wait.time", "", "Waiting until joined"},
    {"m.join_accepted", "", "Join to accepted"},
    {"m.join_state", "", "Join to new state everywhere"},
    {"m.join_media", "kind=audio", "Join to first sound"},
    {"m.join_media", "kind=video", "Join to first picture"},
    {"m.join_decoded", "", "Join to first decoded frame"},
    {"m.board", "", "Dashboard back to whole again"},
    {"m.fanout", "", "Event: first to last observer"},
    {"m.msg", "", "Message sent to shown"},
    {"m.hold_silence", "", "Hold to silence"},
    {"m.transfer_card", "", "Transfer to card at the target"},
    {"m.transfer_gone", "", "Transfer to card gone at the source"},
    {"m.rejoin_media", "", "Reconnect to media"},
    {"m.refuse", "", "Forbidden act to refusal"},
    {"m.end_gone", "", "End to everything gone"},
    {"frame.latency", "", "Frame: capture to arrival"},
    {"audio.latency", "", "Audio packet: capture to arrival"},
    {"m.mouth_ear", "", "Mouth to ear"},
    {"av.skew", "", "Lip sync error"},
};

static struct range_scale find_scale(const struct report_source *source)
{
    double low = 1e6, high = 1000;
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++) {
        const json_t *metric = report_metric(source, measures[i].name, measures[i].tag);
        if (report_number(metric, "count") > 0) {
            double p50 = report_number(metric, "p50");
            low = fmin(low, p50 > 0 ? fmax(p50, 10) : low);
            high = fmax(high, fmin(report_number(metric, "max"), 1e10));
        }
    }
    return (struct range_scale){(int)floor(log10(low)), (int)ceil(log10(high))};
}

/* Who waits how long is a matter of priority: a row each. */
static void priority_rows(struct buffer *out, const json_t *metric, const struct range_scale *scale)
{
    const char *tag;
    json_t *value;
    json_object_foreach(json_object_get(metric, "by"), tag, value)
    {
        char name[96], label[96];
        if (strncmp(tag, "priority=", 9) == 0 && report_number(value, "count") > 0) {
            snprintf(name, sizeof name, "wait.time{%s}", tag);
            snprintf(label, sizeof label, "… with priority %s", tag + 9);
            measure_row(out, name, label, report_text(metric, "meaning"), value, scale);
        }
    }
}

void report_measures(struct buffer *out, const struct report_source *source)
{
    struct range_scale scale = find_scale(source);
    page_heading(out, "measures", "What people waited for",
                 "Every act counts from when it was due. The drawing runs from p50 (ring) over p95 "
                 "(thick) to the maximum (thin), one logarithmic scale for all rows.");
    buffer_text(out, "<div class=\"scroll\"><table><thead><tr><th></th><th class=\"number\">Samples"
                     "</th><th class=\"number\">p50</th><th class=\"number\">p95</th><th "
                     "class=\"number\">p99</th><th class=\"number\">max</th><th "
                     "class=\"range\">");
    write_scale(out, &scale);
    buffer_text(out, "</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++) {
        const json_t *metric = report_metric(source, measures[i].name, measures[i].tag);
        const json_t *total = report_metric(source, measures[i].name, "");
        char name[96];
        snprintf(name, sizeof name, "%s%s%s%s", measures[i].name, measures[i].tag[0] ? "{" : "",
                 measures[i].tag, measures[i].tag[0] ? "}" : "");
        if (report_number(metric, "count") > 0) {
            measure_row(out, name, measures[i].label, report_text(total, "meaning"), metric,
                        &scale);
        }
        if (strcmp(measures[i].name, "wait.time") == 0) {
            priority_rows(out, metric, &scale);
        }
    }
    buffer_text(out, "</tbody></table></div>\n");
}

#define COLUMNS_MAX 16

static const struct {
    const char *label, *metric, *stat, *unit; /* stat "ratio": a ratio of the summary */
} column_rows[] = {
    {"Sessions begun", "session.started", "sum", "1"},
    {"Sessions completed", "session.completed", "sum", "1"},
    {"Sessions failed", "session.failed", "sum", "1"},
    {"Sessions cut at the end", "session.cut", "sum", "1"},
    {"Join to media, p95", "m.join_media", "p95", "us"},
    {"Waiting until joined, p95", "wait.time", "p95", "us"},
    {"Frame latency, p50", "frame.latency", "p50", "us"},
    {"Frame latency, p95", "frame.latency", "p95", "us"},
    {"Frame latency, p99", "frame.latency", "p99", "us"},
    {"Audio latency, p95", "audio.latency", "p95", "us"},
    {"Mouth to ear, p95", "m.mouth_ear", "p95", "us"},
    {"Lip sync error, p95", "av.skew", "p95", "us"},
    {"Frames per second, mean", "video.fps", "mean", "mfps"},
    {"Video jitter, p95", "video.jitter", "p95", "us"},
    {"Frames received", "frame.received", "sum", "1"},
    {"Frames lost", "frame.loss.ratio", "ratio", "ratio"},
    {"Time frozen", "freeze.ratio", "ratio", "ratio"},
    {"Audio packets lost", "audio.loss.ratio", "ratio", "ratio"},
    {"Audio concealed", "audio.concealment.ratio", "ratio", "ratio"},
    {"Picture quality (PSNR), mean", "video.psnr", "mean", "mdB"},
    {"Forbidden packets", "isolation.forbidden", "sum", "1"},
};

/* The value of a row for a tag; false: not measured. */
static bool column_value(const struct report_source *source, size_t row, const char *tag,
                         double *ret_value)
{
    const char *name = column_rows[row].metric, *stat = column_rows[row].stat;
    if (strcmp(stat, "ratio") == 0) {
        *ret_value = report_ratio(source, name, tag);
        return *ret_value >= 0;
    }
    const json_t *value = json_object_get(report_metric(source, name, tag), stat);
    *ret_value = json_number_value(value);
    return json_is_number(value);
}

/* Who only watched, or only signed in, has no column. */
static bool takes_part(const struct report_source *source, const char *tag)
{
    double value;
    for (size_t row = 0; row < sizeof column_rows / sizeof column_rows[0]; row++) {
        if (column_value(source, row, tag, &value) && value > 0) {
            return true;
        }
    }
    return false;
}

/* The tags with that prefix ("role=") in the order in which the summary has them. */
static size_t find_columns(const struct report_source *source, const char *prefix,
                           const char *tags[COLUMNS_MAX])
{
    size_t count = 0;
    const char *name, *tag;
    json_t *metric, *value;
    json_object_foreach(json_object_get(source->summary, "metrics"), name, metric)
    {
        json_object_foreach(json_object_get(metric, "by"), tag, value)
        {
            size_t at = 0;
            while (at < count && strcmp(tags[at], tag) != 0) {
                at++;
            }
            if (strncmp(tag, prefix, strlen(prefix)) == 0 && at == count && count < COLUMNS_MAX &&
                takes_part(source, tag)) {
                tags[count++] = tag;
            }
        }
    }
    return count;
}

/* One cell; false: not measured for that tag. */
static bool column_cell(struct buffer *out, const struct report_source *source, size_t row,
                        const char *tag)
{
    double value;
    bool known = column_value(source, row, tag, &value);
    if (known) {
        page_number_cell(out, value, column_rows[row].unit);
    } else {
        page_empty_cell(out);
    }
    return known;
}

static void column_heads(struct buffer *out, const char *const *tags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s", strchr(tags[i], '=') + 1);
        for (char *c = name; *c != '\0'; c++) {
            *c = *c == '_' ? ' ' : *c;
        }
        buffer_text(out, "<th class=\"number\">");
        page_text(out, "%s", name);
        buffer_text(out, "</th>");
    }
}

/* A column for each tag with that prefix, and one of all. */
static void columns_table(struct buffer *out, const struct report_source *source,
                          const char *prefix, const char *all)
{
    const char *tags[COLUMNS_MAX];
    size_t count = find_columns(source, prefix, tags);
    buffer_text(out, "<div class=\"scroll\"><table><thead><tr><th></th>");
    column_heads(out, tags, count);
    buffer_format(out, "<th class=\"number\">%s</th></tr></thead><tbody>\n", all);
    for (size_t row = 0; row < sizeof column_rows / sizeof column_rows[0]; row++) {
        struct buffer line;
        bool any = false;
        buffer_init(&line, 16384);
        for (size_t i = 0; i < count; i++) {
            any |= column_cell(&line, source, row, tags[i]);
        }
        if (any) {
            column_cell(&line, source, row, "");
            buffer_format(out, "<tr><th scope=\"row\">%s</th>", column_rows[row].label);
            buffer_append(out, buffer_string(&line), line.size);
            buffer_text(out, "</tr>\n");
        }
        buffer_finish(&line);
    }
    buffer_text(out, "</tbody></table></div>\n");
}

void report_stories(struct buffer *out, const struct report_source *source)
{
    const char *tags[COLUMNS_MAX];
    if (find_columns(source, "story=", tags) > 0) {
        page_heading(out, "stories", "By story", "What the sessions of each story met.");
        columns_table(out, source, "story=", "all");
    }
}

void report_roles(struct buffer *out, const struct report_source *source)
{
    const char *tags[COLUMNS_MAX];
    if (find_columns(source, "role=", tags) > 0) {
        page_heading(out, "roles", "By role", "What each kind of participant met.");
        columns_table(out, source, "role=", "everybody");
    }
}

static void metric_row(struct buffer *out, const char *name, const json_t *metric)
{
    static const char *const stats[] = {"min", "mean", "p50", "p95", "p99", "max"};
    const char *unit = report_text(metric, "unit");
    buffer_text(out, "<tr><td><code>");
    page_text(out, "%s", name);
    buffer_text(out, "</code><span class=\"name\">");
    page_text(out, "%s", report_text(metric, "meaning"));
    buffer_text(out, "</span></td>");
    if (json_object_get(metric, "sum") != NULL) {
        buffer_text(out, "<td class=\"number\" colspan=\"7\">");
        page_value(out, report_number(metric, "sum"), unit);
        buffer_text(out, "</td></tr>\n");
        return;
    }
    page_number_cell(out, report_number(metric, "count"), "1");
    for (size_t i = 0; i < sizeof stats / sizeof stats[0]; i++) {
        page_number_cell(out, report_number(metric, stats[i]), unit);
    }
    buffer_text(out, "</tr>\n");
}

void report_all_metrics(struct buffer *out, const struct report_source *source)
{
    const char *name;
    json_t *metric;
    page_heading(out, "metrics", "All metrics", "");
    buffer_text(out,
                "<details><summary>Every number that was measured</summary><div class=\"scroll\">"
                "<table><thead><tr><th>Metric</th><th class=\"number\">Count</th><th "
                "class=\"number\">min</th><th class=\"number\">mean</th><th class=\"number\">p50"
                "</th><th class=\"number\">p95</th><th class=\"number\">p99</th><th "
                "class=\"number\">max</th></tr></thead><tbody>\n");
    json_object_foreach(json_object_get(source->summary, "metrics"), name, metric)
    {
        metric_row(out, name, metric);
    }
    buffer_text(out, "</tbody></table></div></details>\n");
}
