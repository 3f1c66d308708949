/* AES-128-GCM (NIST SP 800-38D) for the packets of the media path, by Intel's Multi-Buffer Crypto
 * library (libipsec-mb; x86-64 only). Used by srtp_gcm alone; only this file knows the library.
 * Where it is missing aes_gcm_start says so and media_crypto takes libsrtp2 (docs/decisions/0007).
 */
#ifndef CASELOAD_AES_GCM_H
#define CASELOAD_AES_GCM_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AES_128_KEY_SIZE 16
#define AES_BLOCK_SIZE 16
#define AES_GCM_IV_SIZE 12
#define AES_GCM_TAG_SIZE 16

/* An expanded key and its powers for GHASH. No pointers: it may be copied and is cleared by its
 * owner. */
struct aes_gcm_key {
    alignas(64) uint8_t data[1024];
};

/* Once per process, before any other call; not thread-safe. False: not built in, or this processor
 * lacks the instructions. The other calls are then a program fault. They are thread-safe. */
bool aes_gcm_start(void);
/* "intel-ipsec-mb 1.3.0"; "" when it is not built in. */
const char *aes_gcm_build(void);

void aes_gcm_key_expand(struct aes_gcm_key *key, const uint8_t bytes[AES_128_KEY_SIZE]);
/* Encrypts `size` bytes in place and writes the tag of them and of `header`. */
void aes_gcm_seal(const struct aes_gcm_key *key, const uint8_t iv[AES_GCM_IV_SIZE],
                  const void *header, size_t header_size, void *data, size_t size,
                  uint8_t tag[AES_GCM_TAG_SIZE]);
/* Decrypts in place; false: the tag is another one, and `data` is garbage. Compares in constant
 * time. */
bool aes_gcm_open(const struct aes_gcm_key *key, const uint8_t iv[AES_GCM_IV_SIZE],
                  const void *header, size_t header_size, void *data, size_t size,
                  const uint8_t tag[AES_GCM_TAG_SIZE]);
/* One block of plain AES-128, for the key derivation of RFC 3711 §4.3.3. */
void aes_128_encrypt_block(const uint8_t key[AES_128_KEY_SIZE], const uint8_t in[AES_BLOCK_SIZE],
                           uint8_t out[AES_BLOCK_SIZE]);

#endif
