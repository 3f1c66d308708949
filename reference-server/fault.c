#include "reference-server/fault.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reference-server/domain/role_permission.h"

static const struct {
    const char *name, *meaning, *requirement;
} faults[FAULT_COUNT] = {
#define X(id, name, meaning, requirement) [FAULT_##id] = {name, meaning, requirement},
    FAULT_LIST(X)
#undef X
};

static bool switched_on[FAULT_COUNT];
static uint32_t leaks_one_in = FAULT_LEAKS_ONE_IN;

static struct cell {
    int row;
    enum role role;
    bool granted;
} cells[FAULT_CELLS_MAX];
static size_t cell_count;

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

/* "ROW:ROLE" */
static bool take_cell(const char *text, bool granted)
{
    char row[8];
    const char *colon = strchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof row || cell_count == FAULT_CELLS_MAX)
        return false;
    memcpy(row, text, (size_t)(colon - text));
    row[colon - text] = '\0';

    uint32_t number = parse_number(row);
    struct cell cell = {.row = (int)number, .role = role_by_name(colon + 1), .granted = granted};
    if (number > INT32_MAX || !permission_has_row(cell.row) || cell.role == ROLE_COUNT)
        return false;
    cells[cell_count++] = cell;
    return true;
}

/* What stands behind the "="; NULL: nothing. */
static bool take_value(enum fault fault, const char *value)
{
    uint32_t number;
    switch (fault) {
    case FAULT_GRANT:
    case FAULT_DENY:
        return value && take_cell(value, fault == FAULT_GRANT);
    case FAULT_LEAK_SHARE:
        number = value ? parse_number(value) : leaks_one_in;
        if (number > 0)
            leaks_one_in = number;
        return number > 0;
    default:
        return value == NULL;
    }
}

enum fault fault_switch_on_text(const char *text)
{
    char name[64];
    size_t length = strcspn(text, "=");
    if (length >= sizeof name)
        return FAULT_COUNT;
    memcpy(name, text, length);
    name[length] = '\0';

    enum fault fault = fault_by_name(name);
    if (fault == FAULT_COUNT || !take_value(fault, text[length] ? text + length + 1 : NULL))
        return FAULT_COUNT;
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

bool fault_turns_cell(int row, unsigned role, bool granted)
{
    for (size_t i = 0; i < cell_count; i++) {
        if (cells[i].row == row && cells[i].role == role)
            return cells[i].granted;
    }
    return granted;
}

void fault_reset(void)
{
    cell_count = 0;
    leaks_one_in = FAULT_LEAKS_ONE_IN;
    memset(switched_on, 0, sizeof switched_on);
}
