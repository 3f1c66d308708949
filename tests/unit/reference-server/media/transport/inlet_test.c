#include "reference-server/media/transport/inlet.h"

#include <check.h>
#include <string.h>

#include "common/webrtc/rtp/rtp_extension.h"

static const struct media_terms terms = {
    .streams = {
        [MEDIA_AUDIO] = {.active = true, .mid = "a", .payload_type = 111, .clock_hz = 48000},
        [MEDIA_VIDEO] = {.active = true,
                         .mid = "v",
                         .payload_type = 96,
                         .rtx_payload_type = 97,
                         .clock_hz = 90000,
                         .nack = true}}};

static struct inlet inlets[MEDIA_KINDS];
static struct inlet *const video = &inlets[MEDIA_VIDEO];

static void setup(void)
{
    for (int kind = 0; kind < MEDIA_KINDS; kind++)
        ck_assert_int_eq(inlet_init(&inlets[kind], &terms.streams[kind], 70000), STATUS_OK);
}

static void teardown(void)
{
    for (int kind = 0; kind < MEDIA_KINDS; kind++)
        inlet_finish(&inlets[kind]);
}

static bool find(uint8_t payload_type, uint32_t ssrc, const char *mid, enum media_kind *ret_kind,
                 bool *ret_rtx)
{
    struct rtp_packet packet = {.payload_type = payload_type, .ssrc = ssrc};
    struct rtp_extension_values values = {0};
    strcpy(values.mid, mid);
    return inlet_find(inlets, &terms, &packet, &values, ret_kind, ret_rtx);
}

static enum inlet_verdict give(uint16_t sequence, bool repaired, int64_t *ret_sequence)
{
    struct rtp_packet packet = {.sequence = sequence, .payload_size = 100};
    return inlet_packet(video, &packet, repaired, 1000, ret_sequence);
}

START_TEST(streams_are_told_apart_by_payload_type_and_mid)
{
    enum media_kind kind = MEDIA_AUDIO;
    bool rtx = true;
    ck_assert(find(96, 1000, "v", &kind, &rtx));
    ck_assert_int_eq(kind, MEDIA_VIDEO);
    ck_assert(!rtx);
    ck_assert(find(111, 2000, "", &kind, &rtx));
    ck_assert_int_eq(kind, MEDIA_AUDIO);
    ck_assert(find(97, 1001, "", &kind, &rtx));
    ck_assert(rtx);
    ck_assert(!find(98, 1000, "v", &kind, &rtx));
    ck_assert(!find(96, 1000, "a", &kind, &rtx)); /* a MID that is another section's */
    ck_assert(!find(0, 1000, "", &kind, &rtx));
}
END_TEST

START_TEST(a_new_ssrc_must_say_its_mid)
{
    enum media_kind kind;
    bool rtx;
    ck_assert(find(96, 1000, "", &kind, &rtx));
    uint32_t epoch = video->epoch;
    ck_assert(!find(96, 1002, "", &kind, &rtx));
    ck_assert_uint_eq(video->epoch, epoch);
    ck_assert(find(96, 1002, "v", &kind, &rtx));
    ck_assert_uint_ne(video->epoch, epoch);
    ck_assert_uint_eq(video->ssrc, 1002);
    ck_assert(video->restarted);
    ck_assert(!find(97, 7, "v", &kind, &rtx) || rtx);
    ck_assert(!find(97, 8, "", &kind, &rtx)); /* nor may another retransmission stream */
}
END_TEST

START_TEST(numbers_are_unwrapped_and_duplicates_seen)
{
    int64_t sequence = 0;
    inlet_bind(video, 1);
    ck_assert_int_eq(give(65535, false, &sequence), INLET_FRESH);
    ck_assert_int_eq(sequence, 65535);
    ck_assert_int_eq(give(1, false, &sequence), INLET_FRESH);
    ck_assert_int_eq(sequence, 65537);
    ck_assert_int_eq(give(0, false, &sequence), INLET_FRESH);
    ck_assert_int_eq(sequence, 65536);
    ck_assert_int_eq(give(0, false, &sequence), INLET_DUPLICATE);
    ck_assert_int_eq(give(65534, false, &sequence), INLET_FRESH); /* older than the first */
    ck_assert_int_eq(sequence, 65534);
}
END_TEST

