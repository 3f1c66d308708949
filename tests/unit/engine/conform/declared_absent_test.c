#include "engine/conform/declared_absent.h"

#include <check.h>
#include <string.h>

static struct catalogue *catalogue;
static struct declared_absent *absent;
static struct failure failure;

static void setup(void)
{
    ck_assert_int_eq(
        catalogue_read(CASELOAD_VECTORS "/../../docs/requirements", &catalogue, &failure),
        STATUS_OK);
    absent = NULL;
}

static void teardown(void)
{
    declared_absent_destroy(absent);
    catalogue_destroy(catalogue);
}

static enum status read(const char *json)
{
    return declared_absent_read(json, catalogue, &absent, &failure);
}

static const char *reason(const char *id)
{
    return declared_absent_reason(absent, catalogue_find(catalogue, id));
}

START_TEST(a_row_is_absent_by_its_id_or_by_its_profile)
{
    ck_assert_int_eq(read("{\"rooms\":\"no rooms\",\"WA-16\":\"no music\",\"MR-01\":\"own\"}"),
                     STATUS_OK);
    ck_assert_str_eq(reason("WA-16"), "no music");
    ck_assert_str_eq(reason("MR-02"), "no rooms");
    ck_assert_str_eq(reason("MR-01"), "own");
    ck_assert_ptr_null(reason("WA-05"));
}
END_TEST

START_TEST(nothing_declared_is_all_there)
{
    ck_assert_int_eq(read("{}"), STATUS_OK);
    ck_assert_ptr_null(reason("WA-05"));
    ck_assert_ptr_null(declared_absent_reason(NULL, catalogue_find(catalogue, "WA-05")));
}
END_TEST

static const struct {
    const char *json, *said;
    enum status status;
} mistakes[] = {
    {"[]", "declares.absent", STATUS_MALFORMED},
    {"", "declares.absent", STATUS_MALFORMED},
    {"{\"room\":\"x\"}", "'room' absent, which is no profile", STATUS_NOT_FOUND},
    {"{\"WA-99\":\"x\"}", "'WA-99'", STATUS_NOT_FOUND},
    {"{\"rooms\":\"\"}", "rooms absent and does not say why", STATUS_MALFORMED},
    {"{\"rooms\":true}", "does not say why", STATUS_MALFORMED},
};

START_TEST(a_word_that_means_nothing_is_named)
{
    ck_assert_int_eq(read(mistakes[_i].json), mistakes[_i].status);
    ck_assert_msg(strstr(failure.message, mistakes[_i].said) != NULL, "%s", failure.message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("declared_absent");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_row_is_absent_by_its_id_or_by_its_profile);
    tcase_add_test(cases, nothing_declared_is_all_there);
    tcase_add_loop_test(cases, a_word_that_means_nothing_is_named, 0,
                        sizeof mistakes / sizeof mistakes[0]);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
