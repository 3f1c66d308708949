#include "engine/media/arrival_jitter.h"

#include <math.h>

void arrival_jitter_packet(struct arrival_jitter *jitter, uint32_t timestamp, uint32_t clock_hz,
                           int64_t arrival_us)
{
    if (jitter->started && timestamp == jitter->last_timestamp)
        return;
    if (jitter->started) {
        int32_t media = (int32_t)(timestamp - jitter->last_timestamp);
        double difference_us =
            (double)(arrival_us - jitter->last_arrival_us) - media * 1e6 / clock_hz;
        jitter->jitter_us += (fabs(difference_us) - jitter->jitter_us) / 16;
        jitter->measured = true;
    }
    jitter->started = true;
    jitter->last_timestamp = timestamp;
    jitter->last_arrival_us = arrival_us;
}