START_TEST(a_repaired_packet_counts_once_and_is_no_longer_missing)
{
    int64_t sequence = 0;
    inlet_bind(video, 1);
    give(10, false, &sequence);
    give(12, false, &sequence);
    ck_assert_uint_eq(video->nacks->count, 1);
    ck_assert_int_eq(give(11, true, &sequence), INLET_FRESH);
    ck_assert_int_eq(sequence, 11);
    ck_assert_uint_eq(video->nacks->count, 0);
    ck_assert_int_eq(give(11, true, &sequence), INLET_DUPLICATE);
    /* The loss has happened all the same (receive_stats.h). */
    ck_assert_uint_eq(video->stats.packets, 2);
    ck_assert_int_eq(give(11, false, &sequence), INLET_DUPLICATE);
}
END_TEST

START_TEST(a_repair_from_nowhere_does_not_move_the_numbering)
{
    int64_t sequence = 0;
    inlet_bind(video, 1);
    ck_assert_int_eq(give(30000, true, &sequence), INLET_TOO_OLD); /* nothing arrived yet */
    give(10, false, &sequence);
    uint32_t epoch = video->epoch;
    ck_assert_int_eq(give(30000, true, &sequence), INLET_TOO_OLD);
    ck_assert_int_eq(give(11, false, &sequence), INLET_FRESH);
    ck_assert_int_eq(sequence, 11);
    ck_assert_uint_eq(video->epoch, epoch);
}
END_TEST

START_TEST(old_repairs_do_not_pull_the_numbering_back)
{
    int64_t sequence = 0;
    inlet_bind(video, 1);
    give(60000, false, &sequence);
    uint32_t epoch = video->epoch;
    give(40000, true, &sequence); /* each step looks small from the one before */
    give(20000, true, &sequence);
    give(5000, true, &sequence);
    ck_assert_int_eq(give(60001, false, &sequence), INLET_FRESH);
    ck_assert_int_eq(sequence, 60001);
    ck_assert_uint_eq(video->epoch, epoch);
}
END_TEST

START_TEST(the_memory_of_duplicates_moves_on)
{
    int64_t sequence = 0;
    inlet_bind(video, 1);
    give(10, false, &sequence);
    give(10 + INLET_WINDOW + 1, false, &sequence); /* past everything remembered */
    ck_assert_int_eq(give(10 + INLET_WINDOW, false, &sequence), INLET_FRESH); /* late, not seen */
    ck_assert_int_eq(give(10 + INLET_WINDOW, false, &sequence), INLET_DUPLICATE);

    inlet_bind(video, 2);
    give(100, false, &sequence);
    give(100 + INLET_WINDOW - 1, false, &sequence);
    give(100 + INLET_WINDOW + 5, false, &sequence); /* a small step clears its way, too */
    ck_assert_int_eq(give(100 + INLET_WINDOW, false, &sequence), INLET_FRESH);
}
END_TEST

START_TEST(a_jump_starts_anew)
{
    int64_t sequence = 0;
    inlet_bind(video, 1);
    give(10, false, &sequence);
    uint32_t epoch = video->epoch;
    ck_assert_int_eq(give(10 + INLET_JUMP_MAX, false, &sequence), INLET_FRESH);
    ck_assert_uint_eq(video->epoch, epoch);
    video->restarted = false;
    ck_assert_int_eq(give(10, false, &sequence), INLET_TOO_OLD); /* late is not a jump */
    ck_assert_int_eq(give(20000, false, &sequence), INLET_FRESH);
    ck_assert_uint_ne(video->epoch, epoch);
    ck_assert(video->restarted);
    ck_assert_int_eq(sequence, 20000);
    ck_assert_uint_eq(video->nacks->count, 0);
}
END_TEST

START_TEST(switching_on_renews_without_losing_count)
{
    int64_t sequence = 0;
    inlet_bind(video, 1);
    give(10, false, &sequence);
    uint32_t epoch = video->epoch;
    video->restarted = false;
    inlet_renew(video);
    ck_assert_uint_ne(video->epoch, epoch);
    ck_assert(!video->restarted);
    ck_assert_int_eq(give(10, false, &sequence), INLET_DUPLICATE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/transport/inlet");
    TCase *cases = tcase_create("inlet");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, streams_are_told_apart_by_payload_type_and_mid);
    tcase_add_test(cases, a_new_ssrc_must_say_its_mid);
    tcase_add_test(cases, numbers_are_unwrapped_and_duplicates_seen);
    tcase_add_test(cases, a_repaired_packet_counts_once_and_is_no_longer_missing);
    tcase_add_test(cases, a_repair_from_nowhere_does_not_move_the_numbering);
    tcase_add_test(cases, old_repairs_do_not_pull_the_numbering_back);
    tcase_add_test(cases, the_memory_of_duplicates_moves_on);
    tcase_add_test(cases, a_jump_starts_anew);
    tcase_add_test(cases, switching_on_renews_without_losing_count);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
