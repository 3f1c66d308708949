#include "common/webrtc/transport/ice_controller.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/ice_lite.h"

/* A controller and, at several addresses, the ICE-lite agent of a server in one process. Time is a
 * number; what the controller sends lies in a row until the test hands it on. */

#define SERVER_UFRAG "srvr"
#define SERVER_PWD "the-server's-password-24"
#define OWN_UFRAG "own-frag"
#define OWN_PWD "the-own-password-of-24ch"
#define SENT_MAX 64

struct sent {
    struct sockaddr_in to;
    size_t size;
    uint8_t data[1024];
};

static struct ice_controller controller;
static struct sent sent[SENT_MAX];
static size_t sent_count, taken;
static enum ice_state states[16];
static size_t state_count;
static int64_t now_us;
static struct ice_lite_check seen; /* of the last check that the server answered */

static void on_send(void *arg, const struct sockaddr_in *to, const void *data, size_t size)
{
    ck_assert_ptr_eq(arg, &sent_count);
    ck_assert_uint_lt(sent_count, SENT_MAX);
    ck_assert_uint_le(size, sizeof sent[0].data);
    sent[sent_count].to = *to;
    sent[sent_count].size = size;
    memcpy(sent[sent_count++].data, data, size);
}

static void on_state(void *arg, enum ice_state state)
{
    ck_assert_ptr_eq(arg, &sent_count);
    ck_assert_uint_lt(state_count, 16);
    states[state_count++] = state;
}

static void setup(void)
{
    now_us = 1000000000;
    sent_count = taken = state_count = 0;
    ice_controller_init(&controller, &(struct ice_controller_config){.ufrag = OWN_UFRAG,
                                                                     .pwd = OWN_PWD,
                                                                     .check_priority = 0x6effffff,
                                                                     .seed = 7,
                                                                     .arg = &sent_count,
                                                                     .on_send = on_send,
                                                                     .on_state = on_state});
}

static void teardown(void)
{
    ice_controller_finish(&controller);
}

static struct sockaddr_in server(unsigned last)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(4000)};

    address.sin_addr.s_addr = htonl(0x0a000000 + last);
    return address;
}

static void set_remote(void)
{
    ck_assert(ice_controller_set_remote(&controller, SERVER_UFRAG, SERVER_PWD, now_us) ==
              STATUS_OK);
}

static void add_remote(unsigned last, uint32_t priority)
{
    struct sockaddr_in remote = server(last);

    ck_assert(ice_controller_add_remote(&controller, &remote, priority, now_us) == STATUS_OK);
}

/* Everything that falls due in the next `span_us`, at its time. */
static void pass(int64_t span_us)
{
    int64_t until_us = now_us + span_us;

    while (controller.due_us <= until_us) {
        if (controller.due_us > now_us)
            now_us = controller.due_us;
        ice_controller_on_timer(&controller, now_us);
    }
    now_us = until_us;
}

static bool next_sent(struct sent *ret_one)
{
    if (taken == sent_count)
        return false;
    *ret_one = sent[taken++];
    return true;
}

static enum status serve(const struct sent *one, uint8_t *response, size_t *ret_size)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(9)};

    return ice_lite_answer(one->data, one->size, SERVER_UFRAG, SERVER_PWD, (struct sockaddr *)&own,
                           sizeof own, &seen, response, 512, ret_size);
}

/* The server at `last` answers what comes to it; the others are silent. */
static void answer_all(unsigned last)
{
    struct sockaddr_in address = server(last);
    struct sent one;

    while (next_sent(&one)) {
        uint8_t response[512];
        size_t size = 0;

        if (memcmp(&one.to.sin_addr, &address.sin_addr, sizeof address.sin_addr) != 0)
            continue;
        ck_assert(serve(&one, response, &size) == STATUS_OK);
        ice_controller_receive(&controller, response, size, &address, now_us);
    }
}

static void connect_to(unsigned last)
{
    set_remote();
    add_remote(last, 100);
    answer_all(last);
    ck_assert(controller.state == ICE_READY);
}

