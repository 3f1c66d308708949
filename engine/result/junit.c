#include "engine/result/junit.h"

#include <string.h>

#include "common/base/clock.h"
#include "engine/measure/measure_unit.h"
#include "engine/result/markup.h"
#include "engine/result/result_file.h"

#define JUNIT_LIMIT_BYTES ((size_t)8 * 1024 * 1024)

void junit_init(struct junit *junit, const char *story)
{
    *junit = (struct junit){.story = story};
    buffer_init(&junit->cases, JUNIT_LIMIT_BYTES);
}

void junit_add_case(struct junit *junit, const char *group, const char *name, enum junit_kind kind,
                    const char *message)
{
    static const char *const tags[] = {NULL, "failure", "error", "skipped"};
    junit->counts[kind]++;
    buffer_text(&junit->cases, "  <testcase classname=\"");
    markup_text(&junit->cases, junit->story);
    buffer_format(&junit->cases, ".%s\" name=\"", group);
    markup_text(&junit->cases, name);
    if (kind == JUNIT_PASSED) {
        buffer_text(&junit->cases, "\"/>\n");
        return;
    }
    buffer_format(&junit->cases, "\"><%s message=\"", tags[kind]);
    markup_text(&junit->cases, message);
    buffer_format(&junit->cases, "\"/></testcase>\n");
}

static enum status write_suite(struct junit *junit, const char *folder, double seconds,
                               int64_t start_realtime_us, struct failure *failure)
{
    struct result_file file;
    char utc[32];
    enum status status = result_file_open(&file, failure, folder, "junit.xml");
    if (status != STATUS_OK) {
        return status;
    }
    clock_format_utc(start_realtime_us, utc, sizeof utc);
    struct buffer name;
    buffer_init(&name, 1024);
    markup_text(&name, junit->story);
    unsigned tests = junit->counts[0] + junit->counts[1] + junit->counts[2] + junit->counts[3];
    fprintf(file.stream,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites>\n<testsuite name=\"caseload %s\" tests=\"%u\" failures=\"%u\" "
            "errors=\"%u\" skipped=\"%u\" time=\"%.3f\" timestamp=\"%.19s\">\n",
            buffer_string(&name), tests, junit->counts[JUNIT_FAILURE], junit->counts[JUNIT_ERROR],
            junit->counts[JUNIT_SKIPPED], seconds, utc);
    fwrite(buffer_string(&junit->cases), 1, junit->cases.size, file.stream);
    fputs("</testsuite>\n</testsuites>\n", file.stream);
    buffer_finish(&name);
    return result_file_commit(&file, failure);
}

enum status junit_finish(struct junit *junit, const char *folder, double seconds,
                         int64_t start_realtime_us, struct failure *failure)
{
    enum status status =
        junit->cases.failed
            ? failure_set(failure, STATUS_TOO_LARGE, "%s/junit.xml would be too large", folder)
            : write_suite(junit, folder, seconds, start_realtime_us, failure);
    buffer_finish(&junit->cases);
    return status;
}

enum status junit_write_unfinished(const char *folder, const char *story, struct failure *failure)
{
    struct junit junit;
    junit_init(&junit, story);
    junit_add_case(&junit, "run", "finished", JUNIT_ERROR, "did not finish");
    return junit_finish(&junit, folder, 0, clock_realtime_us(), failure);
}

static void add_verdict(struct junit *junit, const struct verdict *verdict)
{
    char message[512];
    enum junit_kind kind = JUNIT_ERROR;
    if (strcmp(exit_code_verdict(verdict->code), "passed") == 0) {
        kind = JUNIT_PASSED;
    } else if (strcmp(exit_code_verdict(verdict->code), "failed") == 0) {
        kind = JUNIT_FAILURE;
    }
    snprintf(message, sizeof message, "exit %d, %s: %s", (int)verdict->code,
             exit_code_meaning(verdict->code), verdict_main_reason(verdict));
    junit_add_case(junit, "run", "verdict", kind, message);
}

static void add_thresholds(struct junit *junit, const struct run_result *result)
{
    for (size_t i = 0; i < result->thresholds.count; i++) {
        const struct threshold *threshold = &result->thresholds.items[i];
        const struct threshold_result *judged = &result->threshold_results[i];
        char message[256], measured[48];
        enum junit_kind kind = judged->outcome == THRESHOLD_PASSED   ? JUNIT_PASSED
                               : judged->outcome == THRESHOLD_FAILED ? JUNIT_FAILURE
                                                                     : JUNIT_ERROR;
        measure_format(judged->measured, threshold->unit, measured, sizeof measured);
        snprintf(message, sizeof message, "%s: measured %s",
                 threshold_outcome_word(judged->outcome), measured);
        junit_add_case(junit, "threshold", threshold->text, kind, message);
    }
}

static void add_checks(struct junit *junit, const struct check_log *checks)
{
    for (size_t i = 0; i < check_log_count(checks); i++) {
        const struct check_requirement *requirement = check_log_requirement(checks, i);
        uint64_t bad = requirement->counts[CHECK_FAIL] + requirement->counts[CHECK_BLOCKED];
        uint64_t errors =
            requirement->counts[CHECK_ERROR] + requirement->counts[CHECK_INCONCLUSIVE];
        bool ran = requirement->counts[CHECK_PASS] + requirement->counts[CHECK_WARN] > 0;
        char message[512];
        snprintf(message, sizeof message, "%llu failed, %llu passed: %s", (unsigned long long)bad,
                 (unsigned long long)requirement->counts[CHECK_PASS],
                 requirement->kept_count > 0 ? requirement->kept[0].message : "");
        junit_add_case(junit, "requirement", requirement->id,
                       bad > 0      ? JUNIT_FAILURE
                       : errors > 0 ? JUNIT_ERROR
                       : ran        ? JUNIT_PASSED
                                    : JUNIT_SKIPPED,
                       message);
    }
}

static void add_ledger(struct junit *junit, const struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_row *row = &ledger->rows[i];
        char message[256];
        snprintf(message, sizeof message, "%llu expected, %llu seen, %llu missing unexplained",
                 (unsigned long long)row->expected, (unsigned long long)row->seen,
                 (unsigned long long)row->missing);
        junit_add_case(junit, "ledger", row->name, row->missing > 0 ? JUNIT_FAILURE : JUNIT_PASSED,
                       message);
    }
}

void junit_add_run(struct junit *junit, const struct run_result *result)
{
    add_verdict(junit, &result->verdict);
    add_thresholds(junit, result);
    add_ledger(junit, &result->ledger);
}

enum status junit_finish_run(struct junit *junit, const struct run_result *result,
                             const char *folder, struct failure *failure)
{
    const struct run_info *info = &result->info;
    return junit_finish(junit, folder,
                        (double)(info->end_realtime_us - info->start_realtime_us) / US_PER_S,
                        info->start_realtime_us, failure);
}

enum status junit_write(const struct run_result *result, const char *folder,
                        struct failure *failure)
{
    struct junit junit;
    junit_init(&junit, result->info.story);
    junit_add_run(&junit, result);
    add_checks(&junit, result->checks);
    return junit_finish_run(&junit, result, folder, failure);
}
