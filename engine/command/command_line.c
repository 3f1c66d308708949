#include "engine/command/command_line.h"

#include <stdio.h>
#include <string.h>

/* How many words a word that begins one of the options takes, itself included; 0: it does not. */
static int words_of(const char *word, const char *const *options, size_t count)
{
    for (size_t i = 0; i < count && strncmp(word, "--", 2) == 0; i++) {
        size_t length = strlen(options[i]);
        if (strncmp(word + 2, options[i], length) != 0)
            continue;
        if (word[2 + length] == '\0')
            return 2;
        if (word[2 + length] == '=')
            return 1;
    }
    return 0;
}

void command_line_join_without(int argc, char **argv, const char *const *options, size_t count,
                               char *text, size_t size)
{
    size_t at = (size_t)snprintf(text, size, "caseload");

    for (int i = 0; i < argc && at < size; i++) {
        int skipped = words_of(argv[i], options, count);
        if (skipped > 0)
            i += skipped - 1;
        else
            at += (size_t)snprintf(text + at, size - at,
                                   strpbrk(argv[i], " '\"$<>&|;*") ? " '%s'" : " %s", argv[i]);
    }
}

void command_line_join(int argc, char **argv, char *text, size_t size)
{
    command_line_join_without(argc, argv, NULL, 0, text, size);
}
