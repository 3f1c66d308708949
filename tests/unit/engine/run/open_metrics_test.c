#include "engine/run/open_metrics.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES_MAX 32

static struct open_metrics_sample samples[SAMPLES_MAX];
static size_t count;

static void on_sample(void *arg, const struct open_metrics_sample *sample)
{
    (void)arg;
    ck_assert_uint_lt(count, SAMPLES_MAX);
    samples[count++] = *sample;
}

static size_t read_text(const char *text)
{
    count = 0;
    return open_metrics_read(text, strlen(text), on_sample, NULL);
}

START_TEST(samples_with_and_without_labels)
{
    ck_assert_uint_eq(
        read_text("# TYPE a counter\n# HELP a What it is.\n"
                  "a_total 17\n"
                  "b{} 2\n"
                  "node_cpu_seconds_total{cpu=\"3\",mode=\"user\"} 1.5e3 1700000000.5\n"
                  "c_bucket{le=\"+Inf\"} 9 # {trace=\"x\"} 1 2\r\n"
                  "  d:e { x = \"1\" , } -4\n"
                  "\n# EOF\nnothing_behind 1\n"),
        0);
    ck_assert_uint_eq(count, 5);
    ck_assert_str_eq(samples[0].name, "a_total");
    ck_assert_double_eq(samples[0].value, 17);
    ck_assert_uint_eq(samples[1].label_count, 0);
    ck_assert_double_eq(samples[2].value, 1500);
    ck_assert_str_eq(open_metrics_label(&samples[2], "mode"), "user");
    ck_assert_str_eq(open_metrics_label(&samples[2], "cpu"), "3");
    ck_assert_str_eq(open_metrics_label(&samples[2], "core"), "");
    ck_assert_str_eq(open_metrics_label(&samples[3], "le"), "+Inf");
    ck_assert_str_eq(samples[4].name, "d:e");
    ck_assert_double_eq(samples[4].value, -4);
}
END_TEST

START_TEST(escapes_and_odd_numbers)
{
    ck_assert_uint_eq(read_text("a{p=\"C:\\\\x\",q=\"say \\\"hi\\\"\",r=\"1\\n2\"} NaN\nb +Inf"),
                      0);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(open_metrics_label(&samples[0], "p"), "C:\\x");
    ck_assert_str_eq(open_metrics_label(&samples[0], "q"), "say \"hi\"");
    ck_assert_str_eq(open_metrics_label(&samples[0], "r"), "1\n2");
    ck_assert(isnan(samples[0].value));
    ck_assert(isinf(samples[1].value));
}
END_TEST

START_TEST(what_is_no_sample_is_counted)
{
    ck_assert_uint_eq(read_text("<html>\n1a 3\na\na b\na{ 3\na{x} 3\na{x=1} 3\na{x=\"1\"\na{x=\"1} "
                                "3\ngood 1\n"),
                      9);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(samples[0].name, "good");
}
END_TEST

START_TEST(everything_is_bounded)
{
    char text[4096] = "a{";
    for (int i = 0; i < 30; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "l%d=\"%0100d\",", i, i);
    strcat(text, "} 5\n");
    ck_assert_uint_eq(read_text(text), 0);
    ck_assert_uint_eq(samples[0].label_count, OPEN_METRICS_LABELS_MAX);
    ck_assert_uint_eq(strlen(samples[0].labels[0].value), OPEN_METRICS_LABEL_SIZE - 1);
    memset(text, 'n', 300);
    strcpy(text + 300, " 1\n");
    ck_assert_uint_eq(read_text(text), 1); /* a name too long to be told from another */
    count = 0;
    ck_assert_uint_eq(open_metrics_read("a 1\0b 2\nc 3\n", 12, on_sample, NULL), 1);
    ck_assert_uint_eq(count, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("open_metrics");
    TCase *cases = tcase_create("pages");
    tcase_add_test(cases, samples_with_and_without_labels);
    tcase_add_test(cases, escapes_and_odd_numbers);
    tcase_add_test(cases, what_is_no_sample_is_counted);
    tcase_add_test(cases, everything_is_bounded);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
