#include "engine/result/result_file.h"

#include <signal.h>
#include <sys/resource.h>

#include "engine/result/run_result.h"
#include "temporary_folder.h"

START_TEST(appears_only_when_complete)
{
    struct result_file file;
    struct failure failure = {0};
    ck_assert_int_eq(result_file_open(&file, &failure, temporary_folder, "%s.txt", "x"), STATUS_OK);
    fputs("half", file.stream);
    ck_assert(!exists(temporary_path("x.txt")));
    ck_assert(exists(temporary_path("x.txt.tmp")));
    ck_assert_int_eq(result_file_commit(&file, &failure), STATUS_OK);
    ck_assert(exists(temporary_path("x.txt")));
    ck_assert(!exists(temporary_path("x.txt.tmp")));
    result_file_abandon(&file); /* nothing left to do */
    ck_assert(exists(temporary_path("x.txt")));

    ck_assert_int_eq(result_file_open(&file, &failure, temporary_folder, "x.txt"), STATUS_OK);
    fputs("other", file.stream);
    result_file_abandon(&file);
    char *text = read_text(temporary_path("x.txt"));
    ck_assert_str_eq(text, "half");
    free(text);
}
END_TEST

START_TEST(names_the_path_that_cannot_be_written)
{
    struct result_file file;
    struct failure failure = {0};
    ck_assert_int_eq(result_file_open(&file, &failure, temporary_path("absent"), "x"),
                     STATUS_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(failure.message, temporary_path("absent/x")));
    char name[2000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert_int_eq(result_file_open(&file, &failure, name, "x"), STATUS_TOO_LARGE);
}
END_TEST

/* The size limit of files stands in for a full disk: the same failing write. */
START_TEST(a_full_disk_is_said_and_leaves_nothing)
{
    struct rlimit before, tight;
    struct failure failure = {0};
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
    json_t *large = json_array();
    for (int i = 0; i < 5000; i++) {
        json_array_append_new(large, json_integer(i));
    }
    enum status status = result_file_write_json(temporary_folder, "large.json", large,
                                                RESULT_DIGITS_SHOWN, &failure);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    ck_assert_int_eq(status, STATUS_FULL);
    ck_assert_msg(strstr(failure.message, "large.json") != NULL, "%s", failure.message);
    ck_assert(!exists(temporary_path("large.json")));
    ck_assert(!exists(temporary_path("large.json.tmp")));
    json_decref(large);
}
END_TEST

START_TEST(reads_within_limits)
{
    char *text = NULL;
    size_t size = 0;
    json_t *json = NULL;
    struct failure failure = {0};
    write_text(temporary_path("a.json"), "{\n\"a\":1,\n\"a\":2}");
    ck_assert_int_eq(result_file_read(temporary_folder, "a.json", 100, &text, &size, &failure),
                     STATUS_OK);
    ck_assert_uint_eq(size, strlen(text));
    free(text);
    ck_assert_int_eq(result_file_read(temporary_folder, "a.json", 5, &text, &size, &failure),
                     STATUS_TOO_LARGE);
    ck_assert_int_eq(result_file_read(temporary_folder, "b.json", 5, &text, &size, &failure),
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(result_file_read_json(temporary_folder, "a.json", &json, &failure),
                     STATUS_MALFORMED);
    ck_assert_msg(strstr(failure.message, "a.json:3") != NULL, "%s", failure.message);
    ck_assert_int_eq(result_file_write_json(temporary_folder, "c.json", NULL, 17, &failure),
                     STATUS_NO_MEMORY);
}
END_TEST

START_TEST(a_run_folder_must_be_empty)
{
    struct failure failure = {0};
    char folder[512];
    snprintf(folder, sizeof folder, "%s", temporary_path("new/deeper/run"));
    ck_assert_int_eq(run_folder_create(folder, "one <story>", &failure), STATUS_OK);
    char *junit = read_text(temporary_path("new/deeper/run/junit.xml"));
    ck_assert_ptr_nonnull(strstr(junit, "did not finish"));
    ck_assert_ptr_nonnull(strstr(junit, "errors=\"1\""));
    ck_assert_ptr_nonnull(strstr(junit, "one &lt;story&gt;"));
    free(junit);
    ck_assert_int_eq(run_folder_create(folder, "story", &failure), STATUS_EXISTS);
    ck_assert_ptr_nonnull(strstr(failure.message, "new/deeper/run"));
    char shard[600];
    ck_assert_int_eq(run_folder_add_shard(folder, 3, shard, sizeof shard, &failure), STATUS_OK);
    ck_assert_str_eq(strrchr(shard, '/'), "/shard-3");
    ck_assert_int_ne(run_folder_add_shard(folder, 3, shard, sizeof shard, &failure), STATUS_OK);
    ck_assert_int_eq(run_folder_create("", "story", &failure), STATUS_INVALID);
    write_text(temporary_path("file"), "");
    ck_assert_int_ne(run_folder_create(temporary_path("file/run"), "story", &failure), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(failure.message, "/file"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("result_file");
    TCase *cases = tcase_create("result_file");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, make_temporary_folder, remove_temporary_folder);
    tcase_add_test(cases, appears_only_when_complete);
    tcase_add_test(cases, names_the_path_that_cannot_be_written);
    tcase_add_test(cases, a_full_disk_is_said_and_leaves_nothing);
    tcase_add_test(cases, reads_within_limits);
    tcase_add_test(cases, a_run_folder_must_be_empty);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
