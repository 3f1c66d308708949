/* caseload run STORY LOAD … */
#include <stdio.h>

#include "engine/command/command.h"
#include "engine/command/load_options.h"
#include "engine/measure/verdict.h"
#include "engine/run/run.h"

static const char more[] =
    "STORY is the name of a shipped story (teletriage, one-to-one, check-in) or a .lua file.\n"
    "Without --url a caseload-server is started for the run and stopped at its end.\n"
    "--sessions N keeps N sessions running; --rate R/s starts them at their times whatever the\n"
    "platform does; with both, N caps what runs at once and the overflow is counted as dropped.\n"
    "Longest wall time: 90 s more than --duration and the story's grace.\n"
    "Exit codes: 0 passed, 1 isolation or conformance failure, 2 usage or script error, 3 "
    "threshold\n"
    "failed, 4 inconclusive, 5 target unreachable, 6 internal, 7 less ran than planned, 9 target\n"
    "died, 130/143 interrupted.\n";

int command_run(int argc, char **argv)
{
    struct load_options options;
    struct run_settings settings;
    struct failure failure = {0};
    const char *story = NULL;
    size_t count = 0;
    bool help = false;

    load_options_init(&options, true);
    struct arg_command command = {.name = "run",
                                  .operands = "STORY",
                                  .summary = "run a story against a platform and judge it",
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
        failure_set(&failure, STATUS_INVALID,
                    "which story? caseload run STORY; caseload run --help tells the options");
        goto failed;
    }
    if (load_options_settings(&options, story, argc, argv, &settings, &failure) != STATUS_OK)
        goto failed;
    return run_execute(&settings);
failed:
    fprintf(stderr, "caseload run: %s\n", failure.message);
    return EXIT_CODE_USAGE;
}
