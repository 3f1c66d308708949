#include "common/net/loop.h"

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"

static struct loop *loop;
static int calls;
static int64_t called_us;

static void setup(void)
{
    loop = loop_create();
    ck_assert_ptr_nonnull(loop);
    calls = 0;
}

static void teardown(void)
{
    loop_destroy(loop);
}

static void stop_on_post(void *arg)
{
    (void)arg;
    calls++;
    loop_stop(loop);
}

static void stop_on_timer(void *arg, int64_t now_us)
{
    calls++;
    called_us = now_us;
    if (calls >= *(int *)arg)
        loop_stop(loop);
}

START_TEST(stop_before_run_counts)
{
    loop_stop(loop);
    loop_run(loop); /* would never return */
    ck_assert_int_eq(loop_post(loop, stop_on_post, NULL), STATUS_OK);
    loop_run(loop);
    ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(timer_is_never_early_and_fires_once)
{
    int goal = 1;
    struct loop_timer *timer = loop_timer_create(loop, stop_on_timer, &goal);
    int64_t began_us = loop_now_us(loop);
    loop_timer_start(timer, 3000, 0);
    loop_run(loop);
    ck_assert_int_ge(called_us - began_us, 2900); /* libev rounds to its own clock */
    ck_assert_int_eq(calls, 1);

    /* Once only: a later timer comes without it. */
    goal = 2;
    struct loop_timer *second = loop_timer_create(loop, stop_on_timer, &goal);
    loop_timer_start(second, 3000, 0);
    loop_run(loop);
    ck_assert_int_eq(calls, 2);
    loop_timer_destroy(timer);
    loop_timer_destroy(second);
}
END_TEST

START_TEST(timer_repeats_until_stopped)
{
    int goal = 5, second_goal = 6;
    struct loop_timer *timer = loop_timer_create(loop, stop_on_timer, &goal);
    struct loop_timer *second = loop_timer_create(loop, stop_on_timer, &second_goal);
    loop_timer_start(timer, 0, 1000);
    loop_run(loop);
    ck_assert_int_eq(calls, 5);
    loop_timer_stop(timer);
    loop_timer_start(second, 5000, 0);
    loop_run(loop);
    ck_assert_int_eq(calls, 6);
    loop_timer_destroy(timer);
    loop_timer_destroy(second);
    loop_timer_destroy(NULL);
}
END_TEST

struct pipe_end {
    struct loop_watch *watch;
    int events, last;
};

static void on_ready(void *arg, int fd, int events)
{
    struct pipe_end *end = arg;
    (void)fd;
    end->events++;
    end->last = events;
    loop_stop(loop);
}

START_TEST(watch_sees_readable_and_writable)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    struct pipe_end reading = {0}, writing = {0};
    reading.watch = loop_watch_create(loop, fds[0], LOOP_READ, on_ready, &reading);
    writing.watch = loop_watch_create(loop, fds[1], LOOP_WRITE, on_ready, &writing);
    loop_run(loop);
    ck_assert_int_eq(reading.events, 0);
    ck_assert_int_eq(writing.last, LOOP_WRITE);

    loop_watch_change(writing.watch, 0);
    ck_assert_int_eq(write(fds[1], "x", 1), 1);
    writing.events = 0;
    loop_run(loop);
    ck_assert_int_eq(writing.events, 0);
    ck_assert_int_eq(reading.last, LOOP_READ);

    loop_watch_destroy(reading.watch);
    loop_watch_change(writing.watch, LOOP_WRITE);
    loop_run(loop);
    ck_assert_int_eq(writing.events, 1);
    loop_watch_destroy(writing.watch);
    loop_watch_destroy(NULL);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

static void destroy_on_ready(void *arg, int fd, int events)
{
    (void)fd;
    (void)events;
    struct pipe_end *end = arg;
    loop_watch_destroy(end->watch);
    end->watch = NULL;
    loop_stop(loop);
}

START_TEST(watch_may_be_destroyed_by_its_callback)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    struct pipe_end end = {0};
    end.watch = loop_watch_create(loop, fds[1], LOOP_WRITE, destroy_on_ready, &end);
    loop_run(loop);
    ck_assert_ptr_null(end.watch);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

enum { POSTS = 20000 };

static void count_post(void *arg)
{
    ck_assert_int_eq(*(int *)arg, calls); /* in order */
    if (++calls == POSTS)
        loop_stop(loop);
}

static void *post_many(void *arg)
{
    int *numbers = arg;
    for (int i = 0; i < POSTS; i++) {
        numbers[i] = i;
        while (loop_post(loop, count_post, &numbers[i]) == STATUS_FULL)
            sched_yield();
    }
    return NULL;
}

START_TEST(posts_of_another_thread_arrive_in_order)
{
    int *numbers = calloc(POSTS, sizeof *numbers);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, post_many, numbers), 0);
    loop_run(loop);
    pthread_join(thread, NULL);
    ck_assert_int_eq(calls, POSTS);
    free(numbers);
}
END_TEST

static void count_only(void *arg)
{
    (void)arg;
    calls++;
}

START_TEST(posts_are_bounded)
{
    for (int i = 0; i < 4095; i++)
        ck_assert_int_eq(loop_post(loop, count_only, NULL), STATUS_OK);
    ck_assert_int_eq(loop_post(loop, stop_on_post, NULL), STATUS_OK);
    ck_assert_int_eq(loop_post(loop, count_only, NULL), STATUS_FULL);
    loop_run(loop);
    ck_assert_int_eq(calls, 4096);
    ck_assert_int_eq(loop_post(loop, stop_on_post, NULL), STATUS_OK);
    loop_run(loop);
    ck_assert_int_eq(calls, 4097);
}
END_TEST

