#include "tests/unit/common/webrtc/endpoint_pair.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/ice_agent.h"
#include "common/webrtc/transport/packet_kind.h"
#include "common/webrtc/transport/shared_socket.h"

#define TURN_MS 2

struct pair pair;

/* -- Events -- */

static void on_candidate(void *arg, const char *candidate)
{
    struct side *side = arg;

    if (candidate == NULL) {
        side->end_of_candidates = true;
        return;
    }
    ck_assert_uint_lt(side->candidate_count, 8);
    strcpy(side->candidates[side->candidate_count++], candidate);
}

static void on_state(void *arg, enum endpoint_state state, int64_t now_us)
{
    struct side *side = arg;

    ck_assert_int_gt(now_us, 0);
    ck_assert_uint_lt(side->state_count, 16);
    side->states[side->state_count++] = state;
}

static void on_media(void *arg, const struct endpoint_media *media)
{
    struct side *side = arg;
    struct received_media *kept = &side->media[side->media_count];

    ck_assert_uint_lt(side->media_count, PAIR_MEDIA_MAX);
    side->media_count++;
    *kept = (struct received_media){.track = media->track,
                                    .sequence = media->sequence,
                                    .timestamp = media->packet->timestamp,
                                    .ssrc = media->packet->ssrc,
                                    .marker = media->packet->marker,
                                    .repaired = media->repaired,
                                    .size = media->packet->payload_size,
                                    .extensions = *media->extensions};
    if (kept->size > 0)
        kept->first = media->packet->payload[0];
    for (size_t i = 0; i < media->packet->payload_size; i++)
        ck_assert_uint_eq(media->packet->payload[i], kept->first);
}

static void on_key_frame_request(void *arg, size_t track, unsigned encoding)
{
    (void)encoding;
    ((struct side *)arg)->key_frame_requests[track]++;
}

static void on_bitrate(void *arg, uint64_t bitrate_bps)
{
    (void)bitrate_bps;
    ((struct side *)arg)->bitrate_changes++;
}

static void on_rtcp(void *arg, const struct rtcp_item *item, int64_t now_us)
{
    struct side *side = arg;

    (void)now_us;
    side->rtcp_counts[item->kind]++;
    side->rtcp_senders[item->kind] = item->sender_ssrc;
    if (item->kind == RTCP_SENDER_REPORT)
        side->last_sender_report = *item;
}

static void on_tap(void *arg, bool sent, bool rtcp, const void *data, size_t size, int64_t now_us)
{
    struct side *side = arg;

    (void)now_us;
    ck_assert(packet_kind(data, size) == (rtcp ? PACKET_RTCP : PACKET_RTP));
    *(sent ? &side->taps_sent : &side->taps_received) += 1;
}

static void on_wire(void *arg, bool sent, const void *data, size_t size, int64_t now_us)
{
    struct side *side = arg;

    (void)now_us;
    ck_assert_int_eq(*(const uint8_t *)data >> 6, 2);
    ck_assert_uint_gt(size, 12);
    *(sent ? &side->wires_sent : &side->wires_received) += 1;
}

static void on_socket(void *arg, int fd, bool watch)
{
    struct side *side = arg;
    size_t i = 0;

    while (i < side->fd_count && side->fds[i] != fd)
        i++;
    ck_assert(watch == (i == side->fd_count));
    if (!watch) {
        side->fds[i] = side->fds[--side->fd_count];
        return;
    }
    ck_assert_uint_lt(side->fd_count, PAIR_FDS_MAX);
    side->fds[side->fd_count++] = fd;
}

/* -- Relay -- */

static void open_relay(struct relay *relay)
{
    for (int i = 0; i < 2; i++) {
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof(address);

        relay->fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        ck_assert_int_eq(bind(relay->fd[i], (struct sockaddr *)&address, size), 0);
        getsockname(relay->fd[i], (struct sockaddr *)&address, &size);
        relay->port[i] = ntohs(address.sin_port);
        relay->real[i] = address; /* the true one comes with the description */
    }
}

static void forward(struct relay *relay, bool from_left, const void *data, size_t size)
{
    int out = from_left ? 1 : 0;

    sendto(relay->fd[out], data, size, 0, (struct sockaddr *)&relay->real[out],
           sizeof(relay->real[out]));
}

static void judge(struct relay *relay, bool from_left, const uint8_t *data, size_t size)
{
    enum fate fate = relay->judge != NULL ? relay->judge(&pair, from_left, data, size) : PASS;

    if (packet_kind(data, size) == PACKET_RTP && fate != DROP) {
        memcpy(relay->last_rtp, data, size);
        relay->last_rtp_size = size;
    }
    if (fate == HOLD) {
        memcpy(relay->held, data, size);
        relay->held_size = size;
        relay->held_from_left = from_left;
    }
    if (fate == PASS || fate == TWICE)
        forward(relay, from_left, data, size);
    if (fate == TWICE)
        forward(relay, from_left, data, size);
}

