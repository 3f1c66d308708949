/* A model of a receiver's audio jitter buffer: when each Opus packet would be played, and what
 * would have to be concealed (W3C webrtc-stats: jitterBufferDelay, concealedSamples,
 * concealmentEvents, …). It decodes nothing. Pure: time comes with the packets. Used by media
 * sinks.
 *
 * Packets are 20 ms. The target delay is the 95th percentile of how much later than the fastest
 * packets the last ones came; playing moves towards it by at most 2 ms per packet, as browsers
 * stretch and squeeze. What is not there when its time comes is concealed: a packet whose followers
 * are there is skipped (20 ms); when nothing is there, playing waits (in steps of 10 ms) and its
 * delay grows. A sender that fell silent (timestamps jump, numbers do not) is not concealed. */
#ifndef CASELOAD_AUDIO_PLAYOUT_H
#define CASELOAD_AUDIO_PLAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAYOUT_PACKET_US 20000
#define PLAYOUT_PACKET_SAMPLES 960
#define PLAYOUT_STEP_US 10000  /* of concealment while nothing is there */
#define PLAYOUT_START_US 40000 /* delay of the first packet */
#define PLAYOUT_TARGET_MIN_US 20000
#define PLAYOUT_ADAPT_US 2000 /* change of delay per packet */
#define PLAYOUT_WINDOW 128    /* packets in which lateness is looked at: 2.56 s */
#define PLAYOUT_BUCKET_US 5000
#define PLAYOUT_BUCKETS 64
#define PLAYOUT_AHEAD_MAX 64 /* packets buffered */

struct playout_packet {
    int64_t timestamp; /* RTP, 48 kHz, unwrapped */
    uint32_t number;   /* of its stamp: consecutive for what was sent */
    int64_t capture_us, arrival_us;
};

/* One packet leaves the buffer; `play_us` is when its first sample sounds. */
typedef void audio_played_fn(void *arg, const struct playout_packet *packet, int64_t play_us);

struct playout_lateness {
    uint8_t buckets[PLAYOUT_WINDOW]; /* ring; of PLAYOUT_BUCKET_US */
    uint8_t counts[PLAYOUT_BUCKETS];
    unsigned at, count;
    int64_t fastest_us, fastest_before_us; /* least transit of this and of the last half window */
};

struct audio_playout {
    audio_played_fn *on_played;
    void *arg;
    bool started;
    bool concealing;          /* the last samples were concealed ones */
    int64_t origin_timestamp; /* packet index 0 */
    int64_t next;             /* index to be played next */
    int64_t next_us;          /* when */
    int64_t newest;           /* highest index that came */
    int64_t shift;            /* index - number while the sender does not fall silent */
    struct playout_packet buffer[PLAYOUT_AHEAD_MAX]; /* by index modulo */
    uint64_t present;                                /* bit per entry of `buffer` */
    struct playout_lateness lateness;

    uint64_t packets_played;
    uint64_t samples_emitted;   /* jitterBufferEmittedCount */
    uint64_t samples_concealed; /* concealedSamples */
    uint64_t concealment_events;
    uint64_t packets_discarded; /* too late, or there already (packetsDiscarded) */
    int64_t buffer_delay_us; /* sum over packets played; jitterBufferDelay is this × 960 samples */
};

void audio_playout_init(struct audio_playout *playout, audio_played_fn *on_played, void *arg);
/* Packets in order of arrival; `timestamp`s off the 20 ms grid start the model anew. */
void audio_playout_packet(struct audio_playout *playout, const struct playout_packet *packet);
/* Play what is due before `now_us`. Not needed for correctness: packets do it too. */
void audio_playout_advance(struct audio_playout *playout, int64_t now_us);
/* The stream ends or becomes another: play what is buffered, forget the rest but the counters. */
void audio_playout_break(struct audio_playout *playout);
int64_t audio_playout_target_us(const struct audio_playout *playout);
/* totalSamplesReceived */
static inline uint64_t audio_playout_samples(const struct audio_playout *playout)
{
    return playout->samples_emitted + playout->samples_concealed;
}

#endif
