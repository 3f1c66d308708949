#include "common/net/web_client.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/net/web_client_internal.h"

enum {
    HEADER_LIMIT = 8192,    /* of a response, and of what libwebsockets keeps of the request */
    REQUEST_HEADERS = 8192, /* our own lines of a request */
    HOST_LIMIT = 110,       /* libwebsockets cuts a longer Host line silently */
};

/* Our deadlines come first; these catch what slips through. */
enum { LIBRARY_TIMEOUT_EXTRA_S = 5 };

static void end_attempt(struct web_attempt *attempt, const char *cause)
{
    if (attempt->link.wsi)
        lws_set_opaque_user_data(attempt->link.wsi, NULL);
    attempt->link.wsi = NULL;
    attempt->on_end(attempt, cause);
}

/* libwebsockets gives `wsi` up; for an error, `in` is its word for it. */
static void on_gone(struct lws *wsi, bool error, const char *in, size_t size)
{
    struct web_attempt *attempt = lws_get_opaque_user_data(wsi);
    char cause[128] = "";
    if (!attempt)
        return;
    if (attempt->starting) { /* web_attempt_start sees that it is gone */
        lws_set_opaque_user_data(wsi, NULL);
        attempt->failed = true;
        return;
    }
    if (error && in)
        snprintf(cause, sizeof cause, "%.*s", (int)size, in);
    end_attempt(attempt, *cause ? cause : NULL);
}

static int dispatch(struct web_client *client, struct lws *wsi, enum lws_callback_reasons reason,
                    void *in, size_t size)
{
    switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
    case LWS_CALLBACK_WSI_DESTROY:
        on_gone(wsi, reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR, in, size);
        return 0;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_RECEIVE:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: {
        struct web_attempt *attempt = lws_get_opaque_user_data(wsi);
        if (!attempt)
            return -1;
        attempt->link.wsi = wsi;
        int result = attempt->on_event(attempt, reason, in, size);
        loop_pace(client->config.loop);
        return result;
    }
    default:
        return 0;
    }
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t size)
{
    (void)user;
    struct web_client *client = lws_context_user(lws_get_context(wsi));
    client->context.depth++;
    int result = dispatch(client, wsi, reason, in, size);
    client->context.depth--;
    return result;
}

static void arm_deadline(struct web_client *client)
{
    struct web_attempt *first = TAILQ_FIRST(&client->deadlines);
    if (!first)
        return;
    int64_t left_us = first->deadline_us - loop_now_us(client->config.loop);
    loop_timer_start(client->deadline_timer, left_us > 0 ? left_us : 0, 0);
}

static void on_deadline(void *arg, int64_t now_us)
{
    struct web_client *client = arg;
    struct web_attempt *attempt;
    while ((attempt = TAILQ_FIRST(&client->deadlines)) && attempt->deadline_us <= now_us) {
        web_attempt_clear_deadline(attempt);
        web_attempt_set_reason(attempt, "%s did not answer within %lld ms", attempt->place,
                               (long long)(client->config.timeout_us / US_PER_MS));
        web_link_kill(&attempt->link);
    }
    arm_deadline(client);
}

static void on_failed(void *arg, int64_t now_us)
{
    (void)now_us;
    struct web_client *client = arg;
    struct web_attempt *attempt;
    while ((attempt = TAILQ_FIRST(&client->failed)))
        attempt->on_end(attempt, NULL);
}

