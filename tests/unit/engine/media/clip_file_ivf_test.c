#include "engine/media/clip_file_ivf.h"

#include "media_files.h"

static enum status read_bytes(const uint8_t *data, size_t size, struct clip_file_ivf *ret_ivf,
                              struct failure *failure)
{
    uint8_t *copy = copy_bytes(data, size); /* no byte more than there is */
    enum status status = clip_file_ivf_read(copy, size, "x.ivf", 100, ret_ivf, failure);
    free(copy);
    return status;
}

START_TEST(a_recorded_file)
{
    size_t size;
    uint8_t *data = load_vector(VECTOR("bars.ivf"), &size);
    struct clip_file_ivf ivf;
    struct failure failure;
    ck_assert_int_eq(clip_file_ivf_read(data, size, "bars.ivf", 100, &ivf, &failure), STATUS_OK);
    ck_assert_uint_eq(ivf.width, 256);
    ck_assert_uint_eq(ivf.height, 144);
    ck_assert_uint_eq(ivf.frames.count, 12);
    ck_assert_uint_eq(ivf.frames.items[0].size, 5563); /* by ffprobe */
    ck_assert_uint_eq(ivf.frames.items[11].size, 193);
    for (size_t i = 0; i < 12; i++) {
        ck_assert_int_eq(ivf.frames.items[i].at_us, 14000 + 100000 * (int64_t)i);
        ck_assert_int_eq((data[ivf.frames.items[i].offset] & 1) == 0, i % 6 == 0);
    }
    ck_assert_int_eq(clip_spans_interval_us(&ivf.frames), 100000);
    clip_spans_finish(&ivf.frames);

    ck_assert_int_eq(clip_file_ivf_read(data, size, "bars.ivf", 5, &ivf, &failure), STATUS_OK);
    ck_assert_uint_eq(ivf.frames.count, 5);
    ck_assert_uint_eq(ivf.frames.left_out, 7);
    clip_spans_finish(&ivf.frames);
    free(data);
}
END_TEST

START_TEST(cut_at_every_length)
{
    size_t size;
    uint8_t *data = load_vector(VECTOR("bars.ivf"), &size);
    for (size_t cut = 0; cut < size; cut += cut < 6000 ? 1 : 37) {
        struct clip_file_ivf ivf;
        struct failure failure = {0};
        enum status status = read_bytes(data, cut, &ivf, &failure);
        if (status == STATUS_OK) { /* just between two frames */
            clip_spans_finish(&ivf.frames);
            continue;
        }
        ck_assert_int_eq(status, STATUS_MALFORMED);
        ck_assert_ptr_nonnull(strstr(failure.message, "x.ivf: "));
    }
    free(data);
}
END_TEST

START_TEST(bent_headers)
{
    size_t size;
    uint8_t *data = load_vector(VECTOR("bars.ivf"), &size);
    struct clip_file_ivf ivf;
    struct failure failure;
    data[0] = 'X';
    ck_assert_int_eq(read_bytes(data, size, &ivf, &failure), STATUS_MALFORMED);
    data[0] = 'D';
    data[11] = '9'; /* VP89 */
    ck_assert_int_eq(read_bytes(data, size, &ivf, &failure), STATUS_UNSUPPORTED);
    ck_assert_str_eq(failure.message, "x.ivf: the codec is not VP8");
    data[11] = '0';
    data[6] = 31; /* a header shorter than itself */
    ck_assert_int_eq(read_bytes(data, size, &ivf, &failure), STATUS_MALFORMED);
    data[6] = 0xff;
    data[7] = 0xff;
    ck_assert_int_eq(read_bytes(data, size, &ivf, &failure), STATUS_MALFORMED);
    data[6] = 32;
    data[7] = 0;
    uint8_t rate = data[16];
    memset(data + 16, 0, 4);
    ck_assert_int_eq(read_bytes(data, size, &ivf, &failure), STATUS_MALFORMED);
    data[16] = rate ? rate : 30;
    memset(data + 36, 0xff, 8); /* the first frame is due in 10^11 years */
    ck_assert_int_eq(read_bytes(data, size, &ivf, &failure), STATUS_TOO_LARGE);
    ck_assert_str_eq(failure.message, "x.ivf: frame 0: larger than its limit");
    free(data);
}
END_TEST

