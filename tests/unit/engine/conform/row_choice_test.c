#include "engine/conform/row_choice.h"

#include <check.h>
#include <string.h>

static const struct requirement waiting = {.id = "WA-05", .profile = "clinic"};
static const struct requirement transfer = {.id = "TR-05", .profile = "transfer"};

START_TEST(without_words_every_row_is_chosen)
{
    ck_assert(row_is_chosen(&(struct row_choice){0}, &waiting));
}
END_TEST

START_TEST(words_are_whole_and_both_kinds_must_fit)
{
    const struct row_choice clinic = {.profiles = "core,clinic"};
    const struct row_choice both = {.profiles = "clinic", .requirements = "TR-05,WA-05"};
    const struct row_choice beginning = {.requirements = "WA-051,WA-0"};
    ck_assert(row_is_chosen(&clinic, &waiting) && !row_is_chosen(&clinic, &transfer));
    ck_assert(row_is_chosen(&both, &waiting) && !row_is_chosen(&both, &transfer));
    ck_assert(!row_is_chosen(&beginning, &waiting));
}
END_TEST

START_TEST(a_word_that_the_catalogue_lacks_is_a_mistake)
{
    struct catalogue *catalogue;
    struct failure failure;
    ck_assert_int_eq(
        catalogue_read(CASELOAD_VECTORS "/../../docs/requirements", &catalogue, &failure),
        STATUS_OK);
    const struct row_choice good = {.profiles = "core,clinic", .requirements = "WA-05"};
    const struct row_choice profile = {.profiles = "core,clinics"};
    const struct row_choice id = {.requirements = "WA-05,"};
    ck_assert_int_eq(row_choice_check(&good, catalogue, &failure), STATUS_OK);
    ck_assert_int_eq(row_choice_check(&profile, catalogue, &failure), STATUS_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(failure.message, "--profile clinics"));
    ck_assert_int_eq(row_choice_check(&id, catalogue, &failure), STATUS_NOT_FOUND);
    catalogue_destroy(catalogue);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("row_choice");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, without_words_every_row_is_chosen);
    tcase_add_test(cases, words_are_whole_and_both_kinds_must_fit);
    tcase_add_test(cases, a_word_that_the_catalogue_lacks_is_a_mistake);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
