/* caseload conform --list */
#include <stdio.h>
#include <string.h>

#include "common/base/args.h"
#include "engine/catalogue/catalogue.h"
#include "engine/command/command.h"
#include "engine/measure/verdict.h"
#include "engine/run/resource.h"

struct conform_options {
    bool list;
    const char *profiles, *requirements; /* NULL: all */
};

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

static enum status list(const struct conform_options *options, struct failure *failure)
{
    char home[RESOURCE_PATH_SIZE], folder[RESOURCE_PATH_SIZE + 32];
    struct catalogue *catalogue = NULL;
    size_t count = 0;
    enum status status = resource_home(home, sizeof home, failure);

    if (status != STATUS_OK)
        return status;
    snprintf(folder, sizeof folder, "%s/docs/requirements", home);
    if ((status = catalogue_read(folder, &catalogue, failure)) != STATUS_OK)
        return status;
    if ((status = check_words(catalogue, options->profiles, true, failure)) == STATUS_OK)
        status = check_words(catalogue, options->requirements, false, failure);
    for (size_t i = 0; status == STATUS_OK && i < catalogue_count(catalogue); i++) {
        const struct requirement *row = catalogue_at(catalogue, i);
        if (!is_chosen(options, row))
            continue;
        count++;
        printf("%-8s %-6s %-14s %-8s %s\n", row->id, requirement_level_word(row->level),
               row->profile, requirement_severity_word(row->severity), row->text);
    }
    if (status == STATUS_OK)
        printf("%zu rows of catalogue %s (%s)\n", count, catalogue_version(catalogue),
               catalogue_digest(catalogue));
    catalogue_destroy(catalogue);
    return status;
}

int command_conform(int argc, char **argv)
{
    struct conform_options options = {0};
    struct arg_option table[] = {
        {.name = "list",
         .kind = ARG_FLAG,
         .value = &options.list,
         .help = "print the requirements and invariants: id, level, profile, severity, sentence"},
        {.name = "profile",
         .operand = "P,…",
         .kind = ARG_TEXT,
         .value = &options.profiles,
         .help = "only those of these profiles"},
        {.name = "requirement",
         .operand = "ID,…",
         .kind = ARG_TEXT,
         .value = &options.requirements,
         .help = "only these"},
    };
    struct arg_command command = {
        .name = "conform",
        .operands = "",
        .summary = "list the requirements that a platform is judged by",
        .more = "Judging a platform is not built yet: only --list does something. The catalogue is "
                "described in\ndocs/requirements/README.md. Longest wall time: 10 s.\n",
        .options = table,
        .option_count = sizeof table / sizeof *table};
    struct failure failure = {0};
    size_t operands = 0;
    bool help = false;

    if (args_parse(&command, argc, argv, NULL, 0, &operands, &help, &failure) != STATUS_OK)
        goto failed;
    if (help) {
        args_print_help(&command, "caseload", stdout);
        return EXIT_CODE_PASSED;
    }
    if (!options.list) {
        failure_set(&failure, STATUS_UNSUPPORTED,
                    "judging a platform is not built yet; --list prints the requirements");
        goto failed;
    }
    if (list(&options, &failure) != STATUS_OK)
        goto failed;
    return EXIT_CODE_PASSED;
failed:
    fprintf(stderr, "caseload conform: %s\n", failure.message);
    return EXIT_CODE_USAGE;
}
