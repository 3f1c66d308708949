#include "tests/unit/reference-server/media/light_client.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/buffer.h"
#include "common/base/bytes.h"
#include "common/base/random.h"
#include "common/webrtc/codec/vp8_payload.h"
#include "common/webrtc/rtp/rtp_packet.h"
#include "common/webrtc/transport/packet_kind.h"

enum { AUDIO, VIDEO, PAYLOAD_SIZE = 600 };

/* -- Descriptions ------------------------------------------------------------------------------ */

static void open_socket(struct light_client *client)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    client->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_ge(client->fd, 0);
    ck_assert_int_eq(bind(client->fd, (struct sockaddr *)&any, sizeof any), 0);
}

static void new_credentials(struct light_client *client)
{
    ck_assert_int_eq(random_secret_text(client->local.ice_ufrag, 6), STATUS_OK);
    ck_assert_int_eq(random_secret_text(client->local.ice_pwd, 24), STATUS_OK);
}

static uint32_t new_number(void)
{
    uint32_t number;
    ck_assert_int_eq(random_secret(&number, sizeof number), STATUS_OK);
    return number | 1;
}

void light_client_init(struct light_client *client, uint8_t name, struct certificate *certificate,
                       size_t video_slots, size_t audio_slots)
{
    memset(client, 0, sizeof *client);
    client->name = name;
    client->certificate = certificate;
    client->offer = calloc(1, sizeof *client->offer);
    client->answer = calloc(1, sizeof *client->answer);
    client->history = packet_history_create(512);
    ck_assert(client->offer && client->answer && client->history);
    open_socket(client);
    new_credentials(client);
    snprintf(client->local.session_id, sizeof client->local.session_id, "%u", new_number());
    strcpy(client->local.fingerprint_hash, "sha-256");
    strcpy(client->local.fingerprint, certificate_fingerprint(certificate));
    strcpy(client->local.cname, "light");
    client->section_count = 2 + video_slots + audio_slots;
    ck_assert_uint_le(client->section_count, LIGHT_SECTIONS_MAX);
    for (size_t i = 0; i < client->section_count; i++) {
        struct sdp_transceiver *section = &client->sections[i];
        section->kind = i == VIDEO || (i > VIDEO && i < 2 + video_slots) ? SDP_VIDEO : SDP_AUDIO;
        section->direction = i < 2 ? SDP_SENDONLY : SDP_RECVONLY;
        snprintf(section->mid, sizeof section->mid, "%zu", i);
        section->ssrc = i < 2 ? new_number() : 0;
        section->rtx_ssrc = i == VIDEO ? new_number() : 0;
        strcpy(section->stream_id, i < 2 ? "own" : "");
    }
    for (int i = 0; i < 2; i++) {
        client->sequence[i] = (uint16_t)(new_number() & 0x7fff);
        client->timestamp[i] = new_number();
    }
    client->picture_id = (uint16_t)(new_number() & 0x7fff);
    client->tl0_pic_idx = (uint8_t)new_number();
}

void light_client_finish(struct light_client *client)
{
    dtls_session_destroy(client->dtls);
    media_crypto_destroy(client->crypto);
    packet_history_destroy(client->history);
    free(client->offer);
    free(client->answer);
    free(client->offer_text);
    close(client->fd);
}

const char *light_client_offer(struct light_client *client)
{
    struct buffer out;
    client->local.session_version++;
    sdp_make_offer(&client->local, client->sections, client->section_count, client->offer);
    buffer_init(&out, SDP_TEXT_MAX);
    ck_assert_int_eq(sdp_write(client->offer, &out), STATUS_OK);
    free(client->offer_text);
    client->offer_text = strdup(buffer_string(&out));
    buffer_finish(&out);
    return client->offer_text;
}

static void read_candidate(struct light_client *client)
{
    char address[64];
    unsigned port;
    ck_assert_int_eq(sscanf(client->answer->media[0].candidates[0],
                            "candidate:%*s 1 udp %*u %63s %u typ host", address, &port),
                     2);
    client->server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    ck_assert_int_eq(inet_pton(AF_INET, address, &client->server.sin_addr), 1);
}

