#include "reference-server/media/forward/media_source.h"

#include <stdlib.h>
#include <string.h>

#include "reference-server/fault.h"
#include "reference-server/media/forward/outlet.h"
#include "reference-server/media/transport/server_transport.h"
#include "reference-server/media/transport/transport_reports.h"

enum { FIRST_SUBSCRIBERS = 8 };

/* -- The table -- */

struct source *source_find(struct worker_context *context, uint64_t participant)
{
    return key_map_find(context->sources, participant);
}

struct source *source_obtain(struct worker_context *context, uint64_t participant)
{
    struct source *source = source_find(context, participant);

    if (source)
        return source;
    source = calloc(1, sizeof *source);
    if (!source)
        return NULL;
    source->context = context;
    source->participant = participant;
    source->worker = SOURCE_WORKER_UNKNOWN;
    if (key_map_put(context->sources, participant, source) != STATUS_OK) {
        free(source);
        return NULL;
    }
    return source;
}

static void source_destroy(struct source *source)
{
    for (int kind = 0; kind < MEDIA_KINDS; kind++)
        free(source->subscribers[kind].list);
    free(source);
}

static bool is_needed(const struct source *source)
{
    for (int kind = 0; kind < MEDIA_KINDS; kind++)
        if (source->subscribers[kind].count > 0)
            return true;
    return source->transport != NULL || source_remote_workers(source) != 0 || source->leaks > 0;
}

void source_release(struct source *source)
{
    if (is_needed(source))
        return;
    key_map_remove(source->context->sources, source->participant);
    source_destroy(source);
}

void source_destroy_all(struct worker_context *context)
{
    size_t cursor = 0;
    struct source *source;

    while ((source = key_map_next(context->sources, &cursor)) != NULL)
        source_destroy(source);
    key_map_destroy(context->sources);
    context->sources = NULL;
}

/* -- Routes -- */

static enum status make_room(struct subscribers *subscribers)
{
    if (subscribers->count < subscribers->capacity)
        return STATUS_OK;
    if (subscribers->capacity >= SOURCE_SUBSCRIBERS_MAX)
        return STATUS_FULL;
    size_t capacity = subscribers->capacity > 0 ? subscribers->capacity * 2 : FIRST_SUBSCRIBERS;
    struct outlet **list = realloc(subscribers->list, capacity * sizeof *list);
    if (!list)
        return STATUS_NO_MEMORY;
    subscribers->list = list;
    subscribers->capacity = capacity;
    return STATUS_OK;
}

enum status source_attach(struct source *source, struct outlet *outlet)
{
    if (outlet->source == source)
        return STATUS_OK;
    source_detach(outlet);
    if (!source)
        return STATUS_OK;
    struct subscribers *subscribers = &source->subscribers[outlet->terms->kind];
    enum status status = make_room(subscribers);
    if (status != STATUS_OK)
        return status;
    outlet->source = source;
    outlet->place = subscribers->count;
    subscribers->list[subscribers->count++] = outlet;
    return STATUS_OK;
}

void source_detach(struct outlet *outlet)
{
    struct source *source = outlet->source;

    outlet_leave_source(outlet);
    if (!source)
        return;
    struct subscribers *subscribers = &source->subscribers[outlet->terms->kind];
    struct outlet *last = subscribers->list[--subscribers->count];
    subscribers->list[outlet->place] = last;
    last->place = outlet->place;
    outlet->source = NULL;
    source_release(source);
}

/* -- Packets -- */

/* What its encodings take, and what its slots choose of them when that has changed. */
static void measure(struct source *source, const struct media_packet *packet)
{
    struct subscribers *subscribers = &source->subscribers[MEDIA_VIDEO];
    const struct layer_sample sample = {
        .encoding = packet->encoding,
        .temporal = packet->vp8.temporal_id,
        .payload_size = packet->payload_size,
        .pixels = packet->pixels,
    };

    if (!layer_meter_packet(&source->meter, &sample, source->context->now_us) ||
        !source->meter.layered)
        return;
    for (size_t i = 0; i < subscribers->count; i++)
        outlet_choose_layer(subscribers->list[i]);
}

void source_deliver_here(struct source *source, const struct media_packet *packet)
{
    struct subscribers *subscribers = &source->subscribers[packet->kind];

    if (packet->kind == MEDIA_VIDEO && packet->payload_size > 0)
        measure(source, packet);
    for (size_t i = 0; i < subscribers->count; i++)
        outlet_forward(subscribers->list[i], packet);
    if (leaks_any(&source->context->leaks))
        leak_packet(source, packet);
}

static void relay_packet(struct source *source, const struct media_packet *packet, unsigned to)
{
    struct worker_context *context = source->context;
    struct relay_record *record = worker_links_reserve(context->links, context->index, to);

    if (!record) {
        media_drop(context->counters, MEDIA_DROP_relay_full);
        return;
    }
    record->kind = RELAY_MEDIA;
    record->source = source->participant;
    record->packet = *packet;
    memcpy(record->payload, packet->payload, packet->payload_size);
    worker_links_publish(context->links, context->index, to);
    media_count(context->counters, MEDIA_COUNTER_rtp_relayed);
}

