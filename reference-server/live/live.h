/* The live side of the server: connections that speak JSON-RPC, the dashboards, the media's
 * routing. Between the domain (who may, who is where) and two neighbours it does not know the
 * inside of: the wire to the clients and the media plane. No sockets, no clock: tests drive it
 * without network. */
#ifndef CASELOAD_SERVER_LIVE_H
#define CASELOAD_SERVER_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "reference-server/auth/token_table.h"
#include "reference-server/domain/domain.h"
#include "reference-server/live/jsonrpc.h"
#include "reference-server/media/media_plane.h"

struct live;
struct connection;

/* Close codes of docs/protocol.md. */
enum close_code {
    CLOSE_GOING_AWAY = 1001,
    CLOSE_PROTOCOL = 4400,
    CLOSE_TOKEN_DEAD = 4401,
    CLOSE_SILENT = 4408,
    CLOSE_REPLACED = 4409,
};

struct live_config {
    struct domain *domain;      /* borrowed, like all below */
    struct token_table *tokens; /* staff */
    struct media_plane *media;
    int64_t realtime_offset_us; /* CLOCK_REALTIME minus CLOCK_MONOTONIC */
    void *arg;
    /* The way to one client. Neither may call back into this module. */
    void (*send)(void *peer, const char *text, size_t size);
    void (*close)(void *peer, uint16_t code, const char *reason);
    /* Told before the answer to whoever ended it. */
    void (*on_visit)(void *arg, const struct visit *visit);
    /* Whether one more caller may enter, by the descriptors left. */
    bool (*has_room)(void *arg);
};

/* NULL: no memory. */
struct live *live_create(const struct live_config *config);
/* All connections must have been closed. */
void live_destroy(struct live *live);

/* A client has connected; NULL: no memory. `peer` is what config.send and close are told. */
struct connection *live_open(struct live *live, void *peer, int64_t now_us);
/* One message of it. */
void live_receive(struct live *live, struct connection *connection, const char *text, size_t size,
                  int64_t now_us);
/* It is gone; frees the connection. */
void live_closed(struct live *live, struct connection *connection, int64_t now_us);

/* Let time pass: graces, silent connections, expired tokens. Call some times a second. */
void live_advance(struct live *live, int64_t now_us);
/* A token was revoked: close its connections. */
void live_token_died(struct live *live, const struct token_key *key);
/* What the user may has changed: dashboards that they may not view any more end, and they are out
 * of calls that they may not join (ROLE-16). */
void live_access_changed(struct live *live, const struct user *user, int64_t now_us);
/* The server stops: close all connections (1001). */
void live_shut(struct live *live);

struct live_counts {
    size_t connections, dashboards; /* now */
    uint64_t requests, notifications_sent;
    uint64_t errors[RPC_ERROR_COUNT];
    uint64_t closed_for_errors, closed_silent, closed_replaced, closed_token_dead;
    uint64_t media_connected, media_lost;
    uint64_t faults_dropped;  /* events that FAULT_DROP_EVENTS has lost */
    uint64_t faults_admitted; /* callers admitted while FAULT_SILENT_ADMISSION was on */
};

const struct live_counts *live_counts(const struct live *live);

/* For the media plane's callbacks. */
void live_media_connected(struct live *live, uint64_t media);
void live_media_lost(struct live *live, uint64_t media);
/* Which pictures its path carries has changed: its client is told. */
void live_media_pictures(struct live *live, uint64_t media);

#endif
