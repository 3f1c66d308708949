#include "tests/support/loop_double.h"

#include <stdlib.h>

#define BEGIN_US 1000000000LL

struct loop_timer {
    struct loop *loop;
    struct loop_timer *next;
    loop_timer_fn *on_due;
    void *arg;
    bool running;
    int64_t due_us, repeat_us;
    uint64_t order; /* of starting: timers of one instant fire in that order */
};

struct loop {
    int64_t now_us;
    uint64_t started;
    struct loop_timer *timers;
};

struct loop *loop_create(void)
{
    struct loop *loop = calloc(1, sizeof *loop);

    if (loop)
        loop->now_us = BEGIN_US;
    return loop;
}

void loop_destroy(struct loop *loop)
{
    free(loop);
}

int64_t loop_now_us(const struct loop *loop)
{
    return loop->now_us;
}

struct loop_timer *loop_timer_create(struct loop *loop, loop_timer_fn *on_due, void *arg)
{
    struct loop_timer *timer = calloc(1, sizeof *timer);

    if (!timer)
        return NULL;
    *timer = (struct loop_timer){.loop = loop, .next = loop->timers, .on_due = on_due, .arg = arg};
    loop->timers = timer;
    return timer;
}

void loop_timer_start(struct loop_timer *timer, int64_t after_us, int64_t repeat_us)
{
    timer->running = true;
    timer->due_us = timer->loop->now_us + after_us;
    timer->repeat_us = repeat_us;
    timer->order = timer->loop->started++;
}

void loop_timer_stop(struct loop_timer *timer)
{
    timer->running = false;
}

void loop_timer_destroy(struct loop_timer *timer)
{
    if (!timer)
        return;
    for (struct loop_timer **link = &timer->loop->timers; *link; link = &(*link)->next)
        if (*link == timer) {
            *link = timer->next;
            break;
        }
    free(timer);
}

static struct loop_timer *next_due(struct loop *loop, int64_t until_us)
{
    struct loop_timer *first = NULL;

    for (struct loop_timer *timer = loop->timers; timer; timer = timer->next) {
        if (!timer->running || timer->due_us > until_us)
            continue;
        if (!first || timer->due_us < first->due_us ||
            (timer->due_us == first->due_us && timer->order < first->order))
            first = timer;
    }
    return first;
}

void loop_double_advance(struct loop *loop, int64_t us)
{
    int64_t until_us = loop->now_us + us;
    struct loop_timer *timer;

    while ((timer = next_due(loop, until_us))) {
        if (timer->due_us > loop->now_us)
            loop->now_us = timer->due_us;
        timer->running = false;
        if (timer->repeat_us > 0)
            loop_timer_start(timer, timer->repeat_us, timer->repeat_us);
        timer->on_due(timer->arg, loop->now_us);
    }
    loop->now_us = until_us;
}

size_t loop_double_timers(const struct loop *loop)
{
    size_t count = 0;

    for (struct loop_timer *timer = loop->timers; timer; timer = timer->next)
        count++;
    return count;
}
