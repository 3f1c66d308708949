#include "common/base/args.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

#define LIST_CAPACITY (sizeof((struct arg_list *)NULL)->items / sizeof(const char *))

static enum status parse_count(const char *text, uint64_t *ret_count)
{
    uint64_t count = 0;
    if (!*text)
        return STATUS_INVALID;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(count, 10, &count) ||
            __builtin_add_overflow(count, (uint64_t)(*text - '0'), &count))
            return STATUS_INVALID;
    }
    *ret_count = count;
    return STATUS_OK;
}

static int64_t duration_unit_us(const char *name)
{
    static const struct {
        const char *name;
        int64_t us;
    } units[] = {
        {"us", 1}, {"ms", US_PER_MS}, {"s", US_PER_S}, {"m", 60 * US_PER_S}, {"h", 3600 * US_PER_S},
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(name, units[i].name) == 0)
            return units[i].us;
    }
    return 0;
}

enum status parse_duration(const char *text, int64_t *ret_us)
{
    if (strcmp(text, "0") == 0) {
        *ret_us = 0;
        return STATUS_OK;
    }

    int64_t whole = 0, fraction = 0, scale = 1;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 15)
        return STATUS_INVALID;
    for (; digits > 0; digits--)
        whole = whole * 10 + (*text++ - '0');
    if (*text == '.') {
        digits = strspn(++text, "0123456789");
        if (digits == 0 || digits > 9)
            return STATUS_INVALID;
        for (; digits > 0; digits--, scale *= 10)
            fraction = fraction * 10 + (*text++ - '0');
    }

    int64_t unit_us = duration_unit_us(text);
    int64_t us;
    if (unit_us == 0 || fraction * unit_us % scale != 0 ||
        __builtin_mul_overflow(whole, unit_us, &us) ||
        __builtin_add_overflow(us, fraction * unit_us / scale, &us))
        return STATUS_INVALID;
    *ret_us = us;
    return STATUS_OK;
}

/* Whether `value` is one of the words in "full|light". */
static bool is_choice(const char *choices, const char *value)
{
    size_t length = strlen(value);
    for (const char *word = choices; word; word = strchr(word, '|')) {
        word += *word == '|';
        if (strcspn(word, "|") == length && strncmp(word, value, length) == 0)
            return true;
    }
    return false;
}

static const char *takes(const struct arg_option *option)
{
    switch (option->kind) {
    case ARG_COUNT:
        return "a whole number, for example 20";
    case ARG_DURATION:
        return "a time with its unit, for example 250ms, 90s, 5m or 1h";
    case ARG_TEXT:
        return option->choices ? option->choices : "a value";
    default:
        return "a value";
    }
}

static enum status refuse_value(const struct arg_option *option, const char *value,
                                struct failure *failure)
{
    const char *operand = option->operand ? option->operand : "VALUE";
    return failure_set(failure, STATUS_INVALID, "--%s %s takes %s, not '%s'", option->name, operand,
                       takes(option), value);
}

static enum status add_to_list(const struct arg_option *option, const char *value,
                               struct failure *failure)
{
    struct arg_list *list = option->value;
    if (list->count == LIST_CAPACITY)
        return failure_set(failure, STATUS_TOO_LARGE, "--%s may be given at most %zu times",
                           option->name, LIST_CAPACITY);
    list->items[list->count++] = value;
    return STATUS_OK;
}

static enum status store_value(const struct arg_option *option, const char *value,
                               struct failure *failure)
{
    enum status status = STATUS_OK;
    switch (option->kind) {
    case ARG_TEXT:
        if (option->choices && !is_choice(option->choices, value))
            status = STATUS_INVALID;
        else
            *(const char **)option->value = value;
        break;
    case ARG_COUNT:
        status = parse_count(value, option->value);
        break;
    case ARG_DURATION:
        status = parse_duration(value, option->value);
        break;
    case ARG_LIST:
        return add_to_list(option, value, failure);
    case ARG_FLAG:
    case ARG_NOT_YET:
        assert(!"handled by parse_option");
    }
    return status ? refuse_value(option, value, failure) : STATUS_OK;
}

