#include "common/webrtc/transport/ice_light.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/ice_lite.h"
#include "common/webrtc/transport/packet_kind.h"
#include "common/webrtc/transport/shared_socket.h"

/* Light clients on one shared socket, and a server with one UDP port and an ICE-lite agent. */

#define CLIENTS 3
#define PWD "the-server's-password-24"
#define WAIT_MS 2000

struct peer {
    struct ice_light *light;
    char candidate[128];
    bool ended;
    enum ice_state states[8];
    size_t state_count, datagrams;
    uint8_t last[64];
    size_t last_size;
    int64_t last_arrival_us;
};

static struct peer peers[CLIENTS];
static struct shared_socket *shared;
static struct failure failure;
static int server;
static char server_candidate[96];
static size_t nominations;

static void on_candidate(void *arg, const char *candidate)
{
    struct peer *peer = arg;

    if (candidate)
        strcpy(peer->candidate, candidate);
    else
        peer->ended = true;
}

static void on_state(void *arg, enum ice_state state)
{
    struct peer *peer = arg;

    ck_assert_uint_lt(peer->state_count, 8);
    peer->states[peer->state_count++] = state;
}

static void on_datagram(void *arg, uint8_t *data, size_t size, int64_t arrival_us)
{
    struct peer *peer = arg;

    peer->datagrams++;
    ck_assert_uint_le(size, sizeof peer->last);
    memcpy(peer->last, data, size);
    peer->last_size = size;
    peer->last_arrival_us = arrival_us;
}

static struct ice_config config_of(struct peer *peer)
{
    return (struct ice_config){.controlling = true,
                               .shared = shared,
                               .arg = peer,
                               .on_candidate = on_candidate,
                               .on_state = on_state,
                               .on_datagram = on_datagram};
}

