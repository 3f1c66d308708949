#include "common/webrtc/endpoint.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/webrtc/transport/packet_kind.h"
#include "tests/unit/common/webrtc/endpoint_pair.h"

static const struct endpoint_track one_video[] = {{SDP_VIDEO, SDP_SENDRECV, "", 0}};
static const struct endpoint_track call[] = {{SDP_AUDIO, SDP_SENDRECV, "", 0},
                                             {SDP_VIDEO, SDP_SENDRECV, "", 0}};

static struct endpoint_track_stats track_stats(const struct side *side, size_t track)
{
    struct endpoint_track_stats stats;

    endpoint_track_stats(side->endpoint, track, &stats);
    return stats;
}

static struct endpoint_stats stats_of(const struct side *side)
{
    struct endpoint_stats stats;

    endpoint_stats(side->endpoint, &stats);
    return stats;
}

static size_t left_wanted, right_wanted;

static bool all_media_came(void)
{
    return pair.left.media_count >= left_wanted && pair.right.media_count >= right_wanted;
}

/* Run until `left` and `right` have that much media in all, and a little longer for surplus. */
static void expect_media(size_t left, size_t right)
{
    left_wanted = left;
    right_wanted = right;
    pair_run_until(all_media_came);
    pair_run_turns(5);
    ck_assert_uint_eq(pair.left.media_count, left);
    ck_assert_uint_eq(pair.right.media_count, right);
}

/* -- Connecting -- */

START_TEST(offer_and_answer_connect)
{
    struct endpoint_stats left, right;

    ck_assert(endpoint_state(pair.left.endpoint) == ENDPOINT_NEW);
    pair_connect(call, 2);
    left = stats_of(&pair.left);
    right = stats_of(&pair.right);
    ck_assert_uint_eq(pair.left.state_count, 3);
    ck_assert(pair.left.states[0] == ENDPOINT_CHECKING);
    ck_assert(pair.left.states[1] == ENDPOINT_HANDSHAKE);
    ck_assert(pair.left.states[2] == ENDPOINT_CONNECTED);
    ck_assert_str_eq(left.srtp_suite, "AEAD_AES_128_GCM");
    ck_assert_str_eq(right.srtp_suite, "AEAD_AES_128_GCM");
    ck_assert_int_le(left.created_us, left.gathered_us);
    ck_assert_int_le(left.gathered_us, left.checking_us);
    ck_assert_int_le(left.checking_us, left.ice_connected_us);
    ck_assert_int_le(left.ice_connected_us, left.dtls_connected_us);
    ck_assert_str_eq(endpoint_error(pair.left.endpoint), "");
    ck_assert(pair.left.end_of_candidates && pair.right.end_of_candidates);
    ck_assert_uint_eq(pair.left.candidate_count, 0); /* they stood in the description */
    ck_assert_uint_eq(left.malformed + left.unauthentic + left.replayed + left.unknown_ssrc, 0);
}
END_TEST

/* Candidates come one by one, on one side before the description they belong to. */
START_TEST(trickled_candidates_connect)
{
    enum sdp_direction directions[] = {SDP_SENDRECV};
    struct failure failure;
    const char *sdp;
    char *carried, candidates[2][512] = {"", ""};

    ck_assert(endpoint_make_offer(pair.left.endpoint, one_video, 1, false, &sdp, &failure) ==
              STATUS_OK);
    carried = pair_carry(true, sdp);
    ck_assert_int_eq(sscanf(strstr(carried, "a=candidate:"), "a=%511[^\r\n]", candidates[0]), 1);
    pair_remove_lines(carried, "a=candidate:");
    ck_assert(endpoint_add_candidate(pair.right.endpoint, candidates[0]) == STATUS_OK);
    ck_assert(endpoint_add_candidate(pair.right.endpoint, NULL) == STATUS_OK);
    ck_assert(endpoint_make_answer(pair.right.endpoint, carried, directions, 1, &sdp, &failure) ==
              STATUS_OK);
    carried = pair_carry(false, sdp);
    ck_assert_int_eq(sscanf(strstr(carried, "a=candidate:"), "a=%511[^\r\n]", candidates[1]), 1);
    pair_remove_lines(carried, "a=candidate:");
    ck_assert(endpoint_set_answer(pair.left.endpoint, carried, &failure) == STATUS_OK);
    pair_run_turns(5);
    ck_assert(endpoint_add_candidate(pair.left.endpoint, candidates[1]) == STATUS_OK);
    ck_assert(endpoint_add_candidate(pair.left.endpoint, "") == STATUS_OK);
    ck_assert(endpoint_add_candidate(pair.left.endpoint, "nonsense") == STATUS_MALFORMED);
    pair_run_until(pair_connected);
}
END_TEST

static bool someone_failed(void)
{
    return endpoint_state(pair.left.endpoint) == ENDPOINT_FAILED &&
           endpoint_state(pair.right.endpoint) == ENDPOINT_FAILED;
}

