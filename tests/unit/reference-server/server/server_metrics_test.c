#include "reference-server/server/server_metrics.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference-server/fault.h"

static struct domain domain;
static struct live_counts live;
static struct buffer text;

static void setup(void)
{
    domain.cards_in_state[CALLER_IN_CALL] = 3;
    domain.caller_count = 4;
    live.errors[RPC_ERROR_FORBIDDEN] = 5;
    live.requests = 6;
    struct server_numbers numbers = {
        .domain = &domain,
        .live = &live,
        .journal = {.waiting = 1, .written = 2, .dropped = 3, .failed = 4},
        .http_connections = 7,
        .loop_lag_us = 1234567,
        .password_cost = "load",
        .tls = true,
    };
    fault_switch_on(FAULT_KEEP_CARD);
    buffer_init(&text, 1 << 20);
    server_metrics_write(&numbers, &text);
}

static void teardown(void)
{
    buffer_finish(&text);
    fault_reset();
}

static bool has_line(const char *line)
{
    char whole[256];
    snprintf(whole, sizeof whole, "\n%s\n", line);
    return strstr(buffer_string(&text), whole) != NULL;
}

START_TEST(numbers_stand_where_they_belong)
{
    ck_assert(has_line("caseload_server_spaces{state=\"in_call\"} 3"));
    ck_assert(has_line("caseload_server_participants{kind=\"caller\"} 4"));
    ck_assert(has_line("caseload_server_errors_total{code=\"-32001\",class=\"forbidden\"} 5"));
    ck_assert(has_line("caseload_server_requests_total 6"));
    ck_assert(has_line("caseload_server_http_connections 7"));
    ck_assert(has_line("caseload_server_loop_lag_seconds 1.234567"));
    ck_assert(has_line("caseload_server_journal_lost_total{reason=\"failed\"} 4"));
    ck_assert(has_line("caseload_server_fault{name=\"keep-card\"} 1"));
    ck_assert_ptr_nonnull(strstr(buffer_string(&text), "password_cost=\"load\""));
}
END_TEST

/* OpenMetrics: every sample belongs to the family whose TYPE line came last; families are unique;
 * counters end in _total, infos in _info. */
START_TEST(the_text_is_open_metrics)
{
    char family[128] = "", type[32] = "", seen[8192] = " ";
    char *copy = strdup(buffer_string(&text)), *rest = copy;
    for (char *line = strsep(&rest, "\n"); line && *line; line = strsep(&rest, "\n")) {
        if (strncmp(line, "# TYPE ", 7) == 0) {
            ck_assert_int_eq(sscanf(line, "# TYPE %127s %31s", family, type), 2);
            char word[132];
            snprintf(word, sizeof word, " %s ", family);
            ck_assert_ptr_null(strstr(seen, word));
            strcat(seen, word + 1);
            continue;
        }
        if (strncmp(line, "# HELP ", 7) == 0) {
            ck_assert_int_eq(strncmp(line + 7, family, strlen(family)), 0);
            continue;
        }
        ck_assert_int_eq(strncmp(line, family, strlen(family)), 0);
        const char *end = line + strlen(family);
        if (strcmp(type, "counter") == 0)
            ck_assert_int_eq(strncmp(end, "_total", 6), 0);
        else if (strcmp(type, "info") == 0)
            ck_assert_int_eq(strncmp(end, "_info{", 6), 0);
        else
            ck_assert(*end == ' ' || *end == '{');
    }
    free(copy);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("server_metrics");
    TCase *tests = tcase_create("server_metrics");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, numbers_stand_where_they_belong);
    tcase_add_test(tests, the_text_is_open_metrics);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
