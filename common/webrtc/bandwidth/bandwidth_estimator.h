/* How much a path carries, seen from the sender: transport-wide feedback in
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01), the lowest of a delay-based and a
 * loss-based rate (draft-ietf-rmcat-gcc-02) and REMB (draft-alvestrand-rmcat-remb-03) out. Used by
 * the server for each receiver and by an endpoint for what it sends. Sends nothing, probes nothing:
 * the rate rises with what is really sent. Pure; 4 KiB each, no allocation. */
#ifndef CASELOAD_BANDWIDTH_ESTIMATOR_H
#define CASELOAD_BANDWIDTH_ESTIMATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/webrtc/bandwidth/acknowledged_rate.h"
#include "common/webrtc/bandwidth/arrival_groups.h"
#include "common/webrtc/bandwidth/delay_trend.h"
#include "common/webrtc/bandwidth/loss_control.h"
#include "common/webrtc/bandwidth/rate_control.h"
#include "common/webrtc/bandwidth/sent_packets.h"
#include "common/webrtc/rtp/rtcp_packet.h"

#define BANDWIDTH_START_BPS 300000 /* a careful one, for who can send less */
#define BANDWIDTH_MIN_BPS 30000
#define BANDWIDTH_MAX_BPS 30000000
#define BANDWIDTH_ROUND_TRIP_US 100000 /* until feedback tells */

enum bandwidth_limit {
    BANDWIDTH_BY_START, /* nothing was told yet */
    BANDWIDTH_BY_DELAY,
    BANDWIDTH_BY_LOSS,
    BANDWIDTH_BY_REMB,
};

struct bandwidth_estimator {
    struct sent_packets sent;
    struct arrival_groups groups;
    struct delay_trend trend;
    struct acknowledged_rate acknowledged;
    struct rate_control delay;
    struct loss_control loss;
    uint64_t remb_bps; /* UINT64_MAX: none */
    int64_t round_trip_us;
    int64_t arrival_us;       /* the newest arrival, unwrapped; 0: none */
    int64_t heard_us;         /* the last feedback that told something; 0: none */
    int64_t waiting_since_us; /* a tick saw something sent of which nothing is told; 0: nothing */
    uint16_t next_told;       /* sequence number that the next feedback should begin with */
    uint32_t unbelieved;      /* statuses of packets that were never sent, or are forgotten */
    uint32_t backed_off;      /* times that silence lowered the rate */
};

/* `start_bps` holds until the first feedback. */
void bandwidth_estimator_init(struct bandwidth_estimator *estimator, uint64_t start_bps);

/* A packet left with transport-wide number `sequence` (one after the other). `size_bytes`: what
 * the path carries of it. */
static inline void bandwidth_estimator_sent(struct bandwidth_estimator *estimator,
                                            uint16_t sequence, size_t size_bytes, int64_t now_us)
{
    sent_packets_record(&estimator->sent, sequence, size_bytes, now_us);
}

/* An RTCP_TRANSPORT item. Whatever it claims, numbers not sent are skipped and what was told
 * before counts once. */
void bandwidth_estimator_feedback(struct bandwidth_estimator *estimator,
                                  const struct rtcp_item *item, int64_t now_us);
/* The receiver's own bound, until it tells another one. */
void bandwidth_estimator_remb(struct bandwidth_estimator *estimator, uint64_t bps);
/* Now and then: feedback that stays away although packets are under way lowers the rate, by a
 * fifth for every second from the third on. A receiver that never sent any is left alone. */
void bandwidth_estimator_tick(struct bandwidth_estimator *estimator, int64_t now_us);

/* May lie below BANDWIDTH_MIN_BPS when REMB says so. */
uint64_t bandwidth_estimator_bps(const struct bandwidth_estimator *estimator);
enum bandwidth_limit bandwidth_estimator_limit(const struct bandwidth_estimator *estimator);
/* No queue builds up: sending somewhat more is worth a try. */
bool bandwidth_estimator_is_calm(const struct bandwidth_estimator *estimator, int64_t now_us);

#endif
