#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "reference-server/fault.h"
#include "tests/support/live_bench.h"

static struct live_bench bench;
static const char *clinic_a;

static void setup(void)
{
    live_bench_init(&bench);
    clinic_a = bench.hospital.a->id.text;
}

static void teardown(void)
{
    live_bench_finish(&bench);
    fault_reset();
}

static json_int_t sequence_in(const json_t *params)
{
    return json_integer_value(json_object_get(params, "sequence"));
}

START_TEST(the_snapshot_and_the_numbers_after_it_join)
{
    struct client *one = client_enter(&bench, "link-to-a", "One");
    struct client *staff = client_sign_in(&bench, "nurse");
    const json_t *result = client_do(staff, "dashboard.subscribe", "{s:s}", "clinic", clinic_a);
    json_int_t sequence = sequence_in(result);
    ck_assert_uint_eq(json_array_size(json_object_get(result, "cards")), 1);
    client_enter(&bench, "link-to-a", "Two");
    client_do(one, "space.leave", NULL);
    const json_t *changed = client_take(staff, "card.changed");
    ck_assert_int_eq(sequence_in(changed), sequence + 1);
    ck_assert_str_eq(text_in(changed, "cause"), "entered");
    ck_assert_str_eq(text_in(json_object_get(changed, "card"), "name"), "Two");
    const json_t *removed = client_take(staff, "card.removed");
    ck_assert_int_eq(sequence_in(removed), sequence + 2);
    ck_assert_str_eq(text_in(removed, "cause"), "left");
}
END_TEST

START_TEST(every_observer_gets_the_same_in_order)
{
    enum { OBSERVERS = 10, CALLERS = 20 };
    struct client *observers[OBSERVERS];
    for (int i = 0; i < OBSERVERS; i++) {
        observers[i] = client_sign_in(&bench, i % 2 ? "clerk" : "org_admin");
        client_do(observers[i], "dashboard.subscribe", "{s:s}", "clinic", clinic_a);
    }
    for (int i = 0; i < CALLERS; i++)
        client_do(client_enter(&bench, "link-to-a", "x"), "space.leave", NULL);
    for (int i = 0; i < OBSERVERS; i++) {
        ck_assert_uint_eq(json_array_size(observers[i]->rpc.inbox), 2 * CALLERS);
        ck_assert(json_equal(observers[i]->rpc.inbox, observers[0]->rpc.inbox));
    }
    size_t i;
    json_t *message;
    json_array_foreach(observers[0]->rpc.inbox, i, message)
        ck_assert_int_eq(sequence_in(json_object_get(message, "params")), (json_int_t)i + 1);
}
END_TEST

START_TEST(other_clinics_are_silent)
{
    struct client *other = client_sign_in(&bench, "doctor_other");
    client_do(other, "dashboard.subscribe", "{s:s}", "clinic", bench.hospital.b->id.text);
    client_ask(other, "dashboard.subscribe", "{s:s}", "clinic", clinic_a);
    ck_assert_int_eq(client_error(other), -32004);
    client_enter(&bench, "link-to-a", "Ann");
    ck_assert_uint_eq(json_array_size(other->rpc.inbox), 0);
}
END_TEST

START_TEST(hidden_is_like_not_existing)
{
    struct client *other = client_sign_in(&bench, "doctor_other");
    json_t *hidden =
        json_incref(client_ask(other, "dashboard.subscribe", "{s:s}", "clinic", clinic_a));
    const json_t *unknown =
        client_ask(other, "dashboard.subscribe", "{s:s}", "clinic", "ABCDEFGHIJKLMNOPQRST");
    ck_assert(json_equal(hidden, unknown));
    json_decref(hidden);
}
END_TEST

START_TEST(reporters_and_referrers_are_forbidden)
{
    static const char *const names[] = {"org_reporter", "only_referrer"};
    for (int i = 0; i < 2; i++) {
        struct client *client = client_sign_in(&bench, names[i]);
        client_ask(client, "dashboard.subscribe", "{s:s}", "clinic", clinic_a);
        ck_assert_int_eq(client_error(client), -32001);
        ck_assert_str_eq(client_error_data(client, "class"), "forbidden");
        client_enter(&bench, "link-to-a", "Ann");
        ck_assert_uint_eq(json_array_size(client->rpc.inbox), 0);
    }
}
END_TEST

