#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/webrtc/endpoint_private.h"

/* -- Streams: the SSRCs of the peer -- */

struct stream *endpoint_find_stream(const struct endpoint *endpoint, uint32_t ssrc)
{
    for (size_t i = 0; i < endpoint->stream_count; i++)
        if (endpoint->ssrcs[i] == ssrc)
            return endpoint->streams[i];
    return NULL;
}

struct stream *endpoint_learn_stream(struct endpoint *endpoint, uint32_t ssrc)
{
    struct stream *stream;

    if (endpoint->stream_count == SSRC_MAX)
        return NULL;
    stream = calloc(1, sizeof(*stream));
    if (stream == NULL)
        return NULL;
    stream->ssrc = ssrc;
    endpoint->ssrcs[endpoint->stream_count] = ssrc;
    endpoint->streams[endpoint->stream_count++] = stream;
    return stream;
}

void endpoint_forget_streams(struct endpoint *endpoint)
{
    for (size_t i = 0; i < endpoint->stream_count; i++) {
        free(endpoint->streams[i]->nacks);
        free(endpoint->streams[i]);
    }
    endpoint->stream_count = 0;
}

/* -- Which section an SSRC belongs to (RFC 8843 §9.2): MID, then signalled SSRC, then payload type
 * when only one section could mean it. -- */

static bool takes(const struct track *track, uint8_t payload_type, bool *ret_rtx)
{
    const struct sdp_agreed *agreed = &track->agreed;

    if (!agreed->active || !agreed->may_receive || payload_type == 0)
        return false;
    *ret_rtx = payload_type == agreed->rtx_payload_type;
    return *ret_rtx || payload_type == agreed->payload_type;
}

static struct track *find_by_mid(struct endpoint *endpoint, const char *mid)
{
    size_t index;

    return mid[0] != '\0' && endpoint_find_track(endpoint, mid, &index) ? endpoint->tracks[index]
                                                                        : NULL;
}

static struct track *find_by_signalled_ssrc(struct endpoint *endpoint, uint32_t ssrc)
{
    for (size_t i = 0; i < endpoint->track_count; i++) {
        const struct sdp_agreed *agreed = &endpoint->tracks[i]->agreed;

        if (ssrc != 0 && (agreed->remote_ssrc == ssrc || agreed->remote_rtx_ssrc == ssrc))
            return endpoint->tracks[i];
    }
    return NULL;
}

static struct track *find_by_payload_type(struct endpoint *endpoint, uint8_t payload_type)
{
    struct track *found = NULL;
    bool rtx;

    for (size_t i = 0; i < endpoint->track_count; i++) {
        if (!takes(endpoint->tracks[i], payload_type, &rtx))
            continue;
        if (found != NULL)
            return NULL;
        found = endpoint->tracks[i];
    }
    return found;
}

static void attach(struct stream *stream, struct track *track, bool rtx)
{
    if (stream->track != track || stream->rtx != rtx)
        receive_stats_init(&stream->received, stream->ssrc, track->agreed.clock_hz);
    stream->track = track;
    stream->rtx = rtx;
    if (rtx)
        return;
    track->stream = stream;
    if (track->agreed.nack && stream->nacks == NULL) {
        stream->nacks = malloc(sizeof(*stream->nacks)); /* without memory: no repair */
        if (stream->nacks != NULL)
            nack_tracker_init(stream->nacks);
    }
}

/* False: nobody's, or of a section that receives nothing. */
static bool attribute(struct endpoint *endpoint, struct stream *stream,
                      const struct rtp_packet *packet, const struct rtp_extension_values *values)
{
    struct track *track = find_by_mid(endpoint, values->mid);
    bool rtx = false;

    if (track == NULL)
        track = find_by_signalled_ssrc(endpoint, stream->ssrc);
    if (track == NULL)
        track = find_by_payload_type(endpoint, packet->payload_type);
    if (track == NULL || !takes(track, packet->payload_type, &rtx))
        return false;
    attach(stream, track, rtx);
    return true;
}

/* The stream of a packet, with its section up to date: a MID may move it (RFC 8843 §9.2). */
static bool settle(struct endpoint *endpoint, struct stream *stream,
                   const struct rtp_packet *packet, const struct rtp_extension_values *values)
{
    const struct track *track = stream->track;
    bool rtx;

    if (track != NULL && (values->mid[0] == '\0' || strcmp(values->mid, track->agreed.mid) == 0) &&
        takes(track, packet->payload_type, &rtx) && rtx == stream->rtx)
        return true;
    return attribute(endpoint, stream, packet, values);
}

/* -- Delivery -- */

/* False: delivered before, or too old to know. */
static bool mark_delivered(struct stream *stream, int64_t sequence)
{
    uint64_t *word = &stream->delivered[(uint64_t)sequence % DELIVERY_WINDOW / 64];
    uint64_t bit = 1ULL << ((uint64_t)sequence % 64);

    if (!stream->started || sequence - stream->highest >= DELIVERY_WINDOW) {
        memset(stream->delivered, 0, sizeof(stream->delivered));
        stream->highest = sequence;
        stream->started = true;
    } else if (sequence <= stream->highest - DELIVERY_WINDOW) {
        return false;
    }
    for (; stream->highest < sequence; stream->highest++) {
        uint64_t entering = (uint64_t)(stream->highest + 1) % DELIVERY_WINDOW;

        stream->delivered[entering / 64] &= ~(1ULL << (entering % 64));
    }
    if (*word & bit)
        return false;
    *word |= bit;
    return true;
}

