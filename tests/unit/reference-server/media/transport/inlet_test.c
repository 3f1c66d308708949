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
                         .nack = true,
                         .encoding_count = 1}}};

static struct inlet inlets[MEDIA_STREAMS];
static struct inlet *const video = &inlets[MEDIA_VIDEO];

static void setup(void)
{
    for (unsigned stream = 0; stream < MEDIA_STREAMS; stream++)
        ck_assert_int_eq(inlet_init(&inlets[stream], &terms.streams[media_kind_of(stream)], 70000),
                         STATUS_OK);
}

static void teardown(void)
{
    for (unsigned stream = 0; stream < MEDIA_STREAMS; stream++)
        inlet_finish(&inlets[stream]);
}

static bool find(uint8_t payload_type, uint32_t ssrc, const char *mid, enum media_kind *ret_kind,
                 bool *ret_rtx)
{
    struct rtp_packet packet = {.payload_type = payload_type, .ssrc = ssrc};
    struct rtp_extension_values values = {0};
    strcpy(values.mid, mid);
    struct inlet_place place = {0};
    bool found = inlet_find(inlets, &terms, &packet, &values, &place);
    *ret_kind = place.kind;
    *ret_rtx = place.rtx;
    return found;
}

/* With simulcast: the encoding, -1 when there is none. */
static int find_encoding(uint8_t payload_type, uint32_t ssrc, const char *rid)
{
    static struct media_terms simulcast;
    struct rtp_packet packet = {.payload_type = payload_type, .ssrc = ssrc};
    struct rtp_extension_values values = {0};
    struct inlet_place place;
    simulcast = terms;
    simulcast.streams[MEDIA_VIDEO].encoding_count = 3;
    for (int i = 0; i < 3; i++)
        simulcast.streams[MEDIA_VIDEO].rids[i][0] = "fhq"[i];
    strcpy(payload_type == 97 ? values.repaired_rid : values.rid, rid);
    if (!inlet_find(inlets, &simulcast, &packet, &values, &place))
        return -1;
    ck_assert(place.rtx == (payload_type == 97));
    return (int)place.encoding;
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

START_TEST(encodings_are_told_apart_by_rid_then_by_ssrc)
{
    ck_assert_int_eq(find_encoding(96, 500, ""), -1); /* whose is it? */
    ck_assert_int_eq(find_encoding(96, 500, "h"), 1);
    ck_assert_int_eq(find_encoding(96, 600, "q"), 2);
    ck_assert_int_eq(find_encoding(96, 400, "f"), 0);
    ck_assert_int_eq(find_encoding(96, 700, "z"), -1);
    ck_assert_int_eq(find_encoding(96, 500, ""), 1);
    ck_assert_int_eq(find_encoding(96, 600, ""), 2);
    ck_assert_uint_eq(inlets[media_stream(MEDIA_VIDEO, 2)].ssrc, 600);
    ck_assert_int_eq(find_encoding(97, 601, ""), -1);
    ck_assert_int_eq(find_encoding(97, 601, "q"), 2); /* repaired RID */
    ck_assert_int_eq(find_encoding(97, 601, ""), 2);
    /* An encoding that comes under another SSRC begins anew. */
    uint32_t epoch = inlets[media_stream(MEDIA_VIDEO, 1)].epoch;
    ck_assert_int_eq(find_encoding(96, 501, "h"), 1);
    ck_assert_uint_ne(inlets[media_stream(MEDIA_VIDEO, 1)].epoch, epoch);
    ck_assert_int_eq(find_encoding(96, 500, ""), -1);
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
    tcase_add_test(cases, encodings_are_told_apart_by_rid_then_by_ssrc);
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
