#include "engine/media/sink_layers.h"

/* Frames of higher layers between two of layers up to `temporal`, in a pattern that doubles the
 * frame rate with each layer. */
static uint32_t frames_between(uint8_t temporal_layers, uint8_t temporal)
{
    return temporal < temporal_layers ? (1U << (temporal_layers - 1U - temporal)) - 1 : 0;
}

static bool is_explained(const struct assembled_frame *frame, const struct stamp *stamp,
                         uint32_t missing, uint8_t temporal_layers, bool simulcast)
{
    if (!frame->follows)
        return false;
    return (simulcast && frame->key_frame) ||
           missing <= frames_between(temporal_layers, stamp->temporal);
}

struct layer_gap sink_layers_frame(struct sink_layers *layers, const struct assembled_frame *frame,
                                   const struct stamp *stamp, uint8_t temporal_layers,
                                   bool simulcast)
{
    struct layer_gap gap = {0};

    layers->misnumbered += frame->misnumbered;
    if (layers->any && stamp->number > layers->number) {
        uint32_t missing = stamp->number - layers->number - 1;
        if (is_explained(frame, stamp, missing, temporal_layers, simulcast))
            gap.thinned = missing;
    }
    gap.switched = layers->any && stamp->spatial != layers->spatial;
    layers->thinned += gap.thinned;
    layers->switches += gap.switched;
    layers->any = true;
    layers->number = stamp->number;
    layers->spatial = stamp->spatial;
    return gap;
}

void sink_layers_break(struct sink_layers *layers)
{
    layers->any = false;
}
