/* The media plane end to end on loopback, with one worker and with two (then neighbours live on
 * different workers, and every packet crosses a ring). */
#include "reference-server/media/media_plane.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "reference-server/fault.h"
#include "tests/unit/reference-server/media/plane_bench.h"

enum { A = 1, B = 2, C = 3 }; /* participants */

static struct light_client *a, *b, *c;

/* A and B, connected; with the number of workers that the loop test says. */
static void open_pair(unsigned workers)
{
    plane_bench_open(workers);
    a = plane_bench_join(0, 2, 2);
    b = plane_bench_join(1, 2, 2);
    WAIT(bench.connected[A] == 1 && bench.connected[B] == 1);
    WAIT(light_client_is_connected(a) && light_client_is_connected(b));
}

static void open_call(unsigned workers)
{
    open_pair(workers);
    for (uint64_t i = A; i <= B; i++)
        media_plane_set_send(bench.plane, i, true, true);
    plane_bench_route(A, 1, (const uint64_t[]){B});
    plane_bench_route(B, 1, (const uint64_t[]){A});
    WAIT(a->plis > 0 && b->plis > 0); /* a slot that gets a source asks for a key frame */
}

static void send_frame(struct light_client *client, bool key_frame)
{
    light_client_send_video(client, key_frame, true, false, false);
    light_client_send_video(client, key_frame, false, false, false);
    light_client_send_video(client, key_frame, false, true, false);
}

START_TEST(audio_and_video_flow_both_ways)
{
    open_call((unsigned)_i);
    for (int frame = 0; frame < 20; frame++) {
        send_frame(a, frame == 0);
        send_frame(b, frame == 0);
        light_client_send_audio(a, 40, false);
        light_client_send_audio(b, 50, false);
        plane_bench_turn();
    }
    WAIT(light_client_received(b, VIDEO_SLOT_0) == 60 &&
         light_client_received(b, AUDIO_SLOT_0) == 20);
    WAIT(light_client_received(a, VIDEO_SLOT_0) == 60 &&
         light_client_received(a, AUDIO_SLOT_0) == 20);
    const struct light_packet *audio = light_client_newest(b, AUDIO_SLOT_0);
    ck_assert_uint_eq(audio->sender, A);
    ck_assert_str_eq(audio->mid, "4");
    ck_assert(audio->has_audio_level);
    ck_assert_uint_eq(audio->audio_level, 40);
    ck_assert_uint_eq(light_client_newest(a, VIDEO_SLOT_0)->sender, B);
    ck_assert_uint_eq(light_client_received(a, VIDEO_SLOT_1), 0);
    plane_bench_close();
}
END_TEST

/* Every number a receiver sees runs on without a gap, transport-wide ones across all slots. */
static void check_numbers(const struct light_client *client, size_t section)
{
    const struct light_packet *before = NULL;
    for (size_t i = 0; i < client->packet_count; i++) {
        const struct light_packet *packet = &client->packets[i];
        if (i > 0)
            ck_assert_uint_eq(packet->transport_sequence,
                              (uint16_t)(packet[-1].transport_sequence + 1));
        if (packet->section != section)
            continue;
        if (before) {
            ck_assert_uint_eq(packet->sequence, (uint16_t)(before->sequence + 1));
            ck_assert_int_ge((int32_t)(packet->timestamp - before->timestamp), 0);
            if (before->marker) {
                ck_assert_int_gt((int32_t)(packet->timestamp - before->timestamp), 0);
                ck_assert_uint_eq(packet->picture_id, (before->picture_id + 1) & 0x7fff);
                ck_assert_uint_eq(packet->tl0_pic_idx, (uint8_t)(before->tl0_pic_idx + 1));
            }
        }
        before = packet;
    }
}

START_TEST(a_slot_changes_its_source_without_a_break)
{
    open_call((unsigned)_i);
    c = plane_bench_join(2, 2, 2);
    WAIT(bench.connected[C] == 1);
    WAIT(light_client_is_connected(c));
    media_plane_set_send(bench.plane, C, true, true);
    c->short_picture_id = true;
    for (int frame = 0; frame < 10; frame++)
        send_frame(a, frame == 0);
    WAIT(light_client_received(b, VIDEO_SLOT_0) == 30);
    plane_bench_route(B, 1, (const uint64_t[]){C});
    WAIT(c->plis == 1);
    send_frame(a, true);  /* no longer routed */
    send_frame(c, false); /* no key frame yet: nothing comes through */
    plane_bench_pass(30);
    ck_assert_uint_eq(light_client_received(b, VIDEO_SLOT_0), 30);
    for (int frame = 0; frame < 10; frame++)
        send_frame(c, frame == 0);
    WAIT(light_client_received(b, VIDEO_SLOT_0) == 60);
    ck_assert(b->packets[30].key_frame);
    ck_assert_uint_eq(b->packets[29].sender, A);
    ck_assert_uint_eq(b->packets[30].sender, C);
    check_numbers(b, VIDEO_SLOT_0);
    plane_bench_close();
}
END_TEST

/* Half a second of 30 frames and 50 sounds a second from a to b. */
static void talk(bool key_frame)
{
    for (int i = 0; i < 25; i++) {
        if (i % 5 < 3)
            send_frame(a, key_frame && i == 0);
        light_client_send_audio(a, 40, false);
        plane_bench_pass(20);
    }
}

