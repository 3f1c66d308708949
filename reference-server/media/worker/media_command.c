#include "reference-server/media/worker/media_command.h"

#include <stdlib.h>
#include <string.h>

#include "reference-server/media/transport/server_transport.h"
#include "reference-server/media/transport/transport_budget.h"

static void add_transport(struct worker_context *context, const struct media_command *command)
{
    struct media_terms *terms = command->terms;
    struct server_transport *transport =
        transport_table_by_participant(context->transports, terms->participant);
    struct media_event lost = {MEDIA_EVENT_LOST, terms->participant, terms->incarnation, 0};

    server_transport_destroy(transport);
    if (server_transport_create(context, terms, &transport) == STATUS_OK) {
        transport->meter = command->meter;
        return;
    }
    voice_meter_release(command->meter);
    if (!context->on_event(context, &lost))
        media_count(context->counters, MEDIA_COUNTER_events_delayed);
}

static void update_transport(struct worker_context *context, const struct media_command *command)
{
    struct server_transport *transport =
        transport_table_by_participant(context->transports, command->participant);

    if (!transport) {
        add_transport(context, command);
        return;
    }
    server_transport_update(transport, command->terms);
    voice_meter_release(command->meter); /* it has one */
}

static void set_send(struct worker_context *context, const struct media_command *command)
{
    struct server_transport *transport =
        transport_table_by_participant(context->transports, command->participant);

    for (int kind = 0; transport && kind < MEDIA_KINDS; kind++)
        server_transport_set_send(transport, (enum media_kind)kind, command->may_send[kind]);
}

/* A new source of video is asked for a key frame. */
static void set_route(struct worker_context *context, const struct media_command *command)
{
    struct server_transport *transport =
        transport_table_by_participant(context->transports, command->participant);
    struct source *source = NULL;

    if (!transport)
        return;
    if (command->route.source != 0)
        source = source_obtain(context, command->route.source);
    if (source && !source->transport)
        source->worker = command->route.source_worker;
    for (size_t i = 0; i < transport->outlet_count; i++) {
        struct outlet *outlet = &transport->outlets[i];
        if (outlet->terms->pair != command->route.pair ||
            outlet->terms->kind != command->route.kind)
            continue;
        if (source_attach(source, outlet) != STATUS_OK)
            media_drop(context->counters, MEDIA_DROP_no_route);
        else if (source && outlet->terms->kind == MEDIA_VIDEO)
            outlet_request_first_key_frame(outlet, true);
    }
    transport_budget_apply(transport);
    if (source)
        source_release(source); /* when no slot took it */
}

static void set_feed(struct worker_context *context, const struct media_command *command)
{
    struct source *source = source_find(context, command->participant);

    if (!source)
        return;
    uint32_t before = source_remote_workers(source);
    memcpy(source->remote_workers, command->feed_workers, sizeof source->remote_workers);
    uint32_t added = source_remote_workers(source) & ~before;
    for (; added != 0; added &= added - 1)
        source_introduce(source, (unsigned)__builtin_ctz(added));
    source_release(source);
}

bool media_command_carry_out(const struct media_command *command, struct worker_context *context)
{
    switch (command->kind) {
    case MEDIA_COMMAND_ADD:
        add_transport(context, command);
        break;
    case MEDIA_COMMAND_UPDATE:
        update_transport(context, command);
        break;
    case MEDIA_COMMAND_REMOVE:
        server_transport_destroy(
            transport_table_by_participant(context->transports, command->participant));
        break;
    case MEDIA_COMMAND_SEND:
        set_send(context, command);
        break;
    case MEDIA_COMMAND_ROUTE:
        set_route(context, command);
        break;
    case MEDIA_COMMAND_FEED:
        set_feed(context, command);
        break;
    case MEDIA_COMMAND_LEAK:
        leak_begin(context, command->participant, command->leak_to);
        break;
    case MEDIA_COMMAND_LEAK_TO_WAITING:
        leak_note_waiting(context, command->participant);
        break;
    case MEDIA_COMMAND_STOP:
        return false;
    }
    return true;
}
