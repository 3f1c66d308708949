#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "tests/unit/common/webrtc/raw_peer.h"

/* Sections 0 audio, 1 and 2 video, 3 video that only sends. */
static const struct endpoint_track tracks[] = {{SDP_AUDIO, SDP_SENDRECV, "", 0},
                                               {SDP_VIDEO, SDP_SENDRECV, "", 0},
                                               {SDP_VIDEO, SDP_RECVONLY, "", 0},
                                               {SDP_VIDEO, SDP_SENDONLY, "", 0}};
enum { OPUS = 111, VP8 = 96, RTX = 97 };

static struct endpoint_stats stats(void)
{
    struct endpoint_stats result;

    endpoint_stats(raw.endpoint, &result);
    return result;
}

static struct endpoint_track_stats track_stats(size_t track)
{
    struct endpoint_track_stats result;

    endpoint_track_stats(raw.endpoint, track, &result);
    return result;
}

static void no_ssrcs(struct sdp *answer)
{
    for (size_t i = 0; i < answer->media_count; i++)
        answer->media[i].ssrc_count = 0;
}

static void send_rtp(uint32_t ssrc, uint8_t payload_type, uint16_t sequence, const char *payload,
                     const char *mid)
{
    struct rtp_extension_values values = {0};
    struct rtp_packet packet = {.payload_type = payload_type,
                                .sequence = sequence,
                                .ssrc = ssrc,
                                .payload = (const uint8_t *)payload,
                                .payload_size = strlen(payload)};

    if (mid != NULL)
        strcpy(values.mid, mid);
    raw_send_rtp(&packet, mid != NULL ? &values : NULL);
}

/* Nothing more is on its way: loopback delivers at once, so a few turns are enough. */
static void settle(size_t media_count)
{
    raw_run_turns(5);
    ck_assert_uint_eq(raw.media_count, media_count);
}

START_TEST(lite_peer_is_controlled)
{
    struct endpoint_stats result;

    raw_connect(tracks, 4, NULL);
    result = stats();
    ck_assert_uint_gt(raw.nominations, 0);
    ck_assert_str_eq(result.srtp_suite, "AEAD_AES_128_GCM");
    ck_assert(raw.states[raw.state_count - 1] == ENDPOINT_CONNECTED);
}
END_TEST

START_TEST(mid_teaches_an_unknown_ssrc)
{
    raw_connect(tracks, 4, no_ssrcs);
    send_rtp(0x100, VP8, 1, "a", "2");
    send_rtp(0x100, VP8, 2, "b", NULL); /* learned */
    send_rtp(0x101, VP8, 1, "c", "1");
    settle(3);
    ck_assert_uint_eq(raw.media[0].track, 2);
    ck_assert_uint_eq(raw.media[1].track, 2);
    ck_assert_uint_eq(raw.media[2].track, 1);
    ck_assert_uint_eq(track_stats(2).receive_ssrc, 0x100);
    send_rtp(0x100, VP8, 3, "d", "1"); /* and moves it (RFC 8843 §9.2) */
    settle(4);
    ck_assert_uint_eq(raw.media[3].track, 1);
    ck_assert_uint_eq(stats().unknown_ssrc, 0);
}
END_TEST

START_TEST(signalled_ssrc_is_enough)
{
    raw_connect(tracks, 4, NULL);
    send_rtp(0x5002, VP8, 1, "a", NULL);
    send_rtp(0x5000, OPUS, 1, "b", NULL);
    settle(2);
    ck_assert_uint_eq(raw.media[0].track, 2);
    ck_assert_uint_eq(raw.media[1].track, 0);
}
END_TEST

START_TEST(payload_type_decides_only_when_one_section_could_mean_it)
{
    raw_connect(tracks, 4, no_ssrcs);
    send_rtp(0x200, OPUS, 1, "audio", NULL);
    send_rtp(0x201, VP8, 1, "ambiguous", NULL);
    send_rtp(0x202, 77, 1, "unknown type", NULL);
    settle(1);
    ck_assert_uint_eq(raw.media[0].track, 0);
    ck_assert_uint_eq(stats().unknown_ssrc, 2);
    send_rtp(0x201, VP8, 2, "named now", "2");
    settle(2);
}
END_TEST

START_TEST(media_for_a_section_that_does_not_receive_is_refused)
{
    raw_connect(tracks, 4, NULL);
    send_rtp(0x300, VP8, 1, "a", "3");
    send_rtp(0x5003, VP8, 1, "a", NULL);
    send_rtp(0x301, OPUS, 1, "wrong kind", "1");
    send_rtp(0x302, VP8, 1, "no such section", "nine");
    settle(0);
    ck_assert_uint_eq(stats().unknown_ssrc, 4);
}
END_TEST