static bool first_is_paused(uint64_t participant, uint64_t source)
{
    struct media_slot slots[MEDIA_SLOTS_MAX];
    plane_bench_slots(participant, 1, &source, slots);
    return slots[0].paused;
}

/* The receiver's own bound is as good as an estimate (the estimator has tests of its own). */
START_TEST(a_path_that_carries_little_gets_sound_alone)
{
    open_call((unsigned)_i);
    for (int i = 0; i < 4; i++)
        talk(i == 0);
    ck_assert_uint_eq(bench.pictures[B], 0);
    light_client_send_remb(b, 40000);
    for (int i = 0; i < 20 && bench.pictures[B] == 0; i++)
        talk(false);
    ck_assert_uint_eq(bench.pictures[B], 1);
    ck_assert(first_is_paused(B, A));
    ck_assert(!first_is_paused(A, B));
    ck_assert_double_eq(plane_bench_metric("caseload_media_withheld_slots", NULL), 1);
    light_client_forget_packets(b);
    talk(false);
    ck_assert_uint_eq(light_client_received(b, VIDEO_SLOT_0), 0);
    ck_assert_uint_ge(light_client_received(b, AUDIO_SLOT_0), 20);
    uint64_t asked = a->plis;
    light_client_send_pli(b, VIDEO_SLOT_0); /* for nothing */
    talk(false);
    ck_assert_uint_eq(a->plis, asked);

    light_client_send_remb(b, 200000); /* too little, but more than flows: is there more? */
    talk(false);
    talk(false);
    ck_assert_uint_gt(b->probes, 0);
    ck_assert(first_is_paused(B, A));
    light_client_send_remb(b, 4000000);
    for (int i = 0; i < 20 && bench.pictures[B] == 1; i++)
        talk(false);
    ck_assert(!first_is_paused(B, A));
    WAIT(a->plis > asked); /* and again, until one comes */
    talk(true);
    WAIT(light_client_received(b, VIDEO_SLOT_0) > 0);
    plane_bench_close();
}
END_TEST

START_TEST(nothing_flows_before_it_is_allowed)
{
    open_pair((unsigned)_i);
    plane_bench_route(B, 1, (const uint64_t[]){A}); /* even with a route */
    for (int frame = 0; frame < 5; frame++) {
        send_frame(a, true);
        light_client_send_audio(a, 10, false);
        plane_bench_pass(5);
    }
    light_client_send_video(a, true, true, false, true); /* lost, and nobody misses it */
    send_frame(a, true);
    WAIT(plane_bench_metric("caseload_media_drops_total", "send_off") == 23);
    plane_bench_pass(50);
    ck_assert_uint_eq(b->packet_count, 0);
    ck_assert_uint_eq(a->nacked, 0);
    media_plane_set_send(bench.plane, A, true, false); /* sound only */
    plane_bench_pass(20);
    send_frame(a, true);
    light_client_send_audio(a, 10, false);
    WAIT(light_client_received(b, AUDIO_SLOT_0) == 1);
    plane_bench_pass(20);
    ck_assert_uint_eq(b->packet_count, 1);
    plane_bench_close();
}
END_TEST

START_TEST(nothing_flows_without_a_route)
{
    open_pair((unsigned)_i);
    media_plane_set_send(bench.plane, A, true, true);
    plane_bench_pass(20);
    send_frame(a, true);
    light_client_send_audio(a, 10, false);
    plane_bench_pass(50);
    ck_assert_uint_eq(a->packet_count + b->packet_count, 0);
    ck_assert_uint_eq(plane_bench_metric("caseload_media_rtp_in_total", NULL), 4);
    plane_bench_close();
}
END_TEST

/* 0: the route is taken away; 1: send is switched off; 2: the source is removed. */
static void stop_media(int way)
{
    if (way == 0)
        plane_bench_route(B, 0, NULL);
    else if (way == 1)
        media_plane_set_send(bench.plane, A, false, false);
    else
        media_plane_remove(bench.plane, A);
}

START_TEST(media_stops_when_it_must)
{
    open_call((unsigned)_i % 2 + 1);
    send_frame(a, true);
    light_client_send_audio(a, 10, false);
    WAIT(b->packet_count == 4);
    stop_media(_i / 2);
    plane_bench_pass(20);
    light_client_forget_packets(b);
    for (int i = 0; i < 10; i++) {
        send_frame(a, true);
        light_client_send_audio(a, 10, false);
        plane_bench_pass(3);
    }
    ck_assert_uint_eq(b->packet_count, 0);
    send_frame(b, true); /* the other direction goes on, unless its receiver is gone */
    if (_i / 2 < 2)
        WAIT(light_client_received(a, VIDEO_SLOT_0) == 3);
    plane_bench_close();
}
END_TEST

START_TEST(video_that_was_paused_goes_on_with_a_key_frame_and_no_gap)
{
    open_call((unsigned)_i);
    send_frame(a, true);
    WAIT(b->packet_count == 3);
    media_plane_set_send(bench.plane, A, true, false);
    plane_bench_pass(20);
    for (int i = 0; i < 5; i++)
        send_frame(a, false);
    plane_bench_pass(20);
    media_plane_set_send(bench.plane, A, true, true);
    plane_bench_pass(20);
    uint64_t asked = a->plis;
    send_frame(a, false);
    WAIT(a->plis > asked);
    send_frame(a, true);
    WAIT(b->packet_count == 6);
    check_numbers(b, VIDEO_SLOT_0);
    ck_assert(b->packets[3].key_frame);
    plane_bench_close();
}
END_TEST

