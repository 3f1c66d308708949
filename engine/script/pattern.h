/* Lua's string patterns (Lua 5.4 reference manual §6.4.1) with a step budget, because a hook never
 * fires inside C: the stock matcher can run for minutes on a short text. Pure: bytes in, positions
 * out. Used by sandbox_string; knows no Lua state. */
#ifndef CASELOAD_PATTERN_H
#define CASELOAD_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As in stock Lua: captures of one pattern, and nesting of the matcher. */
#define PATTERN_CAPTURES_MAX 32
#define PATTERN_DEPTH_MAX 200

enum pattern_result {
    PATTERN_MATCHED,
    PATTERN_NO_MATCH,
    PATTERN_MALFORMED, /* see pattern_match.error */
    PATTERN_SPENT,     /* the step budget is used up */
};

struct pattern_capture {
    size_t start; /* offset in the subject */
    size_t length;
    bool position; /* "()": only the position counts */
};

struct pattern_match {
    size_t start, end; /* of the whole match, end exclusive */
    size_t capture_count;
    struct pattern_capture captures[PATTERN_CAPTURES_MAX];
    const char *error; /* static text */
};

/* The first match that begins at `from` or later (at `from` exactly when `here` is set). `*steps`
 * is what may still be spent; it is lowered. A leading '^' has no meaning here: the caller takes it
 * off and sets `here`. */
enum pattern_result pattern_find(const char *subject, size_t size, size_t from, bool here,
                                 const char *pattern, size_t pattern_size, uint64_t *steps,
                                 struct pattern_match *ret_match);

#endif