START_TEST(one_candidate_is_checked_nominated_and_selected)
{
    struct sent one;

    set_remote();
    ck_assert_uint_eq(sent_count, 0);
    add_remote(1, 100);
    ck_assert(controller.state == ICE_CHECKING && !controller.has_selected);
    ck_assert_uint_eq(sent_count, 1); /* at once */
    ck_assert(next_sent(&one));
    uint8_t response[512];
    size_t size = 0;
    ck_assert(serve(&one, response, &size) == STATUS_OK);
    ck_assert(!seen.use_candidate);
    ck_assert_uint_eq(seen.priority, 0x6effffff);
    ice_controller_receive(&controller, response, size, &one.to, now_us);
    ck_assert(controller.state == ICE_CHECKING);
    ck_assert_uint_eq(sent_count, 2); /* the nomination */
    answer_all(1);
    ck_assert(seen.use_candidate);
    ck_assert(controller.state == ICE_READY && controller.has_selected);
    ck_assert_uint_eq(ntohl(controller.selected.sin_addr.s_addr), 0x0a000001);
    ck_assert_uint_eq(state_count, 2);
    ck_assert(states[0] == ICE_CHECKING && states[1] == ICE_READY);
}
END_TEST

START_TEST(candidates_may_come_before_credentials)
{
    add_remote(1, 100);
    pass(US_PER_S);
    ck_assert_uint_eq(sent_count, 0);
    set_remote();
    answer_all(1);
    ck_assert(controller.state == ICE_READY);
}
END_TEST

START_TEST(checks_are_repeated_as_rfc8489_says)
{
    static const int64_t at_ms[] = {0, 500, 1500, 3500, 7500, 15500, 31500};
    int64_t begin_us = now_us;

    set_remote();
    add_remote(1, 100);
    ice_controller_end_remotes(&controller);
    for (size_t i = 0; i < 7; i++) {
        pass(begin_us + at_ms[i] * US_PER_MS - now_us - 1);
        ck_assert_uint_eq(sent_count, i > 0 ? i : 1);
        pass(1);
        ck_assert_uint_eq(sent_count, i + 1);
        ck_assert_uint_eq(sent[i].size, sent[0].size);
        ck_assert_mem_eq(sent[i].data, sent[0].data, sent[0].size); /* one transaction */
    }
    pass(begin_us + 39500 * US_PER_MS - now_us - 1);
    ck_assert(controller.state == ICE_CHECKING);
    pass(1);
    ck_assert(controller.state == ICE_FAILED);
    ck_assert_str_eq(controller.error, "none of the peer's candidates answers");
    pass(100 * US_PER_S);
    ck_assert_uint_eq(sent_count, 7);
}
END_TEST

START_TEST(a_late_answer_counts)
{
    set_remote();
    add_remote(1, 100);
    pass(2 * US_PER_S); /* 3 transmissions */
    ck_assert_uint_eq(sent_count, 3);
    taken = 2;
    answer_all(1);
    ck_assert(controller.state == ICE_READY);
}
END_TEST

START_TEST(candidates_are_paced_by_priority)
{
    set_remote();
    add_remote(1, 10); /* nothing else is known: it begins */
    add_remote(2, 20);
    add_remote(3, 30);
    ck_assert_uint_eq(sent_count, 1);
    pass(49999);
    ck_assert_uint_eq(sent_count, 1);
    pass(1);
    ck_assert_uint_eq(sent_count, 2);
    ck_assert_uint_eq(ntohl(sent[1].to.sin_addr.s_addr), 0x0a000003);
    pass(50000);
    ck_assert_uint_eq(sent_count, 3);
    ck_assert_uint_eq(ntohl(sent[2].to.sin_addr.s_addr), 0x0a000002);
    answer_all(2);
    ck_assert(controller.state == ICE_READY);
    ck_assert_uint_eq(ntohl(controller.selected.sin_addr.s_addr), 0x0a000002);
}
END_TEST

START_TEST(the_end_of_candidates_is_awaited)
{
    set_remote();
    add_remote(1, 10);
    pass(60 * US_PER_S);
    ck_assert(controller.state == ICE_CHECKING); /* another one may come */
    add_remote(2, 10);
    answer_all(2);
    ck_assert(controller.state == ICE_READY);
}
END_TEST

START_TEST(no_candidate_for_us_is_named)
{
    set_remote();
    ice_controller_end_remotes(&controller);
    ck_assert(controller.state == ICE_NEW); /* not from inside */
    pass(0);
    ck_assert(controller.state == ICE_FAILED);
    ck_assert_ptr_nonnull(strstr(controller.error, "no UDP candidate over IPv4"));
}
END_TEST