static enum status start_context(struct web_client *client, struct failure *failure)
{
    const struct web_client_config *config = &client->config;
    unsigned timeout_s = (unsigned)(config->timeout_us / US_PER_S) + LIBRARY_TIMEOUT_EXTRA_S;
    struct web_pem_file ca = {.fd = -1};
    struct failure cause;
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_JUST_USE_RAW_ORIGIN,
        .max_http_header_data2 = HEADER_LIMIT,
        .timeout_secs = timeout_s,
        .connect_timeout_secs = timeout_s,
    };
    if (config->ca_pem) {
        enum status status = web_pem_file_open(&ca, config->ca_pem);
        if (status)
            return failure_set(failure, status, "no file for the certificates to trust");
        info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
        info.client_ssl_ca_filepath = ca.path;
    }
    enum status status =
        web_context_create(&client->context, config->loop, &info, on_event, client, &cause);
    web_pem_file_close(&ca);
    if (status)
        return failure_set(failure, status, "no web client: %s", cause.message);
    /* Certificates that cannot be read are no error to libwebsockets, only a complaint. */
    const char *complaint = web_take_complaint();
    if (config->ca_pem && *complaint) {
        failure_set(failure, STATUS_INVALID, "the certificates to trust are not usable PEM: %s",
                    complaint);
        web_context_destroy(&client->context);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

static void free_client(struct web_client *client)
{
    loop_timer_destroy(client->deadline_timer);
    loop_timer_destroy(client->failed_timer);
    free(client);
}

enum status web_client_create(const struct web_client_config *config,
                              struct web_client **ret_client, struct failure *failure)
{
    assert(config->loop && config->message_limit > 0 && config->timeout_us > 0);
    struct web_client *client = calloc(1, sizeof *client);
    if (!client)
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for a web client");
    client->config = *config;
    TAILQ_INIT(&client->attempts);
    TAILQ_INIT(&client->deadlines);
    TAILQ_INIT(&client->failed);
    client->deadline_timer = loop_timer_create(config->loop, on_deadline, client);
    client->failed_timer = loop_timer_create(config->loop, on_failed, client);
    enum status status = client->deadline_timer && client->failed_timer
                             ? start_context(client, failure)
                             : failure_set(failure, STATUS_NO_MEMORY, "no memory for a web client");
    if (status) {
        free_client(client);
        return status;
    }
    *ret_client = client;
    return STATUS_OK;
}

void web_client_destroy(struct web_client *client)
{
    if (!client)
        return;
    client->destroying = true;
    on_failed(client, 0);
    struct web_attempt *attempt;
    TAILQ_FOREACH(attempt, &client->attempts, entry)
    web_attempt_set_reason(attempt, "the client was shut down");
    web_context_destroy(&client->context);
    assert(TAILQ_EMPTY(&client->attempts) && TAILQ_EMPTY(&client->failed));
    free_client(client);
}

void web_attempt_clear_deadline(struct web_attempt *attempt)
{
    if (attempt->deadline_us == 0)
        return;
    attempt->deadline_us = 0;
    TAILQ_REMOVE(&attempt->client->deadlines, attempt, deadline_entry);
}

void web_attempt_set_reason(struct web_attempt *attempt, const char *format, ...)
{
    if (attempt->reason[0])
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(attempt->reason, sizeof attempt->reason, format, arguments);
    va_end(arguments);
}

/* The certificate's fault as libwebsockets 4.3 tells it, "server's cert didn't look good, …
 * X509_V_ERR = 62: …", by OpenSSL's words for its number; NULL: `cause` is about something else. */
static const char *certificate_fault(const char *cause)
{
    static const struct {
        int number;
        const char *text;
    } faults[] = {
        {9, "certificate is not yet valid"},
        {10, "certificate has expired"},
        {18, "self-signed certificate"},
        {19, "self-signed certificate in certificate chain"},
        {20, "unable to get local issuer certificate"},
        {21, "unable to verify the first certificate"},
        {62, "hostname mismatch"},
        {64, "IP address mismatch"},
    };
    static const char prefix[] = "X509_V_ERR = ";
    const char *number = cause ? strstr(cause, prefix) : NULL;
    if (!number)
        return NULL;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (strtol(number + strlen(prefix), NULL, 10) == faults[i].number)
            return faults[i].text;
    }
    return number;
}

/* libwebsockets 4.1 says "Unable to connect", 4.3 "conn fail: " and the errno. */
static bool is_refused(const char *cause)
{
    return cause &&
           (strcmp(cause, "Unable to connect") == 0 || strstr(cause, "conn fail: ") == cause);
}

void web_attempt_explain_failure(struct web_attempt *attempt, const char *cause)
{
    const char *complaint = web_take_tls_complaint(), *fault = certificate_fault(cause);
    if (*complaint || fault)
        web_attempt_set_reason(attempt, "TLS with %s failed: %s", attempt->place,
                               fault ? fault : complaint);
    else if (cause && strstr(cause, "SSL"))
        web_attempt_set_reason(attempt, "TLS with %s failed", attempt->place);
    else if (is_refused(cause))
        web_attempt_set_reason(attempt, "cannot connect to %s: refused or unreachable",
                               attempt->place);
    else
        web_attempt_set_reason(attempt, "no connection to %s%s%s", attempt->place,
                               cause ? ": " : "", cause ? cause : "");
}

void web_attempt_finish(struct web_attempt *attempt)
{
    struct web_client *client = attempt->client;
    web_attempt_clear_deadline(attempt);
    TAILQ_REMOVE(attempt->failed ? &client->failed : &client->attempts, attempt, entry);
    web_link_detach(&attempt->link);
    free(attempt->headers);
}

int web_attempt_append_headers(struct web_attempt *attempt, void *in, size_t room, const char *more)
{
    char **at = in;
    size_t size = strlen(attempt->headers), more_size = strlen(more);
    if (size + more_size >= room) {
        web_attempt_set_reason(attempt, "the request's headers are too long");
        return -1;
    }
    memcpy(*at, attempt->headers, size);
    memcpy(*at + size, more, more_size);
    *at += size + more_size;
    return 0;
}

/* A header that could end its line would smuggle in others. */
static bool is_safe_header(const struct web_header *header)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return *header->name && header->name[strspn(header->name, token)] == '\0' &&
           header->value[strcspn(header->value, "\r\n")] == '\0';
}

