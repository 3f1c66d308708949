#include "reference-server/server/pages.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOURCES CASELOAD_VECTORS "/../.."

START_TEST(the_folder_is_found_from_the_build_tree_and_by_home)
{
    char folder[4096];
    unsetenv("CASELOAD_HOME");
    ck_assert_int_eq(pages_find_folder(folder, sizeof folder, NULL), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(folder, "reference-server/web"));
    setenv("CASELOAD_HOME", SOURCES, 1);
    ck_assert_int_eq(pages_find_folder(folder, sizeof folder, NULL), STATUS_OK);
    ck_assert_str_eq(folder, SOURCES "/reference-server/web");
    setenv("CASELOAD_HOME", "/nowhere", 1);
    ck_assert_int_eq(pages_find_folder(folder, sizeof folder, NULL), STATUS_OK);
    unsetenv("CASELOAD_HOME");
}
END_TEST

START_TEST(all_pages_are_loaded_by_name_only)
{
    struct pages *pages = NULL;
    ck_assert_int_eq(pages_load(SOURCES "/reference-server/web", &pages, NULL), STATUS_OK);
    const struct page *page = pages_by_name(pages, "patient.html");
    ck_assert_ptr_nonnull(page);
    ck_assert_str_eq(page->content_type, "text/html; charset=utf-8");
    ck_assert_uint_eq(strlen(page->text), page->size);
    ck_assert_ptr_null(pages_by_name(pages, "../main.c"));
    ck_assert_ptr_null(pages_by_name(pages, ""));
    ck_assert_ptr_null(pages_by_name(pages, "patient.html/"));
    pages_destroy(pages);
    pages_destroy(NULL);
}
END_TEST

/* No page loads anything from elsewhere, and what it loads is there. */
START_TEST(pages_are_self_contained)
{
    static const char *const names[] = {"patient.html", "staff.html"};
    struct pages *pages = NULL;
    ck_assert_int_eq(pages_load(SOURCES "/reference-server/web", &pages, NULL), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        const char *text = pages_by_name(pages, names[i])->text;
        ck_assert_ptr_null(strstr(text, "http:"));
        ck_assert_ptr_null(strstr(text, "https:"));
        int references = 0;
        for (const char *at = strstr(text, "\"/web/"); at; at = strstr(at + 1, "\"/web/")) {
            char name[64] = "";
            sscanf(at, "\"/web/%63[^\"]", name);
            ck_assert_msg(pages_by_name(pages, name), "%s", name);
            references++;
        }
        ck_assert_int_ge(references, 4);
    }
    pages_destroy(pages);
}
END_TEST

START_TEST(a_missing_page_is_named)
{
    struct pages *pages = NULL;
    struct failure failure = {0};
    ck_assert_int_eq(pages_load("/nowhere", &pages, &failure), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(failure.message, "/nowhere/patient.html"));
    ck_assert_ptr_null(pages);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pages");
    TCase *tests = tcase_create("pages");
    tcase_add_test(tests, the_folder_is_found_from_the_build_tree_and_by_home);
    tcase_add_test(tests, all_pages_are_loaded_by_name_only);
    tcase_add_test(tests, pages_are_self_contained);
    tcase_add_test(tests, a_missing_page_is_named);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