START_TEST(wrong_fingerprint_fails_with_both_named)
{
    enum sdp_direction directions[] = {SDP_SENDRECV};
    struct failure failure;
    const char *sdp, *error;
    char *carried, *at;
    char wrong[96];

    ck_assert(endpoint_make_offer(pair.left.endpoint, one_video, 1, false, &sdp, &failure) ==
              STATUS_OK);
    carried = pair_carry(true, sdp);
    at = strstr(carried, "a=fingerprint:sha-256 ") + 22;
    at[0] = at[0] == '0' ? '1' : '0';
    ck_assert_int_eq(sscanf(at, "%95[0-9A-F:]", wrong), 1);
    ck_assert(endpoint_make_answer(pair.right.endpoint, carried, directions, 1, &sdp, &failure) ==
              STATUS_OK);
    ck_assert(endpoint_set_answer(pair.left.endpoint, pair_carry(false, sdp), &failure) ==
              STATUS_OK);
    pair_run_until(someone_failed);
    error = endpoint_error(pair.right.endpoint);
    ck_assert_ptr_nonnull(strstr(error, "fingerprint mismatch"));
    ck_assert_ptr_nonnull(strstr(error, wrong));
    ck_assert_ptr_nonnull(strstr(error, certificate_fingerprint(pair.left.certificate)));
    ck_assert_str_ne(endpoint_error(pair.left.endpoint), "");
    ck_assert(pair_send(&pair.right, 0, 1, 100, 0, false) == STATUS_CONFLICT);
}
END_TEST

/* The relay swallows the answers to the checks; the deadline is far, so the clock is pushed. */
static enum fate drop_all(struct pair *unused, bool from_left, const uint8_t *data, size_t size)
{
    (void)unused;
    (void)from_left;
    (void)data;
    (void)size;
    return DROP;
}

START_TEST(unreachable_peer_fails_with_a_reason)
{
    int64_t later_us;

    pair.relay.judge = drop_all;
    pair_negotiate(one_video, 1, false);
    pair_run_turns(20);
    ck_assert(endpoint_state(pair.left.endpoint) == ENDPOINT_CHECKING);
    later_us = clock_monotonic_us() + 31 * US_PER_S;
    endpoint_on_timer(pair.left.endpoint, later_us);
    ck_assert(endpoint_state(pair.left.endpoint) == ENDPOINT_FAILED);
    ck_assert_ptr_nonnull(strstr(endpoint_error(pair.left.endpoint), "ICE"));
}
END_TEST

static enum fate drop_first_dtls(struct pair *self, bool from_left, const uint8_t *data,
                                 size_t size)
{
    (void)from_left;
    return packet_kind(data, size) == PACKET_DTLS && self->counter++ < 3 ? DROP : PASS;
}

START_TEST(lost_dtls_flights_are_repeated)
{
    pair.relay.judge = drop_first_dtls;
    pair_connect(one_video, 1);
    ck_assert_uint_gt(pair.counter, 3);
}
END_TEST

/* Left has its pair, and sends its ClientHello, before right's own check can succeed. That one
 * datagram must be enough: no other passes until right has answered. */
static enum fate only_one_hello(struct pair *self, bool from_left, const uint8_t *data, size_t size)
{
    bool is_dtls = packet_kind(data, size) == PACKET_DTLS;

    if (from_left && is_dtls && self->ssrc == 0)
        return self->counter++ == 0 ? PASS : DROP;
    if (!from_left && is_dtls)
        self->ssrc = 1; /* answered */
    if (!from_left && packet_kind(data, size) == PACKET_STUN && load_u16(data) == 1)
        return self->counter == 0 ? DROP : PASS;
    return PASS;
}

START_TEST(early_hello_is_not_lost)
{
    pair.relay.judge = only_one_hello;
    pair_connect(one_video, 1);
    ck_assert_uint_eq(pair.ssrc, 1);
    ck_assert_uint_eq(stats_of(&pair.right).early, 0);
}
END_TEST

/* -- Media -- */

/* Twelve sections, media on every one in the directions it has. */
START_TEST(media_flows_on_twelve_tracks)
{
    struct endpoint_track tracks[12];
    size_t left_sends = 0, right_sends = 0;

    for (size_t i = 0; i < 12; i++) {
        tracks[i] = (struct endpoint_track){.kind = i % 2 ? SDP_VIDEO : SDP_AUDIO};
        tracks[i].direction = i < 4 ? SDP_SENDRECV : i < 10 ? SDP_RECVONLY : SDP_SENDONLY;
    }
    pair_connect(tracks, 12);
    ck_assert_uint_eq(endpoint_track_count(pair.right.endpoint), 12);
    for (size_t round = 0; round < 20; round++)
        for (size_t i = 0; i < 12; i++) {
            bool left_may = tracks[i].direction & SDP_SENDONLY;
            bool right_may = tracks[i].direction & SDP_RECVONLY;
            uint8_t first = (uint8_t)(i * 20 + round);

            ck_assert(pair_send(&pair.left, i, first, 50 + i, (uint32_t)round, round == 3) ==
                      (left_may ? STATUS_OK : STATUS_CONFLICT));
            ck_assert(pair_send(&pair.right, i, first, 500 + i, (uint32_t)round, false) ==
                      (right_may ? STATUS_OK : STATUS_CONFLICT));
            left_sends += left_may;
            right_sends += right_may;
            if (i % 6 == 5)
                pair_turn();
        }
    expect_media(right_sends, left_sends);
    for (size_t i = 0; i < left_sends; i++) {
        const struct received_media *media = &pair.right.media[i];

        ck_assert_uint_eq(media->first / 20, media->track);
        ck_assert_uint_eq(media->first % 20, media->timestamp);
        ck_assert_uint_eq(media->size, 50 + media->track);
        ck_assert(media->marker == (media->timestamp == 3));
        ck_assert(!media->repaired);
        ck_assert_uint_eq(media->ssrc, track_stats(&pair.left, media->track).send_ssrc);
        ck_assert(media->extensions.has_abs_send_time && media->extensions.has_transport_sequence);
    }
    for (size_t i = 0; i < 12; i++) {
        struct endpoint_track_stats left = track_stats(&pair.left, i);
        struct endpoint_track_stats right = track_stats(&pair.right, i);

        ck_assert_uint_eq(left.packets_sent, right.packets_received);
        ck_assert_uint_eq(left.bytes_sent, right.bytes_received);
        ck_assert_uint_eq(right.packets_sent, left.packets_received);
        ck_assert_uint_eq(right.bytes_sent, left.bytes_received);
        ck_assert_int_eq(left.packets_lost + right.packets_lost, 0);
    }
    ck_assert_uint_ge(pair.left.taps_sent, left_sends);
    ck_assert_uint_ge(pair.right.wires_received, left_sends);
}
END_TEST

