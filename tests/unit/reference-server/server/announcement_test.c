#include "reference-server/server/announcement.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint16_t ports[] = {40000, 40001};
static const struct announcement announcement = {
    .url = "https://127.0.0.1:8443",
    .port = 8443,
    .media_ports = ports,
    .media_port_count = 2,
    .certificate_pem = "-----BEGIN\nabc\n",
    .pid = 77,
};

static void check_line(const char *line)
{
    ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
    json_t *read = json_loads(line, 0, NULL);
    json_t *expected =
        json_pack("{s:s, s:i, s:[ii], s:s, s:i}", "url", "https://127.0.0.1:8443", "port", 8443,
                  "media_ports", 40000, 40001, "certificate_pem", "-----BEGIN\nabc\n", "pid", 77);
    ck_assert(json_equal(read, expected));
    json_decref(read);
    json_decref(expected);
}

START_TEST(one_line_says_it_all)
{
    char *text = announcement_text(&announcement);
    check_line(text);
    free(text);
    struct announcement plain = announcement;
    plain.certificate_pem = NULL;
    text = announcement_text(&plain);
    ck_assert_ptr_nonnull(strstr(text, "\"certificate_pem\":null"));
    free(text);
}
END_TEST

START_TEST(a_number_is_a_descriptor)
{
    int ends[2];
    char target[16], line[1024] = "";
    ck_assert_int_eq(pipe(ends), 0);
    snprintf(target, sizeof target, "%d", ends[1]);
    ck_assert_int_eq(announcement_write(&announcement, target, NULL), STATUS_OK);
    ck_assert_int_gt(read(ends[0], line, sizeof line - 1), 0);
    check_line(line);
    ck_assert_int_eq(read(ends[0], line, 1), 0); /* closed */
    close(ends[0]);
    struct failure failure = {0};
    ck_assert_int_eq(announcement_write(&announcement, target, &failure), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(failure.message, target));
}
END_TEST

START_TEST(a_file_appears_whole)
{
    char folder[] = "/tmp/caseload-announcement-XXXXXX", path[64], line[1024] = "";
    struct stat info;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a", folder);
    ck_assert_int_eq(announcement_write(&announcement, path, NULL), STATUS_OK);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    fclose(file);
    check_line(line);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_mode & 077, 0);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left */
    struct failure failure = {0};
    ck_assert_int_eq(announcement_write(&announcement, path, &failure), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(failure.message, path));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("announcement");
    TCase *tests = tcase_create("announcement");
    tcase_add_test(tests, one_line_says_it_all);
    tcase_add_test(tests, a_number_is_a_descriptor);
    tcase_add_test(tests, a_file_appears_whole);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
