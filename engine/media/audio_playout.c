#include "engine/media/audio_playout.h"

#include <string.h>

enum {
    PERCENTILE = 95,
    SAMPLES_PER_STEP = PLAYOUT_PACKET_SAMPLES * PLAYOUT_STEP_US / PLAYOUT_PACKET_US,
};

_Static_assert(PLAYOUT_AHEAD_MAX == 64, "`present` is one 64-bit word");
_Static_assert(PLAYOUT_WINDOW <= UINT8_MAX, "a count fits a byte");

/* ---- how late packets are ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t fastest_us(const struct playout_lateness *lateness)
{
    return least(lateness->fastest_us, lateness->fastest_before_us);
}

static void lateness_add(struct playout_lateness *lateness, int64_t transit_us)
{
    if (lateness->at % (PLAYOUT_WINDOW / 2) == 0) { /* another half window begins */
        lateness->fastest_before_us = lateness->count ? lateness->fastest_us : transit_us;
        lateness->fastest_us = transit_us;
    }
    lateness->fastest_us = least(lateness->fastest_us, transit_us);
    int64_t bucket = (transit_us - fastest_us(lateness)) / PLAYOUT_BUCKET_US;
    if (bucket >= PLAYOUT_BUCKETS)
        bucket = PLAYOUT_BUCKETS - 1;
    if (lateness->count == PLAYOUT_WINDOW)
        lateness->counts[lateness->buckets[lateness->at]]--;
    else
        lateness->count++;
    lateness->buckets[lateness->at] = (uint8_t)bucket;
    lateness->counts[bucket]++;
    lateness->at = (lateness->at + 1) % PLAYOUT_WINDOW;
}

int64_t audio_playout_target_us(const struct audio_playout *playout)
{
    const struct playout_lateness *lateness = &playout->lateness;
    unsigned needed = (lateness->count * PERCENTILE + 99) / 100, sum = 0;
    int64_t bucket = 0;

    while (bucket < PLAYOUT_BUCKETS && sum + lateness->counts[bucket] < needed)
        sum += lateness->counts[bucket++];
    int64_t target_us = (bucket + 1) * PLAYOUT_BUCKET_US;
    return target_us > PLAYOUT_TARGET_MIN_US ? target_us : PLAYOUT_TARGET_MIN_US;
}

/* ---- playing ---- */

static uint64_t bit_of(int64_t index)
{
    return 1ULL << ((uint64_t)index % PLAYOUT_AHEAD_MAX);
}

static struct playout_packet *entry_of(struct audio_playout *playout, int64_t index)
{
    return &playout->buffer[(uint64_t)index % PLAYOUT_AHEAD_MAX];
}

static void conceal(struct audio_playout *playout, uint64_t samples)
{
    if (samples == 0)
        return;
    playout->samples_concealed += samples;
    if (!playout->concealing)
        playout->concealment_events++;
    playout->concealing = true;
}

/* How far the delay should move now: towards the target, in small steps. */
static int64_t adaptation_us(const struct audio_playout *playout)
{
    int64_t wanted_us = fastest_us(&playout->lateness) + audio_playout_target_us(playout);
    int64_t change_us = wanted_us - (playout->next_us - playout->next * PLAYOUT_PACKET_US);

    if (change_us > PLAYOUT_ADAPT_US)
        return PLAYOUT_ADAPT_US;
    return change_us < -PLAYOUT_ADAPT_US ? -PLAYOUT_ADAPT_US : change_us;
}

static void play_next(struct audio_playout *playout)
{
    struct playout_packet packet = *entry_of(playout, playout->next);
    int64_t play_us = playout->next_us;

    playout->present &= ~bit_of(playout->next);
    playout->packets_played++;
    playout->samples_emitted += PLAYOUT_PACKET_SAMPLES;
    playout->buffer_delay_us += play_us - packet.arrival_us;
    playout->concealing = false;
    playout->next_us += adaptation_us(playout) + PLAYOUT_PACKET_US;
    playout->next++;
    playout->on_played(playout->arg, &packet, play_us);
}

static void skip_next(struct audio_playout *playout)
{
    conceal(playout, PLAYOUT_PACKET_SAMPLES);
    playout->next_us += PLAYOUT_PACKET_US;
    playout->next++;
}

void audio_playout_advance(struct audio_playout *playout, int64_t now_us)
{
    /* Strictly before: a packet that comes in the instant of its playing is in time. */
    while (playout->started && playout->present && playout->next_us < now_us) {
        if (playout->present & bit_of(playout->next))
            play_next(playout);
        else
            skip_next(playout);
    }
}

