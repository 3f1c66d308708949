#include "common/base/log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *log_program = "caseload";
static enum log_level log_threshold = LOG_WARN;

void log_open(const char *program, enum log_level level)
{
    assert(program);
    log_program = program;
    log_threshold = level;
}

/* Texts from peers get into lines: a control character must not forge a line or drive a terminal.
 */
static void make_printable(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
    }
}

void log_line(enum log_level level, const char *format, ...)
{
    static const char *const marks[] = {"error: ", "warning: ", "", "debug: "};
    if (level > log_threshold)
        return;

    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0)
        snprintf(text, sizeof text, "(a message could not be formatted: %s)", format);
    make_printable(text);
    const char *cut = length >= (int)sizeof text ? " (cut)" : "";

    /* One call for the whole line, so that lines of two threads do not mix. */
    fprintf(stderr, "%s: %s%s%s\n", log_program, marks[level], text, cut);
}
