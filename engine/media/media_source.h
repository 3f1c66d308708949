/* What one participant says and shows: walks the shared clips, stamps every frame and packet, cuts
 * frames into RTP payloads and sends them paced by the shard's timer wheel. */
#ifndef CASELOAD_MEDIA_SOURCE_H
#define CASELOAD_MEDIA_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/base/timer_wheel.h"
#include "common/webrtc/endpoint.h"
#include "engine/measure/metrics.h"
#include "engine/media/clip.h"

/* After a stall at most so many late frames (packets of 20 ms) are caught up with, one per turn of
 * the wheel; the others are left out and counted. */
#define SOURCE_LATE_FRAMES_MAX 2
#define SOURCE_LATE_PACKETS_MAX 5

struct media_source;

struct media_source_config {
    struct timer_wheel *wheel; /* borrowed, like all pointers here */
    struct endpoint *endpoint;
    struct metrics *metrics;
    unsigned role_tag;              /* metrics tag of the sender's role */
    const struct video_clip *video; /* NULL: no video */
    /* Smaller encodings of the same picture, sent beside it where the peer takes them; their frames
     * are due when those of `video` are. NULL: no more. */
    const struct video_clip *lower[CLIP_ENCODINGS_MAX - 1];
    const struct audio_clip *audio;  /* NULL: no audio */
    size_t video_track, audio_track; /* tracks of the endpoint that send */
    uint32_t run, sender;            /* for the stamps */
    uint64_t seed;                   /* start position in the clips and phase of the clock */
    bool burst;                      /* send a frame's packets at once instead of paced */
    int64_t (*now_us)(void);         /* what send slip is measured by; NULL: clock_monotonic_us */
};

/* NULL: no memory. */
struct media_source *media_source_create(const struct media_source_config *config);
void media_source_destroy(struct media_source *source);
/* Send exactly these from now on: what is true starts unless it runs already, what is false stops.
 * Capture times lie on the source's own regular grid; video begins with a key frame; frame numbers
 * go on without gaps. At the very first start audio and video begin at the same second of their
 * clips. */
void media_source_start(struct media_source *source, bool audio, bool video, int64_t now_us);
/* Whether the participant talks (at first it does) or listens: sends the clip's silence. Who begins
 * to talk does so where the clip has a voice. */
void media_source_talk(struct media_source *source, bool talks);
/* A frame that is half sent is completed first. */
void media_source_stop(struct media_source *source);
/* Answer a PLI or FIR: the next frame of this encoding (0: the largest) is a stored key frame. */
void media_source_key_frame(struct media_source *source, unsigned encoding);
/* Next frame and packet number that will be sent: "how many until now". Packet numbers do not count
 * silence that is not sent. */
uint32_t media_source_video_number(const struct media_source *source);
uint32_t media_source_audio_number(const struct media_source *source);

struct media_source_counts {
    uint64_t packets;          /* the endpoint took */
    uint64_t refused;          /* the endpoint did not take */
    uint64_t skipped;          /* frames and audio packets left out after stalls */
    uint64_t key_frames_asked; /* by media_source_key_frame */
};
void media_source_counts(const struct media_source *source, struct media_source_counts *ret_counts);

#endif
