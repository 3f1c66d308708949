#include "common/webrtc/transport/dtls_session.h"

#include <check.h>
#include <openssl/srtp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "common/webrtc/transport/certificate_private.h"

/* OpenSSL keeps its retransmission clock by gettimeofday; this one stands still until the test
 * moves it. */
static int64_t fake_now_us = 1700000000000000;

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    now->tv_sec = fake_now_us / 1000000;
    now->tv_usec = fake_now_us % 1000000;
    return 0;
}

#define QUEUE_MAX 64

struct datagram {
    size_t size;
    uint8_t data[2048];
};

/* One side, and the datagrams it has sent that nobody has taken yet. */
struct side {
    struct certificate *certificate;
    struct dtls_session *session;
    struct datagram sent[QUEUE_MAX];
    size_t sent_count, sent_total, largest;
};

static struct side client, server;

static void on_send(void *arg, const void *data, size_t size)
{
    struct side *side = arg;

    ck_assert_uint_lt(side->sent_count, QUEUE_MAX);
    ck_assert_uint_le(size, sizeof(side->sent[0].data));
    memcpy(side->sent[side->sent_count].data, data, size);
    side->sent[side->sent_count++].size = size;
    side->sent_total++;
    if (size > side->largest)
        side->largest = size;
}

static void open_side(struct side *side, bool as_server, const char *fingerprint,
                      size_t datagram_max)
{
    struct dtls_config config = {.certificate = side->certificate,
                                 .server = as_server,
                                 .remote_fingerprint = fingerprint,
                                 .datagram_max = datagram_max,
                                 .arg = side,
                                 .on_send = on_send};

    ck_assert(dtls_session_create(&config, &side->session) == STATUS_OK);
}

static void open_both(size_t datagram_max)
{
    open_side(&client, false, certificate_fingerprint(server.certificate), datagram_max);
    open_side(&server, true, certificate_fingerprint(client.certificate), datagram_max);
}

static void setup(void)
{
    memset(&client, 0, sizeof(client));
    memset(&server, 0, sizeof(server));
    ck_assert(certificate_create("client", NULL, 30, &client.certificate) == STATUS_OK);
    ck_assert(certificate_create("server", NULL, 30, &server.certificate) == STATUS_OK);
}

static void teardown(void)
{
    dtls_session_destroy(client.session);
    dtls_session_destroy(server.session);
    certificate_destroy(client.certificate);
    certificate_destroy(server.certificate);
}

/* Everything that `from` has sent reaches `to`, except datagrams whose bit is set in `lost`. */
static void deliver(struct side *from, struct side *to, unsigned lost)
{
    static struct datagram taken[QUEUE_MAX];
    size_t count = from->sent_count;

    memcpy(taken, from->sent, count * sizeof(taken[0]));
    from->sent_count = 0;
    for (size_t i = 0; i < count; i++)
        if (!(lost >> i & 1))
            dtls_session_receive(to->session, taken[i].data, taken[i].size);
}

static void pump(void)
{
    for (int i = 0; i < 20 && (client.sent_count > 0 || server.sent_count > 0); i++) {
        deliver(&client, &server, 0);
        deliver(&server, &client, 0);
    }
}

static void check_connected(enum srtp_suite suite)
{
    struct srtp_keys ours, theirs;
    size_t size;

    ck_assert_msg(dtls_session_state(client.session) == DTLS_CONNECTED, "%s",
                  dtls_session_error(client.session));
    ck_assert_msg(dtls_session_state(server.session) == DTLS_CONNECTED, "%s",
                  dtls_session_error(server.session));
    ck_assert(dtls_session_keys(client.session, &ours) == STATUS_OK);
    ck_assert(dtls_session_keys(server.session, &theirs) == STATUS_OK);
    ck_assert(ours.suite == suite && theirs.suite == suite);
    ck_assert_uint_eq(ours.key_size, 16);
    ck_assert_uint_eq(ours.salt_size, suite == SRTP_SUITE_AEAD_AES_128_GCM ? 12 : 14);
    size = ours.key_size + ours.salt_size;
    ck_assert_mem_eq(ours.send, theirs.receive, size);
    ck_assert_mem_eq(ours.receive, theirs.send, size);
    ck_assert_mem_ne(ours.send, ours.receive, size);
    ck_assert_int_eq(dtls_session_timeout_us(client.session), -1);
    ck_assert_int_eq(dtls_session_timeout_us(server.session), -1);
}

START_TEST(both_roles_agree_on_gcm_keys)
{
    struct srtp_keys keys;

    open_both(1200);
    ck_assert(dtls_session_keys(client.session, &keys) == STATUS_CONFLICT);
    dtls_session_start(client.session);
    dtls_session_start(server.session); /* a server waits */
    ck_assert_uint_eq(server.sent_total, 0);
    pump();
    check_connected(SRTP_SUITE_AEAD_AES_128_GCM);
}
END_TEST