START_TEST(extensions_and_padding_cross)
{
    uint8_t payload[10] = {5, 5, 5, 5, 5, 5, 5, 5, 5, 5};
    const struct received_media *media = &pair.right.media[0];
    struct endpoint_outgoing outgoing = {.track = 0,
                                         .marker = true,
                                         .timestamp = 960,
                                         .payload = payload,
                                         .payload_size = sizeof(payload),
                                         .padding_size = 22,
                                         .has_audio_level = true,
                                         .audio_level = 37,
                                         .voice = true,
                                         .capture_realtime_us = 1700000000123456};
    struct endpoint_outgoing probe = {.track = 1, .padding_size = 200};

    pair_connect(call, 2);
    ck_assert(endpoint_send(pair.left.endpoint, &outgoing, clock_monotonic_us()) == STATUS_OK);
    ck_assert(endpoint_send(pair.left.endpoint, &probe, clock_monotonic_us()) == STATUS_OK);
    expect_media(0, 2);
    ck_assert_uint_eq(media->size, sizeof(payload));
    ck_assert(media->extensions.has_audio_level && media->extensions.voice);
    ck_assert_uint_eq(media->extensions.audio_level, 37);
    ck_assert_str_eq(media->extensions.mid, "0");
    ck_assert(media->extensions.has_abs_capture_time);
    ck_assert_int_eq(ntp_to_realtime_us(media->extensions.abs_capture_time), 1700000000123456);
    /* The probe was received, and it was no media: it only has a number. */
    ck_assert_uint_eq(media[1].track, 1);
    ck_assert_uint_eq(media[1].size, 0);
    ck_assert_uint_eq(track_stats(&pair.right, 1).packets_received, 1);
    ck_assert_uint_eq(track_stats(&pair.right, 1).bytes_received, 0);
}
END_TEST

START_TEST(oversized_payload_is_refused_and_uses_no_number)
{
    pair_connect(call, 2);
    ck_assert(pair_send(&pair.left, 1, 1, 1400, 0, false) == STATUS_TOO_LARGE);
    ck_assert(pair_send(&pair.left, 1, 1, 1200, 0, false) == STATUS_OK);
    ck_assert(pair_send(&pair.left, 1, 1, 1300, 0, false) == STATUS_OK);
    expect_media(0, 2);
    ck_assert_int_eq(pair.right.media[1].sequence, pair.right.media[0].sequence + 1);
}
END_TEST

/* -- Repair -- */

/* Every seventh of 101 first transmissions of the stream `pair.ssrc` is lost; the last is not. */
static struct {
    bool started;
    uint16_t base;
    bool lost[101];
} losses;

static enum fate drop_every_seventh(struct pair *self, bool from_left, const uint8_t *data,
                                    size_t size)
{
    uint16_t number;

    if (!from_left || packet_kind(data, size) != PACKET_RTP || load_u32(data + 8) != self->ssrc)
        return PASS;
    if (!losses.started)
        losses.base = load_u16(data + 2);
    losses.started = true;
    number = (uint16_t)(load_u16(data + 2) - losses.base);
    ck_assert_uint_le(number, 100);
    if (number % 7 != 3 || losses.lost[number])
        return PASS;
    losses.lost[number] = true;
    return DROP;
}

static void send_hundred(void)
{
    memset(&losses, 0, sizeof(losses));
    pair.ssrc = track_stats(&pair.left, 0).send_ssrc;
    pair.relay.judge = drop_every_seventh;
    for (unsigned i = 0; i < 101; i++) {
        ck_assert(pair_send(&pair.left, 0, (uint8_t)i, 1000, i * 3000, true) == STATUS_OK);
        if (i % 5 == 4)
            pair_turn();
        if (i == 50) /* a sender remembers 64 packets: none may be asked for later than that */
            expect_media(0, 51);
    }
}

static size_t count_repaired(void)
{
    bool seen[101] = {false};
    size_t repaired = 0;

    for (size_t i = 0; i < pair.right.media_count; i++) {
        ck_assert_uint_le(pair.right.media[i].first, 100);
        ck_assert(!seen[pair.right.media[i].first]);
        seen[pair.right.media[i].first] = true;
        ck_assert_uint_eq(pair.right.media[i].timestamp, pair.right.media[i].first * 3000u);
        ck_assert_uint_eq(pair.right.media[i].ssrc, pair.ssrc);
        repaired += pair.right.media[i].repaired;
    }
    return repaired;
}

START_TEST(lost_packets_are_repaired_by_rtx)
{
    struct endpoint_track_stats sender, receiver;
    size_t repaired;

    pair_connect(one_video, 1);
    send_hundred();
    expect_media(0, 101);
    repaired = count_repaired();
    ck_assert_uint_eq(repaired, 14);
    sender = track_stats(&pair.left, 0);
    receiver = track_stats(&pair.right, 0);
    ck_assert_uint_eq(sender.packets_sent, 101);
    ck_assert_uint_ge(sender.retransmitted_packets_sent, repaired);
    ck_assert_uint_gt(sender.nack_received, 0);
    ck_assert_uint_eq(receiver.packets_received, 101);
    ck_assert_uint_eq(receiver.retransmitted_packets_received, repaired);
    ck_assert_int_eq(receiver.packets_lost, (int64_t)repaired); /* lost all the same */
    ck_assert_uint_ge(receiver.nack_count, sender.nack_received);
    ck_assert_uint_eq(receiver.pli_count, 0);
}
END_TEST

