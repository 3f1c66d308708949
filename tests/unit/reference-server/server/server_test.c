/* The reference server over the network: TLS, WebSocket, the store on disk, the stories of one
 * afternoon, and what strangers do. */
#include "reference-server/server/server.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "reference-server/store/store.h"
#include "tests/support/server_bench.h"

static struct server_bench bench;
static char clinic_a[64], clinic_b[64];

/* Learn the clinics' ids as staff do. */
static void learn_clinics(void)
{
    ck_assert_int_eq(server_bench_request(&bench, "POST", "/api/v1/sign-in", NULL,
                                          "{\"username\": \"both\", \"password\": \"secret\"}"),
                     200);
    json_t *reply = json_loads(bench.body, 0, NULL);
    size_t i;
    json_t *membership;
    json_array_foreach(json_object_get(reply, "memberships"), i, membership)
    {
        const json_t *clinic = json_object_get(membership, "clinic");
        strcpy(strcmp(text_in(clinic, "name"), "Clinic A") == 0 ? clinic_a : clinic_b,
               text_in(clinic, "id"));
    }
    json_decref(reply);
}

static void setup(void)
{
    server_bench_init(&bench, true, NULL, 0);
    learn_clinics();
}

static void teardown(void)
{
    server_bench_finish(&bench);
}

/* W5 over the wire: enter, dashboard, join, drop, return, hold, chat, transfer, end. */
START_TEST(a_whole_visit)
{
    struct remote *doctor = remote_sign_in(&bench, "doctor");
    struct remote *other = remote_sign_in(&bench, "other");
    struct remote *referrer = remote_sign_in(&bench, "referrer");
    remote_do(doctor, "dashboard.subscribe", "{s:s}", "clinic", clinic_a);
    remote_do(other, "dashboard.subscribe", "{s:s}", "clinic", clinic_b);

    struct remote *patient = remote_connect(&bench);
    const json_t *entry = remote_do(patient, "enter", "{s:s, s:s, s:{s:s}}", "link", "link-to-a",
                                    "name", "Ann", "details", "reason", "headache");
    char token[64], card[64];
    strcpy(token, text_in(entry, "token"));
    const json_t *changed = remote_wait(doctor, "card.changed");
    strcpy(card, text_in(json_object_get(changed, "card"), "id"));

    remote_do(patient, "media.offer", "{s:s}", "sdp", "v=0");
    remote_do(doctor, "media.offer", "{s:s}", "sdp", "v=0");
    remote_do(doctor, "call.join", "{s:s}", "card", card);
    ck_assert_str_eq(text_in(remote_wait(patient, "space.changed"), "state"), "in_call");
    const json_t *send = remote_wait(patient, "media.send");
    ck_assert(json_is_true(json_object_get(send, "audio")));
    remote_wait(patient, "media.slots");

    remote_abort(patient);
    do
        changed = remote_wait(doctor, "card.changed");
    while (strcmp(text_in(changed, "cause"), "dropped") != 0);
    struct remote *back = remote_connect(&bench);
    entry = remote_do(back, "enter", "{s:s, s:s, s:s}", "link", "link-to-a", "name", "Ann", "token",
                      token);
    ck_assert_str_eq(text_in(entry, "state"), "in_call");

    remote_do(back, "chat.send", "{s:s}", "text", "hello again");
    ck_assert_str_eq(text_in(remote_wait(doctor, "chat.message"), "text"), "hello again");
    remote_do(doctor, "call.hold", "{s:s}", "card", card);
    ck_assert_str_eq(text_in(remote_wait(back, "space.changed"), "state"), "on_hold");
    remote_do(referrer, "card.transfer", "{s:s, s:s}", "card", card, "clinic", clinic_b);
    ck_assert_str_eq(text_in(remote_wait(doctor, "card.removed"), "cause"), "transferred");
    ck_assert_str_eq(text_in(remote_wait(other, "card.changed"), "cause"), "transferred");
    remote_ask(doctor, "call.join", "{s:s}", "card", card);
    ck_assert_int_eq(remote_error(doctor), -32004);
    remote_do(other, "call.join", "{s:s}", "card", card);
    remote_do(other, "call.end", "{s:s}", "card", card);
    do
        changed = remote_wait(back, "space.changed");
    while (strcmp(text_in(changed, "state"), "ended") != 0);
}
END_TEST