static void post_again(void *arg)
{
    calls++;
    ck_assert_int_eq(loop_post(loop, post_again, arg), STATUS_OK);
}

START_TEST(posts_that_post_do_not_starve_timers)
{
    int goal = 1;
    struct loop_timer *timer = loop_timer_create(loop, stop_on_timer, &goal);
    ck_assert_int_eq(loop_post(loop, post_again, NULL), STATUS_OK);
    loop_timer_start(timer, 1000, 0);
    loop_run(loop);
    ck_assert_int_gt(calls, 1);
    loop_timer_destroy(timer);
}
END_TEST

static int kept;

static void count_kept(void *arg, int64_t now_us)
{
    ck_assert_ptr_eq(arg, &kept);
    ck_assert_int_gt(now_us, 0);
    kept++;
}

START_TEST(pace_is_kept_between_the_callbacks_of_a_turn)
{
    kept = 0;
    loop_keep_pace(loop, 0, count_kept, &kept); /* always due */
    for (int i = 0; i < 9; i++)
        ck_assert_int_eq(loop_post(loop, count_only, NULL), STATUS_OK);
    ck_assert_int_eq(loop_post(loop, stop_on_post, NULL), STATUS_OK);
    loop_run(loop);
    ck_assert_int_eq(calls, 10);
    ck_assert_int_eq(kept, 10);

    loop_keep_pace(loop, INT64_MAX, count_kept, &kept); /* never due */
    ck_assert_int_eq(loop_post(loop, stop_on_post, NULL), STATUS_OK);
    loop_run(loop);
    ck_assert_int_eq(kept, 10);
    loop_keep_pace(loop, 0, NULL, NULL);
    ck_assert_int_eq(loop_post(loop, stop_on_post, NULL), STATUS_OK);
    loop_run(loop);
    ck_assert_int_eq(kept, 10);
}
END_TEST

static void burn(void *arg)
{
    int64_t until_us = clock_monotonic_us() + *(int64_t *)arg;
    while (clock_monotonic_us() < until_us)
        ;
    loop_stop(loop);
}

START_TEST(lag_is_the_longest_turn_not_the_waiting)
{
    int goal = 1;
    int64_t burnt_us = 20000;
    struct loop_timer *timer = loop_timer_create(loop, stop_on_timer, &goal);
    loop_take_max_lag_us(loop);
    ck_assert_int_eq(loop_post(loop, burn, &burnt_us), STATUS_OK);
    loop_run(loop);
    ck_assert_int_ge(loop_take_max_lag_us(loop), burnt_us);
    ck_assert_int_eq(loop_take_max_lag_us(loop), 0);
    /* Waiting for a timer is no lag; a loaded machine may add some, but not all of it. */
    loop_timer_start(timer, 200000, 0);
    loop_run(loop);
    ck_assert_int_lt(loop_take_max_lag_us(loop), 150000);
    loop_timer_destroy(timer);
}
END_TEST

static void on_signal(void *arg, int signal_number)
{
    *(int *)arg = signal_number;
    loop_stop(loop);
}

START_TEST(signals_arrive_on_the_loop)
{
    int seen = 0;
    ck_assert_int_eq(loop_on_signal(loop, SIGUSR1, on_signal, &seen), STATUS_OK);
    ck_assert_int_eq(loop_on_signal(loop, SIGUSR1, on_signal, &seen), STATUS_EXISTS);
    ck_assert_int_eq(loop_on_signal(loop, SIGKILL, on_signal, &seen), STATUS_INVALID);
    ck_assert_int_eq(loop_on_signal(loop, 0, on_signal, &seen), STATUS_INVALID);
    raise(SIGUSR1);
    loop_run(loop);
    ck_assert_int_eq(seen, SIGUSR1);
}
END_TEST

/* Many messages in one turn once kept media waiting: libwebsockets reads its sockets by itself. */
START_TEST(pace_is_kept_after_the_events_of_a_library)
{
    kept = 0;
    loop_pace(loop);
    loop_keep_pace(loop, 0, count_kept, &kept);
    for (int i = 0; i < 3; i++)
        loop_pace(loop);
    ck_assert_int_eq(kept, 3);
    loop_keep_pace(loop, INT64_MAX, count_kept, &kept);
    loop_pace(loop);
    ck_assert_int_eq(kept, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/net/loop");
    TCase *cases = tcase_create("loop");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, stop_before_run_counts);
    tcase_add_test(cases, timer_is_never_early_and_fires_once);
    tcase_add_test(cases, timer_repeats_until_stopped);
    tcase_add_test(cases, watch_sees_readable_and_writable);
    tcase_add_test(cases, watch_may_be_destroyed_by_its_callback);
    tcase_add_test(cases, posts_of_another_thread_arrive_in_order);
    tcase_add_test(cases, posts_are_bounded);
    tcase_add_test(cases, posts_that_post_do_not_starve_timers);
    tcase_add_test(cases, pace_is_kept_between_the_callbacks_of_a_turn);
    tcase_add_test(cases, pace_is_kept_after_the_events_of_a_library);
    tcase_add_test(cases, lag_is_the_longest_turn_not_the_waiting);
    tcase_add_test(cases, signals_arrive_on_the_loop);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
