/* caseload conform, its run: what was observed becomes verdicts, for people on the terminal and in
 * the files of the run folder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "engine/catalogue/weight.h"
#include "engine/command/command_line.h"
#include "engine/command/conform_command.h"
#include "engine/conform/conformance_files.h"
#include "engine/conform/known_failures.h"
#include "engine/conform/permission_cells.h"
#include "engine/measure/verdict.h"
#include "engine/result/report.h"
#include "engine/result/result_file.h"
#include "engine/run/run.h"
#include "engine/run/story_outline.h"

struct examination {
    const struct run_settings *settings;
    struct conformance_input input;
    char today[32];
    char reproduce[2048];
    bool judged; /* the run came so far; `result` is there */
    struct conformance_result result;
    enum status written;
    struct failure failure; /* why it was not written */
};

/* ---- for people ---- */

static void print_row(const struct conformance_result *result, const struct conformance_row *row)
{
    const struct known_failure *excuse = conformance_excuse(result, row);

    printf("  %-8s %-6s %-12s %5llu×  %s\n", row->requirement->id,
           requirement_level_word(row->requirement->level), check_verdict_word(row->verdict),
           (unsigned long long)row->observations, row->requirement->text);
    if (*row->message)
        printf("           %s\n", row->message);
    if (excuse)
        printf("           known: %s (%s, until %s): %s\n", excuse->ticket, excuse->owner,
               excuse->expires, excuse->reason);
}

/* The ids of rows that nothing was observed about, so many to a line. */
static void print_unobserved(const struct conformance_result *result)
{
    size_t column = 0;

    if (result->counts[CHECK_NOTRUN] == 0)
        return;
    printf("\n  without a check (NOTRUN):");
    for (size_t i = 0; i < result->asked; i++)
        if (result->rows[i].verdict == CHECK_NOTRUN)
            printf("%s%s", column++ % 12 == 0 ? "\n    " : " ", result->rows[i].requirement->id);
    printf("\n");
}

/* What the checks saw of other rows matters where it does not hold: it counts. */
static void print_besides(const struct conformance_result *result)
{
    bool begun = false;

    for (size_t i = result->asked; i < result->count; i++) {
        if (result->rows[i].verdict == CHECK_PASS || result->rows[i].verdict == CHECK_NA)
            continue;
        printf("%s", begun ? "" : "\n  seen besides:\n");
        begun = true;
        print_row(result, &result->rows[i]);
    }
}

static void print_rows(const struct conformance_result *result)
{
    printf("\n");
    for (size_t i = 0; i < result->asked; i++)
        if (result->rows[i].verdict != CHECK_NOTRUN)
            print_row(result, &result->rows[i]);
    print_besides(result);
    print_unobserved(result);
}

/* Those that no row tells. */
static void print_reasons(const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->count; i++)
        if (verdict->reasons[i].code != EXIT_CODE_CONFORMANCE)
            printf("  exit %d: %s\n", (int)verdict->reasons[i].code, verdict->reasons[i].text);
}

static void print_sum(const struct conformance_result *result, enum exit_code code)
{
    size_t excused = conformance_excused_count(result);

    printf("\n%s: of %zu rows", exit_code_verdict(code), result->asked);
    for (int verdict = 0; verdict < CHECK_VERDICT_COUNT; verdict++)
        if (result->counts[verdict] > 0)
            printf(" %zu %s", result->counts[verdict],
                   check_verdict_word((enum check_verdict)verdict));
    if (excused > 0)
        printf(", %zu of them known to fail", excused);
    printf("; catalogue %s (%s)\n", catalogue_version(result->input.catalogue),
           catalogue_digest(result->input.catalogue));
}

/* ---- for the run folder ---- */

static enum status read_sessions(const char *folder, struct examined_sessions *ret_sessions,
                                 struct failure *failure)
{
    char *lines = NULL;
    size_t size = 0;
    enum status status =
        result_file_read(folder, "sessions.jsonl", EXAMINED_BYTES_MAX, &lines, &size, failure);

    if (status == STATUS_OK)
        status = examined_sessions_parse(lines, ret_sessions, failure);
    free(lines);
    return status;
}

static enum status read_permissions(const struct examination *examination,
                                    const struct examined_sessions *sessions,
                                    const struct check_log *checks, json_t **ret_permissions,
                                    struct failure *failure)
{
    char folder[CONFORM_FOLDER_SIZE];
    json_t *matrices = NULL;
    enum status status = conform_folder(folder, failure);

    if (status == STATUS_OK)
        status = result_file_read_json(folder, "matrices.json", &matrices, failure);
    if (status == STATUS_OK)
        *ret_permissions =
            permission_cells_to_json(matrices, examination->input.coverage, sessions, checks);
    json_decref(matrices);
    return status;
}

static enum status write_files(const struct examination *examination, const struct run_result *run,
                               struct failure *failure)
{
    const char *folder = examination->settings->out;
    struct examined_sessions sessions = {0};
    struct conformance_story story = {.result = &examination->result,
                                      .run = run,
                                      .sessions = &sessions,
                                      .reproduce = examination->reproduce};
    enum status status = read_sessions(folder, &sessions, failure);

