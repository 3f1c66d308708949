#include <stdlib.h>

#include "reference-server/domain/card.h"
#include "reference-server/domain/room.h"
#include "reference-server/fault.h"
#include "reference-server/live/live_private.h"

/* Bytes of cards in one message, so that a message with its frame stays below 256 KiB. One card is
 * at most about 25 KiB. */
enum { PART_BYTES = 200 * 1024 };

/* An area's subscribers; made with the first, kept until the end (its numbers go on). */
struct dashboard {
    uint64_t sequence;
    struct subscription *first, *last;
};

struct subscription {
    struct connection *connection;
    struct area *area;
    struct subscription *next, *previous; /* of the area, in order of subscribing */
    struct subscription *next_of_connection;
};

static struct dashboard *dashboard_of(struct area *area)
{
    if (!area->dashboard)
        area->dashboard = calloc(1, sizeof(struct dashboard));
    return area->dashboard;
}

static struct subscription *find(const struct connection *connection, const struct area *area)
{
    struct subscription *subscription = connection->subscriptions;
    while (subscription && subscription->area != area)
        subscription = subscription->next_of_connection;
    return subscription;
}

static enum status add(struct live *live, struct connection *connection, struct area *area)
{
    struct dashboard *dashboard = dashboard_of(area);
    if (find(connection, area))
        return STATUS_OK;
    struct subscription *subscription = calloc(1, sizeof *subscription);
    if (!dashboard || !subscription) {
        free(subscription);
        return STATUS_NO_MEMORY;
    }
    subscription->connection = connection;
    subscription->area = area;
    subscription->next_of_connection = connection->subscriptions;
    connection->subscriptions = subscription;
    subscription->previous = dashboard->last;
    if (dashboard->last)
        dashboard->last->next = subscription;
    else
        dashboard->first = subscription;
    dashboard->last = subscription;
    live->counts.dashboards++;
    return STATUS_OK;
}

static void drop(struct live *live, struct subscription *subscription)
{
    struct dashboard *dashboard = subscription->area->dashboard;
    struct subscription **at = &subscription->connection->subscriptions;
    while (*at != subscription)
        at = &(*at)->next_of_connection;
    *at = subscription->next_of_connection;
    if (subscription->previous)
        subscription->previous->next = subscription->next;
    else
        dashboard->first = subscription->next;
    if (subscription->next)
        subscription->next->previous = subscription->previous;
    else
        dashboard->last = subscription->previous;
    live->counts.dashboards--;
    free(subscription);
}

void dashboard_unsubscribe(struct live *live, struct connection *connection, struct area *area)
{
    struct subscription *subscription = find(connection, area);
    if (subscription)
        drop(live, subscription);
}

void dashboard_unsubscribe_all(struct live *live, struct connection *connection)
{
    while (connection->subscriptions)
        drop(live, connection->subscriptions);
}

static bool may_watch(const struct user *user, const struct area *area)
{
    return area->room ? room_is_open_to(area->room, user)
                      : user_may(user, ACT_VIEW_WAITING_AREA, area->clinic);
}

void dashboard_check_access(struct live *live, struct connection *connection)
{
    struct subscription *at = connection->subscriptions, *next;
    for (; at; at = next) {
        next = at->next_of_connection;
        if (may_watch(connection->participant->user, at->area))
            continue;
        connection_notify(connection, "dashboard.ended", view_area(at->area));
        drop(live, at);
    }
}

static void forget(struct area *area)
{
    free(area->dashboard);
    area->dashboard = NULL;
}

void dashboards_destroy(struct live *live)
{
    const struct directory *directory = &live->config.domain->directory;
    for (size_t i = 0; i < directory->clinic_count; i++)
        forget(&directory->clinics[i]->area);
    for (size_t i = 0; i < directory->room_count; i++)
        forget(&directory->rooms[i]->area);
}

/* Cards after `*card` as far as they fit one message; `*card` becomes the last one taken, or NULL
 * when none is left. */
static json_t *take_part(const struct live *live, const struct area *area, struct card **card)
{
    const struct domain *domain = live->config.domain;
    json_t *part = json_array();
    size_t bytes = 0;
    struct card *last = *card, *next;
    while ((next = area_next_card(domain, area, last))) {
        json_t *view = view_card(live, next);
        bytes += json_dumpb(view, NULL, 0, JSON_COMPACT) + 1;
        if (bytes > PART_BYTES && json_array_size(part) > 0) {
            json_decref(view);
            *card = last;
            return part;
        }
        json_array_append_new(part, view);
        last = next;
    }
    *card = NULL;
    return part;
}

enum status dashboard_subscribe(struct live *live, struct connection *connection, struct area *area,
                                json_t **ret_result)
{
    enum status status = add(live, connection, area);
    if (status != STATUS_OK)
        return status;
    const struct dashboard *dashboard = area->dashboard;
    struct card *card = NULL;
    json_t *cards = take_part(live, area, &card);
    if (fault_is_on(FAULT_SHORT_BOARD) && json_array_size(cards) > 0)
        json_array_remove(cards, json_array_size(cards) - 1);
    *ret_result =
        json_pack("{s:I, s:o}", "sequence", (json_int_t)dashboard->sequence, "cards", cards);
    live->dashboard_rest = card;
    live->dashboard_area = area;
    return *ret_result ? STATUS_OK : STATUS_NO_MEMORY;
}

void dashboard_send_rest(struct live *live, struct connection *connection)
{
    struct card *card = live->dashboard_rest;
    live->dashboard_rest = NULL;
    while (card) {
        json_t *cards = take_part(live, live->dashboard_area, &card);
        json_t *params = view_area(live->dashboard_area);
        json_object_set_new(params, "cards", cards);
        if (params && card)
            json_object_set_new(params, "more", json_true());
        connection_notify(connection, "dashboard.cards", params);
    }
}

void dashboard_publish(struct live *live, struct area *area, const char *method, json_t *params)
{
    struct dashboard *dashboard = area->dashboard;
    if (!dashboard || !dashboard->first) {
        json_decref(params);
        return;
    }
    size_t size = 0;
    char *text = rpc_write_notification(method, params, &size);
    for (struct subscription *at = dashboard->first; at; at = at->next) {
        if (text) {
            connection_send(at->connection, text, size);
            live->counts.notifications_sent++;
        } else {
            connection_close(at->connection, CLOSE_GOING_AWAY, "out of memory");
        }
    }
    free(text);
}

void dashboard_publish_numbered(struct live *live, struct area *area, const char *method,
                                json_t *params)
{
    struct dashboard *dashboard = dashboard_of(area);
    if (!dashboard) {
        json_decref(params);
        return;
    }
    dashboard->sequence++;
    if (params)
        json_object_set_new(params, "sequence", json_integer((json_int_t)dashboard->sequence));
    if (fault_is_on(FAULT_DROP_EVENTS) && dashboard->sequence % 5 == 0) {
        live->counts.faults_dropped++;
        json_decref(params);
        return;
    }
    dashboard_publish(live, area, method, params);
}
