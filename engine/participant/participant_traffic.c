/* What a participant's endpoint counts: into the metrics, and as an answer to who asks. */
#include "engine/participant/participant_private.h"

#include <string.h>

#include "common/base/clock.h"

static void read_traffic(const struct participant *participant, struct traffic *ret_traffic)
{
    struct endpoint_stats stats;
    struct traffic traffic = {0};

    for (size_t i = 0; i < endpoint_track_count(participant->endpoint); i++) {
        struct endpoint_track_stats track;
        endpoint_track_stats(participant->endpoint, i, &track);
        traffic.sent += track.packets_sent;
        traffic.received += track.packets_received;
        traffic.retransmitted += track.retransmitted_packets_received;
        traffic.nacks += track.nack_count;
        traffic.plis += track.pli_count;
    }
    endpoint_stats(participant->endpoint, &stats);
    traffic.bytes_sent = stats.bytes_sent;
    traffic.bytes_received = stats.bytes_received;
    traffic.drops = stats.kernel_drops;
    traffic.strangers = stats.strangers;
    *ret_traffic = traffic;
}

static void add_gain(struct participant *participant, enum metric metric, uint64_t now,
                     uint64_t before)
{
    if (now > before)
        metric_record(participant->context->metrics, metric, (int64_t)(now - before),
                      participant->tag, 0);
}

void participant_record_traffic(struct participant *participant)
{
    struct traffic now, before = participant->recorded;

    read_traffic(participant, &now);
    participant->recorded = now;
    add_gain(participant, METRIC_RTP_SENT, now.sent, before.sent);
    add_gain(participant, METRIC_RTP_RECEIVED, now.received, before.received);
    add_gain(participant, METRIC_RTP_RETRANSMITTED, now.retransmitted, before.retransmitted);
    add_gain(participant, METRIC_NACK_SENT, now.nacks, before.nacks);
    add_gain(participant, METRIC_PLI_SENT, now.plis, before.plis);
    add_gain(participant, METRIC_RTP_BYTES_SENT, now.bytes_sent, before.bytes_sent);
    add_gain(participant, METRIC_RTP_BYTES_RECEIVED, now.bytes_received, before.bytes_received);
    add_gain(participant, METRIC_KERNEL_DROPS, now.drops, before.drops);
    add_gain(participant, METRIC_STRANGERS, now.strangers, before.strangers);
}

static void record_round_trips(struct participant *participant)
{
    for (size_t i = 0; i < endpoint_track_count(participant->endpoint); i++) {
        struct endpoint_track_stats track;
        endpoint_track_stats(participant->endpoint, i, &track);
        if (track.round_trip_time_s >= 0)
            metric_record(participant->context->metrics, METRIC_RTT,
                          (int64_t)(track.round_trip_time_s * 1e6), participant->tag, 0);
    }
}

void participant_record_totals(struct participant *participant)
{
    media_sink_finish(participant->sink, clock_monotonic_us());
    participant_record_traffic(participant);
    record_round_trips(participant);
}

void participant_sent(const struct participant *participant, struct participant_sent *ret_sent)
{
    struct endpoint_track_stats audio, video;

    memset(ret_sent, 0, sizeof *ret_sent);
    if (!participant->source)
        return;
    endpoint_track_stats(participant->endpoint, participant->audio_track, &audio);
    endpoint_track_stats(participant->endpoint, participant->video_track, &video);
    ret_sent->audio_packets = audio.packets_sent;
    ret_sent->video_packets = video.packets_sent;
    ret_sent->frames = media_source_video_number(participant->source);
}

void participant_endpoint_stats(const struct participant *participant,
                                struct endpoint_stats *ret_stats)
{
    memset(ret_stats, 0, sizeof *ret_stats);
    ret_stats->srtp_suite = "";
    if (participant->endpoint)
        endpoint_stats(participant->endpoint, ret_stats);
}
