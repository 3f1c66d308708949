#include "engine/media/resample.h"

#include <math.h>
#include <string.h>

enum {
    LOBES = 12,           /* zero crossings of the sinc on either side */
    STEPS_PER_LOBE = 256, /* of its table; in between it is interpolated */
    TABLE_SIZE = LOBES * STEPS_PER_LOBE + 2,
};

/* Half of a sinc under a Hann window, by distance in lobes. */
static void make_table(float *table)
{
    for (int i = 0; i < TABLE_SIZE; i++) {
        double x = (double)i / STEPS_PER_LOBE;
        double sinc = i == 0 ? 1 : sin(M_PI * x) / (M_PI * x);
        double window = x < LOBES ? 0.5 + 0.5 * cos(M_PI * x / LOBES) : 0;
        table[i] = (float)(sinc * window);
    }
}

static double weight(const float *table, double distance)
{
    double place = fabs(distance) * STEPS_PER_LOBE;
    size_t index = (size_t)place;
    if (index >= TABLE_SIZE - 1)
        return 0;
    double part = place - (double)index;
    return table[index] * (1 - part) + table[index + 1] * part;
}

void resample(const int16_t *in, size_t in_count, unsigned in_hz, int16_t *out, size_t out_count,
              unsigned out_hz)
{
    if (in_hz == out_hz) {
        size_t both = in_count < out_count ? in_count : out_count;
        memcpy(out, in, both * sizeof(*out));
        memset(out + both, 0, (out_count - both) * sizeof(*out));
        return;
    }

    float table[TABLE_SIZE];
    make_table(table);
    double step = (double)in_hz / out_hz;       /* input samples per output sample */
    double narrowing = step > 1 ? 1 / step : 1; /* of the pass band, when the rate falls */
    double reach = LOBES / narrowing;           /* input samples on either side */
    for (size_t i = 0; i < out_count; i++) {
        double centre = (double)i * step;
        double first = ceil(centre - reach), last = floor(centre + reach);
        first = first < 0 ? 0 : first;
        if (last > (double)in_count - 1)
            last = (double)in_count - 1;
        double sum = 0;
        for (double at = first; at <= last; at += 1)
            sum += in[(size_t)at] * weight(table, (at - centre) * narrowing);
        sum *= narrowing;
        out[i] = (int16_t)lrint(fmax(-32768, fmin(32767, sum)));
    }
}
