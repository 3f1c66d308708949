#include "reference-server/domain/role_permission.h"

#include <assert.h>
#include <string.h>

#include "reference-server/fault.h"

static const struct {
    const char *name;
    bool of_organisation;
} roles_known[ROLE_COUNT] = {
#define X(id, name, of_organisation) [ROLE_##id] = {name, of_organisation},
    ROLE_LIST(X)
#undef X
};

static const struct {
    const char *name;
    int row;
    char cells[ROLE_COUNT + 1]; /* one letter a role, as in the header */
} acts_known[ACT_COUNT] = {
#define X(id, name, row, oa, oc, or_, ca, cc, tm, sr)                                              \
    [ACT_##id] = {name, row, #oa #oc #or_ #ca #cc #tm #sr},
    ACT_LIST(X)
#undef X
};

enum role role_by_name(const char *name)
{
    unsigned role = 0;
    while (role < ROLE_COUNT && strcmp(roles_known[role].name, name) != 0)
        role++;
    return (enum role)role;
}

const char *role_name(enum role role)
{
    assert(role < ROLE_COUNT);
    return roles_known[role].name;
}

bool role_is_of_organisation(enum role role)
{
    assert(role < ROLE_COUNT);
    return roles_known[role].of_organisation;
}

static bool cell_is_granted(enum act act, enum role role)
{
    char cell = acts_known[act].cells[role];
    return fault_turns_cell(acts_known[act].row, role, cell == 'x' || cell == 'o');
}

bool permission_granted(enum act act, unsigned roles)
{
    assert(act < ACT_COUNT);
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        if ((roles & ROLE_BIT(role)) && cell_is_granted(act, (enum role)role))
            return true;
    }
    return false;
}

int permission_row(enum act act)
{
    assert(act < ACT_COUNT);
    return acts_known[act].row;
}

uint32_t permission_bit(enum act act)
{
    int row = permission_row(act);
    return row > 0 ? UINT32_C(1) << (row - 1) : 0;
}

bool permission_has_row(int row)
{
    for (unsigned act = 0; act < ACT_COUNT; act++) {
        if (row > 0 && acts_known[act].row == row)
            return true;
    }
    return false;
}

const char *permission_name(enum act act)
{
    assert(act < ACT_COUNT);
    return acts_known[act].name;
}

enum act permission_by_name(const char *name)
{
    unsigned act = 0;
    while (act < ACT_COUNT && strcmp(acts_known[act].name, name) != 0)
        act++;
    return (enum act)act;
}