static void open_server(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    server = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(server, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(getsockname(server, (struct sockaddr *)&address, &size), 0);
    snprintf(server_candidate, sizeof server_candidate,
             "candidate:1 1 UDP 2130706431 127.0.0.1 %u typ host", ntohs(address.sin_port));
}

static void setup(void)
{
    struct address_range range;

    memset(peers, 0, sizeof peers);
    nominations = 0;
    ck_assert(address_range_parse("127.16.9.0/29", &range, &failure) == STATUS_OK);
    ck_assert(shared_socket_create(range, false, &shared, &failure) == STATUS_OK);
    open_server();
    for (size_t i = 0; i < CLIENTS; i++) {
        struct ice_config config = config_of(&peers[i]);
        ck_assert(ice_light_create(&config, &peers[i].light, &failure) == STATUS_OK);
        ice_light_gather(peers[i].light);
    }
}

static void teardown(void)
{
    for (size_t i = 0; i < CLIENTS; i++)
        ice_light_destroy(peers[i].light);
    shared_socket_destroy(shared);
    close(server);
}

/* The server answers checks of client i for the fragment "srvi", and echoes everything else. */
static void serve(void)
{
    struct pollfd readable = {.fd = server, .events = POLLIN};
    uint8_t data[1500], response[512];
    struct sockaddr_in source;
    ssize_t size;

    ck_assert_int_eq(poll(&readable, 1, WAIT_MS), 1);
    for (;;) {
        socklen_t source_size = sizeof source;
        size_t response_size = 0;
        struct ice_lite_check check;
        char ufrag[8];

        size = recvfrom(server, data, sizeof data, 0, (struct sockaddr *)&source, &source_size);
        if (size < 0)
            return;
        if (packet_kind(data, (size_t)size) != PACKET_STUN) {
            sendto(server, data, (size_t)size, 0, (struct sockaddr *)&source, source_size);
            continue;
        }
        ck_assert(ice_lite_peek_ufrag(data, (size_t)size, ufrag, sizeof ufrag) == STATUS_OK);
        ck_assert(ice_lite_answer(data, (size_t)size, ufrag, PWD, (struct sockaddr *)&source,
                                  source_size, &check, response, sizeof response,
                                  &response_size) == STATUS_OK);
        nominations += check.use_candidate;
        sendto(server, response, response_size, 0, (struct sockaddr *)&source, source_size);
    }
}

/* What is queued goes to the server, and what it answers comes back. */
static void exchange(void)
{
    struct pollfd readable = {.fd = shared_socket_fd(shared), .events = POLLIN};

    shared_socket_flush(shared);
    serve();
    ck_assert_int_eq(poll(&readable, 1, WAIT_MS), 1);
    shared_socket_turn(shared, TIME_NEVER);
}

static void begin(size_t i)
{
    char ufrag[8];

    snprintf(ufrag, sizeof ufrag, "srv%zu", i);
    ck_assert(ice_light_set_remote(peers[i].light, ufrag, PWD) == STATUS_OK);
    ck_assert(ice_light_add_candidate(peers[i].light, server_candidate) == STATUS_OK);
    ck_assert(ice_light_add_candidate(peers[i].light, "") == STATUS_OK);
}

static void connect_all(void)
{
    for (size_t i = 0; i < CLIENTS; i++)
        begin(i);
    exchange(); /* checks */
    exchange(); /* nominations */
    for (size_t i = 0; i < CLIENTS; i++)
        ck_assert(ice_light_state(peers[i].light) == ICE_READY);
}

START_TEST(everybody_has_a_candidate_and_credentials)
{
    char expected[128];

    for (size_t i = 0; i < CLIENTS; i++) {
        snprintf(expected, sizeof expected, "candidate:1 1 UDP 2130706431 127.16.9.%zu %u typ host",
                 i + 1, shared_socket_port(shared));
        ck_assert_str_eq(peers[i].candidate, expected);
        ck_assert(peers[i].ended);
        ck_assert_uint_ge(strlen(ice_light_ufrag(peers[i].light)), 4);
        ck_assert_uint_ge(strlen(ice_light_pwd(peers[i].light)), 22);
    }
    ck_assert_str_ne(ice_light_ufrag(peers[0].light), ice_light_ufrag(peers[1].light));
    ck_assert_str_ne(ice_light_pwd(peers[0].light), ice_light_pwd(peers[1].light));
}
END_TEST

START_TEST(many_connect_to_one_port)
{
    ck_assert(ice_light_send(peers[0].light, "\x80", 1) == STATUS_AGAIN);
    connect_all();
    ck_assert_uint_eq(nominations, CLIENTS);
    for (size_t i = 0; i < CLIENTS; i++) {
        ck_assert_uint_eq(peers[i].state_count, 2);
        ck_assert(peers[i].states[0] == ICE_CHECKING && peers[i].states[1] == ICE_READY);
        ck_assert_int_lt(ice_light_due_us(peers[i].light), INT64_MAX); /* consent */
        ck_assert_int_gt(ice_light_due_us(peers[i].light), clock_monotonic_us() + 3 * US_PER_S);
    }
}
END_TEST

START_TEST(media_comes_back_to_who_sent_it)
{
    int64_t before_us = clock_monotonic_us();

    connect_all();
    for (size_t i = 0; i < CLIENTS; i++) {
        uint8_t packet[20] = {0x80, (uint8_t)i};
        ck_assert(ice_light_send(peers[i].light, packet, sizeof packet) == STATUS_OK);
    }
    exchange();
    for (size_t i = 0; i < CLIENTS; i++) {
        ck_assert_uint_eq(peers[i].datagrams, 1);
        ck_assert_uint_eq(peers[i].last_size, 20);
        ck_assert_uint_eq(peers[i].last[1], i);
        ck_assert_int_ge(peers[i].last_arrival_us, before_us - US_PER_MS);
    }
}
END_TEST

START_TEST(strangers_are_counted_and_not_heard)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(shared_socket_port(shared))};
    int stranger = socket(AF_INET, SOCK_DGRAM, 0);
    struct ice_counters counters;

    connect_all();
    inet_pton(AF_INET, "127.16.9.2", &to.sin_addr);
    sendto(stranger, "\x80stranger", 9, 0, (struct sockaddr *)&to, sizeof to);
    sendto(stranger, "\0\1no-stun-at-all-but-long", 24, 0, (struct sockaddr *)&to, sizeof to);
    shared_socket_turn(shared, TIME_NEVER);
    ice_light_counters(peers[1].light, &counters);
    ck_assert_uint_eq(counters.strangers, 1);
    ck_assert_uint_eq(peers[1].datagrams, 0);
    ice_light_counters(peers[0].light, &counters);
    ck_assert_uint_eq(counters.strangers, 0);
    ck_assert(ice_light_state(peers[1].light) == ICE_READY);
    close(stranger);
}
END_TEST

