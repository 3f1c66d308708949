#include "reference-server/domain/invitation.h"

#include <check.h>

static struct directory directory;

static struct invitation offer(uint8_t number, int64_t expires_at_us)
{
    return (struct invitation){.key = {{number}}, .expires_at_us = expires_at_us};
}

START_TEST(it_is_found_by_its_key_until_it_is_over)
{
    struct invitation one = offer(1, 100), two = offer(2, 200);
    directory = (struct directory){0};
    ck_assert_int_eq(invitation_add(&directory, &one), STATUS_OK);
    ck_assert_int_eq(invitation_add(&directory, &two), STATUS_OK);
    ck_assert_int_eq(invitation_add(&directory, &one), STATUS_EXISTS);
    ck_assert_ptr_nonnull(invitation_find(&directory, &one.key, 99));
    ck_assert_ptr_null(invitation_find(&directory, &one.key, 100));
    ck_assert_ptr_null(invitation_find(&directory, &one.key, 0)); /* forgotten */
    ck_assert_ptr_nonnull(invitation_find(&directory, &two.key, 100));
    invitations_finish(&directory);
}
END_TEST

START_TEST(one_organisation_does_not_take_the_room_of_others)
{
    struct organisation many = {0}, other = {0};
    directory = (struct directory){0};
    for (unsigned i = 0; i < INVITATIONS_OF_ORGANISATION_MAX; i++) {
        struct invitation one = {.key = {{(uint8_t)i, (uint8_t)(i >> 8)}},
                                 .offered.organisation = &many,
                                 .expires_at_us = i == 0 ? 100 : 200};
        ck_assert(invitation_has_room(&directory, &many, 0));
        ck_assert_int_eq(invitation_add(&directory, &one), STATUS_OK);
    }
    ck_assert(!invitation_has_room(&directory, &many, 99));
    ck_assert(invitation_has_room(&directory, &other, 99));
    ck_assert(invitation_has_room(&directory, &many, 100)); /* one is over */
    invitations_finish(&directory);
}
END_TEST

START_TEST(any_of_the_list_can_be_removed)
{
    struct invitation all[3];
    directory = (struct directory){0};
    for (uint8_t i = 0; i < 3; i++) {
        all[i] = offer(i, 100);
        ck_assert_int_eq(invitation_add(&directory, &all[i]), STATUS_OK);
    }
    const unsigned order[] = {1, 0, 2};
    for (size_t i = 0; i < 3; i++) {
        struct invitation *found = invitation_find(&directory, &all[order[i]].key, 0);
        ck_assert_ptr_nonnull(found);
        invitation_remove(&directory, found);
        ck_assert_ptr_null(invitation_find(&directory, &all[order[i]].key, 0));
    }
    ck_assert_ptr_null(directory.invitations);
    invitations_finish(&directory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("invitation");
    TCase *tests = tcase_create("invitation");
    tcase_add_test(tests, it_is_found_by_its_key_until_it_is_over);
    tcase_add_test(tests, one_organisation_does_not_take_the_room_of_others);
    tcase_add_test(tests, any_of_the_list_can_be_removed);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
