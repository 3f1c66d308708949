/* Which core is whose, with --pin: each worker of the generator has one for itself, from the last
 * one down, and the embedded server has the others. Without it the kernel lets a worker that wakes
 * wait for milliseconds behind the server's media thread, and its media leaves late
 * (docs/decisions/0008). Linux: sched_setaffinity(2). */
#ifndef CASELOAD_OWN_CORES_H
#define CASELOAD_OWN_CORES_H

#include <sched.h>

#include "common/base/status.h"

/* Of the cores that may be used, the n-th from the end. -1: there are not so many. */
int own_cores_pick(const cpu_set_t *allowed, unsigned n);
/* Those that are left for the server. */
void own_cores_rest(const cpu_set_t *allowed, unsigned workers, cpu_set_t *ret_rest);

/* INVALID with what is missing: this process may not use one core more than there are workers. */
MUST_CHECK enum status own_cores_check(unsigned workers, struct failure *failure);
/* The calling thread keeps to the core of worker `n`; best effort after the check. */
void own_cores_claim(unsigned n);
/* The calling process keeps off the workers' cores. Async-signal-safe. */
void own_cores_leave(unsigned workers);

#endif
