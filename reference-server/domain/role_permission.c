#include "reference-server/domain/role_permission.h"

#include <assert.h>
#include <string.h>

static const struct {
    const char *name;
    bool of_organisation;
} roles_known[ROLE_COUNT] = {
#define X(id, name, of_organisation) [ROLE_##id] = {name, of_organisation},
    ROLE_LIST(X)
#undef X
};

static const struct {
    int row;
    char cells[ROLE_COUNT + 1]; /* one letter a role, as in the header */
} acts_known[ACT_COUNT] = {
#define X(id, row, oa, oc, or_, ca, cc, tm, sr) [ACT_##id] = {row, #oa #oc #or_ #ca #cc #tm #sr},
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

bool permission_granted(enum act act, unsigned roles)
{
    assert(act < ACT_COUNT);
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        char cell = acts_known[act].cells[role];
        if ((roles & ROLE_BIT(role)) && (cell == 'x' || cell == 'o'))
            return true;
    }
    return false;
}

int permission_row(enum act act)
{
    assert(act < ACT_COUNT);
    return acts_known[act].row;
}
