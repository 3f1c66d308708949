/* Decoding for the sampled share of receivers: a helper thread behind a bounded queue decodes whole
 * frames and Opus packets, compares pictures with their exact source and reads the visible and the
 * audible mark as witnesses of the stamps. All functions belong to the shard's thread. */
#ifndef CASELOAD_PROBE_H
#define CASELOAD_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "engine/media/clip.h"

#define PROBE_CLIPS_MAX 16
#define PROBE_STREAMS_MAX 4096
/* How far stamp and witness may be apart (one frame, 5 ms). */
#define PROBE_VIDEO_AGREE_FRAMES 1
#define PROBE_AUDIO_AGREE_US 5000

struct probe_pool;
struct probe_stream; /* what one receiver gets from one sender, video or audio */

struct probe_settings {
    size_t queue_length;    /* frames and packets waiting; 0: 512 */
    size_t queue_bytes_max; /* 0: 16 MiB */
    size_t result_length;   /* results waiting for probe_pool_drain; 0: 2048 */
    unsigned quality_every; /* PSNR and SSIM of every n-th decoded frame; 0: 1 */
    bool audio_marked;      /* of the audio clip: chirps are expected in what is received */
    /* Of the audio clip's settings. Without DTX a chirp's place follows from the packets' numbers
     * (clip.h). With DTX packets are left out and numbers say nothing: places follow from capture
     * times, and each stream's first chirp is taken for right. */
    bool audio_dtx;
    size_t audio_delay_samples; /* of the audio clip */
    int64_t (*now_us)(void);    /* NULL: clock_monotonic_us; called on the helper thread */
};

MUST_CHECK enum status probe_pool_create(const struct probe_settings *settings,
                                         struct probe_pool **ret_pool);
/* What is still queued is thrown away. Streams that are still open end here too. */
void probe_pool_destroy(struct probe_pool *pool);
/* Frames whose stamp says `clip->stream` are compared with this clip. It must outlive the pool.
 * FULL; EXISTS: that stream number is taken by another clip. Before the first stream is opened. */
MUST_CHECK enum status probe_pool_add_clip(struct probe_pool *pool, const struct video_clip *clip);

struct probe_stream_settings {
    uint32_t receiver, sender;
    unsigned tag;          /* these two come back in results; never touched */
    void *user;            /* NULL in results once the stream is closed */
    const char *save_path; /* .ivf (video) or .wav (audio) to write what was received, copied;
                            * NULL: do not save */
};
MUST_CHECK enum status probe_open_video(struct probe_pool *pool,
                                        const struct probe_stream_settings *settings,
                                        struct probe_stream **ret_stream);
MUST_CHECK enum status probe_open_audio(struct probe_pool *pool,
                                        const struct probe_stream_settings *settings,
                                        struct probe_stream **ret_stream);
/* What was submitted before is still processed (files are completed, results come), but its `user`
 * is not mentioned any more. NULL is allowed. */
void probe_close(struct probe_pool *pool, struct probe_stream *stream);

struct probe_video_frame {
    const uint8_t *data; /* the whole frame without its stamp; copied */
    size_t size;
    bool key_frame;
    uint8_t stream; /* these three from the stamp */
    uint16_t source_frame;
    uint32_t number;
    uint32_t thinned; /* numbers before it that were left out and that it does not build on */
    int64_t capture_us, arrival_us;
};
struct probe_audio_packet {
    const uint8_t *data; /* copied; may still carry its stamp as padding */
    size_t size;
    uint32_t number; /* from the stamp */
    int64_t capture_us, arrival_us;
};
/* Frames in decoding order. A frame that does not follow the one before (by number) is not decoded
 * until the next key frame comes. False: refused (counted); the stream then goes on at the next
 * key frame. */
bool probe_submit_video(struct probe_pool *pool, struct probe_stream *stream,
                        const struct probe_video_frame *frame);
/* Packets as they are played: by rising number; older ones are counted as late and not decoded. */
bool probe_submit_audio(struct probe_pool *pool, struct probe_stream *stream,
                        const struct probe_audio_packet *packet);

enum probe_video_outcome {
    PROBE_DECODED,
    PROBE_HIDDEN,      /* decoded, but a frame that shows nothing */
    PROBE_UNDECODABLE, /* the decoder refused it, or found it damaged */
    PROBE_AWAITS_KEY,  /* not decoded: a frame before it is missing */
};

struct probe_video_result {
    uint32_t receiver, sender;
    unsigned tag;
    void *user;
    enum probe_video_outcome outcome;
    uint8_t stream; /* the stamp's fields as submitted */
    uint16_t source_frame;
    uint32_t number;
    bool key_frame;
    int64_t capture_us, arrival_us;
    /* When PROBE_DECODED: */
    int64_t decoded_us; /* when the picture was there */
    int64_t decode_us;  /* how long the decoder took */
    uint16_t width, height;
    uint8_t quantizer;  /* 0 to 127 */
    bool compared;      /* the next three hold: the clip is known and sizes are equal */
    double psnr_db;     /* luma; PSNR_DB_MAX (quality.h) when identical */
    double psnr_all_db; /* all planes together, as ffmpeg's psnr_avg */
    double ssim;        /* luma */
    bool marked;        /* the clip carries the block strip: the next fields are meant */
    bool mark_ok;       /* the strip could be read */
    uint16_t mark_frame;
    uint8_t mark_stream;
    int32_t difference_frames; /* strip minus stamp, the short way around; when mark_ok */
    bool agrees;               /* mark_ok, same stream, at most PROBE_VIDEO_AGREE_FRAMES apart */
};

/* One per chirp that was heard or, where all its packets came, not heard. */
struct probe_audio_result {
    uint32_t receiver, sender;
    unsigned tag;
    void *user;
    bool heard;
    uint32_t number; /* packet in which the chirp's first sample lies (should lie) */
    /* The stamp's capture time of the chirp's first sample, and the arrival of its packet. */
    int64_t capture_us, arrival_us;
    int64_t decoded_us;
    /* When heard: where the chirp is minus where the stamps say it must be. */
    int32_t difference_us;
    bool agrees;       /* heard and at most PROBE_AUDIO_AGREE_US apart */
    double match;      /* of the matched filter, 0 to 1 */
    double level_dbov; /* of the audio since the last result, <= 0 */
};

struct probe_handlers {
    void (*on_video)(void *arg, const struct probe_video_result *result);
    void (*on_audio)(void *arg, const struct probe_audio_result *result);
    void *arg;
};
/* Deliver what is finished; call it every 10 to 100 ms. Returns the number of results. */
size_t probe_pool_drain(struct probe_pool *pool, const struct probe_handlers *handlers);
/* Refuse everything from now on, finish what is queued, end the thread. Blocks; drain afterwards.
 */
void probe_pool_stop(struct probe_pool *pool);

struct probe_stats {
    uint64_t submitted, refused; /* frames and packets taken and not taken */
    uint64_t skipped;            /* video frames not taken between a refusal and a key frame */
    uint64_t late_packets;       /* audio that came too late to be decoded */
    uint64_t concealed_packets, recovered_packets; /* made up, and rebuilt from redundancy */
    uint64_t bad_packets;                          /* audio the decoder refused */
    uint64_t results_lost;                         /* nobody drained in time */
    uint64_t save_failures;                        /* files that could not be written */
};
void probe_pool_stats(const struct probe_pool *pool, struct probe_stats *ret_stats);

#endif
