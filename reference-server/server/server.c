#include "reference-server/server/server.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/net/web_server.h"
#include "reference-server/admin/admin.h"
#include "reference-server/auth/background.h"
#include "reference-server/auth/password.h"
#include "reference-server/auth/sign_in.h"
#include "reference-server/auth/token.h"
#include "reference-server/live/live.h"
#include "reference-server/server/journal.h"
#include "reference-server/server/outbox.h"
#include "reference-server/server/pages.h"
#include "reference-server/server/rest.h"
#include "reference-server/server/server_data.h"

#define GRACE_US (10 * US_PER_S)
#define ADVANCE_INTERVAL_US (50 * US_PER_MS)
#define STOP_LIMIT_US (2 * US_PER_S)
#define CLOSE_NOT_WRITTEN 1011

enum {
    BACKGROUND_JOBS_MAX = 1024, /* a sign-in at normal cost takes about 0.1 s */
    TOKENS_MAX = 200000,
    CARDS_MAX = 100000,
    PAST_MAX = 8192,            /* 25 s of the fastest joins that we have measured */
    SEND_QUEUE_BYTES = 4 << 20, /* a dashboard of several thousand cards */
    DESCRIPTORS_SPARE = 500,    /* kept from new callers: docs/protocol.md, "connections" */
    DESCRIPTORS_OWN = 100,      /* files, media, libraries: kept from new connections */
};

struct server {
    struct loop *loop;
    size_t descriptor_limit;
    int64_t realtime_offset_us;
    char password_cost[16];
    bool tls;
    struct store *store;
    struct domain *domain;
    struct token_table *tokens;
    struct background *passwords, *disk; /* helper threads: who signs in holds up no record */
    struct sign_in *sign_in;
    struct journal *journal;
    struct media_plane *media;
    struct live *live;
    struct pages *pages;
    struct rest *rest;
    struct admin *admin;
    struct web_server *web;
    uint64_t rows_lost;    /* as last said */
    struct client *acting; /* whose message is handled; NULL: nobody's */
    struct loop_timer *advance, *stop;
    int64_t stop_by_us;
    void (*on_stopped)(void *arg);
    void *stopped_arg;
};

/* One client of the live side. */
struct client {
    struct web_peer *peer;
    struct connection *connection;
    struct outbox outbox;
};

static void send_to_peer(void *peer, const char *text, size_t size)
{
    /* FULL closes the peer, and live_closed follows. */
    (void)!web_peer_send(peer, text, size);
}

static void close_unwritten(void *peer)
{
    web_peer_close(peer, CLOSE_NOT_WRITTEN, "what was done could not be written");
}

/* NULL: no memory. */
static struct client *client_create(struct server *server, struct web_peer *peer)
{
    struct client *client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    client->peer = peer;
    client->outbox = (struct outbox){
        .journal = server->journal, .peer = peer, .send = send_to_peer, .fail = close_unwritten};
    outbox_init(&client->outbox);
    client->connection = live_open(server->live, client, loop_now_us(server->loop));
    if (client->connection)
        return client;
    free(client);
    return NULL;
}

/* The live side's way to its clients. */

static void send_to_client(void *arg, const char *text, size_t size)
{
    struct client *client = arg;
    outbox_send(&client->outbox, text, size);
}

static void close_client(void *arg, uint16_t code, const char *reason)
{
    struct client *client = arg;
    web_peer_close(client->peer, code, reason);
}

static void on_visit(void *arg, const struct visit *visit)
{
    struct server *server = arg;
    int64_t offset_us = server->realtime_offset_us;
    const struct store_visit row = {
        .space_id = visit->space_id.text,
        .clinic_id = visit->clinic_id.text,
        .cause = visit->cause,
        .entered_at_us = visit->entered_us + offset_us,
        .seen_at_us = visit->seen_us ? visit->seen_us + offset_us : 0,
        .ended_at_us = visit->ended_us + offset_us,
    };
    bool noted = journal_add_visit(server->journal, &row);
    if (server->acting && noted)
        outbox_hold(&server->acting->outbox);
    else if (server->acting)
        outbox_fail(&server->acting->outbox);
}

static bool has_room(void *arg)
{
    const struct server *server = arg;
    return web_server_connections(server->web) + DESCRIPTORS_SPARE <= server->descriptor_limit;
}

/* The web server's callbacks. */

static void on_open(void *arg, struct web_peer *peer)
{
    struct server *server = arg;
    struct client *client = client_create(server, peer);
    web_peer_set_user(peer, client);
    if (!client || server->on_stopped)
        web_peer_close(peer, CLOSE_GOING_AWAY, "no room");
}

static void on_message(void *arg, struct web_peer *peer, const char *text, size_t size)
{
    struct server *server = arg;
    struct client *client = web_peer_user(peer);
    if (!client)
        return;
    server->acting = client;
    live_receive(server->live, client->connection, text, size, loop_now_us(server->loop));
    server->acting = NULL;
    outbox_release(&client->outbox);
}

