/* How many participants can this host play on one core? Pairs call each other through a reflector,
 * more and more of them, until the generator is no longer fit by the limits of
 * engine/measure/health.h. Behind `caseload doctor --calibrate` and --budget. */
#ifndef CASELOAD_CALIBRATION_H
#define CASELOAD_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "engine/measure/health.h"

#define CALIBRATION_STEPS_MAX 32

struct calibration_settings {
    bool light;    /* the client kind (full: a libnice agent and a socket each) */
    bool io_uring; /* where the host allows it */
    bool burst;    /* a frame's packets at once instead of spread over half its interval */
    uint64_t from; /* participants of the first step, even, at least 2 */
    uint64_t to;   /* no step above; even */
    int64_t hold_us;
    bool once;  /* only the first step: what participants cost, not how many can be */
    bool quiet; /* no line per step on the terminal */
};

/* One number of participants, held. Rates are per second of the hold. */
struct calibration_step {
    uint64_t participants;
    bool fit; /* in all seconds, and media arrived */
    struct health health;
    double frames_share; /* frames that arrived, of those that were due */
    double packets_sent, packets_received;
    double reflector_cpu; /* cores */
    uint64_t rss_bytes;   /* of the generator */
    unsigned descriptors;
    double latency_p50_us, latency_p99_us; /* of frames: capture to arrival */
};

struct calibration {
    int generator_core, reflector_core; /* -1: one core only, they share it */
    bool io_uring;
    uint64_t fit, unfit;      /* the most that were fit, the fewest that were not; 0: none */
    uint64_t empty_rss_bytes; /* of the generator with clips and without participants */
    size_t step_count;
    struct calibration_step steps[CALIBRATION_STEPS_MAX];
};

/* Takes CALIBRATION_WALL_S at most. The calling process becomes the generator: it is pinned to a
 * core and raised in priority for the time. */
#define CALIBRATION_WALL_S 300
MUST_CHECK enum status calibration_run(const struct calibration_settings *settings,
                                       struct calibration *ret_calibration,
                                       struct failure *failure);
/* The step with the most participants that was fit; NULL: none. */
const struct calibration_step *calibration_best(const struct calibration *calibration);

#endif