START_TEST(empty_frames_are_counted_not_kept)
{
    uint8_t file[32 + 3 * 12 + 2] = "DKIF";
    store_little_u16(file + 6, 32);
    memcpy(file + 8, "VP80", 4);
    store_little_u32(file + 16, 10);
    store_little_u32(file + 20, 1);
    uint8_t *at = file + 32;
    store_little_u32(at, 1); /* one byte at tick 5 */
    store_little_u64(at + 4, 5);
    store_little_u32(at + 13, 0); /* nothing at tick 6 */
    store_little_u64(at + 17, 6);
    store_little_u32(at + 25, 1); /* one byte at tick 3: times do not go back */
    store_little_u64(at + 29, 3);
    struct clip_file_ivf ivf;
    struct failure failure;
    ck_assert_int_eq(read_bytes(file, sizeof(file), &ivf, &failure), STATUS_OK);
    ck_assert_uint_eq(ivf.frames.count, 2);
    ck_assert_uint_eq(ivf.frames.left_out, 1);
    ck_assert_int_eq(ivf.frames.items[0].at_us, 500000);
    ck_assert_int_eq(ivf.frames.items[1].at_us, 500000);
    clip_spans_finish(&ivf.frames);
}
END_TEST

START_TEST(what_is_written_reads_back)
{
    char path[256];
    scratch_path(path, sizeof(path), ".ivf");
    struct ivf_writer *writer;
    ck_assert_int_eq(ivf_writer_create(path, 640, 360, &writer), STATUS_OK);
    for (uint8_t i = 1; i <= 20; i++) {
        uint8_t frame[20];
        memset(frame, i, sizeof(frame));
        ck_assert_int_eq(ivf_writer_add(writer, frame, i, i * 66667LL), STATUS_OK);
    }
    ck_assert_int_eq(ivf_writer_add(writer, (const uint8_t *)"", 0, -1), STATUS_INVALID);
    ck_assert_int_eq(ivf_writer_destroy(writer), STATUS_OK);

    size_t size;
    uint8_t *data = load_vector(path, &size);
    struct clip_file_ivf ivf;
    struct failure failure;
    ck_assert_uint_eq(load_little_u32(data + 24), 20); /* the header knows how many */
    ck_assert_int_eq(clip_file_ivf_read(data, size, path, 100, &ivf, &failure), STATUS_OK);
    ck_assert_uint_eq(ivf.width, 640);
    ck_assert_uint_eq(ivf.height, 360);
    ck_assert_uint_eq(ivf.frames.count, 20);
    for (uint8_t i = 1; i <= 20; i++) {
        const struct clip_span *span = &ivf.frames.items[i - 1];
        ck_assert_uint_eq(span->size, i);
        ck_assert_uint_eq(data[span->offset + i - 1u], i);
        ck_assert_int_le(llabs(span->at_us - i * 66667LL), 1000);
    }
    clip_spans_finish(&ivf.frames);
    free(data);
    unlink(path);
}
END_TEST

START_TEST(files_that_cannot_be_written)
{
    struct ivf_writer *writer = NULL;
    ck_assert_int_eq(ivf_writer_create("/nonexistent/x.ivf", 1, 1, &writer), STATUS_IO);
    ck_assert_ptr_null(writer);
    ck_assert_int_eq(ivf_writer_destroy(NULL), STATUS_OK);
    if (access("/dev/full", W_OK) != 0)
        return;
    ck_assert_int_eq(ivf_writer_create("/dev/full", 1, 1, &writer), STATUS_OK); /* buffered */
    ck_assert_int_eq(ivf_writer_destroy(writer), STATUS_IO);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/clip_file_ivf");
    TCase *cases = tcase_create("clip_file_ivf");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, a_recorded_file);
    tcase_add_test(cases, cut_at_every_length);
    tcase_add_test(cases, bent_headers);
    tcase_add_test(cases, empty_frames_are_counted_not_kept);
    tcase_add_test(cases, what_is_written_reads_back);
    tcase_add_test(cases, files_that_cannot_be_written);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
