#include <assert.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "common/webrtc/endpoint_private.h"

#define REPORT_INTERVAL_US US_PER_S     /* RFC 3550 §6.2 in spirit: 0.5 to 1.5 of it */
#define REPORT_SOON_US (20 * US_PER_MS) /* after the first packet of a track */
#define NACK_INTERVAL_US (10 * US_PER_MS)
#define NACK_ITEM_MAX 64 /* numbers per stream and turn */
#define KEY_FRAME_INTERVAL_US (100 * US_PER_MS)
#define COMPOUND_MAX 1200
#define SRTCP_OVERHEAD_MAX (16 + 4)

/* One compound packet in the making. */
struct compound {
    struct endpoint *endpoint;
    alignas(8) uint8_t data[COMPOUND_MAX + MEDIA_CRYPTO_OVERHEAD];
    size_t size;
    uint32_t ssrc; /* whose it is: all its items have this sender; meaningless while empty */
};

/* -- Compound packets -- */

/* Who we are in RTCP: a section that sends when there is one. */
static uint32_t own_ssrc(const struct endpoint *endpoint)
{
    for (size_t i = 0; i < endpoint_sender_count(endpoint); i++)
        if (endpoint_sender(endpoint, i)->agreed.may_send)
            return endpoint_sender(endpoint, i)->ssrc;
    return endpoint->track_count > 0 ? endpoint->tracks[0]->ssrc : 0;
}

/* Who asks about media of that kind: a section that sends the same. Stacks that tell a bundle's
 * RTCP apart by its first sender (Janus) take what the audio's SSRC begins for feedback on audio.
 */
static uint32_t asking_ssrc(const struct endpoint *endpoint, const struct track *about)
{
    for (size_t i = 0; i < endpoint_sender_count(endpoint); i++) {
        const struct track *track = endpoint_sender(endpoint, i);

        if (track->agreed.may_send && track->agreed.kind == about->agreed.kind)
            return track->ssrc;
    }
    return own_ssrc(endpoint);
}

static bool append(struct compound *compound, const struct rtcp_item *item)
{
    return rtcp_write(item, compound->data, COMPOUND_MAX - SRTCP_OVERHEAD_MAX, &compound->size) ==
           STATUS_OK;
}

static void append_description(struct compound *compound, uint32_t ssrc)
{
    struct rtcp_item item;

    item.kind = RTCP_SOURCE_DESCRIPTION;
    item.sender_ssrc = ssrc;
    snprintf(item.description.cname, sizeof(item.description.cname), "%s",
             compound->endpoint->cname);
    append(compound, &item);
}

/* A compound packet begins with a report and a name (RFC 3550 §6.1), unless reduced size was
 * negotiated (RFC 5506). */
static void begin_feedback(struct compound *compound, uint32_t ssrc)
{
    struct rtcp_item item;

    compound->size = 0;
    compound->ssrc = ssrc;
    if (compound->endpoint->rtcp_rsize)
        return;
    item.kind = RTCP_RECEIVER_REPORT;
    item.sender_ssrc = ssrc;
    item.report.block_count = 0;
    append(compound, &item);
    append_description(compound, ssrc);
}

static void finish(struct compound *compound)
{
    if (compound->size > 0)
        endpoint_send_rtcp(compound->endpoint, compound->data, compound->size);
    compound->size = 0;
}

/* True: the item is on its way with this compound or the next. */
static bool append_or_flush(struct compound *compound, const struct rtcp_item *item)
{
    if (compound->size > 0 && compound->ssrc == item->sender_ssrc && append(compound, item))
        return true;
    finish(compound);
    begin_feedback(compound, item->sender_ssrc);
    if (append(compound, item))
        return true;
    compound->size = 0;
    return false;
}

/* -- Reports -- */

static size_t fill_blocks(struct endpoint *endpoint, struct rtcp_report_block *blocks, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < endpoint->stream_count && count < max; i++) {
        struct stream *stream = endpoint->streams[i];

        /* Silent since the last report: nothing to say (RFC 3550 §6.4). */
        if (stream->track == NULL || stream->received.packets == stream->reported_packets)
            continue;
        stream->reported_packets = stream->received.packets;
        receive_stats_report(&stream->received, endpoint->now_us, &blocks[count++]);
    }
    return count;
}

static void remember_report(struct track *track, uint64_t ntp, int64_t now_us)
{
    if (track->report_count < SENT_REPORTS_MAX)
        track->report_count++;
    memmove(track->reports + 1, track->reports,
            (track->report_count - 1) * sizeof(track->reports[0]));
    track->reports[0] = (struct sent_report){ntp_middle(ntp), now_us};
}

