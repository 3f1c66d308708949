#include "common/webrtc/transport/aes_gcm.h"

#include <assert.h>
#include <string.h>

#ifdef CASELOAD_IPSEC_MB

#include <intel-ipsec-mb.h>

_Static_assert(sizeof(struct gcm_key_data) <= sizeof(struct aes_gcm_key), "an expanded key fits");
_Static_assert(alignof(struct gcm_key_data) <= alignof(struct aes_gcm_key), "and lies well");

/* The library's table of functions for this processor; written once, by aes_gcm_start. */
static IMB_MGR *library;

bool aes_gcm_start(void)
{
    IMB_ARCH chosen;

    if (library)
        return true;
    library = alloc_mb_mgr(0);
    if (!library)
        return false;
    init_mb_mgr_auto(library, &chosen);
    /* Without AES-NI it would emulate: slower than OpenSSL, and not in constant time. */
    if (imb_get_errno(library) != 0 || chosen == IMB_ARCH_NONE || chosen == IMB_ARCH_NOAESNI) {
        free_mb_mgr(library);
        library = NULL;
    }
    return library != NULL;
}

const char *aes_gcm_build(void)
{
    return "intel-ipsec-mb " IMB_VERSION_STR;
}

static const struct gcm_key_data *expanded(const struct aes_gcm_key *key)
{
    return (const struct gcm_key_data *)(const void *)key->data;
}

void aes_gcm_key_expand(struct aes_gcm_key *key, const uint8_t bytes[AES_128_KEY_SIZE])
{
    assert(library);
    IMB_AES128_GCM_PRE(library, bytes, (struct gcm_key_data *)(void *)key->data);
}

void aes_gcm_seal(const struct aes_gcm_key *key, const uint8_t iv[AES_GCM_IV_SIZE],
                  const void *header, size_t header_size, void *data, size_t size,
                  uint8_t tag[AES_GCM_TAG_SIZE])
{
    struct gcm_context_data state;

    IMB_AES128_GCM_ENC(library, expanded(key), &state, data, data, size, iv, header, header_size,
                       tag, AES_GCM_TAG_SIZE);
}

static bool same(const uint8_t *a, const uint8_t *b, size_t size)
{
    volatile uint8_t differs = 0;

    for (size_t i = 0; i < size; i++)
        differs |= a[i] ^ b[i];
    return differs == 0;
}

bool aes_gcm_open(const struct aes_gcm_key *key, const uint8_t iv[AES_GCM_IV_SIZE],
                  const void *header, size_t header_size, void *data, size_t size,
                  const uint8_t tag[AES_GCM_TAG_SIZE])
{
    struct gcm_context_data state;
    uint8_t computed[AES_GCM_TAG_SIZE];

    IMB_AES128_GCM_DEC(library, expanded(key), &state, data, data, size, iv, header, header_size,
                       computed, AES_GCM_TAG_SIZE);
    return same(computed, tag, AES_GCM_TAG_SIZE);
}

/* CFB of one block is the plaintext XOR the encrypted IV: of zeros it is the block itself. */
void aes_128_encrypt_block(const uint8_t key[AES_128_KEY_SIZE], const uint8_t in[AES_BLOCK_SIZE],
                           uint8_t out[AES_BLOCK_SIZE])
{
    static const uint8_t zeros[AES_BLOCK_SIZE];
    alignas(16) uint32_t encrypting[4 * 15], decrypting[4 * 15];

    assert(library);
    IMB_AES_KEYEXP_128(library, key, encrypting, decrypting);
    IMB_AES128_CFB_ONE(library, out, zeros, in, encrypting, AES_BLOCK_SIZE);
    explicit_bzero(encrypting, sizeof encrypting);
    explicit_bzero(decrypting, sizeof decrypting);
}

#else /* the platform has no libipsec-mb */

bool aes_gcm_start(void)
{
    return false;
}

const char *aes_gcm_build(void)
{
    return "";
}

void aes_gcm_key_expand(struct aes_gcm_key *key, const uint8_t bytes[AES_128_KEY_SIZE])
{
    (void)key, (void)bytes;
    assert(!"aes_gcm_start said no");
}

void aes_gcm_seal(const struct aes_gcm_key *key, const uint8_t iv[AES_GCM_IV_SIZE],
                  const void *header, size_t header_size, void *data, size_t size,
                  uint8_t tag[AES_GCM_TAG_SIZE])
{
    (void)key, (void)iv, (void)header, (void)header_size, (void)data, (void)size, (void)tag;
    assert(!"aes_gcm_start said no");
}

bool aes_gcm_open(const struct aes_gcm_key *key, const uint8_t iv[AES_GCM_IV_SIZE],
                  const void *header, size_t header_size, void *data, size_t size,
                  const uint8_t tag[AES_GCM_TAG_SIZE])
{
    (void)key, (void)iv, (void)header, (void)header_size, (void)data, (void)size, (void)tag;
    assert(!"aes_gcm_start said no");
    return false;
}

void aes_128_encrypt_block(const uint8_t key[AES_128_KEY_SIZE], const uint8_t in[AES_BLOCK_SIZE],
                           uint8_t out[AES_BLOCK_SIZE])
{
    (void)key, (void)in, (void)out;
    assert(!"aes_gcm_start said no");
}

#endif
