#include "common/base/bytes.h"

#include <check.h>
#include <string.h>

static const uint8_t counting[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};

START_TEST(values_are_read_big_endian)
{
    struct byte_reader reader = byte_reader(counting, sizeof counting);
    ck_assert_uint_eq(read_u8(&reader), 0x01);
    ck_assert_uint_eq(read_u16(&reader), 0x0203);
    ck_assert_uint_eq(read_u24(&reader), 0x040506);
    ck_assert_uint_eq(read_u32(&reader), 0x0708090a);
    ck_assert_uint_eq(read_u64(&reader), 0x0b0c0d0e0f101112);
    ck_assert_uint_eq(byte_reader_left(&reader), 0);
    ck_assert(!reader.failed);
}
END_TEST

START_TEST(reading_past_the_end_fails_for_good)
{
    struct byte_reader reader = byte_reader(counting, 3);
    ck_assert_uint_eq(read_u32(&reader), 0);
    ck_assert(reader.failed);
    ck_assert_uint_eq(read_u8(&reader), 0);
    ck_assert_ptr_null(read_span(&reader, 0));
    ck_assert_uint_eq(byte_reader_left(&reader), 0);
}
END_TEST

START_TEST(spans_point_into_the_data)
{
    struct byte_reader reader = byte_reader(counting, 4);
    ck_assert_ptr_eq(read_span(&reader, 3), counting);
    ck_assert_ptr_nonnull(read_span(&reader, 0));
    ck_assert_ptr_null(read_span(&reader, SIZE_MAX));
    ck_assert(reader.failed);
}
END_TEST

START_TEST(empty_input_yields_empty_spans_only)
{
    struct byte_reader reader = byte_reader(NULL, 0);
    ck_assert_ptr_nonnull(read_span(&reader, 0));
    ck_assert(!reader.failed);
    ck_assert_uint_eq(read_u8(&reader), 0);
    ck_assert(reader.failed);
}
END_TEST

START_TEST(written_values_read_back)
{
    uint8_t data[18];
    struct byte_writer writer = byte_writer(data, sizeof data);
    write_u8(&writer, 0x01);
    write_u16(&writer, 0x0203);
    write_u24(&writer, 0x040506);
    write_u32(&writer, 0x0708090a);
    write_u64(&writer, 0x0b0c0d0e0f101112);
    ck_assert(!writer.failed);
    ck_assert_uint_eq(writer.at, sizeof data);
    ck_assert_mem_eq(data, counting, sizeof data);
}
END_TEST

START_TEST(writing_past_the_end_writes_nothing)
{
    uint8_t data[4] = {0xaa, 0xaa, 0xaa, 0xaa};
    struct byte_writer writer = byte_writer(data, 3);
    write_bytes(&writer, counting, 0);
    write_u32(&writer, 1);
    ck_assert(writer.failed);
    write_u8(&writer, 1);
    write_bytes(&writer, counting, 1);
    ck_assert_uint_eq(writer.at, 0);
    ck_assert_mem_eq(data, "\xaa\xaa\xaa\xaa", 4);
}
END_TEST

START_TEST(bytes_are_copied_in_place)
{
    uint8_t data[4] = {0};
    struct byte_writer writer = byte_writer(data, sizeof data);
    write_bytes(&writer, counting, 4);
    write_bytes(&writer, NULL, 0);
    ck_assert(!writer.failed);
    ck_assert_mem_eq(data, counting, 4);
}
END_TEST

START_TEST(loads_and_stores_need_no_alignment)
{
    uint8_t data[7] = {0};
    store_u16(data + 1, 0xfffe);
    store_u32(data + 3, 0x80000001);
    ck_assert_mem_eq(data, "\0\xff\xfe\x80\0\0\x01", 7);
    ck_assert_uint_eq(load_u16(data + 1), 0xfffe);
    ck_assert_uint_eq(load_u32(data + 3), 0x80000001);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/bytes");
    TCase *cases = tcase_create("bytes");
    tcase_add_test(cases, values_are_read_big_endian);
    tcase_add_test(cases, reading_past_the_end_fails_for_good);
    tcase_add_test(cases, spans_point_into_the_data);
    tcase_add_test(cases, empty_input_yields_empty_spans_only);
    tcase_add_test(cases, written_values_read_back);
    tcase_add_test(cases, writing_past_the_end_writes_nothing);
    tcase_add_test(cases, bytes_are_copied_in_place);
    tcase_add_test(cases, loads_and_stores_need_no_alignment);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
