/* caseload merge SHARD_DIR… */
#include <stdio.h>
#include <time.h>

#include "common/base/args.h"
#include "engine/capacity/capacity_merge.h"
#include "engine/command/command.h"
#include "engine/command/command_line.h"
#include "engine/measure/verdict.h"
#include "engine/result/report.h"
#include "engine/result/shard_set.h"
#include "engine/run/resource.h"
#include "engine/run/result_table.h"

#define FOLDERS_MAX 1024

static const char more[] =
    "Adds up the folders of the N runs of one plan (caseload run … --shard i/N), judges the whole\n"
    "by the thresholds that the shards were given, then by --threshold, and writes one run folder\n"
    "with one report. Counts and histograms are the exact sums of the shards'. The shards'\n"
    "folders stay as they are. A shard that is missing, not whole, or began more than 100 ms from\n"
    "the instant of --start-at is named, and the verdict is inconclusive.\n"
    "Of the folders of one staircase (caseload capacity --steps … --shard i/N) each step is added\n"
    "up like that, and capacity, interval and knee follow from these sums.\n"
    "Longest wall time: 10 minutes.\n"
    "Exit codes: those of caseload run, for the whole, or of caseload capacity; 2 also when "
    "shards\n"
    "are not of one plan; 4 also when no folder is a whole shard (then nothing is written).\n";

struct merge_request {
    const char *folders[FOLDERS_MAX];
    size_t folder_count;
    const char *out;
    struct arg_list thresholds;
    bool quiet, help;
    char command_line[2048];
};

static enum status read_request(int argc, char **argv, struct arg_command *line,
                                struct merge_request *request, struct failure *failure)
{
    enum status status = args_parse(line, argc, argv, request->folders, FOLDERS_MAX,
                                    &request->folder_count, &request->help, failure);

    if (status == STATUS_OK && !request->help && request->folder_count == 0)
        status = failure_set(failure, STATUS_INVALID, "which shards? caseload merge SHARD_DIR…");
    command_line_join(argc, argv, request->command_line, sizeof request->command_line);
    return status;
}

static void choose_out(const struct merge_request *request, const char *story, char *path,
                       size_t size)
{
    time_t now = time(NULL);
    char stamp[32];
    struct tm utc;

    gmtime_r(&now, &utc);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
    if (request->out)
        snprintf(path, size, "%s", request->out);
    else
        snprintf(path, size, "results/runs/%s-%s-merged", stamp, story);
}

/* Judged, written, told. */
static int finish(const struct merge_request *request, struct run_result *result, double duration_s,
                  const char *out)
{
    struct failure failure = {0};
    enum exit_code code = run_result_judge(result, duration_s);

    if (run_result_write(result, out, &failure) != STATUS_OK) {
        fprintf(stderr, "caseload merge: %s\n", failure.message);
        return EXIT_CODE_INTERNAL;
    }
    if (report_write(out, &failure) != STATUS_OK)
        fprintf(stderr, "caseload merge: no report: %s\n", failure.message);
    if (!request->quiet)
        result_table_print(stdout, result, out);
    if (code != EXIT_CODE_PASSED)
        fprintf(stderr, "caseload merge: %s: %s\n", exit_code_verdict(code),
                verdict_main_reason(&result->verdict));
    return (int)code;
}

static int exit_code_of(enum status status)
{
    switch (status) {
    case STATUS_NO_MEMORY:
        return EXIT_CODE_INTERNAL;
    case STATUS_MALFORMED:
        return EXIT_CODE_INCONCLUSIVE;
    default:
        return EXIT_CODE_USAGE;
    }
}

static int merge(const struct merge_request *request)
{
    struct shard_set *set = NULL;
    struct run_result *result = NULL;
    struct failure failure = {0};
    char out[RESOURCE_PATH_SIZE];
    int code = EXIT_CODE_INTERNAL;
    enum status status = shard_set_read(request->folders, request->folder_count, &set, &failure);

    if (status == STATUS_OK)
        status = shard_set_merge(set, request->thresholds.items, request->thresholds.count,
                                 request->command_line, &result, &failure);
    if (status == STATUS_OK) {
        choose_out(request, shard_set_story(set), out, sizeof out);
        status = run_folder_create(out, shard_set_story(set), &failure);
    }
    if (status == STATUS_OK) {
        code = finish(request, result, shard_set_duration_s(set), out);
    } else {
        fprintf(stderr, "caseload merge: %s\n", failure.message);
        code = exit_code_of(status);
    }
    run_result_destroy(result);
    shard_set_destroy(set);
    return code;
}

int command_merge(int argc, char **argv)
{
    static struct merge_request request; /* too large for a stack */
    struct arg_option options[] = {
        {.name = "threshold",
         .operand = "EXPR",
         .kind = ARG_LIST,
         .value = &request.thresholds,
         .help =
             "judge by EXPR too, or instead of the shards' own of that metric; may be repeated"},
        {.name = "out",
         .operand = "DIR",
         .kind = ARG_TEXT,
         .value = &request.out,
         .help = "run folder, new or empty (results/runs/TIME-STORY-merged)"},
        {.name = "quiet", .kind = ARG_FLAG, .value = &request.quiet, .help = "no table"},
    };
    struct arg_command line = {.name = "merge",
                               .operands = "SHARD_DIR…",
                               .summary = "make one run of shards that were started by hand",
                               .more = more,
                               .options = options,
                               .option_count = sizeof options / sizeof *options};
    struct failure failure = {0};

    if (read_request(argc, argv, &line, &request, &failure) != STATUS_OK) {
        fprintf(stderr, "caseload merge: %s\n", failure.message);
        return EXIT_CODE_USAGE;
    }
    if (request.help) {
        args_print_help(&line, "caseload", stdout);
        return EXIT_CODE_PASSED;
    }
    if (capacity_merge_is_for(request.folders, request.folder_count))
        return capacity_merge(&(struct capacity_merge_request){
            .folders = request.folders,
            .folder_count = request.folder_count,
            .out = request.out,
            .thresholds = &request.thresholds,
            .command_line = request.command_line,
            .quiet = request.quiet,
        });
    return merge(&request);
}
