/* The live layer with its domain and a media plane without media, driven message by message on a
 * hand-set clock: the hospital of domain_bench.h, clients that are only two functions. */
#ifndef CASELOAD_TEST_LIVE_BENCH_H
#define CASELOAD_TEST_LIVE_BENCH_H

#include "reference-server/live/live.h"
#include "tests/support/domain_bench.h"
#include "tests/support/media_double.h"
#include "tests/support/rpc_peer.h"

/* 2026-01-31T12:00:00Z is at 0 on the bench's clock. */
#define BENCH_EPOCH_US 1769860800000000LL

struct client {
    struct live_bench *bench;
    struct connection *connection; /* NULL: closed and gone */
    struct rpc_peer rpc;
    uint16_t close_code; /* 0: not closed by the server */
    uint64_t media;      /* number of its transport, after client_offer */
    char participant[ID_LENGTH + 1];
    char space[ID_LENGTH + 1];
    char token[64];
    struct client *next;
};

struct live_bench {
    struct domain_bench hospital;
    struct token_table *tokens;
    struct media_plane *media;
    struct live *live;
    bool has_room;
    json_t *visits; /* causes in order, owned */
    struct client *clients;
};

void live_bench_init(struct live_bench *bench);
void live_bench_finish(struct live_bench *bench);
void live_bench_advance(struct live_bench *bench, int64_t by_us);

struct client *client_open(struct live_bench *bench);
/* The connection is lost. */
void client_lose(struct client *client);
/* Send raw text. */
void client_say(struct client *client, const char *text);
/* Ask with parameters by json_pack's format (NULL: none) and expect an answer: it is returned,
 * borrowed until the next. */
json_t *client_ask(struct client *client, const char *method, const char *format, ...);
/* The same, and fail unless it is a result; returns the result. */
json_t *client_do(struct client *client, const char *method, const char *format, ...);
/* Error code of the last answer, 0 for a result; and its data.class, data.state … or "". */
int client_error(const struct client *client);
const char *client_error_data(const struct client *client, const char *member);

/* A caller who has entered by the link ("link-to-a"), staff by the name in domain_bench.h. */
struct client *client_enter(struct live_bench *bench, const char *link, const char *name);
struct client *client_sign_in(struct live_bench *bench, const char *username);
void client_offer(struct client *client);

/* Take the oldest notification of that method out of the inbox (NULL: there is none); borrowed
 * until the next take. Returns its params. */
json_t *client_take(struct client *client, const char *method);
size_t client_count(const struct client *client, const char *method);
void client_forget(struct client *client);
/* Every text the client has been told, as one JSON text; the caller frees it. */
char *client_all_told(const struct client *client);
/* The card of a caller, by asking the domain. */
const struct card *client_card(const struct client *client);

#endif