START_TEST(consent_that_expires_is_told)
{
    int64_t later_us;

    connect_all();
    later_us = clock_monotonic_us() + 31 * US_PER_S;
    ice_light_on_timer(peers[0].light, later_us);
    ck_assert(ice_light_state(peers[0].light) == ICE_FAILED);
    ck_assert_ptr_nonnull(strstr(ice_light_error(peers[0].light), "consent"));
    ck_assert(ice_light_send(peers[0].light, "\x80", 1) == STATUS_AGAIN);
    ck_assert(ice_light_state(peers[1].light) == ICE_READY);
}
END_TEST

START_TEST(a_restart_tells_new_credentials)
{
    char ufrag[32];

    connect_all();
    strcpy(ufrag, ice_light_ufrag(peers[0].light));
    peers[0].candidate[0] = '\0';
    ck_assert(ice_light_restart(peers[0].light) == STATUS_OK);
    ck_assert_str_ne(ufrag, ice_light_ufrag(peers[0].light));
    ck_assert_str_ne(peers[0].candidate, "");
    ck_assert(ice_light_send(peers[0].light, "\x80", 1) == STATUS_OK); /* on the old pair */
    begin(0);
    exchange();
    exchange();
    ck_assert(ice_light_state(peers[0].light) == ICE_READY);
}
END_TEST

START_TEST(what_it_cannot_do_it_says)
{
    struct ice_config configs[5];
    static const char *const words[] = {"TURN", "TURN", "STUN", "controlled role"};
    struct ice_light *light = NULL;

    for (size_t i = 0; i < 5; i++)
        configs[i] = config_of(&peers[0]);
    configs[0].turn_address = "127.0.0.1";
    configs[1].relay_only = true;
    configs[2].stun_address = "127.0.0.1";
    configs[3].controlling = false;
    for (size_t i = 0; i < 4; i++) {
        ck_assert(ice_light_create(&configs[i], &light, &failure) == STATUS_UNSUPPORTED);
        ck_assert_ptr_nonnull(strstr(failure.message, words[i]));
        ck_assert_ptr_nonnull(strstr(failure.message, "--client full"));
    }
    configs[4].controlling = false;
    configs[4].remote_lite = true; /* then it controls (RFC 8445 §6.1.1) */
    ck_assert(ice_light_create(&configs[4], &light, &failure) == STATUS_OK);
    ice_light_destroy(light);
}
END_TEST

START_TEST(addresses_run_out)
{
    struct ice_light *more[4];
    struct ice_config config = config_of(&peers[0]);

    for (size_t i = 0; i < 3; i++)
        ck_assert(ice_light_create(&config, &more[i], &failure) == STATUS_OK);
    ck_assert(ice_light_create(&config, &more[3], &failure) == STATUS_FULL);
    ck_assert_ptr_nonnull(strstr(failure.message, "--client-addresses"));
    for (size_t i = 0; i < 3; i++)
        ice_light_destroy(more[i]);
    ck_assert(ice_light_create(&config, &more[3], &failure) == STATUS_OK);
    ice_light_destroy(more[3]);
}
END_TEST

START_TEST(odd_candidates_are_answered)
{
    struct ice_light *light = peers[0].light;

    ck_assert(ice_light_add_candidate(light, "nonsense") == STATUS_MALFORMED);
    ck_assert(ice_light_add_candidate(light, "candidate:1 1 UDP 1 ::1 9 typ host") ==
              STATUS_UNSUPPORTED);
    ck_assert(ice_light_add_candidate(light, "candidate:1 1 UDP 1 a.local 9 typ host") ==
              STATUS_UNSUPPORTED);
    ck_assert(ice_light_set_remote(light, "abc", PWD) == STATUS_MALFORMED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/transport/ice_light");
    TCase *cases = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, everybody_has_a_candidate_and_credentials);
    tcase_add_test(cases, many_connect_to_one_port);
    tcase_add_test(cases, media_comes_back_to_who_sent_it);
    tcase_add_test(cases, strangers_are_counted_and_not_heard);
    tcase_add_test(cases, consent_that_expires_is_told);
    tcase_add_test(cases, a_restart_tells_new_credentials);
    tcase_add_test(cases, what_it_cannot_do_it_says);
    tcase_add_test(cases, addresses_run_out);
    tcase_add_test(cases, odd_candidates_are_answered);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
