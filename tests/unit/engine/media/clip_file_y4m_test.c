#include "engine/media/clip_file_y4m.h"

#include <sys/mman.h>

#include "engine/media/clip.h"
#include "media_files.h"

/* An open file without a name, with these bytes. */
static int memory_file(const void *data, size_t size)
{
    int fd = memfd_create("y4m", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
    return fd;
}

/* A film of 4×2 pixels: 12 bytes a frame, all of the frame's number. */
static size_t make_film(char *file, const char *header, unsigned frames, const char *frame_line)
{
    size_t size = (size_t)sprintf(file, "%s\n", header);
    for (unsigned i = 0; i < frames; i++) {
        size += (size_t)sprintf(file + size, "%s\n", frame_line);
        memset(file + size, (int)i + 1, 12);
        size += 12;
    }
    return size;
}

START_TEST(frames_in_any_order)
{
    char file[2000];
    size_t size =
        make_film(file, "YUV4MPEG2 W4 H2 F30000:1001 Ip A1:1 C420jpeg XCOMMENT", 5, "FRAME Ip");
    struct clip_file_y4m y4m;
    struct failure failure = {0};
    ck_assert_msg(clip_file_y4m_read(memory_file(file, size), "x.y4m", 20, &y4m, &failure) ==
                      STATUS_OK,
                  "%s", failure.message);
    ck_assert_uint_eq(y4m.width, 4);
    ck_assert_uint_eq(y4m.height, 2);
    ck_assert_uint_eq(y4m.frame_count, 5);
    ck_assert_int_eq(clip_file_y4m_time_us(&y4m, 30), 1001000);
    struct i420 picture;
    ck_assert_int_eq(i420_init(&picture, 4, 2), STATUS_OK);
    static const size_t order[] = {3, 0, 4, 4, 1};
    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(clip_file_y4m_picture(&y4m, order[i], &picture), STATUS_OK);
        for (size_t k = 0; k < 12; k++)
            ck_assert_uint_eq(picture.memory[k], order[i] + 1);
    }
    ck_assert_int_eq(clip_file_y4m_picture(&y4m, 5, &picture), STATUS_NOT_FOUND);
    ck_assert_int_eq(ftruncate(y4m.fd, (off_t)size - 1), 0); /* somebody else writes to it */
    ck_assert_int_eq(clip_file_y4m_picture(&y4m, 4, &picture), STATUS_IO);
    i420_finish(&picture);
    clip_file_y4m_finish(&y4m);
    clip_file_y4m_finish(&y4m);
}
END_TEST

START_TEST(long_films_are_cut_and_counted)
{
    static char file[100000];
    size_t size = make_film(file, "YUV4MPEG2 W4 H2 F10:1", 33, "FRAME");
    struct clip_file_y4m y4m;
    struct failure failure;
    ck_assert_int_eq(clip_file_y4m_read(memory_file(file, size), "x.y4m", 2, &y4m, &failure),
                     STATUS_OK);
    ck_assert_uint_eq(y4m.frame_count, 20);
    ck_assert_uint_eq(y4m.left_out, 13);
    clip_file_y4m_finish(&y4m);
}
END_TEST

static void refused(const char *header, unsigned frames, const char *frame_line, enum status status,
                    const char *message)
{
    char file[2000];
    size_t size = make_film(file, header, frames, frame_line);
    struct clip_file_y4m y4m;
    struct failure failure = {0};
    ck_assert_int_eq(clip_file_y4m_read(memory_file(file, size), "x.y4m", 20, &y4m, &failure),
                     status);
    ck_assert_str_eq(failure.message, message);
}

START_TEST(what_cannot_be_read_says_why)
{
    const enum status bad = STATUS_MALFORMED, no = STATUS_UNSUPPORTED;
    refused("YUV4MPEG3 W4 H2 F10:1", 1, "FRAME", bad, "x.y4m: no YUV4MPEG2 header");
    refused("YUV4MPEG2 W4 H2", 1, "FRAME", bad, "x.y4m: width, height or frame rate missing");
    refused("YUV4MPEG2 H2 F10:1", 1, "FRAME", bad, "x.y4m: width, height or frame rate missing");
    refused("YUV4MPEG2 W4x H2 F10:1", 1, "FRAME", bad, "x.y4m: width \"4x\"");
    refused("YUV4MPEG2 W-4 H2 F10:1", 1, "FRAME", bad, "x.y4m: width \"-4\"");
    refused("YUV4MPEG2 W4 H99999 F10:1", 1, "FRAME", bad, "x.y4m: height \"99999\"");
    refused("YUV4MPEG2 W4 H99999999999999999999 F10:1", 1, "FRAME", bad,
            "x.y4m: height \"99999999999999999999\"");
    refused("YUV4MPEG2 W4 H2 F10:0", 1, "FRAME", bad,
            "x.y4m: frame rate \"10:0\" is not within 1 and 120");
    refused("YUV4MPEG2 W4 H2 F121:1", 1, "FRAME", bad,
            "x.y4m: frame rate \"121:1\" is not within 1 and 120");
    refused("YUV4MPEG2 W4 H2 F1:2", 1, "FRAME", bad,
            "x.y4m: frame rate \"1:2\" is not within 1 and 120");
    refused("YUV4MPEG2 W4 H2 F10:1 C444", 1, "FRAME", no,
            "x.y4m: colours \"444\"; only 8-bit 4:2:0 is read");
    refused("YUV4MPEG2 W4 H2 F10:1 C420p10", 1, "FRAME", no,
            "x.y4m: colours \"420p10\"; only 8-bit 4:2:0 is read");
    refused("YUV4MPEG2 W4 H2 F10:1 It", 1, "FRAME", no, "x.y4m: interlaced");
    refused("YUV4MPEG2 W4 H2 F10:1", 0, "FRAME", bad, "x.y4m: no frame in it");
    refused("YUV4MPEG2 W4 H2 F10:1", 2, "FRAMES", bad, "x.y4m: no frame where frame 0 should be");
}
END_TEST

START_TEST(cut_at_every_length)
{
    char file[2000];
    size_t size = make_film(file, "YUV4MPEG2 W4 H2 F10:1", 3, "FRAME");
    size_t whole = 0;
    for (size_t cut = 1; cut <= size; cut++) {
        struct clip_file_y4m y4m;
        struct failure failure;
        if (clip_file_y4m_read(memory_file(file, cut), "x.y4m", 20, &y4m, &failure) == STATUS_OK) {
            whole++;
            clip_file_y4m_finish(&y4m);
        }
    }
    ck_assert_uint_eq(whole, 3); /* behind each of the three frames */
}
END_TEST

START_TEST(files_that_are_none)
{
    struct clip_file_y4m y4m;
    struct failure failure;
    ck_assert_int_eq(clip_file_y4m_open("/nonexistent/x.y4m", 20, &y4m, &failure),
                     STATUS_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(failure.message, "/nonexistent/x.y4m: cannot be opened"));
    ck_assert_int_eq(clip_file_y4m_open("/dev", 20, &y4m, &failure), STATUS_INVALID);
    ck_assert_str_eq(failure.message, "/dev: not a regular file");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/clip_file_y4m");
    TCase *cases = tcase_create("clip_file_y4m");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, frames_in_any_order);
    tcase_add_test(cases, long_films_are_cut_and_counted);
    tcase_add_test(cases, what_cannot_be_read_says_why);
    tcase_add_test(cases, cut_at_every_length);
    tcase_add_test(cases, files_that_are_none);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
