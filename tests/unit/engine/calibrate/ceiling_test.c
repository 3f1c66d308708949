#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/calibrate/ceiling.h"

static char folder[] = "/tmp/ceiling-XXXXXX";
static const struct ceiling_key full = {.io_uring = true}, light = {.light = true};

static void setup(void)
{
    snprintf(folder, sizeof folder, "/tmp/ceiling-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("XDG_CACHE_HOME", folder, 1);
}

static void path_of(char *path, size_t size)
{
    snprintf(path, size, "%s/caseload/calibration.json", folder);
}

static void teardown(void)
{
    char path[100];

    path_of(path, sizeof path);
    unlink(path);
    snprintf(path, sizeof path, "%s/caseload", folder);
    rmdir(path);
    rmdir(folder);
}

START_TEST(each_kind_keeps_its_own)
{
    struct ceiling written = {
        .participants = 724, .packets_per_s = 81137, .measured_realtime_us = 5};
    struct ceiling read = {0};
    struct failure failure = {0};

    ck_assert(ceiling_read(&full, &read) == STATUS_NOT_FOUND);
    ck_assert(ceiling_write(&full, &written, &failure) == STATUS_OK);
    written.participants = 1300;
    ck_assert(ceiling_write(&light, &written, &failure) == STATUS_OK);
    ck_assert(ceiling_read(&full, &read) == STATUS_OK);
    ck_assert_uint_eq(read.participants, 724);
    ck_assert_double_eq_tol(read.packets_per_s, 81137, 0.1);
    ck_assert(ceiling_read(&light, &read) == STATUS_OK);
    ck_assert_uint_eq(read.participants, 1300);
}
END_TEST

/* Somebody else's file, or one of another host, is none. */
START_TEST(what_cannot_be_read_is_not_found)
{
    static const char *const texts[] = {
        "", "{", "[]",
        "{\"schema\":\"caseload/calibration/1\",\"host\":\"another\",\"ceilings\":"
        "{\"full, io_uring, paced\":{\"participants\":9,\"packets_per_s\":1,"
        "\"measured_us\":1}}}"};
    struct ceiling ceiling = {.participants = 1}, read = {0};
    struct failure failure = {0};
    char path[100];

    ck_assert(ceiling_write(&full, &ceiling, &failure) == STATUS_OK);
    path_of(path, sizeof path);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        fputs(texts[i], file);
        fclose(file);
        ck_assert_msg(ceiling_read(&full, &read) == STATUS_NOT_FOUND, "%s", texts[i]);
    }
    ck_assert(ceiling_write(&full, &ceiling, &failure) == STATUS_OK);
    ck_assert(ceiling_read(&full, &read) == STATUS_OK);
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_is_named)
{
    struct ceiling ceiling = {.participants = 1};
    struct failure failure = {0};

    setenv("XDG_CACHE_HOME", "/proc/none", 1);
    ck_assert(ceiling_write(&full, &ceiling, &failure) == STATUS_IO);
    ck_assert_ptr_nonnull(failure.message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/calibrate/ceiling");
    TCase *cases = tcase_create("ceiling");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, each_kind_keeps_its_own);
    tcase_add_test(cases, what_cannot_be_read_is_not_found);
    tcase_add_test(cases, a_folder_that_cannot_be_made_is_named);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
