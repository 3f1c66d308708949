#include "common/webrtc/transport/dtls_library.h"

#include <openssl/core_dispatch.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define PROVIDER_NAME "caseload-dtls"
enum { CHOSEN_MAX = 16 };

static OSSL_PROVIDER *whole; /* the default provider, in the default library context */
static OSSL_LIB_CTX *library;
static OSSL_ALGORITHM decoders[CHOSEN_MAX + 1], keys[CHOSEN_MAX + 1]; /* end with zeroes */

/* Keys of certificates, of the key exchange (dtls_session.c: its groups), and what PRF and MAC are
 * given theirs in. */
static const char *const key_names[] = {"EC",   "RSA",  "ED25519", "X25519",
                                        "HMAC", "HKDF", "TLS1-PRF"};

/* Its names have colons between, the best known one first. */
static bool is_key_of_ours(const OSSL_ALGORITHM *algorithm)
{
    size_t length = strcspn(algorithm->algorithm_names, ":");

    for (size_t i = 0; i < sizeof key_names / sizeof key_names[0]; i++)
        if (strlen(key_names[i]) == length &&
            strncmp(algorithm->algorithm_names, key_names[i], length) == 0)
            return true;
    return false;
}

/* RFC 5280 §4.1.2.7: what a certificate holds is a SubjectPublicKeyInfo, in DER. */
static bool reads_public_keys(const OSSL_ALGORITHM *decoder)
{
    return is_key_of_ours(decoder) && strstr(decoder->property_definition, "input=der") != NULL &&
           strstr(decoder->property_definition, "structure=SubjectPublicKeyInfo") != NULL;
}

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_store)
{
    (void)provider;
    *no_store = 0;
    if (operation == OSSL_OP_DECODER)
        return decoders;
    if (operation == OSSL_OP_KEYMGMT)
        return keys;
    return OSSL_PROVIDER_query_operation(whole, operation, no_store);
}

static int capabilities(void *provider, const char *capability, OSSL_CALLBACK *found, void *arg)
{
    (void)provider;
    return OSSL_PROVIDER_get_capabilities(whole, capability, found, arg);
}

/* What comes of `whole` gets the context that it was made for. */
static int init_provider(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                         const OSSL_DISPATCH **out, void **ret_context)
{
    static const OSSL_DISPATCH functions[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
        {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))capabilities},
        {0, NULL},
    };

    (void)handle;
    (void)in;
    *out = functions;
    *ret_context = OSSL_PROVIDER_get0_provider_ctx(whole);
    return 1;
}

static bool choose(int operation, bool (*wanted)(const OSSL_ALGORITHM *algorithm),
                   OSSL_ALGORITHM chosen[CHOSEN_MAX + 1])
{
    int no_store = 0;
    const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(whole, operation, &no_store);
    size_t count = 0;

    for (; all != NULL && all->algorithm_names != NULL; all++) {
        if (!wanted(all))
            continue;
        if (count == CHOSEN_MAX)
            return false;
        chosen[count++] = *all;
    }
    return count > 0;
}

static void make_library(void)
{
    OSSL_LIB_CTX *made;

    whole = OSSL_PROVIDER_load(NULL, "default");
    if (whole == NULL || !choose(OSSL_OP_DECODER, reads_public_keys, decoders) ||
        !choose(OSSL_OP_KEYMGMT, is_key_of_ours, keys) || (made = OSSL_LIB_CTX_new()) == NULL)
        return;
    if (OSSL_PROVIDER_add_builtin(made, PROVIDER_NAME, init_provider) == 1 &&
        OSSL_PROVIDER_load(made, PROVIDER_NAME) != NULL)
        library = made;
    else
        OSSL_LIB_CTX_free(made);
}

OSSL_LIB_CTX *dtls_library(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_library);
    return library;
}
