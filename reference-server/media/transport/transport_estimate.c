#include "reference-server/media/transport/transport_estimate.h"

#include "common/base/clock.h"
#include "reference-server/fault.h"
#include "reference-server/media/forward/layer_budget.h"
#include "reference-server/media/transport/server_transport.h"
#include "reference-server/media/transport/transport_budget.h"

#define SOUND_PERIOD_US US_PER_S

void transport_estimate_init(struct server_transport *transport)
{
    struct transport_estimate *estimate = &transport->estimate;

    /* What is forwarded is there already, whatever the path carries: it is believed until feedback
     * says otherwise, and then it is the rate that arrives that counts. */
    bandwidth_estimator_init(&estimate->estimator, BANDWIDTH_MAX_BPS);
    resend_allowance_init(&estimate->resends);
    estimate->sound_since_us = estimate->told_us = transport->context->now_us;
}

void transport_estimate_finish(struct server_transport *transport)
{
    media_estimate_move(transport->context->counters, &transport->estimate.counted,
                        &(struct media_estimate){0});
}

void transport_estimate_feedback(struct server_transport *transport, const struct rtcp_item *item)
{
    struct bandwidth_estimator *estimator = &transport->estimate.estimator;
    struct media_counters *counters = transport->context->counters;
    uint32_t unbelieved = estimator->unbelieved;

    if (fault_is_on(FAULT_IGNORE_FEEDBACK))
        return;
    if (item->kind == RTCP_REMB) {
        media_count(counters, MEDIA_COUNTER_remb_in);
        bandwidth_estimator_remb(estimator, item->remb.bitrate_bps);
        return;
    }
    media_count(counters, MEDIA_COUNTER_feedback_in);
    bandwidth_estimator_feedback(estimator, item, transport->context->now_us);
    media_count_many(counters, MEDIA_COUNTER_feedback_unbelieved,
                     estimator->unbelieved - unbelieved);
}

/* -- The budget of the pictures -- */

static void measure_sound(struct transport_estimate *estimate, int64_t now_us)
{
    int64_t span_us = now_us - estimate->sound_since_us;

    if (span_us < SOUND_PERIOD_US)
        return;
    estimate->sound_bps = (uint64_t)estimate->sound_bytes * 8 * US_PER_S / (uint64_t)span_us;
    estimate->sound_bytes = 0;
    estimate->sound_since_us = now_us;
}

/* UINT64_MAX: nothing was told of this path. */
static uint64_t carried_bps(const struct transport_estimate *estimate)
{
    if (bandwidth_estimator_limit(&estimate->estimator) == BANDWIDTH_BY_START)
        return UINT64_MAX;
    return bandwidth_estimator_bps(&estimate->estimator);
}

static uint64_t picture_budget(const struct transport_estimate *estimate)
{
    uint64_t bps = carried_bps(estimate);

    if (bps == UINT64_MAX)
        return LAYER_UNLIMITED;
    return bps > estimate->sound_bps ? bps - estimate->sound_bps : 0;
}

/* -- Pictures withheld -- */

static bool is_fed_video(const struct outlet *outlet)
{
    return outlet->slot.video && outlet->source;
}

static bool can_pad(const struct outlet *outlet)
{
    return outlet->slot.video && outlet->terms->rtx_payload_type != 0 && outlet->packets > 0;
}

static struct outlet *padding_outlet(struct server_transport *transport)
{
    for (size_t i = 0; i < transport->outlet_count; i++)
        if (can_pad(&transport->outlets[i]))
            return &transport->outlets[i];
    return NULL;
}

/* The first ones in the order of their slots are shown. */
static void apply_pause(struct server_transport *transport, size_t shown)
{
    uint16_t pairs = 0;

    for (size_t i = 0; i < transport->outlet_count; i++) {
        struct outlet *outlet = &transport->outlets[i];
        bool paused = is_fed_video(outlet) && shown == 0;
        if (is_fed_video(outlet) && shown > 0)
            shown--;
        outlet_set_paused(outlet, paused);
        if (paused)
            pairs |= (uint16_t)(1U << outlet->terms->pair);
    }
    if (pairs != transport->estimate.paused_pairs) {
        transport->estimate.paused_pairs = pairs;
        server_transport_tell_pictures(transport);
    }
}