START_TEST(more_candidates_than_places_are_refused)
{
    struct sockaddr_in one_more = server(99);

    set_remote();
    for (unsigned i = 0; i < ICE_CONTROLLER_REMOTES_MAX; i++)
        add_remote(i + 1, 1);
    ck_assert(ice_controller_add_remote(&controller, &one_more, 1, now_us) == STATUS_FULL);
    add_remote(1, 1); /* known */
    ck_assert_uint_eq(controller.remote_count, ICE_CONTROLLER_REMOTES_MAX);
}
END_TEST

START_TEST(credentials_have_bounds)
{
    char long_ufrag[258], long_pwd[258];

    memset(long_ufrag, 'u', 257);
    memset(long_pwd, 'p', 257);
    long_ufrag[257] = long_pwd[257] = '\0';
    ck_assert(ice_controller_set_remote(&controller, "abc", SERVER_PWD, now_us) ==
              STATUS_MALFORMED);
    ck_assert(ice_controller_set_remote(&controller, SERVER_UFRAG, "short", now_us) ==
              STATUS_MALFORMED);
    ck_assert(ice_controller_set_remote(&controller, long_ufrag, SERVER_PWD, now_us) ==
              STATUS_MALFORMED);
    ck_assert(ice_controller_set_remote(&controller, SERVER_UFRAG, long_pwd, now_us) ==
              STATUS_MALFORMED);
    ck_assert(ice_controller_set_remote(&controller, long_ufrag + 1, long_pwd + 1, now_us) ==
              STATUS_OK);
    add_remote(1, 1);
    ck_assert_uint_eq(sent_count, 1);
}
END_TEST

static size_t respond_wrongly(const struct sent *one, const char *pwd, bool controlling,
                              uint8_t *response)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(9)};
    size_t size = 0;

    if (controlling)
        ck_assert(ice_lite_answer_controlling(one->data, one->size, SERVER_UFRAG, pwd,
                                              (struct sockaddr *)&own, sizeof own, &seen, response,
                                              512, &size) == STATUS_CONFLICT);
    else
        ck_assert(ice_lite_answer(one->data, one->size, SERVER_UFRAG, pwd, (struct sockaddr *)&own,
                                  sizeof own, &seen, response, 512, &size) == STATUS_OK);
    return size;
}

START_TEST(a_peer_that_controls_is_named)
{
    uint8_t response[512];
    struct sent one;

    set_remote();
    add_remote(1, 1);
    ck_assert(next_sent(&one));
    ice_controller_receive(&controller, response, respond_wrongly(&one, SERVER_PWD, true, response),
                           &one.to, now_us);
    ck_assert(controller.state == ICE_FAILED);
    ck_assert_ptr_nonnull(strstr(controller.error, "487"));
}
END_TEST

/* RFC 8445 §7.2.5.2.1: source and destination must be symmetric. */
START_TEST(an_answer_from_elsewhere_does_not_count)
{
    struct sockaddr_in elsewhere = server(9);
    uint8_t response[512];
    struct sent one;

    set_remote();
    add_remote(1, 1);
    ice_controller_end_remotes(&controller);
    ck_assert(next_sent(&one));
    ice_controller_receive(&controller, response,
                           respond_wrongly(&one, SERVER_PWD, false, response), &elsewhere, now_us);
    ck_assert(controller.state == ICE_CHECKING); /* not from inside */
    pass(0);
    ck_assert(controller.state == ICE_FAILED && !controller.has_selected);
}
END_TEST

START_TEST(forged_and_foreign_answers_are_counted)
{
    uint8_t response[512];
    struct sent one;
    size_t size;

    set_remote();
    add_remote(1, 1);
    ck_assert(next_sent(&one));
    size = respond_wrongly(&one, SERVER_PWD, false, response);
    response[size - 12] ^= 1; /* in MESSAGE-INTEGRITY: FINGERPRINT is wrong then, too */
    ice_controller_receive(&controller, response, size, &one.to, now_us);
    ck_assert_uint_eq(controller.counters.unauthentic, 1);
    response[size - 12] ^= 1;
    response[12] ^= 1; /* another transaction */
    ice_controller_receive(&controller, response, size, &one.to, now_us);
    ck_assert_uint_eq(controller.counters.unmatched, 1);
    ice_controller_receive(&controller, "\x00\x01", 2, &one.to, now_us);
    ck_assert_uint_eq(controller.counters.malformed, 1);
    ck_assert(controller.state == ICE_CHECKING && !controller.has_selected);
    response[12] ^= 1;
    ice_controller_receive(&controller, response, size, &one.to, now_us);
    answer_all(1);
    ck_assert(controller.state == ICE_READY);
    ice_controller_receive(&controller, response, size, &one.to, now_us); /* once more */
    ck_assert_uint_eq(controller.counters.unmatched, 2);
}
END_TEST

