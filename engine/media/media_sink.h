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

/* Senders one receiver keeps apart. When more come, the one whose permission ended longest ago is
 * closed and forgotten (last of all one whose packets are not judged yet); when all are permitted,
 * the new ones are counted together as sender 0. */
#define MEDIA_SINK_SENDERS_MAX 32

struct media_sink;
struct probe_pool;
struct recent_max;
struct probe_video_result;
struct probe_audio_result;

enum media_first {
    MEDIA_FIRST_RTP,
    MEDIA_FIRST_AUDIO,
    MEDIA_FIRST_KEY_FRAME,
    MEDIA_FIRST_DECODED,
    MEDIA_FIRST_REFRESH, /* the first key frame that began to come after media_sink_ask_key_frame */
};
#define MEDIA_FIRST_COUNT 5

struct media_sink_config {
    struct metrics *metrics;
    unsigned role_tag; /* metrics tag of the receiver's role */
    uint32_t run, receiver;
    /* What senders of this run send: temporal layers (0 and 1: one), and more than one encoding.
     * Only what such layers explain is thinned: see sink_layers.h. */
    uint8_t temporal_layers;
    bool simulcast;
    struct probe_pool *probes; /* NULL: this receiver does not decode */
    /* How late what the platform tells was noticed lately (see recent_max.h); borrowed, NULL:
     * never. So much longer a permission may come after the packets that it permits. */
    const struct recent_max *late;
    const char *save_prefix; /* probes: write received media to PREFIX-<sender>.ivf/.wav; or NULL;
                              * copied */
    void *arg;
    /* Once per sender and kind after each media_sink_allow(…, true): the first packet, audio
     * packet, complete key frame, decoded frame. `at_us` is the arrival (decode time for DECODED).
     * What came within the grace before the permission is told with the next packet. */
    void (*on_first)(void *arg, uint32_t sender, enum media_first what, int64_t at_us);
    /* Packets of a sender that must not be received, which no permission explained in time (see
     * allow and permission.h): once for all that came together; `at_us` is the first one's arrival.
     * Sender 0: they carry no stamp, and nobody at all was permitted; `what` describes the first
     * of these ("" with a stamp). */
    void (*on_forbidden)(void *arg, uint32_t sender, const char *what, int64_t at_us);
    /* The sink wants a key frame on this track: its frame is damaged beyond repair. */
    void (*on_want_key_frame)(void *arg, size_t track);
};

/* NULL: no memory. */
struct media_sink *media_sink_create(const struct media_sink_config *config);
void media_sink_destroy(struct media_sink *sink);
/* In place of role_tag from now on; what is summed up at the end of a call goes to the last one. */
void media_sink_tag(struct media_sink *sink, unsigned tag);

/* From `at_us` on `sender` must (true) or must not (false) be received. Everybody starts forbidden.
 * When permission ends, packets captured before the end and those arriving within `grace_us` after
 * it are no violation but their last arrival is `last_forbidden_us` in the report; nor are those
 * that came at most `grace_us` before it begins, since the platform decides before it tells. */
void media_sink_allow(struct media_sink *sink, uint32_t sender, bool allowed, int64_t at_us,
                      int64_t grace_us);
/* The sender's counters when permission began and ended, so that expected = to - from: numbers of
 * media_source_video_number and _audio_number. `video_to`/`audio_to` are exclusive. The time is
 * that of the last (coming) media_sink_allow; number_ledger.h says what is forgiven at both ends.
 */
void media_sink_expect_from(struct media_sink *sink, uint32_t sender, uint32_t video_number,
                            uint32_t audio_number);
void media_sink_expect_to(struct media_sink *sink, uint32_t sender, uint32_t video_number,
                          uint32_t audio_number);
/* From `at_us` on the platform declares that it withholds `sender`'s picture from this receiver,
 * whose path does not carry it (or that it shows it again): what is missing meanwhile is neither
 * lost nor a freeze, and its time, as far as the sender may be received, is
 * METRIC_VIDEO_WITHHELD_US. `video_number` as for media_sink_expect_to and _from. */
void media_sink_withhold(struct media_sink *sink, uint32_t sender, bool withheld,
                         uint32_t video_number, int64_t at_us);
/* In a call too large for everybody to receive everybody: from `at_us` on the platform's choice for
 * this receiver does (not) hold `sender`'s video or audio. Then only what is chosen is expected (do
 * not call media_sink_expect_from), from `number` on or up to it; who must not be received is a
 * matter of media_sink_allow all the time. on_first tells the first key frame, or the first audio
 * packet, of each choice. */
void media_sink_choose(struct media_sink *sink, uint32_t sender, enum sdp_kind kind, bool chosen,
                       uint32_t number, int64_t at_us);
/* The slot `track` is fed by another sender now (or by nobody: 0): playout state starts anew.
 * Stamps say so too; this tells it in time where nothing comes any more. */
void media_sink_slot(struct media_sink *sink, size_t track, uint32_t sender);

/* Ask for a key frame of `sender` on the track it comes on (on_want_key_frame); on_first tells
 * MEDIA_FIRST_REFRESH once a decodable one begins to come after `at_us`. False: no video
 * of this sender comes, or it is not permitted. */
bool media_sink_ask_key_frame(struct media_sink *sink, uint32_t sender, int64_t at_us);

/* From `at_us` on media without stamps is (not) expected here: a foreign sender, one whom somebody
 * else plays, is in the same call. It is counted apart and judged by nobody; with `grace_us` at
 * both ends as for media_sink_allow. Stamped media is judged as ever. */
void media_sink_expect_foreign(struct media_sink *sink, bool expected, int64_t at_us,
                               int64_t grace_us);

void media_sink_packet(struct media_sink *sink, const struct endpoint_media *media);
/* Once a second: fps windows, skew, jitter samples, what has waited too long. */
void media_sink_second(struct media_sink *sink, int64_t now_us);
/* What the probes found in media of a sink (the `user` of the results). What comes after the sink
 * has closed (NULL) is measured all the same. */
void media_sink_probed_video(struct metrics *metrics, const struct probe_video_result *result);
void media_sink_probed_audio(struct metrics *metrics, const struct probe_audio_result *result);

/* What came from one sender. */
struct media_received {
    uint32_t sender;
    bool allowed;
    uint64_t audio_packets, video_packets, frames, key_frames, forbidden_packets;
    uint64_t frames_expected, frames_lost, frames_thinned, audio_expected, audio_lost;
    uint32_t freeze_count;
    int64_t freeze_us;
    int64_t last_forbidden_us; /* arrival of the last packet after permission ended; 0: none */
    int64_t longest_gap_us;    /* between two frames of this sender while permitted */
};
/* The n-th known sender; false when there is none. */
bool media_sink_received(const struct media_sink *sink, size_t n, struct media_received *ret);
bool media_sink_from(const struct media_sink *sink, uint32_t sender, struct media_received *ret);
/* What came without stamps while that was expected; frames are complete ones. */
struct media_foreign {
    uint64_t audio_packets, video_packets, frames;
};
void media_sink_foreign(const struct media_sink *sink, struct media_foreign *ret);
/* Media packets that belong to no stamped frame: audio without a stamp, frames without one, and
 * what came of frames whose last packet never did. */
uint64_t media_sink_unattributed(const struct media_sink *sink);
/* Record what is counted per sender (expected, lost, freezes, …) into the metrics. Once, at the
 * end.
 */
void media_sink_finish(struct media_sink *sink, int64_t now_us);

#endif
