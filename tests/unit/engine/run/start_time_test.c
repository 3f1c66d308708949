#include "engine/run/start_time.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

#define NOON_US (1769860800 * US_PER_S) /* 2026-01-31T12:00:00Z */

static int64_t parsed(const char *text, int64_t now_us)
{
    struct failure failure = {0};
    int64_t at_us = -1;

    ck_assert_msg(start_time_parse(text, now_us, &at_us, &failure) == STATUS_OK, "%s",
                  failure.message);
    return at_us;
}

START_TEST(dates_and_epoch_seconds_name_the_same_instant)
{
    ck_assert_int_eq(parsed("2026-01-31T12:00:00Z", NOON_US), NOON_US);
    ck_assert_int_eq(parsed("1769860800", NOON_US), NOON_US);
    ck_assert_int_eq(parsed("2026-01-31T12:00:01.25Z", NOON_US), NOON_US + 1250000);
    ck_assert_int_eq(parsed("1769860799.000001", NOON_US), NOON_US - 999999);
}
END_TEST

/* Each pair of neighbours is a second apart, across the ends of days, months and years. */
START_TEST(the_calendar_holds_over_its_edges)
{
    static const struct {
        const char *last, *first;
        int64_t first_s;
    } edges[] = {{"2024-02-29T23:59:59Z", "2024-03-01T00:00:00Z", 1709251200},
                 {"2025-02-28T23:59:59Z", "2025-03-01T00:00:00Z", 1740787200},
                 {"1999-12-31T23:59:59Z", "2000-01-01T00:00:00Z", 946684800},
                 {"2100-02-28T23:59:59Z", "2100-03-01T00:00:00Z", 4107542400}};

    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        int64_t first_us = edges[i].first_s * US_PER_S;
        ck_assert_int_eq(parsed(edges[i].first, first_us), first_us);
        ck_assert_int_eq(parsed(edges[i].last, first_us), first_us - US_PER_S);
    }
}
END_TEST

START_TEST(what_is_no_instant_is_refused)
{
    static const char *const wrong[] = {"",
                                        "soon",
                                        "+10s",
                                        "-5",
                                        "12:00:00Z",
                                        "2026-01-31T12:00:00",
                                        "2026-01-31T12:00:00+01:00",
                                        "2026-01-31 12:00:00Z",
                                        "2026-1-31T12:00:00Z",
                                        "2026-02-29T12:00:00Z",
                                        "2026-00-31T12:00:00Z",
                                        "2026-13-01T12:00:00Z",
                                        "2026-01-31T24:00:00Z",
                                        "2026-01-31T12:60:00Z",
                                        "2026-01-31T12:00:60Z",
                                        "2026-01-31T12:00:00.Z",
                                        "2026-01-31T12:00:00.1234567Z",
                                        "1769860800s",
                                        "1769860800.",
                                        "99999999999999999999"};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct failure failure = {0};
        int64_t at_us = -1;
        ck_assert_msg(start_time_parse(wrong[i], NOON_US, &at_us, &failure) == STATUS_INVALID,
                      "'%s' is taken", wrong[i]);
        ck_assert_int_eq(at_us, -1);
        ck_assert(strstr(failure.message, wrong[i]) != NULL);
    }
}
END_TEST

/* A number of seconds that was meant from now, and a date of yesterday. */
START_TEST(far_times_are_mistakes)
{
    int64_t at_us = -1;

    ck_assert_int_eq(parsed("2026-01-31T13:00:00Z", NOON_US), NOON_US + START_AT_FAR_US);
    ck_assert_int_eq(parsed("2026-01-31T11:00:00Z", NOON_US), NOON_US - START_AT_FAR_US);
    ck_assert_int_eq(start_time_parse("10", NOON_US, &at_us, NULL), STATUS_INVALID);
    ck_assert_int_eq(start_time_parse("2026-01-30T12:00:00Z", NOON_US, &at_us, NULL),
                     STATUS_INVALID);
    ck_assert_int_eq(start_time_parse("2026-01-31T13:00:00.000001Z", NOON_US, &at_us, NULL),
                     STATUS_INVALID);
}
END_TEST

START_TEST(processes_are_told_shortly_before)
{
    ck_assert_int_eq(start_time_wait_us(NOON_US, NOON_US - 600 * US_PER_S), US_PER_S);
    ck_assert_int_eq(start_time_wait_us(NOON_US, NOON_US - 500 * US_PER_MS), 300 * US_PER_MS);
    ck_assert_int_eq(start_time_wait_us(NOON_US, NOON_US - START_LEAD_US), 0);
    ck_assert_int_eq(start_time_wait_us(NOON_US, NOON_US), 0);
    ck_assert_int_eq(start_time_wait_us(NOON_US, NOON_US + US_PER_S),
                     0); /* too late, but it runs */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("start_time");
    TCase *tcase = tcase_create("start_time");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, dates_and_epoch_seconds_name_the_same_instant);
    tcase_add_test(tcase, the_calendar_holds_over_its_edges);
    tcase_add_test(tcase, what_is_no_instant_is_refused);
    tcase_add_test(tcase, far_times_are_mistakes);
    tcase_add_test(tcase, processes_are_told_shortly_before);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
