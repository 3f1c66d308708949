#include "engine/conform/known_failures.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"

#define ENTRY(requirement, expires)                                                                \
    "{\"requirement\":\"" requirement                                                              \
    "\",\"ticket\":\"T-1\",\"owner\":\"ann\",\"expires\":\"" expires                               \
    "\",\"reason\":\"the space stays\"}"
#define FILE_OF(entries) "{\"schema\":\"caseload/known-failures/1\",\"entries\":[" entries "]}"

static struct known_failures *known;
static struct failure failure;

static void setup(void)
{
    known = NULL;
    failure = (struct failure){0};
}

static void teardown(void)
{
    known_failures_destroy(known);
    known = NULL;
}

static enum status parse(const char *text)
{
    return known_failures_parse(text, strlen(text), "qa/known.json", &known, &failure);
}

START_TEST(entries_are_read_in_their_order)
{
    ck_assert_int_eq(parse(FILE_OF(ENTRY("WA-05", "2026-02-28") "," ENTRY("TR-08", "2028-02-29"))),
                     STATUS_OK);
    ck_assert_uint_eq(known_failures_count(known), 2);
    ck_assert_str_eq(known_failures_name(known), "qa/known.json");
    const struct known_failure *entry = known_failures_at(known, 1);
    ck_assert_str_eq(entry->requirement, "TR-08");
    ck_assert_str_eq(entry->ticket, "T-1");
    ck_assert_str_eq(entry->owner, "ann");
    ck_assert_str_eq(entry->expires, "2028-02-29");
    ck_assert_str_eq(entry->reason, "the space stays");
}
END_TEST

START_TEST(an_empty_list_excuses_nothing)
{
    ck_assert_int_eq(parse(FILE_OF("")), STATUS_OK);
    ck_assert_uint_eq(known_failures_count(known), 0);
}
END_TEST

static const struct {
    const char *text, *said;
    enum status status;
} mistakes[] = {
    {"", "qa/known.json:", STATUS_MALFORMED},
    {"[]", "qa/known.json: an object with", STATUS_MALFORMED},
    {"{\"schema\":\"caseload/known-failures/2\",\"entries\":[]}", "an object with",
     STATUS_MALFORMED},
    {"{\"schema\":\"caseload/known-failures/1\",\"entries\":{}}", "an object with",
     STATUS_MALFORMED},
    {"{\"schema\":\"caseload/known-failures/1\",\"entries\":[],\"more\":1}", "nothing else",
     STATUS_MALFORMED},
    {"{\"schema\":1,\"schema\":2}", "qa/known.json:1: duplicate", STATUS_MALFORMED},
    {FILE_OF("7"), "qa/known.json: entry 1: not an object", STATUS_MALFORMED},
    {FILE_OF(ENTRY("WA-05", "2026-01-31") ",{}"), "entry 2: no text requirement", STATUS_MALFORMED},
    {FILE_OF("{\"requirement\":\"WA-05\",\"ticket\":\"\"}"), "entry 1: no text ticket",
     STATUS_MALFORMED},
    {FILE_OF("{\"requirement\":\"WA-05\",\"ticket\":1}"), "entry 1: no text ticket",
     STATUS_MALFORMED},
    {FILE_OF("{\"requirement\":\"WA-05\",\"tickets\":\"T-1\"}"),
     "entry 1: there is no field tickets", STATUS_MALFORMED},
    {FILE_OF(ENTRY("WA-05\\n", "2026-01-31")), "entry 1: control characters are in requirement",
     STATUS_MALFORMED},
    {FILE_OF(ENTRY("WA-05", "2026-01-31") "," ENTRY("WA-05", "2026-02-01")),
     "entry 2: listed twice is WA-05", STATUS_EXISTS},
    {FILE_OF(ENTRY("WA-05", "2026-1-31")), "expires is a day as 2026-01-31, not 2026-1-31",
     STATUS_MALFORMED},
    {FILE_OF(ENTRY("WA-05", "2026-13-01")), "entry 1: expires", STATUS_MALFORMED},
    {FILE_OF(ENTRY("WA-05", "2026-00-01")), "entry 1: expires", STATUS_MALFORMED},
    {FILE_OF(ENTRY("WA-05", "2026-04-31")), "entry 1: expires", STATUS_MALFORMED},
    {FILE_OF(ENTRY("WA-05", "2026-04-00")), "entry 1: expires", STATUS_MALFORMED},
    {FILE_OF(ENTRY("WA-05", "2027-02-29")), "entry 1: expires", STATUS_MALFORMED},
    {FILE_OF(ENTRY("WA-05", "2100-02-29")), "entry 1: expires", STATUS_MALFORMED},
    {FILE_OF(ENTRY("WA-05", "2026-01-3x")), "entry 1: expires", STATUS_MALFORMED},
    {FILE_OF(ENTRY("WA-05", "2026/01/31")), "entry 1: expires", STATUS_MALFORMED},
    {FILE_OF(ENTRY("WA-05", "tomorrow")), "entry 1: expires", STATUS_MALFORMED},
};

