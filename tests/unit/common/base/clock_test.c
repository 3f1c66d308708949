#include "common/base/clock.h"

#include <check.h>
#include <stdlib.h>

START_TEST(known_instants_are_formatted)
{
    static const struct {
        int64_t us;
        const char *text;
    } instants[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1769860800123999, "2026-01-31T12:00:00.123Z"},
        {951827696789000, "2000-02-29T12:34:56.789Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {-1000000, "1969-12-31T23:59:59.000Z"},
        {253402300799999999, "9999-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < sizeof instants / sizeof instants[0]; i++) {
        char text[25];
        clock_format_utc(instants[i].us, text, sizeof text);
        ck_assert_str_eq(text, instants[i].text);
    }
}
END_TEST

START_TEST(absurd_instants_are_not_dates)
{
    char text[25];
    clock_format_utc(TIME_NEVER, text, sizeof text);
    ck_assert_str_eq(text, "(not a date)");
    clock_format_utc(INT64_MIN, text, sizeof text);
    ck_assert_str_eq(text, "(not a date)");
}
END_TEST

START_TEST(clocks_go_forward_and_offset_joins_them)
{
    int64_t first_us = clock_monotonic_us();
    int64_t cpu_us = clock_process_cpu_us(), thread_cpu_us = clock_thread_cpu_us();
    int64_t offset_us = clock_realtime_offset_us();
    int64_t realtime_us = clock_realtime_us();
    int64_t last_us = clock_monotonic_us();

    ck_assert_int_ge(last_us, first_us);
    ck_assert_int_ge(clock_process_cpu_us(), cpu_us);
    ck_assert_int_ge(clock_thread_cpu_us(), thread_cpu_us);
    ck_assert_int_gt(realtime_us, 1700000000 * US_PER_S);
    /* The realtime reading, moved to the monotonic axis, lies between the two readings; the
     * bound only has to catch a wrong sign or unit, not a busy machine. */
    ck_assert_int_ge(realtime_us - offset_us, first_us - US_PER_S);
    ck_assert_int_le(realtime_us - offset_us, last_us + US_PER_S);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/clock");
    TCase *cases = tcase_create("clock");
    tcase_add_test(cases, known_instants_are_formatted);
    tcase_add_test(cases, absurd_instants_are_not_dates);
    tcase_add_test(cases, clocks_go_forward_and_offset_joins_them);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
