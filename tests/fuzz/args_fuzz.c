/* Any words as a command line, and any text as a duration. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/args.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS = 40, OPERANDS = 3 };

static void parse_words(char **words, int count)
{
    bool flag = false, help;
    const char *text = NULL, *operands[OPERANDS];
    uint64_t number = 0;
    int64_t duration_us = 0;
    struct arg_list list = {.count = 0};
    struct arg_option options[] = {
        {"flag", NULL, ARG_FLAG, &flag, "", NULL},
        {"text", "T", ARG_TEXT, &text, "", "a|bc|"},
        {"number", "N", ARG_COUNT, &number, "", NULL},
        {"duration", "D", ARG_DURATION, &duration_us, "", NULL},
        {"list", "L", ARG_LIST, &list, "", NULL},
        {"later", "X", ARG_NOT_YET, NULL, "", NULL},
    };
    struct arg_command command = {"fuzz", "",      "",
                                  NULL,   options, sizeof options / sizeof options[0]};
    size_t operand_count = 0;
    struct failure failure;
    enum status status =
        args_parse(&command, count, words, operands, OPERANDS, &operand_count, &help, &failure);
    if (operand_count > OPERANDS || list.count > 32 || duration_us < 0)
        abort();
    if (status && failure.message[0] == '\0')
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = strndup((const char *)data, size);
    char *words[WORDS] = {"fuzz"};
    int count = 1;
    int64_t duration_us = 0;
    if (!line)
        return 0;
    if (parse_duration(line, &duration_us) == STATUS_OK && duration_us < 0)
        abort();
    for (char *word = strtok(line, " "); word && count < WORDS; word = strtok(NULL, " "))
        words[count++] = word;
    parse_words(words, count);
    free(line);
    return 0;
}