static void note_arrival(struct endpoint *endpoint, struct stream *stream, int64_t sequence)
{
    if (stream->nacks == NULL)
        return;
    nack_tracker_received(stream->nacks, sequence, endpoint->now_us);
    if (endpoint_has_gaps(stream) && endpoint->nack_due_us == TIME_NEVER)
        endpoint_wake(endpoint, &endpoint->nack_due_us, endpoint->now_us + NACK_REORDER_US);
}

static void deliver(struct endpoint *endpoint, struct stream *stream,
                    const struct rtp_packet *packet, const struct rtp_extension_values *values,
                    int64_t arrival_us, bool repaired)
{
    struct endpoint_media media = {.track = stream->track->index,
                                   .kind = stream->track->agreed.kind,
                                   .packet = packet,
                                   .extensions = values,
                                   .arrival_us = arrival_us,
                                   .repaired = repaired};

    media.sequence = sequence_unwrap(&stream->unwrapper, packet->sequence);
    if (!mark_delivered(stream, media.sequence)) {
        stream->repaired_duplicates++;
        return;
    }
    note_arrival(endpoint, stream, media.sequence);
    if (repaired) {
        stream->repaired++;
        stream->repaired_bytes += packet->payload_size;
    }
    endpoint->events.on_media(endpoint->arg, &media);
}

/* RFC 4588: the repaired packet takes its place in the main stream. */
static void repair(struct endpoint *endpoint, struct stream *rtx, uint8_t *data, size_t size,
                   const struct rtp_extension_values *values, int64_t arrival_us)
{
    const struct track *track = rtx->track;
    struct stream *main = track->stream;
    struct rtp_packet packet;

    if (main == NULL) {
        endpoint->stats.unknown_ssrc++;
        return;
    }
    if (rtx_unwrap(data, &size, track->agreed.payload_type, main->ssrc) != STATUS_OK ||
        rtp_packet_parse(data, size, &packet) != STATUS_OK) {
        endpoint->stats.malformed++;
        return;
    }
    deliver(endpoint, main, &packet, values, arrival_us, true);
}

static void note_transport_sequence(struct endpoint *endpoint, uint16_t sequence,
                                    int64_t arrival_us)
{
    if (endpoint->feedback == NULL) {
        endpoint->feedback = malloc(sizeof(*endpoint->feedback));
        if (endpoint->feedback == NULL)
            return;
        transport_feedback_init(endpoint->feedback);
    }
    transport_feedback_arrival(endpoint->feedback, sequence, arrival_us);
    if (endpoint->feedback_due_us == TIME_NEVER)
        endpoint_wake(endpoint, &endpoint->feedback_due_us,
                      endpoint->now_us + FEEDBACK_INTERVAL_US);
}

static void take(struct endpoint *endpoint, struct stream *stream, uint8_t *data, size_t size,
                 int64_t arrival_us)
{
    struct rtp_extension_values values;
    struct rtp_packet packet;

    if (rtp_packet_parse(data, size, &packet) != STATUS_OK) {
        endpoint->stats.malformed++;
        return;
    }
    rtp_extension_read(&packet, &endpoint->extensions, &values);
    if (endpoint->transport_cc && values.has_transport_sequence)
        note_transport_sequence(endpoint, values.transport_sequence, arrival_us);
    if (!settle(endpoint, stream, &packet, &values)) {
        endpoint->stats.unknown_ssrc++;
        return;
    }
    if (!receive_stats_packet(&stream->received, &packet, arrival_us))
        return; /* a duplicate, counted there */
    if (!stream->rtx)
        deliver(endpoint, stream, &packet, &values, arrival_us, false);
    else if (packet.payload_size > 0) /* else a probe */
        repair(endpoint, stream, data, size, &values, arrival_us);
}

void endpoint_count_refused(struct endpoint *endpoint, enum status status)
{
    switch (status) {
    case STATUS_REPLAYED:
        endpoint->stats.replayed++;
        break;
    case STATUS_UNAUTHENTIC:
        endpoint->stats.unauthentic++;
        break;
    default:
        endpoint->stats.malformed++;
    }
}

void endpoint_receive_rtp(struct endpoint *endpoint, uint8_t *data, size_t size, int64_t arrival_us)
{
    struct stream *stream;
    enum status status;

    if (size < RTP_HEADER_SIZE) {
        endpoint->stats.malformed++;
        return;
    }
    if (endpoint->crypto == NULL) {
        endpoint->stats.early++;
        return;
    }
    if (endpoint->events.on_wire != NULL)
        endpoint->events.on_wire(endpoint->arg, false, data, size, arrival_us);
    /* libsrtp keeps state for every SSRC that proved authentic: a peer must not have them without
     * end, so a new one is refused before it is decrypted once the table is full. */
    stream = endpoint_find_stream(endpoint, load_u32(data + 8));
    if (stream == NULL && endpoint->stream_count == SSRC_MAX) {
        endpoint->stats.unknown_ssrc++;
        return;
    }
    status = media_crypto_unprotect_rtp(endpoint->crypto, data, &size);
    if (status != STATUS_OK) {
        endpoint_count_refused(endpoint, status);
        return;
    }
    if (endpoint->events.on_tap != NULL)
        endpoint->events.on_tap(endpoint->arg, false, false, data, size, arrival_us);
    endpoint_note_srtp(endpoint);
    if (stream == NULL)
        stream = endpoint_learn_stream(endpoint, load_u32(data + 8));
    if (stream != NULL)
        take(endpoint, stream, data, size, arrival_us);
    else
        endpoint->stats.unknown_ssrc++;
}
