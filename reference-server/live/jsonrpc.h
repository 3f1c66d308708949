/* JSON-RPC 2.0 as docs/protocol.md speaks it: one request per message, named parameters, bounded
 * nesting. Parses and writes; knows no method. Used by live.c and the fuzz target. */
#ifndef CASELOAD_SERVER_JSONRPC_H
#define CASELOAD_SERVER_JSONRPC_H

#include <jansson.h>
#include <stddef.h>

#include "common/base/status.h"

#define JSONRPC_DEPTH_MAX 16
#define JSONRPC_MESSAGE_MAX (256 * 1024) /* bytes */

/* X(id, code, class, message, member of data that carries the detail or NULL) */
#define RPC_ERROR_LIST(X)                                                                          \
    X(PARSE, -32700, "protocol", "not JSON", NULL)                                                 \
    X(REQUEST, -32600, "protocol", "not a JSON-RPC 2.0 request", NULL)                             \
    X(METHOD, -32601, "protocol", "no such method", NULL)                                          \
    X(PARAMETER, -32602, "protocol", "a parameter is not as described", "parameter")               \
    X(INTERNAL, -32603, "protocol", "the server failed", NULL)                                     \
    X(FORBIDDEN, -32001, "forbidden", "not permitted", NULL)                                       \
    X(HIDDEN, -32004, "hidden", "no such object", NULL)                                            \
    X(CAPACITY, -32005, "capacity", "a limit is reached", "limit")                                 \
    X(CONFLICT, -32009, "conflict", "not possible in this state", "state")                         \
    X(GONE, -32010, "gone", "it is over", NULL)                                                    \
    X(UNAUTHENTICATED, -32011, "unauthenticated", "sign in or enter first", NULL)

enum rpc_error {
#define X(id, ...) RPC_ERROR_##id,
    RPC_ERROR_LIST(X)
#undef X
        RPC_ERROR_COUNT
};

const char *rpc_error_class(enum rpc_error error);
int rpc_error_code(enum rpc_error error);
/* How a command's refusal is told. */
enum rpc_error rpc_error_of(enum status status);

struct rpc_request {
    json_t *message; /* owned */
    /* Borrowed from it. */
    const char *method;
    json_t *params; /* an object; NULL: none given */
    json_t *id;     /* text, number or null; NULL: a notification, which is not answered */
};

/* MALFORMED: not JSON, or nested too deeply; INVALID: not a request (then `ret_request` still
 * holds the id, if there was one, and must be finished); NO_MEMORY. */
MUST_CHECK enum status rpc_request_parse(const char *text, size_t size,
                                         struct rpc_request *ret_request);
void rpc_request_finish(struct rpc_request *request);

/* Each takes over `result`/`params` and returns a malloc'ed text, or NULL: no memory. `id` NULL:
 * null. `detail` NULL: none; `message` NULL: the error's own. */
char *rpc_write_result(json_t *id, json_t *result, size_t *ret_size);
char *rpc_write_error(json_t *id, enum rpc_error error, const char *message, const char *detail,
                      size_t *ret_size);
char *rpc_write_notification(const char *method, json_t *params, size_t *ret_size);

#endif
