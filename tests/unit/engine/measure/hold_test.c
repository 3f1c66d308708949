#include "engine/measure/hold.h"

#include <check.h>
#include <stdlib.h>

#include "engine/measure/threshold.h"

static uint64_t needed(const char *text)
{
    struct threshold threshold;
    ck_assert_int_eq(threshold_parse(text, &threshold, NULL), STATUS_OK);
    return threshold_samples_needed(&threshold);
}

START_TEST(ten_values_lie_beyond_a_quantile)
{
    ck_assert_uint_eq(needed("m.join_media.p95<1s"), 200);
    ck_assert_uint_eq(needed("m.join_media.p99<1s"), 1000);
    ck_assert_uint_eq(needed("m.join_media.p50<1s"), 20);
    ck_assert_uint_eq(needed("m.join_media.p999<1s"), 10000);
    ck_assert_uint_eq(needed("m.join_media.max<1s"), 0);
    ck_assert_uint_eq(needed("freeze.ratio<1%"), 0);
}
END_TEST

START_TEST(needs_are_of_a_metric_and_its_tag)
{
    struct hold_plan plan = {.length_us = 1};
    struct threshold threshold;
    ck_assert_int_eq(threshold_parse("m.join_media{kind=video}.p95<1s", &threshold, NULL),
                     STATUS_OK);
    ck_assert_int_eq(hold_plan_add_need(&plan, &threshold), STATUS_OK);
    ck_assert_str_eq(plan.needs[0].metric, "m.join_media");
    ck_assert_str_eq(plan.needs[0].tag, "kind=video");
    ck_assert_uint_eq(plan.needs[0].samples, 200);
    for (unsigned i = 1; i < HOLD_NEEDS_MAX; i++)
        ck_assert_int_eq(hold_plan_add_need(&plan, &threshold), STATUS_OK);
    ck_assert_int_eq(hold_plan_add_need(&plan, &threshold), STATUS_FULL);
    ck_assert_int_eq(threshold_parse("freeze.ratio<1%", &threshold, NULL), STATUS_OK);
    ck_assert_int_eq(hold_plan_add_need(&plan, &threshold), STATUS_OK); /* needs nothing */
    ck_assert_uint_eq(plan.need_count, HOLD_NEEDS_MAX);
}
END_TEST

static struct hold make(int64_t from_us, int64_t to_us, int64_t join_us, uint64_t running)
{
    struct hold hold = {.measured = true,
                        .from_us = from_us,
                        .to_us = to_us,
                        .metrics = metrics_create(),
                        .running_mean = (double)running,
                        .running_max = running};
    metric_record(hold.metrics, METRIC_M_JOIN_MEDIA, join_us, 0, 0);
    hold.counts.completed = 3;
    health_add(&hold.health, &(struct health_window){.cpu = 0.5});
    return hold;
}

START_TEST(shards_add_up)
{
    struct hold all = {0}, none = {0};
    struct hold one = make(10, 30, 1000, 4), two = make(8, 28, 9000, 5);
    struct metric_value value;
    ck_assert(hold_length_s(&all) == 0);
    ck_assert_int_eq(hold_merge(&all, &one), STATUS_OK);
    ck_assert_int_eq(hold_merge(&all, &none), STATUS_OK);
    ck_assert_int_eq(hold_merge(&all, &two), STATUS_OK);
    ck_assert(all.measured);
    ck_assert_int_eq(all.from_us, 8);
    ck_assert_int_eq(all.to_us, 30);
    ck_assert_double_eq(all.running_mean, 9);
    ck_assert_uint_eq(all.running_max, 9);
    ck_assert_uint_eq(all.counts.completed, 6);
    ck_assert_uint_eq(all.health.windows, 2);
    ck_assert(metrics_find(all.metrics, "m.join_media", "", &value));
    ck_assert_uint_eq(value.histogram->count, 2);
    ck_assert_int_eq(value.histogram->max, 9000);
    hold_finish(&all);
    hold_finish(&one);
    hold_finish(&two);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hold");
    TCase *cases = tcase_create("hold");
    tcase_add_test(cases, ten_values_lie_beyond_a_quantile);
    tcase_add_test(cases, needs_are_of_a_metric_and_its_tag);
    tcase_add_test(cases, shards_add_up);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
