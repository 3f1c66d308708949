#include "engine/media/clip_file_wav.h"

#include <math.h>

#include "media_files.h"

/* A canonical header of 44 bytes followed by `data_size` bytes of data. */
static size_t make_wav(uint8_t *file, unsigned channels, unsigned rate_hz, size_t data_size)
{
    memcpy(file, "RIFF____WAVEfmt ", 16);
    store_little_u32(file + 4, (uint32_t)(36 + data_size));
    store_little_u32(file + 16, 16);
    store_little_u16(file + 20, 1);
    store_little_u16(file + 22, (uint16_t)channels);
    store_little_u32(file + 24, rate_hz);
    store_little_u32(file + 28, rate_hz * channels * 2);
    store_little_u16(file + 32, (uint16_t)(channels * 2));
    store_little_u16(file + 34, 16);
    memcpy(file + 36, "data", 4);
    store_little_u32(file + 40, (uint32_t)data_size);
    return 44 + data_size;
}

static enum status read_bytes(const uint8_t *data, size_t size, struct clip_file_wav *ret_wav,
                              struct failure *failure)
{
    uint8_t *copy = copy_bytes(data, size);
    enum status status = clip_file_wav_read(copy, size, "x.wav", ret_wav, failure);
    free(copy);
    return status;
}

START_TEST(stereo_is_mixed_and_resampled)
{
    enum { RATE = 44100, FRAMES = RATE };
    static uint8_t file[44 + FRAMES * 4];
    size_t size = make_wav(file, 2, RATE, FRAMES * 4);
    for (int i = 0; i < FRAMES; i++) {
        double left = 12000 * sin(2 * M_PI * 500 * i / RATE), right = left / 2;
        store_little_u16(file + 44 + 4 * i, (uint16_t)(int16_t)lrint(left));
        store_little_u16(file + 46 + 4 * i, (uint16_t)(int16_t)lrint(right));
    }
    struct clip_file_wav wav;
    struct failure failure;
    ck_assert_int_eq(clip_file_wav_read(file, size, "x.wav", &wav, &failure), STATUS_OK);
    ck_assert_uint_eq(wav.channels, 2);
    ck_assert_uint_eq(wav.rate_hz, RATE);
    ck_assert_uint_eq(wav.frames, FRAMES);
    ck_assert_uint_eq(clip_file_wav_length(&wav), 48000);

    static int16_t pcm[50000];
    size_t left_out = 99;
    ck_assert_int_eq(clip_file_wav_render(&wav, pcm, 50000, &left_out), STATUS_OK);
    ck_assert_uint_eq(left_out, 0);
    for (int i = 100; i < 47900; i++)
        ck_assert_double_le(fabs(pcm[i] - 9000 * sin(2 * M_PI * 500 * i / 48000)), 60);
    for (int i = 48100; i < 50000; i++)
        ck_assert_int_eq(pcm[i], 0);

    ck_assert_int_eq(clip_file_wav_render(&wav, pcm, 24000, &left_out), STATUS_OK);
    ck_assert_uint_ge(left_out, FRAMES / 2 - 2);
    ck_assert_uint_le(left_out, FRAMES / 2);
}
END_TEST

START_TEST(other_chunks_are_stepped_over)
{
    uint8_t file[200];
    make_wav(file, 1, 48000, 8);
    memmove(file + 36 + 12, file + 36, 16); /* a LIST of 3 bytes and its padding come first */
    memcpy(file + 36, "LIST\3\0\0\0abc\0", 12);
    struct clip_file_wav wav;
    struct failure failure;
    ck_assert_int_eq(clip_file_wav_read(file, 64, "x.wav", &wav, &failure), STATUS_OK);
    ck_assert_uint_eq(wav.frames, 4);
    ck_assert_ptr_eq(wav.samples, file + 56);
}
END_TEST

START_TEST(a_recording_that_was_killed_is_read_to_its_end)
{
    uint8_t file[44 + 10];
    make_wav(file, 1, 16000, 10);
    store_little_u32(file + 40, 0xffffffff);
    struct clip_file_wav wav;
    struct failure failure;
    ck_assert_int_eq(clip_file_wav_read(file, sizeof(file), "x.wav", &wav, &failure), STATUS_OK);
    ck_assert_uint_eq(wav.frames, 5);
}
END_TEST

