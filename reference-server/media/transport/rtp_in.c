#include "reference-server/media/transport/rtp_in.h"

#include "common/webrtc/rtp/packet_history.h"
#include "common/webrtc/rtp/rtp_extension.h"
#include "reference-server/fault.h"
#include "reference-server/media/transport/transport_dtls.h"

static enum media_drop cause_of(enum status status)
{
    switch (status) {
    case STATUS_REPLAYED:
        return MEDIA_DROP_replayed;
    case STATUS_MALFORMED:
        return MEDIA_DROP_malformed;
    default:
        return MEDIA_DROP_unauthentic;
    }
}

static struct inlet *inlet_of(struct server_transport *transport, const struct inlet_place *place)
{
    return &transport->inlets[media_stream(place->kind, place->encoding)];
}

static void forward(struct server_transport *transport, const struct inlet_place *place,
                    int64_t sequence, const struct rtp_packet *rtp,
                    const struct rtp_extension_values *values, const struct udp_datagram *datagram)
{
    struct media_counters *counters = transport->context->counters;
    struct media_packet packet = {
        .kind = place->kind,
        .encoding = (uint8_t)place->encoding,
        .marker = rtp->marker,
        .repaired = place->rtx,
        .epoch = inlet_of(transport, place)->epoch,
        .sequence = sequence,
        .timestamp = rtp->timestamp,
        .stamp_us = datagram->stamp_us,
        .arrival_us = datagram->arrival_us,
        .has_audio_level = values->has_audio_level,
        .voice = values->voice,
        .audio_level = values->audio_level,
        .has_abs_capture_time = values->has_abs_capture_time,
        .abs_capture_time = values->abs_capture_time,
        .payload = rtp->payload,
        .payload_size = rtp->payload_size,
    };

    if (packet.payload_size > RTP_PACKET_MAX || media_packet_inspect(&packet) != STATUS_OK) {
        media_drop(counters, MEDIA_DROP_malformed);
        return;
    }
    if (packet.payload_size == 0)
        media_drop(counters, MEDIA_DROP_padding); /* still delivered: it closes a gap */
    else if (packet.has_audio_level && place->kind == MEDIA_AUDIO && transport->meter)
        voice_meter_note(transport->meter, packet.audio_level);
    source_deliver(transport->source, &packet);
}

/* The gate: nothing passes that the platform has not allowed. */
static void accept_media(struct server_transport *transport, const struct inlet_place *place,
                         const struct rtp_packet *rtp, const struct rtp_extension_values *values,
                         const struct udp_datagram *datagram)
{
    struct media_counters *counters = transport->context->counters;
    struct inlet *inlet = inlet_of(transport, place);
    int64_t sequence;

    enum inlet_verdict verdict =
        inlet_packet(inlet, rtp, place->rtx, datagram->arrival_us, &sequence);
    if (inlet->restarted) {
        inlet->restarted = false;
        source_forget_clock(transport->source, media_stream(place->kind, place->encoding));
    }
    if (verdict != INLET_FRESH) {
        media_drop(counters, verdict == INLET_DUPLICATE ? MEDIA_DROP_duplicate : MEDIA_DROP_late);
        return;
    }
    if (!transport->may_send[place->kind]) {
        media_drop(counters, MEDIA_DROP_send_off);
        return;
    }
    if (inlet->nacks && inlet->nacks->count > 0)
        server_transport_watch_losses(transport);
    forward(transport, place, sequence, rtp, values, datagram);
}

/* In place: the retransmission becomes the packet that was lost (RFC 4588 §4). */
static void accept_repair(struct server_transport *transport, const struct inlet_place *place,
                          const struct udp_datagram *datagram, size_t size)
{
    struct media_counters *counters = transport->context->counters;
    const struct stream_terms *terms = &transport->terms->streams[place->kind];
    const struct inlet *inlet = inlet_of(transport, place);
    struct rtp_extension_values values;
    struct rtp_packet rtp;

    if (!inlet->bound ||
        rtx_unwrap(datagram->data, &size, terms->payload_type, inlet->ssrc) != STATUS_OK ||
        rtp_packet_parse(datagram->data, size, &rtp) != STATUS_OK) {
        media_drop(counters, MEDIA_DROP_padding); /* a probe: nothing was lost */
        return;
    }
    media_count(counters, MEDIA_COUNTER_repaired_in);
    rtp_extension_read(&rtp, &transport->terms->extensions, &values);
    accept_media(transport, place, &rtp, &values, datagram);
}

void rtp_in_datagram(struct server_transport *transport, const struct udp_datagram *datagram)
{
    struct media_counters *counters = transport->context->counters;
    struct rtp_extension_values values;
    struct rtp_packet rtp;
    struct inlet_place place;
    size_t size = datagram->size;

    if (!transport->crypto || transport->state != TRANSPORT_CONNECTED) {
        media_drop(counters, MEDIA_DROP_before_keys);
        return;
    }
    enum status status = media_crypto_unprotect_rtp(transport->crypto, datagram->data, &size);
    if (status == STATUS_OK)
        status = rtp_packet_parse(datagram->data, size, &rtp);
    if (status != STATUS_OK) {
        media_drop(counters, cause_of(status));
        return;
    }
    if (fault_loses(rtp.sequence)) {
        media_drop(counters, MEDIA_DROP_lost_on_purpose);
        return;
    }
    media_count(counters, MEDIA_COUNTER_rtp_in);
    transport_dtls_heard_srtp(transport);
    rtp_extension_read(&rtp, &transport->terms->extensions, &values);
    if (values.has_transport_sequence)
        transport_feedback_arrival(&transport->feedback, values.transport_sequence,
                                   datagram->arrival_us);
    if (!inlet_find(transport->inlets, transport->terms, &rtp, &values, &place))
        media_drop(counters, MEDIA_DROP_unknown_stream);
    else if (place.rtx)
        accept_repair(transport, &place, datagram, size);
    else
        accept_media(transport, &place, &rtp, &values, datagram);
}
