/* A loop whose time stands still until a test moves it (common/net/loop.h without libev): no
 * sleeps, and the same order every time. Link it before caseload_net. */
#ifndef CASELOAD_LOOP_DOUBLE_H
#define CASELOAD_LOOP_DOUBLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/net/loop.h"

/* Fire every timer due within the next `us`, in order, each at its own time. */
void loop_double_advance(struct loop *loop, int64_t us);
/* Timers created and not destroyed. */
size_t loop_double_timers(const struct loop *loop);

#endif
