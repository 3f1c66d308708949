/* One slot of one receiver on the wire: applies the slot's numbers to a source's packet, writes the
 * receiver's payload type, SSRC and header extensions, keeps video for retransmission (outlet.c).
 * Which encoding and temporal layer it shows follows from its target (outlet_layers.c). */
#ifndef CASELOAD_OUTLET_H
#define CASELOAD_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/webrtc/rtp/packet_history.h"
#include "reference-server/media/forward/layer_choice.h"
#include "reference-server/media/forward/layer_filter.h"
#include "reference-server/media/forward/media_packet.h"
#include "reference-server/media/forward/slot.h"
#include "reference-server/media/transport/rtcp_out.h"

/* Packets kept per video slot: two seconds at 500 kbit/s, half a second at 2 Mbit/s. */
#define OUTLET_HISTORY_PACKETS 128

struct server_transport;
struct source;

struct outlet {
    struct server_transport *transport; /* the receiver's; borrowed */
    const struct slot_terms *terms;     /* borrowed from the transport */
    struct slot slot;
    struct source *source;          /* NULL: empty */
    size_t place;                   /* among the source's subscribers */
    struct packet_history *history; /* owned; NULL until the first video packet */
    uint16_t rtx_sequence;
    uint64_t target_bps; /* video: what may flow here; LAYER_UNLIMITED at first */
    struct layer_choice choice;
    struct layer_filter filter;
    uint8_t shown_before;     /* the encoding that flowed last, of this source; LAYER_NONE */
    uint32_t packets, octets; /* as sender reports count them */
    bool paused;              /* its source is there, but the path does not carry it */
    bool report_owed;         /* switched, but the source's clock was not known yet */
};

void outlet_init(struct outlet *outlet, struct server_transport *transport,
                 const struct slot_terms *terms, uint64_t random);
void outlet_finish(struct outlet *outlet);

/* At most so many bit/s from now on, of a video slot: by choosing among the encodings and temporal
 * layers that its source sends. A source that sends only one flows whole. Whoever knows what the
 * whole receiver may get calls transport_budget_set, which shares it among the slots. */
void outlet_set_target(struct outlet *outlet, uint64_t bits_per_second);
/* What everything its source sends would take, bit/s; 0: an empty slot, or one of audio. */
uint64_t outlet_video_need(const struct outlet *outlet);
/* The next source's layers are others. */
void outlet_forget_layers(struct outlet *outlet);
/* Look again at what its source sends. */
void outlet_choose_layer(struct outlet *outlet);
/* The receiver needs a key frame of what this slot shows, or waits to show. */
void outlet_request_key_frame(struct outlet *outlet);
/* Likewise the slot itself, which begins (or waits) to show something; `fresh`: it has just got its
 * source. */
void outlet_request_first_key_frame(struct outlet *outlet, bool fresh);

/* What the lowest that its source offers would take, bit/s; 0: an empty slot, one of audio, or not
 * measured yet. */
uint64_t outlet_video_least(const struct outlet *outlet);
/* Likewise everything its source sends; 0 while that is not known. */
uint64_t outlet_video_known_need(const struct outlet *outlet);
/* Nothing of its source flows until that is taken back; then it begins with a key frame. */
void outlet_set_paused(struct outlet *outlet, bool paused);

/* Its source feeds it no longer: nothing of that source goes out any more, repeated or not. */
void outlet_leave_source(struct outlet *outlet);
/* Rewrite, encrypt and queue one packet. True: it is the first of a switch. */
bool outlet_forward(struct outlet *outlet, const struct media_packet *packet);
/* The same although no route says so (leak.h): no key frame is waited for. False: nothing went out.
 */
bool outlet_leak(struct outlet *outlet, const struct media_packet *packet);
/* Answer a NACK for one sequence number (RFC 4588). False: cannot. `*ret_stale` (set then): so long
 * ago that only a key frame helps. */
bool outlet_retransmit(struct outlet *outlet, uint16_t sequence, int64_t min_interval_us,
                       bool *ret_stale);
/* One packet of nothing but padding, in the stream of retransmissions (RFC 4588 packets that repair
 * nothing): what arrives of it tells what the path carries. False: it could not be sent. */
bool outlet_pad(struct outlet *outlet);
/* False while nothing flows or the source's clock is unknown. */
bool outlet_sender_report(const struct outlet *outlet, int64_t realtime_us,
                          struct rtcp_sender *ret_sender);

#endif
