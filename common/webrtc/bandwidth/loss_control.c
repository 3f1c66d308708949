#include "common/webrtc/bandwidth/loss_control.h"

#include <math.h>
#include <string.h>

#include "common/base/clock.h"

/* Draft §6. */
#define LOSS_HIGH 0.10F
#define LOSS_LOW 0.02F
#define RISE_FACTOR 1.08                    /* as the delay-based rate does; the draft has 1.05 */
#define RISE_INTERVAL_US US_PER_S           /* one report's, in the draft */
#define LOWER_INTERVAL_US (300 * US_PER_MS) /* and a round trip: the last step has to show */
#define SENT_SHARE_MIN 0.02
enum { PACKETS_MIN = 20 }; /* fewer say nothing about a tenth */

void loss_control_init(struct loss_control *control, uint32_t min_bps, uint32_t max_bps)
{
    memset(control, 0, sizeof *control);
    control->bps = control->max_bps = max_bps;
    control->min_bps = min_bps;
}

void loss_control_arrived(struct loss_control *control, bool corrected)
{
    control->arrived++;
    control->missing -= corrected;
}

void loss_control_missing(struct loss_control *control)
{
    control->missing++;
}

static void set(struct loss_control *control, double bps)
{
    if (bps > control->max_bps)
        bps = control->max_bps;
    control->bps = bps > control->min_bps ? (uint32_t)(bps + 0.5) : control->min_bps;
}

/* What was sent when so much of it was lost. */
static double sent_bps(const struct loss_control *control, uint32_t rate_bps, uint32_t arriving_bps)
{
    double bps = rate_bps < control->bps ? rate_bps : control->bps;
    double sent = (double)arriving_bps / fmax(1 - (double)control->loss, SENT_SHARE_MIN);

    return arriving_bps != 0 && sent < bps ? sent : bps;
}

/* Never below what arrives: a sender that sends more than it is allowed makes losses of its own. */
static void judge(struct loss_control *control, double sent, uint32_t arriving_bps,
                  int64_t round_trip_us, int64_t now_us)
{
    if (control->loss > LOSS_HIGH) {
        if (now_us - control->lowered_us < LOWER_INTERVAL_US + round_trip_us)
            return;
        control->lowered_us = now_us;
        double bps = sent * (1 - 0.5 * (double)control->loss);
        set(control, fmax(bps, arriving_bps));
    } else if (control->loss < LOSS_LOW && now_us - control->raised_us >= RISE_INTERVAL_US) {
        control->raised_us = now_us;
        set(control, control->bps * RISE_FACTOR);
    }
}

void loss_control_update(struct loss_control *control, uint32_t rate_bps, uint32_t arriving_bps,
                         int64_t round_trip_us, int64_t now_us)
{
    int32_t missing = control->missing > 0 ? control->missing : 0;

    if (control->arrived + missing < PACKETS_MIN)
        return;
    control->loss = (float)missing / (float)(control->arrived + missing);
    judge(control, sent_bps(control, rate_bps, arriving_bps), arriving_bps, round_trip_us, now_us);
    control->arrived = control->missing = 0;
}
