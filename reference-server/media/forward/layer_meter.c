#include "reference-server/media/forward/layer_meter.h"

#include <assert.h>
#include <string.h>

#include "common/base/clock.h"

/* Of the smoothed rate, how much is the newest period. */
enum { SMOOTHING = 4 };

static void end_period(struct layer_rates *rates, int64_t elapsed_us, int64_t now_us)
{
    if (now_us - rates->heard_us > LAYER_SILENT_US) {
        *rates = (struct layer_rates){
            .temporals = rates->temporals, .pixels = rates->pixels, .heard_us = rates->heard_us};
        return;
    }
    for (size_t i = 0; i < LAYER_TEMPORALS_MAX; i++) {
        uint64_t fresh = rates->bytes[i] * 8 * US_PER_S / (uint64_t)elapsed_us;
        rates->bps[i] =
            rates->measured ? (rates->bps[i] * (SMOOTHING - 1) + fresh) / SMOOTHING : fresh;
        rates->bytes[i] = 0;
    }
    rates->measured = true;
}

static bool end_periods(struct layer_meter *meter, int64_t now_us)
{
    int64_t elapsed_us = now_us - meter->since_us;

    if (meter->since_us != 0 && elapsed_us < LAYER_PERIOD_US)
        return false;
    for (size_t i = 0; meter->since_us != 0 && i < LAYER_ENCODINGS_MAX; i++)
        end_period(&meter->encodings[i], elapsed_us, now_us);
    meter->since_us = now_us;
    return true;
}

bool layer_meter_packet(struct layer_meter *meter, const struct layer_sample *sample,
                        int64_t now_us)
{
    struct layer_rates *rates = &meter->encodings[sample->encoding];
    bool news = end_periods(meter, now_us);

    assert(sample->encoding < LAYER_ENCODINGS_MAX && sample->temporal < LAYER_TEMPORALS_MAX);
    rates->heard_us = now_us;
    rates->bytes[sample->temporal] += sample->payload_size + LAYER_PACKET_OVERHEAD;
    if (sample->temporal >= rates->temporals)
        rates->temporals = sample->temporal + 1;
    meter->layered |= sample->encoding > 0 || sample->temporal > 0;
    if (sample->pixels != 0) {
        news |= rates->pixels != sample->pixels;
        rates->pixels = sample->pixels;
    }
    return news;
}

/* All layers of an encoding are as many as come, also when more come tomorrow. */
static uint8_t name_temporal(const struct layer_rates *rates, uint8_t temporal)
{
    return temporal + 1 == rates->temporals ? LAYER_TEMPORALS_MAX - 1 : temporal;
}

static bool is_there(const struct layer_rates *rates, int64_t now_us)
{
    return rates->temporals > 0 && rates->pixels > 0 && now_us - rates->heard_us <= LAYER_SILENT_US;
}

/* The encodings that are there, smallest picture first. */
static size_t sort_encodings(const struct layer_meter *meter, int64_t now_us,
                             uint8_t order[LAYER_ENCODINGS_MAX])
{
    size_t count = 0;

    for (uint8_t encoding = 0; encoding < LAYER_ENCODINGS_MAX; encoding++) {
        size_t at = count;
        if (!is_there(&meter->encodings[encoding], now_us))
            continue;
        while (at > 0 &&
               meter->encodings[order[at - 1]].pixels > meter->encodings[encoding].pixels) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = encoding;
        count++;
    }
    return count;
}

size_t layer_meter_options(const struct layer_meter *meter, int64_t now_us,
                           struct layer_option ret_options[LAYER_OPTIONS_MAX])
{
    uint8_t order[LAYER_ENCODINGS_MAX];
    size_t encodings = sort_encodings(meter, now_us, order), count = 0;

    for (size_t i = 0; i < encodings; i++) {
        const struct layer_rates *rates = &meter->encodings[order[i]];
        unsigned lowest = i == 0 || rates->temporals < 2 ? 0 : rates->temporals - 2U;
        uint64_t bps = 0;
        for (uint8_t temporal = 0; temporal < rates->temporals; temporal++) {
            bps += rates->bps[temporal];
            if (temporal >= lowest)
                ret_options[count++] =
                    (struct layer_option){.pick = {order[i], name_temporal(rates, temporal)},
                                          .measured = rates->measured,
                                          .bps = bps};
        }
    }
    return count;
}

uint64_t layer_meter_need(const struct layer_meter *meter, int64_t now_us)
{
    struct layer_option options[LAYER_OPTIONS_MAX];
    size_t count = layer_meter_options(meter, now_us, options);

    return count > 0 && options[count - 1].measured ? options[count - 1].bps : LAYER_UNLIMITED;
}