/* RFC 4588: payload begins with the original sequence number. */
static void send_rtx(uint32_t ssrc, uint16_t sequence, uint16_t original, const char *text,
                     const char *mid)
{
    struct rtp_extension_values values = {0};
    uint8_t payload[64];
    struct rtp_packet packet = {.payload_type = RTX,
                                .sequence = sequence,
                                .ssrc = ssrc,
                                .payload = payload,
                                .payload_size = 2 + strlen(text)};

    store_u16(payload, original);
    memcpy(payload + 2, text, strlen(text));
    if (mid != NULL)
        strcpy(values.mid, mid);
    raw_send_rtp(&packet, mid != NULL ? &values : NULL);
}

START_TEST(rtx_is_unwrapped_into_its_stream)
{
    struct rtp_packet probe = {
        .payload_type = RTX, .sequence = 12, .ssrc = 0x6001, .padding_size = 100};

    raw_connect(tracks, 4, NULL);
    send_rtp(0x5001, VP8, 10, "ten", NULL);
    send_rtp(0x5001, VP8, 12, "twelve", NULL);
    send_rtx(0x6001, 10, 11, "eleven", NULL);
    send_rtx(0x6001, 11, 11, "eleven", NULL); /* asked twice, came twice */
    raw_send_rtp(&probe, NULL);
    send_rtx(0x6001, 13, 12, "twelve", NULL); /* not lost at all */
    settle(3);
    ck_assert_uint_eq(raw.media[2].track, 1);
    ck_assert(raw.media[2].repaired);
    ck_assert_int_eq(raw.media[2].sequence, 11);
    ck_assert_uint_eq(raw.media[2].ssrc, 0x5001);
    ck_assert_uint_eq(raw.media[2].payload_type, VP8);
    ck_assert_str_eq(raw.media[2].payload, "eleven");
    ck_assert_uint_eq(track_stats(1).duplicates, 2);
    ck_assert_uint_eq(track_stats(1).retransmitted_packets_received, 1);
    ck_assert_uint_eq(stats().malformed, 0);
}
END_TEST

START_TEST(rtx_is_found_by_mid_and_needs_its_stream)
{
    raw_connect(tracks, 4, no_ssrcs);
    send_rtx(0x700, 1, 5, "too early", "1"); /* repairs what was never seen */
    settle(0);
    ck_assert_uint_eq(stats().unknown_ssrc, 1);
    send_rtp(0x701, VP8, 6, "six", "1");
    send_rtx(0x700, 2, 7, "seven", NULL);
    settle(2);
    ck_assert_int_eq(raw.media[1].sequence, 7);
    ck_assert_uint_eq(raw.media[1].ssrc, 0x701);
}
END_TEST

START_TEST(numbers_wrap_in_order)
{
    raw_connect(tracks, 4, NULL);
    send_rtp(0x5001, VP8, 65534, "a", NULL);
    send_rtp(0x5001, VP8, 65535, "b", NULL);
    send_rtp(0x5001, VP8, 1, "d", NULL);
    send_rtp(0x5001, VP8, 0, "c", NULL);
    settle(4);
    ck_assert_int_eq(raw.media[2].sequence, 65537);
    ck_assert_int_eq(raw.media[3].sequence, 65536);
    ck_assert_uint_eq(track_stats(1).reordered, 1);
    ck_assert_int_eq(track_stats(1).packets_lost, 0);
}
END_TEST

/* An authentic peer may not make us keep state without end. */
START_TEST(ssrcs_are_bounded)
{
    raw_connect(tracks, 4, NULL);
    send_rtp(0x5001, VP8, 1, "first", NULL);
    for (uint32_t i = 0; i < 300; i++) {
        send_rtp(0x9000 + i, VP8, 1, "x", "2");
        if (i % 20 == 19)
            raw_turn();
    }
    send_rtp(0x5001, VP8, 2, "last", NULL);
    raw_run_turns(5);
    ck_assert_uint_lt(raw.media_count, 100);
    ck_assert_uint_gt(stats().unknown_ssrc, 200);
    ck_assert_uint_lt(raw.decrypted, 100); /* each would be a stream for libsrtp */
    ck_assert_str_eq(raw.media[raw.media_count - 1].payload, "last");
}
END_TEST