/* Without RTX the same ciphertext is sent again: no second packet under a used nonce. */
START_TEST(lost_packets_are_repaired_without_rtx)
{
    enum sdp_direction directions[] = {SDP_SENDRECV};
    struct failure failure;
    const char *sdp;
    char *carried;

    ck_assert(endpoint_make_offer(pair.left.endpoint, one_video, 1, false, &sdp, &failure) ==
              STATUS_OK);
    carried = pair_carry(true, sdp);
    pair_remove_lines(carried, "rtx/90000");
    pair_remove_lines(carried, "apt=");
    pair_remove_lines(carried, "ssrc-group");
    pair_replace(carried, "SAVPF 96 97", "SAVPF 96");
    ck_assert(endpoint_make_answer(pair.right.endpoint, carried, directions, 1, &sdp, &failure) ==
              STATUS_OK);
    ck_assert_ptr_null(strstr(sdp, "rtx"));
    ck_assert(endpoint_set_answer(pair.left.endpoint, pair_carry(false, sdp), &failure) ==
              STATUS_OK);
    pair_run_until(pair_connected);
    send_hundred();
    expect_media(0, 101);
    ck_assert_uint_eq(count_repaired(), 0); /* they are the originals */
    ck_assert_uint_ge(track_stats(&pair.left, 0).retransmitted_packets_sent, 14);
    ck_assert_uint_eq(stats_of(&pair.left).send_refused, 0);
    ck_assert_int_eq(track_stats(&pair.right, 0).packets_lost, 0);
}
END_TEST

static enum fate hold_third(struct pair *self, bool from_left, const uint8_t *data, size_t size)
{
    return from_left && packet_kind(data, size) == PACKET_RTP && load_u32(data + 8) == self->ssrc &&
                   ++self->counter == 3
               ? HOLD
               : PASS;
}

static bool repaired_once(void)
{
    return track_stats(&pair.right, 0).retransmitted_packets_received == 1;
}

/* The original turns up after its repair: one delivery. */
START_TEST(late_original_is_not_delivered_twice)
{
    pair_connect(one_video, 1);
    pair.ssrc = track_stats(&pair.left, 0).send_ssrc;
    pair.relay.judge = hold_third;
    for (uint8_t i = 0; i < 6; i++)
        ck_assert(pair_send(&pair.left, 0, i, 100, i, true) == STATUS_OK);
    pair_run_until(repaired_once);
    ck_assert_uint_eq(pair.right.media_count, 6);
    pair_release();
    pair_run_turns(10);
    ck_assert_uint_eq(pair.right.media_count, 6);
    ck_assert_uint_eq(track_stats(&pair.right, 0).duplicates, 1);
}
END_TEST

/* -- RTCP -- */

static bool left_asked_once(void)
{
    return pair.left.key_frame_requests[1] >= pair.counter;
}

START_TEST(key_frames_are_asked_at_most_every_100_ms)
{
    int64_t now_us;

    pair_connect(call, 2);
    ck_assert(pair_send(&pair.left, 1, 1, 100, 0, false) == STATUS_OK);
    expect_media(0, 1);
    now_us = clock_monotonic_us();
    for (int i = 0; i < 3; i++) {
        endpoint_request_key_frame(pair.right.endpoint, 1, now_us);
        endpoint_on_timer(pair.right.endpoint, now_us);
    }
    endpoint_on_timer(pair.right.endpoint, now_us + 99 * US_PER_MS);
    ck_assert_uint_eq(track_stats(&pair.right, 1).pli_count, 1);
    endpoint_on_timer(pair.right.endpoint, now_us + 100 * US_PER_MS);
    ck_assert_uint_eq(track_stats(&pair.right, 1).pli_count, 2);
    endpoint_on_timer(pair.right.endpoint, now_us + 300 * US_PER_MS);
    ck_assert_uint_eq(track_stats(&pair.right, 1).pli_count, 2);
    pair.counter = 2;
    pair_run_until(left_asked_once);
    ck_assert_uint_eq(track_stats(&pair.left, 1).pli_received, 2);
    ck_assert_uint_eq(pair.left.key_frame_requests[0], 0);
}
END_TEST

START_TEST(key_frames_are_asked_by_fir_where_pli_is_not_understood)
{
    enum sdp_direction directions[] = {SDP_SENDRECV};
    struct failure failure;
    const char *sdp;
    char *carried;

    ck_assert(endpoint_make_offer(pair.left.endpoint, one_video, 1, false, &sdp, &failure) ==
              STATUS_OK);
    carried = pair_carry(true, sdp);
    pair_remove_lines(carried, "nack pli");
    ck_assert(endpoint_make_answer(pair.right.endpoint, carried, directions, 1, &sdp, &failure) ==
              STATUS_OK);
    ck_assert(endpoint_set_answer(pair.left.endpoint, pair_carry(false, sdp), &failure) ==
              STATUS_OK);
    pair_run_until(pair_connected);
    /* Signalled SSRCs suffice: nothing has been received yet. */
    endpoint_request_key_frame(pair.right.endpoint, 0, clock_monotonic_us());
    for (int i = 0; i < PAIR_TURNS_MAX && pair.left.key_frame_requests[0] == 0; i++)
        pair_turn();
    ck_assert_uint_eq(pair.left.key_frame_requests[0], 1);
    ck_assert_uint_eq(track_stats(&pair.right, 0).fir_count, 1);
    ck_assert_uint_eq(track_stats(&pair.left, 0).fir_received, 1);
}
END_TEST

