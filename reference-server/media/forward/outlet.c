#include "reference-server/media/forward/outlet.h"

#include <assert.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/webrtc/rtp/rtp_extension.h"
#include "common/webrtc/rtp/rtp_packet.h"
#include "reference-server/fault.h"
#include "reference-server/media/forward/layer_budget.h"
#include "reference-server/media/transport/server_transport.h"
#include "reference-server/media/transport/transport_reports.h"

#define SKEW_US (100 * US_PER_MS) /* fault.h: skew-reports */
/* How far back a NACK is merely early, repeated or about a packet that is still missing upstream.
 */
enum { RECENT_PACKETS = OUTLET_HISTORY_PACKETS };

void outlet_init(struct outlet *outlet, struct server_transport *transport,
                 const struct slot_terms *terms, uint64_t random)
{
    *outlet =
        (struct outlet){.transport = transport, .terms = terms, .target_bps = LAYER_UNLIMITED};
    /* Below 2^15, so that the receiver cannot take the first packets for a wrap (RFC 3711 §3.3.1).
     */
    slot_init(&outlet->slot, terms->kind == MEDIA_VIDEO, terms->clock_hz, random & 0x7fff,
              (uint32_t)(random >> 16), (uint16_t)(random >> 48));
    outlet->rtx_sequence = (random >> 33) & 0x7fff;
    outlet_forget_layers(outlet);
}

void outlet_finish(struct outlet *outlet)
{
    source_detach(outlet);
    packet_history_destroy(outlet->history);
    outlet->history = NULL;
}

void outlet_leave_source(struct outlet *outlet)
{
    slot_restart(&outlet->slot);
    outlet_forget_layers(outlet);
    outlet->report_owed = false;
    if (outlet->history)
        packet_history_forget(outlet->history);
}

/* -- Writing -- */

static void fill_extensions(struct outlet *outlet, struct rtp_extension_values *values)
{
    memcpy(values->mid, outlet->terms->mid, sizeof values->mid);
    values->has_abs_send_time = true;
    values->abs_send_time = outlet->transport->context->abs_send_time;
    values->has_transport_sequence = true;
    values->transport_sequence = outlet->transport->estimate.sequence;
}

/* A PictureID of 7 bits grows to 15, which makes the payload a byte longer. */
static size_t widen_descriptor(const struct media_packet *packet,
                               const struct slot_numbers *numbers, uint8_t *payload, size_t size)
{
    struct vp8_descriptor vp8 = packet->vp8;
    uint8_t written[VP8_DESCRIPTOR_MAX];

    vp8.picture_id = numbers->picture_id;
    vp8.tl0_pic_idx = numbers->tl0_pic_idx;
    size_t head = vp8_descriptor_write(&vp8, written, sizeof written);
    size_t rest = packet->payload_size - packet->vp8.size;
    if (head + rest > size)
        return 0;
    memcpy(payload, written, head);
    memcpy(payload + head, packet->payload + packet->vp8.size, rest);
    return head + rest;
}

/* The packet in the receiver's terms, plaintext, in the port's reserved buffer. 0: too large. */
static size_t compose(struct outlet *outlet, const struct media_packet *packet,
                      const struct slot_numbers *numbers, uint8_t *data)
{
    struct rtp_extension_values values = {
        .has_audio_level = packet->has_audio_level,
        .audio_level = packet->audio_level,
        .voice = packet->voice,
        .has_abs_capture_time = packet->has_abs_capture_time,
        .abs_capture_time = packet->abs_capture_time,
    };
    uint8_t extensions[RTP_EXTENSION_BLOCK_MAX];
    uint8_t widened[RTP_PACKET_MAX];
    bool is_video = packet->kind == MEDIA_VIDEO;
    size_t size;

    fill_extensions(outlet, &values);
    struct rtp_packet rtp = {
        .marker = packet->marker,
        .payload_type = outlet->terms->payload_type,
        .sequence = numbers->sequence,
        .timestamp = numbers->timestamp,
        .ssrc = outlet->terms->ssrc,
        .extension_profile = 0xBEDE,
        .extensions = extensions,
        .extensions_size = rtp_extension_write(&outlet->terms->extensions, &values, extensions,
                                               sizeof extensions, NULL),
        .payload = packet->payload,
        .payload_size = packet->payload_size,
    };
    bool widen = is_video && packet->vp8.has_picture_id && !packet->vp8.picture_id_15bit;
    if (widen) {
        rtp.payload = widened;
        rtp.payload_size = widen_descriptor(packet, numbers, widened, sizeof widened);
    }
    if (rtp.payload_size == 0 || rtp_packet_write(&rtp, data, RTP_PACKET_MAX, &size) != STATUS_OK)
        return 0;
    if (is_video && !widen)
        vp8_descriptor_rewrite(data + size - rtp.payload_size, &packet->vp8, numbers->picture_id,
                               numbers->tl0_pic_idx);
    return size;
}