/* What the track's media clock says now (RFC 3550 §6.4.1: extrapolated, not the last packet's). */
static uint32_t timestamp_now(const struct track *track, int64_t now_us)
{
    int64_t ticks = (now_us - track->timestamp_us) * (int64_t)track->agreed.clock_hz / US_PER_S;

    return track->timestamp + (uint32_t)ticks;
}

static void fill_sender_report(struct endpoint *endpoint, struct track *track, uint64_t ntp,
                               struct rtcp_item *item)
{
    item->kind = RTCP_SENDER_REPORT;
    item->sender_ssrc = track->ssrc;
    item->report.ntp = ntp;
    item->report.rtp_timestamp = timestamp_now(track, endpoint->now_us);
    item->report.packet_count = track->report_packets;
    item->report.octet_count = track->report_bytes;
    remember_report(track, ntp, endpoint->now_us);
}

static bool reports_as_sender(const struct track *track)
{
    return track->agreed.may_send && track->stats.packets_sent > 0;
}

/* One SR per section that sends, the blocks with the first; an RR when none does. */
static void send_reports(struct endpoint *endpoint)
{
    struct compound compound;
    uint64_t ntp = ntp_from_realtime_us(endpoint->now_us + endpoint->realtime_offset_us);
    struct rtcp_item item;
    uint32_t first_ssrc = 0;

    compound.endpoint = endpoint;
    compound.size = 0;
    item.report.block_count = (uint8_t)fill_blocks(endpoint, item.report.blocks, RTCP_REPORTS_MAX);
    for (size_t i = 0; i < endpoint_sender_count(endpoint); i++) {
        struct track *track = endpoint_sender(endpoint, i);

        if (!reports_as_sender(track))
            continue;
        fill_sender_report(endpoint, track, ntp, &item);
        if (!append(&compound, &item))
            break;
        if (first_ssrc == 0)
            first_ssrc = track->ssrc;
        item.report.block_count = 0;
    }
    if (first_ssrc == 0) {
        first_ssrc = own_ssrc(endpoint);
        item.kind = RTCP_RECEIVER_REPORT;
        item.sender_ssrc = first_ssrc;
        append(&compound, &item);
    }
    append_description(&compound, first_ssrc);
    finish(&compound);
}

static void send_due_reports(struct endpoint *endpoint, int64_t now_us)
{
    double share;

    if (now_us < endpoint->report_due_us)
        return;
    endpoint->realtime_offset_us = clock_realtime_offset_us();
    send_reports(endpoint);
    share = 0.5 + random_unit(&endpoint->random);
    endpoint_wake(endpoint, &endpoint->report_due_us,
                  now_us + (int64_t)(share * REPORT_INTERVAL_US));
}

void endpoint_start_reports(struct endpoint *endpoint, int64_t now_us)
{
    if (endpoint->track_count > 0)
        random_stream_init(&endpoint->random, own_ssrc(endpoint));
    endpoint_wake(endpoint, &endpoint->report_due_us,
                  now_us + (int64_t)(random_unit(&endpoint->random) * REPORT_INTERVAL_US));
}

void endpoint_report_soon(struct endpoint *endpoint, int64_t now_us)
{
    if (now_us + REPORT_SOON_US < endpoint->report_due_us)
        endpoint_wake(endpoint, &endpoint->report_due_us, now_us + REPORT_SOON_US);
}

/* -- Key frame requests -- */

void endpoint_request_key_frame(struct endpoint *endpoint, size_t track, int64_t now_us)
{
    struct track *asked;
    int64_t due_us;

    assert(track < endpoint->track_count);
    asked = endpoint->tracks[track];
    if (asked->key_frame_due_us != TIME_NEVER)
        return; /* one waits already */
    due_us = asked->key_frame_asked_us + KEY_FRAME_INTERVAL_US;
    asked->key_frame_due_us = asked->key_frame_asked_us != 0 && due_us > now_us ? due_us : now_us;
    if (asked->key_frame_due_us < endpoint->key_frame_due_us)
        endpoint_wake(endpoint, &endpoint->key_frame_due_us, asked->key_frame_due_us);
}

/* Who sends here: as learned, else as signalled. 0: nobody yet. */
static uint32_t remote_ssrc(const struct track *track)
{
    return track->stream != NULL ? track->stream->ssrc : track->agreed.remote_ssrc;
}

static void ask_key_frame(struct compound *compound, struct track *track)
{
    struct rtcp_item item;
    bool by_fir = !track->agreed.nack_pli && track->agreed.ccm_fir;

    item.kind = by_fir ? RTCP_FIR : RTCP_PLI;
    item.sender_ssrc = asking_ssrc(compound->endpoint, track);
    item.media_ssrc = remote_ssrc(track);
    if (by_fir)
        item.fir.sequence = track->fir_sequence++;
    if (!append_or_flush(compound, &item))
        return;
    if (by_fir)
        track->stats.fir_count++;
    else
        track->stats.pli_count++;
}