/* Janus tells a compound's media section by its sender: a PLI in the name of the audio is lost. */
START_TEST(key_frames_are_asked_in_the_name_of_the_own_video)
{
    pair_connect(call, 2);
    ck_assert(pair_send(&pair.left, 1, 1, 100, 0, false) == STATUS_OK);
    expect_media(0, 1);
    endpoint_request_key_frame(pair.right.endpoint, 1, clock_monotonic_us());
    pair.counter = 1;
    pair_run_until(left_asked_once);
    ck_assert_uint_eq(pair.left.rtcp_senders[RTCP_PLI], track_stats(&pair.right, 1).send_ssrc);
    ck_assert_uint_ne(pair.left.rtcp_senders[RTCP_PLI], track_stats(&pair.right, 0).send_ssrc);
}
END_TEST

static bool reported(void)
{
    return track_stats(&pair.left, 1).round_trip_time_s >= 0 &&
           pair.left.rtcp_counts[RTCP_SENDER_REPORT] > 0;
}

START_TEST(reports_give_round_trip_and_clock)
{
    const struct rtcp_item *report = &pair.right.last_sender_report;
    struct endpoint_outgoing outgoing = {.track = 1, .payload = "x", .payload_size = 1};
    int64_t realtime_us, captured_us;

    pair_connect(call, 2);
    ck_assert_double_lt(track_stats(&pair.left, 1).round_trip_time_s, 0);
    captured_us = clock_realtime_us() - 50000; /* captured 50 ms before it is sent */
    outgoing.timestamp = 90000;
    outgoing.capture_realtime_us = captured_us;
    ck_assert(endpoint_send(pair.left.endpoint, &outgoing, clock_monotonic_us()) == STATUS_OK);
    ck_assert(pair_send(&pair.right, 1, 7, 100, 0, true) == STATUS_OK);
    for (int i = 0; i < PAIR_TURNS_MAX && !reported(); i++) {
        if (i % 20 == 19 && pair.right.media_count < 500) {
            outgoing.timestamp += 90 * 40;
            outgoing.capture_realtime_us += 40000;
            ck_assert(endpoint_send(pair.left.endpoint, &outgoing, clock_monotonic_us()) ==
                      STATUS_OK);
        }
        pair_turn();
    }
    ck_assert(reported());
    ck_assert_double_lt(track_stats(&pair.left, 1).round_trip_time_s, 0.5);
    ck_assert_double_eq(track_stats(&pair.left, 1).fraction_lost, 0);
    ck_assert_uint_eq(report->sender_ssrc, track_stats(&pair.left, 1).send_ssrc);
    ck_assert_uint_ge(report->report.packet_count, 1);
    ck_assert_uint_eq(report->report.octet_count, report->report.packet_count);
    /* The pair of the report lies on the line through (captured_us, 90000). */
    realtime_us = ntp_to_realtime_us(report->report.ntp);
    ck_assert_int_ge((int32_t)(report->report.rtp_timestamp - 90000) -
                         (int32_t)((realtime_us - captured_us) * 90 / 1000),
                     -90);
    ck_assert_int_le((int32_t)(report->report.rtp_timestamp - 90000) -
                         (int32_t)((realtime_us - captured_us) * 90 / 1000),
                     90);
    ck_assert_uint_gt(pair.right.rtcp_counts[RTCP_SOURCE_DESCRIPTION], 0);
}
END_TEST

static bool transport_feedback_came(void)
{
    return pair.left.rtcp_counts[RTCP_TRANSPORT] >= 2;
}

START_TEST(transport_feedback_is_sent)
{
    pair_connect(call, 2);
    for (int i = 0; i < PAIR_TURNS_MAX && !transport_feedback_came(); i++) {
        if (i % 10 == 0 && pair.right.media_count < 900)
            ck_assert(pair_send(&pair.left, 1, 1, 100, 0, false) == STATUS_OK);
        pair_turn();
    }
    ck_assert(transport_feedback_came());
    ck_assert_uint_eq(pair.right.rtcp_counts[RTCP_TRANSPORT], 0);
}
END_TEST

static bool right_closed(void)
{
    return endpoint_state(pair.right.endpoint) == ENDPOINT_CLOSED;
}

START_TEST(destroy_says_bye_and_closes)
{
    pair_connect(call, 2);
    ck_assert(pair_send(&pair.left, 0, 1, 100, 0, false) == STATUS_OK);
    expect_media(0, 1);
    endpoint_destroy(pair.left.endpoint);
    pair.left.endpoint = NULL;
    pair_run_until(right_closed);
    ck_assert_uint_eq(pair.right.rtcp_counts[RTCP_BYE], 1);
    ck_assert_ptr_nonnull(strstr(endpoint_error(pair.right.endpoint), "close_notify"));
    ck_assert(pair_send(&pair.right, 0, 1, 100, 0, false) == STATUS_CONFLICT);
}
END_TEST

/* -- Renegotiation -- */

