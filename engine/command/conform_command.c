/* caseload conform [LOAD] [--profile P,…] [--requirement ID,…] [--known-failures FILE] | --list |
 * --coverage */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/command/command.h"
#include "engine/command/conform_command.h"
#include "engine/measure/verdict.h"
#include "engine/run/resource.h"
#include "engine/run/story_outline.h"

#define EXAMINATION "conformance" /* in scenarios/ */
#define PROFILES "core,clinic,rooms,transfer,privacy"
#define WITHOUT_BYTES_MAX ((size_t)64 * 1024) /* ids of a whole catalogue */

static const char more[] =
    "Plays the checks of scenarios/conformance against a platform (without --url a "
    "caseload-server\n"
    "of its own) and judges every requirement of the chosen profiles by what was observed: PASS,\n"
    "WARN (a SHOULD is broken), FAIL, BLOCKED (a check did not get there), INCONCLUSIVE, ERROR\n"
    "(a check is wrong), NOTRUN (there is no check yet), DIFFERS (from a mere reading), NA (the\n"
    "driver declares it absent). The run folder gets conformance.html for people, and\n"
    "conformance.json, conformance.tap and junit.xml.\n"
    "A row of --known-failures may fail; an entry that holds, has expired or names no row ends "
    "with 8.\n"
    "Some requirements have no check yet: they are listed, and where one is a MUST or a SHOULD\n"
    "the exit code is 7. --coverage ends with 7 when a MUST of the chosen rows has no check or no\n"
    "fault that proves one, or a SHOULD no check. More: docs/conformance.md.\n"
    "Longest wall time: 4 minutes. Exit codes as of caseload run, and 8.\n";

/* ---- the catalogue ---- */

enum status conform_folder(char *folder, struct failure *failure)
{
    char home[RESOURCE_PATH_SIZE];
    enum status status = resource_home(home, sizeof home, failure);

    if (status == STATUS_OK)
        snprintf(folder, CONFORM_FOLDER_SIZE, "%s/docs/requirements", home);
    return status;
}

static enum status read_catalogue(const struct conform_options *options,
                                  struct catalogue **ret_catalogue, struct failure *failure)
{
    char folder[CONFORM_FOLDER_SIZE];
    enum status status = conform_folder(folder, failure);

    if (status == STATUS_OK)
        status = catalogue_read(folder, ret_catalogue, failure);
    return status == STATUS_OK ? row_choice_check(&options->rows, *ret_catalogue, failure) : status;
}

static void list(const struct conform_options *options, const struct catalogue *catalogue)
{
    size_t count = 0;

    for (size_t i = 0; i < catalogue_count(catalogue); i++) {
        const struct requirement *row = catalogue_at(catalogue, i);
        if (!row_is_chosen(&options->rows, row))
            continue;
        count++;
        printf("%-8s %-6s %-14s %-8s %s\n", row->id, requirement_level_word(row->level),
               row->profile, requirement_severity_word(row->severity), row->text);
    }
    printf("%zu rows of catalogue %s (%s)\n", count, catalogue_version(catalogue),
           catalogue_digest(catalogue));
}

/* ---- --coverage ---- */

/* How much of a level's rows is covered. */
struct share {
    size_t rows, checked, proven;
};

static void print_row_coverage(const struct coverage *coverage, const struct requirement *row)
{
    size_t checks = 0;

    printf("%-8s %-6s %-14s ", row->id, requirement_level_word(row->level), row->profile);
    for (size_t i = 0; i < coverage_link_count(coverage); i++) {
        const struct coverage_link *link = coverage_link_at(coverage, i);
        if (strcmp(link->requirement, row->id) != 0)
            continue;
        if (link->fault)
            printf(" by %s", link->fault);
        else
            printf("%s%s", checks++ > 0 ? ", " : "", link->check);
    }
    printf("%s\n", checks > 0 ? "" : "-");
}

/* The way back: what each fault breaks, and who finds it. */
static void print_proofs(const struct conform_options *options, const struct catalogue *catalogue,
                         const struct coverage *coverage)
{
    printf("\nfaults of the reference server\n");
    for (size_t i = 0; i < coverage_link_count(coverage); i++) {
        const struct coverage_link *link = coverage_link_at(coverage, i);
        if (link->fault &&
            row_is_chosen(&options->rows, catalogue_find(catalogue, link->requirement)))
            printf("%-34s breaks %-8s found by %s\n", link->fault, link->requirement, link->check);
    }
}

