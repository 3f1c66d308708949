#include "engine/media/clip_file_ogg.h"

#include "common/webrtc/codec/opus_codec.h"
#include "media_files.h"

static enum status read_bytes(const uint8_t *data, size_t size, size_t limit,
                              struct clip_file_ogg *ret_ogg, struct failure *failure)
{
    uint8_t *copy = copy_bytes(data, size);
    enum status status = clip_file_ogg_read(copy, size, "x.opus", limit, ret_ogg, failure);
    free(copy);
    return status;
}

/* A page with the given segments; returns its size. */
static size_t make_page(uint8_t *page, uint8_t flags, uint32_t serial, const uint8_t *table,
                        uint8_t segments, const uint8_t *body)
{
    size_t size = 0;
    memset(page, 0, 27);
    memcpy(page, "OggS", 4);
    page[5] = flags;
    store_little_u32(page + 14, serial);
    page[26] = segments;
    for (unsigned i = 0; i < segments; i++)
        size += page[27 + i] = table[i];
    memcpy(page + 27 + segments, body, size);
    size += 27u + segments;
    store_little_u32(page + 22, ogg_page_checksum(page, size));
    return size;
}

static const uint8_t head[19] = "OpusHead\1\1\0\0\x80\xbb\0\0\0\0";
static const uint8_t tags[16] = "OpusTags";

/* Header and comment pages. */
static size_t make_begin(uint8_t *file)
{
    size_t size = make_page(file, 2, 7, (const uint8_t[]){19}, 1, head);
    return size + make_page(file + size, 0, 7, (const uint8_t[]){16}, 1, tags);
}

START_TEST(a_recorded_file)
{
    size_t size;
    uint8_t *data = load_vector(VECTOR("tone.opus"), &size);
    struct clip_file_ogg ogg;
    struct failure failure;
    ck_assert_int_eq(read_bytes(data, size, 1000, &ogg, &failure), STATUS_OK);
    ck_assert_uint_eq(ogg.channels, 1);
    ck_assert_uint_eq(ogg.packets.count, 61); /* by ffprobe */
    ck_assert_uint_eq(ogg.packets.left_out, 0);
    size_t total = 0;
    for (size_t i = 0; i < 61; i++) {
        const struct clip_span *span = &ogg.packets.items[i];
        ck_assert_uint_eq(span->offset, total);
        ck_assert_int_eq(span->at_us, 20000 * (int64_t)i);
        ck_assert_uint_eq(audio_packet_samples(ogg.bytes.data + span->offset, span->size), 960);
        total += span->size;
    }
    ck_assert_uint_eq(total, ogg.bytes.size);
    clip_file_ogg_finish(&ogg);

    ck_assert_int_eq(read_bytes(data, size, 10, &ogg, &failure), STATUS_OK);
    ck_assert_uint_eq(ogg.packets.count, 10);
    ck_assert_uint_eq(ogg.packets.left_out, 51);
    clip_file_ogg_finish(&ogg);
    free(data);
}
END_TEST

START_TEST(cut_and_flipped_everywhere)
{
    size_t size;
    uint8_t *data = load_vector(VECTOR("tone.opus"), &size);
    struct clip_file_ogg ogg;
    struct failure failure;
    size_t whole = 0;
    for (size_t cut = 0; cut < size; cut++)
        if (read_bytes(data, cut, 1000, &ogg, &failure) == STATUS_OK) {
            whole++; /* just between two pages of sound */
            clip_file_ogg_finish(&ogg);
        }
    ck_assert_uint_le(whole, 1);
    for (size_t at = 0; at < size; at++) { /* the checksum sees every bit */
        data[at] ^= 0x10;
        ck_assert_int_eq(read_bytes(data, size, 1000, &ogg, &failure), STATUS_MALFORMED);
        data[at] ^= 0x10;
    }
    free(data);
}
END_TEST