START_TEST(losses_upstream_are_asked_for_and_repaired)
{
    open_call((unsigned)_i);
    a->answers_nack = true;
    light_client_send_video(a, true, true, false, false);
    light_client_send_video(a, true, false, false, true); /* lost */
    light_client_send_video(a, true, false, true, false);
    WAIT(light_client_received(b, VIDEO_SLOT_0) == 3);
    ck_assert_uint_ge(a->nacked, 1);
    ck_assert_uint_eq(b->packets[0].number, 0);
    ck_assert_uint_eq(b->packets[1].number, 2);
    ck_assert_uint_eq(b->packets[2].number, 1);
    ck_assert_uint_eq(b->packets[2].sequence, (uint16_t)(b->packets[0].sequence + 1));
    ck_assert(!b->packets[2].rtx); /* first transmission to this receiver */
    plane_bench_close();
}
END_TEST

START_TEST(what_is_never_repaired_is_healed_by_a_key_frame)
{
    open_call((unsigned)_i);
    a->answers_nack = false;
    uint64_t asked;
    light_client_send_video(a, true, true, false, false);
    light_client_send_video(a, true, false, false, true); /* lost for good */
    light_client_send_video(a, true, false, true, false);
    asked = a->plis;
    WAIT(a->plis > asked);
    ck_assert_uint_ge(a->nacked, 2);
    ck_assert_uint_eq(plane_bench_metric("caseload_media_nack_given_up_total", NULL), 1);
    plane_bench_close();
}
END_TEST

START_TEST(receivers_get_what_they_ask_for_once)
{
    open_call((unsigned)_i);
    send_frame(a, true);
    WAIT(b->packet_count == 3);
    for (int i = 0; i < 3; i++) /* impatient */
        light_client_send_nack(b, VIDEO_SLOT_0, b->packets[1].sequence);
    WAIT(b->packet_count >= 4);
    plane_bench_pass(5);
    ck_assert_uint_eq(b->packet_count, 4);
    const struct light_packet *again = &b->packets[3];
    ck_assert(again->rtx);
    ck_assert_uint_eq(again->sequence, b->packets[1].sequence);
    ck_assert_uint_eq(again->number, b->packets[1].number);
    ck_assert_uint_eq(again->timestamp, b->packets[1].timestamp);
    ck_assert_str_eq(again->mid, "2");
    ck_assert_uint_eq(again->transport_sequence, (uint16_t)(b->packets[2].transport_sequence + 1));
    plane_bench_close();
}
END_TEST

START_TEST(a_question_about_ancient_packets_becomes_a_key_frame_request)
{
    open_call((unsigned)_i);
    send_frame(a, true);
    WAIT(b->packet_count == 3);
    uint64_t asked = a->plis;
    light_client_send_nack(b, VIDEO_SLOT_0, (uint16_t)(b->packets[0].sequence - 1000));
    WAIT(a->plis > asked);
    ck_assert_uint_eq(plane_bench_metric("caseload_media_nack_unanswered_total", NULL), 1);
    plane_bench_close();
}
END_TEST

START_TEST(key_frame_requests_pass_upstream_and_are_gathered)
{
    open_call((unsigned)_i);
    send_frame(a, true);
    WAIT(b->packet_count == 3);
    plane_bench_pass(250); /* the interval after the first question */
    uint64_t asked = a->plis;
    for (int i = 0; i < 50; i++)
        light_client_send_pli(b, VIDEO_SLOT_0);
    WAIT(a->plis == asked + 1);
    WAIT(plane_bench_metric("caseload_media_key_requests_in_total", NULL) == 50);
    plane_bench_pass(100);
    ck_assert_uint_eq(a->plis, asked + 1);
    plane_bench_close();
}
END_TEST

START_TEST(padding_is_not_forwarded_and_leaves_no_gap)
{
    open_call((unsigned)_i);
    send_frame(a, true);
    light_client_send_padding(a);
    light_client_send_padding(a);
    send_frame(a, false);
    WAIT(b->packet_count == 6);
    plane_bench_pass(20);
    ck_assert_uint_eq(b->packet_count, 6);
    check_numbers(b, VIDEO_SLOT_0);
    ck_assert_uint_eq(plane_bench_metric("caseload_media_drops_total", "padding"), 2);
    plane_bench_close();
}
END_TEST

START_TEST(six_in_a_room_all_see_and_hear_all_others)
{
    uint64_t everybody[CLIENTS_MAX];
    plane_bench_open((unsigned)_i);
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        plane_bench_join(i, 6, 5);
        everybody[i] = i + 1;
        media_plane_set_send(bench.plane, i + 1, true, true);
    }
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        WAIT(bench.connected[i + 1] == 1 && light_client_is_connected(bench.clients[i]));
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        plane_bench_route(i + 1, CLIENTS_MAX, everybody);
    plane_bench_pass(20);
    for (int frame = 0; frame < 5; frame++)
        for (size_t i = 0; i < CLIENTS_MAX; i++) {
            send_frame(bench.clients[i], frame == 0);
            light_client_send_audio(bench.clients[i], 30, false);
        }
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        WAIT(bench.clients[i]->packet_count == 5 * 5 * 4);
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        size_t by_sender[CLIENTS_MAX + 1] = {0};
        for (size_t k = 0; k < bench.clients[i]->packet_count; k++)
            by_sender[bench.clients[i]->packets[k].sender]++;
        for (size_t k = 0; k < CLIENTS_MAX; k++)
            ck_assert_uint_eq(by_sender[k + 1], k == i ? 0 : 20);
        /* Sound and picture of one person are in slots that belong together. */
        for (size_t slot = 0; slot < 5; slot++)
            ck_assert_uint_eq(light_client_newest(bench.clients[i], 2 + slot)->sender,
                              light_client_newest(bench.clients[i], 8 + slot)->sender);
    }
    plane_bench_close();
}
END_TEST