START_TEST(malformed_rtp_is_counted)
{
    /* Padding longer than the packet, and of length 0. */
    static const uint8_t packets[2][16] = {
        {0xa0, VP8, 0, 1, 0, 0, 0, 0, 0, 0, 0x50, 1, 1, 2, 3, 200},
        {0xa0, VP8, 0, 2, 0, 0, 0, 0, 0, 0, 0x50, 1, 1, 2, 3, 0},
    };

    raw_connect(tracks, 4, NULL);
    raw_send_bytes(packets[0], 16, false);
    raw_send_bytes(packets[1], 16, false);
    settle(0);
    ck_assert_uint_eq(stats().malformed, 2);
}
END_TEST

/* -- RTCP from the peer -- */

START_TEST(pli_and_fir_ask_for_key_frames)
{
    struct rtcp_item item = {.kind = RTCP_PLI, .sender_ssrc = 1};

    raw_connect(tracks, 4, NULL);
    item.media_ssrc = track_stats(3).send_ssrc;
    raw_send_item(&item);
    item.kind = RTCP_FIR;
    item.media_ssrc = track_stats(1).send_ssrc;
    item.fir.sequence = 9;
    raw_send_item(&item);
    raw_send_item(&item); /* the same command again */
    item.fir.sequence = 10;
    raw_send_item(&item);
    item.media_ssrc = 0xdead; /* nobody's */
    raw_send_item(&item);
    settle(0);
    ck_assert_uint_eq(raw.key_frame_requests[3], 1);
    ck_assert_uint_eq(raw.key_frame_requests[1], 2);
    ck_assert_uint_eq(track_stats(3).pli_received, 1);
    ck_assert_uint_eq(track_stats(1).fir_received, 3);
}
END_TEST

START_TEST(remb_is_reported)
{
    struct rtcp_item item = {.kind = RTCP_REMB, .sender_ssrc = 1};

    raw_connect(tracks, 4, NULL);
    item.remb.bitrate_bps = 1250000;
    raw_send_item(&item);
    settle(0);
    ck_assert_uint_eq(raw.bitrate_bps, 1250000);
    ck_assert_uint_eq(stats().bitrate_estimate_bps, 1250000);
}
END_TEST

static enum status send_video(size_t track, const char *text)
{
    struct endpoint_outgoing outgoing = {.track = track, .payload = text};

    outgoing.payload_size = strlen(text);
    return endpoint_send(raw.endpoint, &outgoing, clock_monotonic_us());
}

/* The RTX packet as the peer gets it: own SSRC and type, original number first, a transport
 * sequence number of its own. A repeated NACK within the round trip is an echo. */
START_TEST(nack_is_answered_by_rtx)
{
    struct rtcp_item item = {.kind = RTCP_NACK, .sender_ssrc = 1};
    struct rtp_packet original, repeated;
    struct rtp_extension_values first, second;

    raw_connect(tracks, 4, NULL);
    ck_assert(send_video(1, "picture") == STATUS_OK);
    settle(0);
    ck_assert_uint_eq(raw.rtp_count, 1);
    ck_assert(rtp_packet_parse(raw.rtp, raw.rtp_size, &original) == STATUS_OK);
    rtp_extension_read(&original, &raw.agreed[0].extensions, &first);
    item.media_ssrc = original.ssrc;
    item.nack.count = 2;
    item.nack.sequences[0] = original.sequence;
    item.nack.sequences[1] = (uint16_t)(original.sequence + 100); /* never sent */
    raw_send_item(&item);
    raw_send_item(&item);
    settle(0);
    ck_assert_uint_eq(raw.rtp_count, 2);
    ck_assert(rtp_packet_parse(raw.rtp, raw.rtp_size, &repeated) == STATUS_OK);
    rtp_extension_read(&repeated, &raw.agreed[0].extensions, &second);
    ck_assert_uint_eq(repeated.payload_type, RTX);
    ck_assert_uint_ne(repeated.ssrc, original.ssrc);
    ck_assert_uint_eq(load_u16(repeated.payload), original.sequence);
    ck_assert_mem_eq(repeated.payload + 2, "picture", 7);
    ck_assert_uint_eq(second.transport_sequence, (uint16_t)(first.transport_sequence + 1));
    ck_assert_str_eq(second.mid, "1");
    ck_assert_uint_eq(track_stats(1).nack_received, 2);
    ck_assert_uint_eq(track_stats(1).retransmitted_packets_sent, 1);
}
END_TEST

START_TEST(broken_rtcp_is_counted)
{
    static const uint8_t broken[12] = {0x81, 201, 0, 200, 0, 0, 0, 1};

    raw_connect(tracks, 4, NULL);
    raw_send_bytes(broken, sizeof(broken), true);
    settle(0);
    ck_assert_uint_eq(stats().malformed, 1);
    ck_assert(endpoint_state(raw.endpoint) == ENDPOINT_CONNECTED);
}
END_TEST