/* WA-06: fifty at once; every observer sees fifty cards, in one order, without gaps. */
START_TEST(fifty_enter_at_once)
{
    enum { PATIENTS = 50 };
    struct remote *observers[2] = {remote_sign_in(&bench, "clerk"),
                                   remote_sign_in(&bench, "admin")};
    for (int i = 0; i < 2; i++)
        remote_do(observers[i], "dashboard.subscribe", "{s:s}", "clinic", clinic_a);
    struct remote *patients[PATIENTS];
    for (int i = 0; i < PATIENTS; i++)
        patients[i] = remote_connect(&bench);
    for (int i = 0; i < PATIENTS; i++)
        remote_send(patients[i], "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"enter\","
                                 "\"params\":{\"link\":\"link-to-a\",\"name\":\"x\"}}");
    for (int i = 0; i < 2; i++) {
        json_t *spaces = json_object();
        for (int k = 1; k <= PATIENTS; k++) {
            const json_t *changed = remote_wait(observers[i], "card.changed");
            ck_assert_int_eq(json_integer_value(json_object_get(changed, "sequence")), k);
            json_object_set_new(spaces, text_in(json_object_get(changed, "card"), "space"),
                                json_true());
        }
        ck_assert_uint_eq(json_object_size(spaces), PATIENTS);
        json_decref(spaces);
    }
}
END_TEST

START_TEST(the_wire_has_its_limits)
{
    struct remote *remote = remote_connect(&bench);
    char *large = malloc(300001);
    memset(large, 'x', 300000);
    large[300000] = '\0';
    remote_send(remote, large);
    free(large);
    remote_wait_closed(remote);
    /* A client that is still sending may see the reset before the code. */
    ck_assert(remote->close_code == 1009 || remote->close_code == 0);

    struct remote *noisy = remote_connect(&bench);
    for (int i = 0; i < 8; i++)
        remote_send(noisy, "{");
    remote_wait_closed(noisy);
    ck_assert_uint_eq(noisy->close_code, 4400);
}
END_TEST

START_TEST(a_new_connection_replaces_the_old_one)
{
    struct remote *old = remote_connect(&bench);
    const json_t *entry = remote_do(old, "enter", "{s:s, s:s}", "link", "link-to-a", "name", "Ann");
    struct remote *newer = remote_connect(&bench);
    remote_do(newer, "enter", "{s:s, s:s, s:s}", "link", "link-to-a", "name", "Ann", "token",
              text_in(entry, "token"));
    remote_wait_closed(old);
    ck_assert_uint_eq(old->close_code, 4409);
    ck_assert_ptr_nonnull(newer->socket);
}
END_TEST

START_TEST(a_stop_says_goodbye)
{
    struct remote *patient = remote_enter(&bench, "link-to-a", "Ann");
    struct remote *staff = remote_sign_in(&bench, "nurse");
    server_bench_stop(&bench);
    remote_wait_closed(patient);
    remote_wait_closed(staff);
    ck_assert_uint_eq(patient->close_code, 1001);
    ck_assert_uint_eq(staff->close_code, 1001);
}
END_TEST

/* 601 descriptors: 101 connections are let in, and one of 500 less may enter. */
START_TEST(without_descriptors_nobody_new_enters)
{
    server_bench_finish(&bench);
    server_bench_init(&bench, false, NULL, 603);
    struct remote *first = remote_enter(&bench, "link-to-a", "Ann");
    struct remote *fill[102];
    for (int i = 0; i < 102; i++)
        fill[i] = remote_connect(&bench);
    struct remote *late = fill[101];
    remote_ask(late, "enter", "{s:s, s:s}", "link", "link-to-a", "name", "Bob");
    if (remote_error(late) == 0) { /* the HTTP connection of set-up may be gone already */
        late = remote_connect(&bench);
        remote_ask(late, "enter", "{s:s, s:s}", "link", "link-to-a", "name", "Bob");
    }
    ck_assert_int_eq(remote_error(late), -32005);
    ck_assert_ptr_nonnull(first->socket);
}
END_TEST

