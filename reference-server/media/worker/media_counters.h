/* What one worker counts, readable by the signalling thread at any time without locks: one writer,
 * relaxed atomics. The lists below are the metric names. */
#ifndef CASELOAD_MEDIA_COUNTERS_H
#define CASELOAD_MEDIA_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/buffer.h"
#include "common/base/histogram.h"

/* name, what it counts */
#define MEDIA_COUNTER_LIST(X)                                                                      \
    X(datagrams_in, "Datagrams received")                                                          \
    X(datagrams_out, "Datagrams sent")                                                             \
    X(bytes_in, "Bytes of datagrams received")                                                     \
    X(bytes_out, "Bytes of datagrams sent")                                                        \
    X(stun_answered, "Authenticated binding requests answered")                                    \
    X(dtls_in, "DTLS datagrams received from validated addresses")                                 \
    X(dtls_connected, "DTLS handshakes completed")                                                 \
    X(dtls_failed, "DTLS handshakes failed")                                                       \
    X(rtp_in, "Authentic RTP packets received")                                                    \
    X(rtp_forwarded, "RTP packets sent to receivers, retransmissions excluded")                    \
    X(rtp_relayed, "Packets handed to another worker")                                             \
    X(rtp_leaked, "Packets forwarded without a route, by a deliberate fault")                      \
    X(rtcp_in, "Authentic RTCP datagrams received")                                                \
    X(rtcp_out, "RTCP datagrams sent")                                                             \
    X(repaired_in, "Packets that arrived as retransmissions")                                      \
    X(retransmitted, "Retransmissions sent")                                                       \
    X(nack_in, "Sequence numbers that receivers asked for")                                        \
    X(nack_unanswered, "Of those, too late, too early or unknown")                                 \
    X(padded, "Packets of padding sent, to find out what a path carries")                          \
    X(feedback_in, "Transport-wide feedback received")                                             \
    X(feedback_unbelieved, "Packets told of in feedback that were never sent, or too long ago")    \
    X(remb_in, "Receivers' own estimates received (REMB)")                                         \
    X(withheld_ms, "Milliseconds in which a fed video slot got no picture because its path does "  \
                   "not carry it")                                                                 \
    X(nack_out, "Sequence numbers asked of senders")                                               \
    X(nack_given_up, "Sequence numbers that never arrived")                                        \
    X(key_requests_in, "PLI and FIR received")                                                     \
    X(key_requests_out, "PLI sent")                                                                \
    X(key_frames_in, "Key frames that began to arrive")                                            \
    X(slot_switches, "Slots that changed to another source")                                       \
    X(layer_switches, "Slots that changed to another encoding of their source")                    \
    X(lost_transports, "Peers that fell silent or closed")                                         \
    X(events_delayed, "News for the signalling thread that had to wait")                           \
    X(stamps_refused, "Receive stamps that lay in the future or too far back")

/* Why a packet went no further. name, cause */
#define MEDIA_DROP_LIST(X)                                                                         \
    X(truncated, "larger than any packet of ours")                                                 \
    X(unknown_kind, "neither STUN, DTLS, RTP nor RTCP")                                            \
    X(unknown_address, "from an address that no authenticated STUN has validated")                 \
    X(stun_unknown, "STUN that is no request for a transport here")                                \
    X(stun_unauthentic, "STUN with a wrong password or malformed")                                 \
    X(dtls_unexpected, "DTLS after the session was let go")                                        \
    X(before_keys, "SRTP before the handshake was over")                                           \
    X(unauthentic, "SRTP or SRTCP that does not authenticate")                                     \
    X(replayed, "SRTP or SRTCP seen before")                                                       \
    X(malformed, "RTP, RTCP or payload that cannot be read")                                       \
    X(unknown_stream, "RTP of a stream that was not negotiated")                                   \
    X(duplicate, "an RTP packet that had arrived already")                                         \
    X(send_off, "media before media.send, or after its end")                                       \
    X(padding, "no payload: padding only")                                                         \
    X(waiting_for_key_frame, "video of a source that a slot has not switched to yet")              \
    X(withheld, "video that the receiver's path does not carry")                                   \
    X(other_encoding, "video of an encoding that is not shown to this receiver")                   \
    X(thinned, "of a temporal layer that is not shown to this receiver")                           \
    X(late, "from before a switch, or hopelessly late")                                            \
    X(receiver_not_connected, "the receiver has no keys or no address")                            \
    X(too_large, "does not fit with the receiver's header extensions")                             \
    X(protect_failed, "encryption refused it")                                                     \
    X(socket_full, "the kernel took no more")                                                      \
    X(send_failed, "the kernel refused it")                                                        \
    X(no_route, "came from another worker after its route was taken away")                         \
    X(relay_full, "the ring to the other worker was full")                                         \
    X(lost_on_purpose, "by a deliberate fault")                                                    \
    X(kernel_receive, "the socket's receive buffer was full (SO_RXQ_OVFL)")

enum media_counter {
#define X(name, text) MEDIA_COUNTER_##name,
    MEDIA_COUNTER_LIST(X)
#undef X
        MEDIA_COUNTER_COUNT
};

enum media_drop {
#define X(name, text) MEDIA_DROP_##name,
    MEDIA_DROP_LIST(X)
#undef X
        MEDIA_DROP_COUNT
};

/* Transports by what their paths are estimated to carry: upper bounds, kbit/s. */
#define MEDIA_ESTIMATE_BOUNDS                                                                      \
    {                                                                                              \
        100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000                                      \
    }
#define MEDIA_ESTIMATE_BUCKETS 11 /* the last one has no bound */

/* One transport's share of the above. */
struct media_estimate {
    bool known; /* feedback or REMB has come */
    uint32_t kbps;
    uint32_t withheld; /* video slots */
};

struct media_counters {
    _Atomic uint64_t counters[MEDIA_COUNTER_COUNT];
    _Atomic uint64_t drops[MEDIA_DROP_COUNT];
    _Atomic uint64_t transports;
    _Atomic uint64_t estimates[MEDIA_ESTIMATE_BUCKETS], estimates_kbps, withheld_slots;
    /* From the kernel's receive stamp to the return of the send call that carried the packet. */
    _Atomic uint32_t latency_us[HISTOGRAM_BUCKETS];
    _Atomic uint64_t latency_count, latency_sum_us, latency_negative;
};

static inline void media_add(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by,
                          memory_order_relaxed);
}

static inline void media_count(struct media_counters *counters, enum media_counter counter)
{
    media_add(&counters->counters[counter], 1);
}

static inline void media_count_many(struct media_counters *counters, enum media_counter counter,
                                    uint64_t by)
{
    media_add(&counters->counters[counter], by);
}

static inline void media_drop(struct media_counters *counters, enum media_drop cause)
{
    media_add(&counters->drops[cause], 1);
}

/* A transport that stood as `*counted` stands as `now` now. */
void media_estimate_move(struct media_counters *counters, struct media_estimate *counted,
                         const struct media_estimate *now);

void media_latency(struct media_counters *counters, int64_t latency_us);
/* Any thread. */
uint64_t media_counted(const struct media_counters *counters, enum media_counter counter);
uint64_t media_dropped(const struct media_counters *counters, enum media_drop cause);

/* OpenMetrics families with one set of samples per worker. */
void media_counters_write(const struct media_counters *const *workers, unsigned worker_count,
                          struct buffer *out);

#endif
