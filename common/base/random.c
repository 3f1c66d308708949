#include "common/base/random.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <sys/random.h>

/* 2^64 divided by the golden ratio: the step of splitmix64. */
#define GOLDEN_STEP 0x9e3779b97f4a7c15ULL

/* The output function of splitmix64 (Steele, Lea, Flood 2014): a bijection that spreads bits. */
static uint64_t spread(uint64_t value)
{
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
    return value ^ value >> 31;
}

uint64_t random_mix(uint64_t hash, uint64_t value)
{
    /* The first round makes the order of the mixed values count. */
    return spread(spread(hash + GOLDEN_STEP) ^ value);
}

uint64_t random_hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3ULL;
    return spread(hash);
}

void random_stream_init(struct random_stream *stream, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++) {
        seed += GOLDEN_STEP;
        stream->state[i] = spread(seed);
    }
}

static uint64_t rotate_left(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

uint64_t random_u64(struct random_stream *stream)
{
    uint64_t *state = stream->state;
    uint64_t result = rotate_left(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;

    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate_left(state[3], 45);
    return result;
}

double random_unit(struct random_stream *stream)
{
    return (double)(random_u64(stream) >> 11) * 0x1.0p-53;
}

uint64_t random_below(struct random_stream *stream, uint64_t bound)
{
    assert(bound > 0);
    /* Lemire 2019: the high half of a 128-bit product; the few low halves that would make some
     * results more likely are drawn again. */
    uint64_t unfair = -bound % bound;
    for (;;) {
        unsigned __int128 product = (unsigned __int128)random_u64(stream) * bound;
        if ((uint64_t)product >= unfair)
            return (uint64_t)(product >> 64);
    }
}

double random_exponential(struct random_stream *stream, double mean)
{
    assert(mean > 0);
    return -mean * log1p(-random_unit(stream));
}

enum status random_secret(void *bytes, size_t size)
{
    uint8_t *at = bytes;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return STATUS_IO;
        at += got;
        size -= (size_t)got;
    }
    return STATUS_OK;
}

enum status random_secret_text(char *text, size_t length)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const size_t letters = sizeof alphabet - 1;
    const size_t fair = 256 / letters * letters; /* bytes from here on would favour some letters */
    size_t written = 0;

    while (written < length) {
        uint8_t bytes[64];
        enum status status = random_secret(bytes, sizeof bytes);
        if (status)
            return status;
        for (size_t i = 0; i < sizeof bytes && written < length; i++) {
            if (bytes[i] < fair)
                text[written++] = alphabet[bytes[i] % letters];
        }
    }
    text[length] = '\0';
    return STATUS_OK;
}
