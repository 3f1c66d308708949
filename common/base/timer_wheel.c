#include "common/base/timer_wheel.h"

#include <assert.h>
#include <stdlib.h>

#include "common/base/clock.h"

/* About four seconds of slots: most timers of a call (pacing, retransmission, RTCP) are shorter. */
enum { SLOTS = 4096 };

struct timer_wheel {
    int64_t tick; /* millisecond of the last advance; slots before it are empty */
    int64_t
        window; /* millisecond of slot 0, a multiple of SLOTS; window <= tick < window + SLOTS */
    struct wheel_timer slots[SLOTS]; /* circular lists; these are their heads */
    struct wheel_timer later;        /* due behind the window, unsorted */
    struct wheel_timer firing;       /* collected by an advance, waiting for their call */
};

static void list_reset(struct wheel_timer *head)
{
    head->next = head->previous = head;
}

static bool list_is_empty(const struct wheel_timer *head)
{
    return head->next == head;
}

static void list_append(struct wheel_timer *head, struct wheel_timer *timer)
{
    timer->previous = head->previous;
    timer->next = head;
    head->previous->next = timer;
    head->previous = timer;
}

static void list_unlink(struct wheel_timer *timer)
{
    timer->previous->next = timer->next;
    timer->next->previous = timer->previous;
    timer->next = timer->previous = NULL;
}

static int64_t tick_of(int64_t time_us)
{
    return time_us / US_PER_MS - (time_us % US_PER_MS < 0);
}

static int64_t window_of(int64_t tick)
{
    return tick - (tick % SLOTS + SLOTS) % SLOTS;
}

struct timer_wheel *timer_wheel_create(int64_t now_us)
{
    struct timer_wheel *wheel = malloc(sizeof *wheel);
    if (!wheel)
        return NULL;
    wheel->tick = tick_of(now_us);
    wheel->window = window_of(wheel->tick);
    for (size_t i = 0; i < SLOTS; i++)
        list_reset(&wheel->slots[i]);
    list_reset(&wheel->later);
    list_reset(&wheel->firing);
    return wheel;
}

void timer_wheel_destroy(struct timer_wheel *wheel)
{
    free(wheel);
}

/* Put a timer that is in no list where its due time belongs. */
static void place(struct timer_wheel *wheel, struct wheel_timer *timer)
{
    int64_t tick = tick_of(timer->due_us);
    if (tick < wheel->tick)
        tick = wheel->tick;
    if (tick < wheel->window + SLOTS)
        list_append(&wheel->slots[tick - wheel->window], timer);
    else
        list_append(&wheel->later, timer);
}

void wheel_start(struct timer_wheel *wheel, struct wheel_timer *timer, int64_t due_us)
{
    assert(timer->fire);
    wheel_stop(wheel, timer);
    timer->due_us = due_us;
    place(wheel, timer);
}

void wheel_stop(struct timer_wheel *wheel, struct wheel_timer *timer)
{
    (void)wheel;
    if (wheel_running(timer))
        list_unlink(timer);
}

bool wheel_running(const struct wheel_timer *timer)
{
    return timer->next != NULL;
}

/* Move what is due by `now_us` from a slot to the firing list. */
static void collect_slot(struct timer_wheel *wheel, int64_t tick, int64_t now_us)
{
    struct wheel_timer *head = &wheel->slots[tick - wheel->window];
    struct wheel_timer *next;
    for (struct wheel_timer *timer = head->next; timer != head; timer = next) {
        next = timer->next;
        if (timer->due_us <= now_us) {
            list_unlink(timer);
            list_append(&wheel->firing, timer);
        }
    }
}

static int64_t earliest_later_tick(const struct timer_wheel *wheel)
{
    int64_t earliest = INT64_MAX;
    for (const struct wheel_timer *timer = wheel->later.next; timer != &wheel->later;
         timer = timer->next) {
        if (tick_of(timer->due_us) < earliest)
            earliest = tick_of(timer->due_us);
    }
    return earliest;
}

/* Turn an emptied wheel to the next window that holds a timer, but not beyond `tick`'s. */
static void turn(struct timer_wheel *wheel, int64_t tick)
{
    int64_t earliest = earliest_later_tick(wheel);
    wheel->window = window_of(earliest < tick ? earliest : tick);
    wheel->tick = wheel->window;
    struct wheel_timer *next;
    for (struct wheel_timer *timer = wheel->later.next; timer != &wheel->later; timer = next) {
        next = timer->next;
        if (tick_of(timer->due_us) < wheel->window + SLOTS) {
            list_unlink(timer);
            place(wheel, timer);
        }
    }
}

static void collect_due(struct timer_wheel *wheel, int64_t now_us)
{
    int64_t now_tick = tick_of(now_us);
    for (;;) {
        int64_t end = wheel->window + SLOTS;
        for (; wheel->tick < now_tick && wheel->tick < end; wheel->tick++)
            collect_slot(wheel, wheel->tick, now_us);
        if (wheel->tick < end)
            break;
        turn(wheel, now_tick);
    }
    collect_slot(wheel, wheel->tick, now_us);
}

void timer_wheel_advance(struct timer_wheel *wheel, int64_t now_us)
{
    /* First collect, then call: a timer that `fire` starts again for the past waits for the next
     * advance instead of keeping this one busy for ever. */
    collect_due(wheel, now_us);
    while (!list_is_empty(&wheel->firing)) {
        struct wheel_timer *timer = wheel->firing.next;
        list_unlink(timer);
        timer->fire(timer->arg, now_us);
    }
}
