#include "reference-server/media/slot_assign.h"

#include <check.h>
#include <string.h>

enum { SELF = 99 };

static uint64_t pairs[4];

static size_t assign(const uint64_t *sources, size_t count)
{
    return slot_assign(pairs, 4, SELF, sources, count);
}

static void expect(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    ck_assert_uint_eq(pairs[0], a);
    ck_assert_uint_eq(pairs[1], b);
    ck_assert_uint_eq(pairs[2], c);
    ck_assert_uint_eq(pairs[3], d);
}

static void setup(void)
{
    memset(pairs, 0, sizeof pairs);
}

START_TEST(newcomers_take_the_lowest_free_pairs_in_order)
{
    const uint64_t sources[] = {7, 5};
    ck_assert_uint_eq(assign(sources, 2), 0);
    expect(7, 5, 0, 0);
}
END_TEST

START_TEST(who_has_a_pair_keeps_it_when_the_order_changes)
{
    const uint64_t before[] = {1, 2, 3}, after[] = {3, 4, 2};
    assign(before, 3);
    assign(after, 3);
    expect(4, 2, 3, 0);
}
END_TEST

START_TEST(leavers_free_their_pair_for_the_next)
{
    const uint64_t all[] = {1, 2, 3}, two[] = {1, 3}, again[] = {1, 3, 9};
    assign(all, 3);
    assign(two, 2);
    expect(1, 0, 3, 0);
    assign(again, 3);
    expect(1, 9, 3, 0);
    assign(NULL, 0);
    expect(0, 0, 0, 0);
}
END_TEST

START_TEST(nobody_sees_himself_nobody_or_one_person_twice)
{
    const uint64_t sources[] = {0, SELF, 4, 4, 0, 5};
    ck_assert_uint_eq(assign(sources, 6), 0);
    expect(4, 5, 0, 0);
}
END_TEST

START_TEST(juniors_are_left_out_when_pairs_run_out)
{
    const uint64_t sources[] = {1, 2, 3, 4, 5, 6};
    ck_assert_uint_eq(assign(sources, 6), 2);
    expect(1, 2, 3, 4);
    ck_assert_uint_eq(assign(sources + 1, 5), 1); /* 1 left: the next in seniority comes in */
    expect(5, 2, 3, 4);
    const uint64_t twice[] = {2, 3, 4, 5, 6, 6}; /* one person left out, not two */
    ck_assert_uint_eq(assign(twice, 6), 1);
}
END_TEST

START_TEST(without_pairs_all_are_left_out)
{
    const uint64_t sources[] = {1, 2};
    ck_assert_uint_eq(slot_assign(pairs, 0, SELF, sources, 2), 2);
}
END_TEST

START_TEST(sound_goes_beside_its_picture_where_it_can)
{
    const uint64_t video[] = {1, 2, 3, 4, 5, 6}, voices[] = {3, 6, 9};
    uint64_t audio[5] = {0};

    ck_assert_uint_eq(slot_assign_beside(audio, 5, video, 6, SELF, voices, 3), 0);
    ck_assert_uint_eq(audio[2], 3);
    ck_assert_uint_eq(audio[0], 6); /* its pair has no slot for sound */
    ck_assert_uint_eq(audio[1], 9); /* heard, not seen */

    const uint64_t others[] = {6, 9, 1}; /* who is heard already stays where he is */
    ck_assert_uint_eq(slot_assign_beside(audio, 5, video, 6, SELF, others, 3), 0);
    ck_assert_uint_eq(audio[0], 6);
    ck_assert_uint_eq(audio[1], 9);
    ck_assert_uint_eq(audio[2], 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/slot_assign");
    TCase *cases = tcase_create("slot_assign");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, newcomers_take_the_lowest_free_pairs_in_order);
    tcase_add_test(cases, who_has_a_pair_keeps_it_when_the_order_changes);
    tcase_add_test(cases, leavers_free_their_pair_for_the_next);
    tcase_add_test(cases, nobody_sees_himself_nobody_or_one_person_twice);
    tcase_add_test(cases, juniors_are_left_out_when_pairs_run_out);
    tcase_add_test(cases, sound_goes_beside_its_picture_where_it_can);
    tcase_add_test(cases, without_pairs_all_are_left_out);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
