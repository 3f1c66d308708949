#include "reference-server/fault.h"
#include "reference-server/media/forward/outlet.h"
#include "reference-server/media/transport/server_transport.h"

void outlet_forget_layers(struct outlet *outlet)
{
    layer_choice_init(&outlet->choice);
    layer_filter_init(&outlet->filter);
    outlet->shown_before = LAYER_NONE;
}

static uint8_t needed_encoding(const struct outlet *outlet)
{
    uint8_t awaited = layer_filter_awaited(&outlet->filter);

    return awaited != LAYER_NONE ? awaited : outlet->filter.showing;
}

void outlet_request_key_frame(struct outlet *outlet)
{
    source_request_key_frame(outlet->source, needed_encoding(outlet), false);
}

void outlet_request_first_key_frame(struct outlet *outlet, bool fresh)
{
    source_request_first_key_frame(outlet->source, needed_encoding(outlet), fresh);
}

/* fault.h: stick-to-top-layer. */
static uint64_t honoured_target(const struct outlet *outlet)
{
    return fault_is_on(FAULT_STICK_TO_TOP) ? LAYER_UNLIMITED : outlet->target_bps;
}

void outlet_choose_layer(struct outlet *outlet)
{
    struct layer_option options[LAYER_OPTIONS_MAX];
    int64_t now_us = outlet->transport->context->now_us;

    if (!outlet->slot.video || !outlet->source)
        return;
    size_t count = layer_meter_options(&outlet->source->meter, now_us, options);
    if (!layer_choice_make(&outlet->choice, options, count, honoured_target(outlet), now_us))
        return;
    outlet->filter.wanted = outlet->choice.pick;
    if (!outlet->paused && layer_filter_awaited(&outlet->filter) != LAYER_NONE)
        outlet_request_first_key_frame(outlet, false);
}

void outlet_set_target(struct outlet *outlet, uint64_t bits_per_second)
{
    bool changed = outlet->target_bps != bits_per_second;

    outlet->target_bps = bits_per_second;
    if (changed && outlet->source)
        outlet_choose_layer(outlet);
}

uint64_t outlet_video_need(const struct outlet *outlet)
{
    if (!outlet->slot.video || !outlet->source)
        return 0;
    return layer_meter_need(&outlet->source->meter, outlet->transport->context->now_us);
}

uint64_t outlet_video_least(const struct outlet *outlet)
{
    struct layer_option options[LAYER_OPTIONS_MAX];

    if (!outlet->slot.video || !outlet->source)
        return 0;
    size_t count =
        layer_meter_options(&outlet->source->meter, outlet->transport->context->now_us, options);
    return count > 0 && options[0].measured ? options[0].bps : 0;
}

uint64_t outlet_video_known_need(const struct outlet *outlet)
{
    uint64_t need_bps = outlet_video_need(outlet);

    return need_bps != LAYER_UNLIMITED ? need_bps : 0;
}

void outlet_set_paused(struct outlet *outlet, bool paused)
{
    if (outlet->paused == paused)
        return;
    outlet->paused = paused;
    if (paused) {
        slot_restart(&outlet->slot);
        layer_filter_restart(&outlet->filter);
    } else if (outlet->source) {
        outlet_request_first_key_frame(outlet, true);
    }
}
