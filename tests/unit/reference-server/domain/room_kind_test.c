#include "reference-server/domain/room_kind.h"

#include <check.h>
#include <stdlib.h>

START_TEST(a_kind_is_found_by_its_name_and_no_other)
{
    for (unsigned kind = 0; kind < ROOM_KIND_COUNT; kind++)
        ck_assert_uint_eq(room_kind_by_name(room_terms((enum room_kind)kind)->name), kind);
    ck_assert_uint_eq(room_kind_by_name("garden"), ROOM_KIND_COUNT);
    ck_assert_uint_eq(room_kind_by_name(""), ROOM_KIND_COUNT);
}
END_TEST

START_TEST(a_group_room_is_the_one_for_more_than_six)
{
    ck_assert_uint_eq(room_terms(ROOM_MEETING)->cap, 6);
    ck_assert_uint_eq(room_terms(ROOM_USER)->cap, 6);
    ck_assert_uint_eq(room_terms(ROOM_GROUP)->cap, 20);
}
END_TEST

START_TEST(who_may_use_may_see_and_who_may_add_may_see)
{
    for (unsigned kind = 0; kind < ROOM_KIND_COUNT; kind++) {
        const struct room_terms *terms = room_terms((enum room_kind)kind);
        for (unsigned role = 0; role < ROLE_COUNT; role++) {
            bool sees = permission_granted(terms->see, ROLE_BIT(role));
            ck_assert(sees || !permission_granted(terms->use, ROLE_BIT(role)));
            ck_assert(sees || !permission_granted(terms->add, ROLE_BIT(role)));
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("room_kind");
    TCase *tests = tcase_create("room_kind");
    tcase_add_test(tests, a_kind_is_found_by_its_name_and_no_other);
    tcase_add_test(tests, a_group_room_is_the_one_for_more_than_six);
    tcase_add_test(tests, who_may_use_may_see_and_who_may_add_may_see);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