static void add_to_share(struct share *share, struct coverage_of_row have)
{
    share->rows++;
    share->checked += have.checks > 0;
    share->proven += have.proofs > 0;
}

/* True: no chosen row needs more. */
static bool print_coverage(const struct conform_options *options, const struct catalogue *catalogue,
                           const struct coverage *coverage)
{
    struct share shares[REQUIREMENT_LEVEL_COUNT] = {0};
    size_t lacking = 0;

    for (size_t i = 0; i < catalogue_count(catalogue); i++) {
        const struct requirement *row = catalogue_at(catalogue, i);
        if (!row_is_chosen(&options->rows, row))
            continue;
        print_row_coverage(coverage, row);
        add_to_share(&shares[row->level], coverage_of(coverage, row->id));
        lacking += !coverage_suffices(coverage, row);
    }
    print_proofs(options, catalogue, coverage);
    printf("\n");
    for (int level = 0; level < REQUIREMENT_LEVEL_COUNT; level++)
        if (shares[level].rows > 0)
            printf("%-6s of %zu rows %zu (%.0f %%) have a check, %zu a fault that proves it\n",
                   requirement_level_word((enum requirement_level)level), shares[level].rows,
                   shares[level].checked,
                   100.0 * (double)shares[level].checked / (double)shares[level].rows,
                   shares[level].proven);
    printf("%zu rows need more; %zu checks; catalogue %s (%s)\n", lacking,
           coverage_check_count(coverage), catalogue_version(catalogue),
           catalogue_digest(catalogue));
    return lacking == 0;
}

/* ---- judging ---- */

/* The requirements go to the examination as its own setting, unless it is only looked at. */
static enum status prepare(struct conform_options *options, int argc, char **argv, char *setting,
                           size_t size, struct run_settings *ret_settings, struct failure *failure)
{
    struct arg_list *set = &options->load.set;

    if (options->rows.requirements && !options->coverage) {
        if (set->count == sizeof set->items / sizeof set->items[0])
            return failure_set(failure, STATUS_TOO_LARGE, "--set: too many");
        snprintf(setting, size, "requirement=%s", options->rows.requirements);
        set->items[set->count++] = setting;
    }
    return load_options_settings(&options->load, EXAMINATION, argc, argv, ret_settings, failure);
}

static enum status read_coverage(const struct run_settings *settings,
                                 const struct catalogue *catalogue, struct coverage **ret_coverage,
                                 struct failure *failure)
{
    char *json = NULL;
    enum status status = story_checks_read(settings, &json, failure);

    if (status == STATUS_OK)
        status = coverage_read(json, catalogue, ret_coverage, failure);
    free(json);
    return status;
}

/* "without=ID,…": rows that are not claimed or declared absent; false: there are none. */
static bool write_without(const struct conform_options *options, const struct catalogue *catalogue,
                          const struct declared_absent *absent, struct buffer *out)
{
    const struct row_choice claimed = {.profiles = options->rows.profiles};
    bool any = false;

    buffer_text(out, "without=");
    for (size_t i = 0; i < catalogue_count(catalogue); i++) {
        const struct requirement *row = catalogue_at(catalogue, i);
        if (row_is_chosen(&claimed, row) && !declared_absent_reason(absent, row))
            continue;
        buffer_format(out, "%s%s", any ? "," : "", row->id);
        any = true;
    }
    return any;
}

/* Checks of nothing but such rows are not played: `setting` keeps the text that says so. */
static enum status leave_out(const struct conform_options *options,
                             const struct catalogue *catalogue, struct run_settings *settings,
                             struct declared_absent **ret_absent, struct buffer *setting,
                             struct failure *failure)
{
    struct arg_list *set = &settings->set;
    char *json = NULL;
    enum status status = story_absent_read(settings, &json, failure);

