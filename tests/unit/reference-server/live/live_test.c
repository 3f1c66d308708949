#include "reference-server/live/live.h"

#include <check.h>
#include <string.h>

#include "common/base/clock.h"
#include "reference-server/auth/token.h"
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

START_TEST(a_connection_becomes_one_actor)
{
    struct client *client = client_open(&bench);
    client_ask(client, "space.get", "{s:s}", "space", "x");
    ck_assert_int_eq(client_error(client), -32011);
    ck_assert_str_eq(client_error_data(client, "class"), "unauthenticated");
    client_ask(client, "authenticate", "{s:s}", "token", "wrong");
    ck_assert_int_eq(client_error(client), -32011);
    const json_t *result = client_do(client, "authenticate", "{s:s}", "token", "doctor");
    ck_assert_str_eq(text_in(json_object_get(result, "user"), "name"), "doctor");
    const json_t *membership = json_array_get(json_object_get(result, "memberships"), 0);
    ck_assert_str_eq(text_in(membership, "role"), "team_member");
    ck_assert_str_eq(text_in(json_object_get(membership, "clinic"), "name"), "Clinic A");
    client_ask(client, "authenticate", "{s:s}", "token", "doctor");
    ck_assert_int_eq(client_error(client), -32009);
    ck_assert_str_eq(client_error_data(client, "state"), "identified");
    client_ask(client, "enter", "{s:s, s:s}", "link", "link-to-a", "name", "x");
    ck_assert_int_eq(client_error(client), -32009);
}
END_TEST

START_TEST(one_user_may_have_several_connections)
{
    struct client *one = client_sign_in(&bench, "doctor");
    struct client *two = client_sign_in(&bench, "doctor");
    ck_assert_str_ne(one->participant, two->participant);
    ck_assert_uint_eq(one->close_code, 0);
}
END_TEST

START_TEST(errors_name_what_is_wrong)
{
    struct client *client = client_sign_in(&bench, "doctor");
    client_say(client, "not json");
    ck_assert_int_eq(client_error(client), -32700);
    ck_assert(json_is_null(json_object_get(client->rpc.answer, "id")));
    client_say(client, "{\"id\": 9}");
    ck_assert_int_eq(client_error(client), -32600);
    ck_assert_int_eq(json_integer_value(json_object_get(client->rpc.answer, "id")), 9);
    client_ask(client, "call.jump", NULL);
    ck_assert_int_eq(client_error(client), -32601);
    client_ask(client, "call.join", NULL);
    ck_assert_int_eq(client_error(client), -32602);
    ck_assert_str_eq(client_error_data(client, "parameter"), "card");
    client_ask(client, "card.note", "{s:s}", "card", "x");
    ck_assert_int_eq(client_error(client), -32602);
    ck_assert_str_eq(client_error_data(client, "parameter"), "note");
    ck_assert_uint_eq(live_counts(bench.live)->errors[RPC_ERROR_PARAMETER], 2);
}
END_TEST

START_TEST(eight_errors_in_a_row_close)
{
    struct client *client = client_sign_in(&bench, "doctor");
    for (int i = 0; i < 7; i++)
        client_say(client, "{");
    client_ask(client, "dashboard.unsubscribe", "{s:s}", "clinic",
               bench.hospital.a->id.text); /* begins anew */
    for (int i = 0; i < 7; i++)
        client_say(client, "[]");
    ck_assert_uint_eq(client->close_code, 0);
    client_say(client, "{");
    ck_assert_uint_eq(client->close_code, 4400);
    json_t *last = json_incref(client->rpc.answer);
    client_say(client, "{"); /* not heard any more */
    ck_assert_ptr_eq(client->rpc.answer, last);
    json_decref(last);
}
END_TEST

START_TEST(refusals_do_not_close)
{
    struct client *caller = client_enter(&bench, "link-to-a", "Ann");
    for (int i = 0; i < 50; i++) {
        client_ask(caller, "call.join", "{s:s}", "card", "x");
        ck_assert_int_eq(client_error(caller), -32001);
    }
    ck_assert_uint_eq(caller->close_code, 0);
}
END_TEST

