#include "engine/media/checksum.h"

#include <check.h>

static const uint8_t digits[] = "123456789";

START_TEST(check_values)
{
    ck_assert_uint_eq(checksum_crc32(digits, 9), 0xCBF43926);
    ck_assert_uint_eq(checksum_crc16(digits, 9), 0x29B1);
}
END_TEST

START_TEST(of_nothing)
{
    ck_assert_uint_eq(checksum_crc32(digits, 0), 0);
    ck_assert_uint_eq(checksum_crc16(digits, 0), 0xFFFF);
}
END_TEST

/* Every bit of every byte counts. */
START_TEST(each_flipped_bit_changes_the_sum)
{
    for (unsigned bit = 0; bit < 72; bit++) {
        uint8_t bytes[9];
        for (unsigned i = 0; i < 9; i++)
            bytes[i] = digits[i];
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        ck_assert_uint_ne(checksum_crc32(bytes, 9), 0xCBF43926);
        ck_assert_uint_ne(checksum_crc16(bytes, 9), 0x29B1);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/checksum");
    TCase *cases = tcase_create("checksum");
    tcase_add_test(cases, check_values);
    tcase_add_test(cases, of_nothing);
    tcase_add_test(cases, each_flipped_bit_changes_the_sum);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
