#include "engine/media/sink_layers.h"

#include <check.h>
#include <string.h>

static struct sink_layers layers;

static void setup(void)
{
    memset(&layers, 0, sizeof layers);
}

static struct layer_gap give(uint32_t number, uint8_t spatial, uint8_t temporal, bool follows,
                             bool key)
{
    struct assembled_frame frame = {.follows = follows, .key_frame = key};
    struct stamp stamp = {.number = number, .spatial = spatial, .temporal = temporal};
    return sink_layers_frame(&layers, &frame, &stamp, 3, true);
}

START_TEST(layers_left_out_are_thinned)
{
    give(0, 2, 0, false, true);
    ck_assert_uint_eq(give(4, 2, 0, true, false).thinned, 3);
    ck_assert_uint_eq(give(6, 2, 1, true, false).thinned, 1);
    ck_assert_uint_eq(give(8, 2, 0, true, false).thinned, 1);
    ck_assert_uint_eq(give(9, 2, 2, true, false).thinned, 0);
    ck_assert_uint_eq(layers.thinned, 5);
    ck_assert_uint_eq(layers.switches, 0);
}
END_TEST

START_TEST(more_than_layers_explain_is_lost)
{
    give(0, 2, 0, false, true);
    ck_assert_uint_eq(give(5, 2, 0, true, false).thinned, 0);  /* a frame of layer 0 among them */
    ck_assert_uint_eq(give(8, 2, 1, true, false).thinned, 0);  /* and here */
    ck_assert_uint_eq(give(10, 2, 2, true, false).thinned, 0); /* builds on the one before it */
    ck_assert_uint_eq(layers.thinned, 0);
}
END_TEST

START_TEST(holes_on_the_wire_are_lost)
{
    give(0, 2, 0, false, true);
    ck_assert_uint_eq(give(4, 2, 0, false, false).thinned, 0);
    ck_assert_uint_eq(give(20, 1, 0, false, true).thinned, 0);
}
END_TEST

START_TEST(a_change_of_encoding_explains_what_is_before_it)
{
    give(10, 2, 0, false, true);
    struct layer_gap gap = give(12, 0, 0, true, true);
    ck_assert(gap.switched);
    ck_assert_uint_eq(gap.thinned, 1);
    gap = give(12, 1, 0, true, true); /* the same picture again, larger */
    ck_assert(gap.switched);
    ck_assert_uint_eq(gap.thinned, 0);
    ck_assert_uint_eq(layers.switches, 2);
    sink_layers_break(&layers);
    gap = give(40, 2, 0, true, true);
    ck_assert(!gap.switched);
    ck_assert_uint_eq(gap.thinned, 0);
}
END_TEST

/* One encoding, one layer: nothing can be left out. */
START_TEST(without_layers_everything_missing_is_lost)
{
    struct assembled_frame frame = {.follows = true, .key_frame = true};
    for (uint32_t number = 0; number < 10; number += 2)
        ck_assert_uint_eq(
            sink_layers_frame(&layers, &frame, &(struct stamp){.number = number}, 1, false).thinned,
            0);
    frame.misnumbered = true;
    sink_layers_frame(&layers, &frame, &(struct stamp){.number = 10}, 0, false);
    ck_assert_uint_eq(layers.misnumbered, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sink_layers");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, layers_left_out_are_thinned);
    tcase_add_test(cases, more_than_layers_explain_is_lost);
    tcase_add_test(cases, holes_on_the_wire_are_lost);
    tcase_add_test(cases, a_change_of_encoding_explains_what_is_before_it);
    tcase_add_test(cases, without_layers_everything_missing_is_lost);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
