#include "common/base/args.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

static bool quiet;
static const char *client;
static uint64_t sessions;
static int64_t duration_us;
static struct arg_list thresholds;

static struct arg_option options[] = {
    {"quiet", NULL, ARG_FLAG, &quiet, "No progress", NULL},
    {"client", "KIND", ARG_TEXT, &client, "Client kind", "full|light"},
    {"sessions", "N", ARG_COUNT, &sessions, "Sessions at once", NULL},
    {"duration", "D", ARG_DURATION, &duration_us, "How long", NULL},
    {"threshold", "EXPR", ARG_LIST, &thresholds, "A condition", NULL},
    {"start-at", "TIME", ARG_NOT_YET, NULL, "Wait for a time of day", NULL},
};
static const struct arg_command command = {
    .name = "run",
    .operands = "STORY",
    .summary = "Run a story.",
    .more = "More about it.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static const char *operands[2];
static size_t operand_count;
static bool help;
static struct failure failure;

static void reset(void)
{
    quiet = help = false;
    client = "full";
    sessions = 1;
    duration_us = 7;
    thresholds.count = 0;
    operand_count = 99;
    failure = (struct failure){0};
}

/* Parse the words of `line`, which are separated by single blanks. */
static enum status parse(const char *line)
{
    static char words[4096];
    char *argv[64] = {"run"};
    int argc = 1;
    reset();
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word && argc < 64; word = strtok(NULL, " "))
        argv[argc++] = word;
    return args_parse(&command, argc, argv, operands, 1, &operand_count, &help, &failure);
}

static void expect_failure(const char *line, enum status status, const char *message)
{
    ck_assert_int_eq(parse(line), status);
    ck_assert_str_eq(failure.message, message);
    ck_assert_uint_eq(operand_count, 99); /* untouched */
}

START_TEST(all_kinds_are_parsed_in_any_order)
{
    ck_assert_int_eq(parse("--quiet --client light triage --sessions=20 --duration 90s "
                           "--threshold a<1 --threshold=b<2"),
                     STATUS_OK);
    ck_assert(quiet);
    ck_assert_str_eq(client, "light");
    ck_assert_uint_eq(sessions, 20);
    ck_assert_int_eq(duration_us, 90 * US_PER_S);
    ck_assert_uint_eq(thresholds.count, 2);
    ck_assert_str_eq(thresholds.items[0], "a<1");
    ck_assert_str_eq(thresholds.items[1], "b<2");
    ck_assert_uint_eq(operand_count, 1);
    ck_assert_str_eq(operands[0], "triage");
    ck_assert(!help);
}
END_TEST

START_TEST(absent_options_keep_their_defaults)
{
    ck_assert_int_eq(parse(""), STATUS_OK);
    ck_assert_str_eq(client, "full");
    ck_assert_uint_eq(sessions, 1);
    ck_assert_int_eq(duration_us, 7);
    ck_assert_uint_eq(operand_count, 0);
}
END_TEST

START_TEST(two_dashes_end_the_options)
{
    ck_assert_int_eq(parse("--quiet -- --client"), STATUS_OK);
    ck_assert_uint_eq(operand_count, 1);
    ck_assert_str_eq(operands[0], "--client");
    ck_assert_int_eq(parse("-"), STATUS_OK);
    ck_assert_str_eq(operands[0], "-");
}
END_TEST

