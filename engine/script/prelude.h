/* The prelude's Lua files (prelude/), built into the program so that every story finds the same
 * ones; prelude.c is made by embed.cmake. */
#ifndef CASELOAD_PRELUDE_H
#define CASELOAD_PRELUDE_H

#include <stddef.h>

struct prelude_file {
    const char *name; /* "story"; NULL ends the list */
    const unsigned char *text;
    size_t size;
};

extern const struct prelude_file prelude_files[];

#endif
