#include "common/webrtc/transport/ice_agent.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/datagram_path.h"

/* Two agents in one process over loopback, driven by poll and the timers; every loop is bounded. */

#define TURN_MS 5
#define TURNS_MAX 2000
#define FDS_MAX 16

struct peer {
    struct ice_agent *agent;
    struct peer *other;
    bool hold_candidates;
    char held[8][256];
    size_t held_count, candidate_count;
    bool end_seen;
    enum ice_state states[32];
    size_t state_count;
    int fds[FDS_MAX];
    size_t fd_count;
    size_t datagrams;
    uint8_t last[1500];
    size_t last_size;
    int64_t last_arrival_us;
};

static struct peer left, right;
static const struct datagram_path *path; /* of the next agent that is made */

static void on_candidate(void *arg, const char *candidate)
{
    struct peer *peer = arg;

    if (candidate == NULL)
        peer->end_seen = true;
    else
        peer->candidate_count++;
    if (peer->hold_candidates && candidate != NULL)
        strcpy(peer->held[peer->held_count++], candidate);
    if (!peer->hold_candidates && peer->other->agent != NULL)
        ck_assert(ice_agent_add_candidate(peer->other->agent, candidate) == STATUS_OK);
}

static void on_state(void *arg, enum ice_state state)
{
    struct peer *peer = arg;

    ck_assert_uint_lt(peer->state_count, 32);
    peer->states[peer->state_count++] = state;
}

static void on_datagram(void *arg, uint8_t *data, size_t size, int64_t arrival_us)
{
    struct peer *peer = arg;

    peer->datagrams++;
    memcpy(peer->last, data, size);
    peer->last_size = size;
    peer->last_arrival_us = arrival_us;
}

static void on_socket(void *arg, int fd, bool watch)
{
    struct peer *peer = arg;
    size_t i = 0;

    while (i < peer->fd_count && peer->fds[i] != fd)
        i++;
    ck_assert(watch == (i == peer->fd_count));
    if (watch) {
        ck_assert_uint_lt(peer->fd_count, FDS_MAX);
        peer->fds[peer->fd_count++] = fd;
    } else {
        peer->fds[i] = peer->fds[--peer->fd_count];
    }
}

static void create(struct peer *peer, struct peer *other, bool controlling)
{
    struct ice_config config = {.controlling = controlling,
                                .address = "127.0.0.1",
                                .path = path,
                                .arg = peer,
                                .on_candidate = on_candidate,
                                .on_state = on_state,
                                .on_datagram = on_datagram,
                                .on_socket = on_socket};
    struct failure failure;

    memset(peer, 0, sizeof(*peer));
    peer->other = other;
    ck_assert_msg(ice_agent_create(&config, &peer->agent, &failure) == STATUS_OK, "%s",
                  failure.message);
}

static void poll_peer(struct peer *peer, struct pollfd *polled, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (polled[i].revents != 0)
            ice_agent_readable(peer->agent, polled[i].fd);
}

static size_t add_fds(struct peer *peer, struct pollfd *polled)
{
    for (size_t i = 0; i < peer->fd_count; i++)
        polled[i] = (struct pollfd){.fd = peer->fds[i], .events = POLLIN};
    return peer->fd_count;
}

static void turn(void)
{
    struct pollfd polled[2 * FDS_MAX];
    size_t left_count = add_fds(&left, polled);
    size_t right_count = add_fds(&right, polled + left_count);

    poll(polled, left_count + right_count, TURN_MS);
    poll_peer(&left, polled, left_count);
    poll_peer(&right, polled + left_count, right_count);
    ice_agent_run_timers();
}

static bool both_ready(void)
{
    return ice_agent_state(left.agent) == ICE_READY && ice_agent_state(right.agent) == ICE_READY;
}

static void run_until_ready(void)
{
    for (int i = 0; i < TURNS_MAX && !both_ready(); i++)
        turn();
    ck_assert(both_ready());
}

static void exchange_credentials(void)
{
    ck_assert(ice_agent_set_remote(left.agent, ice_agent_ufrag(right.agent),
                                   ice_agent_pwd(right.agent)) == STATUS_OK);
    ck_assert(ice_agent_set_remote(right.agent, ice_agent_ufrag(left.agent),
                                   ice_agent_pwd(left.agent)) == STATUS_OK);
}

static void connect_both(void)
{
    exchange_credentials();
    ck_assert(ice_agent_gather(left.agent) == STATUS_OK);
    ck_assert(ice_agent_gather(right.agent) == STATUS_OK);
    run_until_ready();
}

