#include <assert.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "reference-server/domain/caller.h"
#include "reference-server/domain/guest.h"
#include "reference-server/domain/staff.h"
#include "reference-server/live/live_private.h"

/* Requests: this many at once, then one per interval. Staff serve many callers. */
#define CALLER_INTERVAL_US (20 * US_PER_MS)
#define STAFF_INTERVAL_US (5 * US_PER_MS)
enum { CALLER_BURST = 200, STAFF_BURST = 1000 };

void connection_send(struct connection *connection, const char *text, size_t size)
{
    if (!connection->closing)
        connection->live->config.send(connection->peer, text, size);
}

void connection_notify(struct connection *connection, const char *method, json_t *params)
{
    size_t size = 0;
    char *text = rpc_write_notification(method, params, &size);
    if (text) {
        connection_send(connection, text, size);
        connection->live->counts.notifications_sent++;
    } else {
        /* Out of memory: the client must not go on with a hole in what it knows. */
        connection_close(connection, CLOSE_GOING_AWAY, "out of memory");
    }
    free(text);
}

void connection_close(struct connection *connection, enum close_code code, const char *reason)
{
    if (connection->closing)
        return;
    connection->closing = true;
    connection->live->config.close(connection->peer, (uint16_t)code, reason);
}

static void join_nobodies(struct connection *connection)
{
    struct live *live = connection->live;
    connection->nobody_since_us = live->now_us;
    connection->nobody_next = NULL;
    connection->nobody_previous = live->nobody_last;
    if (live->nobody_last)
        live->nobody_last->nobody_next = connection;
    else
        live->nobody_first = connection;
    live->nobody_last = connection;
}

static void leave_nobodies(struct connection *connection)
{
    struct live *live = connection->live;
    if (connection->nobody_previous)
        connection->nobody_previous->nobody_next = connection->nobody_next;
    else
        live->nobody_first = connection->nobody_next;
    if (connection->nobody_next)
        connection->nobody_next->nobody_previous = connection->nobody_previous;
    else
        live->nobody_last = connection->nobody_previous;
    connection->nobody_next = connection->nobody_previous = NULL;
}

void connection_become(struct connection *connection, struct participant *participant)
{
    assert(!connection->participant);
    leave_nobodies(connection);
    connection->participant = participant;
}

void connection_become_nobody(struct connection *connection)
{
    assert(connection->participant);
    media_drop(connection->live, connection);
    dashboard_unsubscribe_all(connection->live, connection);
    connection->participant = NULL;
    join_nobodies(connection);
}

bool connection_may_ask(struct connection *connection, int64_t now_us)
{
    bool is_staff = connection->participant && connection->participant->kind == PARTICIPANT_STAFF;
    int64_t interval_us = is_staff ? STAFF_INTERVAL_US : CALLER_INTERVAL_US;
    int64_t burst_us = interval_us * (is_staff ? STAFF_BURST : CALLER_BURST);
    if (connection->paid_us < now_us)
        connection->paid_us = now_us;
    if (connection->paid_us + interval_us > now_us + burst_us)
        return false;
    connection->paid_us += interval_us;
    return true;
}

struct connection *live_open(struct live *live, void *peer, int64_t now_us)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return NULL;
    live->now_us = now_us;
    connection->live = live;
    connection->peer = peer;
    connection->next = live->first;
    if (live->first)
        live->first->previous = connection;
    live->first = connection;
    live->counts.connections++;
    join_nobodies(connection);
    return connection;
}

/* Called when nothing refers to it any more but the lists of this file. */
static void connection_free(struct connection *connection)
{
    struct live *live = connection->live;
    leave_nobodies(connection);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        live->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    live->counts.connections--;
    free(connection);
}

void live_closed(struct live *live, struct connection *connection, int64_t now_us)
{
    struct participant *participant = connection->participant;
    live->now_us = now_us;
    connection->closing = true;
    if (participant) {
        connection_become_nobody(connection);
        outcome_clear(&live->outcome);
        if (participant->kind == PARTICIPANT_STAFF)
            staff_detach(live->config.domain, participant, now_us, &live->outcome);
        else if (participant->kind == PARTICIPANT_GUEST)
            guest_leave(live->config.domain, participant, now_us, &live->outcome);
        else
            caller_detach(live->config.domain, participant, now_us, &live->outcome);
        live_carry_out(live);
    }
    connection_free(connection);
}
