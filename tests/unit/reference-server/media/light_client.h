/* A small WebRTC client for the media plane's tests: one UDP socket, controlling ICE by hand, DTLS
 * client, SRTP. It sends marked packets, can lose some on purpose, answers NACKs when told to, and
 * notes everything that arrives. Not for load. */
#ifndef CASELOAD_TEST_LIGHT_CLIENT_H
#define CASELOAD_TEST_LIGHT_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/webrtc/rtp/packet_history.h"
#include "common/webrtc/rtp/rtcp_packet.h"
#include "common/webrtc/sdp/sdp_negotiate.h"
#include "common/webrtc/transport/certificate.h"
#include "common/webrtc/transport/dtls_session.h"
#include "common/webrtc/transport/media_crypto.h"

#define LIGHT_LOG_MAX 4096
#define LIGHT_SECTIONS_MAX 13

/* One received media packet. */
struct light_packet {
    size_t section; /* of the offer */
    bool marker, rtx, key_frame;
    uint16_t sequence; /* of the original packet */
    uint32_t timestamp;
    uint16_t picture_id;
    uint8_t tl0_pic_idx;
    uint8_t sender; /* the marks that the sending client wrote */
    uint32_t number;
    bool has_audio_level;
    uint8_t audio_level;
    uint16_t transport_sequence;
    char mid[17];
};

struct light_report {
    uint32_t ssrc;
    uint64_t ntp;
    uint32_t timestamp;
};

struct light_client {
    uint8_t name; /* marks its packets */
    int fd;
    struct sockaddr_in server;
    struct certificate *certificate; /* borrowed */
    struct sdp *offer, *answer;      /* owned */
    char *offer_text;                /* owned */
    struct sdp_local local;
    struct sdp_transceiver sections[LIGHT_SECTIONS_MAX];
    size_t section_count;
    struct sdp_agreed agreed[LIGHT_SECTIONS_MAX];
    /* transport */
    bool validated;
    struct dtls_session *dtls;
    struct media_crypto *crypto;
    /* sending: audio is section 0, video section 1 */
    uint16_t sequence[2], rtx_sequence, transport_sequence;
    uint32_t timestamp[2], number[2];
    uint16_t picture_id;
    bool short_picture_id;
    uint8_t tl0_pic_idx;
    struct packet_history *history;
    bool answers_nack;
    /* what arrived */
    size_t packet_count; /* beyond LIGHT_LOG_MAX they are only counted */
    struct light_packet packets[LIGHT_LOG_MAX];
    uint64_t probes; /* padding in streams of retransmissions */
    uint64_t plis, nacked, feedbacks, feedback_arrivals, receiver_reports, foreign_packets;
    size_t report_count;
    struct light_report reports[64];
    struct rtcp_report_block last_block;
};

/* `video_slots` and `audio_slots` receive-only sections behind its own audio and video. */
void light_client_init(struct light_client *client, uint8_t name, struct certificate *certificate,
                       size_t video_slots, size_t audio_slots);
void light_client_finish(struct light_client *client);
const char *light_client_offer(struct light_client *client);
/* Take the answer; connecting begins with the next turn. */
void light_client_answer(struct light_client *client, const char *answer);
/* New ICE credentials (and a new socket with them); then offer and answer again. */
void light_client_restart(struct light_client *client);

/* Read what has arrived, go on connecting. */
void light_client_turn(struct light_client *client);
bool light_client_is_connected(const struct light_client *client);

/* A binding request, as consent asks for it. `pwd` NULL: the right one. */
size_t light_client_stun(struct light_client *client, const char *pwd, uint8_t *data, size_t size);
void light_client_send_raw(struct light_client *client, const void *data, size_t size);

/* One Opus-like packet. `lose`: everything but the sending. */
void light_client_send_audio(struct light_client *client, uint8_t level, bool lose);
/* One packet of VP8; `first` of a frame, `last` of a frame. */
void light_client_send_video(struct light_client *client, bool key_frame, bool first, bool last,
                             bool lose);
/* Padding without payload on the video stream. */
void light_client_send_padding(struct light_client *client);
/* The RTP datagram that would be sent next, encrypted, without sending it. */
size_t light_client_make_audio(struct light_client *client, uint8_t level, uint8_t *data);
/* Encrypt and send whatever `data` holds (room for MEDIA_CRYPTO_OVERHEAD behind it), as RTP or RTCP
 * of this client; nothing when SRTP refuses it. */
void light_client_send_plain(struct light_client *client, bool rtcp, uint8_t *data, size_t size);
void light_client_send_report(struct light_client *client, size_t section, uint64_t ntp,
                              uint32_t timestamp);
void light_client_send_pli(struct light_client *client, size_t section);
void light_client_send_remb(struct light_client *client, uint64_t bps);
void light_client_send_nack(struct light_client *client, size_t section, uint16_t sequence);

/* Of what arrived in one section, how many (retransmissions included). */
size_t light_client_received(const struct light_client *client, size_t section);
/* The newest packet of a section, or NULL. */
const struct light_packet *light_client_newest(const struct light_client *client, size_t section);
uint32_t light_client_slot_ssrc(const struct light_client *client, size_t section);
void light_client_forget_packets(struct light_client *client);

#endif
