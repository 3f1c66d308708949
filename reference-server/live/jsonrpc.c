#include "reference-server/live/jsonrpc.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int code;
    const char *class, *message, *detail;
} errors[RPC_ERROR_COUNT] = {
#define X(id, code, class, message, detail) [RPC_ERROR_##id] = {code, class, message, detail},
    RPC_ERROR_LIST(X)
#undef X
};

const char *rpc_error_class(enum rpc_error error)
{
    assert(error < RPC_ERROR_COUNT);
    return errors[error].class;
}

int rpc_error_code(enum rpc_error error)
{
    assert(error < RPC_ERROR_COUNT);
    return errors[error].code;
}

enum rpc_error rpc_error_of(enum status status)
{
    switch (status) {
    case STATUS_MALFORMED:
        return RPC_ERROR_PARSE;
    case STATUS_INVALID:
        return RPC_ERROR_PARAMETER;
    case STATUS_UNSUPPORTED:
        return RPC_ERROR_METHOD;
    case STATUS_FORBIDDEN:
        return RPC_ERROR_FORBIDDEN;
    case STATUS_NOT_FOUND:
        return RPC_ERROR_HIDDEN;
    case STATUS_FULL:
        return RPC_ERROR_CAPACITY;
    case STATUS_CONFLICT:
        return RPC_ERROR_CONFLICT;
    case STATUS_GONE:
        return RPC_ERROR_GONE;
    case STATUS_UNAUTHENTIC:
        return RPC_ERROR_UNAUTHENTICATED;
    default:
        return RPC_ERROR_INTERNAL;
    }
}

/* Whether brackets outside of texts nest deeper than allowed. jansson recurses per level. */
static bool is_too_deep(const char *text, size_t size)
{
    size_t depth = 0;
    bool in_text = false;
    for (size_t i = 0; i < size; i++) {
        if (in_text) {
            if (text[i] == '\\')
                i++;
            else if (text[i] == '"')
                in_text = false;
        } else if (text[i] == '"') {
            in_text = true;
        } else if (text[i] == '{' || text[i] == '[') {
            if (++depth > JSONRPC_DEPTH_MAX)
                return true;
        } else if ((text[i] == '}' || text[i] == ']') && depth > 0) {
            depth--;
        }
    }
    return false;
}

static bool is_id(const json_t *id)
{
    if (json_is_string(id))
        return json_string_length(id) <= 64;
    return json_is_integer(id) || json_is_null(id);
}

/* Nothing but the four members of a request, each as it must be. */
static bool is_request(const struct rpc_request *request)
{
    const char *version = json_string_value(json_object_get(request->message, "jsonrpc"));
    const json_t *id = json_object_get(request->message, "id");
    const json_t *params = json_object_get(request->message, "params");
    size_t known = 2 + (id != NULL) + (params != NULL);
    return version && strcmp(version, "2.0") == 0 && request->method &&
           (!id || request->id == id) && (!params || json_is_object(params)) &&
           json_object_size(request->message) == known;
}

enum status rpc_request_parse(const char *text, size_t size, struct rpc_request *ret_request)
{
    if (is_too_deep(text, size))
        return STATUS_MALFORMED;
    json_error_t error;
    json_t *message = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!message)
        return json_error_code(&error) == json_error_out_of_memory ? STATUS_NO_MEMORY
                                                                   : STATUS_MALFORMED;
    json_t *id = json_object_get(message, "id");
    *ret_request = (struct rpc_request){
        .message = message,
        .method = json_string_value(json_object_get(message, "method")),
        .params = json_object_get(message, "params"),
        .id = is_id(id) ? id : NULL,
    };
    return is_request(ret_request) ? STATUS_OK : STATUS_INVALID;
}

void rpc_request_finish(struct rpc_request *request)
{
    json_decref(request->message);
    *request = (struct rpc_request){0};
}

/* Takes over `message`. */
static char *write_message(json_t *message, size_t *ret_size)
{
    char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
    json_decref(message);
    if (text)
        *ret_size = strlen(text);
    return text;
}

char *rpc_write_result(json_t *id, json_t *result, size_t *ret_size)
{
    return write_message(
        json_pack("{s:s, s:O?, s:o}", "jsonrpc", "2.0", "id", id, "result", result), ret_size);
}

char *rpc_write_error(json_t *id, enum rpc_error error, const char *message, const char *detail,
                      size_t *ret_size)
{
    assert(error < RPC_ERROR_COUNT);
    json_t *data = json_pack("{s:s}", "class", errors[error].class);
    if (data && detail && errors[error].detail)
        json_object_set_new(data, errors[error].detail, json_string(detail));
    json_t *body = json_pack("{s:i, s:s, s:o}", "code", errors[error].code, "message",
                             message ? message : errors[error].message, "data", data);
    return write_message(json_pack("{s:s, s:O?, s:o}", "jsonrpc", "2.0", "id", id, "error", body),
                         ret_size);
}

char *rpc_write_notification(const char *method, json_t *params, size_t *ret_size)
{
    return write_message(
        json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method, "params", params),
        ret_size);
}
