/* caseload script check STORY | trace STORY LOAD | fixture STORY LOAD | checks STORY LOAD */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/command/command.h"
#include "engine/command/load_command.h"
#include "engine/measure/verdict.h"
#include "engine/run/resource.h"
#include "engine/run/story_outline.h"
#include "engine/script/script.h"

static const char usage[] =
    "usage: caseload script check STORY          what can be said without a platform\n"
    "       caseload script trace STORY [LOAD]   run one session and print who saw what, when\n"
    "       caseload script fixture STORY [LOAD] print the fixture that a platform needs for it\n"
    "       caseload script checks STORY [LOAD]  print the checks of an examination\n\n"
    "  check finds syntax errors, unknown verbs and roles, waits without a time limit, each with\n"
    "  file and line; exit 2 when there is one. Longest wall time: 30 s.\n"
    "  The others take the load options of caseload run (caseload script trace --help).\n";

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

/* The one session starts at once, and none after it. */
static enum status decide_trace(struct load_options *options, struct failure *failure)
{
    if (options->shard)
        return failure_set(failure, STATUS_INVALID,
                           "--shard %s: a trace is of one session, which has no shares",
                           options->shard);
    options->sessions = 1;
    options->duration_us = 1;
    options->ramp_us = 0;
    options->trace = true;
    return STATUS_OK;
}

/* One session, every event printed as it comes; the run folder stays for a closer look. */
static int trace(int argc, char **argv)
{
    return load_command_execute(
        &(struct load_command){
            .name = "script trace",
            .summary = "run one session and print who saw what, when",
            .more = "Runs one session of STORY and prints who saw what, when. The run folder is "
                    "kept.\nLongest wall time: 90 s more than the story's planned length and "
                    "grace.\n",
            .decide = decide_trace},
        argc, argv);
}

static enum status decide_fixture(struct load_options *options, struct failure *failure)
{
    if (options->shard || options->url)
        return failure_set(failure, STATUS_INVALID,
                           "a fixture is for all shards: --workers N says how many processes they "
                           "have in all, and the platform is not asked");
    return STATUS_OK;
}

static int print(const char *text)
{
    return puts(text) >= 0 && fflush(stdout) == 0 ? EXIT_CODE_PASSED : EXIT_CODE_INTERNAL;
}

static int print_fixture(struct run_settings *settings)
{
    struct story_outline outline;
    struct failure failure = {0};

    if (story_outline_read(settings, &outline, &failure) != STATUS_OK) {
        fprintf(stderr, "caseload script fixture: %s\n", failure.message);
        return EXIT_CODE_USAGE;
    }
    int code = print(outline.fixture);
    story_outline_finish(&outline);
    return code;
}

static int fixture(int argc, char **argv)
{
    return load_command_execute(
        &(struct load_command){
            .name = "script fixture",
            .summary = "print the fixture that a platform needs for a story and its load",
            .more = "For caseload-server --fixture and for --target-config. With --workers N the "
                    "clinics\nshare evenly between N processes, those of all shards together. It "
                    "holds passwords, drawn\nfrom --seed. Longest wall time: 30 s.\n",
            .with_shape = true,
            .decide = decide_fixture,
            .execute = print_fixture},
        argc, argv);
}

static int print_checks(struct run_settings *settings)
{
    struct failure failure = {0};
    char *json;

    if (story_checks_read(settings, &json, &failure) != STATUS_OK) {
        fprintf(stderr, "caseload script checks: %s\n", failure.message);
        return EXIT_CODE_USAGE;
    }
    int code = print(json);
    free(json);
    return code;
}

static int checks(int argc, char **argv)
{
    return load_command_execute(
        &(struct load_command){
            .name = "script checks",
            .summary = "print the checks of an examination",
            .more =
                "A JSON list of {\"name\", \"title\", \"file\", \"requirements\", \"proven_by\":\n"
                "[{\"fault\", \"breaks\"}]}, as chosen with --set. Longest wall time: 30 s.\n",
            .execute = print_checks},
        argc, argv);
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
    if (strcmp(what, "fixture") == 0)
        return fixture(argc - 1, argv + 1);
    if (strcmp(what, "checks") == 0)
        return checks(argc - 1, argv + 1);
    fputs(usage, stderr);
    return EXIT_CODE_USAGE;
}
