#include "reference-server/media/forward/video_pause.h"

#include <check.h>

#define TICK_US 50000

static struct video_pause pause;
static struct video_supply supply;
static uint64_t least_bps[6];
static int64_t now_us;
static unsigned changes;

static void start(size_t count, uint64_t each_bps)
{
    pause = (struct video_pause){0};
    now_us = 1000000;
    changes = 0;
    for (size_t i = 0; i < count; i++)
        least_bps[i] = each_bps;
    supply = (struct video_supply){
        .budget_bps = UINT64_MAX, .least_bps = least_bps, .count = count, .can_probe = true};
}

/* How many are withheld after so many seconds with this budget. */
static size_t run(double seconds, uint64_t budget_bps)
{
    supply.budget_bps = budget_bps;
    for (int64_t end_us = now_us + (int64_t)(seconds * 1000000); now_us < end_us; now_us += TICK_US)
        changes += video_pause_update(&pause, &supply, now_us);
    return pause.withheld;
}

START_TEST(what_is_not_known_withholds_nothing)
{
    start(1, 500000);
    ck_assert_uint_eq(run(10, UINT64_MAX), 0);
}
END_TEST

START_TEST(sound_alone_after_two_seconds)
{
    start(1, 120000);
    ck_assert_uint_eq(run(1.9, 100000), 0);
    ck_assert_uint_eq(run(0.3, 100000), 1);
    ck_assert_uint_eq(changes, 1);
}
END_TEST

START_TEST(a_short_dip_does_not_count)
{
    start(1, 120000);
    for (int i = 0; i < 20; i++) {
        ck_assert_uint_eq(run(1.8, 100000), 0);
        ck_assert_uint_eq(run(0.1, 130000), 0);
    }
}
END_TEST

START_TEST(it_comes_back_with_something_to_spare)
{
    start(1, 100000);
    run(4, 50000);
    ck_assert_uint_eq(run(60, 110000), 1); /* enough, but only just */
    ck_assert_uint_eq(run(1.9, 116000), 1);
    ck_assert_uint_eq(run(0.3, 116000), 0);
    ck_assert_uint_eq(run(60, 101000), 0); /* it stays, although it would not come back */
    ck_assert_uint_eq(changes, 2);
}
END_TEST

START_TEST(the_first_pictures_stay)
{
    start(6, 100000);
    ck_assert_uint_eq(run(3.2, 350000), 3); /* three fit */
    ck_assert_uint_eq(run(10, 350000), 3);
    ck_assert_uint_eq(run(2.2, 470000), 2); /* one more */
    ck_assert_uint_eq(run(2.2, 2000000), 1);
    ck_assert_uint_eq(run(2.2, 2000000), 0);
}
END_TEST

START_TEST(who_leaves_makes_room)
{
    start(4, 100000);
    run(4, 50000);
    ck_assert_uint_eq(pause.withheld, 4);
    supply.count = 2;
    ck_assert_uint_eq(run(0.1, 50000), 2);
    supply.count = 0;
    ck_assert_uint_eq(run(0.1, 50000), 0);
    supply.count = 1;
    ck_assert_uint_eq(run(1, 50000), 0); /* a new picture begins by being shown */
}
END_TEST

START_TEST(no_limit_any_more_shows_all)
{
    start(3, 100000);
    run(4, 50000);
    ck_assert_uint_eq(run(0.1, UINT64_MAX), 0);
}
END_TEST

/* Sound alone can never show that there is room for a picture. */
START_TEST(without_probing_it_is_tried_less_and_less_often)
{
    start(1, 100000);
    supply.can_probe = false;
    supply.calm = true;
    run(4, 50000);
    ck_assert_uint_eq(run(27, 50000), 1);
    ck_assert_uint_eq(run(1.5, 50000), 0); /* 30 s: a trial */
    ck_assert_uint_eq(run(4, 50000), 1);   /* that failed */
    ck_assert_uint_eq(run(55, 50000), 1);
    ck_assert_uint_eq(run(3, 50000), 0); /* 60 s */
    run(30, 150000);                     /* that held */
    run(4, 50000);
    ck_assert_uint_eq(run(27, 50000), 1);
    supply.calm = false; /* a queue: this is no time to try */
    ck_assert_uint_eq(run(30, 50000), 1);
    supply.calm = true;
    ck_assert_uint_eq(run(0.1, 50000), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/forward/video_pause");
    TCase *cases = tcase_create("video_pause");
    tcase_add_test(cases, what_is_not_known_withholds_nothing);
    tcase_add_test(cases, sound_alone_after_two_seconds);
    tcase_add_test(cases, a_short_dip_does_not_count);
    tcase_add_test(cases, it_comes_back_with_something_to_spare);
    tcase_add_test(cases, the_first_pictures_stay);
    tcase_add_test(cases, who_leaves_makes_room);
    tcase_add_test(cases, no_limit_any_more_shows_all);
    tcase_add_test(cases, without_probing_it_is_tried_less_and_less_often);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
