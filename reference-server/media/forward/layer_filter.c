#include "reference-server/media/forward/layer_filter.h"

void layer_filter_init(struct layer_filter *filter)
{
    *filter = (struct layer_filter){
        .showing = LAYER_NONE,
        .wanted = {LAYER_ANY, LAYER_TEMPORALS_MAX - 1},
    };
}

void layer_filter_restart(struct layer_filter *filter)
{
    filter->showing = LAYER_NONE;
}

static bool is_wanted(const struct layer_filter *filter, uint8_t encoding)
{
    return filter->wanted.encoding == encoding || filter->wanted.encoding == LAYER_ANY;
}

uint8_t layer_filter_awaited(const struct layer_filter *filter)
{
    if (filter->showing == LAYER_NONE)
        return filter->wanted.encoding;
    return is_wanted(filter, filter->showing) ? LAYER_NONE : filter->wanted.encoding;
}

/* While another encoding is waited for, this one shows no more than it does already. */
static uint8_t temporal_limit(const struct layer_filter *filter)
{
    if (is_wanted(filter, filter->showing))
        return filter->wanted.temporal;
    return filter->temporal < filter->wanted.temporal ? filter->temporal : filter->wanted.temporal;
}

/* Layers change between frames. One step up at a time: a synchronisation point of a layer builds on
 * the lowest alone. */
static void adjust_temporal(struct layer_filter *filter, const struct layer_packet *packet)
{
    uint8_t limit = temporal_limit(filter);

    if (packet->starts_key_frame)
        filter->temporal = limit;
    if (!packet->starts_frame)
        return;
    if (filter->temporal > limit)
        filter->temporal = limit;
    else if (filter->temporal < limit && packet->sync && packet->temporal == filter->temporal + 1)
        filter->temporal++;
}

/* ---- frames ---- */

static const struct layer_frame *find_frame(const struct layer_filter *filter, uint32_t timestamp)
{
    for (size_t i = 0; i < filter->frame_count; i++)
        if (filter->frames[i].timestamp == timestamp)
            return &filter->frames[i];
    return NULL;
}

static bool keep_frame(struct layer_filter *filter, uint32_t timestamp, bool passes)
{
    filter->frames[filter->frame_at] = (struct layer_frame){timestamp, passes};
    filter->frame_at = (filter->frame_at + 1) % LAYER_FRAMES_MAX;
    if (filter->frame_count < LAYER_FRAMES_MAX)
        filter->frame_count++;
    return passes;
}

/* The first packet seen of a frame decides for all of it; one of an older frame changes nothing for
 * those that come now. */
static bool decide_frame(struct layer_filter *filter, const struct layer_packet *packet)
{
    bool begins = packet->starts_key_frame && !packet->repaired; /* perhaps on another axis */

    if (begins || (int32_t)(packet->timestamp - filter->newest) > 0) {
        adjust_temporal(filter, packet);
        filter->newest = packet->timestamp;
    }
    return keep_frame(filter, packet->timestamp, packet->temporal <= filter->temporal);
}

static enum layer_verdict begin(struct layer_filter *filter, const struct layer_packet *packet)
{
    filter->showing = packet->encoding;
    filter->temporal = filter->wanted.temporal;
    filter->newest = packet->timestamp;
    filter->frame_count = filter->frame_at = 0;
    keep_frame(filter, packet->timestamp, true);
    return LAYER_SWITCH;
}

enum layer_verdict layer_filter_packet(struct layer_filter *filter,
                                       const struct layer_packet *packet)
{
    const struct layer_frame *frame;

    if (packet->encoding != filter->showing) {
        if (filter->showing != LAYER_NONE && filter->wanted.encoding == LAYER_ANY)
            return LAYER_OTHER;
        if (!is_wanted(filter, packet->encoding))
            return LAYER_OTHER;
        /* Of a key frame whose beginning had been lost the rest was refused: another one is due. */
        return packet->starts_key_frame && !packet->repaired ? begin(filter, packet) : LAYER_WAITS;
    }
    frame = find_frame(filter, packet->timestamp);
    return (frame ? frame->passes : decide_frame(filter, packet)) ? LAYER_PASS : LAYER_THIN;
}