START_TEST(a_mistake_names_file_and_entry)
{
    ck_assert_int_eq(parse(mistakes[_i].text), mistakes[_i].status);
    ck_assert_msg(strstr(failure.message, mistakes[_i].said) != NULL, "%s", failure.message);
    ck_assert_msg(strncmp(failure.message, "qa/known.json", 13) == 0, "%s", failure.message);
    ck_assert_ptr_null(known);
}
END_TEST

START_TEST(what_is_too_much_is_refused)
{
    char *text = malloc(1 << 20), entry[256];
    size_t length =
        (size_t)sprintf(text, "{\"schema\":\"caseload/known-failures/1\",\"entries\":[");

    ck_assert_int_eq(
        known_failures_parse(text, KNOWN_FAILURES_BYTES_MAX + 1, "k", &known, &failure),
        STATUS_TOO_LARGE);
    for (int i = 0; i <= KNOWN_FAILURES_MAX; i++) {
        snprintf(entry, sizeof entry, "%s" ENTRY("X-%d", "2026-01-31"), i > 0 ? "," : "", i);
        length += (size_t)sprintf(text + length, "%s", entry);
    }
    sprintf(text + length, "]}");
    ck_assert_int_eq(parse(text), STATUS_TOO_LARGE);
    ck_assert_str_eq(failure.message, "qa/known.json: entry 1001: more than 1000 entries");
    memcpy(strstr(text, "the space"), "\",      \"", 9); /* not JSON any more */
    ck_assert_int_eq(parse(text), STATUS_MALFORMED);
    free(text);
}
END_TEST

START_TEST(a_text_has_its_length)
{
    char text[1024], reason[KNOWN_TEXT_MAX + 2];

    for (int beyond = 0; beyond < 2; beyond++) {
        memset(reason, 'x', sizeof reason);
        reason[KNOWN_TEXT_MAX + beyond] = '\0';
        snprintf(text, sizeof text,
                 FILE_OF("{\"requirement\":\"WA-05\",\"ticket\":\"T\",\"owner\":\"o\","
                         "\"expires\":\"2026-01-31\",\"reason\":\"%s\"}"),
                 reason);
        ck_assert_int_eq(parse(text), beyond ? STATUS_TOO_LARGE : STATUS_OK);
    }
    ck_assert_str_eq(failure.message, "qa/known.json: entry 1: too long is reason");
}
END_TEST

static const struct {
    bool is_row;
    enum check_verdict verdict;
    const char *today;
    enum known_outcome outcome;
} judged[] = {
    {true, CHECK_FAIL, "2026-01-31", KNOWN_FAILS},
    {true, CHECK_BLOCKED, "2026-01-31", KNOWN_FAILS},
    {true, CHECK_WARN, "2025-12-01", KNOWN_FAILS},
    {true, CHECK_PASS, "2026-01-31", KNOWN_HOLDS},
    {true, CHECK_DIFFERS, "2026-01-31", KNOWN_HOLDS},
    {true, CHECK_NA, "2026-01-31", KNOWN_HOLDS},
    {true, CHECK_NOTRUN, "2026-01-31", KNOWN_UNSEEN},
    {true, CHECK_INCONCLUSIVE, "2026-01-31", KNOWN_UNSEEN},
    {true, CHECK_ERROR, "2026-01-31", KNOWN_UNSEEN},
    {true, CHECK_FAIL, "2026-02-01", KNOWN_EXPIRED},
    {true, CHECK_PASS, "2027-01-01", KNOWN_EXPIRED},
    {false, CHECK_NOTRUN, "2027-01-01", KNOWN_UNKNOWN},
};

