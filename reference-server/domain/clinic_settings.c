#include "reference-server/domain/clinic_settings.h"

#include <assert.h>

const char *call_option_name(unsigned option)
{
    static const char *const names[] = {
#define X(id, name) name,
        CALL_OPTION_LIST(X)
#undef X
    };
    assert(option < CALL_OPTION_COUNT);
    return names[option];
}

const char *add_on_name(unsigned add_on)
{
    static const char *const names[] = {
#define X(id, name) name,
        ADD_ON_LIST(X)
#undef X
    };
    assert(add_on < ADD_ON_COUNT);
    return names[add_on];
}
