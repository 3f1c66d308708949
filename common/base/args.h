/* Command lines by table: one row per option gives parsing, checking and the --help text. */
#ifndef CASELOAD_BASE_ARGS_H
#define CASELOAD_BASE_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/status.h"

enum arg_kind {
    ARG_FLAG,     /* bool; no value */
    ARG_TEXT,     /* const char *, borrowed from argv */
    ARG_COUNT,    /* uint64_t, decimal */
    ARG_DURATION, /* int64_t microseconds: "250ms", "90s", "5m", "1h" */
    ARG_LIST,     /* struct arg_list: may be given again and again */
    ARG_NOT_YET,  /* understood, answered "not yet", exit 2 */
};

struct arg_list {
    const char *items[32]; /* borrowed from argv */
    size_t count;
};

struct arg_option {
    const char *name;    /* "sessions" for --sessions */
    const char *operand; /* "N" in the help text; NULL for a flag */
    enum arg_kind kind;
    void *value;         /* where the parsed value goes; left alone when the option is absent */
    const char *help;    /* one line */
    const char *choices; /* for ARG_TEXT: "full|light" (checked); NULL: any */
};

struct arg_command {
    const char *name;     /* "run" */
    const char *operands; /* "STORY" in the usage line; "" when none */
    const char *summary;  /* one line */
    const char *more;     /* further help paragraphs or NULL */
    struct arg_option *options;
    size_t option_count;
};

/* Parse argv[1…] of `command`; "--name value" and "--name=value"; options and operands in any
 * order, "--" ends options; of a repeated option (but ARG_LIST) the last one counts. At most
 * `operand_max` operands are stored in `operands` (borrowed).
 * `*ret_help` is set when --help was seen (then nothing else is checked). On failure the message
 * names the option and what it takes. */
MUST_CHECK enum status args_parse(const struct arg_command *command, int argc, char **argv,
                                  const char **operands, size_t operand_max,
                                  size_t *ret_operand_count, bool *ret_help,
                                  struct failure *failure);
void args_print_help(const struct arg_command *command, const char *program, FILE *out);

/* "250ms", "1.5s", "5m", "2h", "100us" → microseconds; a bare number is refused (except 0). */
MUST_CHECK enum status parse_duration(const char *text, int64_t *ret_us);

#endif
