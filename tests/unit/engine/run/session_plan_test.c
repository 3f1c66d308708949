#include "engine/run/session_plan.h"

#include <check.h>
#include <stdlib.h>

#include "common/base/clock.h"

static struct session_plan *open_plan(unsigned shard, unsigned shards, uint64_t cap)
{
    return session_plan_create(&(struct session_plan_settings){.rate_per_s = 10,
                                                               .arrivals = ARRIVAL_POISSON,
                                                               .duration_us = 30 * US_PER_S,
                                                               .sessions = cap,
                                                               .seed = 11,
                                                               .shard_index = shard,
                                                               .shard_count = shards});
}

START_TEST(shards_together_start_what_one_process_starts)
{
    struct session_plan *whole = open_plan(0, 1, 0), *parts[3];
    struct planned_start start, part;
    uint64_t total = 0;

    for (unsigned i = 0; i < 3; i++)
        parts[i] = open_plan(i, 3, 0);
    while (session_plan_due(whole, INT64_MAX, 0, &start)) {
        ck_assert(session_plan_due(parts[start.index % 3], INT64_MAX, 0, &part));
        ck_assert_uint_eq(part.index, start.index);
        ck_assert_int_eq(part.offset_us, start.offset_us);
        total++;
    }
    ck_assert_uint_gt(total, 200);
    ck_assert_uint_eq(session_plan_planned(whole), total);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(!session_plan_due(parts[i], INT64_MAX, 0, &part));
        session_plan_destroy(parts[i]);
    }
    session_plan_destroy(whole);
}
END_TEST

START_TEST(shards_share_the_starts_of_a_shape)
{
    static struct arrival_shape shape;
    struct session_plan *plans[3];
    struct session_plan_settings settings = {.rate_per_s = 10,
                                             .arrivals = ARRIVAL_POISSON,
                                             .shape = &shape,
                                             .duration_us = 30 * US_PER_S,
                                             .seed = 4};
    struct planned_start start, part;

    arrival_shape_burst(&shape, 0.8, US_PER_S, 5 * US_PER_S);
    for (unsigned i = 0; i < 3; i++) {
        settings.shard_index = i > 0 ? i - 1 : 0;
        settings.shard_count = i > 0 ? 2 : 1;
        plans[i] = session_plan_create(&settings);
    }
    while (session_plan_due(plans[0], INT64_MAX, 0, &start)) {
        ck_assert(session_plan_due(plans[1 + start.index % 2], INT64_MAX, 0, &part));
        ck_assert_uint_eq(part.index, start.index);
        ck_assert_int_eq(part.offset_us, start.offset_us);
    }
    ck_assert_uint_gt(session_plan_planned(plans[0]), 200);
    ck_assert_uint_eq(session_plan_planned(plans[0]),
                      session_plan_planned(plans[1]) + session_plan_planned(plans[2]));
    for (unsigned i = 0; i < 3; i++)
        session_plan_destroy(plans[i]);
}
END_TEST

START_TEST(cap_of_the_open_model_drops_and_says_so)
{
    struct session_plan *plan = open_plan(0, 1, 5);
    struct planned_start start;

    ck_assert(session_plan_due(plan, INT64_MAX, 4, &start));
    ck_assert(!start.dropped);
    ck_assert(session_plan_due(plan, INT64_MAX, 5, &start));
    ck_assert(start.dropped);
    session_plan_destroy(plan);
}
END_TEST

START_TEST(nothing_starts_before_its_time)
{
    struct session_plan *plan = open_plan(0, 1, 0);
    struct planned_start start;
    int64_t next_us = session_plan_next_us(plan);

    ck_assert(!session_plan_due(plan, next_us - 1, 0, &start));
    ck_assert(session_plan_due(plan, next_us, 0, &start));
    ck_assert_int_eq(start.offset_us, next_us);
    session_plan_destroy(plan);
}
END_TEST

