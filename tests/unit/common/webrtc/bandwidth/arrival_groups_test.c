#include "common/webrtc/bandwidth/arrival_groups.h"

#include <check.h>

static struct arrival_groups groups;
static struct arrival_variation variation;

START_TEST(a_burst_is_one_observation)
{
    arrival_groups_init(&groups);
    for (int64_t i = 0; i < 5; i++) /* within 5 ms of sending, however they arrive */
        ck_assert(!arrival_groups_add(&groups, i * 1000, 100000 + i * 9000, &variation));
    ck_assert(!arrival_groups_add(&groups, 30000, 150000, &variation)); /* the second group */
    ck_assert(arrival_groups_add(&groups, 60000, 190000, &variation));
    ck_assert_int_eq(variation.arrival_us, 150000);
    /* Last arrivals 136 → 150 ms, last departures 4 → 30 ms. */
    ck_assert_int_eq(variation.variation_us, 14000 - 26000);
}
END_TEST

START_TEST(an_even_path_varies_by_nothing)
{
    arrival_groups_init(&groups);
    for (int64_t i = 0; i < 50; i++)
        if (arrival_groups_add(&groups, i * 10000, 500000 + i * 10000, &variation))
            ck_assert_int_eq(variation.variation_us, 0);
    ck_assert_int_eq(variation.arrival_us, 500000 + 48 * 10000);
}
END_TEST

START_TEST(what_was_held_up_and_let_go_together_is_one_group)
{
    arrival_groups_init(&groups);
    ck_assert(!arrival_groups_add(&groups, 0, 100000, &variation));
    for (int64_t i = 1; i < 5; i++) /* 20 ms apart when sent, 1 ms when they come */
        ck_assert(!arrival_groups_add(&groups, i * 20000, 200000 + i * 1000, &variation));
    ck_assert(groups.former.open);
    ck_assert_int_eq(groups.present.first_sent_us, 20000);
    ck_assert_int_eq(groups.present.last_sent_us, 80000);
}
END_TEST

START_TEST(late_packets_are_left_out)
{
    arrival_groups_init(&groups);
    arrival_groups_add(&groups, 0, 100000, &variation);
    arrival_groups_add(&groups, 20000, 120000, &variation);
    struct arrival_groups before = groups;
    ck_assert(!arrival_groups_add(&groups, 10000, 121000, &variation));
    ck_assert_mem_eq(&before, &groups, sizeof groups);
}
END_TEST

START_TEST(a_clock_that_jumps_begins_anew)
{
    arrival_groups_init(&groups);
    for (int64_t i = 0; i < 5; i++)
        arrival_groups_add(&groups, i * 10000, i * 10000, &variation);
    ck_assert(!arrival_groups_add(&groups, 50000, 50000 + ARRIVAL_JUMP_MAX_US + 1, &variation));
    ck_assert(!groups.former.open);
    ck_assert(!arrival_groups_add(&groups, 60000, 60000 - ARRIVAL_JUMP_MAX_US, &variation));
    ck_assert(!groups.former.open);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/bandwidth/arrival_groups");
    TCase *cases = tcase_create("arrival_groups");
    tcase_add_test(cases, a_burst_is_one_observation);
    tcase_add_test(cases, an_even_path_varies_by_nothing);
    tcase_add_test(cases, what_was_held_up_and_let_go_together_is_one_group);
    tcase_add_test(cases, late_packets_are_left_out);
    tcase_add_test(cases, a_clock_that_jumps_begins_anew);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
