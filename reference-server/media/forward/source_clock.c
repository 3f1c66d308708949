#include "reference-server/media/forward/source_clock.h"

#include "common/base/clock.h"
#include "common/webrtc/rtp/rtcp_packet.h"

/* A report older than this is not stretched: the arithmetic stays far from its limits. */
#define STRETCH_MAX_US (3600 * US_PER_S)

bool source_clock_report(struct source_clock *clock, unsigned stream, uint64_t ntp,
                         uint32_t timestamp, int64_t arrival_realtime_us)
{
    if (ntp == 0)
        return false;
    int64_t time_us = ntp_to_realtime_us(ntp);
    int64_t drift_us = arrival_realtime_us - time_us - clock->offset_us;
    bool stepped =
        !clock->has_offset || drift_us > SOURCE_CLOCK_STEP_US || drift_us < -SOURCE_CLOCK_STEP_US;

    if (stepped) { /* reports from before the step are on another axis */
        for (int other = 0; other < MEDIA_STREAMS; other++)
            clock->reports[other].known = false;
        clock->offset_us = arrival_realtime_us - time_us;
        clock->has_offset = true;
    }
    clock->reports[stream].known = true;
    clock->reports[stream].time_us = time_us;
    clock->reports[stream].timestamp = timestamp;
    return stepped;
}

void source_clock_forget(struct source_clock *clock, unsigned stream)
{
    clock->reports[stream].known = false;
}

bool source_clock_timestamp(const struct source_clock *clock, unsigned stream, uint32_t clock_hz,
                            int64_t realtime_us, uint32_t *ret_timestamp)
{
    if (!clock->reports[stream].known)
        return false;
    int64_t elapsed_us = realtime_us - clock->offset_us - clock->reports[stream].time_us;
    if (elapsed_us > STRETCH_MAX_US || elapsed_us < -STRETCH_MAX_US)
        return false;
    *ret_timestamp = clock->reports[stream].timestamp +
                     (uint32_t)(int32_t)(elapsed_us * (int64_t)clock_hz / US_PER_S);
    return true;
}

bool source_clock_step(const struct source_clock *clock, unsigned from, unsigned to,
                       uint32_t clock_hz, uint32_t *ret_step)
{
    uint32_t there;

    /* The instant in which `from` reported, on our axis. */
    if (!clock->reports[from].known ||
        !source_clock_timestamp(clock, to, clock_hz,
                                clock->reports[from].time_us + clock->offset_us, &there))
        return false;
    *ret_step = there - clock->reports[from].timestamp;
    return true;
}