static void on_close(void *arg, struct web_peer *peer)
{
    struct server *server = arg;
    struct client *client = web_peer_user(peer);
    if (!client)
        return;
    live_closed(server->live, client->connection, loop_now_us(server->loop));
    outbox_finish(&client->outbox);
    free(client);
}

static void on_request(void *arg, struct web_request *request)
{
    struct server *server = arg;
    if (!admin_request(server->admin, request))
        rest_request(server->rest, request);
}

static void on_request_gone(void *arg, struct web_request *request)
{
    struct server *server = arg;
    if (!admin_request_gone(server->admin, request))
        rest_request_gone(server->rest, request);
}

static void on_access_changed(void *arg, struct user *user)
{
    struct server *server = arg;
    live_access_changed(server->live, user, loop_now_us(server->loop));
}

static void on_token_died(void *arg, const struct token_key *key)
{
    struct server *server = arg;
    live_token_died(server->live, key);
}

static void read_numbers(void *arg, struct server_numbers *ret_numbers)
{
    struct server *server = arg;
    *ret_numbers = (struct server_numbers){
        .domain = server->domain,
        .live = live_counts(server->live),
        .journal = journal_counts(server->journal),
        .http_connections = web_server_connections(server->web),
        .background_jobs = background_length(server->passwords) + background_length(server->disk),
        .tokens = token_table_count(server->tokens),
        .loop_lag_us = loop_take_max_lag_us(server->loop),
        .password_cost = server->password_cost,
        .tls = server->tls,
    };
}

static void on_media_connected(void *arg, uint64_t participant)
{
    struct server *server = arg;
    live_media_connected(server->live, participant);
}

static void on_media_lost(void *arg, uint64_t participant)
{
    struct server *server = arg;
    live_media_lost(server->live, participant);
}

static void on_media_pictures(void *arg, uint64_t participant)
{
    struct server *server = arg;
    live_media_pictures(server->live, participant);
}

/* Rows lost are said once per loss, here, where the error stops travelling. */
static void watch_journal(struct server *server)
{
    struct journal_counts counts = journal_counts(server->journal);
    uint64_t lost = counts.dropped + counts.failed;
    if (lost == server->rows_lost)
        return;
    log_warn("%" PRIu64 " rows were not written to the database: %s", lost - server->rows_lost,
             counts.failed ? journal_complaint(server->journal) : "too many were waiting");
    server->rows_lost = lost;
}

static void on_advance(void *arg, int64_t now_us)
{
    struct server *server = arg;
    live_advance(server->live, now_us);
    watch_journal(server);
}

static void on_stop_turn(void *arg, int64_t now_us)
{
    struct server *server = arg;
    if (live_counts(server->live)->connections > 0 && now_us < server->stop_by_us)
        return;
    loop_timer_stop(server->stop);
    server->on_stopped(server->stopped_arg);
}

/* Building it up, in the order in which one part needs another. */

static enum status open_data(struct server *server, const struct server_config *config,
                             struct failure *failure)
{
    enum password_cost cost = PASSWORD_COST_NORMAL;
    enum status status = store_open(config->database, &server->store, failure);
    if (status == STATUS_OK && config->fixture)
        status = server_data_load_fixture(server->store, config->fixture, failure);
    if (status == STATUS_OK)
        status = server_data_read(server->store, clock_realtime_us(), &server->domain->directory,
                                  server->tokens, server->password_cost,
                                  sizeof server->password_cost, failure);
    if (status == STATUS_OK && password_cost_by_name(server->password_cost, &cost) != STATUS_OK)
        status = failure_set(failure, STATUS_INVALID, "database %s: password_cost is '%s'",
                             config->database, server->password_cost);
    if (status != STATUS_OK)
        return status;

    status = sign_in_create(&server->domain->directory, server->passwords, cost, &server->sign_in);
    if (status == STATUS_OK)
        status = journal_create(server->loop, server->disk, server->store, &server->journal);
    return status == STATUS_OK ? status : failure_set(failure, status, "out of memory");
}

static enum status open_live(struct server *server, const struct server_config *config,
                             struct failure *failure)
{
    struct media_plane_config media = {
        .loop = server->loop,
        .address = config->media_address,
        .port = config->media_port,
        .workers = config->media_workers,
        .arg = server,
        .on_connected = on_media_connected,
        .on_lost = on_media_lost,
        .on_pictures = on_media_pictures,
    };
    enum status status = media_plane_create(&media, &server->media, failure);
    if (status != STATUS_OK)
        return status;
    server->live = live_create(&(struct live_config){
        .domain = server->domain,
        .tokens = server->tokens,
        .media = server->media,
        .realtime_offset_us = server->realtime_offset_us,
        .arg = server,
        .send = send_to_client,
        .close = close_client,
        .on_visit = on_visit,
        .has_room = has_room,
    });
    return server->live ? STATUS_OK : failure_set(failure, STATUS_NO_MEMORY, "out of memory");
}

