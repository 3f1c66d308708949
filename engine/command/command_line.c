#include "engine/command/command_line.h"

#include <stdio.h>
#include <string.h>

void command_line_join(int argc, char **argv, char *text, size_t size)
{
    size_t at = (size_t)snprintf(text, size, "caseload");

    for (int i = 0; i < argc && at < size; i++)
        at += (size_t)snprintf(text + at, size - at,
                               strpbrk(argv[i], " '\"$<>&|;*") ? " '%s'" : " %s", argv[i]);
}
