/* One transport on a hand-driven worker: the clock is the test's, so that half a minute of silence
 * takes no time. */
#include "reference-server/media/transport/server_transport.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "reference-server/fault.h"
#include "reference-server/media/media_answer.h"
#include "reference-server/media/worker/demultiplex.h"
#include "tests/unit/reference-server/media/light_client.h"

#include <check.h>

static struct worker_context context;
static struct media_counters counters;
static struct certificate *certificate;
static struct light_client *client;
static struct server_transport *transport;
static struct media_event events[16];
static size_t event_count;
static bool events_refused;

static bool on_event(struct worker_context *from, const struct media_event *event)
{
    (void)from;
    ck_assert_uint_lt(event_count, 16);
    if (!events_refused)
        events[event_count++] = *event;
    return !events_refused;
}

static void make_context(void)
{
    struct failure failure = {0};
    memset(&context, 0, sizeof context);
    memset(&counters, 0, sizeof counters);
    context.counters = &counters;
    context.on_event = on_event;
    random_stream_init(&context.random, 1);
    context.transports = transport_table_create(1);
    context.sources = key_map_create(100, 1);
    context.links = worker_links_create(1);
    ck_assert_int_eq(media_crypto_start(), STATUS_OK);
    ck_assert_int_eq(certificate_create("test", NULL, 1, &certificate), STATUS_OK);
    context.certificate = certificate;
    worker_context_tell_time(&context, clock_monotonic_us(), clock_realtime_offset_us());
    context.wheel = timer_wheel_create(context.now_us);
    ck_assert_int_eq(udp_port_open("127.0.0.1", 0, &counters, &context.port, &failure), STATUS_OK);
}

/* What media_plane_offer does, without threads. */
static struct media_terms *negotiate(struct light_client *with, const struct media_terms *previous,
                                     const char *ufrag)
{
    struct media_local local = {.fingerprint = certificate_fingerprint(certificate),
                                .address = "127.0.0.1",
                                .port = udp_port_number(context.port),
                                .session_id = "1",
                                .pwd = "passwordpasswordpassword",
                                .cname = "cname"};
    struct sdp *offer = calloc(1, sizeof *offer), *answer = calloc(1, sizeof *answer);
    struct media_terms *terms = calloc(1, sizeof *terms);
    struct failure failure = {0};
    struct buffer text;
    const char *offered = light_client_offer(with);

    ck_assert(offer && answer && terms);
    strcpy(local.ufrag, ufrag);
    for (uint32_t i = 0; i < MEDIA_ANSWER_SSRCS; i++)
        local.ssrcs[i] = 100 + i;
    ck_assert_int_eq(sdp_parse(offered, strlen(offered), offer, &failure), STATUS_OK);
    ck_assert_msg(media_answer_make(offer, &local, previous, answer, terms, &failure) == STATUS_OK,
                  "%s", failure.message);
    terms->participant = 1;
    terms->incarnation = 1;
    buffer_init(&text, SDP_TEXT_MAX);
    ck_assert_int_eq(sdp_write(answer, &text), STATUS_OK);
    light_client_answer(with, buffer_string(&text));
    buffer_finish(&text);
    free(offer);
    free(answer);
    return terms;
}

static void setup(void)
{
    event_count = 0;
    events_refused = false;
    make_context();
    client = calloc(1, sizeof *client);
    ck_assert_ptr_nonnull(client);
    light_client_init(client, 1, certificate, 1, 1);
    ck_assert_int_eq(
        server_transport_create(&context, negotiate(client, NULL, "ufragone"), &transport),
        STATUS_OK);
}

static void teardown(void)
{
    server_transport_destroy(transport);
    ck_assert_uint_eq(key_map_count(context.sources), 0);
    source_destroy_all(&context);
    transport_table_destroy(context.transports);
    timer_wheel_destroy(context.wheel);
    worker_links_destroy(context.links);
    udp_port_close(context.port);
    light_client_finish(client);
    free(client);
    certificate_destroy(certificate);
}

static void pass(int64_t us)
{
    /* In small steps, as a worker turns: timers start timers. */
    for (int64_t step; us > 0; us -= step) {
        step = us < TRANSPORT_TICK_US ? us : TRANSPORT_TICK_US;
        worker_context_tell_time(&context, context.now_us + step, context.realtime_offset_us);
        timer_wheel_advance(context.wheel, context.now_us);
        udp_port_flush(context.port);
    }
}