    if (status == STATUS_OK)
        status = read_permissions(examination, &sessions, run->checks, &story.permissions, failure);
    if (status == STATUS_OK)
        status = conformance_files_write(&story, folder, failure);
    json_decref(story.permissions);
    examined_sessions_finish(&sessions);
    return status;
}

/* After the page of the requirements, which it points to; of a run that did not begin there is
 * nothing to report. */
static void write_report(const struct run_result *run, const char *folder)
{
    struct failure failure = {0};

    if (run->info.start_realtime_us != 0 && report_write(folder, &failure) != STATUS_OK)
        fprintf(stderr, "caseload: no report: %s\n", failure.message);
}

/* ---- the run ---- */

/* All checks about the rows were played to their ends: not a share, not checks chosen by name, and
 * nothing has come between. */
static bool is_whole(const struct examination *examination, const struct run_result *run)
{
    const struct arg_list *set = &examination->settings->set;

    for (size_t i = 0; i < set->count; i++)
        if (strncmp(set->items[i], "check=", 6) == 0)
            return false;
    return run->verdict.count == 0 && run->info.shard_count == 1;
}

/* What only should be done warns; then every row is judged, and says what the run comes to. */
static void weigh(void *arg, struct run_result *run)
{
    struct examination *examination = arg;
    bool whole = is_whole(examination, run);
    struct failure failure = {0};

    catalogue_weigh(examination->input.catalogue, run->checks);
    examination->judged = conformance_result_make(&examination->input, run->checks, whole,
                                                  &examination->result, &failure) == STATUS_OK;
    if (examination->judged)
        conformance_result_weigh(&examination->result, run->checks, &run->verdict);
    else
        verdict_add(&run->verdict, EXIT_CODE_INTERNAL, "%s", failure.message);
}

static void take(void *arg, const struct run_result *run)
{
    struct examination *examination = arg;

    if (!examination->judged)
        return;
    if (!examination->settings->quiet)
        print_rows(&examination->result);
    printf("\n");
    print_reasons(&run->verdict);
    examination->written = write_files(examination, run, &examination->failure);
    write_report(run, examination->settings->out);
}

/* How a row is judged again: as it was called, without what chooses rows and names files. */
static void describe_command(struct examination *examination, int argc, char **argv)
{
    static const char *const chosen[] = {"requirement", "profile", "out", "seed", "known-failures"};
    size_t size = sizeof examination->reproduce;

    command_line_join_without(argc, argv, chosen, sizeof chosen / sizeof chosen[0],
                              examination->reproduce, size);
    size_t length = strlen(examination->reproduce);
    snprintf(examination->reproduce + length, size - length, " --seed %llu",
             (unsigned long long)examination->settings->seed);
}

static enum status read_known(const char *path, struct known_failures **ret_known,
                              struct failure *failure)
{
    char *text = NULL;
    enum status status = path ? read_text_file(path, &text, failure) : STATUS_OK;

    if (path && status == STATUS_OK)
        status = known_failures_parse(text, strlen(text), path, ret_known, failure);
    free(text);
    return status;
}

/* A check that was broken off leaves what it is about BLOCKED: that is judged row by row, with what
 * is known of it, and not once more by how many sessions completed. */
static void loosen(struct run_settings *settings)
{
    static const char *const loose[] = {"sessions.failed.ratio<=1", "sessions.completed.count>=0"};
    struct arg_list *thresholds = &settings->thresholds;

    for (size_t i = 0; i < sizeof loose / sizeof loose[0]; i++)
        if (thresholds->count < sizeof thresholds->items / sizeof thresholds->items[0])
            thresholds->items[thresholds->count++] = loose[i];
}

static int judge(struct examination *examination, struct run_settings *settings)
{
    loosen(settings);
    settings->weigh = weigh;
    settings->weigh_arg = examination;
    settings->report_later = true;
    enum exit_code code = (enum exit_code)run_carry_out(settings, take, examination);

    if (!examination->judged)
        return code; /* nothing was run, and why was said */
    if (examination->written != STATUS_OK) {
        fprintf(stderr, "caseload conform: %s\n", examination->failure.message);
        code = EXIT_CODE_INTERNAL;
    }
    print_sum(&examination->result, code);
    printf("%s/" CONFORMANCE_PAGE "\n", settings->out);
    conformance_result_finish(&examination->result);
    return code;
}

int conform_run(const struct conform_options *options, const struct conformance_input *input,
                struct run_settings *settings, int argc, char **argv)
{
    struct examination *examination = calloc(1, sizeof *examination);
    struct known_failures *known = NULL;
    struct failure failure = {0};
    int code = EXIT_CODE_USAGE;

    if (!examination)
        return EXIT_CODE_INTERNAL;
    if (read_known(options->known_failures, &known, &failure) != STATUS_OK) {
        fprintf(stderr, "caseload conform: --known-failures %s\n", failure.message);
    } else {
        clock_format_utc(clock_realtime_us(), examination->today, sizeof examination->today);
        examination->today[strlen("2026-01-31")] = '\0';
        examination->settings = settings;
        examination->input = *input;
        examination->input.known = known;
        examination->input.today = examination->today;
        describe_command(examination, argc, argv);
        code = judge(examination, settings);
    }
    known_failures_destroy(known);
    free(examination);
    return code;
}
