#include "common/webrtc/transport/dtls_session.h"

#include <assert.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/webrtc/transport/certificate_private.h"
#include "common/webrtc/transport/dtls_library.h"

#define FIRST_RETRANSMISSION_US 100000u
#define LAST_RETRANSMISSION_US 60000000u /* RFC 6347 §4.2.4.1 */
#define DATAGRAM_MIN 256                 /* OpenSSL's smallest MTU */
#define SENT_FRAGMENT_MAX 1200           /* keeps OpenSSL's write buffer at 1.5 KiB, not 16 */
/* RFC 5764 §4.2; with the reading side's 16 records of a flight this bounds work per datagram. */
#define EXPORTER_LABEL "EXTRACTOR-dtls_srtp"
#define RECORDS_PER_DATAGRAM_MAX 16

struct dtls_session {
    struct dtls_config config;
    SSL *ssl;
    char expected[FINGERPRINT_SIZE];
    enum dtls_state state;
    char error[320];
    /* The one datagram that OpenSSL may read now; NULL once it took it. */
    const uint8_t *incoming;
    size_t incoming_size;
};

/* -- A datagram BIO ----------------------------------------------------------------------------
 * OpenSSL's memory BIOs are byte streams: two datagrams written become one read. This one hands
 * over exactly one datagram per read and passes each write on as one datagram. */

static int bio_write(BIO *bio, const char *data, int size)
{
    struct dtls_session *session = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    session->config.on_send(session->config.arg, data, (size_t)size);
    return size;
}

static int bio_read(BIO *bio, char *data, int size)
{
    struct dtls_session *session = BIO_get_data(bio);
    size_t count = session->incoming_size;

    BIO_clear_retry_flags(bio);
    if (session->incoming == NULL) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (count > (size_t)size)
        count = (size_t)size;
    memcpy(data, session->incoming, count);
    session->incoming = NULL;
    return (int)count;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    const struct dtls_session *session = BIO_get_data(bio);

    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return (long)session->config.datagram_max;
    case BIO_CTRL_DGRAM_SET_MTU:
        return number;
    default:
        return 0;
    }
}

static BIO_METHOD *bio_method; /* lives as long as the process */

static void make_bio_method(void)
{
    bio_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagram");
    if (bio_method == NULL)
        return;
    BIO_meth_set_write(bio_method, bio_write);
    BIO_meth_set_read(bio_method, bio_read);
    BIO_meth_set_ctrl(bio_method, bio_control);
}

static BIO *bio_create(struct dtls_session *session)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    BIO *bio;

    pthread_once(&once, make_bio_method);
    bio = bio_method != NULL ? BIO_new(bio_method) : NULL;
    if (bio != NULL) {
        BIO_set_data(bio, session);
        BIO_set_init(bio, 1);
    }
    return bio;
}

/* -- The context that all sessions of a certificate share ---------------------------------------
 */

/* Called in place of X.509 path validation: peers are self-signed, and what binds one to the
 * signalling is the fingerprint in its description (RFC 8122 §6, RFC 8827 §6.5). */
