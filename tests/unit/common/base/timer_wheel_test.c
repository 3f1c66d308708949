#include "common/base/timer_wheel.h"

#include <check.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/random.h"

struct probe {
    struct wheel_timer timer;
    struct timer_wheel *wheel;
    int fired;
    int64_t at_us;
    int order;             /* of this firing among all */
    int64_t again_us;      /* when > 0: restart for then */
    struct probe *to_stop; /* stopped when this one fires */
};

static int firings;

static void on_fire(void *arg, int64_t now_us)
{
    struct probe *probe = arg;
    probe->fired++;
    probe->at_us = now_us;
    probe->order = firings++;
    if (wheel_running(&probe->timer))
        ck_abort_msg("a firing timer runs");
    if (probe->again_us > 0)
        wheel_start(probe->wheel, &probe->timer, probe->again_us);
    if (probe->to_stop)
        wheel_stop(probe->wheel, &probe->to_stop->timer);
}

static struct probe make_probe(struct timer_wheel *wheel)
{
    return (struct probe){.wheel = wheel, .timer = {.fire = on_fire}};
}

static void start(struct probe *probe, int64_t due_us)
{
    probe->timer.arg = probe;
    wheel_start(probe->wheel, &probe->timer, due_us);
}

START_TEST(fires_in_the_first_advance_at_or_after_its_due)
{
    struct timer_wheel *wheel = timer_wheel_create(1000000);
    struct probe probe = make_probe(wheel);
    start(&probe, 1003700);
    ck_assert(wheel_running(&probe.timer));
    timer_wheel_advance(wheel, 1003699); /* the same millisecond, but too early */
    ck_assert_int_eq(probe.fired, 0);
    timer_wheel_advance(wheel, 1003700);
    ck_assert_int_eq(probe.fired, 1);
    ck_assert_int_eq(probe.at_us, 1003700);
    timer_wheel_advance(wheel, 2000000);
    ck_assert_int_eq(probe.fired, 1);
    timer_wheel_destroy(wheel);
}
END_TEST

START_TEST(past_due_waits_for_the_next_advance)
{
    struct timer_wheel *wheel = timer_wheel_create(1000000);
    struct probe probe = make_probe(wheel);
    start(&probe, 5);
    timer_wheel_advance(wheel, 1000000);
    ck_assert_int_eq(probe.fired, 1);
    timer_wheel_destroy(wheel);
}
END_TEST

START_TEST(restarting_for_the_past_does_not_hang)
{
    struct timer_wheel *wheel = timer_wheel_create(0);
    struct probe probe = make_probe(wheel);
    probe.again_us = 1;
    start(&probe, 1);
    timer_wheel_advance(wheel, 50000);
    ck_assert_int_eq(probe.fired, 1);
    timer_wheel_advance(wheel, 50000);
    ck_assert_int_eq(probe.fired, 2);
    timer_wheel_destroy(wheel);
}
END_TEST

START_TEST(stopping_and_restarting)
{
    struct timer_wheel *wheel = timer_wheel_create(0);
    struct probe probe = make_probe(wheel);
    start(&probe, 5000);
    wheel_stop(wheel, &probe.timer);
    wheel_stop(wheel, &probe.timer);
    ck_assert(!wheel_running(&probe.timer));
    timer_wheel_advance(wheel, 6000);
    ck_assert_int_eq(probe.fired, 0);
    start(&probe, 10000);
    start(&probe, 20000); /* moved */
    timer_wheel_advance(wheel, 15000);
    ck_assert_int_eq(probe.fired, 0);
    timer_wheel_advance(wheel, 20000);
    ck_assert_int_eq(probe.fired, 1);
    timer_wheel_destroy(wheel);
}
END_TEST

START_TEST(a_firing_timer_may_stop_one_due_in_the_same_advance)
{
    struct timer_wheel *wheel = timer_wheel_create(0);
    struct probe first = make_probe(wheel), second = make_probe(wheel);
    first.to_stop = &second;
    start(&first, 1000);
    start(&second, 1000);
    timer_wheel_advance(wheel, 3000);
    ck_assert_int_eq(first.fired, 1);
    ck_assert_int_eq(second.fired, 0);
    ck_assert(!wheel_running(&second.timer));
    timer_wheel_destroy(wheel);
}
END_TEST

