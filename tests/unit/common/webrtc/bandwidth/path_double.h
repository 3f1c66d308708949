/* A sender, a bottleneck and a receiver in simulated time: the sender follows the estimate as far
 * as its source goes, one queue with a rate and a length, a delay, losses, and the feedback of a
 * real receiver (transport_feedback) that itself may be lost, repeated or late. */
#ifndef CASELOAD_PATH_DOUBLE_H
#define CASELOAD_PATH_DOUBLE_H

#include "common/base/random.h"
#include "common/webrtc/bandwidth/bandwidth_estimator.h"
#include "common/webrtc/rtp/transport_feedback.h"

#define PATH_UNDERWAY_MAX 4096

struct path_terms {
    uint64_t rate_bps; /* of the bottleneck */
    int64_t queue_us;  /* what its queue holds at that rate; more is dropped */
    int64_t delay_us;  /* one way, both ways alike */
    int64_t jitter_us; /* up to this much more per packet, order kept */
    double loss, feedback_loss;
    double feedback_repeat; /* told twice */
    bool feedback_swapped;  /* every other feedback overtakes the one before */
    uint64_t source_bps;    /* what the sender has to send at most; 0: as much as it may */
    bool deaf;              /* the source sends all it has, whatever the estimate says */
    uint64_t other_bps;     /* somebody else's constant traffic in the same queue */
    size_t packet_bytes;
    int64_t clock_offset_us; /* of the receiver's clock */
    double clock_drift;      /* parts of one */
};

struct path_packet {
    uint16_t sequence;
    int64_t arrival_us;
};

struct path {
    struct path_terms terms;
    struct bandwidth_estimator estimator;
    struct transport_feedback receiver;
    struct random_stream random;
    int64_t now_us;
    double credit_bits, other_bits;
    uint16_t sequence;
    int64_t free_us; /* when the bottleneck has sent what it holds */
    size_t first, count;
    struct path_packet underway[PATH_UNDERWAY_MAX];
    int64_t feedback_due_us;
    struct rtcp_item held; /* swapped feedback */
    int64_t held_us;
    bool holds;
    /* What came out, since path_forget. */
    uint64_t sent, dropped, arrived_bytes;
    int64_t queue_max_us;
    double estimate_sum;
    uint64_t estimate_min, estimate_max, steps;
};

struct path_terms path_terms(uint64_t rate_bps);
void path_init(struct path *path, const struct path_terms *terms, uint64_t start_bps);
void path_run(struct path *path, double seconds);
void path_forget(struct path *path);
/* Mean of the estimate since path_forget. */
double path_mean_bps(const struct path *path);

#endif
