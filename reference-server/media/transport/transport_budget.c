#include "reference-server/media/transport/transport_budget.h"

#include "reference-server/media/forward/layer_budget.h"
#include "reference-server/media/transport/receiver_limit.h"
#include "reference-server/media/transport/server_transport.h"

/* Rates are measured anew twice a second (layer_meter.h). */
enum { TICKS_PER_SHARING = LAYER_PERIOD_US / TRANSPORT_TICK_US };

/* What was estimated, or less where the server's owner says so. */
static uint64_t video_budget(const struct server_transport *transport)
{
    uint64_t limit_bps = receiver_limit_at(transport->context->now_us - transport->keyed_us);

    return limit_bps < transport->video_budget_bps ? limit_bps : transport->video_budget_bps;
}

void transport_budget_apply(struct server_transport *transport)
{
    uint64_t needs_bps[MEDIA_SLOTS_MAX] = {0}, shares_bps[MEDIA_SLOTS_MAX];
    uint64_t budget_bps = video_budget(transport);

    for (size_t i = 0; budget_bps != LAYER_UNLIMITED && i < transport->outlet_count; i++)
        needs_bps[i] = transport->outlets[i].paused ? 0 : outlet_video_need(&transport->outlets[i]);
    layer_budget_share(budget_bps, needs_bps, transport->outlet_count, shares_bps);
    for (size_t i = 0; i < transport->outlet_count; i++)
        if (transport->outlets[i].slot.video)
            outlet_set_target(&transport->outlets[i], shares_bps[i]);
}

void transport_budget_set(struct server_transport *transport, uint64_t video_bps)
{
    if (video_bps == transport->video_budget_bps)
        return;
    transport->video_budget_bps = video_bps;
    transport_budget_apply(transport);
}

void transport_budget_tick(struct server_transport *transport)
{
    if (transport->ticks % TICKS_PER_SHARING == 0 && video_budget(transport) != LAYER_UNLIMITED)
        transport_budget_apply(transport);
}
