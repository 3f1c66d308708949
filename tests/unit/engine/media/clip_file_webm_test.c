#include "engine/media/clip_file_webm.h"

#include "common/webrtc/codec/opus_codec.h"
#include "media_files.h"

static enum status read_bytes(const uint8_t *data, size_t size, struct clip_file_webm *ret_webm,
                              struct failure *failure)
{
    uint8_t *copy = copy_bytes(data, size);
    enum status status = clip_file_webm_read(copy, size, "x.webm", 1000, ret_webm, failure);
    free(copy);
    return status;
}

static void check_bars(const char *path)
{
    size_t size;
    uint8_t *data = load_vector(path, &size);
    struct clip_file_webm webm;
    struct failure failure = {0};
    ck_assert_msg(clip_file_webm_read(data, size, path, 1000, &webm, &failure) == STATUS_OK, "%s",
                  failure.message);
    ck_assert(webm.has_video && webm.has_audio);
    ck_assert_uint_eq(webm.width, 256);
    ck_assert_uint_eq(webm.height, 144);
    ck_assert_uint_eq(webm.frames.count, 12); /* by ffprobe */
    ck_assert_uint_eq(webm.packets.count, 61);
    ck_assert_uint_eq(webm.frames.items[0].size, 5563);
    for (size_t i = 0; i < 12; i++) {
        ck_assert_int_eq(webm.frames.items[i].at_us - webm.frames.items[0].at_us,
                         100000 * (int64_t)i);
        ck_assert_int_eq((data[webm.frames.items[i].offset] & 1) == 0, i % 6 == 0);
    }
    for (size_t i = 0; i < 61; i++) {
        const struct clip_span *span = &webm.packets.items[i];
        ck_assert_uint_eq(audio_packet_samples(data + span->offset, span->size), 960);
    }
    clip_file_webm_finish(&webm);
    free(data);
}

START_TEST(recorded_files)
{
    check_bars(VECTOR("bars.webm"));
    check_bars(VECTOR("bars-live.webm")); /* segment and clusters of unknown size */
}
END_TEST

START_TEST(the_same_frames_as_in_ivf)
{
    size_t webm_size, ivf_size;
    uint8_t *webm_data = load_vector(VECTOR("bars.webm"), &webm_size);
    uint8_t *ivf_data = load_vector(VECTOR("bars.ivf"), &ivf_size);
    struct clip_file_webm webm;
    struct failure failure;
    ck_assert_int_eq(clip_file_webm_read(webm_data, webm_size, "x", 100, &webm, &failure),
                     STATUS_OK);
    const uint8_t *ivf_frame = ivf_data + 32 + 12; /* file header, frame header */
    for (size_t i = 0; i < webm.frames.count; i++) {
        const struct clip_span *span = &webm.frames.items[i];
        ck_assert_mem_eq(webm_data + span->offset, ivf_frame, span->size);
        ivf_frame += span->size + 12;
    }
    clip_file_webm_finish(&webm);
    free(webm_data);
    free(ivf_data);
}
END_TEST

START_TEST(cut_and_bent_everywhere)
{
    size_t size;
    uint8_t *data = load_vector(VECTOR("bars.webm"), &size);
    struct clip_file_webm webm;
    struct failure failure = {0};
    for (size_t cut = 0; cut < size; cut += cut < 1500 ? 1 : 61)
        ck_assert_int_ne(read_bytes(data, cut, &webm, &failure), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(failure.message, "x.webm: "));
    for (size_t at = 0; at < size; at += at < 1500 ? 1 : 61) { /* no crash is all that is asked */
        uint8_t was = data[at];
        data[at] = (uint8_t)~was;
        if (read_bytes(data, size, &webm, &failure) == STATUS_OK)
            clip_file_webm_finish(&webm);
        data[at] = was;
    }
    free(data);
}
END_TEST

/* Small files by hand: EBML header, then a segment with `body`. */
static size_t make_file(uint8_t *file, const uint8_t *body, size_t size)
{
    const uint8_t begin[] = {0x1A, 0x45, 0xDF, 0xA3, 0x87, 0x42, 0x82, 0x84, 'w',
                             'e',  'b',  'm',  0x18, 0x53, 0x80, 0x67, 0x40, (uint8_t)size};
    memcpy(file, begin, sizeof(begin));
    memcpy(file + sizeof(begin), body, size);
    return sizeof(begin) + size;
}

static const uint8_t track[] = {0x16, 0x54, 0xAE, 0x6B, 0x8D, 0xAE, 0x8B, 0xD7, 0x82,
                                0,    1,    0x86, 0x85, 'V',  '_',  'V',  'P',  '8'};

