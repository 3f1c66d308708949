/* A client's end of JSON-RPC 2.0 as tests see it: the text of a request, the last answer, the
 * notifications that came. Shared by live_bench.h (no network) and server_bench.h (the real one).
 */
#ifndef CASELOAD_TEST_RPC_PEER_H
#define CASELOAD_TEST_RPC_PEER_H

#include <jansson.h>
#include <stdarg.h>

struct rpc_peer {
    json_t *answer; /* the last one, owned; NULL: none since the last request */
    json_t *inbox;  /* notifications, oldest first, owned */
};

void rpc_peer_init(struct rpc_peer *peer);
void rpc_peer_finish(struct rpc_peer *peer);
/* A message came: well-formed, and kept as what it is. */
void rpc_peer_receive(struct rpc_peer *peer, const char *text, size_t size);

/* A request with parameters by json_pack's format (NULL: none); the last answer is forgotten. The
 * caller frees the text. */
char *rpc_peer_request(struct rpc_peer *peer, const char *method, const char *format,
                       va_list values);
/* The result in the last answer, borrowed; fails the test when it is an error. */
json_t *rpc_peer_result(const struct rpc_peer *peer, const char *method);
/* Error code of the last answer, 0 for a result; and its data.class, data.state … or "". */
int rpc_peer_error(const struct rpc_peer *peer);
const char *rpc_peer_error_data(const struct rpc_peer *peer, const char *member);

/* Take the oldest notification of that method out of the inbox (NULL: there is none); borrowed
 * until the next take of anybody. Returns its params. */
json_t *rpc_peer_take(struct rpc_peer *peer, const char *method);

/* A member of an object, as text; fails the test when it is not there. */
const char *text_in(const json_t *object, const char *member);

#endif