/* What had been lost upstream is missed here too: NACKs for it are on their way and must not bring
 * it a second time. */
static void keep(struct outlet *outlet, uint16_t sequence, bool repaired, const uint8_t *data,
                 size_t size)
{
    int64_t now_us = outlet->transport->context->now_us;

    if (outlet->terms->rtx_payload_type == 0)
        return;
    if (!outlet->history)
        outlet->history = packet_history_create(OUTLET_HISTORY_PACKETS);
    if (!outlet->history)
        return;
    packet_history_store(outlet->history, sequence, data, size, NULL, now_us);
    if (repaired)
        packet_history_note_repair(outlet->history, sequence, now_us);
}

static bool send_rewritten(struct outlet *outlet, const struct media_packet *packet,
                           const struct slot_numbers *numbers)
{
    struct worker_context *context = outlet->transport->context;
    uint8_t *data = udp_port_reserve(context->port);
    size_t size = compose(outlet, packet, numbers, data);

    if (size == 0) {
        media_drop(context->counters, MEDIA_DROP_too_large);
        return false;
    }
    keep(outlet, numbers->sequence, packet->repaired, data, size);
    if (!server_transport_send_rtp(outlet->transport, packet->kind, size, packet->stamp_us))
        return false;
    outlet->packets++;
    outlet->octets += (uint32_t)packet->payload_size;
    return true;
}

/* A packet of nothing but padding, of the media's stream or of its retransmissions. */
static bool send_padding_of(struct outlet *outlet, uint8_t payload_type, uint32_t ssrc,
                            uint16_t sequence, uint32_t timestamp, uint8_t padding_size)
{
    struct worker_context *context = outlet->transport->context;
    struct rtp_extension_values values = {0};
    uint8_t extensions[RTP_EXTENSION_BLOCK_MAX];
    size_t size;

    fill_extensions(outlet, &values);
    struct rtp_packet rtp = {
        .payload_type = payload_type,
        .sequence = sequence,
        .timestamp = timestamp,
        .ssrc = ssrc,
        .extension_profile = 0xBEDE,
        .extensions = extensions,
        .extensions_size = rtp_extension_write(&outlet->terms->extensions, &values, extensions,
                                               sizeof extensions, NULL),
        .padding_size = padding_size,
    };
    return rtp_packet_write(&rtp, udp_port_reserve(context->port), RTP_PACKET_MAX, &size) ==
               STATUS_OK &&
           server_transport_send_rtp(outlet->transport, outlet->terms->kind, size, 0);
}

/* A number that somebody waits for and that has nothing to carry. Not kept
 * for retransmission: one that gets lost again is no loss. */
static void send_padding(struct outlet *outlet, const struct slot_numbers *numbers)
{
    send_padding_of(outlet, outlet->terms->payload_type, outlet->terms->ssrc, numbers->sequence,
                    numbers->timestamp, 1);
}

/* -- Forwarding -- */

/* An encoding has a numbering of its own, like another source. */
static uint32_t epoch_of(const struct media_packet *packet)
{
    return packet->epoch * LAYER_ENCODINGS_MAX + packet->encoding;
}

static struct slot_packet describe(const struct media_packet *packet)
{
    return (struct slot_packet){
        .sequence = packet->sequence,
        .timestamp = packet->timestamp,
        .epoch = epoch_of(packet),
        .starts_key_frame = packet->starts_key_frame,
        .vp8 = packet->kind == MEDIA_VIDEO && packet->payload_size > 0 ? &packet->vp8 : NULL,
        .arrival_us = packet->arrival_us,
    };
}

static enum slot_verdict rewrite(struct outlet *outlet, const struct media_packet *packet,
                                 bool starts, struct slot_numbers *ret_numbers)
{
    struct slot_packet in = describe(packet);

    in.starts_key_frame = starts;
    return slot_rewrite(&outlet->slot, &in, ret_numbers);
}

static void note_refusal(struct outlet *outlet, enum slot_verdict verdict)
{
    struct media_counters *counters = outlet->transport->context->counters;

    if (verdict == SLOT_LATE) {
        media_drop(counters, MEDIA_DROP_late);
        return;
    }
    media_drop(counters, MEDIA_DROP_waiting_for_key_frame);
    layer_filter_restart(&outlet->filter);
    outlet_request_first_key_frame(outlet, false); /* the first one may have been lost */
}

