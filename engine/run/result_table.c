#include "engine/run/result_table.h"

#include <ctype.h>
#include <string.h>

#include "engine/measure/measure_unit.h"

/* The rows, in the order in which a session happens; those without values are left out. */
static const struct {
    const char *metric, *tag, *label;
} rows[] = {
    {"m.signin", "", "sign-in"},
    {"m.link_waiting", "", "link to waiting"},
    {"m.enter_card", "", "entry to card"},
    {"connect.ice", "", "ICE connected"},
    {"connect.dtls", "", "DTLS connected"},
    {"m.board", "", "dashboard whole again"},
    {"m.join_state", "", "join to state"},
    {"m.join_media", "kind=video", "join to first frame"},
    {"m.join_media", "kind=audio", "join to first audio"},
    {"frame.latency", "", "frame latency"},
    {"audio.latency", "", "audio latency"},
    {"m.mouth_ear", "", "mouth to ear"},
    {"m.hold_silence", "", "hold to silence"},
    {"m.transfer_card", "", "transfer to card"},
    {"m.rejoin_media", "", "rejoin to media"},
    {"m.end_gone", "", "end to gone"},
    {"m.refuse", "", "forbidden to refused"},
    {"m.msg", "", "message shown"},
    {"generator.send_slip", "", "send slip (generator)"},
};

/* Right-aligned in `width` columns; printf would count bytes, and µ has two. */
static void print_cell(FILE *out, const char *text, int width)
{
    int columns = 0;

    for (const char *at = text; *at; at++)
        columns += (*at & 0xC0) != 0x80;
    fprintf(out, "%*s%s", width > columns ? width - columns : 0, "", text);
}

static void print_latencies(FILE *out, const struct run_result *result)
{
    static const double quantiles[] = {0.5, 0.95, 0.99};

    fprintf(out, "  %-24s %9s %10s %10s %10s %10s\n", "", "samples", "p50", "p95", "p99", "max");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct metric_value value;
        char text[32];
        if (!metrics_find(result->metrics, rows[i].metric, rows[i].tag, &value) ||
            !value.histogram || value.histogram->count == 0)
            continue;
        fprintf(out, "  %-24s %9llu", rows[i].label, (unsigned long long)value.histogram->count);
        for (size_t q = 0; q < sizeof quantiles / sizeof *quantiles; q++) {
            measure_format((double)histogram_quantile(value.histogram, quantiles[q]), "us", text,
                           sizeof text);
            print_cell(out, text, 11);
        }
        measure_format((double)value.histogram->max, "us", text, sizeof text);
        print_cell(out, text, 11);
        fputc('\n', out);
    }
}

static void print_counts(FILE *out, const struct run_result *result)
{
    const struct run_counts *counts = &result->counts;

    fprintf(out,
            "  sessions: %llu planned, %llu completed, %llu failed, %llu cut, %llu dropped, %llu "
            "late; %llu participants at once at most\n",
            (unsigned long long)counts->planned, (unsigned long long)counts->completed,
            (unsigned long long)counts->failed, (unsigned long long)counts->cut,
            (unsigned long long)counts->dropped, (unsigned long long)counts->late,
            (unsigned long long)counts->participants_peak);
}

/* Beside every figure of theirs: a server's cost seen from light clients is flattered. */
static void print_client(FILE *out, const struct run_result *result)
{
    if (strcmp(result->info.client, "light") == 0)
        fprintf(out, "  " RUN_NOTE_LIGHT "\n");
}

static int64_t sum_of_tag(const struct run_result *result, const char *name, const char *tag)
{
    struct metric_value value;

    return metrics_find(result->metrics, name, tag, &value) ? value.sum : 0;
}

struct story_rows {
    FILE *out;
    const struct run_result *result;
};