/* When the instant `timestamp` of a slot was, as a receiver computes it from the slot's newest
 * sender report. */
static int64_t instant_us(const struct light_client *client, size_t section, uint32_t timestamp,
                          uint32_t clock_hz)
{
    const struct light_report *newest = NULL;
    for (size_t i = 0; i < client->report_count; i++)
        if (client->reports[i].ssrc == light_client_slot_ssrc(client, section))
            newest = &client->reports[i];
    ck_assert_ptr_nonnull(newest);
    return ntp_to_realtime_us(newest->ntp) +
           (int64_t)(int32_t)(timestamp - newest->timestamp) * US_PER_S / clock_hz;
}

static bool has_report(const struct light_client *client, size_t section)
{
    for (size_t i = 0; i < client->report_count; i++)
        if (client->reports[i].ssrc == light_client_slot_ssrc(client, section))
            return true;
    return false;
}

START_TEST(sender_reports_keep_sound_and_picture_together)
{
    /* A's own clock is a day behind. What it captures now has audio timestamp `sound` and video
     * timestamp `picture`; its reports are of other instants. */
    const int64_t theirs_us = clock_realtime_us() - 86400 * US_PER_S;
    open_call((unsigned)_i);
    uint32_t sound = a->timestamp[OWN_AUDIO], picture = a->timestamp[OWN_VIDEO];
    send_frame(a, true);
    light_client_send_audio(a, 10, false);
    WAIT(b->packet_count == 4);
    ck_assert(!has_report(b, VIDEO_SLOT_0) && !has_report(b, AUDIO_SLOT_0));
    light_client_send_report(a, OWN_AUDIO, ntp_from_realtime_us(theirs_us - 500000), sound - 24000);
    light_client_send_report(a, OWN_VIDEO, ntp_from_realtime_us(theirs_us - 2000000),
                             picture - 180000);
    /* Told at once, not at the next second. */
    WAIT(has_report(b, VIDEO_SLOT_0) && has_report(b, AUDIO_SLOT_0));
    int64_t heard_us =
        instant_us(b, AUDIO_SLOT_0, light_client_newest(b, AUDIO_SLOT_0)->timestamp, 48000);
    int64_t seen_us =
        instant_us(b, VIDEO_SLOT_0, light_client_newest(b, VIDEO_SLOT_0)->timestamp, 90000);
    ck_assert_int_lt(llabs(heard_us - seen_us), 100);
    /* And on our clock. */
    ck_assert_int_lt(llabs(heard_us - clock_realtime_us()), 5 * US_PER_S);
    plane_bench_close();
}
END_TEST

START_TEST(senders_are_told_what_arrived)
{
    open_call((unsigned)_i);
    for (int i = 0; i < 30; i++) {
        light_client_send_audio(a, 10, i == 7);
        plane_bench_turn();
    }
    WAIT(a->feedback_arrivals == 29);
    WAIT(a->receiver_reports > 0);
    ck_assert_uint_eq(a->last_block.ssrc, a->sections[OWN_AUDIO].ssrc);
    ck_assert_int_eq(a->last_block.cumulative_lost, 1);
    plane_bench_close();
}
END_TEST

START_TEST(replays_and_strangers_are_dropped_and_counted)
{
    uint8_t packet[2048], stun[512], reply[64];
    open_call((unsigned)_i);
    size_t size = light_client_make_audio(a, 10, packet);
    light_client_send_raw(a, packet, size);
    WAIT(b->packet_count == 1);
    light_client_send_raw(a, packet, size);
    WAIT(plane_bench_metric("caseload_media_drops_total", "replayed") == 1);

    /* The same from an address that nobody validated. */
    int stranger = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    size = light_client_make_audio(a, 10, packet);
    sendto(stranger, packet, size, 0, (struct sockaddr *)&a->server, sizeof a->server);
    WAIT(plane_bench_metric("caseload_media_drops_total", "unknown_address") == 1);

    /* STUN with a wrong password gets no answer and validates nothing. */
    size_t stun_size = light_client_stun(a, "wrongwrongwrongwrongwrong", stun, sizeof stun);
    sendto(stranger, stun, stun_size, 0, (struct sockaddr *)&a->server, sizeof a->server);
    WAIT(plane_bench_metric("caseload_media_drops_total", "stun_unauthentic") == 1);
    plane_bench_pass(20);
    ck_assert_int_lt(recv(stranger, reply, sizeof reply, 0), 0);
    sendto(stranger, packet, size, 0, (struct sockaddr *)&a->server, sizeof a->server);
    WAIT(plane_bench_metric("caseload_media_drops_total", "unknown_address") == 2);

    /* A damaged packet from the right address. */
    packet[size - 1] ^= 1;
    light_client_send_raw(a, packet, size);
    WAIT(plane_bench_metric("caseload_media_drops_total", "unauthentic") >= 1);
    plane_bench_pass(20);
    ck_assert_uint_eq(b->packet_count, 1);
    close(stranger);
    plane_bench_close();
}
END_TEST

