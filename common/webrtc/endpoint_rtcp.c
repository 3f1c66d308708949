#include <string.h>

#include "common/base/bytes.h"
#include "common/webrtc/endpoint_private.h"

#define RTCP_SIZE_MIN 8 /* header and sender SSRC */

/* What one compound packet is read with. */
struct reading {
    struct endpoint *endpoint;
    int64_t arrival_us;
};

/* The section that sends with this SSRC, or repairs with it; NULL: none. */
static struct track *find_sender(const struct endpoint *endpoint, uint32_t ssrc)
{
    for (size_t i = 0; i < endpoint_sender_count(endpoint); i++) {
        struct track *track = endpoint_sender(endpoint, i);

        if (track->ssrc == ssrc || track->rtx_ssrc == ssrc)
            return track;
    }
    return NULL;
}

/* RFC 3550 §6.4.1, measured on our own clock: from when that report left. */
static void note_round_trip(struct endpoint *endpoint, struct track *track,
                            const struct rtcp_report_block *block, int64_t arrival_us)
{
    for (size_t i = 0; i < track->report_count && block->last_sr != 0; i++) {
        int64_t held_us = (int64_t)block->delay_since_sr * US_PER_S / 65536;
        int64_t round_trip_us = arrival_us - track->reports[i].sent_us - held_us;

        if (track->reports[i].ntp_middle != block->last_sr)
            continue;
        /* Below zero by rounding, or by a peer that lies. */
        track->round_trip_us = round_trip_us > 0 ? round_trip_us : 0;
        endpoint->round_trip_us = track->round_trip_us;
        return;
    }
}

static void take_blocks(struct reading *reading, const struct rtcp_item *item)
{
    for (size_t i = 0; i < item->report.block_count; i++) {
        const struct rtcp_report_block *block = &item->report.blocks[i];
        struct track *track = find_sender(reading->endpoint, block->ssrc);

        if (track == NULL || track->ssrc != block->ssrc)
            continue;
        track->stats.fraction_lost = block->fraction_lost / 256.0;
        note_round_trip(reading->endpoint, track, block, reading->arrival_us);
    }
}

static void take_sender_report(struct reading *reading, const struct rtcp_item *item)
{
    struct stream *stream = endpoint_find_stream(reading->endpoint, item->sender_ssrc);

    if (stream != NULL && stream->track != NULL)
        receive_stats_sender_report(&stream->received, item->report.ntp, reading->arrival_us);
    take_blocks(reading, item);
}

static void take_nack(struct endpoint *endpoint, const struct rtcp_item *item)
{
    struct track *track = find_sender(endpoint, item->media_ssrc);

    if (track == NULL || track->ssrc != item->media_ssrc)
        return;
    track->stats.nack_received++;
    for (size_t i = 0; i < item->nack.count; i++)
        endpoint_retransmit(endpoint, track, item->nack.sequences[i]);
}

static void want_key_frame(struct endpoint *endpoint, const struct track *track)
{
    if (endpoint->events.on_key_frame_request != NULL)
        endpoint->events.on_key_frame_request(endpoint->arg, track->index, track->encoding);
}

static void take_picture_loss(struct endpoint *endpoint, const struct rtcp_item *item)
{
    struct track *track = find_sender(endpoint, item->media_ssrc);

    if (track == NULL)
        return;
    track->stats.pli_received++;
    want_key_frame(endpoint, track);
}

/* RFC 5104 §4.3.1.2: the same command sequence number is the same command, repeated. */
static void take_full_intra_request(struct endpoint *endpoint, const struct rtcp_item *item)
{
    struct track *track = find_sender(endpoint, item->media_ssrc);

    if (track == NULL)
        return;
    track->stats.fir_received++;
    if (track->fir_seen && track->fir_last == item->fir.sequence)
        return;
    track->fir_seen = true;
    track->fir_last = item->fir.sequence;
    want_key_frame(endpoint, track);
}

static void take_estimate(struct endpoint *endpoint, const struct rtcp_item *item)
{
    if (endpoint->stats.bitrate_estimate_bps == item->remb.bitrate_bps)
        return;
    endpoint->stats.bitrate_estimate_bps = item->remb.bitrate_bps;
    if (endpoint->events.on_bitrate != NULL)
        endpoint->events.on_bitrate(endpoint->arg, item->remb.bitrate_bps);
}

static void on_item(void *arg, const struct rtcp_item *item)
{
    struct reading *reading = arg;
    struct endpoint *endpoint = reading->endpoint;

    switch (item->kind) {
    case RTCP_SENDER_REPORT:
        take_sender_report(reading, item);
        break;
    case RTCP_RECEIVER_REPORT:
        take_blocks(reading, item);
        break;
    case RTCP_NACK:
        take_nack(endpoint, item);
        break;
    case RTCP_PLI:
        take_picture_loss(endpoint, item);
        break;
    case RTCP_FIR:
        take_full_intra_request(endpoint, item);
        break;
    case RTCP_REMB:
        take_estimate(endpoint, item);
        break;
    case RTCP_SOURCE_DESCRIPTION:
    case RTCP_BYE:
    case RTCP_TRANSPORT:
    case RTCP_OTHER:
        break; /* the owner's, by on_rtcp */
    }
    if (endpoint->events.on_rtcp != NULL)
        endpoint->events.on_rtcp(endpoint->arg, item, endpoint->now_us);
}

static void parse(struct endpoint *endpoint, const uint8_t *data, size_t size, int64_t arrival_us)
{
    struct reading reading = {endpoint, arrival_us};

    if (endpoint->events.on_tap != NULL)
        endpoint->events.on_tap(endpoint->arg, false, true, data, size, arrival_us);
    if (rtcp_parse(data, size, on_item, &reading) != STATUS_OK)
        endpoint->stats.malformed++;
}

/* libsrtp keeps state per SSRC here too: the sender takes a place in the table like a stream. */
static bool admit_sender(struct endpoint *endpoint, uint32_t ssrc)
{
    return endpoint_find_stream(endpoint, ssrc) != NULL || endpoint->stream_count < SSRC_MAX;
}

void endpoint_receive_rtcp(struct endpoint *endpoint, uint8_t *data, size_t size,
                           int64_t arrival_us)
{
    uint32_t ssrc;
    enum status status;

    if (size < RTCP_SIZE_MIN) {
        endpoint->stats.malformed++;
        return;
    }
    if (endpoint->crypto == NULL) {
        endpoint->stats.early++;
        return;
    }
    ssrc = load_u32(data + 4);
    if (!admit_sender(endpoint, ssrc)) {
        endpoint->stats.unknown_ssrc++;
        return;
    }
    if (endpoint->events.on_wire != NULL)
        endpoint->events.on_wire(endpoint->arg, false, data, size, arrival_us);
    status = media_crypto_unprotect_rtcp(endpoint->crypto, data, &size);
    if (status != STATUS_OK) {
        endpoint_count_refused(endpoint, status);
        return;
    }
    endpoint_note_srtp(endpoint);
    if (endpoint_find_stream(endpoint, ssrc) == NULL &&
        endpoint_learn_stream(endpoint, ssrc) == NULL)
        endpoint->stats.unknown_ssrc++;
    parse(endpoint, data, size, arrival_us);
}
