/* The command line as one text, for result files. */
#ifndef CASELOAD_COMMAND_LINE_H
#define CASELOAD_COMMAND_LINE_H

#include <stddef.h>

/* "caseload run one-to-one --set 'a=b c'": argv[0] is the command's name; what a shell would take
 * apart is quoted. Cut at `size`. */
void command_line_join(int argc, char **argv, char *text, size_t size);
/* The same without these options ("seed" for --seed), which all take a value. */
void command_line_join_without(int argc, char **argv, const char *const *options, size_t count,
                               char *text, size_t size);

#endif