START_TEST(random_bytes_disturb_nobody)
{
    struct random_stream random;
    uint8_t noise[1500];
    open_call((unsigned)_i);
    random_stream_init(&random, 7);
    int stranger = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    send_frame(a, true);
    for (int i = 0; i < 100000; i++) {
        size_t size = random_below(&random, sizeof noise + 1);
        for (size_t at = 0; at + 8 <= size; at += 8)
            memcpy(noise + at, &(uint64_t){random_u64(&random)}, 8);
        if (i % 4 == 0) /* the first byte of STUN, DTLS and RTP more often than chance has it */
            noise[0] = (uint8_t[]){0, 22, 128, 144}[i / 4 % 4];
        sendto(i % 3 == 0 ? a->fd : stranger, noise, size, 0,
               (struct sockaddr *)&bench.clients[i % 2]->server, sizeof a->server);
        if (i % 1000 == 0) {
            light_client_send_audio(a, 10, false);
            plane_bench_turn();
        }
    }
    WAIT(light_client_received(b, AUDIO_SLOT_0) == 100);
    ck_assert_uint_eq(light_client_received(b, VIDEO_SLOT_0), 3);
    ck_assert_uint_eq(bench.lost[A] + bench.lost[B], 0);
    ck_assert_double_gt(plane_bench_metric("caseload_media_drops_total", "unknown_kind"), 1000);
    close(stranger);
    plane_bench_close();
}
END_TEST

static void fill(struct random_stream *random, uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size; at++)
        data[at] = (uint8_t)random_u64(random);
}

/* Nonsense that authenticates: plausible first bytes, then chance. */
static void send_nonsense(struct light_client *from, struct random_stream *random)
{
    static const uint8_t rtcp_types[] = {200, 201, 202, 203, 205, 206, 207};
    uint8_t data[2048];
    size_t size = 12 + random_below(random, 600);
    size_t section = random_below(random, 2);
    bool rtcp = random_below(random, 2) == 0;

    fill(random, data, size);
    data[0] = (uint8_t)(0x80 | random_below(random, 64));
    if (rtcp) {
        size = size / 4 * 4;
        data[1] = rtcp_types[random_below(random, sizeof rtcp_types)];
        store_u16(data + 2, (uint16_t)(random_below(random, 4) ? size / 4 - 1 : size / 8));
        if (size >= 16) /* about a slot of this client, or its own stream */
            store_u32(data + 8, light_client_slot_ssrc(from, VIDEO_SLOT_0));
    } else {
        uint8_t types[] = {from->agreed[section].payload_type, 97};
        data[1] = (uint8_t)(random_below(random, 2) << 7 | types[random_below(random, 2)]);
        store_u16(data + 2, (uint16_t)(from->sequence[section] += random_below(random, 40)));
        store_u32(data + 8, random_below(random, 4) ? from->sections[section].ssrc
                                                    : from->sections[section].rtx_ssrc);
    }
    light_client_send_plain(from, rtcp, data, size);
}

START_TEST(a_participant_gone_mad_harms_nobody)
{
    struct random_stream random;
    open_call((unsigned)_i);
    random_stream_init(&random, 11);
    c = plane_bench_join(2, 2, 2);
    WAIT(light_client_is_connected(c));
    media_plane_set_send(bench.plane, C, true, true);
    plane_bench_route(A, 2, (const uint64_t[]){B, C}); /* it even is a source */
    send_frame(a, true);
    for (int i = 0; i < 20000; i++) {
        send_nonsense(c, &random);
        if (i % 200 == 0) {
            light_client_send_audio(a, 10, false);
            plane_bench_turn();
        }
    }
    WAIT(light_client_received(b, AUDIO_SLOT_0) == 100);
    ck_assert_uint_eq(light_client_received(b, VIDEO_SLOT_0), 3);
    ck_assert_uint_gt(light_client_received(a, AUDIO_SLOT_1), 0);
    ck_assert_uint_eq(bench.lost[A] + bench.lost[B], 0);
    plane_bench_close();
}
END_TEST

START_TEST(ice_restarts_without_a_new_handshake)
{
    open_call((unsigned)_i);
    send_frame(a, true);
    WAIT(b->packet_count == 3);
    light_client_restart(b); /* another address */
    plane_bench_offer(1);
    WAIT(b->validated);
    light_client_send_audio(a, 10, false);
    send_frame(a, false);
    WAIT(b->packet_count == 7);
    check_numbers(b, VIDEO_SLOT_0);
    send_frame(b, true);
    WAIT(light_client_received(a, VIDEO_SLOT_0) == 3);
    ck_assert_uint_eq(plane_bench_metric("caseload_media_dtls_connected_total", NULL), 2);
    plane_bench_close();
}
END_TEST

START_TEST(a_new_connection_of_the_same_participant_takes_over)
{
    open_call((unsigned)_i);
    send_frame(a, true);
    WAIT(b->packet_count == 3);
    a = plane_bench_join(0, 2, 2);
    WAIT(bench.connected[A] == 2);
    WAIT(light_client_is_connected(a));
    /* Routes and permission are as they were. */
    send_frame(a, true);
    WAIT(b->packet_count == 6);
    check_numbers(b, VIDEO_SLOT_0);
    send_frame(b, true);
    WAIT(light_client_received(a, VIDEO_SLOT_0) == 3);
    plane_bench_close();
}
END_TEST