static enum status read_body(const uint8_t *body, size_t size, struct clip_file_webm *ret_webm,
                             struct failure *failure)
{
    uint8_t file[300];
    size_t file_size = make_file(file, body, size);
    return read_bytes(file, file_size, ret_webm, failure);
}

START_TEST(blocks_groups_and_strangers)
{
    uint8_t body[200];
    memcpy(body, track, sizeof(track));
    const uint8_t cluster[] = {
        0x1F, 0x43, 0xB6, 0x75, 0xA6, 0xE7, 0x81, 100,       /* at 100 ms */
        0xA3, 0x86, 0x81, 0xff, 0xfe, 0x80, 1,    2,         /* track 1, -2 ms */
        0xA3, 0x85, 0x82, 0,    0,    0x80, 9,               /* another track */
        0xA0, 0x88, 0xA1, 0x86, 0x81, 0,    33,   0,   5, 6, /* in a group, +33 ms */
        0xEC, 0x80,                                          /* void */
        0xA3, 0x84, 0x81, 0,    66,   0x80,                  /* nothing in it */
        0xEC, 0x80,
    };
    memcpy(body + sizeof(track), cluster, sizeof(cluster));
    body[sizeof(track) + 4] = (uint8_t)(0x80 | (sizeof(cluster) - 5));
    struct clip_file_webm webm;
    struct failure failure = {0};
    ck_assert_msg(read_body(body, sizeof(track) + sizeof(cluster), &webm, &failure) == STATUS_OK,
                  "%s", failure.message);
    ck_assert_uint_eq(webm.frames.count, 2);
    ck_assert_uint_eq(webm.frames.left_out, 1);
    ck_assert_int_eq(webm.frames.items[0].at_us, 98000);
    ck_assert_uint_eq(webm.frames.items[0].size, 2);
    ck_assert_int_eq(webm.frames.items[1].at_us, 133000);
    ck_assert(!webm.has_audio);
    clip_file_webm_finish(&webm);
}
END_TEST

START_TEST(lacing_and_encryption_are_refused)
{
    uint8_t body[200];
    memcpy(body, track, sizeof(track));
    const uint8_t laced[] = {0x1F, 0x43, 0xB6, 0x75, 0x87, 0xA3, 0x85, 0x81, 0, 0, 0x06, 1};
    memcpy(body + sizeof(track), laced, sizeof(laced));
    struct clip_file_webm webm;
    struct failure failure;
    ck_assert_int_eq(read_body(body, sizeof(track) + sizeof(laced), &webm, &failure),
                     STATUS_UNSUPPORTED);
    ck_assert_str_eq(failure.message, "x.webm: laced blocks");

    const uint8_t encrypted[] = {0x16, 0x54, 0xAE, 0x6B, 0x8F, 0xAE, 0x8D, 0xD7, 0x81, 1,
                                 0x6D, 0x80, 0x80, 0x86, 0x85, 'V',  '_',  'V',  'P',  '8'};
    ck_assert_int_eq(read_body(encrypted, sizeof(encrypted), &webm, &failure), STATUS_UNSUPPORTED);
    ck_assert_str_eq(failure.message, "x.webm: a compressed or encrypted track");
}
END_TEST

START_TEST(nothing_to_use_says_so)
{
    struct clip_file_webm webm;
    struct failure failure;
    ck_assert_int_eq(read_body(track, sizeof(track), &webm, &failure), STATUS_UNSUPPORTED);
    ck_assert_str_eq(failure.message, "x.webm: neither VP8 nor Opus in it");
    const uint8_t not_webm[] = {0x1A, 0x45, 0xDF, 0xA3, 0x87, 0x42, 0x82, 0x84, 'x', 'e', 'b', 'm'};
    ck_assert_int_eq(read_bytes(not_webm, sizeof(not_webm), &webm, &failure), STATUS_MALFORMED);
    ck_assert_str_eq(failure.message, "x.webm: neither WebM nor Matroska");
    ck_assert_int_eq(read_bytes((const uint8_t *)"RIFF....", 8, &webm, &failure), STATUS_MALFORMED);
    ck_assert_str_eq(failure.message, "x.webm: no EBML header");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/clip_file_webm");
    TCase *cases = tcase_create("clip_file_webm");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, recorded_files);
    tcase_add_test(cases, the_same_frames_as_in_ivf);
    tcase_add_test(cases, cut_and_bent_everywhere);
    tcase_add_test(cases, blocks_groups_and_strangers);
    tcase_add_test(cases, lacing_and_encryption_are_refused);
    tcase_add_test(cases, nothing_to_use_says_so);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