START_TEST(renegotiation_keeps_the_transport)
{
    struct endpoint_track tracks[4];
    struct endpoint_track_stats before;
    struct endpoint_stats left;

    pair_connect(call, 2);
    before = track_stats(&pair.left, 1);
    left = stats_of(&pair.left);
    memcpy(tracks, call, sizeof(call));
    tracks[0].direction = SDP_INACTIVE;
    tracks[2] = (struct endpoint_track){SDP_VIDEO, SDP_SENDRECV, "screen", 0};
    tracks[3] = (struct endpoint_track){SDP_AUDIO, SDP_RECVONLY, "", 0};
    pair_negotiate(tracks, 4, false);
    ck_assert(pair_connected());
    ck_assert_uint_eq(track_stats(&pair.left, 1).send_ssrc, before.send_ssrc);
    ck_assert_int_eq(stats_of(&pair.left).dtls_connected_us, left.dtls_connected_us);
    ck_assert(pair_send(&pair.left, 0, 1, 10, 0, false) == STATUS_CONFLICT);
    ck_assert(pair_send(&pair.left, 1, 2, 10, 0, false) == STATUS_OK);
    ck_assert(pair_send(&pair.left, 2, 3, 10, 0, false) == STATUS_OK);
    ck_assert(pair_send(&pair.right, 3, 4, 10, 0, false) == STATUS_OK);
    expect_media(1, 2);
    ck_assert_str_eq(pair.right.media[1].extensions.mid, "screen");
    ck_assert_uint_eq(pair.left.media[0].track, 3);
    tracks[0].direction = SDP_SENDRECV; /* and back */
    pair_negotiate(tracks, 4, false);
    ck_assert(pair_send(&pair.left, 0, 1, 10, 0, false) == STATUS_OK);
    expect_media(1, 3);
    ck_assert_uint_eq(pair.left.state_count, 3);
}
END_TEST

/* The answerer of the first round offers in the second; the DTLS roles stay. */
START_TEST(the_other_side_may_offer_next)
{
    enum sdp_direction directions[] = {SDP_SENDRECV, SDP_SENDRECV, SDP_SENDRECV};
    struct endpoint_track tracks[3];
    struct failure failure;
    const char *sdp;

    pair_connect(call, 2);
    memcpy(tracks, call, sizeof(call));
    tracks[2] = (struct endpoint_track){SDP_VIDEO, SDP_SENDRECV, "", 0};
    ck_assert(endpoint_make_offer(pair.right.endpoint, tracks, 3, false, &sdp, &failure) ==
              STATUS_OK);
    ck_assert_msg(endpoint_make_answer(pair.left.endpoint, pair_carry(false, sdp), directions, 3,
                                       &sdp, &failure) == STATUS_OK,
                  "%s", failure.message);
    ck_assert_msg(endpoint_set_answer(pair.right.endpoint, pair_carry(true, sdp), &failure) ==
                      STATUS_OK,
                  "%s", failure.message);
    ck_assert(pair_send(&pair.left, 2, 3, 10, 0, false) == STATUS_OK);
    ck_assert(pair_send(&pair.right, 2, 4, 10, 0, false) == STATUS_OK);
    ck_assert(pair_send(&pair.right, 1, 5, 10, 0, false) == STATUS_OK);
    expect_media(2, 1);
    ck_assert(pair_connected());
}
END_TEST

static bool pair_again(void)
{
    return pair.counter > 2 && pair_connected();
}

/* Counts STUN, so that the test sees the new checks happen. */
static enum fate count_stun(struct pair *self, bool from_left, const uint8_t *data, size_t size)
{
    self->counter += from_left && packet_kind(data, size) == PACKET_STUN;
    return PASS;
}

START_TEST(ice_restart_keeps_media)
{
    char ufrag[64], again[64];
    struct failure failure;
    const char *sdp;

    pair_connect(call, 2);
    ck_assert(endpoint_make_offer(pair.left.endpoint, call, 2, false, &sdp, &failure) == STATUS_OK);
    ck_assert_int_eq(sscanf(strstr(sdp, "a=ice-ufrag:"), "a=ice-ufrag:%63[^\r\n]", ufrag), 1);
    ck_assert(endpoint_make_offer(pair.left.endpoint, call, 2, true, &sdp, &failure) == STATUS_OK);
    ck_assert_int_eq(sscanf(strstr(sdp, "a=ice-ufrag:"), "a=ice-ufrag:%63[^\r\n]", again), 1);
    ck_assert_str_ne(ufrag, again);
    /* Between offer and answer media goes on over the old pair. */
    ck_assert(pair_send(&pair.left, 1, 1, 10, 0, false) == STATUS_OK);
    ck_assert(pair_send(&pair.right, 1, 1, 10, 0, false) == STATUS_OK);
    expect_media(1, 1);
    pair.relay.judge = count_stun;
    pair_negotiate(call, 2, true);
    pair_run_until(pair_again);
    for (int i = 0; i < 20; i++) {
        ck_assert(pair_send(&pair.left, 1, 2, 10, 0, false) == STATUS_OK);
        ck_assert(pair_send(&pair.right, 1, 2, 10, 0, false) == STATUS_OK);
        pair_turn();
    }
    expect_media(21, 21);
    ck_assert_uint_eq(pair.left.state_count, 3); /* never left CONNECTED */
    ck_assert_uint_eq(pair.right.state_count, 3);
    ck_assert(pair_taken_over());
}
END_TEST

