#include "common/base/allocator.h"

#ifdef CASELOAD_MIMALLOC

#include <mimalloc.h>
#include <stdio.h>

const char *allocator_name(void)
{
    static char name[32];
    int version = mi_version(); /* 209: 2.0.9 */

    snprintf(name, sizeof name, "mimalloc %d.%d.%d", version / 100, version / 10 % 10,
             version % 10);
    return name;
}

#else

const char *allocator_name(void)
{
    return "libc";
}

#endif
