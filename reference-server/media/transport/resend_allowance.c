#include "reference-server/media/transport/resend_allowance.h"

void resend_allowance_init(struct resend_allowance *allowance)
{
    *allowance = (struct resend_allowance){.packets = RESEND_PACKETS_PER_TICK, .bytes = INT64_MAX};
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void resend_allowance_tick(struct resend_allowance *allowance, uint64_t carried_bytes,
                           uint32_t sent_bytes)
{
    uint32_t media_bytes = sent_bytes > allowance->taken ? sent_bytes - allowance->taken : 0;

    allowance->packets = RESEND_PACKETS_PER_TICK;
    allowance->taken = 0;
    if (carried_bytes > INT64_MAX / (2 * RESEND_TICKS_KEPT)) {
        allowance->bytes = INT64_MAX;
        return;
    }
    int64_t carried = (int64_t)carried_bytes;
    int64_t most = carried * RESEND_TICKS_KEPT;
    int64_t more = larger(carried - media_bytes, carried / RESEND_SHARE);
    allowance->bytes = allowance->bytes < most - more ? allowance->bytes + more : most;
}

void resend_allowance_take(struct resend_allowance *allowance, size_t size_bytes)
{
    allowance->packets -= allowance->packets > 0;
    allowance->taken += (uint32_t)size_bytes;
    if (allowance->bytes != INT64_MAX)
        allowance->bytes -= (int64_t)size_bytes;
}
