#include "reference-server/live/jsonrpc.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static enum status parse(const char *text, struct rpc_request *request)
{
    *request = (struct rpc_request){0};
    return rpc_request_parse(text, strlen(text), request);
}

static enum status status_of(const char *text)
{
    struct rpc_request request;
    enum status status = parse(text, &request);
    rpc_request_finish(&request);
    return status;
}

START_TEST(a_request_is_taken_apart)
{
    struct rpc_request request;
    ck_assert_int_eq(parse("{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"enter\","
                           "\"params\":{\"link\":\"x\"}}",
                           &request),
                     STATUS_OK);
    ck_assert_str_eq(request.method, "enter");
    ck_assert_int_eq(json_integer_value(request.id), 5);
    ck_assert_str_eq(json_string_value(json_object_get(request.params, "link")), "x");
    rpc_request_finish(&request);
}
END_TEST

START_TEST(ids_and_parameters_may_be_left_out)
{
    struct rpc_request request;
    ck_assert_int_eq(parse("{\"jsonrpc\":\"2.0\",\"method\":\"m\"}", &request), STATUS_OK);
    ck_assert_ptr_null(request.id);
    ck_assert_ptr_null(request.params);
    rpc_request_finish(&request);
    ck_assert_int_eq(status_of("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":null}"), STATUS_OK);
    ck_assert_int_eq(status_of("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":\"abc\"}"), STATUS_OK);
}
END_TEST

START_TEST(what_is_not_json_is_malformed)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "}",
        "\xff\xfe",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\"} trailing",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"method\":\"n\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\\u0000\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"\xc3\x28\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1e999}",
        "{'jsonrpc':'2.0'}",
        "nul",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(status_of(bad[i]) == STATUS_MALFORMED, "case %zu", i);
    struct rpc_request request = {0};
    ck_assert_int_eq(rpc_request_parse("{\"a\":\"\0\"}", 9, &request), STATUS_MALFORMED);
}
END_TEST

START_TEST(what_is_no_request_is_invalid)
{
    static const char *const bad[] = {
        "1",
        "null",
        "[]",
        "\"text\"",
        "{}",
        "[{\"jsonrpc\":\"2.0\",\"method\":\"m\"}]",
        "{\"jsonrpc\":\"1.0\",\"method\":\"m\"}",
        "{\"jsonrpc\":2.0,\"method\":\"m\"}",
        "{\"method\":\"m\"}",
        "{\"jsonrpc\":\"2.0\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":5}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":[]}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":null}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":{}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":true}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1.5}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"extra\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
        ("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":"
         "\"12345678901234567890123456789012345678901234567890123456789012345\"}"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(status_of(bad[i]) == STATUS_INVALID, "case %zu", i);
}
END_TEST

START_TEST(an_invalid_request_still_has_its_id)
{
    struct rpc_request request;
    ck_assert_int_eq(parse("{\"jsonrpc\":\"2.0\",\"id\":5}", &request), STATUS_INVALID);
    ck_assert_int_eq(json_integer_value(request.id), 5);
    rpc_request_finish(&request);
}
END_TEST

static void nest(char *text, size_t depth)
{
    strcpy(text, "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\"a\":");
    size_t length = strlen(text);
    memset(text + length, '[', depth);
    memset(text + length + depth, ']', depth);
    strcpy(text + length + 2 * depth, "}}");
}

START_TEST(nesting_is_bounded)
{
    char *text = malloc(200 + 2 * 100000);
    nest(text, JSONRPC_DEPTH_MAX - 2);
    ck_assert_int_eq(status_of(text), STATUS_OK);
    nest(text, JSONRPC_DEPTH_MAX - 1);
    ck_assert_int_eq(status_of(text), STATUS_MALFORMED);
    nest(text, 100000);
    ck_assert_int_eq(status_of(text), STATUS_MALFORMED);
    free(text);
    /* Brackets within texts are no nesting, an escaped quote does not end a text. */
    ck_assert_int_eq(status_of("{\"jsonrpc\":\"2.0\",\"method\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[\"}"),
                     STATUS_OK);
}
END_TEST

static void expect_text(char *text, const size_t *size, const char *expected)
{
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, expected);
    ck_assert_uint_eq(*size, strlen(expected));
    free(text);
}

START_TEST(answers_are_written_as_specified)
{
    size_t size = 0;
    json_t *id = json_integer(5);
    expect_text(rpc_write_result(id, json_object(), &size), &size,
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}");
    expect_text(rpc_write_error(id, RPC_ERROR_CONFLICT, NULL, "waiting", &size), &size,
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32009,"
                "\"message\":\"not possible in this state\","
                "\"data\":{\"class\":\"conflict\",\"state\":\"waiting\"}}}");
    expect_text(rpc_write_error(NULL, RPC_ERROR_PARSE, "why", "unused", &size), &size,
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,"
                "\"message\":\"why\",\"data\":{\"class\":\"protocol\"}}}");
    expect_text(rpc_write_notification("card.changed", json_pack("{s:i}", "sequence", 1), &size),
                &size,
                "{\"jsonrpc\":\"2.0\",\"method\":\"card.changed\",\"params\":{\"sequence\":1}}");
    ck_assert_ptr_null(rpc_write_result(id, NULL, &size));
    ck_assert_ptr_null(rpc_write_notification("m", NULL, &size));
    json_decref(id);
}
END_TEST

START_TEST(statuses_become_the_protocols_errors)
{
    static const struct {
        enum status status;
        int code;
        const char *class;
    } expected[] = {
        {STATUS_MALFORMED, -32700, "protocol"},  {STATUS_UNSUPPORTED, -32601, "protocol"},
        {STATUS_INVALID, -32602, "protocol"},    {STATUS_NO_MEMORY, -32603, "protocol"},
        {STATUS_FORBIDDEN, -32001, "forbidden"}, {STATUS_NOT_FOUND, -32004, "hidden"},
        {STATUS_FULL, -32005, "capacity"},       {STATUS_CONFLICT, -32009, "conflict"},
        {STATUS_GONE, -32010, "gone"},           {STATUS_UNAUTHENTIC, -32011, "unauthenticated"},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        enum rpc_error error = rpc_error_of(expected[i].status);
        ck_assert_int_eq(rpc_error_code(error), expected[i].code);
        ck_assert_str_eq(rpc_error_class(error), expected[i].class);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jsonrpc");
    TCase *tests = tcase_create("jsonrpc");
    tcase_add_test(tests, a_request_is_taken_apart);
    tcase_add_test(tests, ids_and_parameters_may_be_left_out);
    tcase_add_test(tests, what_is_not_json_is_malformed);
    tcase_add_test(tests, what_is_no_request_is_invalid);
    tcase_add_test(tests, an_invalid_request_still_has_its_id);
    tcase_add_test(tests, nesting_is_bounded);
    tcase_add_test(tests, answers_are_written_as_specified);
    tcase_add_test(tests, statuses_become_the_protocols_errors);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