START_TEST(the_extensible_format_is_pcm_too)
{
    uint8_t file[44 + 24 + 4];
    make_wav(file, 1, 48000, 4);
    memmove(file + 36 + 24, file + 36, 12);
    store_little_u32(file + 16, 40);
    store_little_u16(file + 20, 0xfffe);
    memset(file + 36, 0, 24);
    store_little_u16(file + 36, 22);
    store_little_u16(file + 44, 1); /* PCM, by the sub-format */
    struct clip_file_wav wav;
    struct failure failure;
    ck_assert_int_eq(read_bytes(file, sizeof(file), &wav, &failure), STATUS_OK);
    store_little_u16(file + 44, 3); /* floating point */
    ck_assert_int_eq(read_bytes(file, sizeof(file), &wav, &failure), STATUS_UNSUPPORTED);
}
END_TEST

START_TEST(what_cannot_be_read_says_why)
{
    uint8_t file[44 + 8];
    struct clip_file_wav wav;
    struct failure failure;
    const size_t size = make_wav(file, 1, 48000, 8);
    for (size_t cut = 0; cut < 46; cut++) /* no whole sample yet */
        ck_assert_int_eq(read_bytes(file, cut, &wav, &failure), STATUS_MALFORMED);
    ck_assert_int_eq(read_bytes(file, 46, &wav, &failure), STATUS_OK);

    store_little_u16(file + 34, 24);
    ck_assert_int_eq(read_bytes(file, size, &wav, &failure), STATUS_UNSUPPORTED);
    ck_assert_str_eq(failure.message, "x.wav: format 1 with 24 bits; only 16-bit PCM is read");
    make_wav(file, 9, 48000, 8);
    ck_assert_int_eq(read_bytes(file, size, &wav, &failure), STATUS_UNSUPPORTED);
    make_wav(file, 0, 48000, 8);
    ck_assert_int_eq(read_bytes(file, size, &wav, &failure), STATUS_UNSUPPORTED);
    make_wav(file, 1, 7999, 8);
    ck_assert_int_eq(read_bytes(file, size, &wav, &failure), STATUS_UNSUPPORTED);
    make_wav(file, 1, 200000, 8);
    ck_assert_int_eq(read_bytes(file, size, &wav, &failure), STATUS_UNSUPPORTED);
    make_wav(file, 1, 48000, 8);
    memcpy(file + 12, "xxxx", 4); /* data without a format before it */
    ck_assert_int_eq(read_bytes(file, size, &wav, &failure), STATUS_MALFORMED);
}
END_TEST

START_TEST(what_is_written_reads_back)
{
    char path[256];
    scratch_path(path, sizeof(path), ".wav");
    struct wav_writer *writer;
    int16_t pcm[960];
    ck_assert_int_eq(wav_writer_create(path, &writer), STATUS_OK);
    for (int frame = 0; frame < 3; frame++) {
        for (int i = 0; i < 960; i++)
            pcm[i] = (int16_t)(i * 31 - 15000 + frame);
        ck_assert_int_eq(wav_writer_add(writer, pcm, 960), STATUS_OK);
    }
    ck_assert_int_eq(wav_writer_destroy(writer), STATUS_OK);

    size_t size;
    uint8_t *data = load_vector(path, &size);
    struct clip_file_wav wav;
    struct failure failure;
    ck_assert_uint_eq(size, 44 + 3 * 960 * 2);
    ck_assert_uint_eq(load_little_u32(data + 4), size - 8);
    ck_assert_int_eq(clip_file_wav_read(data, size, path, &wav, &failure), STATUS_OK);
    ck_assert_uint_eq(wav.rate_hz, 48000);
    ck_assert_uint_eq(wav.channels, 1);
    ck_assert_uint_eq(wav.frames, 3 * 960);
    for (int i = 0; i < 960; i++)
        ck_assert_int_eq((int16_t)load_little_u16(wav.samples + 2 * (1920 + i)), pcm[i]);
    free(data);
    unlink(path);
    ck_assert_int_eq(wav_writer_create("/nonexistent/x.wav", &writer), STATUS_IO);
    ck_assert_int_eq(wav_writer_destroy(NULL), STATUS_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/clip_file_wav");
    TCase *cases = tcase_create("clip_file_wav");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, stereo_is_mixed_and_resampled);
    tcase_add_test(cases, other_chunks_are_stepped_over);
    tcase_add_test(cases, a_recording_that_was_killed_is_read_to_its_end);
    tcase_add_test(cases, the_extensible_format_is_pcm_too);
    tcase_add_test(cases, what_cannot_be_read_says_why);
    tcase_add_test(cases, what_is_written_reads_back);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