static void note_switch(struct outlet *outlet)
{
    struct media_counters *counters = outlet->transport->context->counters;
    bool same_source = outlet->shown_before != LAYER_NONE;

    media_count(counters, same_source && outlet->shown_before != outlet->filter.showing
                              ? MEDIA_COUNTER_layer_switches
                              : MEDIA_COUNTER_slot_switches);
    outlet->shown_before = outlet->filter.showing;
    outlet->report_owed = !transport_reports_slot(outlet);
}

/* -- Layers -- */

/* Another encoding begins to flow: on the same axis of time, when its clock is known. */
static void change_encoding(struct outlet *outlet, const struct media_packet *packet)
{
    uint32_t step;

    if (outlet->shown_before == packet->encoding || !outlet->slot.synced)
        return;
    if (outlet->shown_before != LAYER_NONE &&
        source_clock_step(&outlet->source->clock, media_stream(MEDIA_VIDEO, outlet->shown_before),
                          media_stream(MEDIA_VIDEO, packet->encoding), outlet->slot.clock_hz,
                          &step))
        slot_change(&outlet->slot, step);
    else
        slot_restart(&outlet->slot);
}

/* What is left out leaves no gap, and where it left one already (it was lost on its way here, and
 * repaired too late) padding fills it: nobody asks for it then. */
static void leave_out(struct outlet *outlet, const struct media_packet *packet)
{
    struct slot_packet in = describe(packet);
    struct slot_numbers hole;

    if (fault_is_on(FAULT_BREAK_PICTURE_ID))
        in.vp8 = NULL;
    if (slot_skip(&outlet->slot, &in, &hole) || !server_transport_is_open(outlet->transport) ||
        outlet->terms->payload_type == 0)
        return;
    send_padding(outlet, &hole);
}

/* True: the packet belongs to what this slot shows. */
static bool passes(struct outlet *outlet, const struct media_packet *packet)
{
    struct media_counters *counters = outlet->transport->context->counters;
    const struct vp8_descriptor *vp8 = &packet->vp8;
    const struct layer_packet in = {
        .encoding = packet->encoding,
        .temporal = vp8->temporal_id,
        .sync = vp8->layer_sync,
        .starts_frame = vp8->start_of_partition && vp8->partition == 0,
        .starts_key_frame = packet->starts_key_frame,
        .repaired = packet->repaired,
        .timestamp = packet->timestamp,
    };

    switch (layer_filter_packet(&outlet->filter, &in)) {
    case LAYER_PASS:
        return true;
    case LAYER_SWITCH:
        change_encoding(outlet, packet);
        return true;
    case LAYER_THIN:
        media_drop(counters, MEDIA_DROP_thinned);
        leave_out(outlet, packet);
        return false;
    case LAYER_WAITS:
        outlet_request_first_key_frame(outlet, false); /* it may have been lost */
        if (outlet->filter.showing == LAYER_NONE) {
            media_drop(counters, MEDIA_DROP_waiting_for_key_frame);
            return false;
        }
        break;
    case LAYER_OTHER:
        break;
    }
    media_drop(counters, MEDIA_DROP_other_encoding);
    return false;
}

bool outlet_forward(struct outlet *outlet, const struct media_packet *packet)
{
    struct media_counters *counters = outlet->transport->context->counters;
    struct slot_numbers numbers;

    if (packet->payload_size == 0) {
        leave_out(outlet, packet);
        return false;
    }
    if (outlet->paused) {
        media_drop(counters, MEDIA_DROP_withheld);
        return false;
    }
    if (!server_transport_is_open(outlet->transport) || outlet->terms->payload_type == 0) {
        media_drop(counters, MEDIA_DROP_receiver_not_connected);
        return false;
    }
    if (packet->kind == MEDIA_VIDEO && !passes(outlet, packet))
        return false;
    enum slot_verdict verdict = rewrite(outlet, packet, packet->starts_key_frame, &numbers);
    if (verdict != SLOT_FORWARD) {
        note_refusal(outlet, verdict);
        return false;
    }
    if (send_rewritten(outlet, packet, &numbers))
        media_count(counters, MEDIA_COUNTER_rtp_forwarded);
    if (numbers.switched)
        note_switch(outlet);
    return numbers.switched;
}

