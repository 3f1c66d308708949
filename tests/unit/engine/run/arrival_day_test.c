#include "engine/run/arrival_day.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

static struct arrival_shape shape;
static double peak_per_s;
static struct failure failure;

static enum status parse(const char *text, double compress)
{
    return arrival_day_parse(text, strlen(text), "day.csv", compress, &shape, &peak_per_s,
                             &failure);
}

START_TEST(times_of_day_begin_with_the_first_row)
{
    ck_assert_int_eq(parse("\xEF\xBB\xBF# a clinic\r\ntime,per_hour\r\n08:00,12\r\n\r\n"
                           " 09:30:30 , 36.0 \r\n24:00,0",
                           1),
                     STATUS_OK);
    ck_assert_uint_eq(shape.count, 3);
    ck_assert_int_eq(shape.steps[0].from_us, 0);
    ck_assert_int_eq(shape.steps[1].from_us, 5430 * US_PER_S);
    ck_assert_int_eq(shape.steps[2].from_us, 16 * 3600 * US_PER_S);
    ck_assert_double_eq_tol(shape.steps[0].level, 1 / 3.0, 1e-12);
    ck_assert_double_eq(shape.steps[1].level, 1);
    ck_assert_double_eq(shape.steps[2].level, 0);
    ck_assert_double_eq_tol(peak_per_s, 0.01, 1e-12);
    ck_assert_int_eq(shape.period_us, 0);
}
END_TEST

START_TEST(compression_keeps_how_many_arrive)
{
    const char *text = "time,per_hour\n0,60\n1h,120\n90m,0\n";
    double before;

    ck_assert_int_eq(parse(text, 1), STATUS_OK);
    before = peak_per_s * arrival_shape_expected(&shape, 0, 5400 * US_PER_S);
    ck_assert_double_eq_tol(before, 120, 1e-9);
    ck_assert_int_eq(parse(text, 60), STATUS_OK);
    ck_assert_int_eq(arrival_shape_length_us(&shape), 90 * US_PER_S);
    ck_assert_double_eq_tol(peak_per_s * arrival_shape_expected(&shape, 0, 90 * US_PER_S), before,
                            1e-9);
}
END_TEST

START_TEST(what_is_wrong_is_said_with_its_line)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "day.csv:0: fewer than two rows"},
        {"08:00,1\n", "day.csv:1: the first line"},
        {"time,per_hour\n08:00\n", "day.csv:2: a row is"},
        {"time,per_hour\n8:00,1\n", "day.csv:2: the time is no"},
        {"time,per_hour\n24:01,1\n", "day.csv:2: the time is no"},
        {"time,per_hour\n08:60,1\n", "day.csv:2: the time is no"},
        {"time,per_hour\n999h,1\n", "day.csv:2: the time is no"},
        {"time,per_hour\n08:00,1\n08:00,2\n", "day.csv:3: the time is not after"},
        {"time,per_hour\n08:00,1\n9h,0\n", "day.csv:3: times of day and offsets"},
        {"time,per_hour\n08:00,-1\n", "day.csv:2: arrivals per hour"},
        {"time,per_hour\n08:00,nan\n", "day.csv:2: arrivals per hour"},
        {"time,per_hour\n08:00,1e9\n", "day.csv:2: arrivals per hour"},
        {"time,per_hour\n08:00,1000001\n", "day.csv:2: arrivals per hour"},
        {"time,per_hour\n08:00,1.2.3\n", "day.csv:2: arrivals per hour"},
        {"time,per_hour\n08:00,1,2\n", "day.csv:2: arrivals per hour"},
        {"time,per_hour\n08:00,1\n09:00,2\n", "day.csv:3: the last row must say 0"},
        {"time,per_hour\n08:00,0\n09:00,0\n", "day.csv:3: nobody arrives"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        shape.count = 77;
        ck_assert_int_eq(parse(rows[i].text, 1), STATUS_INVALID);
        ck_assert_msg(strncmp(failure.message, rows[i].message, strlen(rows[i].message)) == 0,
                      "\"%s\" for %s", failure.message, rows[i].text);
        ck_assert_uint_eq(shape.count, 77);
    }
}
END_TEST

START_TEST(size_lines_rows_and_zero_bytes_are_bounded)
{
    static char text[ARRIVAL_DAY_BYTES_MAX + 2];
    size_t at = (size_t)sprintf(text, "time,per_hour\n");

    for (int minute = 0; minute <= 1440; minute++)
        at += (size_t)sprintf(text + at, "%dm,%d\n", minute, minute < 1440);
    ck_assert_int_eq(parse(text, 1), STATUS_INVALID);
    ck_assert_str_eq(failure.message, "day.csv:1442: more than 1440 rows");
    memset(text, '#', 201);
    text[201] = '\0';
    ck_assert_int_eq(parse(text, 1), STATUS_INVALID);
    ck_assert_str_eq(failure.message, "day.csv:1: the line is longer than 200 bytes");
    ck_assert_int_eq(arrival_day_parse("time\0,", 6, "day.csv", 1, &shape, &peak_per_s, &failure),
                     STATUS_INVALID);
    ck_assert_str_eq(failure.message, "day.csv:1: a zero byte: this is no text");
    memset(text, '\n', sizeof text);
    ck_assert_int_eq(
        arrival_day_parse(text, sizeof text, "day.csv", 1, &shape, &peak_per_s, &failure),
        STATUS_TOO_LARGE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arrival_day");
    TCase *tcase = tcase_create("arrival_day");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, times_of_day_begin_with_the_first_row);
    tcase_add_test(tcase, compression_keeps_how_many_arrive);
    tcase_add_test(tcase, what_is_wrong_is_said_with_its_line);
    tcase_add_test(tcase, size_lines_rows_and_zero_bytes_are_bounded);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
