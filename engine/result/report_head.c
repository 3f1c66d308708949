#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "engine/measure/measure_unit.h"
#include "engine/result/report_page.h"
#include "engine/result/result_file.h"

void page_mark(struct buffer *out, const char *verdict)
{
    const char *sign = "M18 18 L38 38 M38 18 L18 38"; /* a cross */
    if (strcmp(verdict, "passed") == 0) {
        sign = "M15 29 L25 39 L42 18";
    } else if (strcmp(verdict, "inconclusive") == 0) {
        sign = "M20 22 C20 12 36 12 36 22 C36 29 28 28 28 34 M28 41 L28 41.1";
    } else if (strcmp(verdict, "interrupted") == 0) {
        sign = "M22 18 L22 38 M34 18 L34 38";
    }
    buffer_format(
        out,
        "<svg class=\"mark\" viewBox=\"0 0 56 56\" aria-hidden=\"true\"><circle cx=\"28\" "
        "cy=\"28\" r=\"26\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"3\"/>"
        "<path d=\"%s\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"5\" "
        "stroke-linecap=\"round\" stroke-linejoin=\"round\"/></svg>\n",
        sign);
}

/* One sentence that a manager may read aloud. */
static void write_sentence(struct buffer *out, const struct report_source *source)
{
    const json_t *sessions = json_object_get(source->summary, "sessions");
    const json_t *generator = json_object_get(source->summary, "generator");
    const json_t *thresholds = json_object_get(source->summary, "thresholds");
    size_t held = 0;
    for (size_t i = 0; i < json_array_size(thresholds); i++) {
        held += strcmp(report_text(json_array_get(thresholds, i), "outcome"), "passed") == 0;
    }
    char completed[64], started[64];
    measure_format(report_number(sessions, "completed"), "1", completed, sizeof completed);
    measure_format(report_number(sessions, "started"), "1", started, sizeof started);
    page_text(out, "%s of %s started sessions completed; %zu of %zu thresholds held; ", completed,
              started, held, json_array_size(thresholds));
    double windows = report_number(generator, "windows");
    page_text(out, "the generator was fit to judge in %.0f of %.0f seconds.",
              windows - report_number(generator, "unfit"), windows);
}

static void write_reasons(struct buffer *out, const struct report_source *source)
{
    const json_t *reasons = json_object_get(source->summary, "reasons");
    const char *main_reason = report_text(source->summary, "reason");
    bool listed = false;
    if (main_reason[0] != '\0') {
        buffer_text(out, "<p class=\"why\">");
        page_text(out, "%s", main_reason);
        buffer_text(out, "</p>\n");
    }
    for (size_t i = 0; i < json_array_size(reasons); i++) {
        const json_t *reason = json_array_get(reasons, i);
        const char *text = report_text(reason, "text");
        if (strcmp(text, main_reason) == 0) {
            continue;
        }
        buffer_text(out, listed ? "<li>" : "<ul><li>");
        page_text(out, "%s", text);
        buffer_format(out, " <span class=\"exit\">(exit %.0f)</span></li>",
                      report_number(reason, "exit_code"));
        listed = true;
    }
    buffer_text(out, listed ? "</ul>\n" : "");
}

/* A planned duration is a round number: "60 s", not "60.0 s". */
static void format_plan(double us, char *text, size_t size)
{
    if (us < 120e6 && fmod(us, 1e6) == 0) {
        snprintf(text, size, "%.0f s", us / 1e6);
    } else {
        measure_format(us, "us", text, size);
    }
}

/* A run of checks is judged requirement by requirement on a page of its own (engine/conform). */
static void write_conformance(struct buffer *out, const struct report_source *source)
{
    char path[RESULT_PATH_SIZE];
    snprintf(path, sizeof path, "%s/conformance.html", source->folder);
    if (report_flag(source->run, "story.examination") && access(path, R_OK) == 0) {
        buffer_text(out, "<p class=\"note\">What each requirement came to stands in <a "
                         "href=\"conformance.html\">conformance.html</a>; this page tells how the "
                         "run went.</p>\n");
    }
}

