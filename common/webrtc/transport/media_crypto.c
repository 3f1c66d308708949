#include "common/webrtc/transport/media_crypto.h"

#include <assert.h>
#include <limits.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/transport/aes_gcm.h"
#include "common/webrtc/transport/srtp_gcm.h"
#include "common/webrtc/transport/srtp_window.h"

#define REPLAY_WINDOW SRTP_WINDOW_SIZE
_Static_assert(MEDIA_CRYPTO_OVERHEAD >= SRTP_MAX_TRAILER_LEN + 4,
               "a packet may grow by a trailer and the SRTCP index");
_Static_assert(MEDIA_CRYPTO_OVERHEAD >= SRTP_GCM_OVERHEAD, "by either way");

/* AES-GCM where aes_gcm works, everything else by libsrtp2. */
struct media_crypto {
    srtp_t out, in;                      /* NULL beside the fast ones */
    struct srtp_gcm *fast_out, *fast_in; /* owned */
};

static bool started, fast;

enum status media_crypto_start(void)
{
    if (started)
        return STATUS_OK;
    if (srtp_init() != srtp_err_status_ok)
        return STATUS_CRYPTO;
    fast = aes_gcm_start();
    started = true;
    return STATUS_OK;
}

const char *media_crypto_build(void)
{
    static char text[96];
    bool by_gcm = aes_gcm_start();

    /* The distribution's package is built on NSS (docs/decisions/0001). */
    snprintf(text, sizeof(text), "%s (%s)%s%s", srtp_get_version_string(),
             strstr(CASELOAD_SRTP_BUILD, "OpenSSL") != NULL ? "OpenSSL" : "NSS",
             by_gcm ? ", AES-GCM by " : "", by_gcm ? aes_gcm_build() : "");
    return text;
}

static enum status set_policy(srtp_policy_t *policy, enum srtp_suite suite)
{
    switch (suite) {
    case SRTP_SUITE_AEAD_AES_128_GCM:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtcp);
        return STATUS_OK;
    case SRTP_SUITE_AES128_CM_SHA1_80:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtcp);
        return STATUS_OK;
    case SRTP_SUITE_NONE:
        break;
    }
    return STATUS_UNSUPPORTED;
}

static enum status create_direction(const struct srtp_keys *keys, const uint8_t *key,
                                    srtp_ssrc_type_t direction, srtp_t *ret_session)
{
    srtp_policy_t policy;
    uint8_t copy[SRTP_MAX_KEY_LEN] = {0};
    enum status status;

    memset(&policy, 0, sizeof(policy));
    status = set_policy(&policy, keys->suite);
    if (status != STATUS_OK)
        return status;
    memcpy(copy, key, keys->key_size + keys->salt_size);
    policy.ssrc.type = direction;
    policy.key = copy;
    policy.window_size = REPLAY_WINDOW;
    policy.allow_repeat_tx = 0; /* a second packet under one sequence number reuses GCM's nonce */
    if (srtp_create(ret_session, &policy) != srtp_err_status_ok)
        status = STATUS_CRYPTO;
    explicit_bzero(copy, sizeof(copy));
    return status;
}

static enum status create_general(struct media_crypto *crypto, const struct srtp_keys *keys)
{
    enum status status = create_direction(keys, keys->send, ssrc_any_outbound, &crypto->out);

    if (status == STATUS_OK)
        status = create_direction(keys, keys->receive, ssrc_any_inbound, &crypto->in);
    return status;
}

static enum status create_fast(struct media_crypto *crypto, const struct srtp_keys *keys)
{
    if (keys->key_size != AES_128_KEY_SIZE || keys->salt_size != SRTP_GCM_SALT_SIZE)
        return STATUS_INVALID;
    crypto->fast_out = srtp_gcm_create(keys->send);
    crypto->fast_in = srtp_gcm_create(keys->receive);
    return crypto->fast_out && crypto->fast_in ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status media_crypto_create(const struct srtp_keys *keys, struct media_crypto **ret_crypto)
{
    struct media_crypto *crypto;
    enum status status;

    assert(started);
    if (keys->key_size + keys->salt_size > sizeof(keys->send))
        return STATUS_INVALID;
    crypto = calloc(1, sizeof(*crypto));
    if (crypto == NULL)
        return STATUS_NO_MEMORY;
    if (fast && keys->suite == SRTP_SUITE_AEAD_AES_128_GCM)
        status = create_fast(crypto, keys);
    else
        status = create_general(crypto, keys);
    if (status != STATUS_OK)
        media_crypto_destroy(crypto);
    else
        *ret_crypto = crypto;
    return status;
}

void media_crypto_destroy(struct media_crypto *crypto)
{
    if (crypto == NULL)
        return;
    if (crypto->out != NULL)
        srtp_dealloc(crypto->out);
    if (crypto->in != NULL)
        srtp_dealloc(crypto->in);
    srtp_gcm_destroy(crypto->fast_out);
    srtp_gcm_destroy(crypto->fast_in);
    free(crypto);
}

static enum status status_of(srtp_err_status_t result)
{
    switch (result) {
    case srtp_err_status_ok:
        return STATUS_OK;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
        return STATUS_REPLAYED;
    case srtp_err_status_auth_fail:
    case srtp_err_status_cipher_fail: /* what GCM says of a wrong tag in some builds */
        return STATUS_UNAUTHENTIC;
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err:
        return STATUS_MALFORMED;
    case srtp_err_status_alloc_fail:
        return STATUS_NO_MEMORY;
    default:
        return STATUS_CRYPTO;
    }
}

typedef srtp_err_status_t crypto_fn(srtp_t session, void *packet, int *size);

static enum status run(crypto_fn *operation, srtp_t session, void *packet, size_t *size)
{
    int length;
    enum status status;

    if (*size > INT_MAX - MEDIA_CRYPTO_OVERHEAD)
        return STATUS_TOO_LARGE;
    length = (int)*size;
    status = status_of(operation(session, packet, &length));
    if (status == STATUS_OK)
        *size = (size_t)length;
    return status;
}

enum status media_crypto_protect_rtp(struct media_crypto *crypto, void *packet, size_t *size)
{
    if (crypto->fast_out)
        return srtp_gcm_protect_rtp(crypto->fast_out, packet, size);
    return run(srtp_protect, crypto->out, packet, size);
}

enum status media_crypto_protect_rtcp(struct media_crypto *crypto, void *packet, size_t *size)
{
    if (crypto->fast_out)
        return srtp_gcm_protect_rtcp(crypto->fast_out, packet, size);
    return run(srtp_protect_rtcp, crypto->out, packet, size);
}

enum status media_crypto_unprotect_rtp(struct media_crypto *crypto, void *packet, size_t *size)
{
    if (crypto->fast_in)
        return srtp_gcm_unprotect_rtp(crypto->fast_in, packet, size);
    return run(srtp_unprotect, crypto->in, packet, size);
}

enum status media_crypto_unprotect_rtcp(struct media_crypto *crypto, void *packet, size_t *size)
{
    if (crypto->fast_in)
        return srtp_gcm_unprotect_rtcp(crypto->fast_in, packet, size);
    return run(srtp_unprotect_rtcp, crypto->in, packet, size);
}
