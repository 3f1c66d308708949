#include "common/net/web_client.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name; /* with what separates it from the host */
    bool tls, websocket;
    uint16_t port;
} schemes[] = {
    {"http://", false, false, 80},
    {"https://", true, false, 443},
    {"ws://", false, true, 80},
    {"wss://", true, true, 443},
};

/* Blanks, control characters and non-ASCII would break the request line (RFC 9112 §3). */
static bool is_printable(const char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text >= 0x7f)
            return false;
    }
    return true;
}

static const char *parse_scheme(const char *text, struct web_url *url)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i].name);
        if (strncasecmp(text, schemes[i].name, length) == 0) {
            url->tls = schemes[i].tls;
            url->websocket = schemes[i].websocket;
            url->port = schemes[i].port;
            return text + length;
        }
    }
    return NULL;
}

/* The host at `at`, with its brackets when it is an IPv6 address; NULL when there is none. */
static const char *parse_host(const char *at, struct web_url *url)
{
    const char *host = at;
    size_t length;
    if (*at == '[') {
        host++;
        length = strcspn(host, "]/?#");
        if (host[length] != ']')
            return NULL;
        at = host + length + 1;
    } else {
        length = strcspn(host, ":/?#");
        at = host + length;
    }
    if (length == 0 || length >= sizeof url->host || memchr(host, '@', length))
        return NULL;
    memcpy(url->host, host, length);
    url->host[length] = '\0';
    return at;
}

static const char *parse_port(const char *at, struct web_url *url)
{
    if (*at != ':')
        return at;
    size_t digits = strspn(++at, "0123456789");
    unsigned long port = digits >= 1 && digits <= 5 ? strtoul(at, NULL, 10) : 0;
    if (port == 0 || port > UINT16_MAX)
        return NULL;
    url->port = (uint16_t)port;
    return at + digits;
}

static const char *parse_path(const char *at, struct web_url *url)
{
    if (*at && *at != '/' && *at != '?' && *at != '#')
        return NULL;
    size_t length = strcspn(at, "#"); /* a fragment never goes to the server */
    int written =
        snprintf(url->path, sizeof url->path, "%s%.*s", *at == '/' ? "" : "/", (int)length, at);
    return (size_t)written < sizeof url->path ? at + strlen(at) : NULL;
}

enum status web_url_parse(const char *text, struct web_url *ret_url, struct failure *failure)
{
    static const char *(*const parts[])(const char *, struct web_url *) = {parse_scheme, parse_host,
                                                                           parse_port, parse_path};
    static const char *const wants[] = {
        "begins with none of http://, https://, ws://, wss://",
        "has no host (at most 255 characters, no user name)",
        "has no port between 1 and 65535 after its colon",
        "has no path that begins with / and has at most 1023 characters",
    };
    struct web_url url = {0};

    if (!is_printable(text))
        return failure_set(failure, STATUS_INVALID, "URL '%s' has characters to be %%-encoded",
                           text);
    const char *at = text;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        at = parts[i](at, &url);
        if (!at)
            return failure_set(failure, STATUS_INVALID, "URL '%s' %s", text, wants[i]);
    }
    *ret_url = url;
    return STATUS_OK;
}

enum status web_resolve(const char *host, char *ret_address, size_t size, struct failure *failure)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char address[INET6_ADDRSTRLEN + 20]; /* room for a link-local scope */

    int error = getaddrinfo(host, NULL, &hints, &found);
    if (error)
        return failure_set(failure, STATUS_UNREACHABLE, "host '%s' cannot be resolved: %s", host,
                           gai_strerror(error));
    error = getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof address, NULL, 0,
                        NI_NUMERICHOST);
    freeaddrinfo(found);
    if (error)
        return failure_set(failure, STATUS_UNREACHABLE, "host '%s' has no numeric address: %s",
                           host, gai_strerror(error));
    if (strlen(address) >= size)
        return failure_set(failure, STATUS_TOO_LARGE, "address %s of host '%s' is too long",
                           address, host);
    memcpy(ret_address, address, strlen(address) + 1);
    return STATUS_OK;
}
