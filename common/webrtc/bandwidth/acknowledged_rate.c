#include "common/webrtc/bandwidth/acknowledged_rate.h"

#include <string.h>

#define WINDOW_US ((int64_t)ACKNOWLEDGED_SLOTS * ACKNOWLEDGED_SLOT_US)
#define SEEN_MIN_US (WINDOW_US / 2)
#define STEP_BACK_US 3000000

void acknowledged_rate_init(struct acknowledged_rate *rate)
{
    memset(rate, 0, sizeof *rate);
}

static void advance(struct acknowledged_rate *rate, int64_t slot)
{
    int64_t steps = slot - rate->slot;

    for (int64_t i = 1; i <= steps && i <= ACKNOWLEDGED_SLOTS; i++)
        rate->bytes[(uint64_t)(rate->slot + i) % ACKNOWLEDGED_SLOTS] = 0;
    rate->slot = slot;
}

static void start(struct acknowledged_rate *rate, int64_t arrival_us)
{
    acknowledged_rate_init(rate);
    rate->started = true;
    rate->began_us = rate->counted_from_us = rate->newest_us = arrival_us;
    rate->slot = arrival_us / ACKNOWLEDGED_SLOT_US;
}

void acknowledged_rate_add(struct acknowledged_rate *rate, int64_t arrival_us, size_t size_bytes)
{
    if (!rate->started || rate->newest_us - arrival_us > STEP_BACK_US)
        start(rate, arrival_us);
    int64_t slot = (arrival_us - rate->skipped_us) / ACKNOWLEDGED_SLOT_US;
    if (arrival_us < rate->counted_from_us || slot <= rate->slot - ACKNOWLEDGED_SLOTS)
        return; /* from before the break, or from before the window */
    if (slot > rate->slot)
        advance(rate, slot);
    if (arrival_us > rate->newest_us)
        rate->newest_us = arrival_us;
    rate->bytes[(uint64_t)slot % ACKNOWLEDGED_SLOTS] += (uint32_t)size_bytes;
}

void acknowledged_rate_skip(struct acknowledged_rate *rate, int64_t next_arrival_us)
{
    if (rate->started && next_arrival_us > rate->newest_us) {
        rate->skipped_us += next_arrival_us - rate->newest_us;
        rate->newest_us = rate->counted_from_us = next_arrival_us;
    }
}

bool acknowledged_rate_bps(const struct acknowledged_rate *rate, uint32_t *ret_bps)
{
    int64_t now_us = rate->newest_us - rate->skipped_us;
    int64_t from_us = (rate->slot - ACKNOWLEDGED_SLOTS + 1) * ACKNOWLEDGED_SLOT_US;
    uint64_t bytes = 0;

    if (!rate->started)
        return false;
    if (from_us < rate->began_us)
        from_us = rate->began_us;
    if (now_us - from_us < SEEN_MIN_US)
        return false;
    for (size_t i = 0; i < ACKNOWLEDGED_SLOTS; i++)
        bytes += rate->bytes[i];
    uint64_t bps = bytes * 8 * 1000000 / (uint64_t)(now_us - from_us);
    *ret_bps = bps < UINT32_MAX ? (uint32_t)bps : UINT32_MAX;
    return true;
}