/* A peer that knows only the older suite; its context is narrowed through the private header. */
static void allow_only(struct side *side, const char *profiles)
{
    open_side(side, false, certificate_fingerprint(side->certificate), 1200);
    dtls_session_destroy(side->session);
    ck_assert_int_eq(SSL_CTX_set_tlsext_use_srtp(side->certificate->dtls_context, profiles), 0);
}

START_TEST(older_suite_is_understood_as_client_and_server)
{
    struct side *old = _i == 0 ? &client : &server;

    allow_only(old, "SRTP_AES128_CM_SHA1_80");
    open_both(1200);
    dtls_session_start(client.session);
    pump();
    check_connected(SRTP_SUITE_AES128_CM_SHA1_80);
}
END_TEST

START_TEST(server_prefers_gcm_whatever_the_client_likes)
{
    allow_only(&client, "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM");
    open_both(1200);
    dtls_session_start(client.session);
    pump();
    check_connected(SRTP_SUITE_AEAD_AES_128_GCM);
}
END_TEST

START_TEST(no_common_suite_gives_no_keys)
{
    struct srtp_keys keys;

    allow_only(&client, "SRTP_AEAD_AES_256_GCM");
    open_both(1200);
    dtls_session_start(client.session);
    pump();
    ck_assert(dtls_session_state(server.session) == DTLS_CONNECTED);
    ck_assert(dtls_session_keys(server.session, &keys) == STATUS_CRYPTO);
}
END_TEST

/* Small datagrams: certificates go in fragments, and no datagram is larger than allowed. */
START_TEST(handshake_works_in_fragments)
{
    open_both(300);
    dtls_session_start(client.session);
    pump();
    check_connected(SRTP_SUITE_AEAD_AES_128_GCM);
    ck_assert_uint_le(client.largest, 300);
    ck_assert_uint_le(server.largest, 300);
    ck_assert_uint_gt(client.sent_total + server.sent_total, 6);
}
END_TEST

START_TEST(lost_client_hello_is_sent_again_after_100_ms_doubling)
{
    int64_t expected_us = 100000;

    open_both(1200);
    ck_assert_int_eq(dtls_session_timeout_us(client.session), -1);
    dtls_session_start(client.session);
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(client.sent_count, 1);
        client.sent_count = 0; /* lost */
        ck_assert_int_eq(dtls_session_timeout_us(client.session), expected_us);
        dtls_session_on_timeout(client.session); /* called early: nothing */
        ck_assert_uint_eq(client.sent_count, 0);
        fake_now_us += expected_us;
        ck_assert_int_eq(dtls_session_timeout_us(client.session), 0);
        dtls_session_on_timeout(client.session);
        expected_us *= 2;
    }
    pump();
    check_connected(SRTP_SUITE_AEAD_AES_128_GCM);
}
END_TEST

static void wait_for_retransmission(struct side *side)
{
    int64_t left_us = dtls_session_timeout_us(side->session);

    ck_assert_int_ge(left_us, 0);
    fake_now_us += left_us;
    dtls_session_on_timeout(side->session);
    ck_assert_uint_gt(side->sent_count, 0);
}

START_TEST(each_lost_flight_is_repaired)
{
    open_both(1200);
    dtls_session_start(client.session);
    deliver(&client, &server, 0);
    server.sent_count = 0; /* ServerHello … ServerHelloDone lost */
    wait_for_retransmission(&server);
    deliver(&server, &client, 0);
    client.sent_count = 0; /* Certificate … Finished lost */
    wait_for_retransmission(&client);
    deliver(&client, &server, 0);
    ck_assert(dtls_session_state(server.session) == DTLS_CONNECTED);
    server.sent_count = 0; /* the last flight lost: the client repeats, the server answers again */
    wait_for_retransmission(&client);
    pump();
    check_connected(SRTP_SUITE_AEAD_AES_128_GCM);
}
END_TEST

START_TEST(lost_fragment_is_repaired)
{
    open_both(300);
    dtls_session_start(client.session);
    deliver(&client, &server, 0);
    ck_assert_uint_gt(server.sent_count, 2);
    deliver(&server, &client, 1u << 1);
    wait_for_retransmission(&server);
    pump();
    check_connected(SRTP_SUITE_AEAD_AES_128_GCM);
}
END_TEST

START_TEST(silent_peer_fails_in_the_end)
{
    open_both(1200);
    dtls_session_start(client.session);
    for (int i = 0; i < 40 && dtls_session_state(client.session) == DTLS_HANDSHAKING; i++) {
        client.sent_count = 0;
        fake_now_us += dtls_session_timeout_us(client.session);
        dtls_session_on_timeout(client.session);
    }
    ck_assert(dtls_session_state(client.session) == DTLS_FAILED);
    ck_assert_ptr_nonnull(strstr(dtls_session_error(client.session), "timed out"));
}
END_TEST

