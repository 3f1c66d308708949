/* What the parts of `caseload conform` share. Private to conform_command.c and conform_run.c. */
#ifndef CASELOAD_CONFORM_COMMAND_H
#define CASELOAD_CONFORM_COMMAND_H

#include "engine/catalogue/catalogue.h"
#include "engine/command/load_options.h"
#include "engine/conform/conformance_result.h"

struct conform_options {
    struct load_options load;
    bool list, coverage;
    const char *known_failures; /* a file; NULL: none */
    struct row_choice rows;
};

/* FOLDER of the shipped catalogue, RESOURCE_PATH_SIZE + 32 bytes. */
#define CONFORM_FOLDER_SIZE (RESOURCE_PATH_SIZE + 32)
MUST_CHECK enum status conform_folder(char *folder, struct failure *failure);

/* conform_run.c: completes `input` by the known failures and the day, plays the checks, judges
 * every chosen row, prints and writes what came of it. Returns the exit code. */
int conform_run(const struct conform_options *options, const struct conformance_input *input,
                struct run_settings *settings, int argc, char **argv);

#endif
