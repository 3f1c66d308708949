/* 16-bit sequence numbers and 32-bit timestamps unwrapped to 64 bit (RFC 3550 §A.1 idea). */
#ifndef CASELOAD_RTP_SEQUENCE_H
#define CASELOAD_RTP_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

struct sequence_unwrapper {
    bool started;
    int64_t last;
};

/* The 64-bit number closest to the last one given; the first keeps its 16-bit value. */
int64_t sequence_unwrap(struct sequence_unwrapper *unwrapper, uint16_t sequence);

struct timestamp_unwrapper {
    bool started;
    int64_t last;
};

int64_t timestamp_unwrap(struct timestamp_unwrapper *unwrapper, uint32_t timestamp);

/* a newer than b, modulo 2^16. */
static inline bool sequence_newer(uint16_t a, uint16_t b)
{
    return a != b && (uint16_t)(a - b) < 0x8000;
}

#endif
