#include "engine/network/net_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/network/net_path.h"

struct lane {
    struct net_link *link;
    bool up;
    struct net_path path;
    struct net_held *first, *last; /* by due_us */
    size_t count;
    struct wheel_timer timer; /* runs while something is held */
    unsigned tag;             /* "direction=up" */
};

struct net_link {
    struct net_link_config config; /* `actor` is not kept */
    struct lane up, down;
    char profile[32];
    int64_t longest_us;
    unsigned tag; /* "net=PROFILE" */
};

static void count(struct lane *lane, enum metric metric)
{
    metric_record(lane->link->config.metrics, metric, 1, lane->link->tag, lane->tag);
}

/* ---- what is held ---- */

/* Behind everything that is due at the same time or earlier: nearly always the end. */
static void insert(struct lane *lane, struct net_held *held)
{
    struct net_held *before = lane->last;

    while (before && before->due_us > held->due_us)
        before = before->previous;
    held->previous = before;
    held->next = before ? before->next : lane->first;
    *(held->next ? &held->next->previous : &lane->last) = held;
    *(before ? &before->next : &lane->first) = held;
    lane->count++;
}

static struct net_held *take_first(struct lane *lane)
{
    struct net_held *held = lane->first;

    lane->first = held->next;
    *(lane->first ? &lane->first->previous : &lane->last) = NULL;
    lane->count--;
    return held;
}

static void watch_first(struct lane *lane)
{
    if (lane->first)
        wheel_start(lane->link->config.wheel, &lane->timer, lane->first->due_us);
}

static void hold(struct lane *lane, uint64_t route, const void *data, size_t size, int64_t due_us)
{
    struct net_held *held = lane->count < NET_LINK_HELD_MAX && size <= NET_DATAGRAM_MAX
                                ? net_pool_take(lane->link->config.pool)
                                : NULL;

    if (!held) {
        count(lane, METRIC_NET_REFUSED);
        return;
    }
    held->due_us = due_us;
    held->route = route;
    held->size = size;
    memcpy(held->data, data, size);
    insert(lane, held);
    if (lane->first == held)
        watch_first(lane);
}

static void release(void *arg, int64_t now_us)
{
    struct lane *lane = arg;
    struct net_link_config *config = &lane->link->config;

    /* What a delivery adds is due at once at most: it waits for the next tick. */
    for (size_t left = lane->count; left > 0 && lane->first->due_us <= now_us; left--) {
        struct net_held *held = take_first(lane);

        metric_record(config->metrics, METRIC_NET_SLIP, now_us - held->due_us, lane->link->tag,
                      lane->tag);
        config->deliver(config->arg, lane->up, held->route, held->data, held->size, held->due_us);
        net_pool_give(config->pool, held);
    }
    watch_first(lane);
}

/* ---- life ---- */

static void open_lane(struct net_link *link, struct lane *lane, bool up,
                      const struct net_conditions *conditions)
{
    const struct net_link_config *config = &link->config;

    *lane =
        (struct lane){.link = link,
                      .up = up,
                      .timer = {.fire = release, .arg = lane},
                      .tag = metrics_tag(config->metrics, up ? "direction=up" : "direction=down")};
    net_path_init(&lane->path, conditions,
                  net_path_seed(config->seed, config->session, config->actor, up));
}

static void close_lane(struct lane *lane)
{
    wheel_stop(lane->link->config.wheel, &lane->timer);
    while (lane->first) {
        net_pool_give(lane->link->config.pool, take_first(lane));
        count(lane, METRIC_NET_CUT);
    }
}

static int64_t longest_us(const struct net_conditions *conditions)
{
    return conditions->delay_us + 3 * conditions->jitter_us + conditions->lag_us +
           (conditions->rate_bps > 0 ? conditions->queue_us : 0);
}

static void take_profile(struct net_link *link, const struct net_profile *profile)
{
    int64_t both_us = longest_us(&profile->up) + longest_us(&profile->down);
    char tag[40];

    if (both_us > link->longest_us)
        link->longest_us = both_us;
    snprintf(link->profile, sizeof link->profile, "%s", profile->name);
    snprintf(tag, sizeof tag, "net=%s", profile->name);
    link->tag = metrics_tag(link->config.metrics, tag);
}

struct net_link *net_link_create(const struct net_link_config *config,
                                 const struct net_profile *profile)
{
    struct net_link *link = calloc(1, sizeof *link);

    if (!link)
        return NULL;
    link->config = *config;
    take_profile(link, profile);
    open_lane(link, &link->up, true, &profile->up);
    open_lane(link, &link->down, false, &profile->down);
    link->config.actor = NULL;
    return link;
}

void net_link_destroy(struct net_link *link)
{
    if (!link)
        return;
    close_lane(&link->up);
    close_lane(&link->down);
    free(link);
}

void net_link_change(struct net_link *link, const struct net_profile *profile)
{
    take_profile(link, profile);
    net_path_change(&link->up.path, &profile->up);
    net_path_change(&link->down.path, &profile->down);
}

int64_t net_link_longest_us(const struct net_link *link)
{
    return link->longest_us;
}

const char *net_link_profile(const struct net_link *link)
{
    return link->profile;
}

/* ---- a datagram ---- */

static void count_decision(struct lane *lane, const struct net_decision *decision)
{
    count(lane, METRIC_NET_DATAGRAMS);
    if (decision->fate == NET_LOST)
        count(lane, METRIC_NET_LOST);
    else if (decision->fate == NET_QUEUED_OUT)
        count(lane, METRIC_NET_QUEUE_DROPPED);
    if (decision->duplicated)
        count(lane, METRIC_NET_DUPLICATED);
    if (decision->reordered)
        count(lane, METRIC_NET_REORDERED);
}

void net_link_carry(struct net_link *link, bool up, uint64_t route, void *data, size_t size,
                    int64_t at_us, int64_t now_us)
{
    struct lane *lane = up ? &link->up : &link->down;
    struct net_decision decision = net_path_datagram(&lane->path, size, at_us);

    count_decision(lane, &decision);
    if (decision.fate != NET_CARRIED)
        return;
    if (decision.duplicated)
        hold(lane, route, data, size, decision.due_us);
    /* Nobody may be overtaken who is due but waits for the tick. */
    if (decision.due_us <= now_us && !lane->first)
        link->config.deliver(link->config.arg, up, route, data, size, decision.due_us);
    else
        hold(lane, route, data, size, decision.due_us);
}
