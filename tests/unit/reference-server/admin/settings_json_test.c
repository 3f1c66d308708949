#include "reference-server/admin/settings_json.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static char culprit[MEMBER_NAME_SIZE];

static enum status change(struct clinic_settings *settings, const char *text)
{
    json_t *json = json_loads(text, JSON_ALLOW_NUL, NULL);
    ck_assert_ptr_nonnull(json);
    enum status status = settings_change_clinic(json, settings, culprit);
    json_decref(json);
    return status;
}

START_TEST(what_is_written_is_read_again)
{
    struct clinic_settings settings = {.label = "Renal", .welcome = "Hello", .closed = true},
                           read = {0};
    settings.call_options[CALL_OPTION_RAISE_HAND] = true;
    settings.add_ons[ADD_ON_WHITEBOARD] = true;
    json_t *json = settings_of_clinic(&settings);
    ck_assert_int_eq(settings_change_clinic(json, &read, culprit), STATUS_OK);
    json_decref(json);
    ck_assert_str_eq(read.label, "Renal");
    ck_assert_str_eq(read.welcome, "Hello");
    ck_assert(read.closed && !read.music);
    ck_assert(read.call_options[CALL_OPTION_RAISE_HAND] &&
              !read.call_options[CALL_OPTION_FULL_SCREEN]);
    ck_assert(read.add_ons[ADD_ON_WHITEBOARD] && !read.add_ons[ADD_ON_DOCUMENTS]);
}
END_TEST

START_TEST(what_is_not_named_stays)
{
    struct clinic_settings settings = {.label = "Renal", .welcome = "Hello"};
    ck_assert_int_eq(change(&settings, "{\"waiting_area\": {\"music\": true}, \"name\": \"any\"}"),
                     STATUS_OK);
    ck_assert_str_eq(settings.label, "Renal");
    ck_assert_str_eq(settings.welcome, "Hello");
    ck_assert(settings.music && !settings.closed);
}
END_TEST

static const struct {
    const char *json, *culprit;
} bad[] = {
    {"{\"colour\": 1}", "colour"},
    {"{\"label\": 1}", "label"},
    {"{\"label\": \"a\\u0000b\"}", "label"},
    {"{\"waiting_area\": true}", "waiting_area"},
    {"{\"waiting_area\": {\"open\": \"yes\"}}", "open"},
    {"{\"waiting_area\": {\"opened\": true}}", "opened"},
    {"{\"call_interface\": {\"raise_hand\": 1}}", "raise_hand"},
    {"{\"add_ons\": {\"chess\": true}}", "chess"},
    {"{\"add_ons\": []}", "add_ons"},
};

START_TEST(what_is_wrong_is_named_and_changes_nothing)
{
    char json[256];
    struct clinic_settings settings = {.label = "Renal"};
    snprintf(json, sizeof json, "{\"label\": \"New\", %s", bad[_i].json + 1);
    ck_assert_int_eq(change(&settings, _i == 1 || _i == 2 ? bad[_i].json : json), STATUS_INVALID);
    ck_assert_str_eq(culprit, bad[_i].culprit);
    ck_assert_str_eq(settings.label, "Renal");
}
END_TEST

START_TEST(a_text_that_is_too_long_is_refused)
{
    struct clinic_settings settings = {0};
    char json[CLINIC_LABEL_SIZE + 32] = "{\"label\": \"";
    size_t head = strlen(json);
    memset(json + head, 'x', CLINIC_LABEL_SIZE);
    strcpy(json + head + CLINIC_LABEL_SIZE, "\"}");
    ck_assert_int_eq(change(&settings, json), STATUS_INVALID);
    memmove(json + head, json + head + 1, strlen(json + head));
    ck_assert_int_eq(change(&settings, json), STATUS_OK);
    ck_assert_uint_eq(strlen(settings.label), CLINIC_LABEL_SIZE - 1);
}
END_TEST

START_TEST(an_organisation_has_a_lock)
{
    struct organisation_settings settings = {0};
    json_t *json = json_pack("{s:{s:b}, s:b}", "call_interface", "full_screen", true,
                             "call_interface_locked", true);
    ck_assert_int_eq(settings_change_organisation(json, &settings, culprit), STATUS_OK);
    ck_assert(settings.locked && settings.call_options[CALL_OPTION_FULL_SCREEN]);
    json_object_set_new(json, "add_ons", json_object());
    ck_assert_int_eq(settings_change_organisation(json, &settings, culprit), STATUS_INVALID);
    ck_assert_str_eq(culprit, "add_ons");
    json_decref(json);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("settings_json");
    TCase *tests = tcase_create("settings_json");
    tcase_add_test(tests, what_is_written_is_read_again);
    tcase_add_test(tests, what_is_not_named_stays);
    tcase_add_loop_test(tests, what_is_wrong_is_named_and_changes_nothing, 0,
                        sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, a_text_that_is_too_long_is_refused);
    tcase_add_test(tests, an_organisation_has_a_lock);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