static char *join_headers(const struct web_header *headers, size_t count, struct failure *failure)
{
    struct buffer lines;
    buffer_init(&lines, REQUEST_HEADERS);
    buffer_text(&lines, "");
    for (size_t i = 0; i < count; i++) {
        if (!is_safe_header(&headers[i])) {
            failure_set(failure, STATUS_INVALID, "header '%s' cannot be sent", headers[i].name);
            goto failed;
        }
        buffer_format(&lines, "%s: %s\r\n", headers[i].name, headers[i].value);
    }
    if (!lines.failed)
        return (char *)lines.data;
    failure_set(failure, STATUS_TOO_LARGE, "headers are longer than %d bytes", REQUEST_HEADERS);
failed:
    buffer_finish(&lines);
    return NULL;
}

/* The Host line's value, which also gives the name to check the certificate against. */
static enum status make_host(const struct web_url *url, char *host, size_t size,
                             struct failure *failure)
{
    bool six = strchr(url->host, ':') != NULL;
    bool default_port = url->port == (url->tls ? 443 : 80);
    char port[8] = "";
    if (strlen(url->host) > HOST_LIMIT)
        return failure_set(failure, STATUS_TOO_LARGE, "host '%s' is longer than %d characters",
                           url->host, HOST_LIMIT);
    if (six && url->tls) /* libwebsockets takes the name up to the first colon */
        return failure_set(failure, STATUS_UNSUPPORTED,
                           "TLS needs a name or an IPv4 address, not '%s'", url->host);
    if (!default_port)
        snprintf(port, sizeof port, ":%u", url->port);
    snprintf(host, size, "%s%.*s%s%s", six ? "[" : "", HOST_LIMIT, url->host, six ? "]" : "", port);
    return STATUS_OK;
}

static bool is_numeric(const char *address)
{
    struct in6_addr parsed;
    return inet_pton(AF_INET, address, &parsed) == 1 || inet_pton(AF_INET6, address, &parsed) == 1;
}

static int tls_flags(const struct web_url *url, const struct web_client *client)
{
    if (!url->tls)
        return 0;
    return LCCSCF_USE_SSL | (client->config.insecure
                                 ? LCCSCF_ALLOW_SELFSIGNED | LCCSCF_ALLOW_INSECURE |
                                       LCCSCF_ALLOW_EXPIRED | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK
                                 : 0);
}

static void set_deadline(struct web_attempt *attempt)
{
    struct web_client *client = attempt->client;
    attempt->deadline_us = loop_now_us(client->config.loop) + client->config.timeout_us;
    TAILQ_INSERT_TAIL(&client->deadlines, attempt, deadline_entry);
    if (TAILQ_FIRST(&client->deadlines) == attempt)
        arm_deadline(client);
}

/* libwebsockets failed at once; say so in the next turn, as for every other failure. */
static void fail_later(struct web_attempt *attempt)
{
    attempt->failed = true;
    attempt->link.wsi = NULL;
    web_attempt_explain_failure(attempt, "Unable to connect");
    TAILQ_INSERT_TAIL(&attempt->client->failed, attempt, entry);
    loop_timer_start(attempt->client->failed_timer, 0, 0);
}

/* Give the connection to libwebsockets, which may call back before this returns. */
static void connect_attempt(struct web_attempt *attempt, const struct lws_client_connect_info *info)
{
    struct web_client *client = attempt->client;
    attempt->starting = true;
    struct lws *wsi = lws_client_connect_via_info(info);
    attempt->starting = false;
    if (!wsi || attempt->failed) {
        fail_later(attempt);
        return;
    }
    attempt->link.wsi = wsi;
    TAILQ_INSERT_TAIL(&client->attempts, attempt, entry);
    set_deadline(attempt);
}

enum status web_attempt_start(struct web_attempt *attempt, struct web_client *client,
                              const struct web_url *url, const char *address, const char *method,
                              const char *protocol, const struct web_header *headers,
                              size_t header_count, struct failure *failure)
{
    char host[HOST_LIMIT + 16];
    enum status status = make_host(url, host, sizeof host, failure);
    if (status)
        return status;
    if (!is_numeric(address))
        return failure_set(failure, STATUS_INVALID, "'%s' is not a numeric address", address);
    attempt->client = client;
    attempt->headers = join_headers(headers, header_count, failure);
    if (!attempt->headers)
        return failure ? failure->status : STATUS_INVALID;
    snprintf(attempt->place, sizeof attempt->place, "%s port %u", address, url->port);

    struct lws_client_connect_info info = {
        .context = client->context.lws,
        .vhost = client->context.vhost,
        .address = address,
        .port = url->port,
        .ssl_connection = tls_flags(url, client) | LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
        .path = url->path,
        .host = host,
        .method = method,
        .protocol = protocol,
        .local_protocol_name = WEB_PROTOCOL_NAME,
        .alpn = "http/1.1",
        .retry_and_idle_policy = &client->context.retry,
        .opaque_user_data = attempt,
    };
    web_link_attach(&attempt->link, &client->context, NULL, client->config.message_limit);
    connect_attempt(attempt, &info);
    return STATUS_OK;
}
