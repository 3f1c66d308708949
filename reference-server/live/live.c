#include "reference-server/live/live.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "reference-server/domain/staff.h"
#include "reference-server/fault.h"
#include "reference-server/live/live_private.h"

enum { STRIKES_MAX = 8 };

#define SILENCE_LIMIT_US (10 * US_PER_S)
#define SWEEP_INTERVAL_US (10 * US_PER_S)

struct live *live_create(const struct live_config *config)
{
    assert(config->send && config->close && config->on_visit && config->has_room);
    struct live *live = calloc(1, sizeof *live);
    if (live)
        live->config = *config;
    return live;
}

void live_destroy(struct live *live)
{
    if (!live)
        return;
    assert(!live->first);
    dashboards_destroy(live);
    speech_destroy(live);
    free(live);
}

const struct live_counts *live_counts(const struct live *live)
{
    return &live->counts;
}

/* Errors of the client's own making; refusals by permission or state are part of normal life. */
static bool is_strike(enum rpc_error error, const char *detail)
{
    return (strcmp(rpc_error_class(error), "protocol") == 0 && error != RPC_ERROR_INTERNAL) ||
           (error == RPC_ERROR_CAPACITY && detail && strcmp(detail, "requests") == 0);
}

static void answer_error(struct live *live, struct connection *connection, json_t *id,
                         enum rpc_error error, const char *message, const char *detail)
{
    live->counts.errors[error]++;
    if (is_strike(error, detail))
        connection->strikes++;
    else
        connection->strikes = 0;
    if (id) {
        size_t size = 0;
        char *text = rpc_write_error(json_is_null(id) ? NULL : id, error, message, detail, &size);
        if (text)
            connection_send(connection, text, size);
        free(text);
    }
    if (connection->strikes >= STRIKES_MAX) {
        live->counts.closed_for_errors++;
        connection_close(connection, CLOSE_PROTOCOL, "too many errors in a row");
    }
}

static void answer_result(struct connection *connection, json_t *id, json_t *result)
{
    connection->strikes = 0;
    if (!id) {
        json_decref(result);
        return;
    }
    size_t size = 0;
    char *text = rpc_write_result(id, result ? result : json_object(), &size);
    if (text)
        connection_send(connection, text, size);
    else
        connection_close(connection, CLOSE_GOING_AWAY, "out of memory");
    free(text);
}

/* OK, or why this connection may not call this method whatever its parameters are. */
static enum status check_caller(struct live *live, const struct connection *connection,
                                const struct method *method)
{
    const struct participant *participant = connection->participant;
    if (method->caller == METHOD_FOR_NOBODY)
        return participant ? outcome_refuse(&live->outcome, STATUS_CONFLICT, "identified")
                           : STATUS_OK;
    if (!participant)
        return STATUS_UNAUTHENTIC;
    if (method->caller == METHOD_FOR_ACTOR)
        return STATUS_OK;
    bool is_staff = participant->kind == PARTICIPANT_STAFF;
    if (is_staff == (method->caller == METHOD_FOR_STAFF))
        return STATUS_OK;
    if (method->caller == METHOD_FOR_STAFF && fault_is_on(FAULT_PATIENT_ACTS))
        return STATUS_OK;
    return STATUS_FORBIDDEN;
}

/* `ret_detail`: names the parameter, limit or state of a refusal. */
static enum status run(struct live *live, struct connection *connection,
                       const struct rpc_request *request, char ret_parameter[PARAMETER_NAME_SIZE],
                       json_t **ret_result)
{
    struct arguments arguments;
    const struct method *method = method_by_name(request->method);
    if (!method)
        return STATUS_UNSUPPORTED;
    enum status status = check_caller(live, connection, method);
    if (status == STATUS_OK)
        status = method_take_arguments(method, request->params, &arguments, ret_parameter);
    if (status == STATUS_OK)
        status = method->run(live, connection, &arguments, ret_result);
    return status;
}

/* FAULT_CHATTY_ERRORS: the first caller there is. */
static void name_a_caller(struct live *live)
{
    const struct directory *directory = &live->config.domain->directory;
    for (size_t i = 0; i < directory->clinic_count; i++) {
        const struct card *card = directory->clinics[i]->area.first_card;
        if (card) {
            failure_set(&live->failure, STATUS_NOT_FOUND, "none, and not %s either", card->name);
            return;
        }
    }
}