void light_client_answer(struct light_client *client, const char *answer)
{
    struct failure failure = {0};
    size_t count = 0;
    ck_assert_msg(sdp_parse(answer, strlen(answer), client->answer, &failure) == STATUS_OK, "%s",
                  failure.message);
    ck_assert_msg(sdp_agree(client->offer, client->answer, true, client->agreed, LIGHT_SECTIONS_MAX,
                            &count, &failure) == STATUS_OK,
                  "%s", failure.message);
    ck_assert_uint_eq(count, client->section_count);
    ck_assert(client->answer->ice_lite);
    read_candidate(client);
}

void light_client_restart(struct light_client *client)
{
    close(client->fd);
    open_socket(client);
    new_credentials(client);
    client->validated = false;
}

/* -- Transport --------------------------------------------------------------------------------- */

void light_client_send_raw(struct light_client *client, const void *data, size_t size)
{
    ck_assert_int_eq(sendto(client->fd, data, size, 0, (struct sockaddr *)&client->server,
                            sizeof client->server),
                     (ssize_t)size);
}

size_t light_client_stun(struct light_client *client, const char *pwd, uint8_t *data, size_t size)
{
    const struct sdp_media *media = &client->answer->media[0];
    const char *key = pwd ? pwd : media->ice_pwd;
    StunMessage message;
    StunAgent agent;
    char username[600];

    snprintf(username, sizeof username, "%s:%s", media->ice_ufrag, client->local.ice_ufrag);
    stun_agent_init(&agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    size_t length = stun_usage_ice_conncheck_create(
        &agent, &message, data, size, (const uint8_t *)username, strlen(username),
        (const uint8_t *)key, strlen(key), true, true, 0x6e0001ff, 12345, NULL,
        STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    ck_assert_uint_gt(length, 0);
    return length;
}

static void send_dtls(void *arg, const void *data, size_t size)
{
    light_client_send_raw(arg, data, size);
}

static void start_dtls(struct light_client *client)
{
    struct dtls_config config = {.certificate = client->certificate,
                                 .remote_fingerprint = client->answer->media[0].fingerprint,
                                 .datagram_max = 1200,
                                 .arg = client,
                                 .on_send = send_dtls};
    ck_assert_int_eq(dtls_session_create(&config, &client->dtls), STATUS_OK);
    dtls_session_start(client->dtls);
}

static void on_dtls(struct light_client *client, const uint8_t *data, size_t size)
{
    struct srtp_keys keys;
    if (!client->dtls)
        return;
    dtls_session_receive(client->dtls, data, size);
    if (client->crypto || dtls_session_state(client->dtls) != DTLS_CONNECTED)
        return;
    ck_assert_int_eq(dtls_session_keys(client->dtls, &keys), STATUS_OK);
    ck_assert_int_eq(keys.suite, SRTP_SUITE_AEAD_AES_128_GCM);
    ck_assert_int_eq(media_crypto_create(&keys, &client->crypto), STATUS_OK);
}

bool light_client_is_connected(const struct light_client *client)
{
    return client->crypto != NULL && client->validated;
}

/* -- What arrives ------------------------------------------------------------------------------ */

static bool find_section(const struct light_client *client, uint32_t ssrc, size_t *ret_section,
                         bool *ret_rtx)
{
    for (size_t i = 0; i < client->section_count; i++) {
        if (client->agreed[i].remote_ssrc == 0)
            continue;
        *ret_section = i;
        *ret_rtx = client->agreed[i].remote_rtx_ssrc == ssrc;
        if (*ret_rtx || client->agreed[i].remote_ssrc == ssrc)
            return true;
    }
    return false;
}

static void note_payload(struct light_packet *note, bool video, const struct rtp_packet *rtp)
{
    const uint8_t *marks = rtp->payload;
    struct vp8_descriptor vp8;
    if (video) {
        ck_assert_int_eq(vp8_descriptor_parse(rtp->payload, rtp->payload_size, &vp8), STATUS_OK);
        note->picture_id = vp8.picture_id;
        note->tl0_pic_idx = vp8.tl0_pic_idx;
        note->key_frame = vp8_payload_starts_key_frame(rtp->payload, rtp->payload_size);
        ck_assert(!vp8.has_picture_id || vp8.picture_id_15bit);
        marks += vp8.size + 10;
    }
    if (marks + 5 > rtp->payload + rtp->payload_size)
        return; /* nonsense, on purpose */
    note->sender = marks[0];
    note->number = load_u32(marks + 1);
}

static void on_rtp(struct light_client *client, uint8_t *data, size_t size)
{
    struct light_packet note = {0};
    struct rtp_extension_values values;
    struct rtp_packet rtp;

    if (!client->crypto || media_crypto_unprotect_rtp(client->crypto, data, &size) != STATUS_OK) {
        client->foreign_packets++;
        return;
    }
    ck_assert_int_eq(rtp_packet_parse(data, size, &rtp), STATUS_OK);
    ck_assert(find_section(client, rtp.ssrc, &note.section, &note.rtx));
    const struct sdp_agreed *agreed = &client->agreed[note.section];
    ck_assert_uint_eq(rtp.payload_type, note.rtx ? agreed->rtx_payload_type : agreed->payload_type);
    rtp_extension_read(&rtp, &agreed->extensions, &values);
    if (note.rtx && rtp.payload_size == 0) {
        client->probes++;
        return;
    }
    if (note.rtx) {
        ck_assert_int_eq(rtx_unwrap(data, &size, agreed->payload_type, agreed->remote_ssrc),
                         STATUS_OK);
        ck_assert_int_eq(rtp_packet_parse(data, size, &rtp), STATUS_OK);
    }
    note.marker = rtp.marker;
    note.sequence = rtp.sequence;
    note.timestamp = rtp.timestamp;
    note.has_audio_level = values.has_audio_level;
    note.audio_level = values.audio_level;
    note.transport_sequence = values.transport_sequence;
    strcpy(note.mid, values.mid);
    note_payload(&note, agreed->kind == SDP_VIDEO, &rtp);
    if (client->packet_count < LIGHT_LOG_MAX)
        client->packets[client->packet_count] = note;
    client->packet_count++;
}

static void repair(struct light_client *client, uint16_t sequence)
{
    uint8_t data[2048];
    size_t size = 0, wrapped = 0;
    const uint8_t *stored = packet_history_take(client->history, sequence, 0, 0, &size);
    client->nacked++;
    if (!stored || !client->answers_nack)
        return;
    ck_assert_int_eq(rtx_wrap(stored, size, client->agreed[VIDEO].rtx_payload_type,
                              client->sections[VIDEO].rtx_ssrc, client->rtx_sequence++, data,
                              RTP_PACKET_MAX, &wrapped),
                     STATUS_OK);
    ck_assert_int_eq(media_crypto_protect_rtp(client->crypto, data, &wrapped), STATUS_OK);
    light_client_send_raw(client, data, wrapped);
}

static void on_item(void *arg, const struct rtcp_item *item)
{
    struct light_client *client = arg;

    if (item->kind == RTCP_PLI) {
        ck_assert_uint_eq(item->media_ssrc, client->sections[VIDEO].ssrc);
        client->plis++;
    } else if (item->kind == RTCP_NACK) {
        for (size_t i = 0; i < item->nack.count; i++)
            repair(client, item->nack.sequences[i]);
    } else if (item->kind == RTCP_TRANSPORT) {
        client->feedbacks++;
        for (size_t i = 0; i < item->transport.count; i++)
            client->feedback_arrivals += item->transport.arrivals[i].received;
    } else if (item->kind == RTCP_SENDER_REPORT && client->report_count < 64) {
        client->reports[client->report_count++] =
            (struct light_report){item->sender_ssrc, item->report.ntp, item->report.rtp_timestamp};
    } else if (item->kind == RTCP_RECEIVER_REPORT && item->report.block_count > 0) {
        client->receiver_reports++;
        client->last_block = item->report.blocks[0];
    }
}

static void on_rtcp(struct light_client *client, uint8_t *data, size_t size)
{
    if (!client->crypto || media_crypto_unprotect_rtcp(client->crypto, data, &size) != STATUS_OK) {
        client->foreign_packets++;
        return;
    }
    ck_assert_int_eq(rtcp_parse(data, size, on_item, client), STATUS_OK);
}

static void on_datagram(struct light_client *client, uint8_t *data, size_t size)
{
    switch (packet_kind(data, size)) {
    case PACKET_STUN: /* 0x0101: a success response */
        client->validated |= load_u16(data) == 0x0101;
        break;
    case PACKET_DTLS:
        on_dtls(client, data, size);
        break;
    case PACKET_RTP:
        on_rtp(client, data, size);
        break;
    case PACKET_RTCP:
        on_rtcp(client, data, size);
        break;
    case PACKET_UNKNOWN:
        ck_abort_msg("the server sent %zu bytes of something unknown", size);
    }
}

void light_client_turn(struct light_client *client)
{
    uint8_t data[2048];
    ssize_t size;

    while ((size = recv(client->fd, data, sizeof data, 0)) > 0)
        on_datagram(client, data, (size_t)size);
    if (client->server.sin_port == 0)
        return;
    if (!client->validated)
        light_client_send_raw(client, data, light_client_stun(client, NULL, data, sizeof data));
    else if (!client->dtls)
        start_dtls(client);
    else if (dtls_session_timeout_us(client->dtls) == 0)
        dtls_session_on_timeout(client->dtls);
}

/* -- What is sent ------------------------------------------------------------------------------ */

static size_t write_rtp(struct light_client *client, size_t section, bool marker,
                        const uint8_t *payload, size_t payload_size, size_t padding, uint8_t level,
                        uint8_t *data)
{
    const struct sdp_agreed *agreed = &client->agreed[section];
    struct rtp_extension_values values = {.has_audio_level = section == AUDIO,
                                          .audio_level = level,
                                          .has_transport_sequence = true,
                                          .transport_sequence = client->transport_sequence++};
    uint8_t extensions[RTP_EXTENSION_BLOCK_MAX];
    size_t size = 0;
    strcpy(values.mid, agreed->mid);
    struct rtp_packet rtp = {
        .marker = marker,
        .payload_type = agreed->payload_type,
        .sequence = client->sequence[section]++,
        .timestamp = client->timestamp[section],
        .ssrc = client->sections[section].ssrc,
        .extension_profile = 0xBEDE,
        .extensions = extensions,
        .extensions_size =
            rtp_extension_write(&agreed->extensions, &values, extensions, sizeof extensions, NULL),
        .payload = payload,
        .payload_size = payload_size,
        .padding_size = padding,
    };
    ck_assert_int_eq(rtp_packet_write(&rtp, data, RTP_PACKET_MAX, &size), STATUS_OK);
    if (section == VIDEO)
        packet_history_store(client->history, rtp.sequence, data, size, NULL, 0);
    ck_assert_int_eq(media_crypto_protect_rtp(client->crypto, data, &size), STATUS_OK);
    return size;
}

static void write_marks(struct light_client *client, size_t section, uint8_t *at)
{
    at[0] = client->name;
    store_u32(at + 1, client->number[section]++);
}

size_t light_client_make_audio(struct light_client *client, uint8_t level, uint8_t *data)
{
    uint8_t payload[80] = {0};
    write_marks(client, AUDIO, payload);
    size_t size = write_rtp(client, AUDIO, false, payload, sizeof payload, 0, level, data);
    client->timestamp[AUDIO] += 960;
    return size;
}

void light_client_send_audio(struct light_client *client, uint8_t level, bool lose)
{
    uint8_t data[2048];
    size_t size = light_client_make_audio(client, level, data);
    if (!lose)
        light_client_send_raw(client, data, size);
}

/* The 7-bit form is written by hand: our own code only writes 15 bits. */
static size_t write_descriptor(struct light_client *client, bool first, uint8_t *at)
{
    struct vp8_descriptor vp8 = {.start_of_partition = first,
                                 .has_picture_id = true,
                                 .picture_id = client->picture_id,
                                 .has_tl0_pic_idx = true,
                                 .tl0_pic_idx = client->tl0_pic_idx,
                                 .has_temporal = true};
    if (!client->short_picture_id)
        return vp8_descriptor_write(&vp8, at, VP8_DESCRIPTOR_MAX);
    at[0] = 0x80 | (first ? 0x10 : 0);
    at[1] = 0x80 | 0x40 | 0x20;
    at[2] = client->picture_id & 0x7f;
    at[3] = client->tl0_pic_idx;
    at[4] = 0;
    return 5;
}

void light_client_send_video(struct light_client *client, bool key_frame, bool first, bool last,
                             bool lose)
{
    uint8_t payload[PAYLOAD_SIZE] = {0}, data[2048];
    size_t head = write_descriptor(client, first, payload);
    payload[head] = key_frame ? 0x10 : 0x11; /* RFC 6386 §9.1: bit 0 says inter frame */
    memcpy(payload + head + 3, "\x9d\x01\x2a\x40\x01\xf0\x00", 7);
    write_marks(client, VIDEO, payload + head + 10);
    size_t size = write_rtp(client, VIDEO, last, payload, sizeof payload, 0, 0, data);
    if (last) {
        client->timestamp[VIDEO] += 3000;
        client->picture_id = (client->picture_id + 1) & 0x7fff;
        client->tl0_pic_idx++;
    }
    if (!lose)
        light_client_send_raw(client, data, size);
}

void light_client_send_padding(struct light_client *client)
{
    uint8_t data[2048];
    size_t size = write_rtp(client, VIDEO, false, NULL, 0, 200, 0, data);
    light_client_send_raw(client, data, size);
}

void light_client_send_plain(struct light_client *client, bool rtcp, uint8_t *data, size_t size)
{
    enum status status = rtcp ? media_crypto_protect_rtcp(client->crypto, data, &size)
                              : media_crypto_protect_rtp(client->crypto, data, &size);
    if (status == STATUS_OK)
        light_client_send_raw(client, data, size);
}

static void send_item(struct light_client *client, const struct rtcp_item *item)
{
    uint8_t data[2048];
    size_t size = 0;
    ck_assert_int_eq(rtcp_write(item, data, 1200, &size), STATUS_OK);
    ck_assert_int_eq(media_crypto_protect_rtcp(client->crypto, data, &size), STATUS_OK);
    light_client_send_raw(client, data, size);
}

void light_client_send_report(struct light_client *client, size_t section, uint64_t ntp,
                              uint32_t timestamp)
{
    struct rtcp_item item = {.kind = RTCP_SENDER_REPORT,
                             .sender_ssrc = client->sections[section].ssrc,
                             .report = {.ntp = ntp, .rtp_timestamp = timestamp}};
    send_item(client, &item);
}

void light_client_send_pli(struct light_client *client, size_t section)
{
    struct rtcp_item item = {
        .kind = RTCP_PLI, .sender_ssrc = 1, .media_ssrc = client->agreed[section].remote_ssrc};
    send_item(client, &item);
}

void light_client_send_remb(struct light_client *client, uint64_t bps)
{
    struct rtcp_item item = {
        .kind = RTCP_REMB, .sender_ssrc = 1, .remb = {.bitrate_bps = bps, .ssrc_count = 0}};
    send_item(client, &item);
}

void light_client_send_nack(struct light_client *client, size_t section, uint16_t sequence)
{
    struct rtcp_item item = {.kind = RTCP_NACK,
                             .sender_ssrc = 1,
                             .media_ssrc = client->agreed[section].remote_ssrc,
                             .nack = {.count = 1, .sequences = {sequence}}};
    send_item(client, &item);
}

/* -- Questions --------------------------------------------------------------------------------- */

size_t light_client_received(const struct light_client *client, size_t section)
{
    size_t count = 0;
    for (size_t i = 0; i < client->packet_count && i < LIGHT_LOG_MAX; i++)
        count += client->packets[i].section == section;
    return count;
}

const struct light_packet *light_client_newest(const struct light_client *client, size_t section)
{
    for (size_t i = client->packet_count < LIGHT_LOG_MAX ? client->packet_count : LIGHT_LOG_MAX;
         i-- > 0;)
        if (client->packets[i].section == section)
            return &client->packets[i];
    return NULL;
}

uint32_t light_client_slot_ssrc(const struct light_client *client, size_t section)
{
    return client->agreed[section].remote_ssrc;
}

void light_client_forget_packets(struct light_client *client)
{
    client->packet_count = 0;
}
