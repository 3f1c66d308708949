#include "reference-server/media/forward/layer_choice.h"

#include <check.h>

static struct layer_choice choice;
/* q, h, f with three, two and two rungs. */
static struct layer_option ladder[7] = {
    {{2, 0}, true, 60000},  {{2, 1}, true, 100000}, {{2, 2}, true, 150000}, {{1, 1}, true, 330000},
    {{1, 2}, true, 500000}, {{0, 1}, true, 900000}, {{0, 2}, true, 1500000}};

static void setup(void)
{
    layer_choice_init(&choice);
}

static bool choose(uint64_t target_bps, int64_t now_us)
{
    return layer_choice_make(&choice, ladder, 7, target_bps, now_us);
}

static void expect(uint8_t encoding, uint8_t temporal)
{
    ck_assert_uint_eq(choice.pick.encoding, encoding);
    ck_assert_uint_eq(choice.pick.temporal, temporal);
}

START_TEST(unlimited_takes_the_best)
{
    ck_assert(choose(LAYER_UNLIMITED, 0));
    expect(0, 2);
    ck_assert(!choose(LAYER_UNLIMITED, 1));
}
END_TEST

START_TEST(the_best_that_fits)
{
    choose(1000000, 0);
    expect(0, 1);
    setup();
    choose(160000, 0);
    expect(2, 2);
    setup();
    choose(10000, 0); /* the lowest when none does */
    expect(2, 0);
    setup();
    choose(0, 0);
    expect(2, 0);
}
END_TEST

START_TEST(down_at_once_up_after_a_while_and_with_room)
{
    choose(LAYER_UNLIMITED, 0);
    ck_assert(choose(400000, 1000000));
    expect(1, 1);
    ck_assert(!choose(LAYER_UNLIMITED, 1000000 + LAYER_RISE_HOLD_US - 1));
    ck_assert(!choose(510000, 1000000 + LAYER_RISE_HOLD_US)); /* would fit, without room */
    ck_assert(choose(590000, 1000000 + LAYER_RISE_HOLD_US));
    expect(1, 2);
    ck_assert(choose(LAYER_UNLIMITED, 1000001 + LAYER_RISE_HOLD_US)); /* went up last: no wait */
    expect(0, 2);
}
END_TEST

START_TEST(a_little_too_much_is_kept)
{
    choose(500000, 0);
    expect(1, 2);
    ck_assert(!choose(480000, 1));
    ck_assert(choose(470000, 2));
    expect(1, 1);
}
END_TEST

/* A target around the edge moves the choice once, not with every value. */
START_TEST(a_target_that_trembles_does_not_make_it_flap)
{
    int changes = 0;
    choose(500000, 0);
    for (int i = 0; i < 1000; i++)
        changes += choose(500000 + (i % 2 ? 30000 : -30000), i * 50000);
    ck_assert_int_le(changes, 1);
}
END_TEST

START_TEST(what_is_not_measured_is_too_much)
{
    struct layer_option fresh[3] = {{{2, 0}, false, 0}, {{1, 0}, false, 0}, {{0, 0}, false, 0}};
    layer_choice_make(&choice, fresh, 3, 5000000, 0);
    expect(2, 0);
    setup();
    layer_choice_make(&choice, fresh, 3, LAYER_UNLIMITED, 0);
    expect(0, 0);
}
END_TEST

START_TEST(an_encoding_that_went_away_is_replaced)
{
    choose(LAYER_UNLIMITED, 0);
    ck_assert(layer_choice_make(&choice, ladder, 5, LAYER_UNLIMITED, 1));
    expect(1, 2);
    ck_assert(!layer_choice_make(&choice, ladder, 0, LAYER_UNLIMITED, 2));
    expect(1, 2);
    ck_assert(choose(LAYER_UNLIMITED, 3)); /* and back without waiting */
    expect(0, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layer_choice");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, unlimited_takes_the_best);
    tcase_add_test(cases, the_best_that_fits);
    tcase_add_test(cases, down_at_once_up_after_a_while_and_with_room);
    tcase_add_test(cases, a_little_too_much_is_kept);
    tcase_add_test(cases, a_target_that_trembles_does_not_make_it_flap);
    tcase_add_test(cases, what_is_not_measured_is_too_much);
    tcase_add_test(cases, an_encoding_that_went_away_is_replaced);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
