/* Which packets of a source pass to one slot so that a decoder never notices: from one encoding to
 * another at a key frame, down in temporal layers at any frame, up at a synchronisation point
 * (RFC 7741 §4.2, Y). A frame passes whole or not at all, even where parts of it were lost on their
 * way here and come later. Pure: what is to be shown is decided in layer_choice. */
#ifndef CASELOAD_LAYER_FILTER_H
#define CASELOAD_LAYER_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reference-server/media/forward/layer.h"

#define LAYER_FRAMES_MAX 32 /* whose packets may still be repaired: a second or two */

struct layer_frame {
    uint32_t timestamp;
    bool passes;
};

struct layer_filter {
    uint8_t showing;  /* the encoding that flows; LAYER_NONE: waits for a key frame */
    uint8_t temporal; /* highest layer of it that passes */
    struct layer_pick wanted;
    uint32_t newest; /* timestamp */
    size_t frame_at, frame_count;
    struct layer_frame frames[LAYER_FRAMES_MAX]; /* of the encoding that flows; a ring */
};

struct layer_packet {
    uint8_t encoding, temporal;
    bool sync; /* Y */
    bool starts_frame, starts_key_frame;
    bool repaired; /* what came after it has been decided on already */
    uint32_t timestamp;
};

enum layer_verdict {
    LAYER_PASS,
    LAYER_SWITCH, /* passes as the first of another encoding, or after waiting */
    LAYER_WAITS,  /* of the encoding that is waited for; no key frame */
    LAYER_THIN,   /* of the encoding that flows, left out on purpose */
    LAYER_OTHER,  /* of an encoding that is not shown */
};

/* Takes the first key frame it gets. */
void layer_filter_init(struct layer_filter *filter);
/* Nothing flows any more: a key frame must come first. */
void layer_filter_restart(struct layer_filter *filter);
enum layer_verdict layer_filter_packet(struct layer_filter *filter,
                                       const struct layer_packet *packet);
/* The encoding of which a key frame is needed, LAYER_ANY when any will do, LAYER_NONE: none. */
uint8_t layer_filter_awaited(const struct layer_filter *filter);

#endif