START_TEST(routes_may_come_before_the_source_does)
{
    plane_bench_open((unsigned)_i);
    b = plane_bench_join(1, 2, 2);
    plane_bench_route(B, 1, (const uint64_t[]){A}); /* nobody knows A yet */
    media_plane_set_send(bench.plane, A, true, true);
    a = plane_bench_join(0, 2, 2);
    WAIT(light_client_is_connected(a) && light_client_is_connected(b));
    WAIT(bench.connected[A] == 1 && bench.connected[B] == 1);
    send_frame(a, true);
    WAIT(b->packet_count == 3);
    plane_bench_close();
}
END_TEST

START_TEST(a_goodbye_is_noticed)
{
    open_pair((unsigned)_i);
    dtls_session_destroy(a->dtls); /* says close_notify */
    a->dtls = NULL;
    media_crypto_destroy(a->crypto);
    a->crypto = NULL;
    a->server.sin_port = 0; /* it does nothing more */
    WAIT(bench.lost[A] == 1);
    ck_assert_uint_eq(bench.lost[B], 0);
    plane_bench_close();
}
END_TEST

START_TEST(slots_tell_who_feeds_them)
{
    struct media_slot slots[MEDIA_SLOTS_MAX];
    open_pair((unsigned)_i);
    ck_assert_uint_eq(plane_bench_slots(77, 1, (const uint64_t[]){A}, slots), 0);
    ck_assert_uint_eq(plane_bench_slots(B, 2, (const uint64_t[]){A, 77}, slots), 4);
    ck_assert_str_eq(slots[0].mid, "2");
    ck_assert(slots[0].video && slots[1].video && !slots[2].video && !slots[3].video);
    ck_assert_uint_eq(slots[0].source, A);
    ck_assert_uint_eq(slots[1].source, 77);
    ck_assert_uint_eq(slots[2].source, A);
    ck_assert_uint_eq(slots[3].source, 77);
    media_plane_remove(bench.plane, A);
    ck_assert_uint_eq(plane_bench_slots(B, 1, (const uint64_t[]){77}, slots), 4);
    ck_assert_uint_eq(slots[0].source, 0);
    ck_assert_uint_eq(slots[1].source, 77); /* where it was */
    media_plane_remove(bench.plane, B);
    ck_assert_uint_eq(plane_bench_slots(B, 0, NULL, slots), 0);
    plane_bench_close();
}
END_TEST

START_TEST(who_is_heard_need_not_be_seen)
{
    struct media_slot slots[MEDIA_SLOTS_MAX];
    open_pair((unsigned)_i);
    media_plane_set_send(bench.plane, A, true, true);
    ck_assert_uint_eq(
        media_plane_route(bench.plane, B,
                          &(struct media_sources){.audio = (const uint64_t[]){A}, .audio_count = 1},
                          slots),
        4);
    ck_assert_uint_eq(slots[0].source, 0);
    ck_assert_uint_eq(slots[2].source, A);
    plane_bench_pass(20);
    send_frame(a, true);
    light_client_send_audio(a, 30, false);
    WAIT(light_client_received(b, AUDIO_SLOT_0) == 1);
    plane_bench_pass(20);
    ck_assert_uint_eq(b->packet_count, 1);
    ck_assert_uint_eq(a->plis, 0);
    ck_assert_uint_eq(plane_bench_metric("caseload_media_rtp_relayed_total", NULL),
                      _i == 1 ? 0 : 1); /* its picture does not cross in vain */
    plane_bench_close();
}
END_TEST

START_TEST(loudness_is_told_of_what_is_taken)
{
    open_pair((unsigned)_i);
    ck_assert_uint_eq(media_plane_take_loudness(bench.plane, A), 0);
    light_client_send_audio(a, 27, false); /* not allowed: not heard */
    WAIT(plane_bench_metric("caseload_media_drops_total", "send_off") == 1);
    ck_assert_uint_eq(media_plane_take_loudness(bench.plane, A), 0);
    media_plane_set_send(bench.plane, A, true, true);
    plane_bench_pass(20);
    light_client_send_audio(a, 27, false);
    WAIT(plane_bench_metric("caseload_media_rtp_in_total", NULL) == 2);
    ck_assert_uint_eq(media_plane_take_loudness(bench.plane, A), 100);
    ck_assert_uint_eq(media_plane_take_loudness(bench.plane, A), 0);
    ck_assert_uint_eq(media_plane_take_loudness(bench.plane, 77), 0); /* nobody */
    plane_bench_close();
}
END_TEST

START_TEST(bad_offers_are_refused_by_name)
{
    struct failure failure = {0};
    char *answer = NULL;
    plane_bench_open((unsigned)_i);
    ck_assert_int_eq(media_plane_offer(bench.plane, 1, 0, "v=0\r\nnonsense\r\n", &answer, &failure),
                     STATUS_MALFORMED);
    ck_assert_uint_gt(strlen(failure.message), 0);
    ck_assert_int_eq(media_plane_offer(bench.plane, 1, 0, "", &answer, &failure), STATUS_MALFORMED);
    ck_assert_ptr_null(answer);
    media_plane_remove(bench.plane, 1); /* nobody */
    plane_bench_close();
}
END_TEST

