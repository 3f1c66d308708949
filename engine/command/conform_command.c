/* caseload conform [LOAD] [--profile P,…] [--requirement ID,…] | --list */
#include <stdio.h>
#include <string.h>

#include "engine/catalogue/catalogue.h"
#include "engine/command/command.h"
#include "engine/command/load_options.h"
#include "engine/conform/conformance.h"
#include "engine/measure/verdict.h"
#include "engine/run/resource.h"
#include "engine/run/run.h"

#define EXAMINATION "conformance" /* in scenarios/ */
#define PROFILES "core,clinic,rooms,transfer,privacy"

static const char more[] =
    "Plays the checks of scenarios/conformance against a platform (without --url a "
    "caseload-server\n"
    "of its own) and judges every requirement of the chosen profiles by what was observed: PASS,\n"
    "WARN (a SHOULD is broken), FAIL, BLOCKED (a check did not get there), INCONCLUSIVE, ERROR\n"
    "(a check is wrong), NOTRUN (there is no check yet). The catalogue is described in\n"
    "docs/requirements/README.md. Many requirements have no check yet: they are listed, and "
    "without\n"
    "--requirement the exit code is 7.\n"
    "Longest wall time: 4 minutes. Exit codes as of caseload run.\n";

struct conform_options {
    struct load_options load;
    bool list;
    const char *profiles, *requirements; /* NULL: all */
};

/* ---- which rows ---- */