/* What the client has sent is handed in, what the server answers goes out. */
static void serve(void)
{
    struct udp_datagram *datagrams;
    size_t count;
    while ((count = udp_port_receive(context.port, &datagrams)) > 0)
        for (size_t i = 0; i < count; i++)
            demultiplex_datagram(&context, &datagrams[i]);
    udp_port_flush(context.port);
}

static void connect_client(void)
{
    for (int turn = 0; turn < 1000 && transport->state != TRANSPORT_CONNECTED; turn++) {
        struct pollfd watched = {.fd = udp_port_descriptor(context.port), .events = POLLIN};
        light_client_turn(client);
        poll(&watched, 1, 1);
        serve();
    }
    ck_assert_int_eq(transport->state, TRANSPORT_CONNECTED);
    for (int turn = 0; turn < 1000 && !light_client_is_connected(client); turn++)
        light_client_turn(client);
    ck_assert(light_client_is_connected(client));
}

static struct sockaddr_in address(uint16_t port)
{
    struct sockaddr_in result = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, "127.0.0.1", &result.sin_addr);
    return result;
}

/* An authenticated check from a made-up address. */
static void check_from(uint16_t port)
{
    uint8_t data[512];
    struct udp_datagram datagram = {.data = data, .source = address(port)};
    datagram.size = light_client_stun(client, NULL, data, sizeof data);
    demultiplex_datagram(&context, &datagram);
}

START_TEST(silence_of_half_a_minute_is_told_once)
{
    connect_client();
    ck_assert_uint_eq(event_count, 1);
    ck_assert_int_eq(events[0].kind, MEDIA_EVENT_CONNECTED);
    pass(TRANSPORT_CONSENT_US - US_PER_S);
    ck_assert_uint_eq(event_count, 1);
    pass(2 * US_PER_S);
    ck_assert_uint_eq(event_count, 2);
    ck_assert_int_eq(events[1].kind, MEDIA_EVENT_LOST);
    ck_assert_uint_eq(events[1].participant, 1);
    pass(60 * US_PER_S);
    ck_assert_uint_eq(event_count, 2);
    ck_assert(!server_transport_is_open(transport));
    /* Consent is over: a check with the old credentials is not answered (RFC 7675 §5.1). */
    uint64_t answered = media_counted(&counters, MEDIA_COUNTER_stun_answered);
    check_from(4000);
    ck_assert_uint_eq(media_counted(&counters, MEDIA_COUNTER_stun_answered), answered);
}
END_TEST

START_TEST(checks_keep_consent_alive)
{
    connect_client();
    for (int i = 0; i < 10; i++) {
        pass(20 * US_PER_S);
        check_from(ntohs(transport->peer.sin_port));
    }
    ck_assert_int_eq(transport->state, TRANSPORT_CONNECTED);
}
END_TEST

START_TEST(the_fault_that_ends_consent_does)
{
    connect_client();
    fault_switch_on(FAULT_IGNORE_CONSENT);
    check_from(ntohs(transport->peer.sin_port));
    uint64_t answered = media_counted(&counters, MEDIA_COUNTER_stun_answered);
    pass(4 * US_PER_S);
    check_from(ntohs(transport->peer.sin_port));
    ck_assert_uint_eq(media_counted(&counters, MEDIA_COUNTER_stun_answered), answered);
    fault_reset();
    check_from(ntohs(transport->peer.sin_port));
    ck_assert_uint_eq(media_counted(&counters, MEDIA_COUNTER_stun_answered), answered + 1);
}
END_TEST

START_TEST(a_restart_brings_the_lost_back_without_a_handshake)
{
    connect_client();
    pass(TRANSPORT_CONSENT_US + US_PER_S);
    ck_assert_int_eq(transport->state, TRANSPORT_LOST);
    light_client_restart(client);
    server_transport_update(transport, negotiate(client, transport->terms, "ufragtwo"));
    connect_client();
    ck_assert_uint_eq(event_count, 3);
    ck_assert_int_eq(events[2].kind, MEDIA_EVENT_CONNECTED);
    ck_assert_uint_eq(media_counted(&counters, MEDIA_COUNTER_dtls_connected), 1);
}
END_TEST

