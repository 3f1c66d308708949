/* What one participant hears and sees: assembles frames, reads stamps, measures latency, loss,
 * freezes, jitter, concealment and lip sync per sender, and judges who must not be received. One
 * per participant; fed with every media packet of its endpoint. */
#ifndef CASELOAD_MEDIA_SINK_H
#define CASELOAD_MEDIA_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/webrtc/endpoint.h"
#include "engine/measure/metrics.h"

#define MEDIA_SINK_SENDERS_MAX 32 /* senders one receiver keeps apart; more are counted together */

struct media_sink;
struct probe_pool;

enum media_first { MEDIA_FIRST_RTP, MEDIA_FIRST_AUDIO, MEDIA_FIRST_KEY_FRAME, MEDIA_FIRST_DECODED };

struct media_sink_config {
    struct metrics *metrics;
    unsigned role_tag;          /* metrics tag of the receiver's role */
    uint32_t run, receiver;
    struct probe_pool *probes;  /* NULL: this receiver does not decode */
    const char *save_prefix;    /* probes: write received media to PREFIX-<sender>.ivf/.wav; or NULL */
    void *arg;
    /* Once per sender and kind after each media_sink_allow(…, true): the first packet, audio packet,
     * complete key frame, decoded frame. `at_us` is the arrival (decode time for DECODED). */
    void (*on_first)(void *arg, uint32_t sender, enum media_first what, int64_t at_us);
    /* A packet of a sender that must not be received, after the grace (see allow). */
    void (*on_forbidden)(void *arg, uint32_t sender, int64_t at_us);
    /* The sink wants a key frame on this track: its frame is damaged beyond repair. */
    void (*on_want_key_frame)(void *arg, size_t track);
};

/* NULL: no memory. */
struct media_sink *media_sink_create(const struct media_sink_config *config);
void media_sink_destroy(struct media_sink *sink);

/* From `at_us` on `sender` must (true) or must not (false) be received. Everybody starts forbidden.
 * When permission ends, packets captured before the end and those arriving within `grace_us` after
 * it are no violation but their last arrival is `silence` in the report. */
void media_sink_allow(struct media_sink *sink, uint32_t sender, bool allowed, int64_t at_us,
                      int64_t grace_us);
/* The sender's counters when permission began and ended, so that expected = to - from: numbers of
 * media_source_video_number and _audio_number. `video_to`/`audio_to` are exclusive. */
void media_sink_expect_from(struct media_sink *sink, uint32_t sender, uint32_t video_number,
                            uint32_t audio_number);
void media_sink_expect_to(struct media_sink *sink, uint32_t sender, uint32_t video_number,
                          uint32_t audio_number);
/* The slot `track` is fed by another sender now (or by nobody: 0): playout state starts anew. */
void media_sink_slot(struct media_sink *sink, size_t track, uint32_t sender);

void media_sink_packet(struct media_sink *sink, const struct endpoint_media *media);
/* Once a second: freezes in progress, fps windows, skew, jitter samples; also drains nothing. */
void media_sink_second(struct media_sink *sink, int64_t now_us);

/* What came from one sender. */
struct media_received {
    uint32_t sender;
    bool allowed;
    uint64_t audio_packets, video_packets, frames, key_frames, forbidden_packets;
    uint64_t frames_expected, frames_lost, frames_thinned, audio_expected, audio_lost;
    uint32_t freeze_count;
    int64_t freeze_us;
    int64_t last_forbidden_us;  /* arrival of the last packet after permission ended; 0: none */
    int64_t longest_gap_us;     /* between two frames of this sender while permitted */
};
/* The n-th known sender; false when there is none. */
bool media_sink_received(const struct media_sink *sink, size_t n, struct media_received *ret);
bool media_sink_from(const struct media_sink *sink, uint32_t sender, struct media_received *ret);
uint64_t media_sink_unattributed(const struct media_sink *sink);
/* Record what is counted per sender (expected, lost, freezes, …) into the metrics. Once, at the end. */
void media_sink_finish(struct media_sink *sink, int64_t now_us);

#endif
