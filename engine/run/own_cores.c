#include "engine/run/own_cores.h"

int own_cores_pick(const cpu_set_t *allowed, unsigned n)
{
    for (int core = CPU_SETSIZE - 1; core >= 0; core--)
        if (CPU_ISSET(core, allowed) && n-- == 0)
            return core;
    return -1;
}

void own_cores_rest(const cpu_set_t *allowed, unsigned workers, cpu_set_t *ret_rest)
{
    *ret_rest = *allowed;
    for (unsigned i = 0; i < workers; i++) {
        int core = own_cores_pick(allowed, i);
        if (core >= 0)
            CPU_CLR(core, ret_rest);
    }
}

enum status own_cores_check(unsigned workers, struct failure *failure)
{
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return failure_set(failure, STATUS_UNSUPPORTED, "--pin: this host tells no affinity");
    if ((unsigned)CPU_COUNT(&allowed) > workers)
        return STATUS_OK;
    return failure_set(failure, STATUS_INVALID,
                       "--pin needs a core for each worker and one for the server: %u, this "
                       "process may use %d",
                       workers + 1, CPU_COUNT(&allowed));
}

void own_cores_claim(unsigned n)
{
    cpu_set_t allowed, own;
    int core;

    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 ||
        (core = own_cores_pick(&allowed, n)) < 0)
        return;
    CPU_ZERO(&own);
    CPU_SET(core, &own);
    sched_setaffinity(0, sizeof own, &own);
}

void own_cores_leave(unsigned workers)
{
    cpu_set_t allowed, rest;

    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    own_cores_rest(&allowed, workers, &rest);
    if (CPU_COUNT(&rest) > 0)
        sched_setaffinity(0, sizeof rest, &rest);
}
