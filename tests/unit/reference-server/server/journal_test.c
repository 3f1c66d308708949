#include "reference-server/server/journal.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "reference-server/fault.h"

#define O "organisation-0000001"
#define C "clinic-0000000000001"
#define U "user-000000000000001"

static char folder[64], path[80];
static struct loop *loop;
static struct background *background;
static struct store *store;
static struct journal *journal;
static int read_visits, read_tokens;

static void setup(void)
{
    loop = loop_create();
    ck_assert_int_eq(background_create(loop, 10, &background), STATUS_OK);
    strcpy(folder, "/tmp/caseload-journal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/db", folder);
    ck_assert_int_eq(store_open(path, &store, NULL), STATUS_OK);
    ck_assert_int_eq(store_add_organisation(store, O, "One"), STATUS_OK);
    ck_assert_int_eq(store_add_clinic(store, C, O, 0, "Renal", "renal-link"), STATUS_OK);
    ck_assert_int_eq(store_add_user(store, U, "ann", "Ann", "hash"), STATUS_OK);
    ck_assert_int_eq(journal_create(loop, background, store, &journal), STATUS_OK);
}

static void teardown(void)
{
    store_close(store);
    loop_destroy(loop);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

static bool add_visit(unsigned number, const char *clinic)
{
    char space[24];
    snprintf(space, sizeof space, "space%015u", number);
    return journal_add_visit(journal, &(struct store_visit){.space_id = space,
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

struct waiting {
    struct journal_wait wait;
    int told, rows; /* how often, and what was in the store then */
    bool written;
};

static void note_written(void *arg, bool written)
{
    struct waiting *waiting = arg;
    waiting->told++;
    waiting->written = written;
    if (written) {
        count_rows();
        waiting->rows = read_visits;
    }
}

static struct waiting waits(void)
{
    return (struct waiting){.wait.done = note_written};
}

static void begin_to_wait(struct waiting *waiting)
{
    waiting->wait.arg = waiting;
    journal_wait(journal, &waiting->wait);
}

START_TEST(who_waits_is_told_when_it_is_written)
{
    struct waiting first = waits(), second = waits(), gone = waits();
    add_visit(1, C);
    begin_to_wait(&first);
    add_visit(2, C);
    begin_to_wait(&second);
    add_visit(3, C);
    begin_to_wait(&gone);
    ck_assert_int_eq(first.told + second.told, 0);
    journal_wait_stop(journal, &gone.wait);
    journal_wait_stop(journal, &gone.wait);
    run_until_written();
    ck_assert(first.told == 1 && first.written && first.rows >= 1);
    ck_assert(second.told == 1 && second.written && second.rows >= 2);
    ck_assert_int_eq(gone.told, 0);
    begin_to_wait(&gone); /* nothing is left to wait for */
    ck_assert_int_eq(gone.told, 1);
    finish_journal();
}
END_TEST

START_TEST(who_waits_is_told_of_a_failure)
{
    struct waiting waiting = waits();
    ck_assert_int_eq(store_begin(store), STATUS_OK); /* the next one cannot begin */
    add_visit(1, C);
    begin_to_wait(&waiting);
    run_until_written();
    ck_assert(waiting.told == 1 && !waiting.written);
    finish_journal();
}
END_TEST

START_TEST(the_end_tells_who_waits)
{
    struct waiting first = waits(), second = waits();
    add_visit(1, C);
    begin_to_wait(&first);
    add_visit(2, C);
    begin_to_wait(&second);
    finish_journal();
    ck_assert(first.told == 1 && first.written);
    ck_assert(second.told == 1 && second.written && second.rows == 2);
}
END_TEST

START_TEST(nobody_waits_for_a_store_in_memory)
{
    struct store *fleeting = NULL;
    struct waiting waiting = waits();
    finish_journal();
    ck_assert_int_eq(store_open(":memory:", &fleeting, NULL), STATUS_OK);
    ck_assert_int_eq(background_create(loop, 10, &background), STATUS_OK);
    ck_assert_int_eq(journal_create(loop, background, fleeting, &journal), STATUS_OK);
    add_visit(1, C);
    begin_to_wait(&waiting);
    ck_assert(waiting.told == 1 && waiting.written);
    finish_journal();
    store_close(fleeting);
}
END_TEST

START_TEST(a_fault_tells_them_too_early)
{
    struct waiting waiting = waits();
    fault_switch_on(FAULT_ANSWER_EARLY);
    add_visit(1, C);
    begin_to_wait(&waiting);
    fault_reset();
    ck_assert(waiting.told == 1 && waiting.written && waiting.rows == 0);
    finish_journal();
}
END_TEST

static void nothing(void *arg)
{
    (void)arg;
}

static void note_turn(void *arg, bool worked)
{
    (void)worked;
    ++*(int *)arg;
}

/* The queue of the helper thread is full, whatever it has done already: nobody collects. */
static void fill_queue(int *turns)
{
    const struct background_job job = {.work = nothing, .done = note_turn, .arg = turns};
    while (background_submit(background, &job) == STATUS_OK)
        ;
}

START_TEST(a_full_queue_is_tried_again)
{
    int turns = 0;
    struct waiting waiting = waits();
    fill_queue(&turns);
    add_visit(1, C);
    begin_to_wait(&waiting);
    ck_assert_int_eq(waiting.told, 0);
    ck_assert_uint_eq(journal_counts(journal).waiting, 1);
    run_until_written();
    ck_assert_int_eq(turns, 10);
    ck_assert(waiting.told == 1 && waiting.written && waiting.rows == 1);
    finish_journal();
}
END_TEST

START_TEST(memory_is_bounded)
{
    for (unsigned i = 0; i < 65536 + 10; i++)
        ck_assert(add_visit(i, C) == (i < 65536));
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
    tcase_set_timeout(tests, 60); /* 65,536 rows under a sanitizer */
    tcase_add_test(tests, what_was_added_gets_written);
    tcase_add_test(tests, the_end_writes_what_is_left);
    tcase_add_test(tests, a_row_that_cannot_be_is_left_out_and_counted);
    tcase_add_test(tests, a_batch_that_fails_is_counted_and_explained);
    tcase_add_test(tests, who_waits_is_told_when_it_is_written);
    tcase_add_test(tests, who_waits_is_told_of_a_failure);
    tcase_add_test(tests, the_end_tells_who_waits);
    tcase_add_test(tests, nobody_waits_for_a_store_in_memory);
    tcase_add_test(tests, a_fault_tells_them_too_early);
    tcase_add_test(tests, a_full_queue_is_tried_again);
    tcase_add_test(tests, memory_is_bounded);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
