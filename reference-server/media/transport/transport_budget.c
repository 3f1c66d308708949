#include "reference-server/media/transport/transport_budget.h"

#include "reference-server/media/forward/layer_budget.h"
#include "reference-server/media/transport/server_transport.h"

void transport_budget_apply(struct server_transport *transport)
{
    uint64_t needs_bps[MEDIA_SLOTS_MAX], shares_bps[MEDIA_SLOTS_MAX];

    for (size_t i = 0; i < transport->outlet_count; i++)
        needs_bps[i] = transport->outlets[i].paused ? 0 : outlet_video_need(&transport->outlets[i]);
    layer_budget_share(transport->video_budget_bps, needs_bps, transport->outlet_count, shares_bps);
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
