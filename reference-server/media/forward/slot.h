/* The numbers one slot of a receiver puts on the wire: sequence, timestamp, PictureID and TL0PICIDX
 * run on without a break whichever participant feeds the slot. Pure: no packets, no sockets; the
 * outlet applies what is decided here. */
#ifndef CASELOAD_SLOT_H
#define CASELOAD_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/webrtc/codec/vp8_payload.h"
#include "reference-server/media/forward/gap_list.h"

#define SLOT_REORDER_MAX 512 /* later than this many packets: dropped (SRTP remembers 1024) */

/* How a source's PictureID maps onto ours. */
struct slot_picture {
    bool anchored, wide; /* wide: the source writes 15 bits, else 7 */
    int64_t last_in;     /* unwrapped: newest seen, … */
    int64_t highest_in;  /* … and newest forwarded */
    int64_t shift;
    struct gap_list left_out; /* whole frames */
};

struct slot {
    bool video;
    uint32_t clock_hz;
    bool synced;    /* the present source flows; false: it starts at its next key frame */
    uint32_t epoch; /* of the source's stream that flows */
    /* Newest numbers sent; before the first packet: the ones in front of it. */
    bool started;
    int64_t last_sequence;
    uint32_t last_timestamp;
    int64_t last_arrival_us;
    uint16_t last_picture_id;
    uint8_t last_tl0_pic_idx;
    /* From the source's numbers to ours. */
    int64_t highest_in; /* newest forwarded */
    int64_t sequence_shift;
    uint32_t timestamp_shift;
    bool has_axis; /* timestamp_shift is already that of what begins next */
    struct slot_picture picture;
    bool tl0_anchored;
    uint8_t tl0_shift;
    struct gap_list left_out; /* packets */
};

/* One packet of the source. */
struct slot_packet {
    int64_t sequence; /* unwrapped, within `epoch` */
    uint32_t timestamp;
    uint32_t epoch; /* changes when the source's numbering starts anew */
    bool starts_key_frame;
    const struct vp8_descriptor *vp8; /* NULL: audio */
    int64_t arrival_us;
};

/* The same packet in the slot's numbers. */
struct slot_numbers {
    uint16_t sequence;
    uint32_t timestamp;
    uint16_t picture_id; /* 15 bits; meaningless when the packet has none */
    uint8_t tl0_pic_idx; /* likewise */
    bool switched;       /* first packet of another source or of a new start */
};

enum slot_verdict {
    SLOT_FORWARD,
    SLOT_WAITS_FOR_KEY_FRAME,
    SLOT_LATE, /* from before the switch, left out earlier, or too old */
};

/* `sequence`, `timestamp`, `picture_id`: where to begin (random numbers). */
void slot_init(struct slot *slot, bool video, uint32_t clock_hz, uint16_t sequence,
               uint32_t timestamp, uint16_t picture_id);
/* Another source, or none: what comes next waits for a key frame (audio: starts at once). */
void slot_restart(struct slot *slot);
enum slot_verdict slot_rewrite(struct slot *slot, const struct slot_packet *packet,
                               struct slot_numbers *ret_numbers);
/* The same source goes on in another encoding, whose timestamps are `timestamp_step` further than
 * those of the one before in the same instant: what comes next waits for a key frame. */
void slot_change(struct slot *slot, uint32_t timestamp_step);
/* A packet that is not forwarded on purpose (its layer is not shown, or it has no payload) closes
 * the gap it would leave, and a frame that of its PictureID. False: later ones have gone out
 * already, and somebody waits for `ret_hole`. */
bool slot_skip(struct slot *slot, const struct slot_packet *packet, struct slot_numbers *ret_hole);

#endif
