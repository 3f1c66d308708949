/* How much may go out again to one receiver. A tiny NACK can ask for a lot, and on a path that has
 * become narrow every answer is lost as well and asked for again: the repair of a picture then
 * keeps the queue full that it should drain, and the sound is lost with it. Pure. */
#ifndef CASELOAD_RESEND_ALLOWANCE_H
#define CASELOAD_RESEND_ALLOWANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESEND_UNLIMITED UINT64_MAX
/* Between two ticks (25 Mbit/s), whatever the path carries. */
#define RESEND_PACKETS_PER_TICK 128
/* Repair gets what the media leave of the path, but at least one part in so many of it. */
#define RESEND_SHARE 8
/* What was not used is kept for so many ticks: losses come in bursts. */
#define RESEND_TICKS_KEPT 4

struct resend_allowance {
    unsigned packets; /* until the next tick */
    int64_t bytes;    /* INT64_MAX: nothing is known of the path */
    uint32_t taken;   /* bytes since the last tick */
};

void resend_allowance_init(struct resend_allowance *allowance);
/* `carried_bytes`: what the path is believed to carry in a tick, or RESEND_UNLIMITED; `sent_bytes`:
 * what left in the one that is over, repair included. */
void resend_allowance_tick(struct resend_allowance *allowance, uint64_t carried_bytes,
                           uint32_t sent_bytes);
/* The last one may be larger than what is left. */
static inline bool resend_allowance_is_open(const struct resend_allowance *allowance)
{
    return allowance->packets > 0 && allowance->bytes > 0;
}
/* `size_bytes`: as the path carries it, headers included. */
void resend_allowance_take(struct resend_allowance *allowance, size_t size_bytes);

#endif