static int verify_peer(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct dtls_session *session = SSL_get_app_data(ssl);
    const X509 *peer = X509_STORE_CTX_get0_cert(store);
    char got[FINGERPRINT_SIZE];

    (void)arg;
    if (peer != NULL && certificate_digest(peer, got) == STATUS_OK) {
        if (strcasecmp(got, session->expected) == 0)
            return 1;
        snprintf(session->error, sizeof(session->error),
                 "certificate fingerprint mismatch: expected %s, got %s", session->expected, got);
    }
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static bool configure(SSL_CTX *context, const struct certificate *certificate)
{
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(context, verify_peer, NULL);
    /* RFC 8827 §6.5 demands the ECDHE-ECDSA suite with AES-128-GCM; peers with an RSA certificate
     * are older but real. */
    return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL") == 1 &&
           SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
           SSL_CTX_set_max_send_fragment(context, SENT_FRAGMENT_MAX) == 1 &&
           /* This one answers 0 for success. */
           SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") ==
               0 &&
           SSL_CTX_use_certificate(context, certificate->x509) == 1 &&
           SSL_CTX_use_PrivateKey(context, certificate->key) == 1;
}

static SSL_CTX *shared_context(struct certificate *certificate)
{
    SSL_CTX *context;

    pthread_mutex_lock(&certificate->lock);
    if (certificate->dtls_context == NULL) {
        context = SSL_CTX_new_ex(dtls_library(), NULL, DTLS_method());
        if (context != NULL && !configure(context, certificate)) {
            SSL_CTX_free(context);
            context = NULL;
        }
        certificate->dtls_context = context;
    }
    context = certificate->dtls_context;
    pthread_mutex_unlock(&certificate->lock);
    return context;
}

/* -- The session --------------------------------------------------------------------------------
 */

/* Called with 0 for the first transmission of a flight, then with the interval just over. */
static unsigned int next_interval(SSL *ssl, unsigned int interval_us)
{
    (void)ssl;
    if (interval_us == 0)
        return FIRST_RETRANSMISSION_US;
    return interval_us < LAST_RETRANSMISSION_US / 2 ? interval_us * 2 : LAST_RETRANSMISSION_US;
}

static enum status make_ssl(struct dtls_session *session)
{
    SSL_CTX *context = shared_context(session->config.certificate);
    BIO *bio;

    session->ssl = context != NULL ? SSL_new(context) : NULL;
    if (session->ssl == NULL)
        return STATUS_CRYPTO;
    bio = bio_create(session);
    if (bio == NULL)
        return STATUS_NO_MEMORY;
    SSL_set_bio(session->ssl, bio, bio); /* takes the one reference for both directions */
    SSL_set_app_data(session->ssl, session);
    SSL_set_mtu(session->ssl, (long)session->config.datagram_max);
    DTLS_set_timer_cb(session->ssl, next_interval);
    if (session->config.server)
        SSL_set_accept_state(session->ssl);
    else
        SSL_set_connect_state(session->ssl);
    return STATUS_OK;
}

enum status dtls_session_create(const struct dtls_config *config, struct dtls_session **ret_session)
{
    struct dtls_session *session;
    enum status status;

    assert(config->certificate != NULL && config->on_send != NULL);
    if (config->remote_fingerprint == NULL || config->datagram_max < DATAGRAM_MIN ||
        strlen(config->remote_fingerprint) >= FINGERPRINT_SIZE)
        return STATUS_INVALID;
    session = calloc(1, sizeof(*session));
    if (session == NULL)
        return STATUS_NO_MEMORY;
    session->config = *config;
    memcpy(session->expected, config->remote_fingerprint, strlen(config->remote_fingerprint) + 1);
    session->config.remote_fingerprint = session->expected;
    ERR_clear_error();
    status = make_ssl(session);
    if (status != STATUS_OK)
        dtls_session_destroy(session);
    else
        *ret_session = session;
    return status;
}

void dtls_session_forget(struct dtls_session *session)
{
    if (session == NULL)
        return;
    SSL_free(session->ssl);
    ERR_clear_error();
    free(session);
}

void dtls_session_destroy(struct dtls_session *session)
{
    ERR_clear_error();
    if (session != NULL && session->state == DTLS_CONNECTED)
        SSL_shutdown(session->ssl);
    dtls_session_forget(session);
}

static void fail(struct dtls_session *session)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    session->state = DTLS_FAILED;
    if (session->error[0] == '\0')
        snprintf(session->error, sizeof(session->error), "DTLS handshake failed: %s",
                 reason != NULL ? reason : "the peer broke the protocol");
    ERR_clear_error();
}

/* After any OpenSSL call that returned `result` <= 0: fatal, closed, or only waiting? */
static void judge(struct dtls_session *session, int result)
{
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        ERR_clear_error();
        break;
    case SSL_ERROR_ZERO_RETURN:
        session->state = DTLS_CLOSED;
        break;
    default:
        fail(session);
    }
}

static void advance(struct dtls_session *session)
{
    int result;

    ERR_clear_error();
    result = SSL_do_handshake(session->ssl);
    if (result == 1)
        session->state = DTLS_CONNECTED;
    else
        judge(session, result);
}

