/* Media encoded once and shared, read-only, by all participants of a shard: a loop of VP8 frames
 * and a loop of Opus packets, synthetic or from a user's file. Media sources walk them; probes get
 * the exact source picture of a frame from clip_source. */
#ifndef CASELOAD_CLIP_H
#define CASELOAD_CLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/webrtc/codec/i420.h"

#define CLIP_LOOP_S 20        /* length of synthetic loops and of what is encoded from files */
#define CLIP_GOP_S 5          /* a key frame every so often in what we encode */
#define CLIP_FRAMES_MAX 65536 /* a stamp's source frame has 16 bits */
#define CLIP_PACKETS_PER_S 50
#define CLIP_ENCODINGS_MAX 3 /* of simulcast */

struct clip_settings {
    uint16_t width, height;     /* synthetic video: both even, 256×144 to 1920×1080 */
    uint16_t fps;               /* synthetic video: 5 to 60, a multiple of 5 */
    uint32_t video_bitrate_bps; /* what we encode: synthetic and .y4m */
    uint8_t stream;             /* in the pictures' block strip and in the frames' stamps */
    bool temporal;              /* synthetic video in three temporal layers (vp8_codec.h) */
    uint8_t encodings;          /* synthetic video: so many sizes at once; 0 and 1: one */
    uint8_t spatial;            /* in the stamps: 0 is the smallest encoding */
    uint32_t audio_bitrate_bps; /* what we encode: synthetic and .wav */
    bool audio_dtx, audio_fec;
    uint32_t seed;          /* variant of face and voice */
    const char *video_path; /* .ivf .webm .y4m; NULL: synthetic picture */
    const char *audio_path; /* .opus .webm .wav; NULL: synthetic speech */
};

/* 640×360 at 15 frames/s and 500 kbit/s, Opus 32 kbit/s. */
struct clip_settings clip_settings_default(void);

/* The n-th encoding of `settings`, 0 is the largest: each has half the sides of the one before, and
 * its stream number is one higher. The smaller ones get a third and a tenth of the bitrate, as
 * browsers share it. */
struct clip_settings clip_settings_encoding(const struct clip_settings *settings, unsigned n);
/* How many encodings a picture of this size can have: none is smaller than what clips can mark. */
unsigned clip_encodings_possible(uint16_t width, uint16_t height);

/* Which of the two paths of the settings a file belongs to, by the ending of its name. A .webm has
 * video and may have audio. */
struct clip_file_parts {
    bool video, audio;
};
bool clip_file_parts(const char *path, struct clip_file_parts *ret_parts);

struct clip_frame {
    const uint8_t *data; /* owned by the clip */
    uint32_t size;       /* > 0 */
    bool key_frame;
    uint8_t temporal;               /* its temporal layer */
    bool layer_sync, non_reference; /* RFC 7741 §4.2 Y and N */
    int64_t at_us; /* when it is due, from the start of the loop; never decreasing */
};

struct video_clip {
    uint16_t width, height;
    double fps;                /* average */
    struct clip_frame *frames; /* owned; the first is a key frame */
    size_t frame_count;        /* 1 to CLIP_FRAMES_MAX; frame i shows source frame i */
    int64_t loop_us;           /* frame 0 is due again after this */
    uint8_t stream, spatial;
    uint8_t temporal_layers; /* 1 or more */
    bool marked;             /* its pictures carry the block strip (picture_mark.h) */

    /* What came out. */
    uint32_t bitrate_asked_bps; /* 0: used as it is in the file */
    uint32_t bitrate_bps;
    uint32_t frame_size_max;
    uint32_t key_frame_size_mean, frame_size_mean; /* bytes */
    int64_t encode_us;                             /* wall time that making it took */
    size_t frames_left_out;                        /* of the file: beyond a limit, or empty */

    struct clip_video_origin *origin; /* private: where clip_source gets its pictures */
};

struct clip_packet {
    const uint8_t *data; /* owned by the clip */
    uint16_t size;
    bool send;     /* false: silence under DTX, send nothing for this frame */
    uint8_t level; /* RFC 6464: 0 (loudest) to 127 (silence), in -dBov */
    bool voice;    /* RFC 6464 V */
};

/* Packet i is due at i × 20 ms. A media source starts at a whole second of the loop, so that
 * packet number modulo CLIP_PACKETS_PER_S tells where in its second a packet lies; for lip sync it
 * starts video at the same second of the video's loop. */
struct audio_clip {
    struct clip_packet *packets; /* owned */
    size_t packet_count;         /* a multiple of CLIP_PACKETS_PER_S for what we encode */
    /* What somebody sends who listens: a second of silence at the level of silence, with the chirp
     * when the clip has it. Packet i stands for those i whole seconds on. Owned. */
    struct clip_packet *quiet;
    bool marked;          /* carries the chirp once per second (sound_mark.h) */
    size_t delay_samples; /* by which decoded audio lags (48 kHz); 0 for files as they are */

    uint32_t bitrate_asked_bps; /* 0: used as it is in the file */
    uint32_t bitrate_bps;       /* average of what is sent, codec payload only */
    int64_t encode_us;
    size_t packets_left_out;

    uint8_t *bytes, *quiet_bytes; /* private: all packets */
};

/* Messages of `failure` name the file and the reason. */
MUST_CHECK enum status video_clip_create(const struct clip_settings *settings,
                                         struct video_clip **ret_clip, struct failure *failure);
void video_clip_destroy(struct video_clip *clip);
MUST_CHECK enum status audio_clip_create(const struct clip_settings *settings,
                                         struct audio_clip **ret_clip, struct failure *failure);
void audio_clip_destroy(struct audio_clip *clip);

/* The first key frame at or after `index`, around the end of the loop: where a PLI jumps to. */
size_t video_clip_next_key_frame(const struct video_clip *clip, size_t index);
/* Key frame `number` of the loop, counted from 0 and on around its end. */
size_t video_clip_nth_key_frame(const struct video_clip *clip, uint64_t number);
/* The last frame due at or before `at_us` of the loop (at_us in [0, loop_us)). */
size_t video_clip_frame_at(const struct video_clip *clip, int64_t at_us);

/* Where the clip has most speech in the second to come: `position`, or some whole seconds further
 * around the loop, so that a packet keeps its place in its second. `position` as it is when the
 * clip is not of whole seconds. */
size_t audio_clip_speech_from(const struct audio_clip *clip, size_t position);

/* The exact pictures that were encoded. For a file used as it is: what its frames decode to. One
 * thread per source; the clip outlives it. Ask for frames in rising order where you can: files are
 * decoded on from the last frame asked for, or from the key frame before. */
struct clip_source;
MUST_CHECK enum status clip_source_create(const struct video_clip *clip,
                                          struct clip_source **ret_source);
void clip_source_destroy(struct clip_source *source);
/* The picture is a view, valid until the next call. NOT_FOUND: no such frame, or one that shows
 * nothing. */
MUST_CHECK enum status clip_source_picture(struct clip_source *source, size_t frame,
                                           const struct i420 **ret_picture);

#endif
