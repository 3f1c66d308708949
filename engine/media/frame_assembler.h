/* VP8 frames from the RTP packets of one stream: complete ones in decoding order, each with what a
 * decoder could do with it, and those that never became complete. Bounded; pure. Used by media
 * sinks. It keeps no payload but the last bytes of a frame, unless asked to. */
#ifndef CASELOAD_FRAME_ASSEMBLER_H
#define CASELOAD_FRAME_ASSEMBLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/media/stamp.h"

#define ASSEMBLER_FRAMES_MAX 24   /* not delivered yet; the oldest go when a newer one comes */
#define ASSEMBLER_PACKETS_MAX 256 /* of one frame; larger frames are abandoned */
/* How long a hole may stay open, after the last retransmission that came for it, before a new key
 * frame is wanted; also how often it is wanted again. */
#define ASSEMBLER_WAIT_US 500000
/* After this long without a packet an incomplete frame is abandoned. */
#define ASSEMBLER_ABANDON_US 1500000

struct frame_assembler;

struct assembler_packet {
    int64_t sequence; /* unwrapped */
    uint32_t timestamp;
    bool marker;
    bool repaired;
    const uint8_t *payload; /* descriptor included */
    size_t size;            /* 0: padding only, no media */
    int64_t arrival_us;
};

struct assembled_frame {
    int64_t timestamp; /* unwrapped */
    int64_t sequence;  /* of its first packet that came */
    unsigned packets;  /* that came */
    size_t size;       /* bytes of its packets without descriptors */
    bool complete, key_frame, repaired;
    bool decodable; /* complete, and so was everything it builds on */
    /* It begins right behind the last frame that was delivered as decodable (or one that was cut
     * off there): between the two nothing is missing on the wire. */
    bool follows;
    /* It follows, but its PictureID does not: it must be one more (RFC 7741 §4.2). */
    bool misnumbered;
    /* Incomplete, and a key frame begins right behind what came of it: its rest was not sent. */
    bool cut;
    unsigned incomplete_before; /* older frames begun and not complete, when this one was */
    int64_t first_arrival_us, last_arrival_us;
    int64_t decodable_us; /* when it and what it builds on had come; if decodable */
    size_t tail_size;     /* 0: its last packet did not come, or is too short */
    uint8_t tail[STAMP_VIDEO_SIZE];
    const uint8_t *data; /* the whole frame, during the call; NULL when incomplete or not kept */
};

struct assembler_events {
    /* Every frame once: complete ones in decoding order, abandoned ones when given up. */
    void (*on_frame)(void *arg, const struct assembled_frame *frame);
    /* Nothing can be decoded until a key frame comes, and none is on its way. */
    void (*on_want_key_frame)(void *arg);
    void *arg;
};

struct assembler_counts {
    uint64_t duplicates; /* packets that were there already */
    uint64_t malformed;  /* payloads without a VP8 descriptor */
    uint64_t oversized;  /* packets of frames beyond a limit, or without memory */
};

/* NULL: no memory. With `keep_data` frames of up to `frame_size_max` bytes are kept whole. */
struct frame_assembler *frame_assembler_create(const struct assembler_events *events,
                                               bool keep_data, size_t frame_size_max);
void frame_assembler_destroy(struct frame_assembler *assembler);
void frame_assembler_packet(struct frame_assembler *assembler,
                            const struct assembler_packet *packet);
/* Give up what has waited too long; a packet's arrival does it too. */
void frame_assembler_time(struct frame_assembler *assembler, int64_t now_us);
/* Another stream begins: deliver what is there, then forget everything. */
void frame_assembler_reset(struct frame_assembler *assembler);
const struct assembler_counts *frame_assembler_counts(const struct frame_assembler *assembler);

#endif
