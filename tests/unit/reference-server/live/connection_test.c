#include <check.h>

#include "common/base/clock.h"
#include "tests/support/live_bench.h"

static struct live_bench bench;

static void setup(void)
{
    live_bench_init(&bench);
}

static void teardown(void)
{
    live_bench_finish(&bench);
}

static int accepted(struct client *client, int tries)
{
    int count = 0;
    for (int i = 0; i < tries && client->close_code == 0; i++) {
        client_ask(client, "space.get", "{s:s}", "space", "x");
        count += client_error(client) == -32004;
    }
    return count;
}

START_TEST(requests_are_limited_in_rate)
{
    struct client *caller = client_enter(&bench, "link-to-a", "Ann");
    ck_assert_int_eq(accepted(caller, 199), 199);
    client_ask(caller, "space.get", "{s:s}", "space", "x");
    ck_assert_int_eq(client_error(caller), -32005);
    ck_assert_str_eq(client_error_data(caller, "limit"), "requests");
    live_bench_advance(&bench, US_PER_S);
    ck_assert_int_eq(accepted(caller, 50), 50);
    ck_assert_uint_eq(caller->close_code, 0);
    ck_assert_int_eq(accepted(caller, 100), 0);
    ck_assert_uint_eq(caller->close_code, 4400);
}
END_TEST

START_TEST(staff_may_ask_more)
{
    struct client *staff = client_sign_in(&bench, "doctor");
    ck_assert_int_ge(accepted(staff, 950), 950);
    ck_assert_uint_eq(staff->close_code, 0);
}
END_TEST

START_TEST(a_lost_caller_keeps_the_card_for_ten_seconds)
{
    struct client *staff = client_sign_in(&bench, "doctor");
    client_do(staff, "dashboard.subscribe", "{s:s}", "clinic", bench.hospital.a->id.text);
    struct client *caller = client_enter(&bench, "link-to-a", "Ann");
    client_forget(staff);
    client_lose(caller);
    const json_t *changed = client_take(staff, "card.changed");
    ck_assert_str_eq(text_in(changed, "cause"), "dropped");
    ck_assert(json_is_false(json_object_get(json_object_get(changed, "card"), "present")));
    live_bench_advance(&bench, 10 * US_PER_S);
    ck_assert_str_eq(text_in(client_take(staff, "card.removed"), "cause"), "dropped");
    ck_assert_uint_eq(json_array_size(bench.visits), 1);
}
END_TEST

START_TEST(lost_connections_leave_nothing_behind)
{
    struct client *staff = client_sign_in(&bench, "doctor");
    struct client *caller = client_enter(&bench, "link-to-a", "Ann");
    client_offer(staff);
    client_offer(caller);
    client_do(staff, "dashboard.subscribe", "{s:s}", "clinic", bench.hospital.a->id.text);
    client_do(staff, "call.join", "{s:s}", "card", client_card(caller)->id.text);
    ck_assert_uint_eq(live_counts(bench.live)->dashboards, 1);
    client_lose(staff);
    ck_assert_uint_eq(live_counts(bench.live)->dashboards, 0);
    ck_assert_uint_eq(bench.media->removed, 1);
    ck_assert_uint_eq(bench.hospital.domain->call_count, 0);
    client_lose(caller);
    ck_assert_uint_eq(bench.media->removed, 2);
    ck_assert_uint_eq(live_counts(bench.live)->connections, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("connection");
    TCase *tests = tcase_create("connection");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, requests_are_limited_in_rate);
    tcase_add_test(tests, staff_may_ask_more);
    tcase_add_test(tests, a_lost_caller_keeps_the_card_for_ten_seconds);
    tcase_add_test(tests, lost_connections_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
