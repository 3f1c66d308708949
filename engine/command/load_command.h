/* A command that runs a story under a load: caseload NAME STORY LOAD. Reads the command line, says
 * what is wrong with it or prints the help, and runs. For run, script trace and script fixture. */
#ifndef CASELOAD_LOAD_COMMAND_H
#define CASELOAD_LOAD_COMMAND_H

#include "engine/command/load_options.h"

struct load_command {
    const char *name, *summary;
    const char *more; /* below the options in the help */
    bool with_shape;  /* takes --sessions, --rate, --duration, … */
    /* Decides what the command line leaves open, or refuses; NULL: nothing to decide. */
    enum status (*decide)(struct load_options *options, struct failure *failure);
    /* What is done instead of a run; NULL: a run. Returns the exit code. */
    int (*execute)(struct run_settings *settings);
};

/* Returns the exit code. */
int load_command_execute(const struct load_command *command, int argc, char **argv);

#endif
