#include "engine/command/load_command.h"

#include <stdio.h>

#include "engine/measure/verdict.h"
#include "engine/run/run.h"

static enum status read_settings(const struct load_command *command, struct load_options *options,
                                 const struct arg_command *line, int argc, char **argv,
                                 struct run_settings *ret_settings, bool *ret_help,
                                 struct failure *failure)
{
    const char *story = NULL;
    size_t count = 0;
    enum status status = args_parse(line, argc, argv, &story, 1, &count, ret_help, failure);

    if (status != STATUS_OK || *ret_help)
        return status;
    if (count != 1)
        return failure_set(failure, STATUS_INVALID,
                           "which story? caseload %s STORY; caseload %s --help tells the options",
                           command->name, command->name);
    if (command->decide && (status = command->decide(options, failure)) != STATUS_OK)
        return status;
    return load_options_settings(options, story, argc, argv, ret_settings, failure);
}

int load_command_execute(const struct load_command *command, int argc, char **argv)
{
    struct load_options options;
    struct run_settings settings;
    struct failure failure = {0};
    bool help = false;

    load_options_init(&options, command->with_shape);
    struct arg_command line = {.name = command->name,
                               .operands = "STORY",
                               .summary = command->summary,
                               .more = command->more,
                               .options = options.table,
                               .option_count = options.count};
    if (read_settings(command, &options, &line, argc, argv, &settings, &help, &failure) !=
        STATUS_OK) {
        fprintf(stderr, "caseload %s: %s\n", command->name, failure.message);
        return EXIT_CODE_USAGE;
    }
    if (help) {
        args_print_help(&line, "caseload", stdout);
        return EXIT_CODE_PASSED;
    }
    return command->execute ? command->execute(&settings) : run_execute(&settings);
}