/* -- RTCP to the peer -- */

static bool nacked(void)
{
    struct rtcp_item item;

    return raw_count_items(RTCP_NACK, &item) > 0;
}

START_TEST(gaps_are_asked_for)
{
    struct rtcp_item item;

    raw_connect(tracks, 4, NULL);
    send_rtp(0x5001, VP8, 100, "a", NULL);
    send_rtp(0x5001, VP8, 104, "b", NULL);
    raw_run_until(nacked);
    raw_count_items(RTCP_NACK, &item);
    ck_assert_uint_eq(item.media_ssrc, 0x5001);
    ck_assert_uint_eq(item.nack.count, 3);
    for (uint16_t i = 0; i < 3; i++)
        ck_assert_uint_eq(item.nack.sequences[i], 101 + i);
    ck_assert_uint_ge(track_stats(1).nack_count, 1);
    send_rtp(0x5000, OPUS, 1, "a", NULL); /* audio was not negotiated with nack */
    send_rtp(0x5000, OPUS, 9, "b", NULL);
    raw_run_turns(20);
    ck_assert_uint_eq(track_stats(0).nack_count, 0);
}
END_TEST

static bool asked_for_key_frame(void)
{
    struct rtcp_item item;

    return raw_count_items(RTCP_PLI, &item) > 0;
}

/* What cannot be repaired costs a key frame. */
START_TEST(hopeless_gap_asks_for_a_key_frame)
{
    struct rtcp_item item;

    raw_connect(tracks, 4, NULL);
    send_rtp(0x5002, VP8, 100, "a", NULL);
    send_rtp(0x5002, VP8, 102, "b", NULL);
    raw_run_turns(5);
    send_rtp(0x5002, VP8, 2000, "far away", NULL);
    raw_run_until(asked_for_key_frame);
    raw_count_items(RTCP_PLI, &item);
    ck_assert_uint_eq(item.media_ssrc, 0x5002);
    ck_assert_uint_eq(track_stats(2).pli_count, 1);
}
END_TEST

static bool got_feedback(void)
{
    struct rtcp_item item;

    return raw_count_items(RTCP_TRANSPORT, &item) > 0;
}

START_TEST(transport_feedback_lists_arrivals)
{
    struct rtcp_item item;

    raw_connect(tracks, 4, NULL);
    for (uint16_t i = 0; i < 6; i++) {
        struct rtp_extension_values values = {.has_transport_sequence = true,
                                              .transport_sequence = (uint16_t)(65533 + i)};
        struct rtp_packet packet = {.payload_type = VP8,
                                    .sequence = i,
                                    .ssrc = 0x5001,
                                    .payload = (const uint8_t *)"x",
                                    .payload_size = 1};

        if (i != 2)
            raw_send_rtp(&packet, &values);
    }
    raw_run_until(got_feedback);
    raw_count_items(RTCP_TRANSPORT, &item);
    ck_assert_uint_eq(item.transport.count, 6);
    for (uint16_t i = 0; i < 6; i++) {
        ck_assert_uint_eq(item.transport.arrivals[i].sequence, (uint16_t)(65533 + i));
        ck_assert(item.transport.arrivals[i].received == (i != 2));
    }
}
END_TEST

static bool reported(void)
{
    struct rtcp_item item;

    return raw_count_items(RTCP_RECEIVER_REPORT, &item) > 0;
}

START_TEST(receiver_reports_tell_loss)
{
    struct rtcp_item item;

    raw_connect(tracks, 4, NULL);
    for (uint16_t i = 0; i < 8; i++)
        if (i != 3)
            send_rtp(0x5000, OPUS, (uint16_t)(65530 + i), "x", NULL);
    raw_run_until(reported);
    raw_count_items(RTCP_RECEIVER_REPORT, &item);
    /* Nothing was sent, so it is an RR, with one block for the one stream. */
    ck_assert_uint_eq(raw_count_items(RTCP_SENDER_REPORT, &item), 0);
    raw_count_items(RTCP_RECEIVER_REPORT, &item);
    ck_assert_uint_eq(item.report.block_count, 1);
    ck_assert_uint_eq(item.report.blocks[0].ssrc, 0x5000);
    ck_assert_int_eq(item.report.blocks[0].cumulative_lost, 1);
    ck_assert_uint_eq(item.report.blocks[0].highest_sequence, 65537);
    ck_assert_uint_gt(raw_count_items(RTCP_SOURCE_DESCRIPTION, &item), 0);
    ck_assert_str_eq(item.description.cname, "endpoint");
}
END_TEST

/* -- Transport -- */

