#include "engine/run/arrival.h"

#include <math.h>
#include <string.h>

#include "common/base/clock.h"

void arrival_init(struct arrival *arrival, const struct arrival_settings *settings)
{
    *arrival = (struct arrival){.settings = *settings};
    random_stream_init(&arrival->random, random_mix(settings->seed, random_hash_text("arrivals")));
}

/* The time at which the integral of the rate reaches `expected`: the rate is r·t/ramp during the
 * ramp (integral r·t²/2ramp) and r afterwards. */
static double time_of(const struct arrival_settings *settings, double expected)
{
    double ramp_s = (double)settings->ramp_us / US_PER_S, rate = settings->rate_per_s;
    double at_ramp_end = rate * ramp_s / 2;

    if (expected < at_ramp_end)
        return sqrt(2 * expected * ramp_s / rate);
    return ramp_s + (expected - at_ramp_end) / rate;
}

bool arrival_next(struct arrival *arrival, int64_t *ret_offset_us)
{
    const struct arrival_settings *settings = &arrival->settings;
    double at_s;

    /* Constant: the integral takes the values 0, 1, 2, …; Poisson: sums of unit exponentials
     * (time change of a Poisson process). */
    if (settings->kind == ARRIVAL_POISSON)
        arrival->expected += random_exponential(&arrival->random, 1.0);
    else if (arrival->started)
        arrival->expected += 1.0;
    arrival->started = true;
    at_s = time_of(settings, arrival->expected);
    if (at_s * US_PER_S >= (double)settings->duration_us)
        return false;
    *ret_offset_us = (int64_t)(at_s * US_PER_S);
    return true;
}

enum status arrival_kind_parse(const char *text, enum arrival_kind *ret_kind)
{
    if (strcmp(text, "constant") == 0)
        *ret_kind = ARRIVAL_CONSTANT;
    else if (strcmp(text, "poisson") == 0)
        *ret_kind = ARRIVAL_POISSON;
    else
        return STATUS_INVALID;
    return STATUS_OK;
}

int64_t arrival_closed_start_us(uint64_t index, uint64_t count, int64_t ramp_us)
{
    if (count == 0)
        return 0;
    return (int64_t)((double)ramp_us * (double)(index % count) / (double)count);
}
