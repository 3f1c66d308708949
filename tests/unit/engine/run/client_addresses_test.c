#include "engine/run/client_addresses.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct run_settings settings;
static struct failure failure;

static void setup(void)
{
    settings = (struct run_settings){.light = true};
    ck_assert(address_range_parse(ADDRESS_RANGE_DEFAULT, &settings.client_addresses, &failure) ==
              STATUS_OK);
}

START_TEST(near_platforms_are_recognised)
{
    static const char *const near[] = {"http://127.0.0.1",       "https://127.0.0.1:8443",
                                       "https://localhost:8443", "https://LOCALHOST/x",
                                       "https://127.9.9.9/",     "https://127.0.0.1?x"};
    static const char *const far[] = {
        "https://192.0.2.1:8443",  "https://example.org", "https://127.0.0.1.example.org",
        "https://localhost.test/", "127.0.0.1:8443",      "https://[::1]:8443"};

    ck_assert(client_addresses_near(&settings)); /* the embedded one */
    ck_assert_str_eq(client_addresses_local(&settings), "127.0.0.1");
    for (size_t i = 0; i < 6; i++) {
        settings.url = near[i];
        ck_assert_msg(client_addresses_near(&settings), "%s", near[i]);
        settings.url = far[i];
        ck_assert_msg(!client_addresses_near(&settings), "%s", far[i]);
        ck_assert_ptr_null(client_addresses_local(&settings));
    }
}
END_TEST

START_TEST(the_block_must_hold_everybody)
{
    ck_assert(client_addresses_check(&settings, 2000, 1, &failure) == STATUS_OK);
    ck_assert(client_addresses_check(&settings, 2000, 64, &failure) == STATUS_OK);
    ck_assert(address_range_parse("127.20.0.0/24", &settings.client_addresses, &failure) ==
              STATUS_OK);
    ck_assert(client_addresses_check(&settings, 127, 2, &failure) == STATUS_OK);
    ck_assert(client_addresses_check(&settings, 128, 2, &failure) == STATUS_INVALID);
    ck_assert_ptr_nonnull(strstr(failure.message, "254 addresses"));
    settings.media = MEDIA_NONE;
    ck_assert(client_addresses_check(&settings, 128, 2, &failure) == STATUS_OK);
}
END_TEST

START_TEST(a_far_platform_cannot_answer_to_loopback)
{
    settings.url = "https://192.0.2.1:8443";
    ck_assert(client_addresses_check(&settings, 2, 1, &failure) == STATUS_INVALID);
    ck_assert_ptr_nonnull(strstr(failure.message, "--client-addresses"));
    settings.light = false;
    ck_assert(client_addresses_check(&settings, 2, 1, &failure) == STATUS_OK);
}
END_TEST

START_TEST(a_block_of_somebody_else_is_refused)
{
    settings.url = "https://192.0.2.1:8443";
    ck_assert(address_range_parse("198.51.100.0/24", &settings.client_addresses, &failure) ==
              STATUS_OK);
    ck_assert(client_addresses_check(&settings, 2, 1, &failure) == STATUS_INVALID);
    ck_assert_ptr_nonnull(strstr(failure.message, "does not own"));
    ck_assert_ptr_nonnull(strstr(failure.message, "198.51.100.1"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/run/client_addresses");
    TCase *cases = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, near_platforms_are_recognised);
    tcase_add_test(cases, the_block_must_hold_everybody);
    tcase_add_test(cases, a_far_platform_cannot_answer_to_loopback);
    tcase_add_test(cases, a_block_of_somebody_else_is_refused);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
