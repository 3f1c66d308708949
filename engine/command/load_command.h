/* A command that runs a story under a load: caseload NAME STORY LOAD. Reads the command line, says
 * what is wrong with it or prints the help, and runs. For run and script trace. */
#ifndef CASELOAD_LOAD_COMMAND_H
#define CASELOAD_LOAD_COMMAND_H

#include "engine/command/load_options.h"

struct load_command {
    const char *name, *summary;
    const char *more; /* below the options in the help */
    bool with_shape;  /* takes --sessions, --rate, --duration, … */
    /* Decides what the command line leaves open, or refuses; NULL: nothing to decide. */
    enum status (*decide)(struct load_options *options, struct failure *failure);
};

/* Returns the exit code. */
int load_command_execute(const struct load_command *command, int argc, char **argv);

#endif
