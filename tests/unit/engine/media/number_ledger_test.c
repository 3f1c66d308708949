#include "engine/media/number_ledger.h"

#include <check.h>

static struct number_ledger ledger;
static uint64_t expected, received;

/* 10 numbers per second, number 0 at time 0. */
static int64_t capture(uint32_t number)
{
    return number * 100000LL;
}

static void open_at(uint32_t number)
{
    number_ledger_open(&ledger, number, capture(number));
}

static void close_at(uint32_t number)
{
    number_ledger_close(&ledger, number, capture(number));
}

static void came(uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        ck_assert(number_ledger_came(&ledger, i, capture(i), 0));
}

static void assert_totals(uint64_t want_expected, uint64_t want_received)
{
    number_ledger_totals(&ledger, &expected, &received);
    ck_assert_uint_eq(expected, want_expected);
    ck_assert_uint_eq(received, want_received);
}

static void reset(void)
{
    ledger = (struct number_ledger){0};
}

START_TEST(all_of_it_came)
{
    reset();
    assert_totals(0, 0);
    open_at(50);
    came(50, 100);
    assert_totals(50, 50);
    close_at(100);
    assert_totals(50, 50);
}
END_TEST

START_TEST(losses_in_the_middle)
{
    reset();
    open_at(50);
    came(50, 60);
    came(63, 100);
    close_at(100);
    assert_totals(50, 47);
}
END_TEST

/* The platform began to forward with a key frame 1.5 s after it was permitted. */
START_TEST(what_came_before_the_first_is_not_expected)
{
    reset();
    open_at(50);
    came(65, 100);
    close_at(100);
    assert_totals(35, 35);
}
END_TEST

/* 5 s after it was permitted: 2 s are free, the other 30 numbers should have come. */
START_TEST(a_beginning_that_is_too_late_is_loss)
{
    reset();
    open_at(50);
    came(100, 150);
    close_at(150);
    assert_totals(50 + 30, 50);
}
END_TEST

START_TEST(what_had_begun_to_come_is_expected)
{
    reset();
    open_at(50);
    ck_assert(number_ledger_came(&ledger, 53, capture(53), 2));
    came(54, 60);
    close_at(60);
    assert_totals(9, 7);
}
END_TEST

/* The platform stopped 200 ms before it was told; 0.5 s before would be loss of 2. */
START_TEST(the_end_is_forgiven_for_300_ms)
{
    reset();
    open_at(0);
    came(0, 98);
    close_at(100);
    assert_totals(98, 98);
    reset();
    open_at(0);
    came(0, 95); /* the last at 9.4 s; up to 9.7 s three more should have come */
    close_at(100);
    assert_totals(98, 95);
}
END_TEST

/* The sender stopped long before: there was nothing more to come. */
START_TEST(a_sender_that_stops_is_no_loss)
{
    reset();
    open_at(0);
    came(0, 50);
    number_ledger_close(&ledger, 50, capture(500));
    assert_totals(50, 50);
}
END_TEST

START_TEST(late_ones_count_after_the_end)
{
    reset();
    open_at(0);
    came(0, 97);
    close_at(100);
    came(97, 100);
    assert_totals(100, 100);
    came(100, 120); /* beyond the end */
    assert_totals(100, 100);
}
END_TEST

START_TEST(what_was_sent_before_the_interval_does_not_count)
{
    reset();
    came(0, 5); /* no interval yet */
    open_at(10);
    came(5, 20);
    close_at(20);
    assert_totals(10, 10);
}
END_TEST

START_TEST(intervals_add_up)
{
    reset();
    open_at(0);
    came(0, 40);
    close_at(40);
    open_at(100);
    open_at(90); /* already open */
    came(100, 150);
    came(152, 200);
    close_at(200);
    close_at(300); /* already closed */
    assert_totals(140, 138);
}
END_TEST

START_TEST(twice_is_once)
{
    reset();
    open_at(0);
    came(0, 10);
    ck_assert(!number_ledger_came(&ledger, 5, capture(5), 0));
    ck_assert(!number_ledger_came(&ledger, 9, capture(9), 0));
    came(500, 501);
    ck_assert(!number_ledger_came(&ledger, 500, capture(500), 0));
    ck_assert(number_ledger_came(&ledger, 260, capture(260), 0)); /* shares a bit with 4 */
    number_ledger_totals(&ledger, &expected, &received);
    ck_assert_uint_eq(received, 12);
}
END_TEST

START_TEST(out_of_order_is_no_loss)
{
    reset();
    open_at(0);
    for (uint32_t i = 0; i < 300; i++)
        ck_assert(number_ledger_came(&ledger, i ^ 1, capture(i ^ 1), 0));
    close_at(300);
    assert_totals(300, 300);
}
END_TEST

/* 10 s, and nothing came: 2.3 s are free at the ends, 77 of 100 are missing. */
START_TEST(nothing_came)
{
    reset();
    open_at(0);
    assert_totals(0, 0);
    close_at(100);
    assert_totals(77, 0);
    reset();
    open_at(0);
    close_at(20);
    assert_totals(0, 0);
    reset();
    open_at(0);
    number_ledger_close(&ledger, 0, 10000000); /* nothing was sent */
    assert_totals(0, 0);
}
END_TEST

START_TEST(a_single_one)
{
    reset();
    open_at(0);
    came(0, 1);
    close_at(3);
    assert_totals(1, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/number_ledger");
    TCase *cases = tcase_create("number_ledger");
    tcase_add_test(cases, all_of_it_came);
    tcase_add_test(cases, losses_in_the_middle);
    tcase_add_test(cases, what_came_before_the_first_is_not_expected);
    tcase_add_test(cases, a_beginning_that_is_too_late_is_loss);
    tcase_add_test(cases, what_had_begun_to_come_is_expected);
    tcase_add_test(cases, the_end_is_forgiven_for_300_ms);
    tcase_add_test(cases, a_sender_that_stops_is_no_loss);
    tcase_add_test(cases, late_ones_count_after_the_end);
    tcase_add_test(cases, what_was_sent_before_the_interval_does_not_count);
    tcase_add_test(cases, intervals_add_up);
    tcase_add_test(cases, twice_is_once);
    tcase_add_test(cases, out_of_order_is_no_loss);
    tcase_add_test(cases, nothing_came);
    tcase_add_test(cases, a_single_one);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
