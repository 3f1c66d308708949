/* Which frames of one sender a forwarder left out on purpose, by what the stamps say: gaps in the
 * numbers that are none in the sequence numbers, where layers allow it. Pure. Used by media sinks.
 */
#ifndef CASELOAD_SINK_LAYERS_H
#define CASELOAD_SINK_LAYERS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/media/frame_assembler.h"
#include "engine/media/stamp.h"

/* Zeroed memory has seen no frame. */
struct sink_layers {
    bool any;
    uint32_t number; /* of the last decodable frame */
    uint8_t spatial;
    uint64_t thinned, switches, misnumbered;
};

struct layer_gap {
    uint32_t thinned; /* frames left out before this one; part of sink_layers.thinned */
    bool switched;    /* another encoding than before */
};

/* A decodable frame. Missing numbers before it count as thinned when the frame follows on the wire
 * and is of a layer between whose frames so many of higher layers may lie (of L1T3: three before a
 * frame of layer 0, one before one of layer 1), or with simulcast when it is a key frame: a change
 * of encoding, or the end of a pause. All others are lost, whatever the sequence numbers say. */
struct layer_gap sink_layers_frame(struct sink_layers *layers, const struct assembled_frame *frame,
                                   const struct stamp *stamp, uint8_t temporal_layers,
                                   bool simulcast);
/* The video ends or is interrupted on purpose: what comes next has nothing before it. */
void sink_layers_break(struct sink_layers *layers);

#endif