/* The failure names both fingerprints; the other side learns by an alert. */
START_TEST(wrong_fingerprint_fails_on_either_side)
{
    const char *wrong = certificate_fingerprint((_i == 0 ? &client : &server)->certificate);
    const char *right_of_server = certificate_fingerprint(server.certificate);
    struct side *judge = _i == 0 ? &client : &server;
    struct side *judged = _i == 0 ? &server : &client;

    open_side(&client, false, _i == 0 ? wrong : right_of_server, 1200);
    open_side(&server, true, _i == 0 ? certificate_fingerprint(client.certificate) : wrong, 1200);
    dtls_session_start(client.session);
    pump();
    ck_assert(dtls_session_state(judge->session) == DTLS_FAILED);
    ck_assert_ptr_nonnull(strstr(dtls_session_error(judge->session), "fingerprint mismatch"));
    ck_assert_ptr_nonnull(strstr(dtls_session_error(judge->session), wrong));
    ck_assert_ptr_nonnull(
        strstr(dtls_session_error(judge->session), certificate_fingerprint(judged->certificate)));
    ck_assert(dtls_session_state(judged->session) == DTLS_FAILED);
    ck_assert_str_ne(dtls_session_error(judged->session), "");
}
END_TEST

START_TEST(lower_case_fingerprint_is_the_same)
{
    char lower[FINGERPRINT_SIZE];

    strcpy(lower, certificate_fingerprint(server.certificate));
    for (char *at = lower; *at != '\0'; at++)
        if (*at >= 'A' && *at <= 'F')
            *at += 'a' - 'A';
    open_side(&client, false, lower, 1200);
    open_side(&server, true, certificate_fingerprint(client.certificate), 1200);
    dtls_session_start(client.session);
    pump();
    check_connected(SRTP_SUITE_AEAD_AES_128_GCM);
}
END_TEST

START_TEST(destroy_sends_close_notify)
{
    open_both(1200);
    dtls_session_start(client.session);
    pump();
    dtls_session_destroy(client.session);
    client.session = NULL;
    ck_assert_uint_eq(client.sent_count, 1);
    dtls_session_receive(server.session, client.sent[0].data, client.sent[0].size);
    ck_assert(dtls_session_state(server.session) == DTLS_CLOSED);
}
END_TEST

START_TEST(forget_sends_nothing)
{
    open_both(1200);
    dtls_session_start(client.session);
    pump();
    dtls_session_forget(client.session);
    client.session = NULL;
    ck_assert_uint_eq(client.sent_count, 0);
    dtls_session_forget(NULL);
}
END_TEST

START_TEST(garbage_changes_nothing)
{
    uint8_t garbage[600];

    open_both(1200);
    dtls_session_start(client.session);
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < sizeof(garbage); i++)
            garbage[i] = (uint8_t)(i * 31 + (size_t)round * 77);
        garbage[0] = (uint8_t)(20 + round);
        dtls_session_receive(server.session, garbage, sizeof(garbage));
        dtls_session_receive(client.session, garbage, 5);
        dtls_session_receive(client.session, garbage, 0);
        deliver(&client, &server, 0);
        deliver(&server, &client, 0);
    }
    pump();
    check_connected(SRTP_SUITE_AEAD_AES_128_GCM);
}
END_TEST

START_TEST(settings_are_checked)
{
    struct dtls_config config = {.certificate = client.certificate,
                                 .remote_fingerprint = NULL,
                                 .datagram_max = 1200,
                                 .on_send = on_send};
    struct dtls_session *session = NULL;

    ck_assert(dtls_session_create(&config, &session) == STATUS_INVALID);
    config.remote_fingerprint = "AA";
    config.datagram_max = 100;
    ck_assert(dtls_session_create(&config, &session) == STATUS_INVALID);
    ck_assert_ptr_null(session);
    dtls_session_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dtls_session");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, both_roles_agree_on_gcm_keys);
    tcase_add_loop_test(tcase, older_suite_is_understood_as_client_and_server, 0, 2);
    tcase_add_test(tcase, server_prefers_gcm_whatever_the_client_likes);
    tcase_add_test(tcase, no_common_suite_gives_no_keys);
    tcase_add_test(tcase, handshake_works_in_fragments);
    tcase_add_test(tcase, lost_client_hello_is_sent_again_after_100_ms_doubling);
    tcase_add_test(tcase, each_lost_flight_is_repaired);
    tcase_add_test(tcase, lost_fragment_is_repaired);
    tcase_add_test(tcase, silent_peer_fails_in_the_end);
    tcase_add_loop_test(tcase, wrong_fingerprint_fails_on_either_side, 0, 2);
    tcase_add_test(tcase, lower_case_fingerprint_is_the_same);
    tcase_add_test(tcase, destroy_sends_close_notify);
    tcase_add_test(tcase, forget_sends_nothing);
    tcase_add_test(tcase, garbage_changes_nothing);
    tcase_add_test(tcase, settings_are_checked);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
