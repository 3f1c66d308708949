#include "common/webrtc/rtp/receive_stats.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

void receive_stats_init(struct receive_stats *stats, uint32_t ssrc, uint32_t clock_hz)
{
    memset(stats, 0, sizeof *stats);
    stats->ssrc = ssrc;
    stats->clock_hz = clock_hz;
}

static uint64_t *seen_word(struct receive_stats *stats, int64_t sequence)
{
    return &stats->seen[((uint64_t)sequence % RECEIVE_STATS_WINDOW) / 64];
}

static uint64_t seen_bit(int64_t sequence)
{
    return 1ULL << ((uint64_t)sequence % 64);
}

/* The window moves up to `sequence`: numbers that enter it have not been seen. */
static void advance_window(struct receive_stats *stats, int64_t sequence)
{
    if (sequence - stats->highest_sequence >= RECEIVE_STATS_WINDOW) {
        memset(stats->seen, 0, sizeof stats->seen);
    } else {
        for (int64_t entering = stats->highest_sequence + 1; entering <= sequence; entering++)
            *seen_word(stats, entering) &= ~seen_bit(entering);
    }
    stats->highest_sequence = sequence;
}

static bool mark_seen(struct receive_stats *stats, int64_t sequence)
{
    if (stats->packets == 0) {
        stats->first_sequence = stats->highest_sequence = sequence;
    } else if (sequence > stats->highest_sequence) {
        advance_window(stats, sequence);
    } else if (sequence <= stats->highest_sequence - RECEIVE_STATS_WINDOW) {
        stats->too_old++;
        return false;
    } else if (*seen_word(stats, sequence) & seen_bit(sequence)) {
        stats->duplicates++;
        return false;
    } else {
        stats->reordered++;
    }
    *seen_word(stats, sequence) |= seen_bit(sequence);
    return true;
}

/* RFC 3550 A.8. The transit time is kept modulo 2^32 like the timestamp it comes from. */
static void update_jitter(struct receive_stats *stats, uint32_t timestamp, int64_t arrival_us)
{
    int64_t arrival = arrival_us / US_PER_S * stats->clock_hz +
                      arrival_us % US_PER_S * stats->clock_hz / US_PER_S;
    uint32_t transit = (uint32_t)arrival - timestamp;

    if (stats->has_transit) {
        int32_t difference = (int32_t)(transit - (uint32_t)stats->last_transit);
        stats->jitter += (llabs(difference) - stats->jitter) / 16;
    }
    stats->has_transit = true;
    stats->last_transit = transit;
}

bool receive_stats_packet(struct receive_stats *stats, const struct rtp_packet *packet,
                          int64_t arrival_us)
{
    int64_t sequence = sequence_unwrap(&stats->unwrapper, packet->sequence);

    if (!mark_seen(stats, sequence))
        return false;
    stats->packets++;
    stats->bytes += packet->payload_size;
    update_jitter(stats, packet->timestamp, arrival_us);
    return true;
}

void receive_stats_sender_report(struct receive_stats *stats, uint64_t ntp, int64_t arrival_us)
{
    stats->last_sr_middle = ntp_middle(ntp);
    stats->last_sr_arrival_us = arrival_us;
}

static uint64_t expected(const struct receive_stats *stats)
{
    if (stats->packets == 0)
        return 0;
    return (uint64_t)(stats->highest_sequence - stats->first_sequence + 1);
}

int64_t receive_stats_lost(const struct receive_stats *stats)
{
    return (int64_t)expected(stats) - (int64_t)stats->packets;
}

double receive_stats_jitter_s(const struct receive_stats *stats)
{
    return stats->jitter / stats->clock_hz;
}

/* RFC 3550 A.3, for the interval since the last report; more received than expected counts 0. */
static uint8_t fraction_lost(struct receive_stats *stats)
{
    uint64_t expected_now = expected(stats);
    int64_t expected_interval = (int64_t)(expected_now - stats->expected_prior);
    int64_t lost_interval = expected_interval - (int64_t)(stats->packets - stats->received_prior);

    stats->expected_prior = expected_now;
    stats->received_prior = stats->packets;
    if (expected_interval == 0 || lost_interval <= 0)
        return 0;
    int64_t fraction = lost_interval * 256 / expected_interval;
    return fraction > 255 ? 255 : (uint8_t)fraction;
}

static int32_t clamp_24_bit(int64_t value)
{
    if (value > 0x7fffff)
        return 0x7fffff;
    return value < -0x800000 ? -0x800000 : (int32_t)value;
}

void receive_stats_report(struct receive_stats *stats, int64_t now_us,
                          struct rtcp_report_block *ret_block)
{
    int64_t delay_us = now_us - stats->last_sr_arrival_us;
    bool has_sr = stats->last_sr_arrival_us != 0;

    *ret_block = (struct rtcp_report_block){
        .ssrc = stats->ssrc,
        .fraction_lost = fraction_lost(stats),
        .cumulative_lost = clamp_24_bit(receive_stats_lost(stats)),
        .highest_sequence = (uint32_t)stats->highest_sequence,
        .jitter = (uint32_t)stats->jitter,
        .last_sr = has_sr ? stats->last_sr_middle : 0,
        .delay_since_sr = has_sr && delay_us > 0 ? (uint32_t)(delay_us * 65536 / US_PER_S) : 0,
    };
}
