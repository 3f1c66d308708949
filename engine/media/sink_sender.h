/* What a media sink keeps of one sender: permission, numbers, freezes, rates, first events. Used by
 * media_sink.c only; knows no tracks and no packets. */
#ifndef CASELOAD_SINK_SENDER_H
#define CASELOAD_SINK_SENDER_H

#include "engine/media/audio_playout.h"
#include "engine/media/frame_rate.h"
#include "engine/media/freeze_detector.h"
#include "engine/media/media_sink.h"
#include "engine/media/number_ledger.h"
#include "engine/media/permission.h"
#include "engine/media/sink_layers.h"

struct probe_stream;

/* Mean latency of the current second, for lip sync. */
struct latency_mean {
    int64_t sum_us;
    uint32_t count;
};

#define SINK_SENDER_TOTALS 16 /* that are recorded as sums */

struct sink_sender {
    uint32_t id;
    struct permission permission;
    struct number_ledger video, audio;
    bool has_from, has_to; /* numbers told before the permission they belong to */
    uint32_t video_from, audio_from, video_to, audio_to;
    bool withheld; /* its picture, declared; the next two are of that */
    int64_t withheld_since_us;
    uint64_t withheld_us; /* of times that are over */
    struct freeze_detector freezes;
    bool has_shown; /* the next two are of the last frame shown */
    uint32_t shown_number;
    int64_t shown_capture_us;
    struct frame_rate rate;
    struct sink_layers layers;
    uint64_t audio_packets, video_packets, frames, key_frames;
    uint64_t samples, samples_concealed, concealment_events; /* of playouts that have ended */
    struct latency_mean video_latency, audio_latency;
    int64_t first_us[MEDIA_FIRST_COUNT]; /* 0: not yet */
    bool told[MEDIA_FIRST_COUNT];
    int64_t key_frame_us, audio_us; /* arrival of the last one */
    int64_t choice_ended_us;        /* last end of a choice of its video; 0: none */
    bool choice_cut_explained;      /* the one frame that it cut in the middle has been seen */
    int64_t asked_us; /* a key frame that begins to come after this is awaited; 0: none */
    struct probe_stream *video_probe, *audio_probe; /* owned; NULL: none */
    uint64_t recorded[SINK_SENDER_TOTALS];          /* of its totals, what is in the metrics */
    bool recorded_video, recorded_audio;            /* zeros included */
};

void sink_sender_allow(struct sink_sender *sender, bool allowed, int64_t at_us, int64_t grace_us);
void sink_sender_expect_from(struct sink_sender *sender, uint32_t video, uint32_t audio);
void sink_sender_expect_to(struct sink_sender *sender, uint32_t video, uint32_t audio);
/* The platform says that it withholds (or no longer withholds) this sender's picture. `video`: the
 * sender's next number. */
void sink_sender_withhold(struct sink_sender *sender, bool withheld, uint32_t video, int64_t at_us);
/* The platform's choice in a large call (media_sink_choose). */
void sink_sender_choose_video(struct sink_sender *sender, bool chosen, uint32_t number,
                              int64_t at_us);
void sink_sender_choose_audio(struct sink_sender *sender, bool chosen, uint32_t number,
                              int64_t at_us);
/* Something came for the first time since permission (or just before it). */
void sink_sender_note_first(struct sink_sender *sender, enum media_first what, int64_t at_us);
/* The next first event to be told; false: none. */
bool sink_sender_tell_first(struct sink_sender *sender, enum media_first *ret_what,
                            int64_t *ret_at_us);
/* The video ends or is interrupted on purpose. */
void sink_sender_break_video(struct sink_sender *sender);
/* A frame could be shown. An interval that the sender itself made (consecutive numbers, far apart
 * in capture time) is no freeze of the platform's. */
void sink_sender_show(struct sink_sender *sender, uint32_t number, int64_t capture_us,
                      int64_t shown_us);
/* Take over what a playout counted, and zero its counters. */
void sink_sender_take_playout(struct sink_sender *sender, struct audio_playout *playout);
/* A second is over: frame rates and lip sync into the metrics. */
void sink_sender_second(struct sink_sender *sender, struct metrics *metrics, unsigned tag,
                        int64_t now_us);
void sink_sender_report(const struct sink_sender *sender, struct media_received *ret_received);
/* Everything that is counted per sender into the metrics, as far as it is not there yet: every
 * second, so that what the metrics gain in a time is what happened in it. */
void sink_sender_record(struct sink_sender *sender, struct metrics *metrics, unsigned tag);

#endif