/* Play or conceal all that is buffered, whatever the time. */
static void play_out(struct audio_playout *playout)
{
    audio_playout_advance(playout, INT64_MAX);
}

/* ---- arrivals ---- */

/* Begin (again) with this packet; its time is not before what was played. */
static void restart(struct audio_playout *playout, const struct playout_packet *packet)
{
    int64_t earliest_us = playout->started ? playout->next_us : INT64_MIN;

    memset(&playout->lateness, 0, sizeof playout->lateness);
    playout->started = true;
    playout->present = 0;
    playout->origin_timestamp = packet->timestamp;
    playout->next = playout->newest = 0;
    playout->shift = -(int64_t)packet->number;
    playout->next_us = packet->arrival_us + PLAYOUT_START_US;
    if (playout->next_us < earliest_us)
        playout->next_us = earliest_us;
}

/* Nothing was there to be played until now: what sounded instead was made up. It covers packets
 * that are missing before `index` as far as it goes. */
static void end_starvation(struct audio_playout *playout, int64_t index, int64_t now_us)
{
    int64_t starved_us = now_us - playout->next_us;
    int64_t missing = index - playout->next;
    int64_t steps = (starved_us + PLAYOUT_STEP_US - 1) / PLAYOUT_STEP_US;
    int64_t packets = (steps * PLAYOUT_STEP_US + PLAYOUT_PACKET_US - 1) / PLAYOUT_PACKET_US;

    if (packets > missing) { /* longer than what is missing: the delay grows by the rest */
        conceal(playout, (uint64_t)(steps * SAMPLES_PER_STEP));
        playout->next_us += steps * PLAYOUT_STEP_US;
        playout->next = index;
        return;
    }
    for (; packets > 0; packets--)
        skip_next(playout);
}

/* The sender was silent between the last packet and this one: go on with the delay there was, or
 * at once when this one is later than that. Packets lost around the silence are concealed. */
static void end_silence(struct audio_playout *playout, const struct playout_packet *packet,
                        int64_t index)
{
    play_out(playout);
    int64_t lost = (int64_t)packet->number - (playout->next - playout->shift);
    if (lost > 0)
        conceal(playout, (uint64_t)lost * PLAYOUT_PACKET_SAMPLES);
    playout->next_us += (index - playout->next) * PLAYOUT_PACKET_US;
    if (playout->next_us < packet->arrival_us)
        playout->next_us = packet->arrival_us;
    playout->next = index;
    playout->shift = index - (int64_t)packet->number;
    playout->concealing = false;
}

static bool off_the_grid(const struct audio_playout *playout, const struct playout_packet *packet)
{
    int64_t offset = packet->timestamp - playout->origin_timestamp;
    int64_t index = offset / PLAYOUT_PACKET_SAMPLES;

    return offset % PLAYOUT_PACKET_SAMPLES != 0 || index - playout->newest >= 3000 ||
           playout->newest - index >= 3000; /* a minute: some other stream */
}

static void insert(struct audio_playout *playout, const struct playout_packet *packet,
                   int64_t index)
{
    if (index < playout->next || playout->present & bit_of(index)) {
        playout->packets_discarded++;
        return;
    }
    *entry_of(playout, index) = *packet;
    playout->present |= bit_of(index);
    if (index > playout->newest)
        playout->newest = index;
    lateness_add(&playout->lateness, packet->arrival_us - index * PLAYOUT_PACKET_US);
}

void audio_playout_init(struct audio_playout *playout, audio_played_fn *on_played, void *arg)
{
    memset(playout, 0, sizeof *playout);
    playout->on_played = on_played;
    playout->arg = arg;
}

void audio_playout_packet(struct audio_playout *playout, const struct playout_packet *packet)
{
    audio_playout_advance(playout, packet->arrival_us);
    if (!playout->started || off_the_grid(playout, packet)) {
        play_out(playout);
        restart(playout, packet);
    }
    int64_t index = (packet->timestamp - playout->origin_timestamp) / PLAYOUT_PACKET_SAMPLES;
    if (index > playout->newest && index - (int64_t)packet->number > playout->shift)
        end_silence(playout, packet, index);
    else if (index >= playout->next && !playout->present && playout->next_us < packet->arrival_us)
        end_starvation(playout, index, packet->arrival_us);
    if (index - playout->next >= PLAYOUT_AHEAD_MAX) { /* more than it can hold: begin anew */
        play_out(playout);
        restart(playout, packet);
        index = 0;
    }
    insert(playout, packet, index);
}

void audio_playout_break(struct audio_playout *playout)
{
    play_out(playout);
    playout->started = playout->concealing = false;
}
