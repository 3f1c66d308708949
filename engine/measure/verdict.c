#include "engine/measure/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* In order of strength, the strongest first. */
static const struct {
    enum exit_code code;
    const char *verdict, *meaning;
} codes[] = {
#define X(name, code, verdict, meaning) {EXIT_CODE_##name, verdict, meaning},
    EXIT_CODE_LIST(X)
#undef X
};

static size_t find_rank(enum exit_code code)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].code == code) {
            return i;
        }
    }
    return 0; /* a code that does not exist is an internal error */
}

const char *exit_code_verdict(enum exit_code code)
{
    return codes[find_rank(code)].verdict;
}

const char *exit_code_meaning(enum exit_code code)
{
    return codes[find_rank(code)].meaning;
}

enum exit_code exit_code_stronger(enum exit_code a, enum exit_code b)
{
    return find_rank(a) <= find_rank(b) ? a : b;
}

static bool is_listed(const struct verdict *verdict, const struct verdict_reason *reason)
{
    for (size_t i = 0; i < verdict->count; i++) {
        if (verdict->reasons[i].code == reason->code &&
            strcmp(verdict->reasons[i].text, reason->text) == 0) {
            return true;
        }
    }
    return false;
}

void verdict_add(struct verdict *verdict, enum exit_code code, const char *format, ...)
{
    struct verdict_reason reason = {.code = code};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason.text, sizeof reason.text, format, arguments);
    va_end(arguments);

    verdict->code = exit_code_stronger(verdict->code, code);
    if (is_listed(verdict, &reason)) {
        return;
    }
    if (verdict->count == VERDICT_REASONS_MAX) {
        verdict->unlisted++;
        /* The deciding reason must be readable whatever came before it. */
        if (verdict->code != code || verdict_main_reason(verdict)[0] != '\0') {
            return;
        }
        verdict->count--;
    }
    verdict->reasons[verdict->count++] = reason;
}

const char *verdict_main_reason(const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->count && verdict->code != EXIT_CODE_PASSED; i++) {
        if (verdict->reasons[i].code == verdict->code) {
            return verdict->reasons[i].text;
        }
    }
    return "";
}
