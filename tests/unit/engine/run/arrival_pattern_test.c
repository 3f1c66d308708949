#include "engine/run/arrival_pattern.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"

static struct arrival_pattern pattern;
static struct failure failure;

static enum status parse(const char *text)
{
    return arrival_pattern_parse(text, 0, NULL, &pattern, &failure);
}

START_TEST(spacing_alone_keeps_the_rate)
{
    ck_assert_int_eq(parse("constant"), STATUS_OK);
    ck_assert_int_eq(pattern.kind, ARRIVAL_CONSTANT);
    ck_assert_uint_eq(pattern.shape.count, 0);
    ck_assert_int_eq(parse("poisson"), STATUS_OK);
    ck_assert_int_eq(pattern.kind, ARRIVAL_POISSON);
    ck_assert_str_eq(pattern.text, "poisson");
}
END_TEST

START_TEST(burst_has_defaults_from_the_right)
{
    ck_assert_int_eq(parse("burst"), STATUS_OK);
    ck_assert_int_eq(pattern.kind, ARRIVAL_CONSTANT);
    ck_assert_int_eq(pattern.shape.period_us, 3600 * US_PER_S);
    ck_assert_double_eq_tol(pattern.shape.steps[0].level, 6, 1e-9); /* half in a twelfth */
    ck_assert_int_eq(parse("poisson+burst:0.2,1s,10s"), STATUS_OK);
    ck_assert_int_eq(pattern.kind, ARRIVAL_POISSON);
    ck_assert_int_eq(pattern.shape.steps[1].from_us, US_PER_S);
    ck_assert_double_eq_tol(pattern.shape.steps[0].level, 2, 1e-9);
    ck_assert_double_eq_tol(arrival_shape_expected(&pattern.shape, 0, 10 * US_PER_S), 10, 1e-9);
    ck_assert_int_eq(parse("burst:100%"), STATUS_OK);
    ck_assert_double_eq(pattern.shape.steps[1].level, 0);
}
END_TEST

START_TEST(nonsense_is_refused_with_its_text)
{
    static const char *const texts[] = {
        "",
        "uniform",
        "poisson+",
        "poisson+constant",
        "burst:",
        "burst:0%",
        "burst:101%",
        "burst:x",
        "burst:0.5,5",
        "burst:0.5,5m,1h,2",
        "day:",
        "burst:0.5,1h,1h",
        "burst:0.5,0,1h",
        "burst:nan",
        "day:none.csv",
        "poisson+day:none.csv",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(texts[i], "burst:") == 0) { /* all defaults */
            ck_assert_int_eq(parse(texts[i]), STATUS_OK);
            continue;
        }
        ck_assert_msg(parse(texts[i]) != STATUS_OK, "%s", texts[i]);
        ck_assert(failure.message[0] != '\0');
    }
    ck_assert_int_ne(arrival_pattern_parse("poisson", 2, NULL, &pattern, &failure), STATUS_OK);
    ck_assert(strstr(failure.message, "only a day"));
}
END_TEST

START_TEST(day_is_found_in_the_folder_and_compressed)
{
    char folder[] = "/tmp/caseload-test-XXXXXX", path[64], text[64];
    FILE *file;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/d.csv", folder);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("time,per_hour\n08:00,3600\n09:00,0\n", file);
    fclose(file);
    ck_assert_int_eq(arrival_pattern_parse("poisson+day:d.csv", 60, folder, &pattern, &failure),
                     STATUS_OK);
    ck_assert_double_eq_tol(pattern.own_rate_per_s, 60, 1e-9);
    ck_assert_int_eq(arrival_shape_length_us(&pattern.shape), 60 * US_PER_S);
    ck_assert_str_eq(pattern.text, "poisson+day:d.csv");
    snprintf(text, sizeof text, "day:%s", path);
    ck_assert_int_eq(parse(text), STATUS_OK);
    ck_assert_str_eq(pattern.text, "day:d.csv"); /* no folder in results */
    unlink(path);
    rmdir(folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arrival_pattern");
    TCase *tcase = tcase_create("arrival_pattern");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, spacing_alone_keeps_the_rate);
    tcase_add_test(tcase, burst_has_defaults_from_the_right);
    tcase_add_test(tcase, nonsense_is_refused_with_its_text);
    tcase_add_test(tcase, day_is_found_in_the_folder_and_compressed);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