START_TEST(srtp_before_keys_is_counted)
{
    static const uint8_t rtp[40] = {0x80, VP8};
    static const uint8_t rtcp[40] = {0x80, 200};

    raw_negotiate(tracks, 4, NULL);
    for (int i = 0; i < RAW_TURNS_MAX && raw.checks == 0; i++)
        raw_turn();
    raw_send_plain(rtp, sizeof(rtp));
    raw_send_plain(rtcp, sizeof(rtcp));
    raw_run_until(raw_connected);
    ck_assert_uint_eq(stats().early, 2);
    ck_assert_uint_eq(raw.media_count, 0);
}
END_TEST

/* 5 s after the first SRTP the SSL object is gone: a close_notify finds nobody, and nothing was
 * said to the peer either. */
START_TEST(handshake_state_is_freed_quietly)
{
    raw_connect(tracks, 4, NULL);
    send_rtp(0x5000, OPUS, 1, "x", NULL);
    settle(1);
    endpoint_on_timer(raw.endpoint, clock_monotonic_us() + 4 * US_PER_S);
    raw_run_turns(5);
    endpoint_on_timer(raw.endpoint, clock_monotonic_us() + 6 * US_PER_S);
    raw_run_turns(5);
    ck_assert(dtls_session_state(raw.dtls) == DTLS_CONNECTED);
    dtls_session_destroy(raw.dtls);
    raw.dtls = NULL;
    send_rtp(0x5000, OPUS, 2, "x", NULL);
    settle(2);
    ck_assert(endpoint_state(raw.endpoint) == ENDPOINT_CONNECTED);
}
END_TEST

START_TEST(close_notify_closes)
{
    raw_connect(tracks, 4, NULL);
    dtls_session_destroy(raw.dtls);
    raw.dtls = NULL;
    raw_run_turns(5);
    ck_assert(endpoint_state(raw.endpoint) == ENDPOINT_CLOSED);
}
END_TEST

static bool lost(void)
{
    return endpoint_state(raw.endpoint) == ENDPOINT_LOST;
}

/* RFC 7675, at libnice's pace: 10 s without an answer; a restart heals it. The only slow test. */
START_TEST(consent_that_ends_loses_the_endpoint)
{
    raw_connect(tracks, 4, NULL);
    raw.mute = true;
    for (int i = 0; i < 12000 && !lost(); i++)
        raw_turn();
    ck_assert(lost());
    ck_assert_ptr_nonnull(strstr(endpoint_error(raw.endpoint), "consent"));
    ck_assert(send_video(1, "x") == STATUS_CONFLICT);
    raw.mute = false;
    raw.restart = true;
    raw_connect(tracks, 4, NULL);
    ck_assert_str_eq(endpoint_error(raw.endpoint), "");
    ck_assert(send_video(1, "x") == STATUS_OK);
    send_rtp(0x5000, OPUS, 1, "x", NULL);
    settle(1);
    ck_assert_uint_eq(raw.rtp_count, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("endpoint_demux");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 40);
    tcase_add_checked_fixture(tcase, raw_open, raw_close);
    tcase_add_test(tcase, lite_peer_is_controlled);
    tcase_add_test(tcase, mid_teaches_an_unknown_ssrc);
    tcase_add_test(tcase, signalled_ssrc_is_enough);
    tcase_add_test(tcase, payload_type_decides_only_when_one_section_could_mean_it);
    tcase_add_test(tcase, media_for_a_section_that_does_not_receive_is_refused);
    tcase_add_test(tcase, rtx_is_unwrapped_into_its_stream);
    tcase_add_test(tcase, rtx_is_found_by_mid_and_needs_its_stream);
    tcase_add_test(tcase, numbers_wrap_in_order);
    tcase_add_test(tcase, ssrcs_are_bounded);
    tcase_add_test(tcase, malformed_rtp_is_counted);
    tcase_add_test(tcase, pli_and_fir_ask_for_key_frames);
    tcase_add_test(tcase, remb_is_reported);
    tcase_add_test(tcase, nack_is_answered_by_rtx);
    tcase_add_test(tcase, broken_rtcp_is_counted);
    tcase_add_test(tcase, gaps_are_asked_for);
    tcase_add_test(tcase, hopeless_gap_asks_for_a_key_frame);
    tcase_add_test(tcase, transport_feedback_lists_arrivals);
    tcase_add_test(tcase, receiver_reports_tell_loss);
    tcase_add_test(tcase, srtp_before_keys_is_counted);
    tcase_add_test(tcase, handshake_state_is_freed_quietly);
    tcase_add_test(tcase, close_notify_closes);
    tcase_add_test(tcase, consent_that_ends_loses_the_endpoint);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