static void setup(void)
{
    create(&left, &right, true);
    create(&right, &left, false);
}

static void teardown(void)
{
    ice_agent_destroy(left.agent);
    ice_agent_destroy(right.agent);
    ck_assert_uint_eq(left.fd_count, 0);
    ck_assert_uint_eq(right.fd_count, 0);
}

static void send_one(struct peer *from, uint8_t first, size_t size)
{
    uint8_t data[1400];
    size_t seen = from->other->datagrams;

    memset(data, 0xAB, sizeof(data));
    data[0] = first;
    ck_assert(ice_agent_send(from->agent, data, size) == STATUS_OK);
    for (int i = 0; i < TURNS_MAX && from->other->datagrams == seen; i++)
        turn();
    ck_assert_uint_eq(from->other->datagrams, seen + 1);
    ck_assert_uint_eq(from->other->last_size, size);
    ck_assert_mem_eq(from->other->last, data, size);
}

START_TEST(states_and_candidates_in_order)
{
    ck_assert(ice_agent_state(left.agent) == ICE_NEW);
    ck_assert(ice_agent_send(left.agent, "x", 1) == STATUS_AGAIN);
    ck_assert(ice_agent_take_over(left.agent) == STATUS_CONFLICT);
    connect_both();
    ck_assert_uint_eq(left.candidate_count, 1);
    ck_assert(left.end_seen && right.end_seen);
    ck_assert(left.states[0] == ICE_GATHERING);
    ck_assert(left.states[1] == ICE_CHECKING);
    ck_assert(left.states[left.state_count - 1] == ICE_READY);
}
END_TEST

START_TEST(datagrams_cross_on_both_ways)
{
    int64_t before_us;

    connect_both();
    send_one(&left, 0x80, 1200);
    send_one(&right, 0x16, 1);
    ck_assert_uint_eq(left.fd_count, 1);
    ck_assert(!ice_agent_taken_over(left.agent));

    ck_assert(ice_agent_take_over(left.agent) == STATUS_OK);
    ck_assert(ice_agent_take_over(left.agent) == STATUS_OK);
    ck_assert(ice_agent_taken_over(left.agent));
    ck_assert_uint_eq(left.fd_count, 2);
    send_one(&left, 0x80, 1200);  /* B to A */
    send_one(&right, 0x80, 1200); /* A to B */
    ck_assert(ice_agent_take_over(right.agent) == STATUS_OK);
    before_us = clock_monotonic_us();
    send_one(&left, 0x80, 1400);
    ck_assert_int_ge(right.last_arrival_us, before_us - 1000);
    ck_assert_int_le(right.last_arrival_us, clock_monotonic_us());
    send_one(&right, 0x16, 14);
    ck_assert_uint_eq(ice_agent_kernel_drops(left.agent), 0);
}
END_TEST

/* The peer's connectivity checks must still reach libnice after the take-over: a third party that
 * sends STUN to the port sees no datagram on the media side. */
START_TEST(stun_stays_with_libnice_and_strangers_are_counted)
{
    struct sockaddr_in port;
    socklen_t size = sizeof(port);
    struct ice_counters counters;
    int stranger = socket(AF_INET, SOCK_DGRAM, 0);
    static const uint8_t stun[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
    static const uint8_t rtp[40] = {0x80, 96};

    connect_both();
    ck_assert(ice_agent_take_over(left.agent) == STATUS_OK);
    getsockname(left.fds[0], (struct sockaddr *)&port, &size);
    sendto(stranger, stun, sizeof(stun), 0, (struct sockaddr *)&port, size);
    sendto(stranger, rtp, sizeof(rtp), 0, (struct sockaddr *)&port, size);
    for (int i = 0; i < 20; i++)
        turn();
    ice_agent_counters(left.agent, &counters);
    ck_assert_uint_eq(counters.strangers, 1);
    ck_assert_uint_eq(counters.stun_misplaced, 0);
    ck_assert_uint_eq(left.datagrams, 0);
    send_one(&right, 0x80, 100);
    close(stranger);
}
END_TEST

/* Way A drops strangers inside libnice. */
START_TEST(strangers_are_ignored_before_take_over)
{
    struct sockaddr_in port;
    socklen_t size = sizeof(port);
    int stranger = socket(AF_INET, SOCK_DGRAM, 0);
    static const uint8_t rtp[40] = {0x80, 96};

    connect_both();
    getsockname(left.fds[0], (struct sockaddr *)&port, &size);
    sendto(stranger, rtp, sizeof(rtp), 0, (struct sockaddr *)&port, size);
    for (int i = 0; i < 20; i++)
        turn();
    ck_assert_uint_eq(left.datagrams, 0);
    close(stranger);
}
END_TEST

START_TEST(late_candidates_connect_too)
{
    left.hold_candidates = right.hold_candidates = true;
    exchange_credentials();
    ck_assert(ice_agent_gather(left.agent) == STATUS_OK);
    ck_assert(ice_agent_gather(right.agent) == STATUS_OK);
    for (int i = 0; i < 10; i++)
        turn();
    ck_assert(ice_agent_state(left.agent) != ICE_READY);
    ck_assert(ice_agent_add_candidate(left.agent, right.held[0]) == STATUS_OK);
    ck_assert(ice_agent_add_candidate(left.agent, NULL) == STATUS_OK);
    run_until_ready(); /* the right side learns the left one as peer-reflexive */
    ck_assert(ice_agent_take_over(right.agent) == STATUS_OK);
    send_one(&left, 0x80, 100);
    send_one(&right, 0x80, 100);
}
END_TEST

static size_t count_states(const struct peer *peer, enum ice_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < peer->state_count; i++)
        count += peer->states[i] == state;
    return count;
}

