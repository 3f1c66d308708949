#include "common/base/ring.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>

START_TEST(records_come_out_in_order)
{
    struct ring *ring = ring_create(4, sizeof(int));
    ck_assert_ptr_null(ring_peek(ring));
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 3; i++) {
            *(int *)ring_reserve(ring) = round * 10 + i;
            ring_publish(ring);
        }
        ck_assert_uint_eq(ring_length(ring), 3);
        for (int i = 0; i < 3; i++) {
            ck_assert_int_eq(*(const int *)ring_peek(ring), round * 10 + i);
            ring_release(ring);
        }
        ck_assert_ptr_null(ring_peek(ring));
    }
    ck_assert_uint_eq(ring_refused(ring), 0);
    ring_destroy(ring);
}
END_TEST

START_TEST(full_ring_refuses_and_counts)
{
    struct ring *ring = ring_create(3, 100); /* rounded up to 4 */
    for (int i = 0; i < 4; i++) {
        ck_assert_ptr_nonnull(ring_reserve(ring));
        ring_publish(ring);
    }
    ck_assert_ptr_null(ring_reserve(ring));
    ck_assert_ptr_null(ring_reserve(ring));
    ck_assert_uint_eq(ring_refused(ring), 2);
    ck_assert_uint_eq(ring_length(ring), 4);
    ck_assert_ptr_nonnull(ring_peek(ring));
    ring_release(ring);
    ck_assert_ptr_nonnull(ring_reserve(ring));
    ring_destroy(ring);
}
END_TEST

START_TEST(reserved_but_unpublished_is_invisible)
{
    struct ring *ring = ring_create(1, 8);
    void *place = ring_reserve(ring);
    ck_assert_ptr_null(ring_peek(ring));
    ck_assert_ptr_eq(ring_reserve(ring), place); /* given up and taken again */
    ring_publish(ring);
    ck_assert_ptr_eq((void *)ring_peek(ring), place);
    ring_destroy(ring);
}
END_TEST

START_TEST(impossible_sizes_have_no_ring)
{
    ck_assert_ptr_null(ring_create(SIZE_MAX / 2, 1024));
    ck_assert_ptr_null(ring_create(SIZE_MAX, 1));
    ck_assert_ptr_null(ring_create(1, SIZE_MAX));
    ring_destroy(NULL);
}
END_TEST

enum { THREAD_RECORDS = 300000 };

struct record {
    uint64_t number;
    uint64_t check; /* torn records would not match */
    unsigned char more[40];
};

static void *produce(void *arg)
{
    struct ring *ring = arg;
    for (uint64_t number = 0; number < THREAD_RECORDS;) {
        struct record *record = ring_reserve(ring);
        if (!record) {
            sched_yield();
            continue;
        }
        record->number = number;
        record->check = ~number * 31;
        ring_publish(ring);
        number++;
    }
    return NULL;
}

START_TEST(two_threads_lose_and_tear_nothing)
{
    struct ring *ring = ring_create(64, sizeof(struct record));
    pthread_t producer;
    ck_assert_int_eq(pthread_create(&producer, NULL, produce, ring), 0);

    uint64_t wrong = 0;
    for (uint64_t expected = 0; expected < THREAD_RECORDS;) {
        const struct record *record = ring_peek(ring);
        if (!record) {
            sched_yield();
            continue;
        }
        wrong += record->number != expected || record->check != ~expected * 31;
        wrong += ring_length(ring) > 64;
        ring_release(ring);
        expected++;
    }
    pthread_join(producer, NULL);
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(ring_length(ring), 0);
    ring_destroy(ring);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/ring");
    TCase *cases = tcase_create("ring");
    tcase_add_test(cases, records_come_out_in_order);
    tcase_add_test(cases, full_ring_refuses_and_counts);
    tcase_add_test(cases, reserved_but_unpublished_is_invisible);
    tcase_add_test(cases, impossible_sizes_have_no_ring);
    tcase_add_test(cases, two_threads_lose_and_tear_nothing);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