void source_deliver(struct source *source, const struct media_packet *packet)
{
    if (packet->starts_key_frame) {
        key_request_key_frame(&source->requests[packet->encoding]);
        media_count(source->context->counters, MEDIA_COUNTER_key_frames_in);
    }
    for (uint32_t rest = source->remote_workers[packet->kind]; rest != 0; rest &= rest - 1)
        relay_packet(source, packet, (unsigned)__builtin_ctz(rest));
    source_deliver_here(source, packet);
}

/* -- Sender reports -- */

static void relay_report(struct source *source, unsigned stream, uint64_t ntp, uint32_t timestamp,
                         int64_t arrival_realtime_us, unsigned to)
{
    struct worker_context *context = source->context;
    struct relay_record *record = worker_links_reserve(context->links, context->index, to);

    if (!record) {
        media_drop(context->counters, MEDIA_DROP_relay_full);
        return;
    }
    record->kind = RELAY_REPORT;
    record->source = source->participant;
    record->report.stream = stream;
    record->report.ntp = ntp;
    record->report.timestamp = timestamp;
    record->report.arrival_realtime_us = arrival_realtime_us;
    worker_links_publish(context->links, context->index, to);
}

/* Slots that switched before the clock was known, or all of them when it was stepped. */
static void report_slots(struct source *source, bool all)
{
    for (int kind = 0; kind < MEDIA_KINDS; kind++) {
        struct subscribers *subscribers = &source->subscribers[kind];
        for (size_t i = 0; i < subscribers->count; i++)
            if (all || subscribers->list[i]->report_owed)
                subscribers->list[i]->report_owed = !transport_reports_slot(subscribers->list[i]);
    }
}

void source_report(struct source *source, unsigned stream, uint64_t ntp, uint32_t timestamp,
                   int64_t arrival_realtime_us, bool relay)
{
    if (ntp == 0)
        source_clock_forget(&source->clock, stream);
    else
        report_slots(source, source_clock_report(&source->clock, stream, ntp, timestamp,
                                                 arrival_realtime_us));
    if (!relay)
        return;
    for (uint32_t rest = source_remote_workers(source); rest != 0; rest &= rest - 1)
        relay_report(source, stream, ntp, timestamp, arrival_realtime_us,
                     (unsigned)__builtin_ctz(rest));
}

void source_forget_clock(struct source *source, unsigned stream)
{
    source_report(source, stream, 0, 0, 0, true);
}

void source_introduce(struct source *source, unsigned worker)
{
    const struct source_clock *clock = &source->clock;

    /* The arrival that gives the other worker the same offset as ours. */
    for (unsigned stream = 0; stream < MEDIA_STREAMS; stream++)
        if (clock->reports[stream].known)
            relay_report(source, stream, ntp_from_realtime_us(clock->reports[stream].time_us),
                         clock->reports[stream].timestamp,
                         clock->reports[stream].time_us + clock->offset_us, worker);
}

/* -- Key frames -- */

static void relay_request(struct source *source, uint8_t encoding, bool fresh)
{
    struct worker_context *context = source->context;

    /* Once a turn is enough: the source's worker gathers them further. */
    if (source->worker == SOURCE_WORKER_UNKNOWN ||
        (!fresh && context->now_us == source->relayed_request_us))
        return;
    struct relay_record *record =
        worker_links_reserve(context->links, context->index, source->worker);
    if (!record) {
        media_drop(context->counters, MEDIA_DROP_relay_full);
        return;
    }
    source->relayed_request_us = context->now_us;
    record->kind = RELAY_KEY_REQUEST;
    record->source = source->participant;
    record->request.fresh = fresh;
    record->request.encoding = encoding;
    worker_links_publish(context->links, context->index, source->worker);
}

static void ask(struct source *source, uint8_t encoding, bool fresh)
{
    struct key_request *request = &source->requests[encoding];

    if (key_request_ask(request, fresh, source->context->now_us) &&
        !transport_reports_ask_key_frame(source->transport, encoding))
        key_request_postpone(request);
}

void source_request_key_frame(struct source *source, uint8_t encoding, bool fresh)
{
    unsigned count = server_transport_encodings(source->transport);

    if (encoding == LAYER_NONE)
        return;
    if (!source->transport)
        relay_request(source, encoding, fresh);
    else if (encoding < count)
        ask(source, encoding, fresh);
    else if (encoding == LAYER_ANY)
        for (uint8_t i = 0; i < count; i++)
            ask(source, i, fresh);
}

void source_request_first_key_frame(struct source *source, uint8_t encoding, bool fresh)
{
    if (!fault_is_on(FAULT_NO_KEY_REQUEST))
        source_request_key_frame(source, encoding, fresh);
}

void source_request_due_key_frames(struct source *source)
{
    unsigned count = server_transport_encodings(source->transport);

    for (unsigned i = 0; i < count; i++)
        if (key_request_due(&source->requests[i], source->context->now_us) &&
            !transport_reports_ask_key_frame(source->transport, i))
            key_request_postpone(&source->requests[i]);
}
