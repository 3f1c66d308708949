#include "engine/media/audio_playout.h"

#include <check.h>

enum { PLAYED_MAX = 2000, START = 1000000 };

static struct audio_playout playout;
static struct {
    uint32_t number;
    int64_t play_us, delay_us;
} played[PLAYED_MAX];
static size_t played_count;

static void on_played(void *arg, const struct playout_packet *packet, int64_t play_us)
{
    ck_assert_ptr_eq(arg, &played_count);
    ck_assert_uint_lt(played_count, PLAYED_MAX);
    ck_assert_int_ge(play_us, packet->arrival_us);
    if (played_count > 0)
        ck_assert_uint_gt(packet->number, played[played_count - 1].number);
    played[played_count].number = packet->number;
    played[played_count].play_us = play_us;
    played[played_count].delay_us = play_us - packet->arrival_us;
    played_count++;
}

static void begin(void)
{
    played_count = 0;
    audio_playout_init(&playout, on_played, &played_count);
}

/* Packet `number`, captured at START + 20 ms · number, `late_us` on its way. */
static void give_shifted(uint32_t number, int64_t late_us, int64_t silent_packets)
{
    int64_t index = number + silent_packets;
    struct playout_packet packet = {.timestamp = 7777 + index * PLAYOUT_PACKET_SAMPLES,
                                    .number = number,
                                    .capture_us = START + index * PLAYOUT_PACKET_US};
    packet.arrival_us = packet.capture_us + late_us;
    audio_playout_packet(&playout, &packet);
}

static void give(uint32_t number, int64_t late_us)
{
    give_shifted(number, late_us, 0);
}

static void give_range(uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        give(i, 5000);
}

/* The first packet waits 40 ms; with no jitter the delay then falls by 2 ms per packet to 20 ms. */
START_TEST(delay_settles_at_one_packet)
{
    begin();
    give_range(0, 30);
    audio_playout_break(&playout);
    ck_assert_uint_eq(played_count, 30);
    for (size_t i = 0; i < 30; i++) {
        ck_assert_uint_eq(played[i].number, i);
        ck_assert_int_eq(played[i].delay_us, i < 10 ? 40000 - 2000 * (int64_t)i : 20000);
    }
    ck_assert_int_eq(played[29].play_us, START + 29 * 20000 + 5000 + 20000);
    ck_assert_int_eq(audio_playout_target_us(&playout), 20000);
    ck_assert_uint_eq(playout.samples_emitted, 30 * 960);
    ck_assert_uint_eq(playout.samples_concealed, 0);
    /* 40 + 38 + … + 22 + 20 · 20 ms */
    ck_assert_int_eq(playout.buffer_delay_us, 310000 + 400000);
}
END_TEST

START_TEST(one_lost_packet_is_960_samples)
{
    begin();
    give_range(0, 20);
    give_range(21, 30);
    audio_playout_break(&playout);
    ck_assert_uint_eq(playout.samples_concealed, 960);
    ck_assert_uint_eq(playout.concealment_events, 1);
    ck_assert_uint_eq(playout.packets_played, 29);
    ck_assert_uint_eq(audio_playout_samples(&playout), 30 * 960);
    ck_assert_int_eq(played[20].delay_us, 20000); /* those behind it are not delayed */
}
END_TEST

START_TEST(losses_in_a_row_are_one_event)
{
    begin();
    give_range(0, 20);
    give_range(23, 30);
    give_range(31, 40);
    audio_playout_break(&playout);
    ck_assert_uint_eq(playout.samples_concealed, 4 * 960);
    ck_assert_uint_eq(playout.concealment_events, 2);
}
END_TEST

START_TEST(a_reordered_packet_within_the_delay_is_played)
{
    begin();
    give_range(0, 5); /* delay still 30 ms */
    give(6, 5000);
    give(5, 27000); /* behind packet 6 */
    give_range(7, 20);
    audio_playout_break(&playout);
    ck_assert_uint_eq(playout.samples_concealed, 0);
    ck_assert_uint_eq(played_count, 20);
    ck_assert_int_lt(played[5].delay_us, 10000);
}
END_TEST

