/* Reads a compiled Lua 5.4 chunk (what lua_dump writes, not stripped) and lists every name it uses:
 * globals and method calls, each with its line. Used by the static checks; needs no Lua state, so
 * an unknown verb is found also in code that a run would never reach. */
#ifndef CASELOAD_BYTECODE_H
#define CASELOAD_BYTECODE_H

#include <stddef.h>

#include "common/base/status.h"

enum bytecode_use {
    BYTECODE_GLOBAL_READ,  /* name */
    BYTECODE_GLOBAL_WRITE, /* name = …, function name() … */
    BYTECODE_METHOD,       /* thing:name(…) */
    BYTECODE_FIELD_WRITE,  /* thing.name = …, { name = … }, function thing:name() … */
};

typedef void bytecode_use_fn(void *arg, enum bytecode_use use, const char *name, int line);

/* MALFORMED: not a Lua 5.4 chunk of this machine. Names longer than 127 bytes are cut. */
MUST_CHECK enum status bytecode_scan(const void *chunk, size_t size, bytecode_use_fn *on_use,
                                     void *arg);

#endif