static void answer(struct live *live, struct connection *connection,
                   const struct rpc_request *request)
{
    char parameter[PARAMETER_NAME_SIZE] = "";
    json_t *result = NULL;
    outcome_clear(&live->outcome);
    live->failure.message[0] = '\0';
    live->media_changed = false;
    live->dashboard_rest = NULL;

    enum status status = run(live, connection, request, parameter, &result);
    if (status == STATUS_NOT_FOUND && fault_is_on(FAULT_CHATTY_ERRORS))
        name_a_caller(live);
    if (status != STATUS_OK) {
        const char *detail =
            status == STATUS_INVALID && !live->outcome.detail ? parameter : live->outcome.detail;
        answer_error(live, connection, request->id, rpc_error_of(status),
                     live->failure.message[0] ? live->failure.message : NULL, detail);
        return;
    }
    live_note_visits(live);
    answer_result(connection, request->id, result);
    dashboard_send_rest(live, connection);
    live_carry_out(live);
    if (live->media_changed && connection->participant)
        media_refresh_call(live, connection);
}

void live_receive(struct live *live, struct connection *connection, const char *text, size_t size,
                  int64_t now_us)
{
    if (connection->closing)
        return;
    live->now_us = now_us;
    live->counts.requests++;
    struct rpc_request request = {0};
    enum status status = rpc_request_parse(text, size, &request);
    if (status == STATUS_MALFORMED)
        answer_error(live, connection, json_null(), RPC_ERROR_PARSE, NULL, NULL);
    else if (status == STATUS_INVALID)
        answer_error(live, connection, request.id ? request.id : json_null(), RPC_ERROR_REQUEST,
                     NULL, NULL);
    else if (status != STATUS_OK)
        answer_error(live, connection, json_null(), RPC_ERROR_INTERNAL, NULL, NULL);
    else if (!connection_may_ask(connection, now_us))
        answer_error(live, connection, request.id, RPC_ERROR_CAPACITY, NULL, "requests");
    else
        answer(live, connection, &request);
    rpc_request_finish(&request);
}

static void close_silent(struct live *live)
{
    struct connection *connection = live->nobody_first;
    while (connection && live->now_us - connection->nobody_since_us >= SILENCE_LIMIT_US) {
        struct connection *next = connection->nobody_next;
        if (!connection->closing) {
            live->counts.closed_silent++;
            connection_close(connection, CLOSE_SILENT, "neither authenticate nor enter came");
        }
        connection = next;
    }
}

static bool token_is_over(const struct live *live, const struct connection *connection)
{
    return connection->participant && connection->participant->user &&
           connection->token_expires_at_us <= live->now_us + live->config.realtime_offset_us;
}

static void close_expired(struct live *live)
{
    if (live->now_us < live->next_sweep_us)
        return;
    live->next_sweep_us = live->now_us + SWEEP_INTERVAL_US;
    token_table_sweep(live->config.tokens, live->now_us + live->config.realtime_offset_us);
    for (struct connection *at = live->first; at; at = at->next) {
        if (token_is_over(live, at) && !at->closing) {
            live->counts.closed_token_dead++;
            connection_close(at, CLOSE_TOKEN_DEAD, "the token has expired");
        }
    }
}

void live_advance(struct live *live, int64_t now_us)
{
    live->now_us = now_us;
    while (domain_advance(live->config.domain, now_us, &live->outcome))
        live_carry_out(live);
    speech_advance(live);
    close_silent(live);
    close_expired(live);
}

void live_token_died(struct live *live, const struct token_key *key)
{
    for (struct connection *at = live->first; at; at = at->next) {
        if (at->participant && at->participant->user && !at->closing &&
            memcmp(&at->token, key, sizeof *key) == 0) {
            live->counts.closed_token_dead++;
            connection_close(at, CLOSE_TOKEN_DEAD, "signed out");
        }
    }
}

void live_access_changed(struct live *live, const struct user *user, int64_t now_us)
{
    live->now_us = now_us;
    if (fault_is_on(FAULT_KEEP_ACCESS))
        return;
    for (struct connection *at = live->first; at; at = at->next) {
        if (!at->participant || at->participant->user != user || at->closing)
            continue;
        dashboard_check_access(live, at);
        outcome_clear(&live->outcome);
        if (staff_check(live->config.domain, at->participant, now_us, &live->outcome))
            live_carry_out(live);
    }
}

void live_shut(struct live *live)
{
    for (struct connection *at = live->first; at; at = at->next)
        connection_close(at, CLOSE_GOING_AWAY, "the server stops");
}

void live_media_connected(struct live *live, uint64_t media)
{
    (void)media;
    live->counts.media_connected++;
}

void live_media_lost(struct live *live, uint64_t media)
{
    /* Presence is the connection's; a client whose transport died offers anew on it. */
    (void)media;
    live->counts.media_lost++;
}

void live_media_pictures(struct live *live, uint64_t media)
{
    /* No index: a path changes its mind every few seconds at most. */
    for (struct connection *at = live->first; at; at = at->next) {
        if (at->media == media && !at->closing) {
            media_refresh(live, at);
            return;
        }
    }
}
