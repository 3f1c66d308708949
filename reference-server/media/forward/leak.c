#include "reference-server/media/forward/leak.h"

#include "common/base/clock.h"
#include "reference-server/fault.h"
#include "reference-server/media/forward/media_source.h"
#include "reference-server/media/forward/outlet.h"
#include "reference-server/media/transport/server_transport.h"

#define INTERVAL_US (1 * US_PER_S)

/* -- To whom -- */

/* NULL: no slot of this kind that nobody feeds. */
static struct outlet *free_outlet(struct server_transport *transport, enum media_kind kind)
{
    for (size_t i = 0; transport && i < transport->outlet_count; i++)
        if (transport->outlets[i].terms->kind == kind && !transport->outlets[i].source)
            return &transport->outlets[i];
    return NULL;
}

/* Not in a call: nothing is taken from it or routed to it. */
static bool waits(const struct server_transport *transport)
{
    for (int kind = 0; kind < MEDIA_KINDS; kind++)
        if (transport->may_send[kind])
            return false;
    for (size_t i = 0; i < transport->outlet_count; i++)
        if (transport->outlets[i].source)
            return false;
    return true;
}

static struct server_transport *find_waiting(struct worker_context *context, uint64_t participant)
{
    struct server_transport *transport =
        transport_table_by_participant(context->transports, participant);

    return transport && waits(transport) ? transport : NULL;
}

/* -- leak-media -- */

static void end_pair(struct worker_context *context, size_t at)
{
    struct leaks *leaks = &context->leaks;
    struct source *source = source_find(context, leaks->pairs[at].from);

    leaks->pairs[at] = leaks->pairs[--leaks->pair_count];
    if (source) {
        source->leaks--;
        source_release(source);
    }
}

void leak_begin(struct worker_context *context, uint64_t from, uint64_t to)
{
    struct leaks *leaks = &context->leaks;
    struct source *source;

    for (size_t i = leaks->pair_count; i-- > 0;) {
        if (leaks->pairs[i].from == from && leaks->pairs[i].to == to)
            return;
        if (!transport_table_by_participant(context->transports, leaks->pairs[i].to))
            end_pair(context, i);
    }
    if (leaks->pair_count == LEAK_PAIRS_MAX)
        end_pair(context, 0);
    source = source_obtain(context, from);
    if (!source)
        return;
    source->leaks++;
    leaks->pairs[leaks->pair_count].from = from;
    leaks->pairs[leaks->pair_count].to = to;
    leaks->pairs[leaks->pair_count++].last_us = 0;
}

static void leak_each_second(struct source *source, const struct media_packet *packet)
{
    struct worker_context *context = source->context;

    for (size_t i = 0; i < context->leaks.pair_count; i++) {
        if (context->leaks.pairs[i].from != source->participant || packet->kind != MEDIA_AUDIO ||
            context->now_us - context->leaks.pairs[i].last_us < INTERVAL_US)
            continue;
        struct server_transport *victim =
            transport_table_by_participant(context->transports, context->leaks.pairs[i].to);
        struct outlet *outlet = free_outlet(victim, packet->kind);
        if (outlet && outlet_leak(outlet, packet))
            context->leaks.pairs[i].last_us = context->now_us;
    }
}

/* -- leak-one-in -- */

static void forget_those_who_left(struct worker_context *context)
{
    struct leaks *leaks = &context->leaks;

    for (size_t i = leaks->waiting_count; i-- > 0;)
        if (!find_waiting(context, leaks->waiting[i]))
            leaks->waiting[i] = leaks->waiting[--leaks->waiting_count];
}

void leak_note_waiting(struct worker_context *context, uint64_t participant)
{
    struct leaks *leaks = &context->leaks;

    for (size_t i = 0; i < leaks->waiting_count; i++)
        if (leaks->waiting[i] == participant)
            return;
    if (leaks->waiting_count == LEAK_WAITING_MAX)
        forget_those_who_left(context);
    if (leaks->waiting_count < LEAK_WAITING_MAX)
        leaks->waiting[leaks->waiting_count++] = participant;
    else
        leaks->waiting[leaks->waiting_next++ % LEAK_WAITING_MAX] = participant;
}

/* To the next one in turn that can take it; false: nobody can. */
static bool leak_to_one(struct source *source, const struct media_packet *packet)
{
    struct worker_context *context = source->context;
    struct leaks *leaks = &context->leaks;

    for (size_t i = 0; i < leaks->waiting_count; i++) {
        uint64_t participant = leaks->waiting[leaks->waiting_next++ % leaks->waiting_count];
        struct outlet *outlet = free_outlet(find_waiting(context, participant), packet->kind);
        if (participant != source->participant && outlet && outlet_leak(outlet, packet))
            return true;
    }
    return false;
}

/* Due until somebody waits who can take it; what came due meanwhile is one, not many. */
static void leak_share(struct source *source, const struct media_packet *packet)
{
    struct leaks *leaks = &source->context->leaks;
    uint64_t forwarded = media_counted(source->context->counters, MEDIA_COUNTER_rtp_forwarded);
    bool was_forwarded = forwarded != leaks->forwarded;

    leaks->forwarded = forwarded;
    if (was_forwarded && forwarded - leaks->leaked_at >= fault_leaks_one_in() &&
        leak_to_one(source, packet))
        leaks->leaked_at = forwarded;
}

void leak_packet(struct source *source, const struct media_packet *packet)
{
    leak_each_second(source, packet);
    if (source->context->leaks.waiting_count > 0)
        leak_share(source, packet);
}
