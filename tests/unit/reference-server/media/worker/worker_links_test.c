#include "reference-server/media/worker/worker_links.h"

#include <check.h>
#include <string.h>

static struct worker_links *links;

static void setup(void)
{
    links = worker_links_create(3);
    ck_assert_ptr_nonnull(links);
}

static void teardown(void)
{
    worker_links_destroy(links);
}

static bool put(unsigned from, unsigned to, uint64_t source)
{
    struct relay_record *record = worker_links_reserve(links, from, to);
    if (!record)
        return false;
    record->kind = RELAY_KEY_REQUEST;
    record->source = source;
    worker_links_publish(links, from, to);
    return true;
}

START_TEST(each_ordered_pair_has_its_own_order)
{
    put(0, 1, 10);
    put(0, 1, 11);
    put(1, 0, 20);
    put(2, 1, 30);
    ck_assert_uint_eq(worker_links_peek(links, 0, 1)->source, 10);
    worker_links_release(links, 0, 1);
    ck_assert_uint_eq(worker_links_peek(links, 0, 1)->source, 11);
    ck_assert_uint_eq(worker_links_peek(links, 1, 0)->source, 20);
    ck_assert_uint_eq(worker_links_peek(links, 2, 1)->source, 30);
    ck_assert_ptr_null(worker_links_peek(links, 0, 2));
    ck_assert_uint_eq(worker_links_waiting(links, 1), 2);
}
END_TEST

START_TEST(a_full_ring_refuses_and_counts)
{
    uint64_t taken = 0;
    while (put(0, 1, taken))
        taken++;
    ck_assert_uint_ge(taken, 512);
    ck_assert(!put(0, 1, 0));
    ck_assert_uint_eq(worker_links_refused(links, 1), 2);
    ck_assert_uint_eq(worker_links_refused(links, 0), 0);
    ck_assert_uint_eq(worker_links_peek(links, 0, 1)->source, 0); /* nothing was overwritten */
}
END_TEST

START_TEST(who_got_something_is_woken_once)
{
    put(0, 1, 1);
    put(0, 1, 2);
    put(0, 2, 3);
    ck_assert_uint_eq(worker_links_take_published(links, 0), 1 << 1 | 1 << 2);
    ck_assert_uint_eq(worker_links_take_published(links, 0), 0);
    ck_assert_uint_eq(worker_links_take_published(links, 1), 0);
}
END_TEST

START_TEST(one_worker_needs_no_rings)
{
    struct worker_links *single = worker_links_create(1);
    ck_assert_ptr_nonnull(single);
    ck_assert_uint_eq(worker_links_waiting(single, 0), 0);
    worker_links_destroy(single);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/worker/worker_links");
    TCase *cases = tcase_create("worker_links");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, each_ordered_pair_has_its_own_order);
    tcase_add_test(cases, a_full_ring_refuses_and_counts);
    tcase_add_test(cases, who_got_something_is_woken_once);
    tcase_add_test(cases, one_worker_needs_no_rings);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