START_TEST(an_impossible_plane_is_refused_by_name)
{
    struct failure failure = {0};
    struct media_plane *plane = NULL;
    struct loop *loop = loop_create();
    struct media_plane_config config = {.loop = loop, .address = "0.0.0.0", .workers = 1};
    ck_assert_int_eq(media_plane_create(&config, &plane, &failure), STATUS_INVALID);
    ck_assert_ptr_nonnull(strstr(failure.message, "0.0.0.0"));
    config.address = "127.0.0.1";
    config.workers = 17;
    ck_assert_int_eq(media_plane_create(&config, &plane, &failure), STATUS_INVALID);
    config.workers = 2;
    config.port = 65535;
    ck_assert_int_eq(media_plane_create(&config, &plane, &failure), STATUS_INVALID);
    config.address = "192.0.2.1"; /* not an address of this machine */
    config.port = 0;
    ck_assert_int_eq(media_plane_create(&config, &plane, &failure), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(failure.message, "192.0.2.1"));
    loop_destroy(loop);
}
END_TEST

START_TEST(forward_latency_is_measured)
{
    open_call((unsigned)_i);
    for (int i = 0; i < 50; i++)
        light_client_send_audio(a, 10, false);
    WAIT(b->packet_count == 50);
    WAIT(plane_bench_metric("caseload_media_forward_latency_seconds_count", NULL) == 50);
    ck_assert_double_eq(
        plane_bench_metric("caseload_media_forward_latency_seconds_bucket", "\"+Inf\""), 50);
    double sum = plane_bench_metric("caseload_media_forward_latency_seconds_sum", NULL);
    ck_assert_double_gt(sum, 0);
    ck_assert_double_lt(sum, 50);
    ck_assert_double_le(
        plane_bench_metric("caseload_media_forward_latency_seconds_bucket", "\"0.001\""),
        plane_bench_metric("caseload_media_forward_latency_seconds_bucket", "\"0.1\""));
    plane_bench_close();
}
END_TEST

START_TEST(the_leak_fault_leaks_a_packet_a_second)
{
    open_pair((unsigned)_i);
    media_plane_set_send(bench.plane, A, true, true);
    for (int i = 0; i < 50; i++) /* said again and again: still one leak */
        media_plane_fault_leak(bench.plane, A, B);
    media_plane_fault_leak(bench.plane, 77, B); /* nobody */
    media_plane_fault_leak(bench.plane, A, 77);
    plane_bench_pass(20);
    for (int i = 0; i < 50; i++)
        light_client_send_audio(a, 10, false);
    WAIT(plane_bench_metric("caseload_media_rtp_leaked_total", NULL) == 1);
    WAIT(b->packet_count == 1);
    plane_bench_pass(20);
    ck_assert_uint_eq(b->packet_count, 1);
    ck_assert_uint_eq(b->packets[0].sender, A);
    plane_bench_close();
}
END_TEST

/* A and B are in a call; C and D wait, and C goes on to. */
START_TEST(the_share_fault_leaks_one_packet_in_so_many_to_those_who_wait)
{
    fault_switch_on_text("leak-one-in=10");
    open_call(1);
    struct light_client *d;
    c = plane_bench_join(2, 2, 2);
    d = plane_bench_join(3, 2, 2);
    WAIT(bench.connected[3] == 1 && bench.connected[4] == 1);
    for (int i = 0; i < 20; i++)
        light_client_send_audio(a, 10, false);
    WAIT(b->packet_count == 20); /* due, but nobody is known to wait */
    media_plane_fault_leak_to_waiting(bench.plane, 3);
    media_plane_fault_leak_to_waiting(bench.plane, 3);
    media_plane_fault_leak_to_waiting(bench.plane, 4);
    media_plane_fault_leak_to_waiting(bench.plane, A); /* in a call */
    media_plane_fault_leak_to_waiting(bench.plane, 77);
    plane_bench_pass(20);
    for (int i = 0; i < 21; i++) /* the first, the 11th and the 21st */
        light_client_send_audio(a, 10, false);
    WAIT(c->packet_count + d->packet_count == 3);
    ck_assert_uint_eq(c->packet_count > d->packet_count ? d->packet_count : c->packet_count, 1);
    ck_assert_uint_eq(c->packets[0].sender, A);
    ck_assert_uint_eq(d->packets[0].sender, A);

    media_plane_set_send(bench.plane, 4, true, true); /* waits no longer */
    plane_bench_pass(20);
    size_t before = d->packet_count;
    for (int i = 0; i < 20; i++) /* pictures leak as well */
        light_client_send_video(a, true, true, true, false);
    WAIT(c->packet_count + d->packet_count == 5);
    ck_assert_uint_eq(d->packet_count, before);
    ck_assert_double_eq(plane_bench_metric("caseload_media_rtp_leaked_total", NULL), 5);
    fault_reset();
    plane_bench_close();
}
END_TEST

START_TEST(the_fault_that_ignores_key_frame_requests_does)
{
    open_call((unsigned)_i);
    send_frame(a, true);
    WAIT(b->packet_count == 3);
    plane_bench_pass(250);
    uint64_t asked = a->plis;
    fault_switch_on(FAULT_IGNORE_PLI);
    for (int i = 0; i < 5; i++)
        light_client_send_pli(b, VIDEO_SLOT_0);
    WAIT(plane_bench_metric("caseload_media_key_requests_in_total", NULL) == 5);
    plane_bench_pass(250);
    ck_assert_uint_eq(a->plis, asked);
    fault_reset();
    plane_bench_close();
}
END_TEST

