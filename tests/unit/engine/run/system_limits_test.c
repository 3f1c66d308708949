#include "engine/run/system_limits.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* A machine and a load of ten thousand signalling-only users in each of two shards. */
static struct system_limits limits;
static struct limits_demand demand;
static struct limits_report report;

static void setup(void)
{
    limits = (struct system_limits){.descriptors = 20000,
                                    .local_ports = 28232,
                                    .listen_backlog = 4096,
                                    .rx_buffer_bytes = 8U << 20,
                                    .conntrack_max = 65536,
                                    .conntrack_used = 100,
                                    .memory_bytes = 8ULL << 30};
    demand = (struct limits_demand){.shards = 2,
                                    .people = 10000,
                                    .descriptors_per_person = 1,
                                    .connections_per_s = 1000,
                                    .bytes_per_person = 40U << 10,
                                    .flows_per_person = 1,
                                    .server_here = true};
}

/* The one finding there is. */
static const struct limit_finding *judge(void)
{
    system_limits_judge(&limits, &demand, &report);
    ck_assert_uint_eq(report.count, 1);
    return &report.findings[0];
}

static void nothing_is_found(void)
{
    system_limits_judge(&limits, &demand, &report);
    ck_assert_uint_eq(report.count, 0);
}

START_TEST(what_fits_is_not_mentioned)
{
    nothing_is_found();
}
END_TEST

START_TEST(descriptors_are_per_process)
{
    demand.descriptors_per_person = 4;
    ck_assert(judge()->fatal);
    ck_assert_str_eq(report.findings[0].limit, "descriptors");
    ck_assert_ptr_nonnull(strstr(report.findings[0].text, "40200"));
    ck_assert_ptr_nonnull(strstr(report.findings[0].text, "--workers to 5"));
    demand.people = 4950;
    nothing_is_found();
    demand.people++;
    ck_assert(judge()->fatal);
    limits.descriptors = 64;
    ck_assert_ptr_nonnull(strstr(judge()->text, "ulimit -n"));
}
END_TEST

START_TEST(ports_are_for_all_shards_of_the_host)
{
    limits.local_ports = 20500;
    nothing_is_found();
    limits.local_ports = 20499;
    ck_assert(judge()->fatal);
    ck_assert_str_eq(report.findings[0].limit, "local ports");
    ck_assert_ptr_nonnull(strstr(report.findings[0].text, "ip_local_port_range"));
}
END_TEST

START_TEST(a_firewall_counts_every_flow)
{
    demand.flows_per_person = 3;
    nothing_is_found();
    limits.conntrack_used = 5000;
    ck_assert(judge()->fatal);
    ck_assert_ptr_nonnull(strstr(report.findings[0].text, "nf_conntrack_max"));
    limits.conntrack_max = 0; /* the module is not loaded */
    nothing_is_found();
}
END_TEST

START_TEST(memory_is_counted)
{
    limits.memory_bytes = 512U << 20;
    ck_assert(judge()->fatal);
    ck_assert_str_eq(report.findings[0].limit, "memory");
    ck_assert_ptr_nonnull(strstr(report.findings[0].text, "781 MiB"));
}
END_TEST

START_TEST(a_burst_is_warned_of)
{
    demand.connections_per_s = 4097;
    ck_assert(!judge()->fatal);
    ck_assert_ptr_nonnull(strstr(report.findings[0].text, "somaxconn"));
    demand.server_here = false; /* its backlog is not known */
    nothing_is_found();
}
END_TEST

START_TEST(a_shared_socket_wants_a_buffer)
{
    limits.rx_buffer_bytes = 212992;
    nothing_is_found();
    demand.shared_media_socket = true;
    ck_assert(!judge()->fatal);
    ck_assert_ptr_nonnull(strstr(report.findings[0].text, "rmem_max"));
}
END_TEST

START_TEST(everything_at_once_fits_the_report)
{
    limits = (struct system_limits){1, 1, 1, 1, 1, 1, 1};
    demand.shared_media_socket = true;
    system_limits_judge(&limits, &demand, &report);
    ck_assert_uint_eq(report.count, 6);
    ck_assert(report.findings[0].fatal);
    ck_assert(!report.findings[5].fatal);
    for (size_t i = 0; i < report.count; i++) /* nothing is cut */
        ck_assert_uint_lt(strlen(report.findings[i].text), sizeof report.findings[i].text - 1);
}
END_TEST

START_TEST(unknown_limits_are_none)
{
    limits = (struct system_limits){0};
    demand.people = 1000000;
    demand.shared_media_socket = true;
    nothing_is_found();
}
END_TEST

START_TEST(a_port_range_is_read)
{
    ck_assert_uint_eq(system_limits_ports("32768\t60999\n"), 28232);
    ck_assert_uint_eq(system_limits_ports("1024 65535"), 64512);
    ck_assert_uint_eq(system_limits_ports("5000 5000"), 1);
    ck_assert_uint_eq(system_limits_ports("5000 4999"), 0);
    ck_assert_uint_eq(system_limits_ports("1 65536"), 0);
    ck_assert_uint_eq(system_limits_ports(""), 0);
}
END_TEST

START_TEST(this_machine_has_limits)
{
    system_limits_read(&limits);
    ck_assert_uint_gt(limits.memory_bytes, 0);
    ck_assert_uint_gt(limits.local_ports, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/run/system_limits");
    TCase *cases = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, what_fits_is_not_mentioned);
    tcase_add_test(cases, descriptors_are_per_process);
    tcase_add_test(cases, ports_are_for_all_shards_of_the_host);
    tcase_add_test(cases, a_firewall_counts_every_flow);
    tcase_add_test(cases, memory_is_counted);
    tcase_add_test(cases, a_burst_is_warned_of);
    tcase_add_test(cases, a_shared_socket_wants_a_buffer);
    tcase_add_test(cases, everything_at_once_fits_the_report);
    tcase_add_test(cases, unknown_limits_are_none);
    tcase_add_test(cases, a_port_range_is_read);
    tcase_add_test(cases, this_machine_has_limits);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
