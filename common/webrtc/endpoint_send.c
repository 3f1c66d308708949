#include <assert.h>
#include <stdalign.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/webrtc/endpoint_private.h"

/* A NACK for what was sent again so recently is an echo of the same loss. */
#define RESEND_INTERVAL_MIN_US (10 * US_PER_MS)
#define AUTH_TAG_MAX 16 /* GCM's; the older suite adds 10 */

/* RTP is built, encrypted and forgotten here: one buffer for all endpoints of the process. */
static alignas(8) uint8_t scratch[RTP_PACKET_MAX + MEDIA_CRYPTO_OVERHEAD];

/* -- Header extensions -- */

/* 24 bits, 6.18 fixed point seconds of any clock that runs evenly. */
static uint32_t abs_send_time(int64_t now_us)
{
    return (uint32_t)((((uint64_t)now_us << 18) / US_PER_S) & 0xffffff);
}

static size_t write_extensions(struct endpoint *endpoint, const struct track *track,
                               const struct endpoint_outgoing *outgoing, uint8_t *block)
{
    const struct rtp_extension_map *map = &track->agreed.extensions;
    struct rtp_extension_values values;

    values.rid[0] = values.repaired_rid[0] = '\0';
    if (track->sends_rid)
        memcpy(values.rid, track->rid, sizeof(values.rid));
    memcpy(values.mid, track->agreed.mid, sizeof(values.mid));
    values.has_audio_level = outgoing->has_audio_level;
    values.audio_level = outgoing->audio_level;
    values.voice = outgoing->voice;
    values.has_abs_send_time = true;
    values.abs_send_time = abs_send_time(endpoint->now_us);
    values.has_transport_sequence = map->id[RTP_EXTENSION_TRANSPORT_CC] != 0;
    values.transport_sequence = endpoint->transport_sequence;
    values.has_abs_capture_time = outgoing->capture_realtime_us != 0;
    if (values.has_abs_capture_time)
        values.abs_capture_time = ntp_from_realtime_us(outgoing->capture_realtime_us);
    endpoint->transport_sequence += values.has_transport_sequence;
    return rtp_extension_write(map, &values, block, RTP_EXTENSION_BLOCK_MAX, NULL);
}

/* The element of `extension` in a packet that we wrote ourselves (one-byte form), or NULL. */
static uint8_t *find_element(uint8_t *packet, const struct rtp_packet *parsed, uint8_t id)
{
    uint8_t *at = packet + (parsed->extensions - (const uint8_t *)packet);
    const uint8_t *end = at + parsed->extensions_size;

    while (id != 0 && at < end) {
        if (at[0] >> 4 == id)
            return at + 1;
        at += at[0] == 0 ? 1 : 2 + (at[0] & 15);
    }
    return NULL;
}

/* A retransmission is a transmission of its own to congestion control. */
static void restamp(struct endpoint *endpoint, const struct track *track, uint8_t *packet,
                    size_t size)
{
    const uint8_t *ids = track->agreed.extensions.id;
    struct rtp_packet parsed;
    uint8_t *element;

    if (rtp_packet_parse(packet, size, &parsed) != STATUS_OK || parsed.extensions_size == 0)
        return;
    element = find_element(packet, &parsed, ids[RTP_EXTENSION_TRANSPORT_CC]);
    if (element != NULL)
        store_u16(element, endpoint->transport_sequence++);
    element = find_element(packet, &parsed, ids[RTP_EXTENSION_RID]);
    if (element != NULL && ids[RTP_EXTENSION_REPAIRED_RID] != 0) /* RFC 8852 §3.2 */
        element[-1] = (uint8_t)(ids[RTP_EXTENSION_REPAIRED_RID] << 4 | (element[-1] & 15));
    element = find_element(packet, &parsed, ids[RTP_EXTENSION_ABS_SEND_TIME]);
    if (element != NULL) {
        struct byte_writer writer = byte_writer(element, 3);

        write_u24(&writer, abs_send_time(endpoint->now_us));
    }
}

/* -- First transmissions -- */

static enum status build(struct endpoint *endpoint, struct track *track,
                         const struct endpoint_outgoing *outgoing, size_t *ret_size)
{
    alignas(4) uint8_t block[RTP_EXTENSION_BLOCK_MAX];
    struct rtp_packet packet = {.marker = outgoing->marker,
                                .payload_type = track->agreed.payload_type,
                                .sequence = track->sequence,
                                .timestamp = outgoing->timestamp,
                                .ssrc = track->ssrc,
                                .extension_profile = 0xBEDE,
                                .extensions = block,
                                .payload = outgoing->payload,
                                .payload_size = outgoing->payload_size,
                                .padding_size = outgoing->padding_size};

    /* Checked before a transport sequence number is used up. */
    if (RTP_HEADER_SIZE + 4 + RTP_EXTENSION_BLOCK_MAX + outgoing->payload_size +
            outgoing->padding_size + AUTH_TAG_MAX >
        RTP_PACKET_MAX)
        return STATUS_TOO_LARGE;
    packet.extensions_size = write_extensions(endpoint, track, outgoing, block);
    return rtp_packet_write(&packet, scratch, RTP_PACKET_MAX, ret_size);
}