START_TEST(during_a_restart_both_credentials_answer_until_the_new_are_used)
{
    connect_client();
    server_transport_update(transport, negotiate(client, transport->terms, "ufragtwo"));
    ck_assert_str_eq(transport->terms->ufrag,
                     "ufragone"); /* the peer's were the same: no restart */
    light_client_restart(client);
    server_transport_update(transport, negotiate(client, transport->terms, "ufragtwo"));
    ck_assert_str_eq(transport->terms->ufrag, "ufragtwo");
    ck_assert_ptr_eq(transport_table_by_ufrag(context.transports, "ufragone"), transport);
    check_from(4000); /* with the new ones */
    ck_assert_ptr_null(transport_table_by_ufrag(context.transports, "ufragone"));
    ck_assert_uint_eq(ntohs(transport->peer.sin_port), 4000);
}
END_TEST

START_TEST(news_that_nobody_takes_is_told_again)
{
    events_refused = true;
    connect_client();
    ck_assert_uint_eq(event_count, 0);
    events_refused = false;
    pass(2 * TRANSPORT_TICK_US);
    ck_assert_uint_eq(event_count, 1);
    ck_assert_int_eq(events[0].kind, MEDIA_EVENT_CONNECTED);
    pass(US_PER_S);
    ck_assert_uint_eq(event_count, 1);
}
END_TEST

START_TEST(the_handshake_is_let_go_soon_after_the_first_packet)
{
    connect_client();
    pass(4 * US_PER_S);
    ck_assert_ptr_nonnull(transport->dtls);
    light_client_send_audio(client, 10, false);
    serve();
    pass(TRANSPORT_DTLS_LINGER_US - US_PER_S);
    ck_assert_ptr_nonnull(transport->dtls);
    pass(2 * US_PER_S);
    ck_assert_ptr_null(transport->dtls);
    /* Without a word: the client's session is still open, and media still flows. */
    light_client_turn(client);
    ck_assert_int_eq(dtls_session_state(client->dtls), DTLS_CONNECTED);
    uint64_t before = media_counted(&counters, MEDIA_COUNTER_rtp_in);
    light_client_send_audio(client, 10, false);
    serve();
    ck_assert_uint_eq(media_counted(&counters, MEDIA_COUNTER_rtp_in), before + 1);
    ck_assert_int_eq(transport->state, TRANSPORT_CONNECTED);
}
END_TEST

START_TEST(the_handshake_is_let_go_at_last_without_packets)
{
    connect_client();
    for (int i = 0; i < 31; i++) {
        ck_assert(i > 29 || transport->dtls != NULL);
        pass(US_PER_S);
        check_from(ntohs(transport->peer.sin_port));
    }
    ck_assert_ptr_null(transport->dtls);
    ck_assert_int_eq(transport->state, TRANSPORT_CONNECTED);
}
END_TEST

START_TEST(after_a_goodbye_a_restart_shakes_hands_again)
{
    connect_client();
    dtls_session_destroy(client->dtls); /* says close_notify */
    client->dtls = NULL;
    media_crypto_destroy(client->crypto);
    client->crypto = NULL;
    struct pollfd watched = {.fd = udp_port_descriptor(context.port), .events = POLLIN};
    poll(&watched, 1, 1000);
    serve();
    ck_assert_int_eq(transport->state, TRANSPORT_LOST);
    light_client_restart(client);
    server_transport_update(transport, negotiate(client, transport->terms, "ufragtwo"));
    connect_client();
    ck_assert_uint_eq(media_counted(&counters, MEDIA_COUNTER_dtls_connected), 2);
}
END_TEST

/* Packets of a key frame, numbered from 0, from somebody else into the client's video slot. */
static void deliver(struct source *source, unsigned first, unsigned count, bool repaired)
{
    uint8_t payload[50] = {0x90, 0x80, 0x81, 0x23, 0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a};
    for (unsigned i = first; i < first + count; i++) {
        payload[0] = i == 0 ? 0x90 : 0x80;
        struct media_packet packet = {.kind = MEDIA_VIDEO,
                                      .repaired = repaired,
                                      .epoch = 1,
                                      .sequence = 5000 + i,
                                      .timestamp = 1,
                                      .marker = i + 1 == first + count,
                                      .payload = payload,
                                      .payload_size = sizeof payload};
        ck_assert_int_eq(media_packet_inspect(&packet), STATUS_OK);
        source_deliver(source, &packet);
    }
    udp_port_flush(context.port);
}

static void deliver_video(struct source *source, unsigned count)
{
    deliver(source, 0, count, false);
}