void report_verdict(struct buffer *out, const struct report_source *source)
{
    const json_t *run = source->run;
    const char *verdict = report_text(source->summary, "verdict");
    const char *title = report_text(run, "story.title");
    char duration[64];
    buffer_text(out, "<header class=\"verdict ");
    page_text(out, "%s", verdict);
    buffer_text(out, "\">\n");
    page_mark(out, verdict);
    buffer_text(out, "<div><div class=\"word\">");
    page_text(out, "%s", verdict);
    buffer_format(out, " <span class=\"exit\">· exit code %.0f</span></div><h1>",
                  report_number(source->summary, "exit_code"));
    page_text(out, "%s", title[0] != '\0' ? title : report_text(run, "story.name"));
    buffer_text(out, "</h1></div>\n<div class=\"said\">");
    write_reasons(out, source);
    buffer_text(out, "<p class=\"facts\" style=\"margin-top:8px\">");
    write_sentence(out, source);
    buffer_text(out, "</p></div></header>\n<p class=\"facts\"><span>");
    format_plan(report_number(run, "load.duration_us"), duration, sizeof duration);
    if (report_number(run, "load.rate_per_s") > 0) {
        page_text(out, "%.3g sessions per second (%s) for %s",
                  report_number(run, "load.rate_per_s"), report_text(run, "load.arrivals"),
                  duration);
    } else {
        page_text(out, "%.0f sessions at once for %s", report_number(run, "load.sessions"),
                  duration);
    }
    buffer_text(out, "</span> <span>");
    page_text(out, "against %s %s", report_text(run, "target.name"),
              report_flag(run, "target.embedded") ? "(beside the generator)"
                                                  : report_text(run, "target.url"));
    buffer_text(out, "</span> <span>");
    page_text(out, "%.10s %.8s UTC", report_text(run, "start"),
              strlen(report_text(run, "start")) > 11 ? report_text(run, "start") + 11 : "");
    buffer_text(out, "</span></p>\n");
    write_conformance(out, source);
}

static void open_card(struct buffer *out, const char *label, bool off)
{
    buffer_format(out, "<div class=\"card%s\"><div class=\"label\">%s</div><div class=\"value\">",
                  off ? " off" : "", label);
}

static void middle_card(struct buffer *out)
{
    buffer_text(out, "</div><div class=\"more\">");
}

static void close_card(struct buffer *out)
{
    buffer_text(out, "</div></div>\n");
}

/* One more value of a card, with its name: "p50 3 ms". */
static void aside(struct buffer *out, const char *name, double value, const char *unit)
{
    buffer_format(out, " <span>%s ", name);
    page_value(out, value, unit);
    buffer_text(out, "</span>");
}

/* p95 large, p50 and p99 below; nothing when it was not measured. */
static void latency_card(struct buffer *out, const struct report_source *source, const char *label,
                         const char *metric, const char *tag)
{
    const json_t *value = report_metric(source, metric, tag);
    if (report_number(value, "count") <= 0) {
        return;
    }
    open_card(out, label, false);
    page_value(out, report_number(value, "p95"), "us");
    buffer_text(out, " <small>p95</small>");
    middle_card(out);
    aside(out, "p50", report_number(value, "p50"), "us");
    aside(out, "p99", report_number(value, "p99"), "us");
    close_card(out);
}

static void session_cards(struct buffer *out, const struct report_source *source)
{
    const json_t *sessions = json_object_get(source->summary, "sessions");
    double off = report_number(sessions, "failed") + report_number(sessions, "cut") +
                 report_number(sessions, "dropped");
    open_card(out, "Sessions completed", report_number(sessions, "failed") > 0);
    page_value(out, report_number(sessions, "completed"), "1");
    buffer_text(out, " <small>of ");
    page_value(out, report_number(sessions, "planned"), "1");
    buffer_text(out, "</small>");
    middle_card(out);
    if (off > 0) {
        static const char *const names[] = {"failed", "cut", "dropped"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            if (report_number(sessions, names[i]) > 0) {
                buffer_format(out, "<span>%.0f %s</span> ", report_number(sessions, names[i]),
                              names[i]);
            }
        }
    } else {
        buffer_text(out, "<span>none failed or cut</span>");
    }
    close_card(out);
    open_card(out, "Participants at once", false);
    page_value(out, report_number(source->summary, "participants.peak"), "1");
    middle_card(out);
    page_value(out, report_number(source->summary, "participants.total"), "1");
    buffer_text(out, " in all");
    close_card(out);
}

/* What was lost of what was expected, and one more ratio. */
static void loss_card(struct buffer *out, const struct report_source *source, const char *label,
                      const char *loss, const char *other, const char *other_label,
                      const char *expected)
{
    double lost = report_ratio(source, loss, ""), share = report_ratio(source, other, "");
    if (lost < 0) {
        return;
    }
    open_card(out, label, false);
    page_value(out, lost, "ratio");
    middle_card(out);
    aside(out, "of", report_number(report_metric(source, expected, ""), "sum"), "1");
    if (share >= 0) {
        aside(out, other_label, share, "ratio");
    }
    close_card(out);
}

static void picture_card(struct buffer *out, const struct report_source *source)
{
    const json_t *psnr = report_metric(source, "video.psnr", "");
    const json_t *ssim = report_metric(source, "video.ssim", "");
    if (report_number(psnr, "count") <= 0) {
        return;
    }
    open_card(out, "Picture quality (probes)", false);
    page_value(out, report_number(psnr, "mean"), "mdB");
    buffer_text(out, " <small>PSNR</small>");
    middle_card(out);
    aside(out, "SSIM", report_number(ssim, "mean"), "1e-6");
    aside(out, "worst", report_number(psnr, "min"), "mdB");
    close_card(out);
}

