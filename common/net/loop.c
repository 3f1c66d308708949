#include "common/net/loop.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/net/loop_internal.h"

enum { POST_LIMIT = 4096, SIGNAL_LIMIT = 8 };

struct post {
    loop_post_fn *run;
    void *arg;
};

struct signal_handler {
    ev_signal watcher;
    loop_signal_fn *on_signal;
    void *arg;
};

struct loop {
    struct ev_loop *ev;
    bool stopped; /* loop_stop was called and loop_run has not yet returned for it */

    /* A turn is what happens between two polls: from the check watcher to the prepare watcher. */
    ev_prepare before_poll;
    ev_check after_poll;
    int64_t turn_began_us; /* 0: polling */
    int64_t max_lag_us;

    loop_timer_fn *keep; /* loop_keep_pace; NULL: none */
    void *keep_arg;
    int64_t pace_us, kept_us;

    ev_async wake;
    pthread_mutex_t lock; /* guards the posts */
    struct post posts[POST_LIMIT];
    size_t post_first, post_count;

    struct signal_handler signals[SIGNAL_LIMIT];
    size_t signal_count;
};

struct loop_watch {
    ev_io watcher;
    struct loop *loop;
    loop_watch_fn *on_ready;
    void *arg;
};

struct loop_timer {
    ev_timer watcher;
    struct loop *loop;
    loop_timer_fn *on_due;
    void *arg;
};

static void end_turn(struct loop *loop)
{
    if (loop->turn_began_us == 0)
        return;
    int64_t lag_us = clock_monotonic_us() - loop->turn_began_us;
    if (lag_us > loop->max_lag_us)
        loop->max_lag_us = lag_us;
    loop->turn_began_us = 0;
}

static void on_before_poll(struct ev_loop *ev, ev_prepare *watcher, int events)
{
    (void)ev;
    (void)events;
    end_turn(watcher->data);
}

static void on_after_poll(struct ev_loop *ev, ev_check *watcher, int events)
{
    (void)ev;
    (void)events;
    struct loop *loop = watcher->data;
    loop->turn_began_us = loop->kept_us = clock_monotonic_us();
}

void loop_keep_pace(struct loop *loop, int64_t every_us, loop_timer_fn *keep, void *arg)
{
    loop->pace_us = every_us;
    loop->keep = keep;
    loop->keep_arg = arg;
}

void loop_pace(struct loop *loop)
{
    int64_t now_us;

    if (!loop->keep || (now_us = clock_monotonic_us()) - loop->kept_us < loop->pace_us)
        return;
    loop->kept_us = now_us;
    loop->keep(loop->keep_arg, now_us);
}

static bool take_post(struct loop *loop, struct post *ret_post)
{
    pthread_mutex_lock(&loop->lock);
    bool taken = loop->post_count > 0;
    if (taken) {
        *ret_post = loop->posts[loop->post_first];
        loop->post_first = (loop->post_first + 1) % POST_LIMIT;
        loop->post_count--;
    }
    pthread_mutex_unlock(&loop->lock);
    return taken;
}

static size_t waiting_posts(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    size_t count = loop->post_count;
    pthread_mutex_unlock(&loop->lock);
    return count;
}

static void on_wake(struct ev_loop *ev, ev_async *watcher, int events)
{
    (void)ev;
    (void)events;
    struct loop *loop = watcher->data;
    struct post post;
    /* What these posts post in turn waits for the next turn: sockets and timers get theirs. */
    for (size_t left = waiting_posts(loop); left > 0 && take_post(loop, &post); left--) {
        post.run(post.arg);
        loop_pace(loop);
    }
    if (waiting_posts(loop) > 0)
        ev_async_send(loop->ev, &loop->wake);
}

static void start_own_watchers(struct loop *loop)
{
    ev_prepare_init(&loop->before_poll, on_before_poll);
    ev_check_init(&loop->after_poll, on_after_poll);
    ev_async_init(&loop->wake, on_wake);
    /* The turn's clock starts before every other callback of the turn. */
    ev_set_priority(&loop->after_poll, EV_MAXPRI);
    ev_set_priority(&loop->before_poll, EV_MINPRI);
    loop->before_poll.data = loop->after_poll.data = loop->wake.data = loop;
    ev_prepare_start(loop->ev, &loop->before_poll);
    ev_check_start(loop->ev, &loop->after_poll);
    ev_async_start(loop->ev, &loop->wake);
}

struct loop *loop_create(void)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return NULL;
    loop->ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    if (!loop->ev) {
        free(loop);
        return NULL;
    }
    pthread_mutex_init(&loop->lock, NULL);
    start_own_watchers(loop);
    return loop;
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    for (size_t i = 0; i < loop->signal_count; i++)
        ev_signal_stop(loop->ev, &loop->signals[i].watcher);
    ev_loop_destroy(loop->ev);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

void loop_run(struct loop *loop)
{
    while (!loop->stopped)
        ev_run(loop->ev, 0);
    loop->stopped = false;
    end_turn(loop);
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
    ev_break(loop->ev, EVBREAK_ONE);
}

