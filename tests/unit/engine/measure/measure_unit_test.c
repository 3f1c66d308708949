#include "engine/measure/measure_unit.h"

#include <check.h>
#include <stdlib.h>

static const struct {
    const char *text, *unit;
    double value;
} taken[] = {
    {"250ms", "us", 250e3},
    {"5m", "us", 300e6},
    {"1.5s", "us", 1.5e6},
    {"80us", "us", 80},
    {"2h", "us", 7.2e9},
    {"1%", "ratio", 0.01},
    {"0.02", "ratio", .02},
    {"2/s", "1/s", 2},
    {"60/m", "1/s", 1},
    {"12", "1", 12},
    {"500kbit/s", "B/s", 62500},
    {"2Mbit/s", "B/s", 250e3},
    {"15fps", "mfps", 15e3},
    {"30dB", "mdB", 30e3},
    {"0.95", "1e-6", 950e3},
    {"0", "us", 0},
    {"0", "B/s", 0},
};

static const struct {
    const char *text, *unit;
} refused[] = {
    {"250", "us"},   {"250 ms", "us"}, {"ms", "us"},      {"-1ms", "us"},
    {"1e3ms", "us"}, {"1.2.3s", "us"}, {".5s", "us"},     {"5.s", "us"},
    {"2/s", "us"},   {"5ms", "1"},     {"5%", "1"},       {"0x10", "1"},
    {"inf", "1"},    {"", "1"},        {"1parsec", "us"}, {"12345678901234567890", "1"},
};

START_TEST(takes_values_with_their_units)
{
    double value = -1;
    const char *unit = NULL;
    ck_assert_int_eq(measure_parse(taken[_i].text, taken[_i].unit, &value, &unit), STATUS_OK);
    ck_assert_msg(value > taken[_i].value * 0.999999 - 1e-9 &&
                      value < taken[_i].value * 1.000001 + 1e-9,
                  "%s: %f", taken[_i].text, value);
    ck_assert_str_eq(unit, taken[_i].unit);
}
END_TEST

START_TEST(refuses_what_does_not_fit)
{
    double value = -1;
    const char *unit = NULL;
    ck_assert_msg(measure_parse(refused[_i].text, refused[_i].unit, &value, &unit) ==
                      STATUS_INVALID,
                  "%s", refused[_i].text);
    ck_assert_double_eq(value, -1);
}
END_TEST

START_TEST(finds_the_unit_by_the_suffix)
{
    double value = 0;
    const char *unit = NULL;
    ck_assert_int_eq(measure_parse("3ms", NULL, &value, &unit), STATUS_OK);
    ck_assert_str_eq(unit, "us");
    ck_assert_int_eq(measure_parse("3", NULL, &value, &unit), STATUS_OK);
    ck_assert_str_eq(unit, "1");
}
END_TEST

static const struct {
    double value;
    const char *unit, *text;
} formatted[] = {
    {850, "us", "850 µs"},
    {999.6, "us", "1.00 ms"},
    {8532, "us", "8.53 ms"},
    {12345, "us", "12.3 ms"},
    {234567, "us", "235 ms"},
    {1234567, "us", "1.23 s"},
    {150e6, "us", "2 min 30 s"},
    {3.66e9, "us", "1 h 01 min"},
    {0, "us", "0 µs"},
    {0, "ratio", "0 %"},
    {0.00012, "ratio", "0.012 %"},
    {0.015, "ratio", "1.50 %"},
    {1, "ratio", "100 %"},
    {1234567, "1", "1\u202f234\u202f567"},
    {12, "1", "12"},
    {103750, "B/s", "830 kbit/s"},
    {62.5e6, "B/s", "500 Mbit/s"},
    {1500, "B", "1.50 kB"},
    {14875, "mfps", "14.9 fps"},
    {38250, "mdB", "38.2 dB"},
    {987654, "1e-6", "0.9877"},
    {12.34, "1/s", "12.3 /s"},
};

START_TEST(speaks_to_people)
{
    char text[64];
    measure_format(formatted[_i].value, formatted[_i].unit, text, sizeof text);
    ck_assert_str_eq(text, formatted[_i].text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("measure_unit");
    TCase *cases = tcase_create("units");
    tcase_add_loop_test(cases, takes_values_with_their_units, 0,
                        (int)(sizeof taken / sizeof taken[0]));
    tcase_add_loop_test(cases, refuses_what_does_not_fit, 0,
                        (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(cases, finds_the_unit_by_the_suffix);
    tcase_add_loop_test(cases, speaks_to_people, 0, (int)(sizeof formatted / sizeof formatted[0]));
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