START_TEST(a_packet_that_comes_just_in_time_is_played)
{
    begin();
    give_range(0, 20);
    give(21, 4999);  /* before packet 20 */
    give(20, 25000); /* in the instant in which it is to be played */
    give_range(22, 30);
    audio_playout_break(&playout);
    ck_assert_uint_eq(playout.samples_concealed, 0);
    ck_assert_int_eq(played[20].delay_us, 0);
}
END_TEST

START_TEST(a_packet_that_comes_after_its_time_is_discarded)
{
    begin();
    give_range(0, 20);
    give_range(21, 24);
    give(20, 90000);
    give_range(24, 30);
    audio_playout_break(&playout);
    ck_assert_uint_eq(playout.samples_concealed, 960);
    ck_assert_uint_eq(playout.packets_discarded, 1);
    ck_assert_uint_eq(playout.packets_played, 29);
}
END_TEST

/* The path stalls: packet 20 comes 55 ms later than the others. It would have been played 20 ms
 * after its usual arrival; for the 35 ms until it comes, four steps of 10 ms are made up. */
START_TEST(starving_is_concealed_and_adds_delay)
{
    begin();
    give_range(0, 20);
    give(20, 60000);
    ck_assert_uint_eq(playout.samples_concealed, 4 * 480);
    ck_assert_uint_eq(playout.concealment_events, 1);
    for (uint32_t i = 21; i < 24; i++) /* what was held up with it comes with it */
        give(i, 60000 - (i - 20) * 20000 + 1000);
    give_range(24, 30);
    audio_playout_break(&playout);
    ck_assert_uint_eq(playout.samples_concealed, 4 * 480);
    ck_assert_uint_eq(playout.packets_played, 30);
    /* usual arrival + 20 ms + 40 ms; it came at 55 */
    ck_assert_int_eq(played[20].delay_us, 5000);
    ck_assert_int_gt(played[24].delay_us, 50000);
}
END_TEST

/* Packets 20 and 21 are lost, and 22 comes 30 ms late: 20 is due 20 ms after its usual arrival,
 * 22 comes 70 ms after that: 50 ms were made up, of which 40 replace the lost ones. */
START_TEST(loss_and_starving_together)
{
    begin();
    give_range(0, 20);
    give(22, 35000);
    ck_assert_uint_eq(playout.samples_concealed, 5 * 480);
    ck_assert_uint_eq(playout.concealment_events, 1);
    give_range(23, 40);
    audio_playout_break(&playout);
    ck_assert_uint_eq(playout.samples_concealed, 5 * 480);
    ck_assert_uint_eq(playout.packets_played, 38);
}
END_TEST

/* Packet 20 is lost, and 21 comes 5 ms after 20 was due: the step of 10 ms that was made up does
 * not replace all of it. */
START_TEST(starving_shorter_than_what_is_missing)
{
    begin();
    give_range(0, 20);
    give(21, 10000);
    give_range(22, 30);
    audio_playout_break(&playout);
    ck_assert_uint_eq(playout.samples_concealed, 960);
    ck_assert_uint_eq(playout.concealment_events, 1);
    ck_assert_uint_eq(playout.packets_played, 29);
}
END_TEST

START_TEST(silence_of_the_sender_is_not_concealed)
{
    begin();
    give_range(0, 20);
    for (uint32_t i = 20; i < 40; i++)
        give_shifted(i, 5000, 100);
    audio_playout_break(&playout);
    ck_assert_uint_eq(playout.samples_concealed, 0);
    ck_assert_uint_eq(playout.packets_played, 40);
    ck_assert_int_eq(played[20].delay_us, 20000); /* the delay goes on */
}
END_TEST

START_TEST(a_loss_before_a_silence_is_concealed)
{
    begin();
    give_range(0, 20);
    for (uint32_t i = 22; i < 40; i++)
        give_shifted(i, 5000, 100);
    audio_playout_break(&playout);
    ck_assert_uint_eq(playout.samples_concealed, 2 * 960);
    ck_assert_uint_eq(playout.concealment_events, 1);
    ck_assert_uint_eq(playout.packets_played, 38);
}
END_TEST

