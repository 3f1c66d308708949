#include <check.h>

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

START_TEST(the_answer_comes_before_what_it_sets_off)
{
    struct client *caller = client_enter(&bench, "link-to-a", "Ann");
    client_offer(caller);
    ck_assert(bench.media->transports[caller->media].exists);
    ck_assert_uint_eq(json_array_size(caller->rpc.inbox), 0);
}
END_TEST

START_TEST(a_refused_offer_says_why)
{
    struct client *caller = client_enter(&bench, "link-to-a", "Ann");
    static const struct {
        enum status status;
        int code;
        const char *member, *value;
    } cases[] = {
        {STATUS_MALFORMED, -32602, "parameter", "sdp"},
        {STATUS_INVALID, -32602, "parameter", "sdp"},
        {STATUS_FULL, -32005, "limit", "transports"},
        {STATUS_NO_MEMORY, -32603, "class", "protocol"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bench.media->next_offer = cases[i].status;
        client_ask(caller, "media.offer", "{s:s}", "sdp", "v=0 what a mess");
        ck_assert_int_eq(client_error(caller), cases[i].code);
        ck_assert_str_eq(client_error_data(caller, cases[i].member), cases[i].value);
        ck_assert_str_eq(text_in(json_object_get(caller->rpc.answer, "error"), "message"),
                         "the double refuses: v=0 what a mess");
    }
    bench.media->next_offer = STATUS_OK;
    client_offer(caller);
    /* The message of a refusal is not told again. */
    client_ask(caller, "space.get", "{s:s}", "space", "x");
    ck_assert_str_eq(text_in(json_object_get(caller->rpc.answer, "error"), "message"),
                     "no such object");
}
END_TEST

START_TEST(nobody_gets_no_transport)
{
    struct client *client = client_open(&bench);
    client_ask(client, "media.offer", "{s:s}", "sdp", "x");
    ck_assert_int_eq(client_error(client), -32011);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("media_methods");
    TCase *tests = tcase_create("media_methods");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_answer_comes_before_what_it_sets_off);
    tcase_add_test(tests, a_refused_offer_says_why);
    tcase_add_test(tests, nobody_gets_no_transport);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