START_TEST(packets_go_on_over_pages)
{
    uint8_t file[2000], body[600];
    memset(body, 0x55, sizeof(body));
    body[0] = 31 << 3; /* CELT 20 ms; 255 + 255 + 30 bytes, in two pages */
    size_t size = make_begin(file);
    size += make_page(file + size, 0, 7, (const uint8_t[]){255, 255}, 2, body);
    size += make_page(file + size, 1, 7, (const uint8_t[]){30}, 1, body + 510);
    struct clip_file_ogg ogg;
    struct failure failure = {0};
    ck_assert_msg(read_bytes(file, size, 10, &ogg, &failure) == STATUS_OK, "%s", failure.message);
    ck_assert_uint_eq(ogg.packets.count, 1);
    ck_assert_uint_eq(ogg.packets.items[0].size, 540);
    ck_assert_mem_eq(ogg.bytes.data, body, 540);
    clip_file_ogg_finish(&ogg);
}
END_TEST

START_TEST(other_streams_and_empty_packets_are_left_alone)
{
    uint8_t file[2000];
    const uint8_t sound[2] = {31 << 3, 1};
    size_t size = make_page(file, 2, 99, (const uint8_t[]){4}, 1, (const uint8_t *)"abcd");
    size += make_begin(file + size);
    size += make_page(file + size, 0, 99, (const uint8_t[]){4}, 1, (const uint8_t *)"efgh");
    size += make_page(file + size, 0, 7, (const uint8_t[]){2, 0}, 2, sound); /* one, one empty */
    size += make_page(file + size, 0, 7, (const uint8_t[]){2}, 1, sound);
    struct clip_file_ogg ogg;
    struct failure failure = {0};
    ck_assert_msg(read_bytes(file, size, 10, &ogg, &failure) == STATUS_OK, "%s", failure.message);
    ck_assert_uint_eq(ogg.packets.count, 2);
    ck_assert_uint_eq(ogg.packets.left_out, 1);
    ck_assert_uint_eq(ogg.bytes.size, 4);
    ck_assert_uint_eq(ogg.packets.items[1].offset, 2);
    clip_file_ogg_finish(&ogg);
}
END_TEST

static void refused(const uint8_t *file, size_t size, enum status status, const char *message)
{
    struct clip_file_ogg ogg;
    struct failure failure = {0};
    ck_assert_int_eq(read_bytes(file, size, 10, &ogg, &failure), status);
    ck_assert_str_eq(failure.message, message);
}

START_TEST(what_cannot_be_sent_says_why)
{
    uint8_t file[2000], other[19];
    size_t begin = make_begin(file);
    size_t size = begin + make_page(file + begin, 0, 7, (const uint8_t[]){2}, 1,
                                    (const uint8_t[]){3 << 3, 1}); /* SILK 60 ms */
    refused(file, size, STATUS_UNSUPPORTED,
            "x.opus: packet 0 lasts 60 ms; only frames of 20 ms can be sent");
    size = begin + make_page(file + begin, 0, 7, (const uint8_t[]){2}, 1,
                             (const uint8_t[]){31 << 3 | 1, 1}); /* two frames in one byte */
    refused(file, size, STATUS_MALFORMED, "x.opus: packet 0 is not Opus");
    refused(file, begin, STATUS_MALFORMED, "x.opus: no sound in it");

    memcpy(other, head, 19);
    other[9] = 6; /* 5.1 */
    other[18] = 1;
    size = make_page(file, 2, 7, (const uint8_t[]){19}, 1, other);
    refused(file, size, STATUS_UNSUPPORTED,
            "x.opus: 6 channels in mapping family 1; only mono and stereo are read");
    size = make_page(file, 2, 7, (const uint8_t[]){4}, 1, (const uint8_t *)"vorb");
    refused(file, size, STATUS_UNSUPPORTED, "x.opus: no Opus in it");
    size = make_page(file, 2, 7, (const uint8_t[]){19}, 1, head);
    size += make_page(file + size, 0, 7, (const uint8_t[]){2}, 1, (const uint8_t[]){31 << 3, 1});
    refused(file, size, STATUS_MALFORMED, "x.opus: no Opus comment header");
    refused((const uint8_t *)"OggX", 4, STATUS_MALFORMED, "x.opus: no Ogg page at byte 0");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/clip_file_ogg");
    TCase *cases = tcase_create("clip_file_ogg");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, a_recorded_file);
    tcase_add_test(cases, cut_and_flipped_everywhere);
    tcase_add_test(cases, packets_go_on_over_pages);
    tcase_add_test(cases, other_streams_and_empty_packets_are_left_alone);
    tcase_add_test(cases, what_cannot_be_sent_says_why);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