/* Every tenth packet is 47 ms later than the others: 10 % are in the bucket that ends at 50 ms. */
START_TEST(the_target_follows_the_95th_percentile)
{
    begin();
    for (uint32_t i = 0; i < 200; i++)
        give(i, i % 10 == 9 ? 52000 : 5000);
    ck_assert_int_eq(audio_playout_target_us(&playout), 50000);
    uint64_t concealed = playout.samples_concealed;
    for (uint32_t i = 200; i < 400; i++)
        give(i, i % 10 == 9 ? 52000 : 5000);
    audio_playout_break(&playout);
    ck_assert_uint_eq(playout.samples_concealed, concealed); /* it learned */
    ck_assert_int_eq(played[played_count - 2].delay_us, 50000);
}
END_TEST

/* 4 % late ones lie behind the percentile: they are concealed rather than waited for. */
START_TEST(rare_latecomers_do_not_raise_the_target)
{
    begin();
    for (uint32_t i = 0; i < 200; i++)
        give(i, i % 25 == 24 ? 105000 : 5000);
    ck_assert_int_eq(audio_playout_target_us(&playout), 20000);
    ck_assert_uint_gt(playout.samples_concealed, 0);
}
END_TEST

START_TEST(the_window_forgets)
{
    begin();
    for (uint32_t i = 0; i < 100; i++)
        give(i, i % 2 ? 85000 : 5000);
    ck_assert_int_eq(audio_playout_target_us(&playout), 85000);
    give_range(100, 100 + PLAYOUT_WINDOW);
    ck_assert_int_eq(audio_playout_target_us(&playout), 20000);
}
END_TEST

START_TEST(duplicates_are_discarded)
{
    begin();
    give_range(0, 10);
    give(9, 6000);
    audio_playout_break(&playout);
    ck_assert_uint_eq(playout.packets_discarded, 1);
    ck_assert_uint_eq(playout.packets_played, 10);
}
END_TEST

START_TEST(another_stream_begins_anew)
{
    begin();
    give_range(0, 10);
    audio_playout_break(&playout);
    ck_assert_uint_eq(played_count, 10);
    played_count = 0;
    give_range(1000, 1010);
    audio_playout_break(&playout);
    ck_assert_uint_eq(playout.samples_concealed, 0);
    ck_assert_uint_eq(playout.packets_played, 20);
    ck_assert_int_eq(played[0].delay_us, 40000);
}
END_TEST

START_TEST(hostile_timestamps_are_survived)
{
    static const int64_t jumps[] = {1, 959, 961, -5, 1LL << 40, -(1LL << 40), 960 * 70, 960 * 2999};
    begin();
    for (uint32_t i = 0; i < 400; i++) {
        struct playout_packet packet = {.timestamp = i * 960 + jumps[i % 8] * (i / 8 % 3),
                                        .number = i,
                                        .arrival_us = START + i * 20000};
        played_count = 0;
        audio_playout_packet(&playout, &packet);
    }
    ck_assert_uint_le(playout.packets_played + playout.packets_discarded, 400);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/audio_playout");
    TCase *cases = tcase_create("audio_playout");
    tcase_add_test(cases, delay_settles_at_one_packet);
    tcase_add_test(cases, one_lost_packet_is_960_samples);
    tcase_add_test(cases, losses_in_a_row_are_one_event);
    tcase_add_test(cases, a_reordered_packet_within_the_delay_is_played);
    tcase_add_test(cases, a_packet_that_comes_just_in_time_is_played);
    tcase_add_test(cases, a_packet_that_comes_after_its_time_is_discarded);
    tcase_add_test(cases, starving_is_concealed_and_adds_delay);
    tcase_add_test(cases, loss_and_starving_together);
    tcase_add_test(cases, starving_shorter_than_what_is_missing);
    tcase_add_test(cases, silence_of_the_sender_is_not_concealed);
    tcase_add_test(cases, a_loss_before_a_silence_is_concealed);
    tcase_add_test(cases, the_target_follows_the_95th_percentile);
    tcase_add_test(cases, rare_latecomers_do_not_raise_the_target);
    tcase_add_test(cases, the_window_forgets);
    tcase_add_test(cases, duplicates_are_discarded);
    tcase_add_test(cases, another_stream_begins_anew);
    tcase_add_test(cases, hostile_timestamps_are_survived);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