static void generator_card(struct buffer *out, const struct report_source *source)
{
    const json_t *generator = json_object_get(source->summary, "generator");
    bool healthy = report_flag(generator, "healthy");
    open_card(out, "Generator", !healthy);
    buffer_text(out, healthy ? "fit" : "not fit");
    middle_card(out);
    aside(out, "CPU", report_number(generator, "cpu.mean"), "ratio");
    aside(out, "max", report_number(generator, "cpu.max"), "ratio");
    close_card(out);
}

void report_cards(struct buffer *out, const struct report_source *source)
{
    buffer_text(out, "<div class=\"cards\">\n");
    session_cards(out, source);
    latency_card(out, source, "Join to first picture", "m.join_media", "kind=video");
    latency_card(out, source, "Join to first sound", "m.join_media", "kind=audio");
    latency_card(out, source, "Frame latency", "frame.latency", "");
    latency_card(out, source, "Mouth to ear", "m.mouth_ear", "");
    loss_card(out, source, "Frames lost", "frame.loss.ratio", "freeze.ratio", "frozen",
              "frame.expected");
    loss_card(out, source, "Audio packets lost", "audio.loss.ratio", "audio.concealment.ratio",
              "concealed", "audio.expected");
    picture_card(out, source);
    generator_card(out, source);
    buffer_text(out, "</div>\n");
}

/* How much of an upper limit was used. */
static void limit_bar(struct buffer *out, const json_t *threshold, const char *tone)
{
    double limit = report_number(threshold, "limit");
    if (limit <= 0 || strchr(report_text(threshold, "text"), '<') == NULL) {
        return;
    }
    double share = fmin(report_number(threshold, "measured") / limit, 1);
    buffer_format(out,
                  "<span class=\"bar %s\" title=\"%.0f %% of the limit\"><i "
                  "style=\"width:%.1f%%\"></i></span>",
                  tone, share * 100, share * 100);
}

static void threshold_row(struct buffer *out, const json_t *threshold)
{
    const char *outcome = report_text(threshold, "outcome");
    bool passed = strcmp(outcome, "passed") == 0, failed = strcmp(outcome, "failed") == 0;
    bool known = passed || failed || strcmp(outcome, "generator too slow") == 0;
    const char *tone = passed ? "passed" : failed ? "failed" : "inconclusive";
    buffer_text(out, "<tr><td>");
    page_tag(out, tone, outcome);
    buffer_text(out, "</td><td><code class=\"wrap\">");
    page_text(out, "%s", report_text(threshold, "text"));
    buffer_text(out, "</code>");
    if (report_flag(threshold, "built_in")) {
        buffer_text(out, report_flag(threshold, "loosened")
                             ? " <span class=\"soft\">built in, loosened for this run</span>"
                             : " <span class=\"soft\">built in</span>");
    }
    buffer_text(out, "</td><td class=\"number\">");
    if (known) {
        page_value(out, report_number(threshold, "measured"), report_text(threshold, "unit"));
    } else {
        buffer_text(out, "–");
    }
    buffer_text(out, "</td><td>");
    if (known) {
        limit_bar(out, threshold, tone);
    }
    buffer_text(out, "</td></tr>\n");
}

void report_thresholds(struct buffer *out, const struct report_source *source)
{
    const json_t *thresholds = json_object_get(source->summary, "thresholds");
    page_heading(out, "thresholds", "Thresholds",
                 "What this run had to hold. The bar shows how much of an upper limit was used.");
    buffer_text(
        out,
        "<div class=\"scroll\"><table><thead><tr><th class=\"narrow\"></th><th>Threshold</th><th "
        "class=\"number\">Measured</th><th>Share of limit</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < json_array_size(thresholds); i++) {
        threshold_row(out, json_array_get(thresholds, i));
    }
    buffer_text(out, "</tbody></table></div>\n");
}

/* Nothing for a run that is no share, no whole of shares and had no instant to begin at. */
static void write_sharing(struct buffer *out, const json_t *run)
{
    size_t shards = json_array_size(report_get(run, "shards"));
    double count = report_number(run, "shard.count");
    if (shards > 0) {
        page_fact(out, "Shards", "%zu, merged", shards);
    } else if (count > 1) {
        page_fact(out, "Share", "%.0f of 0 to %.0f", report_number(run, "shard.index"), count - 1);
    }
    if (json_is_object(report_get(run, "start_at"))) {
        page_fact(out, "Begin", "asked for at %s, %+.1f ms away from it",
                  report_text(run, "start_at.at"),
                  report_number(run, "start_at.skew_us") / US_PER_MS);
    }
}

