#include "common/webrtc/bandwidth/bandwidth_estimator.h"

#include <string.h>

#include "common/base/clock.h"

_Static_assert(sizeof(struct bandwidth_estimator) <= 4096, "there are thousands of them");

/* The reference time of feedback: 24 bits of 64 ms. One period more keeps arrivals above zero. */
#define REFERENCE_PERIOD_US ((int64_t)64000 << 24)
#define SILENCE_US (3 * US_PER_S)
#define SILENCE_STEP_US US_PER_S
#define CALM_US (2 * US_PER_S) /* since the rate was lowered */
/* A round trip is told by the newest packet of a feedback; the rest waited for it. */
#define ROUND_TRIP_MAX_US (10 * US_PER_S)
#define ROUND_TRIP_WEIGHT 8

void bandwidth_estimator_init(struct bandwidth_estimator *estimator, uint64_t start_bps)
{
    uint32_t start = start_bps < BANDWIDTH_MAX_BPS ? (uint32_t)start_bps : BANDWIDTH_MAX_BPS;

    memset(estimator, 0, sizeof *estimator);
    sent_packets_init(&estimator->sent);
    arrival_groups_init(&estimator->groups);
    delay_trend_init(&estimator->trend);
    acknowledged_rate_init(&estimator->acknowledged);
    rate_control_init(&estimator->delay, start, BANDWIDTH_MIN_BPS, BANDWIDTH_MAX_BPS);
    loss_control_init(&estimator->loss, BANDWIDTH_MIN_BPS, BANDWIDTH_MAX_BPS);
    estimator->remb_bps = UINT64_MAX;
    estimator->round_trip_us = BANDWIDTH_ROUND_TRIP_US;
}

/* -- One feedback -- */

/* What is learnt while its statuses are walked through. */
struct hearing {
    struct bandwidth_estimator *estimator;
    int64_t reference_us; /* unwrapped */
    int64_t now_us;
    int64_t newest_sent_us; /* of what arrived; 0: nothing did */
    bool after_gap;         /* statuses between the last feedback and this one were lost */
    bool overuse;           /* seen at some point, even if it is over */
    bool believed;          /* anything */
};

/* The reference time closest to the newest arrival. */
static int64_t unwrap_reference(const struct bandwidth_estimator *estimator, int64_t reference_us)
{
    int64_t delta_us;

    if (estimator->arrival_us == 0)
        return reference_us + 2 * REFERENCE_PERIOD_US;
    delta_us = (reference_us - estimator->arrival_us) % REFERENCE_PERIOD_US;
    if (delta_us > REFERENCE_PERIOD_US / 2)
        delta_us -= REFERENCE_PERIOD_US;
    if (delta_us < -REFERENCE_PERIOD_US / 2)
        delta_us += REFERENCE_PERIOD_US;
    return estimator->arrival_us + delta_us;
}

static void begin_anew(struct bandwidth_estimator *estimator)
{
    arrival_groups_init(&estimator->groups);
    delay_trend_init(&estimator->trend);
    acknowledged_rate_init(&estimator->acknowledged);
}

static void take_arrival(struct hearing *hearing, const struct sent_packet *packet,
                         int64_t arrival_us)
{
    struct bandwidth_estimator *estimator = hearing->estimator;
    struct arrival_variation variation;

    if (hearing->after_gap)
        acknowledged_rate_skip(&estimator->acknowledged, arrival_us);
    hearing->after_gap = false;
    acknowledged_rate_add(&estimator->acknowledged, arrival_us, packet->size_bytes);
    if (packet->sent_us > hearing->newest_sent_us)
        hearing->newest_sent_us = packet->sent_us;
    estimator->arrival_us = arrival_us;
    if (arrival_groups_add(&estimator->groups, packet->sent_us, arrival_us, &variation) &&
        delay_trend_update(&estimator->trend, variation.arrival_us, variation.variation_us) ==
            BANDWIDTH_OVERUSE)
        hearing->overuse = true;
}

static void take_status(struct hearing *hearing, const struct rtcp_arrival *status)
{
    struct bandwidth_estimator *estimator = hearing->estimator;
    struct sent_packet packet;

    if (!sent_packets_find(&estimator->sent, status->sequence, hearing->now_us, &packet)) {
        estimator->unbelieved++;
        return;
    }
    hearing->believed = true;
    if (packet.fate == SENT_ARRIVED || (packet.fate == SENT_MISSING && !status->received))
        return;
    if (!status->received) {
        sent_packets_set_fate(&estimator->sent, status->sequence, SENT_MISSING);
        loss_control_missing(&estimator->loss);
        return;
    }
    sent_packets_set_fate(&estimator->sent, status->sequence, SENT_ARRIVED);
    loss_control_arrived(&estimator->loss, packet.fate == SENT_MISSING);
    take_arrival(hearing, &packet, hearing->reference_us + status->arrival_us);
}

/* Feedback in front of this one was lost: neither arrival nor loss may be concluded from it. */
static bool follows_gap(const struct bandwidth_estimator *estimator, uint16_t first)
{
    return estimator->heard_us != 0 && first != estimator->next_told &&
           (uint16_t)(first - estimator->next_told) < SENT_PACKETS_MAX;
}

