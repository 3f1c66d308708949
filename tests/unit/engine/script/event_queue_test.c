/* Order, and what becomes of events whose subject goes. */
#include "engine/script/event_queue.h"

#include <check.h>
#include <stdlib.h>

static struct event_queue queue;

static void add(struct script_subject *subject, int code)
{
    struct script_event *event = event_queue_add(&queue, subject, "text", 4);

    ck_assert_ptr_nonnull(event);
    event->code = code;
}

static void expect(int code, const struct script_subject *subject)
{
    struct script_event *event = event_queue_take(&queue);

    ck_assert_ptr_nonnull(event);
    ck_assert_int_eq(event->code, code);
    ck_assert_ptr_eq(event->subject, subject);
    ck_assert_str_eq(event->text, "text");
    free(event);
}

START_TEST(events_come_out_in_the_order_they_came_in)
{
    struct script_subject one = {0}, other = {0};

    add(&one, 1);
    add(NULL, 2);
    add(&other, 3);
    add(&one, 4);
    expect(1, &one);
    expect(2, NULL);
    expect(3, &other);
    add(&other, 5);
    expect(4, &one);
    expect(5, &other);
    ck_assert_ptr_null(event_queue_take(&queue));
}
END_TEST

START_TEST(who_goes_is_forgotten_and_nobody_else)
{
    struct script_subject one = {0}, other = {0};

    add(&one, 1);
    add(&other, 2);
    add(&one, 3);
    expect(1, &one);
    event_queue_forget(&one);
    add(&one, 4); /* its memory may become somebody's who comes later */
    expect(2, &other);
    expect(3, NULL);
    expect(4, &one);
    event_queue_forget(&other); /* has none any more */
    ck_assert_ptr_null(event_queue_take(&queue));
}
END_TEST

/* When thousands leave, as many events wait: looking at all of them for each who goes took longer
 * than the platform may take to answer. At that price this would take minutes. */
#define CROWD 100000

START_TEST(thousands_go_at_once_at_the_price_of_one_each)
{
    struct script_subject *crowd = calloc(CROWD, sizeof *crowd);

    ck_assert_ptr_nonnull(crowd);
    int nobodys = 0;
    for (int i = 0; i < 2 * CROWD; i++)
        event_queue_add(&queue, &crowd[i % CROWD], "", 0);
    for (int i = CROWD; i > 0; i--)
        event_queue_forget(&crowd[i - 1]);
    for (struct script_event *event; (event = event_queue_take(&queue)); free(event))
        nobodys += !event->subject;
    ck_assert_int_eq(nobodys, 2 * CROWD);
    free(crowd);
}
END_TEST

static void finish(void)
{
    event_queue_finish(&queue);
    ck_assert_ptr_null(queue.first);
}

int main(void)
{
    Suite *suite = suite_create("event_queue");
    TCase *tests = tcase_create("event_queue");
    tcase_add_checked_fixture(tests, NULL, finish);
    tcase_add_test(tests, events_come_out_in_the_order_they_came_in);
    tcase_add_test(tests, who_goes_is_forgotten_and_nobody_else);
    tcase_add_test(tests, thousands_go_at_once_at_the_price_of_one_each);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
