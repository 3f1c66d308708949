#include "reference-server/domain/past.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct past_space space_number(unsigned number)
{
    struct past_space space = {0};
    snprintf(space.space_id.text, sizeof space.space_id.text, "space%015u", number);
    snprintf(space.card_id.text, sizeof space.card_id.text, "card%016u", number);
    memcpy(space.token.bytes, &number, sizeof number);
    return space;
}

START_TEST(remembers_by_space_card_and_token)
{
    struct past *past = past_create(10);
    struct past_space one = space_number(1), two = space_number(2);
    past_add(past, &one);
    const struct past_space *found = past_by_space(past, one.space_id.text);
    ck_assert_ptr_nonnull(found);
    ck_assert_ptr_eq(found, past_by_card(past, one.card_id.text));
    ck_assert_ptr_eq(found, past_by_token(past, &one.token));
    ck_assert_ptr_null(past_by_space(past, two.space_id.text));
    ck_assert_ptr_null(past_by_token(past, &two.token));
    past_destroy(past);
    past_destroy(NULL);
}
END_TEST

START_TEST(forgets_the_oldest_first)
{
    struct past *past = past_create(3);
    for (unsigned i = 0; i < 5; i++) {
        struct past_space space = space_number(i);
        past_add(past, &space);
    }
    ck_assert_uint_eq(past_count(past), 3);
    for (unsigned i = 0; i < 5; i++) {
        struct past_space space = space_number(i);
        ck_assert_int_eq(past_by_space(past, space.space_id.text) != NULL, i >= 2);
        ck_assert_int_eq(past_by_card(past, space.card_id.text) != NULL, i >= 2);
        ck_assert_int_eq(past_by_token(past, &space.token) != NULL, i >= 2);
    }
    past_destroy(past);
}
END_TEST

START_TEST(a_limit_of_one_works)
{
    struct past *past = past_create(1);
    struct past_space one = space_number(1), two = space_number(2);
    past_add(past, &one);
    past_add(past, &two);
    ck_assert_ptr_null(past_by_card(past, one.card_id.text));
    ck_assert_ptr_nonnull(past_by_card(past, two.card_id.text));
    past_destroy(past);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("past");
    TCase *tests = tcase_create("past");
    tcase_add_test(tests, remembers_by_space_card_and_token);
    tcase_add_test(tests, forgets_the_oldest_first);
    tcase_add_test(tests, a_limit_of_one_works);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
