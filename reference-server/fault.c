#include "reference-server/fault.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *meaning, *requirement;
} faults[FAULT_COUNT] = {
#define X(id, name, meaning, requirement) [FAULT_##id] = {name, meaning, requirement},
    FAULT_LIST(X)
#undef X
};

static bool switched_on[FAULT_COUNT];
static uint32_t leaks_one_in = FAULT_LEAKS_ONE_IN;

enum fault fault_by_name(const char *name)
{
    size_t fault = 0;
    while (fault < FAULT_COUNT && strcmp(faults[fault].name, name) != 0)
        fault++;
    return (enum fault)fault;
}

const char *fault_name(enum fault fault)
{
    assert(fault < FAULT_COUNT);
    return faults[fault].name;
}

const char *fault_meaning(enum fault fault)
{
    assert(fault < FAULT_COUNT);
    return faults[fault].meaning;
}

const char *fault_requirement(enum fault fault)
{
    assert(fault < FAULT_COUNT);
    return faults[fault].requirement;
}

void fault_switch_on(enum fault fault)
{
    assert(fault < FAULT_COUNT);
    switched_on[fault] = true;
}

/* 0: not a number from 1 to 2^32 - 1, in digits alone. */
static uint32_t parse_number(const char *text)
{
    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0')
        return 0;
    errno = 0;
    unsigned long long number = strtoull(text, NULL, 10);
    return errno == 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
}

enum fault fault_switch_on_text(const char *text)
{
    const char *name = faults[FAULT_LEAK_SHARE].name;
    size_t length = strlen(name);
    enum fault fault = fault_by_name(text);

    if (strncmp(text, name, length) == 0 && text[length] == '=') {
        uint32_t number = parse_number(text + length + 1);
        if (number == 0)
            return FAULT_COUNT;
        leaks_one_in = number;
        fault = FAULT_LEAK_SHARE;
    }
    if (fault != FAULT_COUNT)
        fault_switch_on(fault);
    return fault;
}

bool fault_is_on(enum fault fault)
{
    assert(fault < FAULT_COUNT);
    return switched_on[fault];
}

bool fault_loses(uint16_t sequence)
{
    return switched_on[FAULT_LOSE_MEDIA] && sequence % FAULT_LOSES_EVERY == 0;
}

uint32_t fault_leaks_one_in(void)
{
    return leaks_one_in;
}

void fault_reset(void)
{
    leaks_one_in = FAULT_LEAKS_ONE_IN;
    memset(switched_on, 0, sizeof switched_on);
}
