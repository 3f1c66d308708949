#include "tests/unit/common/webrtc/raw_peer.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/ice_agent.h"
#include "common/webrtc/transport/ice_lite.h"
#include "common/webrtc/transport/packet_kind.h"

#define TURN_MS 2
#define OWN_UFRAG "rawufrag"
#define OWN_PWD "rawpasswordwith24letters"

struct raw_peer raw;

/* -- The endpoint's events -- */

static void on_candidate(void *arg, const char *candidate)
{
    (void)arg;
    (void)candidate; /* a lite peer learns addresses from checks */
}

static void on_state(void *arg, enum endpoint_state state, int64_t now_us)
{
    (void)arg;
    (void)now_us;
    ck_assert_uint_lt(raw.state_count, 16);
    raw.states[raw.state_count++] = state;
}

static void on_media(void *arg, const struct endpoint_media *media)
{
    struct raw_media *kept = &raw.media[raw.media_count];

    (void)arg;
    ck_assert_uint_lt(raw.media_count, RAW_MEDIA_MAX);
    raw.media_count++;
    *kept = (struct raw_media){.track = media->track,
                               .sequence = media->sequence,
                               .ssrc = media->packet->ssrc,
                               .payload_type = media->packet->payload_type,
                               .repaired = media->repaired,
                               .size = media->packet->payload_size};
    memcpy(kept->payload, media->packet->payload,
           kept->size < sizeof(kept->payload) ? kept->size : sizeof(kept->payload) - 1);
}

static void on_key_frame_request(void *arg, size_t track, unsigned encoding)
{
    (void)encoding;
    (void)arg;
    raw.key_frame_requests[track]++;
}

static void on_bitrate(void *arg, uint64_t bitrate_bps)
{
    (void)arg;
    raw.bitrate_bps = bitrate_bps;
}

static void on_tap(void *arg, bool sent, bool rtcp, const void *data, size_t size, int64_t now_us)
{
    (void)arg;
    (void)data;
    (void)size;
    (void)now_us;
    raw.decrypted += !sent && !rtcp;
}

static void on_socket(void *arg, int fd, bool watch)
{
    size_t i = 0;

    (void)arg;
    while (i < raw.fd_count && raw.fds[i] != fd)
        i++;
    if (watch)
        raw.fds[raw.fd_count++] = fd;
    else
        raw.fds[i] = raw.fds[--raw.fd_count];
    ck_assert_uint_lt(raw.fd_count, 8);
}

/* -- The raw side -- */

void raw_send_plain(const void *data, size_t size)
{
    sendto(raw.fd, data, size, 0, (struct sockaddr *)&raw.remote, sizeof(raw.remote));
}

static void on_dtls_send(void *arg, const void *data, size_t size)
{
    (void)arg;
    raw_send_plain(data, size);
}

void raw_send_bytes(const void *data, size_t size, bool rtcp)
{
    alignas(8) uint8_t packet[2048];

    memcpy(packet, data, size);
    if (rtcp)
        ck_assert(media_crypto_protect_rtcp(raw.crypto, packet, &size) == STATUS_OK);
    else
        ck_assert(media_crypto_protect_rtp(raw.crypto, packet, &size) == STATUS_OK);
    raw_send_plain(packet, size);
}

void raw_send_rtp(const struct rtp_packet *packet, const struct rtp_extension_values *values)
{
    uint8_t block[RTP_EXTENSION_BLOCK_MAX], data[RTP_PACKET_MAX];
    struct rtp_packet copy = *packet;
    size_t size = 0;

    if (values != NULL) {
        copy.extension_profile = 0xBEDE;
        copy.extensions = block;
        copy.extensions_size =
            rtp_extension_write(&raw.agreed[0].extensions, values, block, sizeof(block), NULL);
    }
    ck_assert(rtp_packet_write(&copy, data, sizeof(data), &size) == STATUS_OK);
    raw_send_bytes(data, size, false);
}

void raw_send_item(const struct rtcp_item *item)
{
    uint8_t data[1400];
    size_t size = 0;

    ck_assert(rtcp_write(item, data, sizeof(data), &size) == STATUS_OK);
    raw_send_bytes(data, size, true);
}

static void keep_item(void *arg, const struct rtcp_item *item)
{
    (void)arg;
    raw.items[raw.item_count++ % RAW_ITEMS_MAX] = *item;
}