START_TEST(restart_changes_credentials_and_keeps_media)
{
    char ufrag[257];

    connect_both();
    ck_assert(ice_agent_take_over(left.agent) == STATUS_OK);
    ck_assert(ice_agent_take_over(right.agent) == STATUS_OK);
    strcpy(ufrag, ice_agent_ufrag(left.agent));
    left.hold_candidates = right.hold_candidates = true;
    ck_assert(ice_agent_restart(left.agent) == STATUS_OK);
    ck_assert(ice_agent_restart(right.agent) == STATUS_OK);
    ck_assert_str_ne(ice_agent_ufrag(left.agent), ufrag);
    ck_assert_uint_eq(left.held_count, 1); /* its candidates are announced again */
    send_one(&left, 0x80, 100);
    send_one(&right, 0x80, 100);
    exchange_credentials();
    ck_assert(ice_agent_add_candidate(left.agent, right.held[0]) == STATUS_OK);
    ck_assert(ice_agent_add_candidate(right.agent, left.held[0]) == STATUS_OK);
    run_until_ready();
    ck_assert_uint_eq(count_states(&left, ICE_READY), 2);
    ck_assert_uint_eq(count_states(&left, ICE_FAILED), 0);
    ck_assert(ice_agent_taken_over(left.agent));
    send_one(&left, 0x80, 100);
    send_one(&right, 0x80, 100);
}
END_TEST

/* ---- with a path: libnice's STUN takes a detour ---- */

static struct {
    size_t out, in;
    bool holds, drops_out;
    struct {
        bool out;
        uint64_t route;
        size_t size;
        uint8_t data[1500];
    } held[64];
    size_t held_count;
} carried;

static void on_carry(void *arg, bool out, uint64_t route, void *data, size_t size, int64_t at_us)
{
    ck_assert_ptr_eq(arg, &carried);
    ck_assert_uint_ne(route, DATAGRAM_ROUTE_MEDIA);
    ck_assert_uint_le(((uint8_t *)data)[0], 3); /* STUN, and nothing else */
    ck_assert_int_le(at_us, clock_monotonic_us());
    *(out ? &carried.out : &carried.in) += 1;
    if (out && carried.drops_out)
        return;
    if (!carried.holds) {
        ice_agent_arrive(left.agent, out, route, data, size);
        return;
    }
    ck_assert_uint_lt(carried.held_count, 64);
    carried.held[carried.held_count].out = out;
    carried.held[carried.held_count].route = route;
    carried.held[carried.held_count].size = size;
    memcpy(carried.held[carried.held_count++].data, data, size);
}

static void let_go(void)
{
    size_t count = carried.held_count;

    carried.held_count = 0;
    for (size_t i = 0; i < count; i++)
        ice_agent_arrive(left.agent, carried.held[i].out, carried.held[i].route,
                         carried.held[i].data, carried.held[i].size);
}

static void give_left_a_path(bool controlling)
{
    static const struct datagram_path of_left = {&carried, on_carry};

    memset(&carried, 0, sizeof carried);
    ice_agent_destroy(left.agent);
    ice_agent_destroy(right.agent);
    path = &of_left;
    create(&left, &right, controlling);
    path = NULL;
    create(&right, &left, !controlling);
}

