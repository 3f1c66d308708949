#include "engine/media/probe_audio.h"

#include <math.h>

#include "engine/media/clip_file_wav.h"
#include "media_files.h"

enum { RESULTS_MAX = 200, FRAME_US = 20000 };

static int64_t test_now(void)
{
    return 4711;
}

static struct audio_clip *clip;
static struct probe_audio_result results[RESULTS_MAX];
static size_t result_count;

static void collect(void *arg, const struct probe_audio_result *result)
{
    (void)arg;
    ck_assert_uint_lt(result_count, RESULTS_MAX);
    results[result_count++] = *result;
}

static void make_clip(bool dtx, bool fec)
{
    struct clip_settings settings = clip_settings_default();
    settings.audio_bitrate_bps = 24000;
    settings.audio_dtx = dtx;
    settings.audio_fec = fec;
    settings.seed = 4;
    struct failure failure;
    ck_assert_int_eq(audio_clip_create(&settings, &clip, &failure), STATUS_OK);
}

static void setup(void)
{
    make_clip(false, false);
    result_count = 0;
}

static void teardown(void)
{
    audio_clip_destroy(clip);
}

static struct probe_audio *make_probe(bool dtx, const char *save_path)
{
    const struct probe_audio_settings settings = {
        .marked = clip->marked,
        .dtx = dtx,
        .delay_samples = clip->delay_samples,
        .save_path = save_path,
        .now_us = test_now,
        .emit = collect,
    };
    struct probe_audio *audio;
    ck_assert_int_eq(probe_audio_create(&settings, &audio), STATUS_OK);
    return audio;
}

/* Packet `index` of the clip's loop, stamped as packet `number` captured at `capture_us`. */
static void take(struct probe_audio *audio, size_t index, uint32_t number, int64_t capture_us)
{
    const struct clip_packet *packet = &clip->packets[index % clip->packet_count];
    const struct probe_audio_packet submitted = {
        .data = packet->data,
        .size = packet->size,
        .number = number,
        .capture_us = capture_us,
        .arrival_us = capture_us + 45000,
    };
    probe_audio_take(audio, &submitted);
}

START_TEST(every_chirp_agrees_with_its_stamp)
{
    struct probe_audio *audio = make_probe(false, NULL);
    for (uint32_t i = 0; i < 30 * 50; i++) /* one and a half loops, from second 7 on */
        take(audio, 350 + i, i, 5000000 + i * (int64_t)FRAME_US);
    ck_assert_uint_eq(result_count, 30);
    for (size_t i = 0; i < result_count; i++) {
        ck_assert(results[i].heard);
        ck_assert(results[i].agrees);
        ck_assert_int_le(abs(results[i].difference_us), 1000);
        ck_assert_double_ge(results[i].match, 0.7);
        /* The chirp begins 200 ms into each second. */
        int64_t due_us = 5200000 + 1000000 * (int64_t)i;
        ck_assert_int_le(llabs(results[i].capture_us - due_us), 1000);
        ck_assert_uint_eq(results[i].number, 50 * i + 10);
        int64_t latency_us = results[i].arrival_us - results[i].capture_us;
        ck_assert_int_le(llabs(latency_us - 45000), 1000); /* the chirp begins with its packet */
        ck_assert_int_eq(results[i].decoded_us, 4711);
        ck_assert_double_le(results[i].level_dbov, 0);
        ck_assert_double_ge(results[i].level_dbov, -60);
    }
    ck_assert_uint_eq(probe_audio_counts(audio)->concealed, 0);
    probe_audio_destroy(audio);
}
END_TEST

/* Stamps that are off by some packets: the witness must say by how much. */
START_TEST(wrong_numbers_do_not_agree)
{
    struct probe_audio *audio = make_probe(false, NULL);
    for (uint32_t i = 0; i < 200; i++)
        take(audio, i, i + 3, i * (int64_t)FRAME_US); /* says 60 ms more than there was */
    size_t heard = 0, missing = 0;
    for (size_t i = 0; i < result_count; i++) {
        ck_assert(!results[i].agrees);
        heard += results[i].heard;
        missing += !results[i].heard;
        if (results[i].heard)
            ck_assert_int_le(abs(results[i].difference_us - 60000), 1000);
    }
    ck_assert_uint_eq(heard, 4);
    ck_assert_uint_ge(missing, 3); /* and nothing was where it should have been */
    probe_audio_destroy(audio);
}
END_TEST