static void print_story(void *arg, const struct metric_info *info, const char *tag,
                        const struct histogram *histogram, int64_t sum)
{
    const struct story_rows *rows_of = arg;

    (void)histogram;
    if (strcmp(info->name, "session.started") != 0 || strncmp(tag, "story=", 6) != 0)
        return;
    fprintf(rows_of->out, "    %-20s %lld started, %lld completed, %lld failed, %lld cut\n",
            tag + 6, (long long)sum,
            (long long)sum_of_tag(rows_of->result, "session.completed", tag),
            (long long)sum_of_tag(rows_of->result, "session.failed", tag),
            (long long)sum_of_tag(rows_of->result, "session.cut", tag));
}

static int64_t sum_of(const struct run_result *result, const char *name)
{
    return sum_of_tag(result, name, "");
}

static void print_media(FILE *out, const struct run_result *result)
{
    if (sum_of(result, "frame.expected") + sum_of(result, "audio.expected") == 0)
        return;
    fprintf(out,
            "  media: %lld of %lld frames lost, %lld of %lld audio packets lost, %lld freezes; "
            "%lld forbidden packets\n",
            (long long)sum_of(result, "frame.lost"), (long long)sum_of(result, "frame.expected"),
            (long long)sum_of(result, "audio.lost"), (long long)sum_of(result, "audio.expected"),
            (long long)sum_of(result, "freeze.count"),
            (long long)sum_of(result, "isolation.forbidden"));
}

static void print_generator(FILE *out, const struct run_result *result)
{
    const struct health *health = &result->health;

    if (health->windows == 0)
        return;
    fprintf(out, "  generator: %s, %llu of %llu windows unfit, CPU %.0f %% mean, %.0f %% at most\n",
            health_fit(health) ? "healthy" : "NOT healthy", (unsigned long long)health->unfit,
            (unsigned long long)health->windows, health_cpu_mean(health) * 100,
            health->cpu_max * 100);
    for (unsigned i = 0; i < HEALTH_REASON_COUNT; i++) {
        if (health->by_reason[i] > 0)
            fprintf(out, "             in %llu: %s\n", (unsigned long long)health->by_reason[i],
                    health_reason_text((enum health_reason)i));
    }
}

static void print_thresholds(FILE *out, const struct run_result *result)
{
    for (size_t i = 0; i < result->thresholds.count; i++) {
        const struct threshold *threshold = &result->thresholds.items[i];
        const struct threshold_result *judged = &result->threshold_results[i];
        char measured[48];
        measure_format(judged->measured, threshold->unit, measured, sizeof measured);
        fprintf(out, "  %-12s %s (%s)\n", threshold_outcome_word(judged->outcome), threshold->text,
                measured);
    }
}

static void print_checks(FILE *out, const struct run_result *result)
{
    size_t count = check_log_count(result->checks);

    for (size_t i = 0; i < count; i++) {
        const struct check_requirement *requirement = check_log_requirement(result->checks, i);
        for (size_t k = 0; k < requirement->kept_count && k < 3; k++)
            if (check_verdict_is_bad(requirement->kept[k].verdict))
                fprintf(out, "  %-12s %s: %s (session %lld)\n",
                        check_verdict_word(requirement->kept[k].verdict), requirement->id,
                        requirement->kept[k].message, (long long)requirement->kept[k].session);
    }
    if (count > 0)
        fprintf(out, "  checks: %zu requirements, %llu passed, %llu failed\n", count,
                (unsigned long long)check_log_total(result->checks, CHECK_PASS),
                (unsigned long long)check_log_total(result->checks, CHECK_FAIL));
}

void result_table_print(FILE *out, const struct run_result *result, const char *folder)
{
    char word[32];

    snprintf(word, sizeof word, "%s", exit_code_verdict(result->verdict.code));
    for (char *at = word; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    fprintf(out, "\n%s  %s\n\n", word,
            result->verdict.code == EXIT_CODE_PASSED ? "" : verdict_main_reason(&result->verdict));
    print_counts(out, result);
    metrics_visit(result->metrics, print_story, &(struct story_rows){out, result});
    print_media(out, result);
    print_client(out, result);
    print_generator(out, result);
    fputc('\n', out);
    print_latencies(out, result);
    fputc('\n', out);
    print_thresholds(out, result);
    print_checks(out, result);
    fprintf(out, "\n  %s/report.html\n", folder);
}