START_TEST(the_fault_that_asks_no_key_frame_for_a_slot_does)
{
    open_pair((unsigned)_i);
    media_plane_set_send(bench.plane, A, true, true);
    fault_switch_on(FAULT_NO_KEY_REQUEST);
    plane_bench_route(B, 1, (const uint64_t[]){A});
    plane_bench_pass(20);
    send_frame(a, false);
    plane_bench_pass(250);
    ck_assert_uint_eq(a->plis, 0);
    light_client_send_pli(b, VIDEO_SLOT_0); /* receivers are still listened to */
    WAIT(a->plis == 1);
    fault_reset();
    plane_bench_close();
}
END_TEST

START_TEST(the_fault_that_parts_sound_and_picture_does)
{
    const int64_t now_us = clock_realtime_us();
    open_call((unsigned)_i);
    fault_switch_on(FAULT_SKEW_REPORTS);
    uint32_t sound = a->timestamp[OWN_AUDIO], picture = a->timestamp[OWN_VIDEO];
    send_frame(a, true);
    light_client_send_audio(a, 10, false);
    WAIT(b->packet_count == 4);
    light_client_send_report(a, OWN_AUDIO, ntp_from_realtime_us(now_us), sound);
    light_client_send_report(a, OWN_VIDEO, ntp_from_realtime_us(now_us), picture);
    WAIT(has_report(b, VIDEO_SLOT_0) && has_report(b, AUDIO_SLOT_0));
    int64_t heard_us =
        instant_us(b, AUDIO_SLOT_0, light_client_newest(b, AUDIO_SLOT_0)->timestamp, 48000);
    int64_t seen_us =
        instant_us(b, VIDEO_SLOT_0, light_client_newest(b, VIDEO_SLOT_0)->timestamp, 90000);
    ck_assert_int_lt(llabs(heard_us - seen_us - 100000), 100);
    fault_reset();
    plane_bench_close();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/media_plane");
    TCase *cases = tcase_create("media_plane");
    tcase_set_timeout(cases, 60);
    /* _i is the number of workers. */
    tcase_add_loop_test(cases, audio_and_video_flow_both_ways, 1, 3);
    tcase_add_loop_test(cases, a_slot_changes_its_source_without_a_break, 1, 3);
    tcase_add_loop_test(cases, nothing_flows_before_it_is_allowed, 1, 3);
    tcase_add_loop_test(cases, a_path_that_carries_little_gets_sound_alone, 1, 3);
    tcase_add_loop_test(cases, nothing_flows_without_a_route, 1, 3);
    tcase_add_loop_test(cases, media_stops_when_it_must, 0, 6);
    tcase_add_loop_test(cases, video_that_was_paused_goes_on_with_a_key_frame_and_no_gap, 1, 3);
    tcase_add_loop_test(cases, losses_upstream_are_asked_for_and_repaired, 1, 3);
    tcase_add_loop_test(cases, what_is_never_repaired_is_healed_by_a_key_frame, 1, 3);
    tcase_add_loop_test(cases, receivers_get_what_they_ask_for_once, 1, 3);
    tcase_add_loop_test(cases, a_question_about_ancient_packets_becomes_a_key_frame_request, 1, 3);
    tcase_add_loop_test(cases, key_frame_requests_pass_upstream_and_are_gathered, 1, 3);
    tcase_add_loop_test(cases, padding_is_not_forwarded_and_leaves_no_gap, 1, 3);
    tcase_add_loop_test(cases, six_in_a_room_all_see_and_hear_all_others, 1, 4);
    tcase_add_loop_test(cases, sender_reports_keep_sound_and_picture_together, 1, 3);
    tcase_add_loop_test(cases, senders_are_told_what_arrived, 1, 3);
    tcase_add_loop_test(cases, replays_and_strangers_are_dropped_and_counted, 1, 3);
    tcase_add_loop_test(cases, random_bytes_disturb_nobody, 1, 3);
    tcase_add_loop_test(cases, a_participant_gone_mad_harms_nobody, 1, 3);
    tcase_add_loop_test(cases, ice_restarts_without_a_new_handshake, 1, 3);
    tcase_add_loop_test(cases, a_new_connection_of_the_same_participant_takes_over, 1, 3);
    tcase_add_loop_test(cases, routes_may_come_before_the_source_does, 1, 3);
    tcase_add_loop_test(cases, a_goodbye_is_noticed, 1, 3);
    tcase_add_loop_test(cases, slots_tell_who_feeds_them, 1, 3);
    tcase_add_loop_test(cases, who_is_heard_need_not_be_seen, 1, 3);
    tcase_add_loop_test(cases, loudness_is_told_of_what_is_taken, 1, 3);
    tcase_add_loop_test(cases, bad_offers_are_refused_by_name, 1, 2);
    tcase_add_test(cases, an_impossible_plane_is_refused_by_name);
    tcase_add_loop_test(cases, forward_latency_is_measured, 1, 3);
    tcase_add_loop_test(cases, the_leak_fault_leaks_a_packet_a_second, 1, 3);
    tcase_add_test(cases, the_share_fault_leaks_one_packet_in_so_many_to_those_who_wait);
    tcase_add_loop_test(cases, the_fault_that_ignores_key_frame_requests_does, 1, 3);
    tcase_add_loop_test(cases, the_fault_that_asks_no_key_frame_for_a_slot_does, 1, 3);
    tcase_add_loop_test(cases, the_fault_that_parts_sound_and_picture_does, 1, 3);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