START_TEST(with_a_path_all_stun_takes_it)
{
    struct ice_counters counters;

    for (int controlling = 0; controlling < 2; controlling++) {
        give_left_a_path(controlling);
        connect_both();
        ck_assert_uint_gt(carried.out, 0);
        ck_assert_uint_gt(carried.in, 0);
        ck_assert(ice_agent_take_over(left.agent) == STATUS_OK);
        ck_assert(ice_agent_take_over(right.agent) == STATUS_OK);
        send_one(&left, 0x80, 1200);
        send_one(&right, 0x80, 1200);
        ice_agent_counters(left.agent, &counters);
        ck_assert_uint_eq(counters.strangers + counters.send_refused + counters.sockets_refused, 0);
    }
}
END_TEST

START_TEST(without_what_the_path_carries_nothing_connects)
{
    give_left_a_path(true);
    carried.drops_out = true;
    exchange_credentials();
    ck_assert(ice_agent_gather(left.agent) == STATUS_OK);
    ck_assert(ice_agent_gather(right.agent) == STATUS_OK);
    for (int i = 0; i < 200; i++)
        turn();
    ck_assert_uint_gt(carried.out, 1);
    ck_assert_uint_gt(carried.in, 0); /* the right one checks, and gets no answer */
    ck_assert(ice_agent_state(left.agent) != ICE_READY);
    ck_assert(ice_agent_state(right.agent) != ICE_READY);
    carried.drops_out = false;
    run_until_ready();
}
END_TEST

START_TEST(what_the_path_holds_connects_later)
{
    give_left_a_path(true);
    carried.holds = true;
    exchange_credentials();
    ck_assert(ice_agent_gather(left.agent) == STATUS_OK);
    ck_assert(ice_agent_gather(right.agent) == STATUS_OK);
    for (int i = 0; i < TURNS_MAX && !both_ready(); i++) {
        turn();
        if (i % 10 == 9) /* some 50 ms each way */
            let_go();
    }
    ck_assert(both_ready());
    send_one(&left, 0x80, 100);
    send_one(&right, 0x80, 100);
}
END_TEST

/* Whoever sends STUN from many ports uses up no more than the portals. */
START_TEST(portals_are_bounded)
{
    static const uint8_t stun[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
    struct sockaddr_in outer;
    socklen_t size = sizeof outer;
    struct ice_counters counters;

    give_left_a_path(true);
    connect_both();
    getsockname(left.fds[0], (struct sockaddr *)&outer, &size);
    for (int i = 0; i < 12; i++) {
        int stranger = socket(AF_INET, SOCK_DGRAM, 0);

        sendto(stranger, stun, sizeof stun, 0, (struct sockaddr *)&outer, size);
        turn();
        close(stranger);
    }
    ice_agent_counters(left.agent, &counters);
    ck_assert_uint_ge(counters.sockets_refused, 4);
    ck_assert_uint_le(left.fd_count, 10);
    send_one(&left, 0x80, 100);
    send_one(&right, 0x80, 100);
}
END_TEST

START_TEST(wrong_password_never_connects)
{
    ck_assert(ice_agent_set_remote(left.agent, ice_agent_ufrag(right.agent),
                                   "not-the-password-of-it") == STATUS_OK);
    ck_assert(ice_agent_set_remote(right.agent, ice_agent_ufrag(left.agent),
                                   "not-the-password-of-it") == STATUS_OK);
    ck_assert(ice_agent_gather(left.agent) == STATUS_OK);
    ck_assert(ice_agent_gather(right.agent) == STATUS_OK);
    for (int i = 0; i < 60; i++)
        turn();
    ck_assert_uint_eq(count_states(&left, ICE_CONNECTED) + count_states(&right, ICE_CONNECTED), 0);
}
END_TEST

START_TEST(odd_candidates_are_answered_not_fatal)
{
    static const struct {
        const char *text;
        enum status status;
    } rows[] = {
        {"candidate:1 1 UDP 2130706431 127.0.0.1 9 typ host", STATUS_OK},
        {"a=candidate:1 1 udp 2130706431 127.0.0.1 10 typ host generation 0 ufrag abcd", STATUS_OK},
        {"candidate:842163049 1 udp 1677729535 127.0.0.9 46154 typ srflx raddr 0.0.0.0 rport 0 "
         "generation 0 ufrag zNfE network-cost 999",
         STATUS_OK},
        {"candidate:1 1 udp 2113937151 5a1d8c2e-1111-2222-3333-444444444444.local 50000 typ host",
         STATUS_UNSUPPORTED},
        {"candidate:1 1 tcp 1518280447 127.0.0.1 9 typ host tcptype active", STATUS_UNSUPPORTED},
        {"candidate:1 2 UDP 2130706430 127.0.0.1 9 typ host", STATUS_UNSUPPORTED},
        {"candidate:1 1 UDP 0 127.0.0.1 9 typ host", STATUS_MALFORMED},
        {"candidate:1 1 UDP 2130706431 127.0.0.1 0 typ host", STATUS_MALFORMED},
        {"candidate:1 1 UDP 2130706431 300.0.0.1 9 typ host", STATUS_MALFORMED},
        {"candidate:1 1 UDP 2130706431 127.0.0.1 9 typ nonsense", STATUS_MALFORMED},
        {"candidate:1 1 UDP 2130706431 127.0.0.1 9", STATUS_MALFORMED},
        {"candidate:1 1 UDP 2130706431 127.0.0.1 9 typ", STATUS_MALFORMED},
        {"candidate:", STATUS_MALFORMED},
        {"candidate", STATUS_MALFORMED},
        {"candidate:   \t  ", STATUS_MALFORMED},
    };
    char longer[2000];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_msg(ice_agent_add_candidate(left.agent, rows[i].text) == rows[i].status, "%s",
                      rows[i].text);
    memset(longer, 'x', sizeof(longer));
    memcpy(longer, "candidate:", 10);
    longer[sizeof(longer) - 1] = '\0';
    ck_assert(ice_agent_add_candidate(left.agent, longer) == STATUS_TOO_LARGE);
    connect_both();
}
END_TEST

START_TEST(candidates_are_bounded)
{
    char text[128];
    size_t taken = 0;

    exchange_credentials();
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(text, sizeof(text), "candidate:%u 1 UDP 2130706431 127.0.0.1 %u typ host", i,
                 10000 + i);
        taken += ice_agent_add_candidate(left.agent, text) == STATUS_OK;
    }
    ck_assert_uint_ge(taken, 20);
    ck_assert_uint_le(taken, 100);
}
END_TEST

