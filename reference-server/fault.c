#include "reference-server/fault.h"

#include <assert.h>
#include <string.h>

static const struct {
    const char *name, *meaning, *requirement;
} faults[FAULT_COUNT] = {
#define X(id, name, meaning, requirement) [FAULT_##id] = {name, meaning, requirement},
    FAULT_LIST(X)
#undef X
};

static bool switched_on[FAULT_COUNT];

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

bool fault_is_on(enum fault fault)
{
    assert(fault < FAULT_COUNT);
    return switched_on[fault];
}

bool fault_loses(uint16_t sequence)
{
    return switched_on[FAULT_LOSE_MEDIA] && sequence % FAULT_LOSES_EVERY == 0;
}

void fault_reset(void)
{
    memset(switched_on, 0, sizeof switched_on);
}
