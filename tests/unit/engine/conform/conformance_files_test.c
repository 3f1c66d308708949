/* The files of a conformance run: one result, told four times. */
#include "engine/conform/conformance_files.h"

#include "tests/unit/engine/conform/conform_bench.h"
#include "tests/unit/engine/result/temporary_folder.h"

static struct run_result *run;
static struct examined_sessions sessions;

static void setup(void)
{
    char line[] = "{\"index\":0,\"story\":\"end\",\"outcome\":\"failed\"}\n";

    make_bench();
    make_temporary_folder();
    run = run_result_create();
    snprintf(run->info.story, sizeof run->info.story, "conformance");
    run->info.start_realtime_us = 1760000000000000;
    ck_assert_int_eq(examined_sessions_parse(line, &sessions, &failure), STATUS_OK);
}

static void teardown(void)
{
    run_result_destroy(run);
    examined_sessions_finish(&sessions);
    remove_temporary_folder();
    remove_bench();
}

static void write_files(void)
{
    json_t *permissions = json_null();

    choice.profiles = "core,clinic";
    choice.requirements = NULL;
    make_result(true);
    run->verdict = verdict;
    verdict_add(&run->verdict, EXIT_CODE_CONFORMANCE, "WA-05 failed 1×: <there> #1");
    const struct conformance_story story = {.result = &result,
                                            .run = run,
                                            .sessions = &sessions,
                                            .permissions = permissions,
                                            .reproduce = "caseload conform --seed 4"};
    enum status status = conformance_files_write(&story, temporary_folder, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
}

static void expect(const char *name, const char *const *wanted, size_t count)
{
    char *text = read_text(temporary_path(name));

    for (size_t i = 0; i < count; i++)
        ck_assert_msg(strstr(text, wanted[i]) != NULL, "%s has no %s", name, wanted[i]);
    free(text);
}
#define EXPECT(name, ...)                                                                          \
    do {                                                                                           \
        static const char *const wanted[] = {__VA_ARGS__};                                         \
        expect(name, wanted, sizeof wanted / sizeof wanted[0]);                                    \
    } while (0)

static void refuse(const char *name, const char *unwanted)
{
    char *text = read_text(temporary_path(name));
    ck_assert_msg(strstr(text, unwanted) == NULL, "%s has %s", name, unwanted);
    free(text);
}

/* Each verdict once, the texts as hostile as a platform can make them. */
static void observe_all(void)
{
    observe("WA-05", CHECK_FAIL, "<there> #1 \"x\" \\ and\nnext \xff");
    observe("WA-06", CHECK_PASS, "");
    observe("WA-01", CHECK_BLOCKED, "nobody came");
    observe("WA-28", CHECK_DIFFERS, "another reading");
    observe("WA-02", CHECK_WARN, "slow");
    observe("ORG-01", CHECK_INCONCLUSIVE, "late");
    observe("ORG-02", CHECK_NA, "");
}

START_TEST(tap_tells_each_row_once)
{
    observe_all();
    list_known("WA-01", "2026-07-01", "WA-06", "2026-07-01");
    write_files();
    EXPECT("conformance.tap", "TAP version 14\n",
           "not ok 1 - verdict failed, exit 1: WA-05 failed 1×: <there> \\#1\n", " - WA-05 The ",
           "  message: \"<there> #1 \\\"x\\\" \\\\ and next ?\"\n", " - WA-02 ",
           "# WARN WA-02: slow\n", " # SKIP DIFFERS: another reading\n",
           " # SKIP NOTRUN: nothing was observed about it\n", " # SKIP NA",
           " # TODO T-1: <known>\n",
           "  reproduce: \"caseload conform --seed 4 --requirement WA-05\"\n",
           "- known failure k.json: entry 2: WA-06 (T-2, ann) does not fail any more");
    char *text = read_text(temporary_path("conformance.tap"));
    unsigned points = 0, last = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        points += strncmp(line, "ok ", 3) == 0 || strncmp(line, "not ok ", 7) == 0;
        if (strncmp(line, "1..", 3) == 0)
            last = (unsigned)strtoul(line + 3, NULL, 10);
    }
    ck_assert_uint_eq(points, result.count + 2); /* the verdict, a stale entry */
    ck_assert_uint_eq(points, last);
    free(text);
}
END_TEST

START_TEST(junit_has_a_case_for_each_row)
{
    observe_all();
    list_known("WA-01", "2026-07-01", "WA-06", "2026-07-01");
    write_files();
    EXPECT("junit.xml", "name=\"verdict\"><failure message=\"exit 1,",
           "name=\"WA-05\"><failure message=\"FAIL: The patient", "&lt;there&gt;",
           "name=\"WA-06\"/>", "name=\"WA-01\"><skipped message=\"BLOCKED, known (T-1): ",
           "name=\"WA-28\"><skipped message=\"DIFFERS", "name=\"WA-02\"/>",
           "name=\"ORG-01\"><error message=\"INCONCLUSIVE", "name=\"ORG-02\"><skipped",
           "name=\"WA-03\"><skipped message=\"NOTRUN",
           "conformance.known-failure\" name=\"WA-06\"><failure");
}
END_TEST