static struct outlet *attach_video(struct source *source)
{
    struct outlet *outlet = &transport->outlets[0];
    ck_assert_int_eq(outlet->terms->kind, MEDIA_VIDEO);
    ck_assert_int_eq(source_attach(source, outlet), STATUS_OK);
    return outlet;
}

START_TEST(questions_cannot_make_us_shout)
{
    struct source *source = source_obtain(&context, 99);
    bool stale = false;
    connect_client();
    struct outlet *outlet = attach_video(source);
    deliver_video(source, OUTLET_HISTORY_PACKETS);
    uint16_t last = (uint16_t)outlet->slot.last_sequence;
    for (uint16_t round = 0; round < 10; round++) { /* every packet kept, again and again */
        for (uint16_t i = 0; i < OUTLET_HISTORY_PACKETS; i++) {
            outlet_retransmit(outlet, (uint16_t)(last - i), 10000, &stale);
            ck_assert(!stale);
        }
        worker_context_tell_time(&context, context.now_us + 20000, context.realtime_offset_us);
    }
    ck_assert_uint_eq(media_counted(&counters, MEDIA_COUNTER_retransmitted),
                      RESEND_PACKETS_PER_TICK);
    pass(TRANSPORT_TICK_US);
    ck_assert(outlet_retransmit(outlet, last, 10000, &stale));
}
END_TEST

/* The receiver missed it too, and its NACK crossed the repair on the way. */
START_TEST(a_repair_that_was_passed_on_is_not_repeated_at_once)
{
    struct source *source = source_obtain(&context, 99);
    bool stale = false;
    connect_client();
    struct outlet *outlet = attach_video(source);
    deliver(source, 0, 1, false); /* a repaired one begins nothing */
    deliver(source, 1, 1, true);
    uint16_t last = (uint16_t)outlet->slot.last_sequence;
    ck_assert(!outlet_retransmit(outlet, last, 10000, &stale) && !stale);
    pass(10000); /* this one was lost behind us */
    ck_assert(outlet_retransmit(outlet, last, 10000, &stale));
}
END_TEST

START_TEST(nothing_of_a_source_is_repeated_when_it_has_gone)
{
    struct source *source = source_obtain(&context, 99);
    bool stale = false;
    connect_client();
    struct outlet *outlet = attach_video(source);
    deliver_video(source, 5);
    uint16_t last = (uint16_t)outlet->slot.last_sequence;
    ck_assert(outlet_retransmit(outlet, last, 0, &stale));
    source_detach(outlet);
    ck_assert(!outlet_retransmit(outlet, last, 0, &stale) && !stale);
    outlet = attach_video(source_obtain(&context, 98));
    ck_assert(!outlet_retransmit(outlet, last, 0, &stale) && !stale);
}
END_TEST

START_TEST(packets_that_are_gone_are_stale)
{
    struct source *source = source_obtain(&context, 99);
    bool stale = false;
    connect_client();
    struct outlet *outlet = attach_video(source);
    ck_assert(!outlet_retransmit(outlet, 7, 0, &stale)); /* nothing was ever sent */
    deliver_video(source, OUTLET_HISTORY_PACKETS + 10);
    uint16_t last = (uint16_t)outlet->slot.last_sequence;
    ck_assert(!outlet_retransmit(outlet, (uint16_t)(last - OUTLET_HISTORY_PACKETS), 0, &stale));
    ck_assert(stale);
    ck_assert(!outlet_retransmit(outlet, (uint16_t)(last + 1), 0, &stale) && stale);
    ck_assert(outlet_retransmit(outlet, last, 0, &stale) && !stale);
    source_detach(outlet);
    ck_assert_ptr_null(source_find(&context, 99)); /* nobody needs it any more */
}
END_TEST

START_TEST(the_latest_nomination_wins)
{
    check_from(4000);
    check_from(4001);
    ck_assert_uint_eq(ntohs(transport->peer.sin_port), 4001);
    check_from(4000);
    ck_assert_uint_eq(ntohs(transport->peer.sin_port), 4000);
}
END_TEST

START_TEST(old_addresses_make_room_but_never_the_peers)
{
    struct sockaddr_in peer = address(4000), second = address(4001), newest;
    check_from(4000);
    for (uint16_t port = 4001; port < 4020; port++)
        check_from(port);
    newest = address(4019);
    ck_assert_uint_eq(transport->address_count, TRANSPORT_ADDRESSES_MAX);
    ck_assert_ptr_eq(transport_table_by_address(context.transports, &newest), transport);
    ck_assert_ptr_null(transport_table_by_address(context.transports, &peer));
    ck_assert_ptr_null(transport_table_by_address(context.transports, &second));
    ck_assert_uint_eq(ntohs(transport->peer.sin_port), 4019);
}
END_TEST

