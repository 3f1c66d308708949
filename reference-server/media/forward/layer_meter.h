/* What each encoding and temporal layer of one source takes, measured where its packets are
 * forwarded. Pure. */
#ifndef CASELOAD_LAYER_METER_H
#define CASELOAD_LAYER_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reference-server/media/forward/layer.h"

#define LAYER_PERIOD_US 500000  /* a rate is measured this long, then smoothed over about four */
#define LAYER_SILENT_US 1000000 /* an encoding that has been silent longer is not there */
/* Headers, extensions, authentication tag, UDP and IP around a payload. */
#define LAYER_PACKET_OVERHEAD 64
#define LAYER_OPTIONS_MAX (LAYER_ENCODINGS_MAX * LAYER_TEMPORALS_MAX)

struct layer_rates {
    bool measured; /* for a whole period */
    uint8_t temporals;
    uint32_t pixels;                     /* of its last key frame; 0: none was seen */
    int64_t heard_us;                    /* last packet */
    uint64_t bytes[LAYER_TEMPORALS_MAX]; /* of each layer alone, in this period */
    uint64_t bps[LAYER_TEMPORALS_MAX];   /* likewise, smoothed */
};

/* Zeroed memory has seen nothing. */
struct layer_meter {
    bool layered;     /* there is something to choose from */
    int64_t since_us; /* when this period began */
    struct layer_rates encodings[LAYER_ENCODINGS_MAX];
};

struct layer_sample {
    uint8_t encoding, temporal;
    size_t payload_size;
    uint32_t pixels; /* of the key frame that begins here; else 0 */
};
/* True: a period is over, or an encoding was seen for the first time: look at the options again. */
bool layer_meter_packet(struct layer_meter *meter, const struct layer_sample *sample,
                        int64_t now_us);

/* One rung of the ladder. */
struct layer_option {
    struct layer_pick pick; /* temporal: LAYER_TEMPORALS_MAX - 1 for all there are */
    bool measured;
    uint64_t bps;
};
/* What can be had now, best last: larger pictures above smaller ones, more frames above fewer. The
 * smallest encoding is offered down to its lowest temporal layer, larger ones down to half their
 * frames: below that the next smaller picture with all its frames is the better one (EN 301 549
 * §6.5.2 asks for 20 frames/s). Returns their number, at most LAYER_OPTIONS_MAX. */
size_t layer_meter_options(const struct layer_meter *meter, int64_t now_us,
                           struct layer_option ret_options[LAYER_OPTIONS_MAX]);
/* What the best option takes, bit/s; LAYER_UNLIMITED while that is not known. */
uint64_t layer_meter_need(const struct layer_meter *meter, int64_t now_us);

#endif
