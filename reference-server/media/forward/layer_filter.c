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

    if (!packet->starts_frame)
        return;
    if (filter->temporal > limit)
        filter->temporal = limit;
    else if (filter->temporal < limit && packet->sync && packet->temporal == filter->temporal + 1)
        filter->temporal++;
}

static enum layer_verdict begin(struct layer_filter *filter, const struct layer_packet *packet)
{
    filter->showing = packet->encoding;
    filter->temporal = filter->wanted.temporal;
    return LAYER_SWITCH;
}

enum layer_verdict layer_filter_packet(struct layer_filter *filter,
                                       const struct layer_packet *packet)
{
    if (packet->encoding != filter->showing) {
        if (filter->showing != LAYER_NONE && filter->wanted.encoding == LAYER_ANY)
            return LAYER_OTHER;
        if (!is_wanted(filter, packet->encoding))
            return LAYER_OTHER;
        return packet->starts_key_frame ? begin(filter, packet) : LAYER_WAITS;
    }
    if (packet->starts_key_frame)
        filter->temporal = temporal_limit(filter);
    adjust_temporal(filter, packet);
    return packet->temporal <= filter->temporal ? LAYER_PASS : LAYER_THIN;
}
