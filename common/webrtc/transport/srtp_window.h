/* The 48-bit packet index of an SRTP stream and the window of indices that were seen (RFC 3711
 * §3.3.1, §3.3.2, appendix A), and the same window for the 31-bit indices of SRTCP. Used by
 * srtp_gcm for what it receives, against replay, and for what it sends: an index used twice under
 * one key breaks GCM (RFC 7714 §8.4). */
#ifndef CASELOAD_SRTP_WINDOW_H
#define CASELOAD_SRTP_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SRTP_WINDOW_SIZE 256 /* packets; RFC 3711 §3.3.2 asks for at least 64 */
#define SRTP_INDEX_MAX (((uint64_t)1 << 48) - 1)

struct srtp_window {
    uint64_t highest;                     /* meaningful once started */
    uint64_t seen[SRTP_WINDOW_SIZE / 64]; /* bit i % SIZE of index i, of the last SIZE indices */
    bool started;
};

/* The index that a sequence number most likely means: within 2^15 of the highest one, and of
 * rollover 0 for the first packet. UINT64_MAX: it would be of a rollover before the first. */
uint64_t srtp_window_estimate(const struct srtp_window *window, uint16_t sequence);
/* Was `index` not added yet, and is it not older than the window? */
bool srtp_window_is_fresh(const struct srtp_window *window, uint64_t index);
/* `index` is fresh. */
void srtp_window_add(struct srtp_window *window, uint64_t index);

#endif