static void note_sent(struct endpoint *endpoint, struct track *track,
                      const struct endpoint_outgoing *outgoing)
{
    bool first = track->stats.packets_sent == 0;

    track->sequence++;
    track->timestamp = outgoing->timestamp;
    track->timestamp_us = outgoing->capture_realtime_us != 0
                              ? outgoing->capture_realtime_us - endpoint->realtime_offset_us
                              : endpoint->now_us;
    track->report_packets++;
    track->report_bytes += (uint32_t)outgoing->payload_size;
    track->stats.packets_sent++;
    track->stats.bytes_sent += outgoing->payload_size;
    if (first)
        endpoint_report_soon(endpoint, endpoint->now_us);
}

/* Protect `scratch` in place; `history` (may be NULL) keeps the ciphertext. */
static enum status protect_and_send(struct endpoint *endpoint, struct packet_history *history,
                                    uint16_t sequence, size_t size)
{
    enum status status;

    if (endpoint->events.on_tap != NULL)
        endpoint->events.on_tap(endpoint->arg, true, false, scratch, size, endpoint->now_us);
    status = media_crypto_protect_rtp(endpoint->crypto, scratch, &size);
    if (status != STATUS_OK) {
        endpoint->stats.send_refused++;
        return status;
    }
    if (history != NULL)
        packet_history_store(history, sequence, scratch, size, NULL, endpoint->now_us);
    if (endpoint->events.on_wire != NULL)
        endpoint->events.on_wire(endpoint->arg, true, scratch, size, endpoint->now_us);
    return endpoint_send_wire(endpoint, scratch, size);
}

/* What `scratch` holds, for RTX. */
static void keep_plain(struct track *track, uint16_t sequence,
                       const struct endpoint_outgoing *outgoing, size_t size, int64_t now_us)
{
    struct packet_part shared = outgoing->shared;

    shared.at += size - outgoing->padding_size - outgoing->payload_size;
    packet_history_store(track->history, sequence, scratch, size, &shared, now_us);
}

static struct track *find_encoding(const struct endpoint *endpoint, size_t index, unsigned encoding)
{
    if (encoding == 0)
        return endpoint->tracks[index];
    for (size_t i = 0; i < endpoint->extra_count; i++)
        if (endpoint->extras[i]->index == index && endpoint->extras[i]->encoding == encoding)
            return endpoint->extras[i];
    return NULL;
}

bool endpoint_takes_encoding(const struct endpoint *endpoint, size_t track, unsigned encoding)
{
    const struct track *sender;

    assert(track < endpoint->track_count);
    sender = find_encoding(endpoint, track, encoding);
    return sender != NULL && sender->agreed.may_send;
}

enum status endpoint_send(struct endpoint *endpoint, const struct endpoint_outgoing *outgoing,
                          int64_t now_us)
{
    struct track *track;
    uint16_t sequence;
    bool with_rtx;
    size_t size;
    enum status status;

    assert(outgoing->track < endpoint->track_count);
    track = find_encoding(endpoint, outgoing->track, outgoing->encoding);
    assert(track != NULL);
    if (endpoint->state != ENDPOINT_CONNECTED || !track->agreed.may_send)
        return STATUS_CONFLICT;
    endpoint->now_us = now_us;
    status = build(endpoint, track, outgoing, &size);
    if (status != STATUS_OK)
        return status;
    sequence = track->sequence;
    note_sent(endpoint, track, outgoing);
    with_rtx = track->agreed.rtx_payload_type != 0;
    if (track->history != NULL && with_rtx)
        keep_plain(track, sequence, outgoing, size, now_us);
    return protect_and_send(endpoint, with_rtx ? NULL : track->history, sequence, size);
}

/* -- Retransmissions -- */

static enum status resend_as_rtx(struct endpoint *endpoint, struct track *track,
                                 const uint8_t *packet, size_t size)
{
    enum status status =
        rtx_wrap(packet, size, track->agreed.rtx_payload_type, track->rtx_ssrc, track->rtx_sequence,
                 scratch, RTP_PACKET_MAX - AUTH_TAG_MAX, &size);

    if (status != STATUS_OK)
        return status;
    track->rtx_sequence++;
    restamp(endpoint, track, scratch, size);
    return protect_and_send(endpoint, NULL, 0, size);
}

void endpoint_retransmit(struct endpoint *endpoint, struct track *track, uint16_t sequence)
{
    int64_t interval_us = endpoint->round_trip_us > RESEND_INTERVAL_MIN_US ? endpoint->round_trip_us
                                                                           : RESEND_INTERVAL_MIN_US;
    const uint8_t *packet;
    size_t size = 0;
    enum status status;

    if (track->history == NULL || !track->agreed.may_send)
        return;
    packet = packet_history_take(track->history, sequence, endpoint->now_us, interval_us, &size);
    if (packet == NULL)
        return;
    /* Without RTX the ciphertext goes out unchanged: encrypting anything anew under a used
     * sequence number would reuse GCM's nonce. */
    if (track->agreed.rtx_payload_type != 0) {
        status = resend_as_rtx(endpoint, track, packet, size);
    } else {
        if (endpoint->events.on_wire != NULL)
            endpoint->events.on_wire(endpoint->arg, true, packet, size, endpoint->now_us);
        status = endpoint_send_wire(endpoint, packet, size);
    }
    track->stats.retransmitted_packets_sent += status == STATUS_OK;
}