START_TEST(an_address_belongs_to_whoever_proved_it_last)
{
    struct light_client *other_client = calloc(1, sizeof *other_client);
    struct server_transport *other = NULL;
    struct sockaddr_in place = address(4000);

    light_client_init(other_client, 2, certificate, 1, 1);
    struct media_terms *terms = negotiate(other_client, NULL, "ufragtwo");
    terms->participant = 2;
    ck_assert_int_eq(server_transport_create(&context, terms, &other), STATUS_OK);
    check_from(4000);
    struct light_client *first = client;
    client = other_client;
    check_from(4000);
    client = first;
    ck_assert_ptr_eq(transport_table_by_address(context.transports, &place), other);
    ck_assert(!transport->has_peer);
    ck_assert_uint_eq(transport->address_count, 0);
    server_transport_destroy(other);
    ck_assert_ptr_null(transport_table_by_address(context.transports, &place));
    light_client_finish(other_client);
    free(other_client);
}
END_TEST

START_TEST(dtls_from_unproven_addresses_is_not_read)
{
    uint8_t hello[200] = {22, 0xfe, 0xfd};
    struct udp_datagram datagram = {.data = hello, .size = sizeof hello, .source = address(4000)};
    demultiplex_datagram(&context, &datagram);
    ck_assert_ptr_null(transport->dtls);
    ck_assert_uint_eq(media_dropped(&counters, MEDIA_DROP_unknown_address), 1);
    check_from(4000);
    demultiplex_datagram(&context, &datagram);
    ck_assert_ptr_nonnull(transport->dtls);
}
END_TEST

START_TEST(a_stranger_with_another_certificate_gets_no_keys)
{
    struct certificate *other;
    ck_assert_int_eq(certificate_create("other", NULL, 1, &other), STATUS_OK);
    client->certificate = other; /* not the one whose fingerprint was offered */
    for (int turn = 0; turn < 200 && event_count == 0; turn++) {
        struct pollfd watched = {.fd = udp_port_descriptor(context.port), .events = POLLIN};
        light_client_turn(client);
        poll(&watched, 1, 1);
        serve();
    }
    ck_assert_uint_eq(event_count, 1);
    ck_assert_int_eq(events[0].kind, MEDIA_EVENT_LOST);
    ck_assert_ptr_null(transport->crypto);
    ck_assert_uint_eq(media_counted(&counters, MEDIA_COUNTER_dtls_failed), 1);
    dtls_session_destroy(client->dtls);
    client->dtls = NULL;
    certificate_destroy(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/transport/server_transport");
    TCase *cases = tcase_create("server_transport");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, silence_of_half_a_minute_is_told_once);
    tcase_add_test(cases, checks_keep_consent_alive);
    tcase_add_test(cases, a_restart_brings_the_lost_back_without_a_handshake);
    tcase_add_test(cases, during_a_restart_both_credentials_answer_until_the_new_are_used);
    tcase_add_test(cases, news_that_nobody_takes_is_told_again);
    tcase_add_test(cases, the_handshake_is_let_go_soon_after_the_first_packet);
    tcase_add_test(cases, the_handshake_is_let_go_at_last_without_packets);
    tcase_add_test(cases, after_a_goodbye_a_restart_shakes_hands_again);
    tcase_add_test(cases, questions_cannot_make_us_shout);
    tcase_add_test(cases, a_repair_that_was_passed_on_is_not_repeated_at_once);
    tcase_add_test(cases, nothing_of_a_source_is_repeated_when_it_has_gone);
    tcase_add_test(cases, the_fault_that_ends_consent_does);
    tcase_add_test(cases, packets_that_are_gone_are_stale);
    tcase_add_test(cases, the_latest_nomination_wins);
    tcase_add_test(cases, old_addresses_make_room_but_never_the_peers);
    tcase_add_test(cases, an_address_belongs_to_whoever_proved_it_last);
    tcase_add_test(cases, dtls_from_unproven_addresses_is_not_read);
    tcase_add_test(cases, a_stranger_with_another_certificate_gets_no_keys);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