/* A full agent checks us, too; from an address of which it did not speak. */
static size_t make_peer_check(const char *own_ufrag, const char *pwd, uint8_t *data)
{
    struct ice_check check = {.local_ufrag = SERVER_UFRAG,
                              .remote_ufrag = own_ufrag,
                              .remote_pwd = pwd,
                              .priority = 77,
                              .tie_breaker = 1};
    struct ice_check_id id;
    size_t size;

    ck_assert(ice_check_write(&check, data, &size, &id) == STATUS_OK);
    return size;
}

START_TEST(a_check_of_a_controlling_peer_gets_487)
{
    struct sockaddr_in peer = server(5);
    uint8_t request[ICE_CHECK_MAX];
    size_t size = make_peer_check(OWN_UFRAG, OWN_PWD, request);

    set_remote();
    ice_controller_receive(&controller, request, size, &peer, now_us);
    ck_assert_uint_eq(sent_count, 1);
    ck_assert_uint_eq(sent[0].data[0] << 8 | sent[0].data[1], 0x0111);
    ck_assert_uint_eq(controller.counters.answered, 1);
    ck_assert_uint_eq(controller.remote_count, 0);
    size = make_peer_check(OWN_UFRAG, "not-the-password-of-24ch", request);
    ice_controller_receive(&controller, request, size, &peer, now_us);
    ck_assert_uint_eq(sent_count, 1);
    ck_assert_uint_eq(controller.counters.unauthentic, 1);
}
END_TEST

START_TEST(consent_is_asked_every_five_seconds_or_so)
{
    int64_t last_us;

    connect_to(1);
    last_us = now_us;
    for (int i = 0; i < 20; i++) {
        size_t before = sent_count = taken = 0;

        pass(controller.due_us - now_us);
        ck_assert_uint_eq(sent_count, before + 1);
        ck_assert_int_ge(now_us - last_us, 4 * US_PER_S);
        ck_assert_int_le(now_us - last_us, 6 * US_PER_S);
        last_us = now_us;
        answer_all(1);
        ck_assert(!seen.use_candidate);
    }
    ck_assert(controller.state == ICE_READY);
    ck_assert_uint_eq(controller.counters.consents_sent, 20);
    ck_assert_uint_eq(controller.counters.unmatched, 0);
}
END_TEST

START_TEST(consent_times_vary)
{
    int64_t gaps[8];

    connect_to(1);
    for (size_t i = 0; i < 8; i++) {
        int64_t before_us = now_us;

        pass(controller.due_us - now_us);
        gaps[i] = now_us - before_us;
        answer_all(1);
    }
    for (size_t i = 1; i < 8; i++)
        ck_assert_int_ne(gaps[i], gaps[0]);
}
END_TEST

START_TEST(consent_expires_after_thirty_seconds)
{
    connect_to(1);
    pass(30 * US_PER_S - 1);
    ck_assert(controller.state == ICE_READY);
    pass(1);
    ck_assert(controller.state == ICE_FAILED);
    ck_assert_ptr_nonnull(strstr(controller.error, "consent"));
    sent_count = taken = 0;
    pass(100 * US_PER_S);
    ck_assert_uint_eq(sent_count, 0);
}
END_TEST

START_TEST(an_answer_to_an_older_consent_check_counts)
{
    connect_to(1);
    pass(25 * US_PER_S); /* at least 4 unanswered ones */
    ck_assert_uint_ge(sent_count - taken, 4);
    sent_count = taken + 1; /* the newer ones are lost */
    answer_all(1);
    pass(30 * US_PER_S - 1);
    ck_assert(controller.state == ICE_READY);
    pass(1);
    ck_assert(controller.state == ICE_FAILED);
}
END_TEST