size_t raw_count_items(enum rtcp_kind kind, struct rtcp_item *ret_last)
{
    size_t count = 0;

    for (size_t i = 0; i < raw.item_count && i < RAW_ITEMS_MAX; i++)
        if (raw.items[i].kind == kind) {
            *ret_last = raw.items[i];
            count++;
        }
    return count;
}

static void answer_check(const uint8_t *data, size_t size, const struct sockaddr_in *source)
{
    struct ice_lite_check check;
    uint8_t response[512];
    size_t response_size = 0;

    if (raw.mute)
        return;
    if (ice_lite_answer(data, size, OWN_UFRAG, OWN_PWD, (const struct sockaddr *)source,
                        sizeof(*source), &check, response, sizeof(response),
                        &response_size) != STATUS_OK)
        return;
    raw.checks++;
    raw.nominations += check.use_candidate;
    raw.remote = *source;
    raw_send_plain(response, response_size);
}

static void take_dtls(const uint8_t *data, size_t size)
{
    struct srtp_keys keys;

    dtls_session_receive(raw.dtls, data, size);
    if (raw.crypto == NULL && dtls_session_state(raw.dtls) == DTLS_CONNECTED) {
        ck_assert(dtls_session_keys(raw.dtls, &keys) == STATUS_OK);
        ck_assert(media_crypto_create(&keys, &raw.crypto) == STATUS_OK);
    }
}

static void take(uint8_t *data, size_t size, const struct sockaddr_in *source)
{
    switch (packet_kind(data, size)) {
    case PACKET_STUN:
        answer_check(data, size, source);
        break;
    case PACKET_DTLS:
        if (raw.dtls != NULL)
            take_dtls(data, size);
        break;
    case PACKET_RTP:
        ck_assert(media_crypto_unprotect_rtp(raw.crypto, data, &size) == STATUS_OK);
        memcpy(raw.rtp, data, size);
        raw.rtp_size = size;
        raw.rtp_count++;
        break;
    case PACKET_RTCP:
        ck_assert(media_crypto_unprotect_rtcp(raw.crypto, data, &size) == STATUS_OK);
        ck_assert(rtcp_parse(data, size, keep_item, NULL) == STATUS_OK);
        break;
    default:
        ck_abort_msg("the endpoint sent garbage");
    }
}

static void read_socket(void)
{
    alignas(8) uint8_t data[2048];

    for (int i = 0; i < 256; i++) {
        struct sockaddr_in source;
        socklen_t source_size = sizeof(source);
        ssize_t size =
            recvfrom(raw.fd, data, sizeof(data), 0, (struct sockaddr *)&source, &source_size);

        if (size < 0)
            return;
        take(data, (size_t)size, &source);
    }
}

/* -- Life -- */

static void open_endpoint(void)
{
    struct endpoint_config config = {.address = "127.0.0.1", .cname = "endpoint"};
    struct failure failure;

    ck_assert(certificate_create("endpoint", NULL, 30, &raw.certificate) == STATUS_OK);
    config.certificate = raw.certificate;
    config.events = (struct endpoint_events){.on_candidate = on_candidate,
                                             .on_state = on_state,
                                             .on_media = on_media,
                                             .on_key_frame_request = on_key_frame_request,
                                             .on_bitrate = on_bitrate,
                                             .on_tap = on_tap,
                                             .on_socket = on_socket};
    ck_assert(endpoint_create(&config, clock_monotonic_us(), &raw.endpoint, &failure) == STATUS_OK);
}

void raw_open(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    memset(&raw, 0, sizeof(raw));
    open_endpoint();
    ck_assert(certificate_create("raw", NULL, 30, &raw.own_certificate) == STATUS_OK);
    raw.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(raw.fd, (struct sockaddr *)&address, size), 0);
    getsockname(raw.fd, (struct sockaddr *)&address, &size);
    raw.port = ntohs(address.sin_port);
}

void raw_close(void)
{
    endpoint_destroy(raw.endpoint);
    dtls_session_destroy(raw.dtls);
    media_crypto_destroy(raw.crypto);
    certificate_destroy(raw.certificate);
    certificate_destroy(raw.own_certificate);
    close(raw.fd);
}

