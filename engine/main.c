/* caseload: the load generator and the judge. Finds the command and runs it; nothing else. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "engine/command/command.h"
#include "engine/command/version.h"
#include "engine/measure/verdict.h"

static void print_help(FILE *out)
{
    fprintf(out, "caseload: load testing and conformance for telehealth video platforms\n\n"
                 "usage: caseload COMMAND [OPTIONS]\n\n");
#define X(name, function, summary) fprintf(out, "  %-10s %s\n", name, summary);
    COMMAND_LIST(X)
#undef X
    fprintf(out, "\nnot yet in this version:\n\n");
#define X(name, summary) fprintf(out, "  %-10s %s\n", name, summary);
    COMMAND_LATER_LIST(X)
#undef X
    fprintf(out, "\n  --version  versions of program, schemas, libraries\n"
                 "  --help     this page; \"caseload COMMAND --help\" tells the options\n\n"
                 "Try: caseload run teletriage\n");
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;

    log_open("caseload", LOG_WARN);
    signal(SIGPIPE, SIG_IGN);
    if (!name) {
        print_help(stderr);
        return EXIT_CODE_USAGE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return EXIT_CODE_PASSED;
    }
    if (strcmp(name, "--version") == 0) {
        version_print(stdout);
        return EXIT_CODE_PASSED;
    }
#define X(command, function, summary)                                                              \
    if (strcmp(name, command) == 0)                                                                \
        return function(argc - 1, argv + 1);
    COMMAND_LIST(X)
#undef X
#define X(command, summary)                                                                        \
    if (strcmp(name, command) == 0) {                                                              \
        fprintf(stderr, "caseload %s: not yet in this version (%s)\n", command, summary);          \
        return EXIT_CODE_USAGE;                                                                    \
    }
    COMMAND_LATER_LIST(X)
#undef X
    fprintf(stderr, "caseload: unknown command \"%s\"; caseload --help lists the commands\n", name);
    return EXIT_CODE_USAGE;
}