START_TEST(settings_that_cannot_be_are_named)
{
    struct failure failure = {0};
    struct server *server = NULL;
    struct server_config config = {
        .loop = bench.loop,
        .address = "127.0.0.1",
        .port = server_port(bench.server), /* taken */
        .media_address = "127.0.0.1",
        .media_workers = 1,
        .database = ":memory:",
        .web_folder = CASELOAD_VECTORS "/../../reference-server/web",
        .descriptor_limit = 20000,
    };
    ck_assert_int_ne(server_create(&config, &server, &failure), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(failure.message, "127.0.0.1"));
    config.port = 0;
    config.web_folder = "/nowhere";
    ck_assert_int_ne(server_create(&config, &server, &failure), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(failure.message, "/nowhere"));
    config.database = "/nowhere/db";
    ck_assert_int_ne(server_create(&config, &server, &failure), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(failure.message, "/nowhere/db"));
    config.fixture = "/nowhere/fixture";
    config.database = ":memory:";
    ck_assert_int_ne(server_create(&config, &server, &failure), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(failure.message, "/nowhere/fixture"));
    config.descriptor_limit = 600;
    ck_assert_int_ne(server_create(&config, &server, &failure), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(failure.message, "ulimit"));
    ck_assert_ptr_null(server);
}
END_TEST

static enum status note_cause(void *arg, const struct store_visit *visit)
{
    strcat(strcat(arg, visit->cause), " ");
    return STATUS_OK;
}

/* Tokens outlive a restart, visits are in the log, live state is gone. */
START_TEST(what_is_kept_is_kept)
{
    char folder[] = "/tmp/caseload-server-XXXXXX", path[64], causes[256] = "";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/db", folder);
    server_bench_finish(&bench);
    server_bench_init(&bench, false, path, 0);
    char *token = server_bench_token(&bench, "nurse");
    struct remote *patient = remote_enter(&bench, "link-to-a", "Ann");
    remote_do(patient, "space.leave", NULL);
    remote_enter(&bench, "link-to-a", "Bob");
    server_bench_stop(&bench);
    server_bench_finish(&bench);

    server_bench_init(&bench, false, path, 0);
    struct remote *staff = remote_connect(&bench);
    remote_do(staff, "authenticate", "{s:s}", "token", token);
    free(token);
    server_bench_finish(&bench);

    struct store *store = NULL;
    ck_assert_int_eq(store_open(path, &store, NULL), STATUS_OK);
    ck_assert_int_eq(store_read_visits(store, note_cause, causes), STATUS_OK);
    store_close(store);
    ck_assert_str_eq(causes, "left dropped ");
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
    server_bench_init(&bench, false, NULL, 0);
}
END_TEST

static enum status count_token(void *arg, const struct store_token *token)
{
    (void)token;
    ++*(int *)arg;
    return STATUS_OK;
}

/* What another program reads in the database at this moment. */
static void look_into(const char *path, char causes[256], int *ret_tokens)
{
    struct store *store = NULL;
    causes[0] = '\0';
    *ret_tokens = 0;
    ck_assert_int_eq(store_open(path, &store, NULL), STATUS_OK);
    ck_assert_int_eq(store_read_visits(store, note_cause, causes), STATUS_OK);
    ck_assert_int_eq(store_read_tokens(store, clock_realtime_us(), count_token, ret_tokens),
                     STATUS_OK);
    store_close(store);
}

START_TEST(an_answer_comes_when_its_record_is_written)
{
    char folder[] = "/tmp/caseload-server-XXXXXX", path[64], causes[256];
    int tokens;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/db", folder);
    server_bench_finish(&bench);
    server_bench_init(&bench, false, path, 0);
    char *token = server_bench_token(&bench, "nurse");
    remote_do(remote_enter(&bench, "link-to-a", "Ann"), "space.leave", NULL);
    look_into(path, causes, &tokens);
    ck_assert_str_eq(causes, "left ");
    ck_assert_int_eq(tokens, 1);
    ck_assert_int_eq(server_bench_request(&bench, "POST", "/api/v1/sign-out", token, NULL), 204);
    look_into(path, causes, &tokens);
    ck_assert_int_eq(tokens, 0);
    free(token);
    server_bench_finish(&bench);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
    server_bench_init(&bench, false, NULL, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("server");
    TCase *tests = tcase_create("server");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, a_whole_visit);
    tcase_add_test(tests, fifty_enter_at_once);
    tcase_add_test(tests, the_wire_has_its_limits);
    tcase_add_test(tests, a_new_connection_replaces_the_old_one);
    tcase_add_test(tests, a_stop_says_goodbye);
    tcase_add_test(tests, without_descriptors_nobody_new_enters);
    tcase_add_test(tests, settings_that_cannot_be_are_named);
    tcase_add_test(tests, what_is_kept_is_kept);
    tcase_add_test(tests, an_answer_comes_when_its_record_is_written);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