static void note_progress(struct bandwidth_estimator *estimator, const struct rtcp_item *item)
{
    uint16_t next = (uint16_t)(item->transport.arrivals[item->transport.count - 1].sequence + 1);

    if (estimator->heard_us == 0 || (uint16_t)(next - estimator->next_told) < UINT16_MAX / 2)
        estimator->next_told = next;
}

static void note_round_trip(struct hearing *hearing)
{
    struct bandwidth_estimator *estimator = hearing->estimator;
    int64_t round_trip_us = hearing->now_us - hearing->newest_sent_us;

    if (round_trip_us >= 0 && round_trip_us <= ROUND_TRIP_MAX_US)
        estimator->round_trip_us += (round_trip_us - estimator->round_trip_us) / ROUND_TRIP_WEIGHT;
}

static void control(struct hearing *hearing)
{
    struct bandwidth_estimator *estimator = hearing->estimator;
    struct rate_observation observation = {
        .signal = hearing->overuse ? BANDWIDTH_OVERUSE : estimator->trend.signal,
        .round_trip_us = estimator->round_trip_us,
    };

    observation.has_acknowledged =
        acknowledged_rate_bps(&estimator->acknowledged, &observation.acknowledged_bps);
    if (hearing->newest_sent_us != 0) {
        note_round_trip(hearing);
        rate_control_update(&estimator->delay, &observation, hearing->now_us);
    }
    loss_control_update(&estimator->loss, estimator->delay.bps,
                        observation.has_acknowledged ? observation.acknowledged_bps : 0,
                        estimator->round_trip_us, hearing->now_us);
}

void bandwidth_estimator_feedback(struct bandwidth_estimator *estimator,
                                  const struct rtcp_item *item, int64_t now_us)
{
    struct hearing hearing = {.estimator = estimator, .now_us = now_us};

    if (item->transport.count == 0)
        return;
    hearing.reference_us = unwrap_reference(estimator, item->transport.reference_time_us);
    if (hearing.reference_us <= REFERENCE_PERIOD_US / 2) { /* a clock that ran far back */
        estimator->arrival_us = 0;
        begin_anew(estimator);
        hearing.reference_us = unwrap_reference(estimator, item->transport.reference_time_us);
    }
    hearing.after_gap = follows_gap(estimator, item->transport.arrivals[0].sequence);
    for (size_t i = 0; i < item->transport.count; i++)
        take_status(&hearing, &item->transport.arrivals[i]);
    if (!hearing.believed)
        return;
    note_progress(estimator, item);
    estimator->heard_us = now_us;
    control(&hearing);
}

/* -- Bounds -- */

void bandwidth_estimator_remb(struct bandwidth_estimator *estimator, uint64_t bps)
{
    estimator->remb_bps = bps;
}

static bool waits(const struct bandwidth_estimator *estimator, int64_t now_us)
{
    struct sent_packet newest;

    return estimator->heard_us != 0 &&
           sent_packets_find(&estimator->sent, estimator->sent.newest, now_us, &newest) &&
           newest.sent_us > estimator->heard_us && now_us - newest.sent_us < SILENCE_STEP_US;
}

void bandwidth_estimator_tick(struct bandwidth_estimator *estimator, int64_t now_us)
{
    if (!waits(estimator, now_us))
        estimator->waiting_since_us = 0;
    else if (estimator->waiting_since_us <= estimator->heard_us)
        estimator->waiting_since_us = now_us;
    if (estimator->waiting_since_us == 0 || now_us - estimator->waiting_since_us < SILENCE_US ||
        now_us - estimator->delay.updated_us < SILENCE_STEP_US)
        return;
    rate_control_back_off(&estimator->delay, now_us);
    estimator->backed_off++;
}

/* -- What comes out -- */

static uint32_t own_bps(const struct bandwidth_estimator *estimator)
{
    return estimator->loss.bps < estimator->delay.bps ? estimator->loss.bps : estimator->delay.bps;
}

uint64_t bandwidth_estimator_bps(const struct bandwidth_estimator *estimator)
{
    uint64_t bps = own_bps(estimator);

    return estimator->remb_bps < bps ? estimator->remb_bps : bps;
}

enum bandwidth_limit bandwidth_estimator_limit(const struct bandwidth_estimator *estimator)
{
    if (estimator->remb_bps < own_bps(estimator))
        return BANDWIDTH_BY_REMB;
    if (estimator->heard_us == 0)
        return BANDWIDTH_BY_START;
    return estimator->loss.bps < estimator->delay.bps ? BANDWIDTH_BY_LOSS : BANDWIDTH_BY_DELAY;
}

bool bandwidth_estimator_is_calm(const struct bandwidth_estimator *estimator, int64_t now_us)
{
    return estimator->trend.signal == BANDWIDTH_NORMAL && estimator->loss.loss < 0.1F &&
           (estimator->delay.decreased_us == 0 ||
            now_us - estimator->delay.decreased_us >= CALM_US);
}