int64_t loop_now_us(const struct loop *loop)
{
    (void)loop;
    return clock_monotonic_us();
}

int64_t loop_take_max_lag_us(struct loop *loop)
{
    int64_t lag_us = loop->max_lag_us;
    loop->max_lag_us = 0;
    return lag_us;
}

struct ev_loop *loop_backend(struct loop *loop)
{
    return loop->ev;
}

static void on_io(struct ev_loop *ev, ev_io *watcher, int events)
{
    (void)ev;
    struct loop_watch *watch = watcher->data;
    struct loop *loop = watch->loop; /* the callback may destroy its watch */
    int ready = (events & EV_READ ? LOOP_READ : 0) | (events & EV_WRITE ? LOOP_WRITE : 0);
    watch->on_ready(watch->arg, watcher->fd, ready);
    loop_pace(loop);
}

struct loop_watch *loop_watch_create(struct loop *loop, int fd, int events, loop_watch_fn *on_ready,
                                     void *arg)
{
    assert(fd >= 0 && on_ready);
    struct loop_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->loop = loop;
    watch->on_ready = on_ready;
    watch->arg = arg;
    ev_io_init(&watch->watcher, on_io, fd, 0);
    watch->watcher.data = watch;
    loop_watch_change(watch, events);
    return watch;
}

void loop_watch_change(struct loop_watch *watch, int events)
{
    ev_io_stop(watch->loop->ev, &watch->watcher);
    int wanted = (events & LOOP_READ ? EV_READ : 0) | (events & LOOP_WRITE ? EV_WRITE : 0);
    ev_io_set(&watch->watcher, watch->watcher.fd, wanted);
    if (wanted)
        ev_io_start(watch->loop->ev, &watch->watcher);
}

void loop_watch_destroy(struct loop_watch *watch)
{
    if (!watch)
        return;
    ev_io_stop(watch->loop->ev, &watch->watcher);
    free(watch);
}

static void on_timer(struct ev_loop *ev, ev_timer *watcher, int events)
{
    (void)ev;
    (void)events;
    struct loop_timer *timer = watcher->data;
    struct loop *loop = timer->loop; /* the callback may destroy its timer */
    timer->on_due(timer->arg, clock_monotonic_us());
    loop_pace(loop);
}

struct loop_timer *loop_timer_create(struct loop *loop, loop_timer_fn *on_due, void *arg)
{
    assert(on_due);
    struct loop_timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        return NULL;
    timer->loop = loop;
    timer->on_due = on_due;
    timer->arg = arg;
    ev_timer_init(&timer->watcher, on_timer, 0, 0);
    timer->watcher.data = timer;
    return timer;
}

void loop_timer_start(struct loop_timer *timer, int64_t after_us, int64_t repeat_us)
{
    struct ev_loop *ev = timer->loop->ev;
    ev_timer_stop(ev, &timer->watcher);
    if (after_us < 0)
        after_us = 0;
    if (after_us > 0)
        ev_now_update(ev); /* libev counts from the start of the turn: that would be too early */
    ev_timer_set(&timer->watcher, (double)after_us / US_PER_S, (double)repeat_us / US_PER_S);
    ev_timer_start(ev, &timer->watcher);
}

void loop_timer_stop(struct loop_timer *timer)
{
    ev_timer_stop(timer->loop->ev, &timer->watcher);
}

void loop_timer_destroy(struct loop_timer *timer)
{
    if (!timer)
        return;
    loop_timer_stop(timer);
    free(timer);
}

enum status loop_post(struct loop *loop, loop_post_fn *post, void *arg)
{
    pthread_mutex_lock(&loop->lock);
    bool full = loop->post_count == POST_LIMIT;
    if (!full) {
        size_t last = (loop->post_first + loop->post_count) % POST_LIMIT;
        loop->posts[last] = (struct post){post, arg};
        loop->post_count++;
    }
    pthread_mutex_unlock(&loop->lock);
    if (full)
        return STATUS_FULL;
    ev_async_send(loop->ev, &loop->wake);
    return STATUS_OK;
}

static void on_signal_event(struct ev_loop *ev, ev_signal *watcher, int events)
{
    (void)ev;
    (void)events;
    struct signal_handler *handler = watcher->data;
    handler->on_signal(handler->arg, watcher->signum);
}

enum status loop_on_signal(struct loop *loop, int signal_number, loop_signal_fn *on_signal,
                           void *arg)
{
    if (signal_number <= 0 || signal_number >= NSIG || signal_number == SIGKILL ||
        signal_number == SIGSTOP)
        return STATUS_INVALID;
    for (size_t i = 0; i < loop->signal_count; i++) {
        if (loop->signals[i].watcher.signum == signal_number)
            return STATUS_EXISTS;
    }
    if (loop->signal_count == SIGNAL_LIMIT)
        return STATUS_FULL;

    struct signal_handler *handler = &loop->signals[loop->signal_count++];
    handler->on_signal = on_signal;
    handler->arg = arg;
    ev_signal_init(&handler->watcher, on_signal_event, signal_number);
    handler->watcher.data = handler;
    ev_signal_start(loop->ev, &handler->watcher);
    return STATUS_OK;
}
