/* prelude/metrics.lua and script.c: what a driver says of its platform's metrics page arrives, and
 * what it cannot mean is named. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/script/script.h"

#define STORY CASELOAD_SOURCE "/scenarios/check-in.lua"

static struct failure failure;

/* The reference driver with these `metrics`. NULL: it is refused. */
static struct script *load(const char *metrics)
{
    char path[] = "/tmp/caseload-driver-XXXXXX.lua";
    struct script *script = NULL;
    FILE *file = fdopen(mkstemps(path, 4), "w");

    fprintf(file,
            "local driver = {}\n"
            "for name, value in pairs(require 'targets.reference') do driver[name] = value end\n"
            "driver.metrics = %s\n"
            "return driver\n",
            metrics);
    fclose(file);
    enum status status =
        script_create(&(struct script_config){.story_path = STORY,
                                              .target_path = path,
                                              .scenario_folder = CASELOAD_SOURCE "/scenarios",
                                              .url = "https://127.0.0.1:1",
                                              .seed = 1,
                                              .shard_count = 1,
                                              .timeout_us = 1000000,
                                              .capture_session = -1},
                      &script, &failure);
    remove(path);
    return status == STATUS_OK ? script : NULL;
}

static const struct target_metric *find(const struct story *story, const char *name)
{
    for (size_t i = 0; i < story->target_metric_count; i++)
        if (strcmp(story->target_metrics[i].name, name) == 0)
            return &story->target_metrics[i];
    ck_abort_msg("no metric %s", name);
}

START_TEST(names_arrive)
{
    struct script *script =
        load("{ cpu = { 'sfu_cpu_seconds' },\n"
             "  drops = { { name = 'sfu_lost', label = 'why', only = { 'late', 'full' } },\n"
             "    { name = 'sfu_overrun', label = 'queue', except = { 'control' } } } }");
    ck_assert_msg(script != NULL, "%s", failure.message);
    const struct story *story = script_story(script);
    ck_assert_uint_eq(story->target_metric_count, 3);
    ck_assert_int_eq(find(story, "sfu_cpu_seconds")->number, TARGET_CPU);
    ck_assert_str_eq(find(story, "sfu_cpu_seconds")->label, "");
    ck_assert_int_eq(find(story, "sfu_lost")->number, TARGET_DROPS);
    ck_assert_str_eq(find(story, "sfu_lost")->label, "why");
    ck_assert_str_eq(find(story, "sfu_lost")->words, " late full ");
    ck_assert(!find(story, "sfu_lost")->but);
    ck_assert(find(story, "sfu_overrun")->but);
    script_destroy(script);
}
END_TEST

START_TEST(none_are_declared)
{
    struct script *script = load("nil");
    ck_assert_msg(script != NULL, "%s", failure.message);
    ck_assert_uint_eq(script_story(script)->target_metric_count, 0);
    script_destroy(script);
}
END_TEST

START_TEST(what_cannot_be_meant_is_named)
{
    static const struct {
        const char *metrics, *words;
    } wrong[] = {
        {"5", "metrics is a table of lists"},
        {"{ speed = { 'x' } }", "metrics.speed: there is no such number"},
        {"{ cpu = 'x' }", "metrics.cpu: takes a list"},
        {"{ cpu = {} }", "metrics.cpu: takes a list"},
        {"{ cpu = { 5 } }", "metrics.cpu: each is a metric's name"},
        {"{ cpu = { 'no name' } }", "metrics.cpu: each is a metric's name"},
        {"{ cpu = { ('x'):rep(128) } }", "metrics.cpu: each is a metric's name"},
        {"{ cpu = { { name = 'x', labels = 'a' } } }", "there is no field 'labels'"},
        {"{ cpu = { { name = 'x', label = 'a' } } }", "a label goes with one of only"},
        {"{ cpu = { { name = 'x', only = { 'a' } } } }", "a label goes with one of only"},
        {"{ cpu = { { name = 'x', label = 'a', only = { 'b c' } } } }", "without blanks"},
        {"{ cpu = { { name = 'x', label = 'a', only = {} } } }", "lists of label values"},
        {"{ cpu = { { name = 'x', label = 'a', only = { ('y'):rep(300) } } } }", "at most"},
        {"{ cpu = (function() local t = {} for i = 1, 33 do t[i] = 'x' .. i end return t end)() }",
         "at most 32 names"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_msg(load(wrong[i].metrics) == NULL, "%s", wrong[i].metrics);
        ck_assert_msg(strstr(failure.message, wrong[i].words) != NULL, "%s: %s", wrong[i].metrics,
                      failure.message);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("driver_metrics");
    TCase *cases = tcase_create("drivers");
    tcase_add_test(cases, names_arrive);
    tcase_add_test(cases, none_are_declared);
    tcase_add_test(cases, what_cannot_be_meant_is_named);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