START_TEST(usage_errors_name_the_option_and_what_it_takes)
{
    expect_failure("--bogus", STATUS_INVALID, "run has no option '--bogus'; see run --help");
    expect_failure("-q", STATUS_INVALID, "run has no option '-q'; see run --help");
    expect_failure("--sess 3", STATUS_INVALID, "run has no option '--sess'; see run --help");
    expect_failure("--quiet=yes", STATUS_INVALID, "--quiet takes no value, not 'yes'");
    expect_failure("--client browser", STATUS_INVALID,
                   "--client KIND takes full|light, not 'browser'");
    expect_failure("--client=full|light", STATUS_INVALID,
                   "--client KIND takes full|light, not 'full|light'");
    expect_failure("--client=", STATUS_INVALID, "--client KIND takes full|light, not ''");
    expect_failure("--sessions many", STATUS_INVALID,
                   "--sessions N takes a whole number, for example 20, not 'many'");
    expect_failure("--sessions -3", STATUS_INVALID,
                   "--sessions N takes a whole number, for example 20, not '-3'");
    expect_failure("--sessions=18446744073709551616", STATUS_INVALID,
                   "--sessions N takes a whole number, for example 20, not "
                   "'18446744073709551616'");
    expect_failure("--duration 90", STATUS_INVALID,
                   "--duration D takes a time with its unit, for example 250ms, 90s, 5m or 1h, "
                   "not '90'");
    expect_failure("triage --sessions", STATUS_INVALID,
                   "--sessions N lacks its value: it takes a whole number, for example 20");
    expect_failure("--client --quiet", STATUS_INVALID,
                   "--client KIND lacks its value: it takes full|light");
    expect_failure("triage group", STATUS_INVALID, "run takes STORY, so 'group' is too much");
    expect_failure("--start-at 12:00", STATUS_UNSUPPORTED,
                   "--start-at is not yet available: Wait for a time of day");
    ck_assert_uint_eq(sessions, 1);
}
END_TEST

START_TEST(list_is_bounded)
{
    char line[2000] = "";
    for (int i = 0; i < 33; i++)
        strcat(line, "--threshold=x ");
    expect_failure(line, STATUS_TOO_LARGE, "--threshold may be given at most 32 times");
}
END_TEST

START_TEST(help_wins_over_mistakes)
{
    ck_assert_int_eq(parse("--bogus --help"), STATUS_OK);
    ck_assert(help);
    ck_assert_int_eq(parse("-- --help"), STATUS_OK);
    ck_assert(!help);
}
END_TEST

START_TEST(help_text_lists_every_option)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    args_print_help(&command, "caseload", out);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "Usage: caseload run STORY [OPTION]"));
    ck_assert_ptr_nonnull(strstr(text, "--client KIND               Client kind"));
    ck_assert_ptr_nonnull(strstr(text, "Wait for a time of day (not yet)"));
    ck_assert_ptr_nonnull(strstr(text, "--help"));
    ck_assert_ptr_nonnull(strstr(text, "More about it."));
    for (size_t i = 0; i < command.option_count; i++)
        ck_assert_ptr_nonnull(strstr(text, options[i].name));
    free(text);
}
END_TEST

START_TEST(durations)
{
    static const struct {
        const char *text;
        int64_t us; /* -1: refused */
    } rows[] = {
        {"0", 0},
        {"0s", 0},
        {"100us", 100},
        {"250ms", 250000},
        {"1.5s", 1500000},
        {"0.25ms", 250},
        {"5m", 300000000},
        {"2h", 7200000000},
        {"999999999999999us", 999999999999999},
        {"", -1},
        {"5", -1},
        {"s", -1},
        {"-5s", -1},
        {"+5s", -1},
        {" 5s", -1},
        {"5 s", -1},
        {"5s ", -1},
        {"5.s", -1},
        {".5s", -1},
        {"1.5us", -1}, /* no whole number of microseconds */
        {"5d", -1},
        {"5S", -1},
        {"1e3s", -1},
        {"0x10s", -1},
        {"999999999999999h", -1}, /* beyond 63 bits */
        {"1000000000000000000000s", -1},
        {"1.0000000000s", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t us = -7;
        enum status status = parse_duration(rows[i].text, &us);
        ck_assert_msg((status == STATUS_OK) == (rows[i].us >= 0), "%s", rows[i].text);
        ck_assert_msg(us == (rows[i].us >= 0 ? rows[i].us : -7), "%s", rows[i].text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/args");
    TCase *cases = tcase_create("args");
    tcase_add_test(cases, all_kinds_are_parsed_in_any_order);
    tcase_add_test(cases, absent_options_keep_their_defaults);
    tcase_add_test(cases, two_dashes_end_the_options);
    tcase_add_test(cases, usage_errors_name_the_option_and_what_it_takes);
    tcase_add_test(cases, list_is_bounded);
    tcase_add_test(cases, help_wins_over_mistakes);
    tcase_add_test(cases, help_text_lists_every_option);
    tcase_add_test(cases, durations);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
