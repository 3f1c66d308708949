/* The last packets sent on one SSRC, for retransmission (RFC 4588). Stores plaintext RTP packets
 * in a ring of fixed slots. Pure. */
#ifndef CASELOAD_PACKET_HISTORY_H
#define CASELOAD_PACKET_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define PACKET_HISTORY_AGE_US 3000000 /* older packets are not sent again */

struct packet_history;

/* `slots` packets (power of two) of up to RTP_PACKET_MAX bytes. NULL: no memory. A slot is
 * allocated when first used, in the size needed, and grows: in steady state storing allocates
 * nothing. */
struct packet_history *packet_history_create(size_t slots);
void packet_history_destroy(struct packet_history *history);
/* Bytes of a packet that lie elsewhere, too, unchanged for as long as the history lives (media that
 * was encoded once and is sent by many): they are not copied. */
struct packet_part {
    const uint8_t *data;
    size_t at, size; /* within the packet, never all of it; size 0: none */
};
/* Without memory the slot stays empty: the packet cannot be repeated. `shared` may be NULL. */
void packet_history_store(struct packet_history *history, uint16_t sequence, const void *packet,
                          size_t size, const struct packet_part *shared, int64_t now_us);
/* Of what is stored nothing may be repeated any more; memory stays. */
void packet_history_forget(struct packet_history *history);
/* A packet just stored was awaited already: questions about it crossed it on the way. It counts as
 * sent again at `now_us`. */
void packet_history_note_repair(struct packet_history *history, uint16_t sequence, int64_t now_us);
/* The stored packet, or NULL when unknown, overwritten, older than 3 s, or sent again less than
 * `min_interval_us` ago (an impatient or repeated NACK). Marks it as sent again. Valid until the
 * next call. */
const uint8_t *packet_history_take(struct packet_history *history, uint16_t sequence,
                                   int64_t now_us, int64_t min_interval_us, size_t *ret_size);

/* RFC 4588 §4: turn an original packet into its retransmission (own SSRC, payload type, sequence;
 * original sequence number before the payload; padding is left out), and back in place. TOO_LARGE;
 * MALFORMED, also for a padding-only packet of the RTX stream (a probe: nothing to unwrap). */
MUST_CHECK enum status rtx_wrap(const void *packet, size_t size, uint8_t payload_type,
                                uint32_t ssrc, uint16_t sequence, void *out, size_t out_size,
                                size_t *ret_size);
MUST_CHECK enum status rtx_unwrap(void *packet, size_t *size, uint8_t payload_type, uint32_t ssrc);

#endif