static void send_due_key_frame_requests(struct compound *compound, int64_t now_us)
{
    struct endpoint *endpoint = compound->endpoint;

    if (now_us < endpoint->key_frame_due_us)
        return;
    endpoint->key_frame_due_us = TIME_NEVER;
    for (size_t i = 0; i < endpoint->track_count; i++) {
        struct track *track = endpoint->tracks[i];

        if (track->key_frame_due_us > now_us) {
            if (track->key_frame_due_us < endpoint->key_frame_due_us)
                endpoint->key_frame_due_us = track->key_frame_due_us;
            continue;
        }
        track->key_frame_due_us = TIME_NEVER;
        if (!track->agreed.may_receive || remote_ssrc(track) == 0 ||
            track->agreed.kind != SDP_VIDEO)
            continue;
        track->key_frame_asked_us = now_us;
        ask_key_frame(compound, track);
    }
}

/* -- NACK -- */

bool endpoint_has_gaps(const struct stream *stream)
{
    return stream->nacks != NULL &&
           (stream->nacks->count > 0 || stream->nacks->given_up != stream->nacks->reported);
}

static void ask_missing(struct compound *compound, struct stream *stream, int64_t now_us)
{
    struct rtcp_item item;
    size_t given_up = 0;
    size_t count = nack_tracker_due(stream->nacks, now_us, compound->endpoint->round_trip_us,
                                    item.nack.sequences, NACK_ITEM_MAX, &given_up);

    if (given_up > 0)
        endpoint_request_key_frame(compound->endpoint, stream->track->index, now_us);
    if (count == 0)
        return;
    item.kind = RTCP_NACK;
    item.sender_ssrc = asking_ssrc(compound->endpoint, stream->track);
    item.media_ssrc = stream->ssrc;
    item.nack.count = (uint16_t)count;
    if (append_or_flush(compound, &item))
        stream->track->stats.nack_count++;
}

static void send_due_nacks(struct compound *compound, int64_t now_us)
{
    struct endpoint *endpoint = compound->endpoint;
    bool more = false;

    if (now_us < endpoint->nack_due_us)
        return;
    for (size_t i = 0; i < endpoint->stream_count; i++) {
        struct stream *stream = endpoint->streams[i];

        if (!endpoint_has_gaps(stream))
            continue;
        ask_missing(compound, stream, now_us);
        more |= endpoint_has_gaps(stream);
    }
    endpoint->nack_due_us = more ? now_us + NACK_INTERVAL_US : TIME_NEVER;
}

/* -- Transport-wide feedback -- */

static void send_due_transport_feedback(struct compound *compound, int64_t now_us)
{
    struct endpoint *endpoint = compound->endpoint;
    struct rtcp_item item;

    if (now_us < endpoint->feedback_due_us)
        return;
    endpoint->feedback_due_us = TIME_NEVER; /* the next arrival starts it again */
    while (
        transport_feedback_item(endpoint->feedback, own_ssrc(endpoint), endpoint->ssrcs[0], &item))
        if (!append_or_flush(compound, &item))
            endpoint->stats.send_refused++;
}

static int64_t earliest_feedback(const struct endpoint *endpoint)
{
    int64_t due_us = endpoint->nack_due_us;

    if (endpoint->key_frame_due_us < due_us)
        due_us = endpoint->key_frame_due_us;
    return endpoint->feedback_due_us < due_us ? endpoint->feedback_due_us : due_us;
}

void endpoint_send_due_feedback(struct endpoint *endpoint, int64_t now_us)
{
    struct compound compound;

    if (now_us >= earliest_feedback(endpoint)) {
        compound.endpoint = endpoint;
        compound.size = 0;
        send_due_nacks(&compound, now_us);
        send_due_key_frame_requests(&compound, now_us);
        send_due_transport_feedback(&compound, now_us);
        finish(&compound);
    }
    send_due_reports(endpoint, now_us);
}

void endpoint_send_bye(struct endpoint *endpoint)
{
    struct compound compound;
    struct rtcp_item item;
    bool rsize = endpoint->rtcp_rsize;

    endpoint->rtcp_rsize = false; /* a BYE comes in a full compound (RFC 3550 §6.1) */
    compound.endpoint = endpoint;
    begin_feedback(&compound, own_ssrc(endpoint));
    endpoint->rtcp_rsize = rsize;
    item.kind = RTCP_BYE;
    for (size_t i = 0; i < endpoint_sender_count(endpoint); i++) {
        if (!reports_as_sender(endpoint_sender(endpoint, i)))
            continue;
        item.sender_ssrc = item.media_ssrc = endpoint_sender(endpoint, i)->ssrc;
        append(&compound, &item);
    }
    finish(&compound);
}