/* Connected: nothing but retransmissions of the last flight and alerts is expected; application
 * data (data channels) has no reader here. */
static void drain(struct dtls_session *session)
{
    uint8_t ignored[2048];
    int result = 1;

    ERR_clear_error();
    for (int i = 0; i < RECORDS_PER_DATAGRAM_MAX && result > 0; i++)
        result = SSL_read(session->ssl, ignored, sizeof(ignored));
    if (result <= 0)
        judge(session, result);
}

void dtls_session_start(struct dtls_session *session)
{
    if (session->state == DTLS_HANDSHAKING && !session->config.server)
        advance(session);
}

void dtls_session_receive(struct dtls_session *session, const void *data, size_t size)
{
    if (size == 0)
        return;
    session->incoming = data;
    session->incoming_size = size;
    if (session->state == DTLS_HANDSHAKING)
        advance(session);
    else if (session->state == DTLS_CONNECTED)
        drain(session);
    session->incoming = NULL;
}

int64_t dtls_session_timeout_us(struct dtls_session *session)
{
    struct timeval left;

    if (session->state != DTLS_HANDSHAKING || DTLSv1_get_timeout(session->ssl, &left) != 1)
        return -1;
    return (int64_t)left.tv_sec * 1000000 + left.tv_usec;
}

void dtls_session_on_timeout(struct dtls_session *session)
{
    if (session->state != DTLS_HANDSHAKING)
        return;
    ERR_clear_error();
    if (DTLSv1_handle_timeout(session->ssl) >= 0)
        return;
    if (session->error[0] == '\0')
        snprintf(session->error, sizeof(session->error),
                 "DTLS handshake timed out: the peer stopped answering");
    fail(session);
}

enum dtls_state dtls_session_state(const struct dtls_session *session)
{
    return session->state;
}

const char *dtls_session_error(const struct dtls_session *session)
{
    return session->error;
}

/* Sizes of RFC 5764 §4.1.2 and RFC 7714 §12. False: a suite we did not offer. */
static bool suite_sizes(struct srtp_keys *keys)
{
    keys->key_size = 16;
    keys->salt_size = keys->suite == SRTP_SUITE_AEAD_AES_128_GCM ? 12 : 14;
    return keys->suite == SRTP_SUITE_AEAD_AES_128_GCM ||
           keys->suite == SRTP_SUITE_AES128_CM_SHA1_80;
}

/* RFC 5764 §4.2: client key, server key, client salt, server salt. */
static void split_keys(const uint8_t *block, bool server, struct srtp_keys *keys)
{
    const uint8_t *salts = block + 2 * keys->key_size;
    uint8_t *client = server ? keys->receive : keys->send;
    uint8_t *served = server ? keys->send : keys->receive;

    memcpy(client, block, keys->key_size);
    memcpy(served, block + keys->key_size, keys->key_size);
    memcpy(client + keys->key_size, salts, keys->salt_size);
    memcpy(served + keys->key_size, salts + keys->salt_size, keys->salt_size);
}

enum status dtls_session_keys(struct dtls_session *session, struct srtp_keys *ret_keys)
{
    const SRTP_PROTECTION_PROFILE *profile;
    struct srtp_keys keys = {0};
    uint8_t block[2 * (16 + 14)];

    if (session->state != DTLS_CONNECTED)
        return STATUS_CONFLICT;
    profile = SSL_get_selected_srtp_profile(session->ssl);
    if (profile == NULL)
        return STATUS_CRYPTO;
    keys.suite = (enum srtp_suite)profile->id;
    if (!suite_sizes(&keys))
        return STATUS_CRYPTO;
    if (SSL_export_keying_material(session->ssl, block, 2 * (keys.key_size + keys.salt_size),
                                   EXPORTER_LABEL, strlen(EXPORTER_LABEL), NULL, 0, 0) != 1)
        return STATUS_CRYPTO;
    split_keys(block, session->config.server, &keys);
    *ret_keys = keys;
    OPENSSL_cleanse(block, sizeof(block));
    OPENSSL_cleanse(&keys, sizeof(keys));
    return STATUS_OK;
}
