#include "common/net/web_client.h"
#include "tests/unit/common/net/net_fixture.h"

#include <stdio.h>

START_TEST(urls_are_taken_apart)
{
    static const struct {
        const char *text;
        struct web_url url;
    } rows[] = {
        {"http://example.org", {false, false, "example.org", 80, "/"}},
        {"https://example.org/", {true, false, "example.org", 443, "/"}},
        {"ws://h:8080/live?x=1", {false, true, "h", 8080, "/live?x=1"}},
        {"WSS://H.example:65535?a", {true, true, "H.example", 65535, "/?a"}},
        {"http://[::1]:80/a#b", {false, false, "::1", 80, "/a"}},
        {"https://[fe80::1%eth0]", {true, false, "fe80::1%eth0", 443, "/"}},
        {"http://127.0.0.1#top", {false, false, "127.0.0.1", 80, "/"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct web_url url;
        ck_assert_int_eq(web_url_parse(rows[i].text, &url, NULL), STATUS_OK);
        ck_assert_str_eq(url.host, rows[i].url.host);
        ck_assert_str_eq(url.path, rows[i].url.path);
        ck_assert_uint_eq(url.port, rows[i].url.port);
        ck_assert_int_eq(url.tls, rows[i].url.tls);
        ck_assert_int_eq(url.websocket, rows[i].url.websocket);
    }
}
END_TEST

START_TEST(bad_urls_are_refused_with_the_reason)
{
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"", "none of http://"},
        {"example.org", "none of http://"},
        {"ftp://example.org", "none of http://"},
        {"http:/example.org", "none of http://"},
        {"http://", "no host"},
        {"http:///path", "no host"},
        {"http://:80/", "no host"},
        {"http://user@host/", "no host"},
        {"http://[::1/", "no host"},
        {"http://host:/", "no port"},
        {"http://host:0/", "no port"},
        {"http://host:65536/", "no port"},
        {"http://host:123456/", "no port"},
        {"http://host:-1/", "no port"},
        {"http://host:80x/", "no path"},
        {"http://[::1]x/", "no path"},
        {"http://host/a b", "encoded"},
        {"http://host/a\r\nb", "encoded"},
        {"http://host/\x80", "encoded"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct web_url url;
        struct failure failure = {0};
        ck_assert_msg(web_url_parse(rows[i].text, &url, &failure) == STATUS_INVALID, "%s",
                      rows[i].text);
        ck_assert_msg(strstr(failure.message, rows[i].reason) != NULL, "%s: %s", rows[i].text,
                      failure.message);
    }
}
END_TEST

START_TEST(long_parts_are_refused_not_cut)
{
    struct web_url url;
    char text[2000];
    snprintf(text, sizeof text, "http://%0255d/", 1);
    ck_assert_int_eq(web_url_parse(text, &url, NULL), STATUS_OK);
    snprintf(text, sizeof text, "http://%0256d/", 1);
    ck_assert_int_eq(web_url_parse(text, &url, NULL), STATUS_INVALID);
    snprintf(text, sizeof text, "http://h/%01022d", 1);
    ck_assert_int_eq(web_url_parse(text, &url, NULL), STATUS_OK);
    snprintf(text, sizeof text, "http://h/%01023d", 1);
    ck_assert_int_eq(web_url_parse(text, &url, NULL), STATUS_INVALID);
}
END_TEST

START_TEST(numeric_hosts_resolve_to_themselves)
{
    char address[64];
    struct failure failure = {0};
    ck_assert_int_eq(web_resolve("127.0.0.1", address, sizeof address, &failure), STATUS_OK);
    ck_assert_str_eq(address, "127.0.0.1");
    ck_assert_int_eq(web_resolve("::1", address, sizeof address, &failure), STATUS_OK);
    ck_assert_str_eq(address, "::1");
    ck_assert_int_eq(web_resolve("127.0.0.1", address, 9, &failure), STATUS_TOO_LARGE);
    /* RFC 6761: this name never exists; the resolver may be out of reach, which also refuses. */
    ck_assert_int_eq(web_resolve("no.such.host.invalid", address, sizeof address, &failure),
                     STATUS_UNREACHABLE);
    ck_assert_ptr_nonnull(strstr(failure.message, "no.such.host.invalid"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/net/web_url");
    TCase *cases = tcase_create("web_url");
    tcase_set_timeout(cases, 40);
    tcase_add_test(cases, urls_are_taken_apart);
    tcase_add_test(cases, bad_urls_are_refused_with_the_reason);
    tcase_add_test(cases, long_parts_are_refused_not_cut);
    tcase_add_test(cases, numeric_hosts_resolve_to_themselves);
    suite_add_tcase(suite, cases);
    return net_main(suite);
}