START_TEST(settings_are_checked)
{
    struct ice_config config = {.address = "not-an-address",
                                .arg = &left,
                                .on_candidate = on_candidate,
                                .on_state = on_state,
                                .on_datagram = on_datagram,
                                .on_socket = on_socket};
    struct failure failure;
    struct ice_agent *agent = NULL;

    ck_assert(ice_agent_create(&config, &agent, &failure) == STATUS_INVALID);
    ck_assert_ptr_nonnull(strstr(failure.message, "not-an-address"));
    config.address = "127.0.0.1";
    config.relay_only = true;
    ck_assert(ice_agent_create(&config, &agent, &failure) == STATUS_INVALID);
    config.turn_address = "127.0.0.1";
    ck_assert(ice_agent_create(&config, &agent, &failure) == STATUS_INVALID);
    ck_assert_ptr_nonnull(strstr(failure.message, "TURN"));
    ck_assert_ptr_null(agent);
    ck_assert(ice_agent_set_remote(left.agent, "abc", "0123456789012345678901") ==
              STATUS_MALFORMED);
    ck_assert(ice_agent_set_remote(left.agent, "abcd", "012345678901234567890") ==
              STATUS_MALFORMED);
    ice_agent_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ice_agent");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, states_and_candidates_in_order);
    tcase_add_test(tcase, datagrams_cross_on_both_ways);
    tcase_add_test(tcase, stun_stays_with_libnice_and_strangers_are_counted);
    tcase_add_test(tcase, strangers_are_ignored_before_take_over);
    tcase_add_test(tcase, late_candidates_connect_too);
    tcase_add_test(tcase, restart_changes_credentials_and_keeps_media);
    tcase_add_test(tcase, with_a_path_all_stun_takes_it);
    tcase_add_test(tcase, without_what_the_path_carries_nothing_connects);
    tcase_add_test(tcase, what_the_path_holds_connects_later);
    tcase_add_test(tcase, portals_are_bounded);
    tcase_add_test(tcase, wrong_password_never_connects);
    tcase_add_test(tcase, odd_candidates_are_answered_not_fatal);
    tcase_add_test(tcase, candidates_are_bounded);
    tcase_add_test(tcase, settings_are_checked);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
