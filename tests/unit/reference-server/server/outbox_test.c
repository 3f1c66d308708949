#include "reference-server/server/outbox.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"

#define O "organisation-0000001"
#define C "clinic-0000000000001"

static char folder[64], path[80];
static struct loop *loop;
static struct background *background;
static struct store *store;
static struct journal *journal;
static struct outbox outbox;
static char said[256];
static int failures;

static void hear(void *peer, const char *text, size_t size)
{
    ck_assert_ptr_eq(peer, &outbox);
    ck_assert_uint_lt(strlen(said) + size, sizeof said);
    strncat(said, text, size);
}

static void note_failure(void *peer)
{
    ck_assert_ptr_eq(peer, &outbox);
    failures++;
}

static void setup(void)
{
    loop = loop_create();
    ck_assert_int_eq(background_create(loop, 10, &background), STATUS_OK);
    strcpy(folder, "/tmp/caseload-outbox-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/db", folder);
    ck_assert_int_eq(store_open(path, &store, NULL), STATUS_OK);
    ck_assert_int_eq(store_add_organisation(store, O, "One"), STATUS_OK);
    ck_assert_int_eq(store_add_clinic(store, C, O, 0, "Renal", "renal-link"), STATUS_OK);
    ck_assert_int_eq(journal_create(loop, background, store, &journal), STATUS_OK);
    outbox =
        (struct outbox){.journal = journal, .peer = &outbox, .send = hear, .fail = note_failure};
    outbox_init(&outbox);
    said[0] = '\0';
    failures = 0;
}

static void teardown(void)
{
    outbox_finish(&outbox);
    background_destroy(background);
    journal_destroy(journal);
    store_close(store);
    loop_destroy(loop);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* One request that ends a stay, up to its answer. */
static void request(const char *space, const char *answer)
{
    ck_assert(journal_add_visit(
        journal, &(struct store_visit){
                     .space_id = space, .clinic_id = C, .cause = "left", .ended_at_us = 2}));
    outbox_hold(&outbox);
    outbox_send(&outbox, answer, strlen(answer));
    outbox_release(&outbox);
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

START_TEST(what_needs_no_record_is_sent_at_once)
{
    outbox_send(&outbox, "a", 1);
    outbox_release(&outbox);
    outbox_send(&outbox, "b", 1);
    ck_assert_str_eq(said, "ab");
}
END_TEST

START_TEST(an_answer_waits_and_all_behind_it)
{
    request("space-1", "1");
    outbox_send(&outbox, "a", 1);
    request("space-2", "2");
    outbox_release(&outbox); /* a request without a record */
    outbox_send(&outbox, "b", 1);
    ck_assert_str_eq(said, "");
    run_until_written();
    ck_assert_str_eq(said, "1a2b");
    outbox_send(&outbox, "c", 1);
    ck_assert_str_eq(said, "1a2bc");
    ck_assert_int_eq(failures, 0);
}
END_TEST

START_TEST(what_was_not_written_is_not_answered)
{
    ck_assert_int_eq(store_begin(store), STATUS_OK); /* the next one cannot begin */
    request("space-1", "1");
    run_until_written();
    outbox_send(&outbox, "a", 1);
    outbox_fail(&outbox);
    ck_assert_str_eq(said, "");
    ck_assert_int_eq(failures, 1);
}
END_TEST

START_TEST(what_is_held_is_bounded)
{
    enum { MESSAGE = 1 << 20 };
    char *text = calloc(1, MESSAGE);
    request("space-1", "1");
    for (int i = 0; i < 3; i++)
        outbox_send(&outbox, text, MESSAGE);
    ck_assert_int_eq(failures, 0);
    outbox_send(&outbox, text, MESSAGE);
    ck_assert_int_eq(failures, 1);
    run_until_written();
    ck_assert_str_eq(said, "");
    free(text);
}
END_TEST

START_TEST(who_goes_is_told_nothing)
{
    request("space-1", "1");
    outbox_finish(&outbox);
    run_until_written();
    ck_assert_str_eq(said, "");
    ck_assert_int_eq(failures, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outbox");
    TCase *tests = tcase_create("outbox");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_needs_no_record_is_sent_at_once);
    tcase_add_test(tests, an_answer_waits_and_all_behind_it);
    tcase_add_test(tests, what_was_not_written_is_not_answered);
    tcase_add_test(tests, what_is_held_is_bounded);
    tcase_add_test(tests, who_goes_is_told_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