/* Whether `word` is one of the words that commas separate. */
static bool is_in(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = words; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

static bool is_chosen(const struct conform_options *options, const struct requirement *row)
{
    return (!options->profiles || is_in(options->profiles, row->profile)) &&
           (!options->requirements || is_in(options->requirements, row->id));
}

static bool knows(const struct catalogue *catalogue, const char *word, bool is_profile)
{
    return is_profile ? catalogue_has_profile(catalogue, word)
                      : catalogue_find(catalogue, word) != NULL;
}

/* Each word that the user gave must exist: an empty choice is a mistake, not a success. */
static enum status check_words(const struct catalogue *catalogue, const char *words,
                               bool is_profile, struct failure *failure)
{
    while (words) {
        char word[64];
        size_t length = strcspn(words, ",");
        snprintf(word, sizeof word, "%.*s", (int)length, words);
        if (!knows(catalogue, word, is_profile))
            return failure_set(
                failure, STATUS_NOT_FOUND,
                "--%s %s: the catalogue has none (caseload conform --list shows all)",
                is_profile ? "profile" : "requirement", word);
        words = words[length] == ',' ? words + length + 1 : NULL;
    }
    return STATUS_OK;
}

static enum status read_catalogue(const struct conform_options *options,
                                  struct catalogue **ret_catalogue, struct failure *failure)
{
    char home[RESOURCE_PATH_SIZE], folder[RESOURCE_PATH_SIZE + 32];
    enum status status = resource_home(home, sizeof home, failure);

    if (status != STATUS_OK)
        return status;
    snprintf(folder, sizeof folder, "%s/docs/requirements", home);
    if ((status = catalogue_read(folder, ret_catalogue, failure)) != STATUS_OK)
        return status;
    if ((status = check_words(*ret_catalogue, options->profiles, true, failure)) == STATUS_OK)
        status = check_words(*ret_catalogue, options->requirements, false, failure);
    return status;
}

/* ---- --list ---- */

static void list(const struct conform_options *options, const struct catalogue *catalogue)
{
    size_t count = 0;

    for (size_t i = 0; i < catalogue_count(catalogue); i++) {
        const struct requirement *row = catalogue_at(catalogue, i);
        if (!is_chosen(options, row))
            continue;
        count++;
        printf("%-8s %-6s %-14s %-8s %s\n", row->id, requirement_level_word(row->level),
               row->profile, requirement_severity_word(row->severity), row->text);
    }
    printf("%zu rows of catalogue %s (%s)\n", count, catalogue_version(catalogue),
           catalogue_digest(catalogue));
}

/* ---- judging ---- */

struct examination {
    const struct conform_options *options;
    const struct catalogue *catalogue;
    size_t counts[CHECK_VERDICT_COUNT];
    size_t rows;
    bool quiet, lacks; /* lacks: a chosen MUST or SHOULD was not observed */
};

static void print_row(const struct conformance_row *row)
{
    printf("  %-8s %-6s %-12s %5llu×  %s\n", row->requirement->id,
           requirement_level_word(row->requirement->level), check_verdict_word(row->verdict),
           (unsigned long long)row->observations, row->requirement->text);
    if (*row->message)
        printf("           %s\n", row->message);
}

/* The ids of rows that nothing was observed about, so many to a line. */
static void print_unobserved(const struct examination *examination, const struct check_log *checks)
{
    size_t column = 0;

    printf("\n  without a check (NOTRUN):");
    for (size_t i = 0; i < catalogue_count(examination->catalogue); i++) {
        const struct requirement *row = catalogue_at(examination->catalogue, i);
        if (is_chosen(examination->options, row) && !check_log_find(checks, row->id))
            printf("%s%s", column++ % 12 == 0 ? "\n    " : " ", row->id);
    }
    printf("\n");
}

static void take(void *arg, const struct run_result *result)
{
    struct examination *examination = arg;

    if (!examination->quiet)
        printf("\n");
    for (size_t i = 0; i < catalogue_count(examination->catalogue); i++) {
        struct conformance_row row;
        const struct requirement *requirement = catalogue_at(examination->catalogue, i);
        if (!is_chosen(examination->options, requirement))
            continue;
        conformance_judge(requirement, check_log_find(result->checks, requirement->id), &row);
        examination->rows++;
        examination->counts[row.verdict]++;
        examination->lacks |= row.verdict == CHECK_NOTRUN && requirement->level != REQUIREMENT_MAY;
        if (!examination->quiet && row.verdict != CHECK_NOTRUN)
            print_row(&row);
    }
    if (!examination->quiet && examination->counts[CHECK_NOTRUN] > 0)
        print_unobserved(examination, result->checks);
}

static void print_sum(const struct examination *examination, enum exit_code code)
{
    printf("\n%s: of %zu rows", exit_code_verdict(code), examination->rows);
    for (int verdict = 0; verdict < CHECK_VERDICT_COUNT; verdict++)
        if (examination->counts[verdict] > 0)
            printf(" %zu %s", examination->counts[verdict],
                   check_verdict_word((enum check_verdict)verdict));
    printf("; catalogue %s (%s)\n", catalogue_version(examination->catalogue),
           catalogue_digest(examination->catalogue));
}

/* The requirements go to the examination as its own setting. */
static enum status prepare(struct conform_options *options, int argc, char **argv, char *setting,
                           size_t size, struct run_settings *ret_settings, struct failure *failure)
{
    struct arg_list *set = &options->load.set;

    if (options->requirements) {
        if (set->count == sizeof set->items / sizeof set->items[0])
            return failure_set(failure, STATUS_TOO_LARGE, "--set: too many");
        snprintf(setting, size, "requirement=%s", options->requirements);
        set->items[set->count++] = setting;
    }
    return load_options_settings(&options->load, EXAMINATION, argc, argv, ret_settings, failure);
}

static int judge(struct conform_options *options, const struct catalogue *catalogue, int argc,
                 char **argv)
{
    struct examination examination = {.options = options, .catalogue = catalogue};
    struct run_settings settings;
    struct failure failure = {0};
    char setting[2048];

    if (!options->profiles && !options->requirements)
        options->profiles = PROFILES;
    if (prepare(options, argc, argv, setting, sizeof setting, &settings, &failure) != STATUS_OK) {
        fprintf(stderr, "caseload conform: %s\n", failure.message);
        return EXIT_CODE_USAGE;
    }
    examination.quiet = settings.quiet;
    enum exit_code code = (enum exit_code)run_carry_out(&settings, take, &examination);
    if (examination.rows == 0)
        return code; /* nothing was run, and why was said */
    if (examination.lacks)
        code = exit_code_stronger(code, EXIT_CODE_SHORTFALL);
    print_sum(&examination, code);
    printf("%s/report.html\n", settings.out);
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
        {.name = "profile",
         .operand = "P,…",
         .kind = ARG_TEXT,
         .value = &o->profiles,
         .help = "requirements of these profiles (" PROFILES "; with --list all)"},
        {.name = "requirement",
         .operand = "ID,…",
         .kind = ARG_TEXT,
         .value = &o->requirements,
         .help = "only these, and only the checks that are about them"},
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
        code = judge(&options, catalogue, argc, argv);
    }
    catalogue_destroy(catalogue);
    return code;
}