static enum status open_web(struct server *server, const struct server_config *config,
                            struct failure *failure)
{
    enum status status = pages_load(config->web_folder, &server->pages, failure);
    if (status != STATUS_OK)
        return status;
    server->rest = rest_create(&(struct rest_config){
        .directory = &server->domain->directory,
        .tokens = server->tokens,
        .sign_in = server->sign_in,
        .journal = server->journal,
        .media = server->media,
        .pages = server->pages,
        .arg = server,
        .on_token_died = on_token_died,
        .read_numbers = read_numbers,
    });
    server->admin = admin_create(&(struct admin_config){
        .directory = &server->domain->directory,
        .tokens = server->tokens,
        .background = server->disk,
        .store = server->store,
        .ids = id_source_secret(),
        .arg = server,
        .on_access_changed = on_access_changed,
    });
    if (!server->rest || !server->admin)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    struct web_server_config web = {
        .loop = server->loop,
        .address = config->address,
        .port = config->port,
        .certificate_pem = config->certificate_pem,
        .key_pem = config->key_pem,
        .message_limit = JSONRPC_MESSAGE_MAX,
        .send_queue_limit = SEND_QUEUE_BYTES,
        .connection_limit = config->descriptor_limit - DESCRIPTORS_OWN,
        .websocket_path = "/live",
        .arg = server,
        .on_request = on_request,
        .on_request_gone = on_request_gone,
        .on_open = on_open,
        .on_message = on_message,
        .on_close = on_close,
    };
    return web_server_create(&web, &server->web, failure);
}

static enum status open_basics(struct server *server, struct failure *failure)
{
    enum status status = password_start();
    if (status != STATUS_OK)
        return failure_set(failure, status, "libsodium did not start");
    server->domain = domain_create(&(struct domain_config){
        .ids = id_source_secret(),
        .grace_us = GRACE_US,
        .card_limit = CARDS_MAX,
        .past_limit = PAST_MAX,
    });
    server->tokens = token_table_create(TOKENS_MAX);
    server->advance = loop_timer_create(server->loop, on_advance, server);
    server->stop = loop_timer_create(server->loop, on_stop_turn, server);
    if (!server->domain || !server->tokens || !server->advance || !server->stop ||
        background_create(server->loop, BACKGROUND_JOBS_MAX, &server->passwords) != STATUS_OK ||
        background_create(server->loop, BACKGROUND_JOBS_MAX, &server->disk) != STATUS_OK)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    return STATUS_OK;
}

enum status server_create(const struct server_config *config, struct server **ret_server,
                          struct failure *failure)
{
    if (config->descriptor_limit <= DESCRIPTORS_SPARE + DESCRIPTORS_OWN)
        return failure_set(failure, STATUS_INVALID,
                           "%zu descriptors are too few: more than %d are needed (ulimit -n)",
                           config->descriptor_limit, DESCRIPTORS_SPARE + DESCRIPTORS_OWN);
    struct server *server = calloc(1, sizeof *server);
    if (!server)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    server->loop = config->loop;
    server->descriptor_limit = config->descriptor_limit;
    server->realtime_offset_us = clock_realtime_offset_us();
    server->tls = config->certificate_pem != NULL;

    enum status status = open_basics(server, failure);
    if (status == STATUS_OK)
        status = open_data(server, config, failure);
    if (status == STATUS_OK)
        status = open_live(server, config, failure);
    if (status == STATUS_OK)
        status = open_web(server, config, failure);
    if (status != STATUS_OK) {
        server_destroy(server);
        return status;
    }
    loop_timer_start(server->advance, ADVANCE_INTERVAL_US, ADVANCE_INTERVAL_US);
    *ret_server = server;
    return STATUS_OK;
}

void server_stop(struct server *server, void (*on_stopped)(void *arg), void *arg)
{
    if (server->on_stopped)
        return;
    server->on_stopped = on_stopped;
    server->stopped_arg = arg;
    server->stop_by_us = loop_now_us(server->loop) + STOP_LIMIT_US;
    live_shut(server->live);
    loop_timer_start(server->stop, 0, 10 * US_PER_MS);
}

void server_destroy(struct server *server)
{
    if (!server)
        return;
    loop_timer_destroy(server->advance);
    loop_timer_destroy(server->stop);
    web_server_destroy(server->web); /* closes what is left, so live has none */
    background_destroy(server->passwords);
    background_destroy(server->disk);
    if (server->live) /* nobody comes back: the visits of those in their grace end now */
        live_advance(server->live, loop_now_us(server->loop) + GRACE_US);
    live_destroy(server->live);
    media_plane_destroy(server->media);
    rest_destroy(server->rest);
    admin_destroy(server->admin);
    pages_destroy(server->pages);
    sign_in_destroy(server->sign_in);
    journal_destroy(server->journal);
    store_close(server->store);
    token_table_destroy(server->tokens);
    domain_destroy(server->domain);
    free(server);
}

uint16_t server_port(const struct server *server)
{
    return web_server_port(server->web);
}

uint16_t server_media_port(const struct server *server, unsigned worker)
{
    return media_plane_port(server->media, worker);
}