static void run_relay(struct relay *relay, int side)
{
    uint8_t data[2048];

    for (int i = 0; i < 256; i++) {
        ssize_t size = recv(relay->fd[side], data, sizeof(data), 0);

        if (size < 0)
            return;
        judge(relay, side == 0, data, (size_t)size);
    }
}

void pair_release(void)
{
    struct relay *relay = &pair.relay;

    ck_assert_uint_gt(relay->held_size, 0);
    forward(relay, relay->held_from_left, relay->held, relay->held_size);
    relay->held_size = 0;
}

/* -- Descriptions -- */

/* Address and port are the fifth and sixth word of a candidate. */
char *pair_carry_candidate(bool from_left, const char *candidate)
{
    static char out[640];
    char head[256], address[46], tail[256];
    unsigned port;
    struct relay *relay = &pair.relay;
    int side = from_left ? 0 : 1;

    ck_assert_int_eq(sscanf(candidate, "%255[^ ] %*s", head), 1);
    ck_assert_int_eq(sscanf(candidate, "%*s %*s %*s %*s %45s %u %255[^\r\n]", address, &port, tail),
                     3);
    ck_assert_int_eq(inet_pton(AF_INET, address, &relay->real[side].sin_addr), 1);
    relay->real[side].sin_port = htons((uint16_t)port);
    /* Whoever is told this address talks to the relay's socket that faces it. */
    snprintf(out, sizeof(out), "%s 1 UDP 2130706431 127.0.0.1 %u %s", head, relay->port[1 - side],
             tail);
    return out;
}

char *pair_carry(bool from_left, const char *sdp)
{
    static char texts[2][PAIR_TEXT_MAX];
    char *out = texts[from_left];
    size_t used = 0;

    out[0] = '\0';
    while (*sdp != '\0') {
        size_t length = strcspn(sdp, "\n") + 1;
        char line[1024];

        ck_assert_uint_lt(length, sizeof(line));
        memcpy(line, sdp, length);
        line[length] = '\0';
        sdp += length;
        if (strncmp(line, "a=candidate:", 12) == 0)
            used += (size_t)snprintf(out + used, PAIR_TEXT_MAX - used, "a=%s\r\n",
                                     pair_carry_candidate(from_left, line + 2));
        else
            used += (size_t)snprintf(out + used, PAIR_TEXT_MAX - used, "%s", line);
        ck_assert_uint_lt(used, PAIR_TEXT_MAX);
    }
    return out;
}

void pair_remove_lines(char *sdp, const char *part)
{
    char *read = sdp, *write = sdp;

    while (*read != '\0') {
        size_t length = strcspn(read, "\n") + 1;
        char kept = read[length];
        bool remove;

        read[length] = '\0';
        remove = strstr(read, part) != NULL;
        read[length] = kept;
        if (!remove) {
            memmove(write, read, length);
            write += length;
        }
        read += length;
    }
    *write = '\0';
}

void pair_replace(char *sdp, const char *from, const char *to)
{
    size_t found = 0;

    ck_assert_uint_le(strlen(to), strlen(from));
    for (char *at = strstr(sdp, from); at != NULL; at = strstr(at + strlen(to), from), found++) {
        memcpy(at, to, strlen(to));
        memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
    }
    ck_assert_msg(found > 0, "'%s' is not in the description", from);
}

/* -- Life -- */

static void open_endpoint(struct side *side, const char *name, const char *address)
{
    struct endpoint_config config = {.address = address, .cname = name, .arg = side};
    struct failure failure;

    config.certificate = side->certificate;
    config.shared = side == &pair.left ? pair.shared : NULL;
    config.events = (struct endpoint_events){.on_candidate = on_candidate,
                                             .on_state = on_state,
                                             .on_media = on_media,
                                             .on_key_frame_request = on_key_frame_request,
                                             .on_bitrate = on_bitrate,
                                             .on_rtcp = on_rtcp,
                                             .on_tap = on_tap,
                                             .on_wire = on_wire,
                                             .on_socket = on_socket};
    ck_assert(endpoint_create(&config, clock_monotonic_us(), &side->endpoint, &failure) ==
              STATUS_OK);
}

static void open_side(struct side *side, const char *name)
{
    ck_assert(certificate_create(name, NULL, 30, &side->certificate) == STATUS_OK);
    open_endpoint(side, name, "127.0.0.1");
}

void pair_reopen_left(const char *address)
{
    endpoint_destroy(pair.left.endpoint);
    open_endpoint(&pair.left, "left-cname", address);
}

static void open_both(void)
{
    open_relay(&pair.relay);
    open_side(&pair.left, "left-cname");
    open_side(&pair.right, "right-cname");
}

void pair_open(void)
{
    memset(&pair, 0, sizeof(pair));
    open_both();
}

void pair_open_light(void)
{
    struct address_range range;
    struct failure failure;

    memset(&pair, 0, sizeof(pair));
    ck_assert(address_range_parse("127.16.16.0/24", &range, &failure) == STATUS_OK);
    ck_assert_msg(shared_socket_create(range, false, &pair.shared, &failure) == STATUS_OK, "%s",
                  failure.message);
    open_both();
}