START_TEST(json_holds_rows_and_what_was_not_claimed)
{
    observe_all();
    write_files();
    EXPECT("conformance.json", "\"schema\": \"caseload/conformance/1\"", "\"exit_code\": 1",
           "\"known_failures\": null", "\"at\": \"2025-10-09T08:53:21.500Z\"", "\"check\": \"end\"",
           "\"reproduce\": \"caseload conform --seed 4 --requirement WA-05\"");
    json_t *json = json_load_file(temporary_path("conformance.json"), 0, NULL);
    size_t rows = json_array_size(json_object_get(json, "rows"));
    size_t others = json_array_size(json_object_get(json, "not_claimed"));
    ck_assert_uint_eq(rows, result.asked);
    ck_assert_uint_eq(result.asked + others, catalogue_count(catalogue));
    json_decref(json);
}
END_TEST

START_TEST(the_page_escapes_and_stands_alone)
{
    observe_all();
    list_known("WA-01", "2026-07-01", "WA-99", "2026-07-01");
    write_files();
    EXPECT("conformance.html", "<header class=\"verdict failed\">", "exit code 1",
           "id=\"show-FAIL\"", "id=\"show-known\"", "<tr class=\"row v-FAIL\" id=\"WA-05\">",
           "<tr class=\"row v-BLOCKED v-known\" id=\"WA-01\">", "&lt;there&gt;", "(check end)",
           "href=\"sessions.jsonl\"", "caseload conform --seed 4 --requirement WA-05",
           "id=\"known\"", "no such row", "id=\"not-claimed\"", "none yet", "</html>");
    refuse("conformance.html", "<there>");
    refuse("conformance.html", "<script");
    refuse("conformance.html", "src=");
    refuse("conformance.html", "http://");
    refuse("conformance.html", "https://");
    ck_assert_int_eq(conformance_page_write(temporary_folder, &failure), STATUS_OK); /* again */
}
END_TEST

START_TEST(evidence_is_linked_when_it_lies_in_the_folder)
{
    ck_assert_int_eq(mkdir(temporary_path("evidence"), 0777), 0);
    write_text(temporary_path("evidence/session-0-doctor.pcapng"), "x");
    write_text(temporary_path("evidence/session-01-doctor.pcapng"), "x");
    write_text(temporary_path("evidence/session-0-<b>.pcapng"), "x");
    check_log_add(observations, "WA-05", CHECK_FAIL, 0, 0, "a", "evidence/0-1/bug.md");
    check_log_add(observations, "WA-05", CHECK_FAIL, 0, 0, "b", "evidence/../../secret");
    check_log_add(observations, "WA-05", CHECK_FAIL, 0, 0, "c", "javascript:alert(1)");
    write_files();
    EXPECT("conformance.html", "href=\"evidence/session-0-doctor.pcapng\"",
           "href=\"evidence/0-1/bug.md\"");
    refuse("conformance.html", "session-01-doctor");
    refuse("conformance.html", "<b>.pcapng");
    refuse("conformance.html", "secret");
    refuse("conformance.html", "javascript:");
}
END_TEST

/* Whatever the document lacks, the page is written. */
START_TEST(an_empty_document_makes_a_page)
{
    write_text(
        temporary_path("conformance.json"),
        "{\"schema\":\"caseload/conformance/1\",\"rows\":[7,{\"id\":\"<x>\"},{\"kept\":[3],"
        "\"id\":\"WA-1\",\"verdict\":\"\\\"><b>\"}],\"reasons\":{},\"permissions\":{\"rows\":"
        "[[]]},\"known_failures\":{\"entries\":[null]},\"not_claimed\":[1]}");
    enum status status = conformance_page_write(temporary_folder, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    refuse("conformance.html", "<x>");
    refuse("conformance.html", "\"><b>");
}
END_TEST

START_TEST(what_is_no_conformance_json_is_named)
{
    ck_assert(!conformance_page_is_for(temporary_folder));
    ck_assert_int_eq(conformance_page_write(temporary_folder, &failure), STATUS_NOT_FOUND);
    write_text(temporary_path("conformance.json"), "{\"schema\":\"caseload/conformance/2\"}");
    ck_assert(conformance_page_is_for(temporary_folder));
    ck_assert_int_eq(conformance_page_write(temporary_folder, &failure), STATUS_MALFORMED);
    ck_assert_ptr_nonnull(strstr(failure.message, "conformance.json"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conformance_files");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, tap_tells_each_row_once);
    tcase_add_test(cases, junit_has_a_case_for_each_row);
    tcase_add_test(cases, json_holds_rows_and_what_was_not_claimed);
    tcase_add_test(cases, the_page_escapes_and_stands_alone);
    tcase_add_test(cases, evidence_is_linked_when_it_lies_in_the_folder);
    tcase_add_test(cases, an_empty_document_makes_a_page);
    tcase_add_test(cases, what_is_no_conformance_json_is_named);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
