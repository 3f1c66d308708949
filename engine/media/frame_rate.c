#include "engine/media/frame_rate.h"

#include <string.h>

void frame_rate_frame(struct frame_rate *rate)
{
    rate->frames++;
}

static void hold(struct frame_rate *rate, uint32_t thousandths)
{
    if (rate->held_count == FRAME_RATE_HELD_MAX) { /* a pause: nothing was to come */
        rate->held_count = 0;
        rate->window_us = 0;
        return;
    }
    rate->held[rate->held_count++] = thousandths;
}

size_t frame_rate_window(struct frame_rate *rate, int64_t now_us,
                         uint32_t rates[FRAME_RATE_HELD_MAX])
{
    int64_t length_us = now_us - rate->window_us;
    size_t certain = 0;

    if (rate->window_us == 0 || length_us <= 0) {
        /* The window in which the video began is a part of one. */
        rate->window_us = rate->frames > 0 ? now_us : 0;
        rate->frames = 0;
        return 0;
    }
    if (rate->frames > 0) {
        certain = rate->held_count;
        memcpy(rates, rate->held, certain * sizeof rates[0]);
        rate->held_count = 0;
    }
    uint64_t thousandths = rate->frames * 1000000000ULL / (uint64_t)length_us;
    rate->window_us = now_us;
    rate->frames = 0;
    hold(rate, (uint32_t)thousandths);
    return certain;
}

void frame_rate_break(struct frame_rate *rate)
{
    memset(rate, 0, sizeof *rate);
}
