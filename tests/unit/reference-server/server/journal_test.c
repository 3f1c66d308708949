#include "reference-server/server/journal.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"

#define O "organisation-0000001"
#define C "clinic-0000000000001"
#define U "user-000000000000001"

static struct loop *loop;
static struct background *background;
static struct store *store;
static struct journal *journal;
static int read_visits, read_tokens;

static void setup(void)
{
    loop = loop_create();
    ck_assert_int_eq(background_create(loop, 10, &background), STATUS_OK);
    ck_assert_int_eq(store_open(":memory:", &store, NULL), STATUS_OK);
    ck_assert_int_eq(store_add_organisation(store, O, "One"), STATUS_OK);
    ck_assert_int_eq(store_add_clinic(store, C, O, 0, "Renal", "renal-link"), STATUS_OK);
    ck_assert_int_eq(store_add_user(store, U, "ann", "Ann", "hash"), STATUS_OK);
    ck_assert_int_eq(journal_create(loop, background, store, &journal), STATUS_OK);
}

static void teardown(void)
{
    store_close(store);
    loop_destroy(loop);
}

static void add_visit(unsigned number, const char *clinic)
{
    char space[24];
    snprintf(space, sizeof space, "space%015u", number);
    journal_add_visit(journal, &(struct store_visit){.space_id = space,
                                                     .clinic_id = clinic,
                                                     .cause = "transferred",
                                                     .entered_at_us = 1,
                                                     .ended_at_us = 2});
}

static enum status count_visit(void *arg, const struct store_visit *visit)
{
    (void)arg;
    ck_assert_str_eq(visit->cause, "transferred");
    read_visits++;
    return STATUS_OK;
}

static enum status count_token(void *arg, const struct store_token *token)
{
    (void)arg;
    ck_assert_str_eq(token->hash, "aa");
    ck_assert_int_eq(token->expires_at_us, 100);
    read_tokens++;
    return STATUS_OK;
}

static void count_rows(void)
{
    read_visits = read_tokens = 0;
    ck_assert_int_eq(store_read_visits(store, count_visit, NULL), STATUS_OK);
    ck_assert_int_eq(store_read_tokens(store, 5, count_token, NULL), STATUS_OK);
}

static void stop_when_written(void *arg, int64_t now_us)
{
    (void)arg;
    (void)now_us;
    if (journal_counts(journal).waiting == 0)
        loop_stop(loop);
}

static void run_until_written(void)
{
    struct loop_timer *timer = loop_timer_create(loop, stop_when_written, NULL);
    loop_timer_start(timer, 10 * US_PER_MS, 10 * US_PER_MS);
    loop_run(loop);
    loop_timer_destroy(timer);
}

static void finish_journal(void)
{
    background_destroy(background);
    journal_destroy(journal);
}

START_TEST(what_was_added_gets_written)
{
    for (unsigned i = 0; i < 1000; i++)
        add_visit(i, C);
    journal_add_token(journal, &(struct store_token){"aa", U, 1, 100});
    journal_add_token(journal, &(struct store_token){"bb", U, 1, 100});
    journal_revoke_token(journal, "bb", 3);
    ck_assert_uint_eq(journal_counts(journal).waiting, 1003);
    run_until_written();
    ck_assert_uint_eq(journal_counts(journal).written, 1003);
    ck_assert_uint_eq(journal_counts(journal).failed, 0);
    finish_journal();
    count_rows();
    ck_assert_int_eq(read_visits, 1000);
    ck_assert_int_eq(read_tokens, 1);
}
END_TEST

START_TEST(the_end_writes_what_is_left)
{
    add_visit(1, C);
    add_visit(2, C);
    finish_journal();
    count_rows();
    ck_assert_int_eq(read_visits, 2);
}
END_TEST

START_TEST(a_row_that_cannot_be_is_left_out_and_counted)
{
    add_visit(1, C);
    add_visit(2, "no such clinic");
    add_visit(1, C); /* again */
    add_visit(3, C);
    run_until_written();
    ck_assert_uint_eq(journal_counts(journal).written, 2);
    ck_assert_uint_eq(journal_counts(journal).failed, 2);
    finish_journal();
    count_rows();
    ck_assert_int_eq(read_visits, 2);
}
END_TEST

START_TEST(a_batch_that_fails_is_counted_and_explained)
{
    ck_assert_int_eq(store_begin(store), STATUS_OK); /* the next one cannot begin */
    add_visit(1, C);
    run_until_written();
    ck_assert_uint_eq(journal_counts(journal).failed, 1);
    ck_assert_uint_gt(strlen(journal_complaint(journal)), 5);
    finish_journal();
}
END_TEST

START_TEST(memory_is_bounded)
{
    for (unsigned i = 0; i < 65536 + 10; i++)
        add_visit(i, C);
    ck_assert_uint_eq(journal_counts(journal).dropped, 10);
    finish_journal();
    count_rows();
    ck_assert_int_eq(read_visits, 65536);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal");
    TCase *tests = tcase_create("journal");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_was_added_gets_written);
    tcase_add_test(tests, the_end_writes_what_is_left);
    tcase_add_test(tests, a_row_that_cannot_be_is_left_out_and_counted);
    tcase_add_test(tests, a_batch_that_fails_is_counted_and_explained);
    tcase_add_test(tests, memory_is_bounded);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