bool outlet_leak(struct outlet *outlet, const struct media_packet *packet)
{
    struct slot_numbers numbers;
    bool sent = false;

    if (packet->payload_size == 0 || !server_transport_is_open(outlet->transport) ||
        outlet->terms->payload_type == 0)
        return false;
    slot_restart(&outlet->slot);
    if (rewrite(outlet, packet, true, &numbers) == SLOT_FORWARD)
        sent = send_rewritten(outlet, packet, &numbers);
    if (sent)
        media_count(outlet->transport->context->counters, MEDIA_COUNTER_rtp_leaked);
    slot_restart(&outlet->slot);
    return sent;
}

/* -- Retransmission -- */

/* The stored packet with the send time and transport number of now, as its retransmission. */
static size_t compose_again(struct outlet *outlet, const uint8_t *stored, size_t stored_size,
                            uint8_t *data)
{
    struct rtp_extension_values values;
    uint8_t extensions[RTP_EXTENSION_BLOCK_MAX];
    uint8_t original[RTP_PACKET_MAX];
    struct rtp_packet rtp;
    size_t size;

    if (rtp_packet_parse(stored, stored_size, &rtp) != STATUS_OK)
        return 0;
    rtp_extension_read(&rtp, &outlet->terms->extensions, &values);
    fill_extensions(outlet, &values);
    rtp.extensions = extensions;
    rtp.extensions_size = rtp_extension_write(&outlet->terms->extensions, &values, extensions,
                                              sizeof extensions, NULL);
    if (rtp_packet_write(&rtp, original, sizeof original, &size) != STATUS_OK ||
        rtx_wrap(original, size, outlet->terms->rtx_payload_type, outlet->terms->rtx_ssrc,
                 outlet->rtx_sequence, data, RTP_PACKET_MAX, &size) != STATUS_OK)
        return 0;
    return size;
}

bool outlet_retransmit(struct outlet *outlet, uint16_t sequence, int64_t min_interval_us,
                       bool *ret_stale)
{
    struct worker_context *context = outlet->transport->context;
    struct transport_estimate *estimate = &outlet->transport->estimate;
    uint32_t sent_before = estimate->tick_bytes;
    const uint8_t *stored = NULL;
    size_t size = 0;

    *ret_stale = false;
    if (!resend_allowance_is_open(&estimate->resends))
        return false;
    if (outlet->history)
        stored =
            packet_history_take(outlet->history, sequence, context->now_us, min_interval_us, &size);
    if (!stored) {
        uint16_t behind = (uint16_t)((uint16_t)outlet->slot.last_sequence - sequence);
        *ret_stale = !outlet->history || behind >= RECENT_PACKETS;
        return false;
    }
    size = compose_again(outlet, stored, size, udp_port_reserve(context->port));
    if (size == 0) {
        media_drop(context->counters, MEDIA_DROP_too_large);
        return false;
    }
    if (!server_transport_send_rtp(outlet->transport, outlet->terms->kind, size, 0))
        return false;
    outlet->rtx_sequence++;
    resend_allowance_take(&estimate->resends, estimate->tick_bytes - sent_before);
    media_count(context->counters, MEDIA_COUNTER_retransmitted);
    return true;
}

/* -- Padding -- */

bool outlet_pad(struct outlet *outlet)
{
    if (!send_padding_of(outlet, outlet->terms->rtx_payload_type, outlet->terms->rtx_ssrc,
                         outlet->rtx_sequence, outlet->slot.last_timestamp, UINT8_MAX))
        return false;
    outlet->rtx_sequence++;
    media_count(outlet->transport->context->counters, MEDIA_COUNTER_padded);
    return true;
}

static unsigned shown_stream(const struct outlet *outlet)
{
    bool shows = outlet->slot.video && outlet->filter.showing < LAYER_ENCODINGS_MAX;

    return media_stream(outlet->terms->kind, shows ? outlet->filter.showing : 0);
}

bool outlet_sender_report(const struct outlet *outlet, int64_t realtime_us,
                          struct rtcp_sender *ret_sender)
{
    uint32_t timestamp;

    if (!outlet->source || !outlet->slot.synced || outlet->packets == 0 ||
        !source_clock_timestamp(&outlet->source->clock, shown_stream(outlet), outlet->slot.clock_hz,
                                realtime_us, &timestamp))
        return false;
    if (!outlet->slot.video && fault_is_on(FAULT_SKEW_REPORTS))
        realtime_us += SKEW_US;
    *ret_sender = (struct rtcp_sender){
        .ssrc = outlet->terms->ssrc,
        .ntp = ntp_from_realtime_us(realtime_us),
        .timestamp = timestamp + outlet->slot.timestamp_shift,
        .packets = outlet->packets,
        .octets = outlet->octets,
    };
    return true;
}
