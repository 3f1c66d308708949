/* What was sent with transport-wide sequence numbers not long ago: size, time and fate of each
 * packet, four bytes apiece, so that the hot path of a sender writes one word. Pure. */
#ifndef CASELOAD_SENT_PACKETS_H
#define CASELOAD_SENT_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Packets remembered: a second at 5 Mbit/s of full packets. What is told of older ones is not
 * believed. A power of two. */
#define SENT_PACKETS_MAX 512

enum sent_fate {
    SENT_NOTHING,  /* no packet */
    SENT_UNDERWAY, /* nothing was told of it */
    SENT_MISSING,  /* told as not arrived; may still come */
    SENT_ARRIVED,
};

struct sent_packets {
    uint16_t newest; /* sequence number; meaningless while count is 0 */
    uint16_t count;
    uint32_t records[SENT_PACKETS_MAX]; /* fate 2 bits, size / 4 9 bits, time / 64 µs 21 bits */
};

struct sent_packet {
    enum sent_fate fate;
    uint16_t size_bytes; /* to the nearest multiple of 4 */
    int64_t sent_us;     /* to 64 µs */
};

enum {
    SENT_TIME_SHIFT = 6,
    SENT_TIME_MASK = (1 << 21) - 1, /* 134 s */
    SENT_SIZE_SHIFT = 21,
    SENT_SIZE_MASK = (1 << 9) - 1,
    SENT_FATE_SHIFT = 30,
};

void sent_packets_init(struct sent_packets *packets);

/* Numbers follow each other; one that does not begins the memory anew. `size_bytes` < 2046. */
static inline void sent_packets_record(struct sent_packets *packets, uint16_t sequence,
                                       size_t size_bytes, int64_t now_us)
{
    uint32_t time = (uint32_t)(now_us >> SENT_TIME_SHIFT) & SENT_TIME_MASK;
    uint32_t size = (uint32_t)(size_bytes + 2) >> 2 & SENT_SIZE_MASK;

    if (packets->count > 0 && sequence != (uint16_t)(packets->newest + 1))
        sent_packets_init(packets);
    packets->newest = sequence;
    packets->count += packets->count < SENT_PACKETS_MAX;
    packets->records[sequence % SENT_PACKETS_MAX] =
        (uint32_t)SENT_UNDERWAY << SENT_FATE_SHIFT | size << SENT_SIZE_SHIFT | time;
}

/* False: never sent, or forgotten. `now_us`: not before the packet was sent. */
bool sent_packets_find(const struct sent_packets *packets, uint16_t sequence, int64_t now_us,
                       struct sent_packet *ret_packet);
/* Of a packet that is remembered. */
void sent_packets_set_fate(struct sent_packets *packets, uint16_t sequence, enum sent_fate fate);

#endif