START_TEST(far_timers_fire_in_order_after_one_long_jump)
{
    struct timer_wheel *wheel = timer_wheel_create(123456);
    static const int64_t dues_us[] = {3 * 3600 * US_PER_S, 5 * US_PER_S,     200000,
                                      3600 * US_PER_S,     4096 * US_PER_MS, TIME_NEVER,
                                      8 * US_PER_S};
    static const int expected_order[] = {5, 2, 0, 4, 1, -1, 3};
    enum { COUNT = sizeof dues_us / sizeof dues_us[0] };
    struct probe probes[COUNT];
    firings = 0;
    for (int i = 0; i < COUNT; i++) {
        probes[i] = make_probe(wheel);
        start(&probes[i], dues_us[i]);
    }
    timer_wheel_advance(wheel, 24 * 3600 * US_PER_S);
    for (int i = 0; i < COUNT; i++) {
        ck_assert_int_eq(probes[i].fired, expected_order[i] >= 0);
        if (expected_order[i] >= 0)
            ck_assert_int_eq(probes[i].order, expected_order[i]);
    }
    ck_assert(wheel_running(&probes[5].timer));
    timer_wheel_destroy(wheel);
}
END_TEST

START_TEST(a_clock_that_steps_back_fires_nothing_early)
{
    struct timer_wheel *wheel = timer_wheel_create(1000000);
    struct probe probe = make_probe(wheel);
    timer_wheel_advance(wheel, 2000000);
    start(&probe, 1500000);
    timer_wheel_advance(wheel, 1400000);
    ck_assert_int_eq(probe.fired, 0);
    timer_wheel_advance(wheel, 1500000);
    ck_assert_int_eq(probe.fired, 1);
    timer_wheel_destroy(wheel);
}
END_TEST

START_TEST(many_timers_against_a_plain_list)
{
    enum { COUNT = 500, STEPS = 4000 };
    static struct probe probes[COUNT];
    static int64_t due_us[COUNT]; /* what must happen; 0: stopped */
    struct random_stream stream;
    random_stream_init(&stream, 3);
    int64_t now_us = 77777777;
    int wrong = 0; /* two million assertions would take a minute */
    struct timer_wheel *wheel = timer_wheel_create(now_us);
    for (int i = 0; i < COUNT; i++)
        probes[i] = make_probe(wheel);

    for (int step = 0; step < STEPS; step++) {
        for (int change = 0; change < 5; change++) {
            uint64_t i = random_below(&stream, COUNT);
            if (random_below(&stream, 4) == 0) {
                wheel_stop(wheel, &probes[i].timer);
                due_us[i] = 0;
            } else {
                uint64_t span_us = 1ULL << random_below(&stream, 26); /* up to 67 s */
                due_us[i] = now_us + (int64_t)random_below(&stream, span_us) - 500;
                start(&probes[i], due_us[i]);
            }
        }
        now_us += (int64_t)random_below(&stream, step % 100 == 0 ? 30 * US_PER_S : 20000);
        for (int i = 0; i < COUNT; i++)
            probes[i].fired = 0;
        timer_wheel_advance(wheel, now_us);
        for (int i = 0; i < COUNT; i++) {
            bool expected = due_us[i] != 0 && due_us[i] <= now_us;
            wrong += probes[i].fired != expected;
            if (expected)
                due_us[i] = 0;
            wrong += wheel_running(&probes[i].timer) != (due_us[i] != 0);
        }
    }
    ck_assert_int_eq(wrong, 0);
    timer_wheel_destroy(wheel);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/timer_wheel");
    TCase *cases = tcase_create("timer_wheel");
    tcase_add_test(cases, fires_in_the_first_advance_at_or_after_its_due);
    tcase_add_test(cases, past_due_waits_for_the_next_advance);
    tcase_add_test(cases, restarting_for_the_past_does_not_hang);
    tcase_add_test(cases, stopping_and_restarting);
    tcase_add_test(cases, a_firing_timer_may_stop_one_due_in_the_same_advance);
    tcase_add_test(cases, far_timers_fire_in_order_after_one_long_jump);
    tcase_add_test(cases, a_clock_that_steps_back_fires_nothing_early);
    tcase_add_test(cases, many_timers_against_a_plain_list);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