static void close_side(struct side *side)
{
    endpoint_destroy(side->endpoint);
    certificate_destroy(side->certificate);
    side->endpoint = NULL;
    ck_assert_uint_eq(side->fd_count, 0);
}

void pair_close(void)
{
    close_side(&pair.left);
    close_side(&pair.right);
    shared_socket_destroy(pair.shared);
    close(pair.relay.fd[0]);
    close(pair.relay.fd[1]);
}

/* -- The loop -- */

static size_t add_fds(const struct side *side, struct pollfd *polled)
{
    for (size_t i = 0; i < side->fd_count; i++)
        polled[i] = (struct pollfd){.fd = side->fds[i], .events = POLLIN};
    return side->fd_count;
}

static void serve(struct side *side, const struct pollfd *polled, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (polled[i].revents != 0 && side->endpoint != NULL)
            endpoint_readable(side->endpoint, polled[i].fd);
    if (side->endpoint != NULL)
        endpoint_on_timer(side->endpoint, clock_monotonic_us());
}

void pair_turn(void)
{
    struct pollfd polled[2 * PAIR_FDS_MAX + 3];
    size_t left_count = add_fds(&pair.left, polled);
    size_t right_count = add_fds(&pair.right, polled + left_count);
    size_t count = left_count + right_count;

    for (int i = 0; i < 2; i++)
        polled[count + (size_t)i] = (struct pollfd){.fd = pair.relay.fd[i], .events = POLLIN};
    if (pair.shared != NULL) {
        shared_socket_flush(pair.shared);
        polled[count + 2] = (struct pollfd){.fd = shared_socket_fd(pair.shared), .events = POLLIN};
    }
    poll(polled, count + (pair.shared != NULL ? 3 : 2), TURN_MS);
    run_relay(&pair.relay, 0);
    run_relay(&pair.relay, 1);
    if (pair.shared != NULL)
        shared_socket_turn(pair.shared, TIME_NEVER);
    serve(&pair.left, polled, left_count);
    serve(&pair.right, polled + left_count, right_count);
    ice_agent_run_timers();
}

void pair_run_turns(int turns)
{
    for (int i = 0; i < turns; i++)
        pair_turn();
}

void pair_run_until(bool (*done)(void))
{
    for (int i = 0; i < PAIR_TURNS_MAX && !done(); i++)
        pair_turn();
    ck_assert_msg(done(), "left: %s; right: %s",
                  pair.left.endpoint != NULL ? endpoint_error(pair.left.endpoint) : "",
                  pair.right.endpoint != NULL ? endpoint_error(pair.right.endpoint) : "");
}

/* -- Calls -- */

static enum sdp_direction turned(enum sdp_direction direction)
{
    return (enum sdp_direction)((direction & SDP_SENDONLY ? SDP_RECVONLY : 0) |
                                (direction & SDP_RECVONLY ? SDP_SENDONLY : 0));
}

void pair_negotiate(const struct endpoint_track *tracks, size_t count, bool ice_restart)
{
    enum sdp_direction directions[ENDPOINT_TRACKS_MAX];
    struct failure failure;
    const char *sdp;

    for (size_t i = 0; i < count; i++)
        directions[i] = turned(tracks[i].direction);
    ck_assert_msg(endpoint_make_offer(pair.left.endpoint, tracks, count, ice_restart, &sdp,
                                      &failure) == STATUS_OK,
                  "%s", failure.message);
    ck_assert_msg(endpoint_make_answer(pair.right.endpoint, pair_carry(true, sdp), directions,
                                       count, &sdp, &failure) == STATUS_OK,
                  "%s", failure.message);
    ck_assert_msg(endpoint_set_answer(pair.left.endpoint, pair_carry(false, sdp), &failure) ==
                      STATUS_OK,
                  "%s", failure.message);
}

bool pair_connected(void)
{
    return endpoint_state(pair.left.endpoint) == ENDPOINT_CONNECTED &&
           endpoint_state(pair.right.endpoint) == ENDPOINT_CONNECTED;
}

bool pair_taken_over(void)
{
    struct endpoint_stats left, right;

    endpoint_stats(pair.left.endpoint, &left);
    endpoint_stats(pair.right.endpoint, &right);
    return left.taken_over && right.taken_over;
}

void pair_connect(const struct endpoint_track *tracks, size_t count)
{
    pair_negotiate(tracks, count, false);
    pair_run_until(pair_connected);
    pair_run_until(pair_taken_over);
}

enum status pair_send(struct side *side, size_t track, uint8_t first, size_t size,
                      uint32_t timestamp, bool marker)
{
    static uint8_t encoded[UINT8_MAX + 1][700]; /* the middle half of every payload lies here */
    uint8_t payload[1400];
    struct endpoint_outgoing outgoing = {.track = track,
                                         .marker = marker,
                                         .timestamp = timestamp,
                                         .payload = payload,
                                         .payload_size = size,
                                         .shared = {encoded[first], size / 4, size / 2}};

    memset(payload, first, sizeof(payload));
    memset(encoded[first], first, sizeof(encoded[first]));
    return endpoint_send(side->endpoint, &outgoing, clock_monotonic_us());
}
