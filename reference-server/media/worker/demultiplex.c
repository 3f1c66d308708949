#include "reference-server/media/worker/demultiplex.h"

#include "common/webrtc/transport/ice_lite.h"
#include "common/webrtc/transport/packet_kind.h"
#include "reference-server/media/transport/rtcp_in.h"
#include "reference-server/media/transport/rtp_in.h"
#include "reference-server/media/transport/transport_dtls.h"
#include "reference-server/media/transport/transport_ice.h"

static void on_stun(struct worker_context *context, const struct udp_datagram *datagram)
{
    char ufrag[MEDIA_UFRAG_LENGTH + 1];
    struct server_transport *transport = NULL;

    if (ice_lite_peek_ufrag(datagram->data, datagram->size, ufrag, sizeof ufrag) == STATUS_OK)
        transport = transport_table_by_ufrag(context->transports, ufrag);
    if (transport)
        transport_ice_stun(transport, datagram, ufrag);
    else
        media_drop(context->counters, MEDIA_DROP_stun_unknown);
}

void demultiplex_datagram(struct worker_context *context, const struct udp_datagram *datagram)
{
    enum packet_kind kind = packet_kind(datagram->data, datagram->size);
    struct server_transport *transport;

    if (kind == PACKET_STUN) {
        on_stun(context, datagram);
        return;
    }
    if (kind == PACKET_UNKNOWN) {
        media_drop(context->counters, MEDIA_DROP_unknown_kind);
        return;
    }
    transport = transport_table_by_address(context->transports, &datagram->source);
    if (!transport)
        media_drop(context->counters, MEDIA_DROP_unknown_address);
    else if (kind == PACKET_RTP)
        rtp_in_datagram(transport, datagram);
    else if (kind == PACKET_RTCP)
        rtcp_in_datagram(transport, datagram);
    else
        transport_dtls_datagram(transport, datagram);
}

void demultiplex_record(struct worker_context *context, unsigned from,
                        const struct relay_record *record)
{
    struct source *source = source_find(context, record->source);
    struct media_packet packet;

    if (!source) {
        media_drop(context->counters, MEDIA_DROP_no_route);
        return;
    }
    switch (record->kind) {
    case RELAY_MEDIA:
        if (!source->transport)
            source->worker = from;
        packet = record->packet;
        packet.payload = record->payload;
        source_deliver_here(source, &packet);
        break;
    case RELAY_REPORT:
        source_report(source, record->report.stream, record->report.ntp, record->report.timestamp,
                      record->report.arrival_realtime_us, false);
        break;
    case RELAY_KEY_REQUEST:
        if (source->transport)
            source_request_key_frame(source, record->request.encoding, record->request.fresh);
        break;
    }
}
