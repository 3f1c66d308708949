#include "tests/unit/common/net/net_fixture.h"

/* The reason why a TLS connection to our server fails with this client, or "" when it opens. */
static const char *try_tls(struct net *net, const char *host)
{
    static char reason[512];
    struct net_socket socket;
    struct web_url url = net_url(net, "/live");
    strcpy(url.host, host);
    net_open_url(net, &socket, &url, NULL, 0);
    net_until(net, socket.opened || socket.closed);
    strcpy(reason, socket.reason);
    net_close_socket(&socket);
    web_client_destroy(net->client);
    net->client = NULL;
    net_until(net, web_server_connections(net->server) == 0);
    return reason;
}

static void start_tls(struct net *net, const char *ca)
{
    net_start(net);
    net_use_tls(net, ca);
    net_serve(net);
    net_make_client(net);
}

START_TEST(chain_to_the_trusted_authority_is_accepted)
{
    struct net net;
    start_tls(&net, "ca.pem");
    ck_assert_str_eq(try_tls(&net, "127.0.0.1"), "");
    net_make_client(&net);
    ck_assert_str_eq(try_tls(&net, "localhost"), "");
    net_finish(&net);
}
END_TEST

START_TEST(every_authority_of_a_bundle_counts)
{
    struct net net;
    start_tls(&net, "ca_bundle.pem");
    ck_assert_str_eq(try_tls(&net, "caseload.test"), "");
    net_finish(&net);
}
END_TEST

START_TEST(other_authority_is_refused_with_the_reason)
{
    struct net net;
    start_tls(&net, "other_ca.pem");
    const char *reason = try_tls(&net, "127.0.0.1");
    ck_assert_msg(strstr(reason, "TLS with 127.0.0.1 port ") == reason, "%s", reason);
    ck_assert_msg(strstr(reason, "unable to get local issuer certificate") != NULL, "%s", reason);
    ck_assert_int_eq(net.opened, 0);
    net_finish(&net);
}
END_TEST

START_TEST(other_name_is_refused_with_the_reason)
{
    struct net net;
    start_tls(&net, "ca.pem");
    const char *reason = try_tls(&net, "other.test");
    ck_assert_msg(strstr(reason, "hostname mismatch") != NULL, "%s", reason);
    net_make_client(&net);
    reason = try_tls(&net, "127.0.0.2");
    ck_assert_msg(strstr(reason, "IP address mismatch") != NULL, "%s", reason);
    net_finish(&net);
}
END_TEST

START_TEST(system_trust_does_not_know_our_authority)
{
    struct net net;
    start_tls(&net, NULL);
    const char *reason = try_tls(&net, "127.0.0.1");
    ck_assert_msg(strstr(reason, "TLS with 127.0.0.1 port ") == reason, "%s", reason);
    net_finish(&net);
}
END_TEST

START_TEST(insecure_accepts_what_it_must_not_otherwise)
{
    struct net net;
    net_start(&net);
    net_use_tls(&net, "other_ca.pem");
    net.client_config.insecure = true;
    net_serve(&net);
    net_make_client(&net);
    ck_assert_str_eq(try_tls(&net, "other.test"), "");
    net_finish(&net);
}
END_TEST

START_TEST(each_client_keeps_its_own_trust)
{
    struct net net;
    struct web_client *first;
    start_tls(&net, "ca.pem");
    first = net.client;
    net.client_config.ca_pem = NULL;
    net_make_client(&net);
    ck_assert_str_ne(try_tls(&net, "127.0.0.1"), "");
    net.client = first;
    ck_assert_str_eq(try_tls(&net, "127.0.0.1"), "");
    net_finish(&net);
}
END_TEST

START_TEST(unusable_trust_is_refused)
{
    static const char *const texts[] = {
        "", "no PEM at all", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
    struct net net;
    net_start(&net);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct failure failure = {0};
        net.client_config.ca_pem = texts[i];
        ck_assert_int_eq(web_client_create(&net.client_config, &net.client, &failure),
                         STATUS_INVALID);
        ck_assert_ptr_nonnull(strstr(failure.message, "certificates to trust"));
    }
    net_finish(&net);
}
END_TEST

START_TEST(tls_to_a_plain_server_and_plain_to_a_tls_server_fail)
{
    struct net net;
    struct net_socket socket;
    start_tls(&net, "ca.pem");
    struct web_url url = net_url(&net, "/live");
    url.tls = false;
    net_open_url(&net, &socket, &url, NULL, 0);
    net_until(&net, socket.closed);
    ck_assert_int_eq(socket.opened, 0);
    net_close_socket(&socket);
    web_server_destroy(net.server);

    net.server_config.certificate_pem = net.server_config.key_pem = NULL;
    net_serve(&net);
    url = net_url(&net, "/live");
    url.tls = true;
    net_open_url(&net, &socket, &url, NULL, 0);
    net_until(&net, socket.closed);
    ck_assert_ptr_nonnull(strstr(socket.reason, "TLS with 127.0.0.1 port"));
    net_close_socket(&socket);
    net_finish(&net);
}
END_TEST

static struct net *reentered;
static struct net_answer second_answer;

static void send_again(void *arg, int http_status, const char *content_type, const char *body,
                       size_t size, int64_t now_us)
{
    net_on_answer(arg, http_status, content_type, body, size, now_us);
    net_send(reentered, "GET", "/second", NULL, 0, &second_answer);
}

START_TEST(callbacks_may_start_new_work)
{
    struct net net;
    struct net_answer answer = {0};
    net_start(&net);
    net_serve(&net);
    net_make_client(&net);
    reentered = &net;
    struct web_url url = net_url(&net, "/first");
    ck_assert_int_eq(web_request_send(net.client, &url, "127.0.0.1", "GET", NULL, 0, NULL, 0,
                                      send_again, &answer, NULL),
                     STATUS_OK);
    net_until(&net, second_answer.count == 1);
    ck_assert_int_eq(answer.http_status, 200);
    ck_assert_str_eq(net.path, "/second");
    net_finish(&net);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/net/web_client");
    TCase *cases = tcase_create("web_client");
    tcase_set_timeout(cases, 40);
    tcase_add_test(cases, chain_to_the_trusted_authority_is_accepted);
    tcase_add_test(cases, every_authority_of_a_bundle_counts);
    tcase_add_test(cases, other_authority_is_refused_with_the_reason);
    tcase_add_test(cases, other_name_is_refused_with_the_reason);
    tcase_add_test(cases, system_trust_does_not_know_our_authority);
    tcase_add_test(cases, insecure_accepts_what_it_must_not_otherwise);
    tcase_add_test(cases, each_client_keeps_its_own_trust);
    tcase_add_test(cases, unusable_trust_is_refused);
    tcase_add_test(cases, tls_to_a_plain_server_and_plain_to_a_tls_server_fail);
    tcase_add_test(cases, callbacks_may_start_new_work);
    suite_add_tcase(suite, cases);
    return net_main(suite);
}