static void decide_pause(struct server_transport *transport, uint64_t budget_bps)
{
    struct transport_estimate *estimate = &transport->estimate;
    int64_t now_us = transport->context->now_us;
    uint64_t least_bps[MEDIA_PAIRS_MAX];
    struct video_supply supply = {
        .budget_bps = budget_bps,
        .least_bps = least_bps,
        .can_probe = padding_outlet(transport) != NULL,
        .calm = bandwidth_estimator_is_calm(&estimate->estimator, now_us),
    };

    for (size_t i = 0; i < transport->outlet_count && supply.count < MEDIA_PAIRS_MAX; i++)
        if (is_fed_video(&transport->outlets[i]))
            least_bps[supply.count++] = outlet_video_least(&transport->outlets[i]);
    video_pause_update(&estimate->pause, &supply, now_us);
    apply_pause(transport, supply.count - estimate->pause.withheld);
}

/* -- Padding: is there more? -- */

/* What would be sent if the path carried it, sound included; 0: nothing is missing. */
static uint64_t wanted_bps(const struct server_transport *transport, uint64_t budget_bps)
{
    uint64_t wanted = 0;

    for (size_t i = 0; i < transport->outlet_count; i++)
        if (is_fed_video(&transport->outlets[i]))
            wanted += outlet_video_known_need(&transport->outlets[i]);
    wanted += wanted / 4; /* what a choice must have to spare before it rises */
    return wanted > budget_bps ? wanted + transport->estimate.sound_bps : 0;
}

/* Up to the estimate and no further: what arrives of it lets the estimate rise. */
static void pad(struct server_transport *transport, uint64_t budget_bps)
{
    struct transport_estimate *estimate = &transport->estimate;
    int64_t now_us = transport->context->now_us;
    uint64_t aim_bps = wanted_bps(transport, budget_bps);
    struct outlet *outlet = padding_outlet(transport);
    uint64_t aim_bytes;

    if (!outlet || aim_bps == 0 || !bandwidth_estimator_is_calm(&estimate->estimator, now_us))
        return;
    if (carried_bps(estimate) < aim_bps)
        aim_bps = carried_bps(estimate);
    aim_bytes = aim_bps * TRANSPORT_TICK_US / 8 / US_PER_S;
    for (int i = 0; i < TRANSPORT_PADDING_PER_TICK && estimate->tick_bytes < aim_bytes; i++)
        if (!outlet_pad(outlet))
            return;
}

/* -- Every tick -- */

static void allow_resends(struct transport_estimate *estimate)
{
    uint64_t bps = carried_bps(estimate);

    resend_allowance_tick(&estimate->resends,
                          bps != UINT64_MAX ? bps * TRANSPORT_TICK_US / 8 / US_PER_S
                                            : RESEND_UNLIMITED,
                          estimate->tick_bytes);
}

static void count(struct server_transport *transport)
{
    struct transport_estimate *estimate = &transport->estimate;
    uint64_t bps = carried_bps(estimate);
    struct media_estimate now = {
        .known = bps != UINT64_MAX,
        .kbps = bps != UINT64_MAX ? (uint32_t)(bps / 1000) : 0,
        .withheld = (uint32_t)__builtin_popcount(estimate->paused_pairs),
    };

    media_estimate_move(transport->context->counters, &estimate->counted, &now);
    media_count_many(transport->context->counters, MEDIA_COUNTER_withheld_ms,
                     now.withheld * TRANSPORT_TICK_US / US_PER_MS);
}

void transport_estimate_tick(struct server_transport *transport)
{
    struct transport_estimate *estimate = &transport->estimate;
    int64_t now_us = transport->context->now_us;

    bandwidth_estimator_tick(&estimate->estimator, now_us);
    measure_sound(estimate, now_us);
    uint64_t budget_bps = picture_budget(estimate);
    if (budget_bps != LAYER_UNLIMITED || transport->video_budget_bps != LAYER_UNLIMITED) {
        decide_pause(transport, budget_bps);
        transport_budget_set(transport, budget_bps);
        transport_budget_apply(transport);
        pad(transport, budget_bps);
    }
    allow_resends(estimate);
    count(transport);
    estimate->tick_bytes = 0;
}