void raw_turn(void)
{
    struct pollfd polled[9];
    size_t count = raw.fd_count;

    for (size_t i = 0; i < count; i++)
        polled[i] = (struct pollfd){.fd = raw.fds[i], .events = POLLIN};
    polled[count] = (struct pollfd){.fd = raw.fd, .events = POLLIN};
    poll(polled, count + 1, TURN_MS);
    read_socket();
    if (raw.dtls != NULL && dtls_session_timeout_us(raw.dtls) == 0)
        dtls_session_on_timeout(raw.dtls);
    for (size_t i = 0; i < count; i++)
        if (polled[i].revents != 0)
            endpoint_readable(raw.endpoint, polled[i].fd);
    endpoint_on_timer(raw.endpoint, clock_monotonic_us());
    ice_agent_run_timers();
}

void raw_run_turns(int turns)
{
    for (int i = 0; i < turns; i++)
        raw_turn();
}

void raw_run_until(bool (*done)(void))
{
    for (int i = 0; i < RAW_TURNS_MAX && !done(); i++)
        raw_turn();
    ck_assert_msg(done(), "%s", endpoint_error(raw.endpoint));
}

/* -- Negotiation -- */

static void describe(void)
{
    struct sdp_local *local = &raw.local;

    strcpy(local->session_id, "4711");
    local->session_version++;
    strcpy(local->ice_ufrag, OWN_UFRAG);
    strcpy(local->ice_pwd, OWN_PWD);
    strcpy(local->fingerprint_hash, "sha-256");
    strcpy(local->fingerprint, certificate_fingerprint(raw.own_certificate));
    strcpy(local->cname, "raw");
    local->ice_lite = true;
    local->candidate_count = 1;
    snprintf(local->candidates[0], SDP_CANDIDATE_SIZE,
             "candidate:1 1 UDP 2130706431 127.0.0.1 %u typ host", raw.port);
}

static void begin_dtls(const struct sdp *offer)
{
    struct dtls_config config = {.certificate = raw.own_certificate,
                                 .server = true,
                                 .remote_fingerprint = offer->media[0].fingerprint,
                                 .datagram_max = 1200,
                                 .on_send = on_dtls_send};

    if (raw.dtls == NULL)
        ck_assert(dtls_session_create(&config, &raw.dtls) == STATUS_OK);
}

static void make_answer(const struct sdp *offer, struct sdp *answer)
{
    struct sdp_transceiver transceivers[ENDPOINT_TRACKS_MAX];
    struct failure failure;

    memset(transceivers, 0, sizeof(transceivers));
    for (size_t i = 0; i < offer->media_count; i++) {
        transceivers[i].direction = SDP_SENDRECV;
        transceivers[i].ssrc = 0x5000 + (uint32_t)i;
        transceivers[i].rtx_ssrc = 0x6000 + (uint32_t)i;
    }
    ck_assert_msg(sdp_make_answer(&raw.local, offer, transceivers, offer->media_count,
                                  SDP_SETUP_PASSIVE, answer, &failure) == STATUS_OK,
                  "%s", failure.message);
}

void raw_negotiate(const struct endpoint_track *tracks, size_t count,
                   void (*edit)(struct sdp *answer))
{
    struct sdp *offer = malloc(sizeof(*offer)), *answer = malloc(sizeof(*answer));
    struct failure failure;
    struct buffer text;
    const char *sdp;
    size_t agreed_count;

    ck_assert(endpoint_make_offer(raw.endpoint, tracks, count, raw.restart, &sdp, &failure) ==
              STATUS_OK);
    ck_assert(sdp_parse(sdp, strlen(sdp), offer, &failure) == STATUS_OK);
    describe();
    begin_dtls(offer);
    make_answer(offer, answer);
    if (edit != NULL)
        edit(answer);
    buffer_init(&text, SDP_TEXT_MAX);
    ck_assert(sdp_write(answer, &text) == STATUS_OK);
    ck_assert(sdp_agree(offer, answer, true, raw.agreed, ENDPOINT_TRACKS_MAX, &agreed_count,
                        &failure) == STATUS_OK);
    ck_assert_msg(endpoint_set_answer(raw.endpoint, buffer_string(&text), &failure) == STATUS_OK,
                  "%s", failure.message);
    buffer_finish(&text);
    free(offer);
    free(answer);
}

bool raw_connected(void)
{
    return endpoint_state(raw.endpoint) == ENDPOINT_CONNECTED && raw.crypto != NULL;
}

void raw_connect(const struct endpoint_track *tracks, size_t count,
                 void (*edit)(struct sdp *answer))
{
    raw_negotiate(tracks, count, edit);
    raw_run_until(raw_connected);
}