START_TEST(an_entry_is_worth_something_until_its_day_and_while_it_fails)
{
    const struct known_failure entry = {.requirement = "WA-05", .expires = "2026-01-31"};
    ck_assert_int_eq(
        known_failure_judge(&entry, judged[_i].is_row, judged[_i].verdict, judged[_i].today),
        judged[_i].outcome);
}
END_TEST

START_TEST(three_outcomes_are_stale)
{
    ck_assert(!known_outcome_is_stale(KNOWN_FAILS) && !known_outcome_is_stale(KNOWN_UNSEEN));
    ck_assert(known_outcome_is_stale(KNOWN_HOLDS) && known_outcome_is_stale(KNOWN_EXPIRED) &&
              known_outcome_is_stale(KNOWN_UNKNOWN));
    ck_assert_str_eq(known_outcome_word(KNOWN_UNKNOWN), "no such row");
}
END_TEST

START_TEST(a_sentence_names_file_entry_and_what_to_do)
{
    char said[KNOWN_SAID_SIZE];

    ck_assert_int_eq(parse(FILE_OF(ENTRY("WA-05", "2026-02-28"))), STATUS_OK);
    known_failure_say(known, 0, KNOWN_HOLDS, said, sizeof said);
    ck_assert_str_eq(said, "known.json: entry 1: WA-05 (T-1, ann) does not fail any more: take "
                           "the entry out");
    known_failure_say(known, 0, KNOWN_EXPIRED, said, sizeof said);
    ck_assert_ptr_nonnull(strstr(said, "expired on 2026-02-28"));
    known_failure_say(known, 0, KNOWN_UNKNOWN, said, sizeof said);
    ck_assert_ptr_nonnull(strstr(said, "is no row of the catalogue"));
    for (size_t size = 1; size < 60; size++) { /* never beyond its room */
        memset(said, '#', sizeof said);
        known_failure_say(known, 0, KNOWN_FAILS, said, size);
        ck_assert_uint_lt(strlen(said), size);
        ck_assert_int_eq(said[size], '#');
    }
}
END_TEST

/* One byte changed: it is read, or refused with a sentence; nothing else. */
START_TEST(a_damaged_file_is_read_or_refused)
{
    const char *good = FILE_OF(ENTRY("WA-05", "2026-02-28") "," ENTRY("TR-08", "2028-02-29"));
    uint64_t draw = 7;
    char text[512];

    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "%s", good);
        draw = random_mix(draw, (uint64_t)i);
        text[draw % strlen(good)] = (char)(draw >> 32);
        failure.message[0] = '\0';
        enum status status = known_failures_parse(text, strlen(good), "f", &known, &failure);
        ck_assert(status == STATUS_OK ? known_failures_count(known) == 2
                                      : strncmp(failure.message, "f:", 2) == 0);
        teardown();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("known_failures");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, entries_are_read_in_their_order);
    tcase_add_test(cases, an_empty_list_excuses_nothing);
    tcase_add_loop_test(cases, a_mistake_names_file_and_entry, 0,
                        sizeof mistakes / sizeof mistakes[0]);
    tcase_add_test(cases, what_is_too_much_is_refused);
    tcase_add_test(cases, a_text_has_its_length);
    tcase_add_loop_test(cases, an_entry_is_worth_something_until_its_day_and_while_it_fails, 0,
                        sizeof judged / sizeof judged[0]);
    tcase_add_test(cases, three_outcomes_are_stale);
    tcase_add_test(cases, a_sentence_names_file_entry_and_what_to_do);
    tcase_add_test(cases, a_damaged_file_is_read_or_refused);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
