#include "engine/run/target_metrics.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct target_metric *own;
static size_t own_count;

static struct target_numbers read_text(const char *text)
{
    struct target_numbers numbers;
    target_numbers_read(text, strlen(text), own, own_count, &numbers);
    return numbers;
}

static struct target_second difference(const char *before, const char *now)
{
    struct target_numbers a = read_text(before), b = read_text(now);
    struct target_second second = target_second_unknown(0);
    target_numbers_difference(&a, &b, 2000000, &second);
    return second;
}

START_TEST(a_host_by_node_exporter)
{
    static const char before[] = "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 100\n"
                                 "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 10\n"
                                 "node_cpu_seconds_total{cpu=\"1\",mode=\"system\"} 5\n"
                                 "node_network_receive_packets_total{device=\"lo\"} 7\n"
                                 "node_network_receive_packets_total{device=\"eth0\"} 1000\n"
                                 "node_network_receive_drop_total{device=\"eth0\"} 1\n"
                                 "node_netstat_Udp_RcvbufErrors 3\n";
    static const char now[] = "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 102\n"
                              "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 11\n"
                              "node_cpu_seconds_total{cpu=\"1\",mode=\"system\"} 5.5\n"
                              "node_network_receive_packets_total{device=\"lo\"} 900\n"
                              "node_network_receive_packets_total{device=\"eth0\"} 3000\n"
                              "node_network_receive_drop_total{device=\"eth0\"} 2\n"
                              "node_netstat_Udp_RcvbufErrors 8\n";
    struct target_second second = difference(before, now);
    ck_assert_double_eq_tol(second.cpu, 0.75, 1e-9);
    ck_assert_double_eq_tol(second.packets, 1000, 1e-9);
    ck_assert_double_eq_tol(second.drops, 3, 1e-9);
    ck_assert_double_lt(second.loop_lag_us, 0);
    ck_assert_double_lt(second.rss_bytes, 0);
    ck_assert_uint_eq(read_text(now).cores, 2);
}
END_TEST

START_TEST(caseload_server_and_its_process)
{
    struct target_second second =
        difference("caseload_media_drops_total{worker=\"0\",cause=\"late\"} 1\n"
                   "caseload_media_drops_total{worker=\"0\",cause=\"send_off\"} 100\n"
                   "process_cpu_seconds_total 3\n",
                   "caseload_media_drops_total{worker=\"0\",cause=\"late\"} 5\n"
                   "caseload_media_drops_total{worker=\"0\",cause=\"send_off\"} 900\n"
                   "caseload_server_loop_lag_seconds 0.25\n"
                   "process_resident_memory_bytes 5000\n"
                   "process_cpu_seconds_total 3.6\n");
    ck_assert_double_eq_tol(second.drops, 2, 1e-9); /* who may not send is no sign of load */
    ck_assert_double_eq_tol(second.cpu, 0.3, 1e-9);
    ck_assert_double_eq_tol(second.loop_lag_us, 250000, 1e-6);
    ck_assert_double_eq(second.rss_bytes, 5000);
    ck_assert_double_lt(second.packets, 0);
}
END_TEST

START_TEST(nothing_is_made_up)
{
    struct target_second second = difference("a 1\n", "a 2\n");
    ck_assert_double_lt(second.cpu, 0);
    ck_assert_double_lt(second.drops, 0);
    /* it began anew: a counter went back */
    second = difference("process_cpu_seconds_total 30\n", "process_cpu_seconds_total 1\n");
    ck_assert_double_lt(second.cpu, 0);
    second = difference("process_cpu_seconds_total NaN\n", "process_cpu_seconds_total 1\n");
    ck_assert_double_lt(second.cpu, 0);
    /* shown for the first time: no difference yet */
    second = difference("", "process_cpu_seconds_total 1\n");
    ck_assert_double_lt(second.cpu, 0);
}
END_TEST

/* A platform with names of its own: what its driver maps is taken from there alone. */
START_TEST(names_that_a_driver_declares)
{
    static const struct target_metric declared[] = {
        {TARGET_CPU, "sfu_cpu_seconds", "", "", false},
        {TARGET_DROPS, "sfu_lost", "why", " late full ", false},
        {TARGET_DROPS, "sfu_overrun", "queue", " control ", true},
    };
    own = declared;
    own_count = sizeof declared / sizeof *declared;
    struct target_second second =
        difference("sfu_cpu_seconds 1\nprocess_cpu_seconds_total 50\n"
                   "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 10\n"
                   "sfu_lost{why=\"late\"} 0\nsfu_lost{why=\"policy\"} 0\n"
                   "sfu_overrun{queue=\"media\"} 0\nsfu_overrun{queue=\"control\"} 0\n"
                   "caseload_media_drops_total{cause=\"late\"} 0\n"
                   "caseload_media_datagrams_in_total 0\n",
                   "sfu_cpu_seconds 2\nprocess_cpu_seconds_total 70\n"
                   "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 20\n"
                   "sfu_lost{why=\"late\"} 4\nsfu_lost{why=\"policy\"} 1000\n"
                   "sfu_overrun{queue=\"media\"} 6\nsfu_overrun{queue=\"control\"} 1000\n"
                   "caseload_media_drops_total{cause=\"late\"} 1000\n"
                   "caseload_media_datagrams_in_total 50\n");
    own = NULL;
    own_count = 0;
    ck_assert_double_eq_tol(second.cpu, 0.5, 1e-9);
    ck_assert_double_eq_tol(second.drops, 5, 1e-9);
    ck_assert_double_eq_tol(second.packets, 25, 1e-9); /* not mapped: as everywhere */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target_metrics");
    TCase *cases = tcase_create("targets");
    tcase_add_test(cases, a_host_by_node_exporter);
    tcase_add_test(cases, caseload_server_and_its_process);
    tcase_add_test(cases, nothing_is_made_up);
    tcase_add_test(cases, names_that_a_driver_declares);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