START_TEST(a_forged_consent_does_not_count)
{
    uint8_t response[512];
    struct sent one;
    size_t size;

    connect_to(1);
    pass(6 * US_PER_S);
    while (next_sent(&one))
        ;
    size = respond_wrongly(&one, SERVER_PWD, false, response);
    response[24] ^= 1;
    ice_controller_receive(&controller, response, size, &one.to, now_us);
    ck_assert_uint_eq(controller.counters.unauthentic, 1);
    pass(24 * US_PER_S);
    ck_assert(controller.state == ICE_FAILED);
}
END_TEST

START_TEST(known_addresses_are_the_candidates)
{
    struct sockaddr_in known = server(1), other = server(2), port = server(1);

    port.sin_port = htons(4001);
    ck_assert(!ice_controller_knows(&controller, &known));
    connect_to(1);
    ck_assert(ice_controller_knows(&controller, &known));
    ck_assert(!ice_controller_knows(&controller, &other));
    ck_assert(!ice_controller_knows(&controller, &port));
    add_remote(2, 1); /* late: may send, is not checked */
    ck_assert(ice_controller_knows(&controller, &other));
    ck_assert_uint_eq(sent_count, 2);
}
END_TEST

START_TEST(a_restart_keeps_the_pair_until_there_is_another)
{
    struct sockaddr_in old = server(1);

    connect_to(1);
    ice_controller_restart(&controller, "new-frag", "a-new-password-of-24-chr");
    ck_assert_str_eq(controller.ufrag, "new-frag");
    ck_assert(controller.has_selected && ice_controller_knows(&controller, &old));
    pass(40 * US_PER_S); /* consent waits meanwhile */
    ck_assert(controller.state != ICE_FAILED);
    set_remote();
    add_remote(2, 1);
    answer_all(2);
    ck_assert(controller.state == ICE_READY);
    ck_assert_uint_eq(ntohl(controller.selected.sin_addr.s_addr), 0x0a000002);
    ck_assert(!ice_controller_knows(&controller, &old));
}
END_TEST

START_TEST(a_restart_heals_a_lost_one)
{
    connect_to(1);
    pass(31 * US_PER_S);
    ck_assert(controller.state == ICE_FAILED);
    ice_controller_restart(&controller, "new-frag", "a-new-password-of-24-chr");
    taken = sent_count;
    set_remote();
    add_remote(1, 1);
    answer_all(1);
    ck_assert(controller.state == ICE_READY);
    ck_assert_str_eq(controller.error, "");
}
END_TEST

static TCase *checks(void)
{
    TCase *cases = tcase_create("checks");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, one_candidate_is_checked_nominated_and_selected);
    tcase_add_test(cases, candidates_may_come_before_credentials);
    tcase_add_test(cases, checks_are_repeated_as_rfc8489_says);
    tcase_add_test(cases, a_late_answer_counts);
    tcase_add_test(cases, candidates_are_paced_by_priority);
    tcase_add_test(cases, the_end_of_candidates_is_awaited);
    tcase_add_test(cases, no_candidate_for_us_is_named);
    tcase_add_test(cases, more_candidates_than_places_are_refused);
    tcase_add_test(cases, credentials_have_bounds);
    tcase_add_test(cases, a_peer_that_controls_is_named);
    tcase_add_test(cases, an_answer_from_elsewhere_does_not_count);
    tcase_add_test(cases, forged_and_foreign_answers_are_counted);
    tcase_add_test(cases, a_check_of_a_controlling_peer_gets_487);
    return cases;
}

static TCase *consent(void)
{
    TCase *cases = tcase_create("consent");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, consent_is_asked_every_five_seconds_or_so);
    tcase_add_test(cases, consent_times_vary);
    tcase_add_test(cases, consent_expires_after_thirty_seconds);
    tcase_add_test(cases, an_answer_to_an_older_consent_check_counts);
    tcase_add_test(cases, a_forged_consent_does_not_count);
    tcase_add_test(cases, known_addresses_are_the_candidates);
    tcase_add_test(cases, a_restart_keeps_the_pair_until_there_is_another);
    tcase_add_test(cases, a_restart_heals_a_lost_one);
    return cases;
}

int main(void)
{
    Suite *suite = suite_create("common/webrtc/transport/ice_controller");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, checks());
    suite_add_tcase(suite, consent());
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
