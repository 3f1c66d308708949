#include "reference-server/auth/token.h"

#include <check.h>
#include <string.h>

START_TEST(tokens_are_long_and_never_the_same)
{
    char one[TOKEN_SIZE], two[TOKEN_SIZE];
    ck_assert_int_eq(token_make(one), STATUS_OK);
    ck_assert_int_eq(token_make(two), STATUS_OK);
    ck_assert_uint_eq(strlen(one), TOKEN_LENGTH);
    ck_assert_str_ne(one, two);
}
END_TEST

/* BLAKE2b-256 of "abc", as b2sum -l 256 prints it. */
START_TEST(the_key_is_the_hash_of_the_text)
{
    char hex[TOKEN_HEX_SIZE];
    struct token_key key = token_key("abc"), parsed;
    token_key_write(&key, hex);
    ck_assert_str_eq(hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    ck_assert_int_eq(token_key_parse(hex, &parsed), STATUS_OK);
    ck_assert_mem_eq(&parsed, &key, sizeof key);
    struct token_key empty = token_key("");
    ck_assert_mem_ne(&empty, &key, sizeof key);
}
END_TEST

START_TEST(broken_hex_is_refused)
{
    struct token_key key;
    ck_assert_int_eq(token_key_parse("", &key), STATUS_MALFORMED);
    ck_assert_int_eq(token_key_parse("bddd", &key), STATUS_MALFORMED);
    ck_assert_int_eq(
        token_key_parse("zddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319", &key),
        STATUS_MALFORMED);
    ck_assert_int_eq(token_key_parse("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d5"
                                     "231900",
                                     &key),
                     STATUS_MALFORMED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("token");
    TCase *tests = tcase_create("token");
    tcase_add_test(tests, tokens_are_long_and_never_the_same);
    tcase_add_test(tests, the_key_is_the_hash_of_the_text);
    tcase_add_test(tests, broken_hex_is_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