START_TEST(closed_model_replaces_what_ended_until_the_duration)
{
    struct session_plan *plan =
        session_plan_create(&(struct session_plan_settings){.sessions = 5,
                                                            .duration_us = 10 * US_PER_S,
                                                            .ramp_us = US_PER_S,
                                                            .shard_index = 1,
                                                            .shard_count = 2});
    struct planned_start start;

    /* Shard 1 of 2 has places 1 and 3 of 0…4, at 200 and 600 ms. */
    ck_assert(!session_plan_due(plan, 0, 0, &start));
    ck_assert(session_plan_due(plan, 200 * US_PER_MS, 0, &start));
    ck_assert_uint_eq(start.index, 1);
    ck_assert_int_eq(session_plan_next_us(plan), 600 * US_PER_MS);
    ck_assert(session_plan_due(plan, 700 * US_PER_MS, 1, &start));
    ck_assert_uint_eq(start.index, 3);
    ck_assert_int_eq(start.offset_us, 600 * US_PER_MS);
    ck_assert(!session_plan_due(plan, US_PER_S, 2, &start));
    session_plan_ended(plan, 4 * US_PER_S);
    ck_assert(session_plan_due(plan, 4 * US_PER_S, 1, &start));
    ck_assert_uint_eq(start.index, 5);
    ck_assert_int_eq(start.offset_us, 4 * US_PER_S);
    session_plan_ended(plan, 11 * US_PER_S);
    ck_assert(!session_plan_due(plan, 11 * US_PER_S, 1, &start));
    session_plan_destroy(plan);
}
END_TEST

/* A run of a microsecond has its sessions too, however late the loop asks. */
START_TEST(what_was_due_within_the_duration_starts_late)
{
    struct session_plan *plan = session_plan_create(
        &(struct session_plan_settings){.sessions = 2, .duration_us = 1, .shard_count = 1});
    struct planned_start start;

    for (uint64_t i = 0; i < 2; i++) {
        ck_assert_int_eq(session_plan_next_us(plan), 0);
        ck_assert(session_plan_due(plan, US_PER_S, i, &start));
        ck_assert_uint_eq(start.index, i);
        ck_assert_int_eq(start.offset_us, 0);
    }
    ck_assert(!session_plan_due(plan, US_PER_S, 2, &start));
    session_plan_ended(plan, US_PER_S);
    ck_assert(!session_plan_due(plan, US_PER_S, 1, &start));
    ck_assert_int_eq(session_plan_next_us(plan), INT64_MAX);
    session_plan_destroy(plan);

    /* A ramp that is longer: half of the places begin. */
    plan = session_plan_create(&(struct session_plan_settings){
        .sessions = 4, .duration_us = US_PER_S, .ramp_us = 2 * US_PER_S, .shard_count = 1});
    ck_assert(session_plan_due(plan, 9 * US_PER_S, 0, &start));
    ck_assert(session_plan_due(plan, 9 * US_PER_S, 1, &start));
    ck_assert(!session_plan_due(plan, 9 * US_PER_S, 2, &start));
    ck_assert_int_eq(session_plan_next_us(plan), INT64_MAX);
    ck_assert_uint_eq(session_plan_planned(plan), 2);
    session_plan_destroy(plan);
}
END_TEST

START_TEST(shares_add_up)
{
    for (uint64_t sessions = 0; sessions < 20; sessions++)
        for (unsigned shards = 1; shards < 7; shards++) {
            uint64_t sum = 0;
            for (unsigned i = 0; i < shards; i++)
                sum += session_plan_share(sessions, i, shards);
            ck_assert_uint_eq(sum, sessions);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("session_plan");
    TCase *tcase = tcase_create("session_plan");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, shards_together_start_what_one_process_starts);
    tcase_add_test(tcase, shards_share_the_starts_of_a_shape);
    tcase_add_test(tcase, cap_of_the_open_model_drops_and_says_so);
    tcase_add_test(tcase, nothing_starts_before_its_time);
    tcase_add_test(tcase, closed_model_replaces_what_ended_until_the_duration);
    tcase_add_test(tcase, what_was_due_within_the_duration_starts_late);
    tcase_add_test(tcase, shares_add_up);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
