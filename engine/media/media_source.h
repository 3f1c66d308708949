/* What one participant says and shows: walks the shared clips, stamps every frame and packet, cuts
 * frames into RTP payloads and sends them paced by the shard's timer wheel. */
#ifndef CASELOAD_MEDIA_SOURCE_H
#define CASELOAD_MEDIA_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/base/timer_wheel.h"
#include "common/webrtc/endpoint.h"
#include "engine/media/clip.h"
#include "engine/measure/metrics.h"

struct media_source;

struct media_source_config {
    struct timer_wheel *wheel;       /* borrowed, like all pointers here */
    struct endpoint *endpoint;
    struct metrics *metrics;
    unsigned role_tag;               /* metrics tag of the sender's role */
    const struct video_clip *video;  /* NULL: no video */
    const struct audio_clip *audio;  /* NULL: no audio */
    size_t video_track, audio_track; /* tracks of the endpoint that send */
    uint32_t run, sender;            /* for the stamps */
    uint64_t seed;                   /* start position in the clips and phase of the clock */
    bool burst;                      /* send a frame's packets at once instead of paced */
};

/* NULL: no memory. */
struct media_source *media_source_create(const struct media_source_config *config);
void media_source_destroy(struct media_source *source);
/* Send from now on (capture times on the source's own regular grid); video begins with a key
 * frame. Starting what runs already does nothing. Frame numbers go on without gaps. */
void media_source_start(struct media_source *source, bool audio, bool video, int64_t now_us);
void media_source_stop(struct media_source *source);
/* Answer a PLI or FIR: the next frame is a stored key frame. */
void media_source_key_frame(struct media_source *source);
/* Next frame and packet number that will be sent: "how many until now". */
uint32_t media_source_video_number(const struct media_source *source);
uint32_t media_source_audio_number(const struct media_source *source);
uint64_t media_source_packets(const struct media_source *source);

#endif