START_TEST(a_clip_without_chirps_misses_them)
{
    struct probe_audio *audio = make_probe(false, NULL);
    static const uint8_t silence[] = {31 << 3}; /* an empty CELT frame */
    for (uint32_t i = 0; i < 150; i++) {
        const struct probe_audio_packet packet = {
            .data = silence, .size = 1, .number = i, .capture_us = i * (int64_t)FRAME_US};
        probe_audio_take(audio, &packet);
    }
    ck_assert_uint_eq(result_count, 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert(!results[i].heard && !results[i].agrees);
        ck_assert_int_le(llabs(results[i].capture_us - (200000 + 1000000 * (int64_t)i)), 1000);
        ck_assert_double_le(results[i].level_dbov, -90);
    }
    probe_audio_destroy(audio);
}
END_TEST

START_TEST(losses_are_filled_and_their_chirps_not_judged)
{
    struct probe_audio *audio = make_probe(false, NULL);
    for (uint32_t i = 0; i < 250; i++)
        if (i != 60 && (i < 108 || i > 112)) /* the chirp of second 1; around that of second 2 */
            take(audio, i, i, i * (int64_t)FRAME_US);
    const struct probe_audio_counts *counts = probe_audio_counts(audio);
    ck_assert_uint_eq(counts->concealed, 6);
    ck_assert_uint_eq(counts->late, 0);
    ck_assert_uint_eq(result_count, 3); /* seconds 0, 3 and 4 */
    for (size_t i = 0; i < result_count; i++)
        ck_assert(results[i].heard && results[i].agrees);
    probe_audio_destroy(audio);
}
END_TEST

START_TEST(redundancy_repairs_single_losses)
{
    audio_clip_destroy(clip);
    make_clip(false, true);
    struct probe_audio *audio = make_probe(false, NULL);
    uint64_t lost = 0;
    for (uint32_t i = 0; i < 500; i++) {
        if (i % 7 == 3)
            lost++;
        else
            take(audio, i, i, i * (int64_t)FRAME_US);
    }
    const struct probe_audio_counts *counts = probe_audio_counts(audio);
    ck_assert_uint_eq(counts->recovered + counts->concealed, lost);
    ck_assert_uint_ge(counts->recovered, lost / 4); /* pauses have none */
    probe_audio_destroy(audio);
}
END_TEST

