#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "reference-server/live/live_private.h"
#include "tests/support/live_bench.h"

static struct live_bench bench;

static void setup(void)
{
    live_bench_init(&bench);
}

static void teardown(void)
{
    live_bench_finish(&bench);
}

/* A card as docs/protocol.md has it, member by member. */
START_TEST(a_card_is_written_whole)
{
    struct client *caller = client_enter(&bench, "link-to-a", "Ann \"quoted\" \u00e4");
    struct client *both = client_sign_in(&bench, "doctor_both");
    const struct card *card = client_card(caller);
    client_do(both, "card.transfer", "{s:s, s:s}", "card", card->id.text, "clinic",
              bench.hospital.b->id.text);
    client_do(both, "card.note", "{s:s, s:s, s:s}", "card", card->id.text, "note", "n", "priority",
              "urgent");
    live_bench_advance(&bench, 1500000);
    client_do(both, "call.join", "{s:s}", "card", card->id.text);

    json_t *view = view_card(bench.live, card);
    json_t *expected = json_pack(
        "{s:s, s:s, s:s, s:s, s:{s:s}, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:[{s:s, s:s}], s:b}",
        "id", card->id.text, "clinic", bench.hospital.b->id.text, "space", caller->space, "name",
        "Ann \"quoted\" \u00e4", "details", "reason", "headache", "state", "in_call", "priority",
        "urgent", "note", "n", "entered_at", "2026-01-31T12:00:00.001Z", "since",
        "2026-01-31T12:00:01.501Z", "transferred_from", "id", bench.hospital.a->id.text, "name",
        "Clinic A", "staff", "participant", both->participant, "name", "doctor_both", "present", 1);
    ck_assert_ptr_nonnull(expected);
    char *text = json_dumps(view, JSON_INDENT(1));
    ck_assert_msg(json_equal(view, expected), "%s", text);
    free(text);
    json_decref(view);
    json_decref(expected);
}
END_TEST

START_TEST(memberships_name_clinics_or_null)
{
    json_t *list = view_memberships(bench.hospital.referrer->user);
    ck_assert_uint_eq(json_array_size(list), 2);
    ck_assert_str_eq(text_in(json_array_get(list, 1), "role"), "service_referrer");
    json_decref(list);
    list = view_memberships(bench.hospital.org_admin->user);
    ck_assert(json_is_null(json_object_get(json_array_get(list, 0), "clinic")));
    ck_assert_str_eq(text_in(json_array_get(list, 0), "role"), "organisation_administrator");
    json_decref(list);
}
END_TEST

START_TEST(no_clinic_is_null)
{
    json_t *null = view_clinic(NULL);
    ck_assert(json_is_null(null));
    json_t *none = view_members(NULL);
    ck_assert_uint_eq(json_array_size(none), 0);
    json_decref(none);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("view");
    TCase *tests = tcase_create("view");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_card_is_written_whole);
    tcase_add_test(tests, memberships_name_clinics_or_null);
    tcase_add_test(tests, no_clinic_is_null);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