START_TEST(notifications_are_run_and_not_answered)
{
    struct client *caller = client_enter(&bench, "link-to-a", "Ann");
    json_decref(caller->rpc.answer);
    caller->rpc.answer = NULL;
    client_say(caller, "{\"jsonrpc\":\"2.0\",\"method\":\"nothing\"}");
    client_say(caller, "{\"jsonrpc\":\"2.0\",\"method\":\"space.leave\"}");
    ck_assert_ptr_null(caller->rpc.answer);
    ck_assert_uint_eq(bench.hospital.a->area.card_count, 0);
}
END_TEST

START_TEST(who_says_nothing_is_closed_after_ten_seconds)
{
    struct client *silent = client_open(&bench);
    live_bench_advance(&bench, 5 * US_PER_S);
    struct client *later = client_open(&bench);
    struct client *signed_in = client_sign_in(&bench, "doctor");
    live_bench_advance(&bench, 5 * US_PER_S - 1);
    ck_assert_uint_eq(silent->close_code, 0);
    live_bench_advance(&bench, 1);
    ck_assert_uint_eq(silent->close_code, 4408);
    ck_assert_uint_eq(later->close_code, 0);
    live_bench_advance(&bench, 60 * US_PER_S);
    ck_assert_uint_eq(later->close_code, 4408);
    ck_assert_uint_eq(signed_in->close_code, 0);
}
END_TEST

START_TEST(a_dead_token_closes_its_connections)
{
    struct client *one = client_sign_in(&bench, "doctor");
    struct client *two = client_sign_in(&bench, "doctor");
    struct client *other = client_sign_in(&bench, "nurse");
    struct token_key key = token_key("doctor");
    token_table_remove(bench.tokens, &key);
    live_token_died(bench.live, &key);
    ck_assert_uint_eq(one->close_code, 4401);
    ck_assert_uint_eq(two->close_code, 4401);
    ck_assert_uint_eq(other->close_code, 0);
    struct client *late = client_open(&bench);
    client_ask(late, "authenticate", "{s:s}", "token", "doctor");
    ck_assert_int_eq(client_error(late), -32011);
}
END_TEST

START_TEST(an_expired_token_closes_too)
{
    struct client *staff = client_sign_in(&bench, "doctor");
    live_bench_advance(&bench, 12 * 3600 * US_PER_S - 20 * US_PER_S);
    ck_assert_uint_eq(staff->close_code, 0);
    live_bench_advance(&bench, 40 * US_PER_S);
    ck_assert_uint_eq(staff->close_code, 4401);
    ck_assert_uint_eq(token_table_count(bench.tokens), 0);
}
END_TEST

START_TEST(a_stop_closes_everybody)
{
    struct client *nobody = client_open(&bench);
    struct client *caller = client_enter(&bench, "link-to-a", "Ann");
    live_shut(bench.live);
    ck_assert_uint_eq(nobody->close_code, 1001);
    ck_assert_uint_eq(caller->close_code, 1001);
}
END_TEST

START_TEST(media_news_is_counted)
{
    live_media_connected(bench.live, 1);
    live_media_lost(bench.live, 1);
    ck_assert_uint_eq(live_counts(bench.live)->media_connected, 1);
    ck_assert_uint_eq(live_counts(bench.live)->media_lost, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live");
    TCase *tests = tcase_create("live");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_connection_becomes_one_actor);
    tcase_add_test(tests, one_user_may_have_several_connections);
    tcase_add_test(tests, errors_name_what_is_wrong);
    tcase_add_test(tests, eight_errors_in_a_row_close);
    tcase_add_test(tests, refusals_do_not_close);
    tcase_add_test(tests, notifications_are_run_and_not_answered);
    tcase_add_test(tests, who_says_nothing_is_closed_after_ten_seconds);
    tcase_add_test(tests, a_dead_token_closes_its_connections);
    tcase_add_test(tests, an_expired_token_closes_too);
    tcase_add_test(tests, a_stop_closes_everybody);
    tcase_add_test(tests, media_news_is_counted);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
