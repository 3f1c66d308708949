/* A hashed timing wheel with 1 ms slots and one overflow list: start, stop and fire in O(1) for
 * thousands of timers. Pure: the caller says what time it is. */
#ifndef CASELOAD_BASE_TIMER_WHEEL_H
#define CASELOAD_BASE_TIMER_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"

struct timer_wheel;

/* Embedded in its owner; zeroed memory is a stopped timer. */
struct wheel_timer {
    struct wheel_timer *next, *previous; /* NULL while stopped */
    int64_t due_us;
    void (*fire)(void *arg, int64_t now_us); /* set before wheel_start */
    void *arg;                               /* borrowed */
};

/* NULL: no memory. */
struct timer_wheel *timer_wheel_create(int64_t now_us);
/* Timers still running are forgotten, not fired. */
void timer_wheel_destroy(struct timer_wheel *wheel);
/* (Re)start: fires in the first advance whose time is >= due_us (past dues: the next advance). */
void wheel_start(struct timer_wheel *wheel, struct wheel_timer *timer, int64_t due_us);
/* A stopped timer may be stopped again; safe from inside `fire`, for any timer. */
void wheel_stop(struct timer_wheel *wheel, struct wheel_timer *timer);
bool wheel_running(const struct wheel_timer *timer);
/* Fire everything due, in slot order. */
void timer_wheel_advance(struct timer_wheel *wheel, int64_t now_us);

#endif
