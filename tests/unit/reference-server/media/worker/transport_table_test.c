#include "reference-server/media/worker/transport_table.h"

#include <arpa/inet.h>
#include <check.h>

static struct transport_table *table;
/* Only their addresses count here. */
static char place_a, place_b;
static struct server_transport *const a = (struct server_transport *)&place_a;
static struct server_transport *const b = (struct server_transport *)&place_b;

static void setup(void)
{
    table = transport_table_create(1);
    ck_assert_ptr_nonnull(table);
}

static void teardown(void)
{
    transport_table_destroy(table);
}

static struct sockaddr_in address(const char *host, uint16_t port)
{
    struct sockaddr_in result = {.sin_family = AF_INET, .sin_port = htons(port)};
    ck_assert_int_eq(inet_pton(AF_INET, host, &result.sin_addr), 1);
    return result;
}

START_TEST(fragments_are_exact)
{
    ck_assert_int_eq(transport_table_add_ufrag(table, "abcdefgh", a), STATUS_OK);
    ck_assert_ptr_eq(transport_table_by_ufrag(table, "abcdefgh"), a);
    ck_assert_ptr_null(transport_table_by_ufrag(table, "abcdefgi"));
    ck_assert_ptr_null(transport_table_by_ufrag(table, "abcdefg"));
    ck_assert_ptr_null(transport_table_by_ufrag(table, "abcdefghi"));
    ck_assert_ptr_null(transport_table_by_ufrag(table, ""));
    ck_assert_int_eq(transport_table_add_ufrag(table, "short", a), STATUS_INVALID);
}
END_TEST

START_TEST(port_and_host_both_count)
{
    struct sockaddr_in first = address("127.0.0.1", 4000), other_port = address("127.0.0.1", 4001),
                       other_host = address("127.0.0.2", 4000);
    struct server_transport *former = b;
    ck_assert_int_eq(transport_table_add_address(table, &first, a, &former), STATUS_OK);
    ck_assert_ptr_null(former);
    ck_assert_ptr_eq(transport_table_by_address(table, &first), a);
    ck_assert_ptr_null(transport_table_by_address(table, &other_port));
    ck_assert_ptr_null(transport_table_by_address(table, &other_host));
}
END_TEST

/* Light clients: thousands of hosts, one port. */
START_TEST(many_hosts_have_one_port)
{
    struct sockaddr_in place = address("127.16.0.1", 4000);
    struct server_transport *former = NULL;

    for (uint32_t i = 0; i < 4000; i++) {
        place.sin_addr.s_addr = htonl(0x7f100001 + i);
        ck_assert_int_eq(transport_table_add_address(table, &place, i % 2 ? a : b, &former),
                         STATUS_OK);
        ck_assert_ptr_null(former);
    }
    for (uint32_t i = 0; i < 4000; i++) {
        place.sin_addr.s_addr = htonl(0x7f100001 + i);
        ck_assert_ptr_eq(transport_table_by_address(table, &place), i % 2 ? a : b);
    }
    place.sin_addr.s_addr = htonl(0x7f100001 + 4000);
    ck_assert_ptr_null(transport_table_by_address(table, &place));
}
END_TEST

START_TEST(an_address_changes_hands)
{
    struct sockaddr_in place = address("127.0.0.1", 4000);
    struct server_transport *former = NULL;
    ck_assert_int_eq(transport_table_add_address(table, &place, a, &former), STATUS_OK);
    ck_assert_int_eq(transport_table_add_address(table, &place, a, &former), STATUS_OK);
    ck_assert_ptr_null(former);
    ck_assert_int_eq(transport_table_add_address(table, &place, b, &former), STATUS_OK);
    ck_assert_ptr_eq(former, a);
    transport_table_remove_address(table, &place, a); /* no longer its own */
    ck_assert_ptr_eq(transport_table_by_address(table, &place), b);
    transport_table_remove_address(table, &place, b);
    ck_assert_ptr_null(transport_table_by_address(table, &place));
}
END_TEST

START_TEST(a_restart_has_two_fragments_for_a_while)
{
    ck_assert_int_eq(transport_table_add_ufrag(table, "oldoldol", a), STATUS_OK);
    ck_assert_int_eq(transport_table_add_ufrag(table, "newnewne", a), STATUS_OK);
    transport_table_remove_ufrag(table, "oldoldol", b);
    ck_assert_ptr_eq(transport_table_by_ufrag(table, "oldoldol"), a);
    transport_table_remove_ufrag(table, "oldoldol", a);
    ck_assert_ptr_null(transport_table_by_ufrag(table, "oldoldol"));
    ck_assert_ptr_eq(transport_table_by_ufrag(table, "newnewne"), a);
}
END_TEST

START_TEST(participants_are_counted_and_walked)
{
    size_t cursor = 0;
    ck_assert_int_eq(transport_table_add_participant(table, 1, a), STATUS_OK);
    ck_assert_int_eq(transport_table_add_participant(table, UINT64_MAX, b), STATUS_OK);
    ck_assert_uint_eq(transport_table_count(table), 2);
    struct server_transport *first = transport_table_next(table, &cursor);
    struct server_transport *second = transport_table_next(table, &cursor);
    ck_assert((first == a && second == b) || (first == b && second == a));
    ck_assert_ptr_null(transport_table_next(table, &cursor));
    transport_table_remove_participant(table, 1);
    ck_assert_ptr_null(transport_table_by_participant(table, 1));
    ck_assert_ptr_eq(transport_table_by_participant(table, UINT64_MAX), b);
}
END_TEST

START_TEST(it_holds_as_many_as_it_says)
{
    for (uint64_t i = 1; i <= TRANSPORTS_MAX; i++)
        ck_assert_int_eq(transport_table_add_participant(table, i, a), STATUS_OK);
    ck_assert_int_eq(transport_table_add_participant(table, TRANSPORTS_MAX + 1, a), STATUS_FULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/worker/transport_table");
    TCase *cases = tcase_create("transport_table");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, fragments_are_exact);
    tcase_add_test(cases, port_and_host_both_count);
    tcase_add_test(cases, many_hosts_have_one_port);
    tcase_add_test(cases, an_address_changes_hands);
    tcase_add_test(cases, a_restart_has_two_fragments_for_a_while);
    tcase_add_test(cases, participants_are_counted_and_walked);
    tcase_add_test(cases, it_holds_as_many_as_it_says);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