START_TEST(late_and_repeated_packets_are_not_decoded)
{
    struct probe_audio *audio = make_probe(false, NULL);
    for (uint32_t i = 0; i < 120; i++) {
        take(audio, i, i, i * (int64_t)FRAME_US);
        if (i % 10 == 9) {
            take(audio, i, i, i * (int64_t)FRAME_US);
            take(audio, i - 5, i - 5, (i - 5) * (int64_t)FRAME_US);
        }
    }
    ck_assert_uint_eq(probe_audio_counts(audio)->late, 24);
    ck_assert_uint_eq(result_count, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert(results[i].heard && results[i].agrees);
    probe_audio_destroy(audio);
}
END_TEST

START_TEST(a_long_gap_begins_anew)
{
    struct probe_audio *audio = make_probe(false, NULL);
    for (uint32_t i = 0; i < 60; i++)
        take(audio, i, i, i * (int64_t)FRAME_US);
    for (uint32_t i = 2000; i < 2100; i++)
        take(audio, i, i, i * (int64_t)FRAME_US);
    ck_assert_uint_eq(result_count, 3); /* second 0, then 40 and 41 */
    for (size_t i = 0; i < 3; i++)
        ck_assert(results[i].heard && results[i].agrees);
    ck_assert_int_le(llabs(results[1].capture_us - 40200000), 1000);
    probe_audio_destroy(audio);
}
END_TEST

/* Under DTX numbers skip nothing where time does: places follow from capture times. */
START_TEST(dtx_follows_capture_times)
{
    audio_clip_destroy(clip);
    make_clip(true, false);
    struct probe_audio *audio = make_probe(true, NULL);
    uint32_t number = 0;
    for (uint32_t i = 0; i < 20 * 50; i++) {
        if (clip->packets[i].send)
            take(audio, i, number++, 777 + i * (int64_t)FRAME_US);
    }
    ck_assert_uint_lt(number, 900);
    ck_assert_uint_eq(probe_audio_counts(audio)->concealed, 0); /* nothing was lost */
    ck_assert_uint_ge(result_count, 17);                        /* the first one sets the axis */
    for (size_t i = 0; i < result_count; i++) {
        ck_assert(results[i].heard && results[i].agrees);
        int64_t into_us = (results[i].capture_us - 777) % 1000000;
        ck_assert_int_le(llabs(into_us - 200000), 2000);
    }
    probe_audio_destroy(audio);
}
END_TEST

START_TEST(dtx_notices_a_clock_that_steps)
{
    audio_clip_destroy(clip);
    make_clip(true, false);
    struct probe_audio *audio = make_probe(true, NULL);
    uint32_t number = 0;
    for (uint32_t i = 0; i < 20 * 50; i++) {
        int64_t step_us = i >= 500 ? 3 * FRAME_US : 0; /* stamps say 60 ms that nobody spoke */
        if (clip->packets[i].send)
            take(audio, i, number++, i * (int64_t)FRAME_US + step_us);
    }
    size_t before = 0, after = 0;
    for (size_t i = 0; i < result_count; i++)
        if (results[i].heard)
            *(results[i].agrees ? &before : &after) += 1;
    ck_assert_uint_ge(before, 7);
    ck_assert_uint_ge(after, 8);
    probe_audio_destroy(audio);
}
END_TEST

START_TEST(rubbish_is_counted_and_survived)
{
    struct probe_audio *audio = make_probe(false, NULL);
    static const uint8_t broken[] = {31 << 3 | 2, 2, 1}, long_frame[] = {3 << 3, 1};
    for (uint32_t i = 0; i < 260; i++) {
        struct probe_audio_packet packet = {
            .data = broken, .size = 3, .number = i, .capture_us = i * (int64_t)FRAME_US};
        if (i == 30) {
            probe_audio_take(audio, &packet);
        } else if (i == 31) {
            packet.data = long_frame; /* 60 ms where 20 are due */
            packet.size = 2;
            probe_audio_take(audio, &packet);
        } else {
            take(audio, i, i, i * (int64_t)FRAME_US);
        }
    }
    ck_assert_uint_eq(probe_audio_counts(audio)->bad, 2);
    ck_assert_uint_eq(result_count, 5);
    ck_assert(results[4].agrees);
    probe_audio_destroy(audio);
}
END_TEST

START_TEST(what_is_heard_is_saved)
{
    char path[256];
    scratch_path(path, sizeof(path), ".wav");
    struct probe_audio *audio = make_probe(false, path);
    for (uint32_t i = 0; i < 100; i++)
        if (i != 40) /* concealed, saved all the same */
            take(audio, i, i, i * (int64_t)FRAME_US);
    ck_assert_int_eq(probe_audio_destroy(audio), STATUS_OK);

    size_t size;
    uint8_t *data = load_vector(path, &size);
    struct clip_file_wav wav;
    struct failure failure;
    ck_assert_int_eq(clip_file_wav_read(data, size, path, &wav, &failure), STATUS_OK);
    ck_assert_uint_eq(wav.frames, 100 * 960);
    free(data);
    unlink(path);

    audio = make_probe(false, "/nonexistent/x.wav");
    take(audio, 0, 0, 0);
    ck_assert_int_eq(probe_audio_destroy(audio), STATUS_IO);
    ck_assert_int_eq(probe_audio_destroy(NULL), STATUS_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/probe_audio");
    TCase *cases = tcase_create("probe_audio");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, every_chirp_agrees_with_its_stamp);
    tcase_add_test(cases, wrong_numbers_do_not_agree);
    tcase_add_test(cases, a_clip_without_chirps_misses_them);
    tcase_add_test(cases, losses_are_filled_and_their_chirps_not_judged);
    tcase_add_test(cases, redundancy_repairs_single_losses);
    tcase_add_test(cases, late_and_repeated_packets_are_not_decoded);
    tcase_add_test(cases, a_long_gap_begins_anew);
    tcase_add_test(cases, dtx_follows_capture_times);
    tcase_add_test(cases, dtx_notices_a_clock_that_steps);
    tcase_add_test(cases, rubbish_is_counted_and_survived);
    tcase_add_test(cases, what_is_heard_is_saved);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
