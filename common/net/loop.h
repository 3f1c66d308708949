/* The event loop of one thread: descriptors, timers, signals, posts from other threads. Only this
 * folder knows libev (epoll); a thread owns its loop and everything attached to it. */
#ifndef CASELOAD_NET_LOOP_H
#define CASELOAD_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"

struct loop;
struct loop_watch;
struct loop_timer;

enum loop_events { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void loop_watch_fn(void *arg, int fd, int events);
typedef void loop_timer_fn(void *arg, int64_t now_us);
typedef void loop_post_fn(void *arg);
typedef void loop_signal_fn(void *arg, int signal_number);

/* NULL: no memory or no epoll. */
struct loop *loop_create(void);
void loop_destroy(struct loop *loop);
/* Runs until loop_stop; one that was called before counts, too. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* CLOCK_MONOTONIC now (read fresh, not cached). */
int64_t loop_now_us(const struct loop *loop);
/* Stalls of the loop itself: the longest turn (from one poll to the next) since last asked. */
int64_t loop_take_max_lag_us(struct loop *loop);

/* Work that must not wait for the end of a long turn (media that is due): `keep` runs between two
 * callbacks of a turn whenever `every_us` have passed since the turn began or it last ran. It adds
 * to timers, it does not replace them: an idle loop never calls it. One per loop; NULL: none. */
void loop_keep_pace(struct loop *loop, int64_t every_us, loop_timer_fn *keep, void *arg);
/* For who brings events by watchers that the loop does not know (libwebsockets has its own): after
 * each of them, a long turn is looked at as after a callback of the loop's. */
void loop_pace(struct loop *loop);

/* Watch `fd` (borrowed) for `events`; NULL: no memory. Destroy before closing the fd. */
struct loop_watch *loop_watch_create(struct loop *loop, int fd, int events, loop_watch_fn *on_ready,
                                     void *arg);
void loop_watch_change(struct loop_watch *watch, int events);
void loop_watch_destroy(struct loop_watch *watch); /* NULL is allowed */

/* A stopped timer; start it any number of times. */
struct loop_timer *loop_timer_create(struct loop *loop, loop_timer_fn *on_due, void *arg);
/* Fire after `after_us`, then every `repeat_us` (0: once). */
void loop_timer_start(struct loop_timer *timer, int64_t after_us, int64_t repeat_us);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_destroy(struct loop_timer *timer); /* NULL is allowed */

/* Any thread: run `post(arg)` on the loop's thread soon. FULL when 4096 posts are waiting. */
MUST_CHECK enum status loop_post(struct loop *loop, loop_post_fn *post, void *arg);

/* One handler per signal, and one loop per process for signals. EXISTS, INVALID or FULL (8). */
MUST_CHECK enum status loop_on_signal(struct loop *loop, int signal_number,
                                      loop_signal_fn *on_signal, void *arg);

#endif
