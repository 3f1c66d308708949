/* Seeded, reproducible random streams and the hash that derives them. Every draw of a run is
 * hash(seed, lane, run-in-lane, actor, purpose): the same seed gives the same plan.
 * Not for secrets: those come from random_secret. */
#ifndef CASELOAD_BASE_RANDOM_H
#define CASELOAD_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

/* xoshiro256** (Blackman, Vigna 2018), seeded by splitmix64. */
struct random_stream {
    uint64_t state[4];
};

/* Mix `value` into `hash`; chain calls to hash several values. */
uint64_t random_mix(uint64_t hash, uint64_t value);
/* 64-bit FNV-1a of a text followed by a finalizer, for purposes given by name. */
uint64_t random_hash_text(const char *text);

void random_stream_init(struct random_stream *stream, uint64_t seed);
uint64_t random_u64(struct random_stream *stream);
/* Uniform in [0, 1). */
double random_unit(struct random_stream *stream);
/* Uniform integer in [0, bound), without modulo bias; bound > 0. */
uint64_t random_below(struct random_stream *stream, uint64_t bound);
/* Exponential with the given mean (> 0). */
double random_exponential(struct random_stream *stream, double mean);

/* Bytes from the kernel's generator (getrandom), for tokens, SSRCs and ICE credentials. */
MUST_CHECK enum status random_secret(void *bytes, size_t size);
/* `length` characters of [A-Za-z0-9] plus a terminating zero; `text` holds length + 1 bytes. */
MUST_CHECK enum status random_secret_text(char *text, size_t length);

#endif
