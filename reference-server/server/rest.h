/* The HTTP side of docs/protocol.md: sign-in and sign-out, pages, health, metrics. */
#ifndef CASELOAD_SERVER_REST_H
#define CASELOAD_SERVER_REST_H

#include "common/net/web_server.h"
#include "reference-server/auth/sign_in.h"
#include "reference-server/auth/token_table.h"
#include "reference-server/server/journal.h"
#include "reference-server/server/pages.h"
#include "reference-server/server/server_metrics.h"

struct rest;

struct rest_config {
    const struct directory *directory; /* borrowed, like all below */
    struct token_table *tokens;
    struct sign_in *sign_in;
    struct journal *journal;
    struct media_plane *media;
    const struct pages *pages;
    void *arg;
    /* A token was revoked: its live connections must go. */
    void (*on_token_died)(void *arg, const struct token_key *key);
    /* Fill in all but what rest itself counts. */
    void (*read_numbers)(void *arg, struct server_numbers *ret_numbers);
};

/* NULL: no memory. */
struct rest *rest_create(const struct rest_config *config);
/* After the helper threads have ended: no sign-in is under way any more. */
void rest_destroy(struct rest *rest);
void rest_request(struct rest *rest, struct web_request *request);
void rest_request_gone(struct rest *rest, struct web_request *request);

#endif