START_TEST(subscribing_twice_is_one_subscription_and_it_ends)
{
    struct client *staff = client_sign_in(&bench, "nurse");
    client_do(staff, "dashboard.subscribe", "{s:s}", "clinic", clinic_a);
    client_do(staff, "dashboard.subscribe", "{s:s}", "clinic", clinic_a);
    client_enter(&bench, "link-to-a", "Ann");
    ck_assert_uint_eq(client_count(staff, "card.changed"), 1);
    client_forget(staff);
    client_do(staff, "dashboard.unsubscribe", "{s:s}", "clinic", clinic_a);
    client_do(staff, "dashboard.unsubscribe", "{s:s}", "clinic", clinic_a);
    client_enter(&bench, "link-to-a", "Bob");
    ck_assert_uint_eq(json_array_size(staff->rpc.inbox), 0);
    /* The numbers went on meanwhile. */
    const json_t *result = client_do(staff, "dashboard.subscribe", "{s:s}", "clinic", clinic_a);
    ck_assert_int_eq(sequence_in(result), 2);
}
END_TEST

START_TEST(subscribers_come_and_go_in_any_order)
{
    struct client *staff[5];
    for (int i = 0; i < 5; i++) {
        staff[i] = client_sign_in(&bench, "org_admin");
        client_do(staff[i], "dashboard.subscribe", "{s:s}", "clinic", clinic_a);
        client_do(staff[i], "dashboard.subscribe", "{s:s}", "clinic", bench.hospital.b->id.text);
    }
    ck_assert_uint_eq(live_counts(bench.live)->dashboards, 10);
    client_lose(staff[2]);
    client_lose(staff[0]);
    client_do(staff[4], "dashboard.unsubscribe", "{s:s}", "clinic", clinic_a);
    ck_assert_uint_eq(live_counts(bench.live)->dashboards, 5);
    client_enter(&bench, "link-to-a", "Ann");
    ck_assert_uint_eq(client_count(staff[1], "card.changed"), 1);
    ck_assert_uint_eq(client_count(staff[3], "card.changed"), 1);
    ck_assert_uint_eq(client_count(staff[4], "card.changed"), 0);
}
END_TEST

/* 400 cards of about 2 KiB do not fit 256 KiB (which every message is checked against). */
START_TEST(a_large_dashboard_comes_in_parts)
{
    enum { CALLERS = 400 };
    char value[201] = "";
    memset(value, 'x', 200);
    for (int i = 0; i < CALLERS; i++) {
        struct client *client = client_open(&bench);
        client_do(client, "enter", "{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}}", "link",
                  "link-to-a", "name", "x", "details", "a", value, "b", value, "c", value, "d",
                  value, "e", value, "f", value, "g", value, "h", value);
        strcpy(client->space, text_in(json_object_get(client->rpc.answer, "result"), "space"));
    }
    struct client *staff = client_sign_in(&bench, "nurse");
    const json_t *result = client_do(staff, "dashboard.subscribe", "{s:s}", "clinic", clinic_a);
    size_t count = json_array_size(json_object_get(result, "cards"));
    ck_assert_uint_lt(count, CALLERS);
    size_t parts = client_count(staff, "dashboard.cards");
    ck_assert_uint_gt(parts, 1);
    for (size_t i = 0; i < parts; i++) {
        const json_t *part = client_take(staff, "dashboard.cards");
        ck_assert_str_eq(text_in(part, "clinic"), clinic_a);
        ck_assert_int_eq(json_is_true(json_object_get(part, "more")), i + 1 < parts);
        count += json_array_size(json_object_get(part, "cards"));
    }
    ck_assert_uint_eq(count, CALLERS);
}
END_TEST

START_TEST(every_fifth_event_is_lost_with_its_fault)
{
    fault_switch_on(FAULT_DROP_EVENTS);
    struct client *staff = client_sign_in(&bench, "nurse");
    client_do(staff, "dashboard.subscribe", "{s:s}", "clinic", clinic_a);
    for (int i = 0; i < 10; i++)
        client_enter(&bench, "link-to-a", "x");
    ck_assert_uint_eq(client_count(staff, "card.changed"), 8);
    ck_assert_uint_eq(live_counts(bench.live)->faults_dropped, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dashboard");
    TCase *tests = tcase_create("dashboard");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_snapshot_and_the_numbers_after_it_join);
    tcase_add_test(tests, every_observer_gets_the_same_in_order);
    tcase_add_test(tests, other_clinics_are_silent);
    tcase_add_test(tests, hidden_is_like_not_existing);
    tcase_add_test(tests, reporters_and_referrers_are_forbidden);
    tcase_add_test(tests, subscribing_twice_is_one_subscription_and_it_ends);
    tcase_add_test(tests, subscribers_come_and_go_in_any_order);
    tcase_add_test(tests, a_large_dashboard_comes_in_parts);
    tcase_add_test(tests, every_fifth_event_is_lost_with_its_fault);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
