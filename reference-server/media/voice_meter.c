#include "reference-server/media/voice_meter.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Packets above, the sum of their loudness below: 2^32 / 127 packets are a year of them. */
#define ONE_PACKET (1ULL << 32)

struct voice_meter {
    _Atomic uint64_t gathered;
    _Atomic unsigned holders;
};

struct voice_meter *voice_meter_create(void)
{
    struct voice_meter *meter = calloc(1, sizeof *meter);

    if (meter)
        atomic_init(&meter->holders, 1);
    return meter;
}

struct voice_meter *voice_meter_share(struct voice_meter *meter)
{
    atomic_fetch_add_explicit(&meter->holders, 1, memory_order_relaxed);
    return meter;
}

void voice_meter_release(struct voice_meter *meter)
{
    if (meter && atomic_fetch_sub_explicit(&meter->holders, 1, memory_order_acq_rel) == 1)
        free(meter);
}

void voice_meter_note(struct voice_meter *meter, uint8_t level)
{
    unsigned loudness = level < VOICE_LEVEL_SILENCE ? VOICE_LEVEL_SILENCE - level : 0;

    atomic_fetch_add_explicit(&meter->gathered, ONE_PACKET + loudness, memory_order_relaxed);
}

unsigned voice_meter_take(struct voice_meter *meter)
{
    uint64_t gathered = atomic_exchange_explicit(&meter->gathered, 0, memory_order_relaxed);
    uint64_t packets = gathered / ONE_PACKET;

    return packets > 0 ? (unsigned)(gathered % ONE_PACKET / packets) : 0;
}
