#include "engine/capacity/generator_use.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US ((int64_t)86400 * 1000000)

static const struct generator_use known = {
    .media = true,
    .way = "full clients, io_uring, paced",
    .calibrated = true,
    .ceiling = {.participants = 520, .packets_per_s = 50000, .measured_realtime_us = DAY_US}};

static const char *describe(const struct generator_use *use, double packets_per_s)
{
    static char text[400];

    generator_use_describe(use, packets_per_s, text, sizeof text);
    return text;
}

START_TEST(a_share_of_the_ceiling)
{
    ck_assert_double_eq_tol(generator_use_share(&known, 19000), 0.38, 1e-9);
    ck_assert_str_eq(describe(&known, 19000),
                     "38 % of this host's calibrated ceiling of 520 participants per core, 50000 "
                     "packets/s each way (full clients, io_uring, paced, calibrated 1970-01-02)");
    ck_assert_ptr_nonnull(strstr(describe(&known, 40000), "may be the limit"));
    ck_assert_ptr_null(strstr(describe(&known, 39999), "may be the limit"));
}
END_TEST

START_TEST(nothing_is_made_up)
{
    struct generator_use use = known;

    ck_assert_double_lt(generator_use_share(&use, -1), 0); /* nothing was held */
    use.calibrated = false;
    ck_assert_double_lt(generator_use_share(&use, 19000), 0);
    ck_assert_str_eq(describe(&use, 19000), "not calibrated for full clients, io_uring, paced: run "
                                            "caseload doctor --calibrate");
    use.media = false;
    ck_assert_str_eq(describe(&use, 0), "signalling only: the calibration is of media");
}
END_TEST

START_TEST(as_json_and_back)
{
    struct generator_use use;
    json_t *json = generator_use_to_json(&known, 19000);

    generator_use_from_json(json, &use);
    ck_assert_str_eq(describe(&use, 19000), describe(&known, 19000));
    ck_assert_double_eq_tol(json_number_value(json_object_get(json, "share")), 0.38, 1e-9);
    json_object_set_new(json_object_get(json, "ceiling"), "packets_per_s", json_real(0));
    generator_use_from_json(json, &use);
    ck_assert(!use.calibrated);
    json_decref(json);
    generator_use_from_json(NULL, &use);
    ck_assert(!use.calibrated && !use.media);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("generator_use");
    TCase *cases = tcase_create("ceiling");
    tcase_add_test(cases, a_share_of_the_ceiling);
    tcase_add_test(cases, nothing_is_made_up);
    tcase_add_test(cases, as_json_and_back);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