START_TEST(impossible_descriptions_are_refused)
{
    struct endpoint_track wrong[2] = {{SDP_VIDEO, SDP_SENDRECV, "", 0},
                                      {SDP_VIDEO, SDP_SENDRECV, "", 0}};
    struct endpoint_track twins[2] = {{SDP_AUDIO, SDP_SENDRECV, "a", 0},
                                      {SDP_VIDEO, SDP_SENDRECV, "a", 0}};
    enum sdp_direction directions[] = {SDP_SENDRECV, SDP_SENDRECV};
    struct failure failure;
    const char *sdp = "untouched";

    ck_assert(endpoint_set_answer(pair.left.endpoint, "v=0\r\n", &failure) == STATUS_CONFLICT);
    ck_assert(endpoint_make_answer(pair.left.endpoint, "hello", directions, 2, &sdp, &failure) ==
              STATUS_MALFORMED);
    ck_assert_str_ne(failure.message, "");
    ck_assert(endpoint_make_offer(pair.right.endpoint, twins, 2, false, &sdp, &failure) ==
              STATUS_INVALID);
    ck_assert(endpoint_make_offer(pair.left.endpoint, call, 0, false, &sdp, &failure) ==
              STATUS_INVALID);
    ck_assert_str_eq(sdp, "untouched");
    ck_assert(endpoint_make_offer(pair.left.endpoint, call, 2, false, &sdp, &failure) == STATUS_OK);
    ck_assert(endpoint_make_offer(pair.left.endpoint, call, 1, false, &sdp, &failure) ==
              STATUS_INVALID);
    ck_assert(endpoint_make_offer(pair.left.endpoint, wrong, 2, false, &sdp, &failure) ==
              STATUS_INVALID);
    /* Glare, then an answer that is none. */
    ck_assert(endpoint_make_answer(pair.left.endpoint, sdp, directions, 2, &sdp, &failure) ==
              STATUS_CONFLICT);
    ck_assert(endpoint_set_answer(pair.left.endpoint, "v=1", &failure) == STATUS_MALFORMED);
    ck_assert(endpoint_state(pair.left.endpoint) == ENDPOINT_NEW);
}
END_TEST

START_TEST(bad_local_address_is_named)
{
    struct failure failure;
    const char *sdp;

    pair_reopen_left("192.0.2.1"); /* of nobody (RFC 5737) */
    ck_assert(endpoint_make_offer(pair.left.endpoint, call, 2, false, &sdp, &failure) == STATUS_IO);
    ck_assert_ptr_nonnull(strstr(failure.message, "192.0.2.1"));
}
END_TEST

/* -- Hostile datagrams -- */

static enum fate repeat_rtp(struct pair *self, bool from_left, const uint8_t *data, size_t size)
{
    (void)self;
    return from_left && packet_kind(data, size) == PACKET_RTP ? TWICE : PASS;
}

START_TEST(replayed_datagrams_are_counted)
{
    pair_connect(call, 2);
    pair.relay.judge = repeat_rtp;
    for (int i = 0; i < 5; i++)
        ck_assert(pair_send(&pair.left, 1, 1, 10, 0, false) == STATUS_OK);
    expect_media(0, 5);
    ck_assert_uint_eq(stats_of(&pair.right).replayed, 5);
    ck_assert_uint_eq(stats_of(&pair.right).unauthentic, 0);
}
END_TEST

START_TEST(rtp_from_an_unknown_address_is_ignored)
{
    int stranger = socket(AF_INET, SOCK_DGRAM, 0);
    const struct sockaddr_in *right = &pair.relay.real[1];

    pair_connect(call, 2);
    pair.relay.judge = drop_all;
    ck_assert(pair_send(&pair.left, 1, 1, 10, 0, false) == STATUS_OK);
    pair_run_turns(2);
    pair.relay.judge = NULL;
    ck_assert(pair_send(&pair.left, 1, 2, 10, 0, false) == STATUS_OK);
    expect_media(0, 1);
    /* A perfect packet, from the wrong place, twice; garbage too. */
    for (int i = 0; i < 2; i++)
        sendto(stranger, pair.relay.last_rtp, pair.relay.last_rtp_size, 0,
               (const struct sockaddr *)right, sizeof(*right));
    sendto(stranger, "\x80garbage-that-is-no-rtp", 23, 0, (const struct sockaddr *)right,
           sizeof(*right));
    pair_run_turns(10);
    ck_assert_uint_eq(pair.right.media_count, 1);
    ck_assert_uint_eq(stats_of(&pair.right).strangers, 3);
    ck_assert_uint_eq(stats_of(&pair.right).replayed, 0);
    close(stranger);
}
END_TEST

START_TEST(tampered_and_broken_datagrams_are_counted)
{
    uint8_t packet[2048];
    const struct sockaddr_in *right = &pair.relay.real[1];

    pair_connect(call, 2);
    ck_assert(pair_send(&pair.left, 1, 1, 10, 0, false) == STATUS_OK);
    expect_media(0, 1);
    memcpy(packet, pair.relay.last_rtp, pair.relay.last_rtp_size);
    store_u16(packet + 2, (uint16_t)(load_u16(packet + 2) + 5));
    for (int i = 0; i < 3; i++) /* through the relay's own socket: a known address */
        sendto(pair.relay.fd[1], packet, pair.relay.last_rtp_size, 0,
               (const struct sockaddr *)right, sizeof(*right));
    sendto(pair.relay.fd[1], "\x80\x60", 2, 0, (const struct sockaddr *)right, sizeof(*right));
    sendto(pair.relay.fd[1], "\x81\xc9\0\1", 4, 0, (const struct sockaddr *)right, sizeof(*right));
    sendto(pair.relay.fd[1], "\xff\xff", 2, 0, (const struct sockaddr *)right, sizeof(*right));
    sendto(pair.relay.fd[1], "\x16\xfe\xfd garbage", 10, 0, (const struct sockaddr *)right,
           sizeof(*right));
    pair_run_turns(10);
    ck_assert_uint_eq(stats_of(&pair.right).unauthentic, 3);
    ck_assert_uint_eq(stats_of(&pair.right).malformed, 3);
    ck_assert_uint_eq(pair.right.media_count, 1);
    ck_assert(pair_connected());
}
END_TEST

/* -- Light clients -- */

