#include "tests/support/rpc_peer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_ID = 7 };

void rpc_peer_init(struct rpc_peer *peer)
{
    *peer = (struct rpc_peer){.inbox = json_array()};
    ck_assert_ptr_nonnull(peer->inbox);
}

void rpc_peer_finish(struct rpc_peer *peer)
{
    json_decref(peer->answer);
    json_decref(peer->inbox);
    *peer = (struct rpc_peer){0};
}

void rpc_peer_receive(struct rpc_peer *peer, const char *text, size_t size)
{
    json_t *message = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(message);
    ck_assert_str_eq(text_in(message, "jsonrpc"), "2.0");
    if (json_object_get(message, "method")) {
        ck_assert_ptr_nonnull(json_object_get(message, "params"));
        json_array_append_new(peer->inbox, message);
        return;
    }
    ck_assert_ptr_nonnull(json_object_get(message, "id"));
    json_decref(peer->answer);
    peer->answer = message;
}

char *rpc_peer_request(struct rpc_peer *peer, const char *method, const char *format,
                       va_list values)
{
    json_t *params = format ? json_vpack_ex(NULL, 0, format, values) : NULL;
    ck_assert(!format || params);
    json_t *message =
        json_pack("{s:s, s:i, s:s}", "jsonrpc", "2.0", "id", REQUEST_ID, "method", method);
    if (params)
        json_object_set_new(message, "params", params);
    char *text = json_dumps(message, JSON_COMPACT);
    ck_assert_ptr_nonnull(text);
    json_decref(message);
    json_decref(peer->answer);
    peer->answer = NULL;
    return text;
}

json_t *rpc_peer_result(const struct rpc_peer *peer, const char *method)
{
    json_t *result = json_object_get(peer->answer, "result");
    char *text = json_dumps(peer->answer, 0);
    ck_assert_int_eq(json_integer_value(json_object_get(peer->answer, "id")), REQUEST_ID);
    ck_assert_msg(result, "%s: %s", method, text);
    free(text);
    return result;
}

int rpc_peer_error(const struct rpc_peer *peer)
{
    return (int)json_integer_value(json_object_get(json_object_get(peer->answer, "error"), "code"));
}

const char *rpc_peer_error_data(const struct rpc_peer *peer, const char *member)
{
    const json_t *data = json_object_get(json_object_get(peer->answer, "error"), "data");
    const char *text = json_string_value(json_object_get(data, member));
    return text ? text : "";
}

json_t *rpc_peer_take(struct rpc_peer *peer, const char *method)
{
    static json_t *last; /* kept so that the params stay alive */
    size_t i;
    json_t *message;

    json_decref(last);
    last = NULL;
    json_array_foreach(peer->inbox, i, message)
    {
        if (strcmp(text_in(message, "method"), method) != 0)
            continue;
        last = json_incref(message);
        json_array_remove(peer->inbox, i);
        return json_object_get(last, "params");
    }
    return NULL;
}

const char *text_in(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    ck_assert_msg(text, "no text '%s'", member);
    return text;
}