static void write_load(struct buffer *out, const json_t *run)
{
    page_fact(out, "Story", "%s", report_text(run, "story.path"));
    page_fact(out, "Command", "%s", report_text(run, "command"));
    page_fact(out, "Seed", "%s", report_text(run, "seed"));
    page_fact(out, "Settings digest", "%s", report_text(run, "settings_digest"));
    page_fact(out, "Workers", "%.0f", report_number(run, "workers"));
    write_sharing(out, run);
    const char *mode = report_text(run, "media.mode");
    bool silent = strcmp(mode, "none") == 0;
    page_fact(out, "Video", "%s",
              strcmp(mode, "full") == 0 ? report_text(run, "media.video") : "none");
    page_fact(out, "Audio", "%s", silent ? "none" : report_text(run, "media.audio"));
    page_fact(out, "Sending", "%s, %s clients", report_text(run, "media.send"),
              report_text(run, "media.client"));
    if (!silent) {
        page_fact(out, "Probes", "%.3g %% of the participants decode",
                  report_number(run, "media.probe_share") * 100);
    }
    if (report_text(run, "media.network")[0])
        page_fact(out, "Emulated network", "%s", report_text(run, "media.network"));
    page_fact(out, "I/O", "%s", report_text(run, "media.io_path"));
}

static void write_host(struct buffer *out, const json_t *run)
{
    const json_t *host = json_object_get(run, "host");
    const char *version = report_text(run, "target.version");
    page_fact(out, "Target", "%s%s%s, %s", report_text(run, "target.name"),
              version[0] != '\0' ? " " : "", version,
              report_flag(run, "target.embedded") ? "started beside the generator"
                                                  : report_text(run, "target.url"));
    page_fact(out, "Signalling", "%s",
              report_flag(run, "target.plain") ? "without TLS" : "over TLS");
    page_fact(out, "Processor", "%s, %.0f cores%s", report_text(host, "cpu"),
              report_number(host, "cores"),
              report_flag(host, "virtual_machine") ? ", virtual machine" : "");
    page_fact(out, "Memory", "%.1f GiB", report_number(host, "memory_bytes") / 1073741824);
    page_fact(out, "System", "%s, %s", report_text(host, "system"), report_text(host, "kernel"));
    page_fact(out, "Limits", "%.0f descriptors, socket buffers %.0f KiB in and %.0f KiB out",
              report_number(host, "files_max"), report_number(host, "rx_buffer_max_bytes") / 1024,
              report_number(host, "tx_buffer_max_bytes") / 1024);
    page_fact(out, "SRTP", "%s %s", report_text(run, "media.srtp_build"),
              report_text(run, "media.srtp_suite"));
    if (json_is_integer(report_get(host, "stall_before_us"))) {
        char before[48], after[48];
        measure_format(report_number(host, "stall_before_us"), "us", before, sizeof before);
        measure_format(report_number(host, "stall_after_us"), "us", after, sizeof after);
        page_fact(out, "Host stalls", "p99.9 %s before, %s after the run%s", before, after,
                  report_flag(host, "noisy") ? ": a noisy host" : "");
    }
}

static void write_libraries(struct buffer *out, json_t *run)
{
    char text[1024] = "";
    size_t length = 0;
    const char *name;
    json_t *version;
    json_object_foreach(json_object_get(run, "libraries"), name, version)
    {
        int more = snprintf(text + length, sizeof text - length, "%s%s %s", length > 0 ? ", " : "",
                            name, json_string_value(version));
        if (more < 0 || (size_t)more >= sizeof text - length) {
            break;
        }
        length += (size_t)more;
    }
    page_fact(out, "Libraries", "%s", text);
}

void report_environment(struct buffer *out, const struct report_source *source)
{
    const json_t *notes = json_object_get(source->run, "notes");
    page_heading(out, "environment", "What ran on what", "");
    buffer_text(out, "<div class=\"pair\"><div><h3>Load</h3><dl>\n");
    write_load(out, source->run);
    buffer_text(out, "</dl></div><div><h3>Target and host</h3><dl>\n");
    write_host(out, source->run);
    write_libraries(out, source->run);
    page_fact(out, "Caseload", "%s", report_text(source->run, "program_version"));
    buffer_text(out, "</dl></div></div>\n");
    if (json_array_size(notes) > 0) {
        buffer_text(out, "<div class=\"note\">To read with every number here: ");
        for (size_t i = 0; i < json_array_size(notes); i++) {
            const char *note = json_string_value(json_array_get(notes, i));
            page_text(out, "%s%s", i > 0 ? "; " : "", note != NULL ? note : "");
        }
        buffer_text(out, ".</div>\n");
    }
}