START_TEST(strangers_to_a_light_client_are_counted)
{
    int stranger = socket(AF_INET, SOCK_DGRAM, 0);
    const struct sockaddr_in *left = &pair.relay.real[0];

    pair_connect(call, 2);
    ck_assert_uint_eq(ntohl(left->sin_addr.s_addr), 0x7f101001);
    ck_assert(pair_send(&pair.right, 1, 2, 10, 0, false) == STATUS_OK);
    expect_media(1, 0);
    sendto(stranger, pair.relay.last_rtp, pair.relay.last_rtp_size, 0,
           (const struct sockaddr *)left, sizeof(*left));
    sendto(stranger, "\x16\xfe\xfd garbage", 10, 0, (const struct sockaddr *)left, sizeof(*left));
    sendto(stranger, "\0\1garbage", 9, 0, (const struct sockaddr *)left, sizeof(*left));
    pair_run_turns(10);
    ck_assert_uint_eq(pair.left.media_count, 1);
    ck_assert_uint_eq(stats_of(&pair.left).strangers, 2);
    ck_assert_uint_eq(stats_of(&pair.left).replayed, 0);
    ck_assert(pair_connected());
    close(stranger);
}
END_TEST

/* libnice would have to be controlled, and is not lite: a light client cannot answer it. */
START_TEST(a_light_client_answers_only_lite_agents)
{
    enum sdp_direction directions[] = {SDP_SENDRECV};
    struct failure failure;
    const char *sdp;

    ck_assert(endpoint_make_offer(pair.right.endpoint, one_video, 1, false, &sdp, &failure) ==
              STATUS_OK);
    ck_assert(endpoint_make_answer(pair.left.endpoint, pair_carry(false, sdp), directions, 1, &sdp,
                                   &failure) == STATUS_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(failure.message, "--client full"));
}
END_TEST

START_TEST(no_usable_candidate_is_named)
{
    enum sdp_direction directions[] = {SDP_SENDRECV};
    struct failure failure;
    const char *sdp;
    char *carried;

    ck_assert(endpoint_make_offer(pair.left.endpoint, one_video, 1, false, &sdp, &failure) ==
              STATUS_OK);
    ck_assert(endpoint_make_answer(pair.right.endpoint, pair_carry(true, sdp), directions, 1, &sdp,
                                   &failure) == STATUS_OK);
    carried = pair_carry(false, sdp);
    pair_remove_lines(carried, "a=candidate:");
    ck_assert(endpoint_set_answer(pair.left.endpoint, carried, &failure) == STATUS_OK);
    ck_assert(
        endpoint_add_candidate(pair.left.endpoint, "candidate:1 1 UDP 99 2001:db8::1 9 typ host") ==
        STATUS_UNSUPPORTED);
    ck_assert(endpoint_add_candidate(pair.left.endpoint, "") == STATUS_OK);
    pair_run_turns(2);
    ck_assert(endpoint_state(pair.left.endpoint) == ENDPOINT_FAILED);
    ck_assert_ptr_nonnull(strstr(endpoint_error(pair.left.endpoint), "no UDP candidate over IPv4"));
}
END_TEST

/* What holds for every client, whatever its transport. */
static void add_common_tests(TCase *tcase)
{
    tcase_add_test(tcase, offer_and_answer_connect);
    tcase_add_test(tcase, trickled_candidates_connect);
    tcase_add_test(tcase, wrong_fingerprint_fails_with_both_named);
    tcase_add_test(tcase, unreachable_peer_fails_with_a_reason);
    tcase_add_test(tcase, lost_dtls_flights_are_repeated);
    tcase_add_test(tcase, early_hello_is_not_lost);
    tcase_add_test(tcase, media_flows_on_twelve_tracks);
    tcase_add_test(tcase, extensions_and_padding_cross);
    tcase_add_test(tcase, oversized_payload_is_refused_and_uses_no_number);
    tcase_add_test(tcase, lost_packets_are_repaired_by_rtx);
    tcase_add_test(tcase, lost_packets_are_repaired_without_rtx);
    tcase_add_test(tcase, late_original_is_not_delivered_twice);
    tcase_add_test(tcase, key_frames_are_asked_at_most_every_100_ms);
    tcase_add_test(tcase, key_frames_are_asked_by_fir_where_pli_is_not_understood);
    tcase_add_test(tcase, key_frames_are_asked_in_the_name_of_the_own_video);
    tcase_add_test(tcase, reports_give_round_trip_and_clock);
    tcase_add_test(tcase, transport_feedback_is_sent);
    tcase_add_test(tcase, destroy_says_bye_and_closes);
    tcase_add_test(tcase, renegotiation_keeps_the_transport);
    tcase_add_test(tcase, the_other_side_may_offer_next);
    tcase_add_test(tcase, ice_restart_keeps_media);
    tcase_add_test(tcase, impossible_descriptions_are_refused);
    tcase_add_test(tcase, replayed_datagrams_are_counted);
    tcase_add_test(tcase, rtp_from_an_unknown_address_is_ignored);
    tcase_add_test(tcase, tampered_and_broken_datagrams_are_counted);
}

int main(void)
{
    Suite *suite = suite_create("endpoint");
    TCase *full = tcase_create("full"), *light = tcase_create("light");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(full, 30);
    tcase_add_checked_fixture(full, pair_open, pair_close);
    add_common_tests(full);
    tcase_add_test(full, bad_local_address_is_named);
    suite_add_tcase(suite, full);
    tcase_set_timeout(light, 30);
    tcase_add_checked_fixture(light, pair_open_light, pair_close);
    add_common_tests(light);
    tcase_add_test(light, strangers_to_a_light_client_are_counted);
    tcase_add_test(light, a_light_client_answers_only_lite_agents);
    tcase_add_test(light, no_usable_candidate_is_named);
    suite_add_tcase(suite, light);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
