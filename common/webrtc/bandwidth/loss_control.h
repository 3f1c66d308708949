/* The loss-based rate: less when more than a tenth is lost, more when nearly nothing is
 * (draft-ietf-rmcat-gcc-02 §6). Pure. */
#ifndef CASELOAD_LOSS_CONTROL_H
#define CASELOAD_LOSS_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

struct loss_control {
    uint32_t bps, min_bps, max_bps;
    int32_t arrived, missing; /* since the last judgement */
    float loss;               /* of the last judgement, 0…1 */
    int64_t raised_us, lowered_us;
};

/* Begins at `max_bps`: loss has to be seen before it limits. */
void loss_control_init(struct loss_control *control, uint32_t min_bps, uint32_t max_bps);
/* One packet told as arrived or missing; `corrected`: it had been told as missing before. */
void loss_control_arrived(struct loss_control *control, bool corrected);
void loss_control_missing(struct loss_control *control);
/* Once per feedback. `rate_bps`: what the sender is allowed now. `arriving_bps`: what arrives, 0
 * when that is not known: whoever sends less than is allowed begins there. */
void loss_control_update(struct loss_control *control, uint32_t rate_bps, uint32_t arriving_bps,
                         int64_t round_trip_us, int64_t now_us);

#endif
