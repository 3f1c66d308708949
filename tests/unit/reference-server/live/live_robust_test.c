/* Whatever strangers send: never a crash, never an answer that is none, never a changed world. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"
#include "reference-server/live/method.h"
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

static struct client *fresh(struct client *client, struct client *(*make)(void))
{
    return client && client->close_code == 0 ? client : make();
}

static struct client *make_staff(void)
{
    return client_sign_in(&bench, "org_admin");
}

static struct client *make_caller(void)
{
    return client_enter(&bench, "link-to-a", "Ann");
}

/* A value of every type that JSON has, and some that are too large. */
static json_t *odd_value(struct random_stream *random)
{
    static char large[100001];
    memset(large, 'x', sizeof large - 1);
    switch (random_below(random, 11)) {
    case 0:
        return json_null();
    case 1:
        return json_true();
    case 2:
        return json_integer((json_int_t)random_u64(random));
    case 3:
        return json_real(random_unit(random) * 1e300);
    case 4:
        return json_string("");
    case 5:
        return json_string(large);
    case 6:
        return json_string("\x01\x02\n");
    case 7:
        return json_string("\xf0\x9f\x98\x80\xe4\xb8\xad");
    case 8:
        return json_array();
    case 9:
        return json_pack("{s:{s:[i]}}", "a", "b", 1);
    default:
        return json_string("ABCDEFGHIJKLMNOPQRST");
    }
}

/* Every parameter of every method gets every type: refused by name, or taken. */
START_TEST(wrong_types_for_every_parameter)
{
    struct random_stream random;
    random_stream_init(&random, 3);
    for (size_t i = 0; i < method_count; i++) {
        const struct method *method = &methods[i];
        struct client *client = NULL;
        for (int round = 0; round < 300; round++) {
            client = fresh(client, method->caller == METHOD_FOR_CALLER ||
                                           (method->caller == METHOD_FOR_ACTOR && round % 2)
                                       ? make_caller
                                       : make_staff);
            json_t *params = json_object();
            for (size_t k = 0; k < PARAMETERS_MAX && method->parameters[k].name; k++) {
                if (random_below(&random, 4))
                    json_object_set_new(params, method->parameters[k].name, odd_value(&random));
            }
            if (random_below(&random, 8) == 0)
                json_object_set_new(params, "extra", odd_value(&random));
            client_ask(client, method->name, "o", params);
            int code = client_error(client);
            ck_assert(code == 0 || (code <= -32001 && code >= -32700));
            ck_assert_int_ne(code, -32603);
            live_bench_advance(&bench, 50000);
        }
    }
    ck_assert_uint_eq(bench.hospital.domain->call_count, 0);
}
END_TEST

static void append(char *text, size_t size, const char *more)
{
    size_t length = strlen(text);
    snprintf(text + length, size - length, "%s", more);
}

/* Texts put together from pieces of real requests: most are broken somewhere. */
START_TEST(random_pieces)
{
    static const char *const pieces[] = {
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "null",
        "true",
        "-1e5",
        "\"jsonrpc\":\"2.0\"",
        "\"id\":1",
        "\"method\":",
        "\"enter\"",
        "\"call.join\"",
        "\"params\":{",
        "\"card\":\"x\"",
        "\"link\":\"link-to-a\"",
        "\"name\":\"n\"",
        "\xff",
        "\\u0000",
        "\\ud800",
        " ",
    };
    struct random_stream random;
    random_stream_init(&random, 4);
    struct client *staff = NULL, *nobody = NULL;
    for (int round = 0; round < 20000; round++) {
        char text[512] = "";
        size_t count = random_below(&random, 24);
        for (size_t i = 0; i < count; i++)
            append(text, sizeof text,
                   pieces[random_below(&random, sizeof pieces / sizeof pieces[0])]);
        staff = fresh(staff, make_staff);
        client_say(staff, text);
        if (!nobody || nobody->close_code != 0)
            nobody = client_open(&bench);
        client_say(nobody, text);
        if (round % 100 == 0)
            live_bench_advance(&bench, 100000);
        if (round % 1000 == 0)
            client_forget(staff);
    }
    ck_assert_uint_gt(live_counts(bench.live)->errors[RPC_ERROR_PARSE], 1000);
}
END_TEST

/* A real request, whole and valid, with single bytes changed. */
START_TEST(changed_bytes)
{
    static const char request[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"enter\",\"params\":{\"link\":\"link-to-a\","
        "\"name\":\"Ann\",\"details\":{\"reason\":\"headache\"},\"token\":\"abc\"}}";
    struct random_stream random;
    random_stream_init(&random, 5);
    struct client *client = NULL;
    for (int round = 0; round < 20000; round++) {
        char text[sizeof request];
        memcpy(text, request, sizeof request);
        for (size_t n = 1 + random_below(&random, 3); n > 0; n--)
            text[random_below(&random, sizeof request - 1)] =
                (char)(1 + random_below(&random, 255));
        if (!client || client->close_code != 0)
            client = client_open(&bench);
        client_say(client, text);
    }
}
END_TEST

START_TEST(huge_and_deep_messages)
{
    enum { SIZE = JSONRPC_MESSAGE_MAX };
    char *text = malloc(SIZE + 1);
    static const char *const fills[] = {"[", "{\"a\":", "\"", "\\", "1", " ", "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
        size_t length = strlen(fills[i]);
        for (size_t at = 0; at + length <= SIZE; at += length)
            memcpy(text + at, fills[i], length);
        text[SIZE / length * length] = '\0';
        struct client *client = client_open(&bench);
        client_say(client, text);
        ck_assert_int_eq(client_error(client), -32700);
    }
    /* An object of very many members, and a text as long as a message can be. */
    struct client *staff = make_staff();
    json_t *params = json_object();
    for (int i = 0; i < 20000; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        json_object_set_new(params, name, json_null());
    }
    client_ask(staff, "call.join", "o", params);
    ck_assert_int_eq(client_error(staff), -32602);
    memset(text, 'x', SIZE - 200);
    text[SIZE - 200] = '\0';
    client_ask(staff, "chat.send", "{s:s, s:s}", "card", "x", "text", text);
    ck_assert_int_eq(client_error(staff), -32602);
    client_ask(staff, text, NULL);
    ck_assert_int_eq(client_error(staff), -32601);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live_robust");
    TCase *tests = tcase_create("live_robust");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, wrong_types_for_every_parameter);
    tcase_add_test(tests, random_pieces);
    tcase_add_test(tests, changed_bytes);
    tcase_add_test(tests, huge_and_deep_messages);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
