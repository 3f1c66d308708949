#include "engine/run/arrival.h"

#include <math.h>

#include "common/base/clock.h"

static const struct arrival_shape constant_shape;

static double seconds(int64_t us)
{
    return (double)us / US_PER_S;
}

static bool in_ramp(const struct arrival *arrival)
{
    return arrival->piece.begin_us < arrival->settings.ramp_us;
}

/* Where the shape's step ends that the piece is in; INT64_MAX: never. */
static int64_t step_end_us(const struct arrival *arrival)
{
    const struct arrival_shape *shape = arrival->settings.shape;
    const struct arrival_piece *piece = &arrival->piece;

    if (piece->step + 1 < shape->count)
        return piece->turn_us + shape->steps[piece->step + 1].from_us;
    return shape->period_us > 0 ? piece->turn_us + shape->period_us : INT64_MAX;
}

/* The piece that begins at `begin_us` in the step that is set already. */
static void open_piece(struct arrival *arrival, int64_t begin_us)
{
    const struct arrival_shape *shape = arrival->settings.shape;
    struct arrival_piece *piece = &arrival->piece;
    double level = shape->count > 0 ? shape->steps[piece->step].level : 1;

    piece->begin_us = begin_us;
    piece->end_us = step_end_us(arrival);
    piece->rate_per_s = arrival->settings.rate_per_s * level;
    if (in_ramp(arrival) && arrival->settings.ramp_us < piece->end_us)
        piece->end_us = arrival->settings.ramp_us;
}

void arrival_init(struct arrival *arrival, const struct arrival_settings *settings)
{
    *arrival = (struct arrival){.settings = *settings};
    if (!settings->shape)
        arrival->settings.shape = &constant_shape;
    random_stream_init(&arrival->random, random_mix(settings->seed, random_hash_text("arrivals")));
    open_piece(arrival, 0);
}

/* The integral of the rate over the piece. During the ramp the rate is r·t/ramp, its integral
 * r·t²/2ramp. */
static double expected_of_piece(const struct arrival *arrival)
{
    const struct arrival_piece *piece = &arrival->piece;
    double from_s = seconds(piece->begin_us), to_s = seconds(piece->end_us);

    if (piece->rate_per_s <= 0)
        return 0;
    if (in_ramp(arrival))
        return piece->rate_per_s * (to_s * to_s - from_s * from_s) /
               (2 * seconds(arrival->settings.ramp_us));
    return piece->end_us == INT64_MAX ? INFINITY : piece->rate_per_s * (to_s - from_s);
}

/* The time at which the integral of the rate reaches `expected`, which it does in the piece. */
static double time_in_piece(const struct arrival *arrival, double expected)
{
    const struct arrival_piece *piece = &arrival->piece;
    double from_s = seconds(piece->begin_us), more = expected - piece->before;

    if (in_ramp(arrival))
        return sqrt(from_s * from_s +
                    2 * more * seconds(arrival->settings.ramp_us) / piece->rate_per_s);
    return from_s + more / piece->rate_per_s;
}

static void next_piece(struct arrival *arrival)
{
    struct arrival_piece *piece = &arrival->piece;

    piece->before += expected_of_piece(arrival);
    if (piece->end_us == step_end_us(arrival) && ++piece->step >= arrival->settings.shape->count) {
        piece->step = 0;
        piece->turn_us += arrival->settings.shape->period_us;
    }
    open_piece(arrival, piece->end_us);
}

bool arrival_next(struct arrival *arrival, int64_t *ret_offset_us)
{
    const struct arrival_settings *settings = &arrival->settings;
    double at_s;

    /* Even: the integral takes the values 0, 1, 2, …; Poisson: sums of unit exponentials (time
     * change of a Poisson process). */
    if (settings->kind == ARRIVAL_POISSON)
        arrival->expected += random_exponential(&arrival->random, 1.0);
    else if (arrival->started)
        arrival->expected += 1.0;
    arrival->started = true;
    while (arrival->piece.begin_us < settings->duration_us &&
           arrival->expected >= arrival->piece.before + expected_of_piece(arrival)) {
        if (arrival->piece.end_us == INT64_MAX)
            return false; /* nobody comes any more */
        next_piece(arrival);
    }
    if (arrival->piece.begin_us >= settings->duration_us)
        return false;
    at_s = time_in_piece(arrival, arrival->expected);
    if (at_s * US_PER_S >= (double)settings->duration_us)
        return false;
    *ret_offset_us = (int64_t)(at_s * US_PER_S);
    return true;
}

int64_t arrival_closed_start_us(uint64_t index, uint64_t count, int64_t ramp_us)
{
    if (count == 0)
        return 0;
    return (int64_t)((double)ramp_us * (double)(index % count) / (double)count);
}