static const struct arg_option *find_option(const struct arg_command *command, const char *name,
                                            size_t length)
{
    for (size_t i = 0; i < command->option_count; i++) {
        const struct arg_option *option = &command->options[i];
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
            return option;
    }
    return NULL;
}

/* `argument` is "--name" or "--name=value"; `next` is what stands behind it or NULL. */
static enum status parse_option(const struct arg_command *command, const char *argument,
                                const char *next, bool *ret_took_next, struct failure *failure)
{
    const char *name = argument + 2;
    size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    const struct arg_option *option =
        strncmp(argument, "--", 2) == 0 ? find_option(command, name, length) : NULL;

    if (!option)
        return failure_set(failure, STATUS_INVALID, "%s has no option '%s'; see %s --help",
                           command->name, argument, command->name);
    if (option->kind == ARG_NOT_YET)
        return failure_set(failure, STATUS_UNSUPPORTED, "--%s is not yet available: %s",
                           option->name, option->help);
    if (option->kind == ARG_FLAG) {
        if (value)
            return failure_set(failure, STATUS_INVALID, "--%s takes no value, not '%s'",
                               option->name, value);
        *(bool *)option->value = true;
        *ret_took_next = false;
        return STATUS_OK;
    }
    *ret_took_next = !value;
    if (!value) {
        if (!next || strncmp(next, "--", 2) == 0)
            return failure_set(failure, STATUS_INVALID, "--%s %s lacks its value: it takes %s",
                               option->name, option->operand ? option->operand : "VALUE",
                               takes(option));
        value = next;
    }
    return store_value(option, value, failure);
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return true;
    }
    return false;
}

enum status args_parse(const struct arg_command *command, int argc, char **argv,
                       const char **operands, size_t operand_max, size_t *ret_operand_count,
                       bool *ret_help, struct failure *failure)
{
    size_t operand_count = 0;
    bool only_operands = false;
    bool help = asks_for_help(argc, argv);

    for (int i = 1; i < argc && !help; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (!only_operands && argv[i][0] == '-' && argv[i][1]) {
            bool took_next = false;
            const char *next = i + 1 < argc ? argv[i + 1] : NULL;
            enum status status = parse_option(command, argv[i], next, &took_next, failure);
            if (status)
                return status;
            i += took_next;
        } else if (operand_count == operand_max) {
            return failure_set(failure, STATUS_INVALID, "%s takes %s, so '%s' is too much",
                               command->name, *command->operands ? command->operands : "no operand",
                               argv[i]);
        } else {
            operands[operand_count++] = argv[i];
        }
    }
    *ret_operand_count = operand_count;
    *ret_help = help;
    return STATUS_OK;
}

/* The left column of an option: "--client full|light". */
static int option_column(const struct arg_option *option, char *text, size_t size)
{
    const char *operand = option->operand ? option->operand : "";
    return snprintf(text, size, "--%s%s%s", option->name, *operand ? " " : "", operand);
}

void args_print_help(const struct arg_command *command, const char *program, FILE *out)
{
    enum { WIDEST = 28 };
    fprintf(out, "Usage: %s%s%s%s%s [OPTION]…\n%s\n\nOptions:\n", program,
            *command->name ? " " : "", command->name, *command->operands ? " " : "",
            command->operands, command->summary);
    for (size_t i = 0; i < command->option_count; i++) {
        const struct arg_option *option = &command->options[i];
        char column[128];
        int width = option_column(option, column, sizeof column);
        fprintf(out, "  %-*s", WIDEST, column);
        if (width >= WIDEST)
            fprintf(out, "\n  %-*s", WIDEST, "");
        fprintf(out, "%s%s\n", option->help, option->kind == ARG_NOT_YET ? " (not yet)" : "");
    }
    fprintf(out, "  %-*s%s\n", WIDEST, "--help", "Print this and exit");
    if (command->more)
        fprintf(out, "\n%s\n", command->more);
}