    if (status == STATUS_OK)
        status = declared_absent_read(json, catalogue, ret_absent, failure);
    free(json);
    if (status != STATUS_OK || !write_without(options, catalogue, *ret_absent, setting))
        return status;
    if (setting->failed || set->count == sizeof set->items / sizeof set->items[0])
        return failure_set(failure, STATUS_TOO_LARGE, "--set: too many");
    set->items[set->count++] = buffer_string(setting);
    return STATUS_OK;
}

/* What needs the checks: the run, and what is said of them. */
static int examine(struct conform_options *options, const struct catalogue *catalogue, int argc,
                   char **argv)
{
    struct coverage *coverage = NULL;
    struct declared_absent *absent = NULL;
    struct run_settings settings;
    struct failure failure = {0};
    struct buffer without;
    char setting[2048];
    int code;

    buffer_init(&without, WITHOUT_BYTES_MAX);
    if (!options->rows.profiles && !options->rows.requirements)
        options->rows.profiles = PROFILES;
    if (prepare(options, argc, argv, setting, sizeof setting, &settings, &failure) != STATUS_OK ||
        (!options->coverage &&
         leave_out(options, catalogue, &settings, &absent, &without, &failure) != STATUS_OK) ||
        read_coverage(&settings, catalogue, &coverage, &failure) != STATUS_OK) {
        fprintf(stderr, "caseload conform: %s\n", failure.message);
        code = EXIT_CODE_USAGE;
    } else if (!options->coverage) {
        const struct conformance_input input = {.catalogue = catalogue,
                                                .coverage = coverage,
                                                .choice = &options->rows,
                                                .absent = absent};
        code = conform_run(options, &input, &settings, argc, argv);
    } else {
        code =
            print_coverage(options, catalogue, coverage) ? EXIT_CODE_PASSED : EXIT_CODE_SHORTFALL;
    }
    declared_absent_destroy(absent);
    coverage_destroy(coverage);
    buffer_finish(&without);
    return code;
}

/* ---- the command line ---- */

static void options_init(struct conform_options *o)
{
    *o = (struct conform_options){.list = false};
    load_options_init(&o->load, false);
    const struct arg_option own[] = {
        {.name = "list",
         .kind = ARG_FLAG,
         .value = &o->list,
         .help = "only print the rows: id, level, profile, severity, sentence"},
        {.name = "coverage",
         .kind = ARG_FLAG,
         .value = &o->coverage,
         .help = "only print for each row its checks, and the faults that prove them"},
        {.name = "profile",
         .operand = "P,…",
         .kind = ARG_TEXT,
         .value = &o->rows.profiles,
         .help = "requirements of these profiles (" PROFILES "; with --list all)"},
        {.name = "requirement",
         .operand = "ID,…",
         .kind = ARG_TEXT,
         .value = &o->rows.requirements,
         .help = "only these, and only the checks that are about them"},
        {.name = "known-failures",
         .operand = "FILE",
         .kind = ARG_TEXT,
         .value = &o->known_failures,
         .help = "rows that may fail until a day, with ticket and owner (docs/conformance.md)"},
    };
    for (size_t i = 0; i < sizeof own / sizeof own[0] && o->load.count < LOAD_OPTIONS_MAX; i++)
        o->load.table[o->load.count++] = own[i];
}

int command_conform(int argc, char **argv)
{
    struct conform_options options;
    struct catalogue *catalogue = NULL;
    struct failure failure = {0};
    size_t operands = 0;
    bool help = false;
    int code = EXIT_CODE_PASSED;

    options_init(&options);
    struct arg_command line = {.name = "conform",
                               .operands = "",
                               .summary = "judge a platform by the requirements it must meet",
                               .more = more,
                               .options = options.load.table,
                               .option_count = options.load.count};
    enum status status = args_parse(&line, argc, argv, NULL, 0, &operands, &help, &failure);
    if (status == STATUS_OK && help) {
        args_print_help(&line, "caseload", stdout);
        return EXIT_CODE_PASSED;
    }
    if (status == STATUS_OK)
        status = read_catalogue(&options, &catalogue, &failure);
    if (status != STATUS_OK) {
        fprintf(stderr, "caseload conform: %s\n", failure.message);
        code = EXIT_CODE_USAGE;
    } else if (options.list) {
        list(&options, catalogue);
    } else {
        code = examine(&options, catalogue, argc, argv);
    }
    catalogue_destroy(catalogue);
    return code;
}
