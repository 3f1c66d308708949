/* caseload script check STORY | trace STORY LOAD */
#include <stdio.h>
#include <string.h>

#include "engine/command/command.h"
#include "engine/command/load_options.h"
#include "engine/measure/verdict.h"
#include "engine/run/resource.h"
#include "engine/run/run.h"
#include "engine/script/script.h"

static const char usage[] =
    "usage: caseload script check STORY          what can be said without a platform\n"
    "       caseload script trace STORY [LOAD]   run one session and print who saw what, when\n\n"
    "  check finds syntax errors, unknown verbs and roles, waits without a time limit, each with\n"
    "  file and line; exit 2 when there is one. Longest wall time: 30 s.\n"
    "  trace takes the load options of caseload run (caseload script trace --help).\n";

static void print_finding(void *arg, const char *file, int line, const char *message)
{
    unsigned *count = arg;

    (*count)++;
    if (line > 0)
        printf("%s:%d: %s\n", file, line, message);
    else
        printf("%s: %s\n", file, message);
}

static int check(const char *story)
{
    char home[RESOURCE_PATH_SIZE], path[RESOURCE_PATH_SIZE], folder[RESOURCE_PATH_SIZE + 16];
    struct failure failure = {0};
    unsigned findings = 0;
    enum status status;

    if ((status = resource_home(home, sizeof home, &failure)) != STATUS_OK ||
        (status = resource_story(home, story, path, sizeof path, &failure)) != STATUS_OK)
        goto failed;
    snprintf(folder, sizeof folder, "%s/scenarios", home);
    status = script_check(path, folder, print_finding, &findings, &failure);
    if (status != STATUS_OK)
        goto failed;
    if (findings > 0) {
        fprintf(stderr, "caseload script check: %u finding%s in %s\n", findings,
                findings == 1 ? "" : "s", path);
        return EXIT_CODE_USAGE;
    }
    printf("%s: no findings\n", path);
    return EXIT_CODE_PASSED;
failed:
    fprintf(stderr, "caseload script check: %s\n", failure.message);
    return EXIT_CODE_USAGE;
}

/* One session, every event printed as it comes; the run folder stays for a closer look. */
static int trace(int argc, char **argv)
{
    static const char more[] = "Runs one session of STORY and prints who saw what, when. The run "
                               "folder is kept.\nLongest wall time: 90 s more than the story's "
                               "planned length and grace.\n";
    struct load_options options;
    struct run_settings settings;
    struct failure failure = {0};
    const char *story = NULL;
    size_t count = 0;
    bool help = false;

    load_options_init(&options, false);
    struct arg_command command = {.name = "script trace",
                                  .operands = "STORY",
                                  .summary = "run one session and print who saw what, when",
                                  .more = more,
                                  .options = options.table,
                                  .option_count = options.count};
    if (args_parse(&command, argc, argv, &story, 1, &count, &help, &failure) != STATUS_OK)
        goto failed;
    if (help) {
        args_print_help(&command, "caseload", stdout);
        return EXIT_CODE_PASSED;
    }
    if (count != 1) {
        failure_set(&failure, STATUS_INVALID, "which story? caseload script trace STORY");
        goto failed;
    }
    options.sessions = 1;
    options.duration_us = 1; /* the one session starts at once, none after it */
    options.ramp_us = 0;
    if (load_options_settings(&options, story, argc, argv, &settings, &failure) != STATUS_OK)
        goto failed;
    settings.trace = true;
    return run_execute(&settings);
failed:
    fprintf(stderr, "caseload script trace: %s\n", failure.message);
    return EXIT_CODE_USAGE;
}

int command_script(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_CODE_PASSED;
    }
    if (strcmp(what, "check") == 0 && argc == 3) {
        if (strcmp(argv[2], "--help") == 0) {
            fputs(usage, stdout);
            return EXIT_CODE_PASSED;
        }
        return check(argv[2]);
    }
    if (strcmp(what, "trace") == 0)
        return trace(argc - 1, argv + 1);
    fputs(usage, stderr);
    return EXIT_CODE_USAGE;
}
