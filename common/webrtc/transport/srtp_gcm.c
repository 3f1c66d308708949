#include "common/webrtc/transport/srtp_gcm.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/webrtc/transport/aes_gcm.h"
#include "common/webrtc/transport/srtp_window.h"

#define RTP_HEADER_SIZE 12
#define RTCP_HEADER_SIZE 8 /* of the first packet of a compound one, with the sender's SSRC */
#define RTCP_INDEX_SIZE 4
#define RTCP_ENCRYPTED 0x80000000u /* the E flag before the index (RFC 3711 §3.4) */
#define RTCP_INDEX_MAX 0x7fffffffu
#define RTCP_MAX 2048
#define SLOTS_FIRST 8

/* RFC 3711 §4.3.2 */
enum label { LABEL_RTP_KEY = 0, LABEL_RTP_SALT = 2, LABEL_RTCP_KEY = 3, LABEL_RTCP_SALT = 5 };

struct stream {
    uint32_t ssrc;
    struct srtp_window window; /* a stream that has not started is a free slot */
};

/* Of RTP or of RTCP: its keys and the streams by SSRC, in open addressing at most half full. */
struct half {
    struct aes_gcm_key key;
    uint8_t salt[SRTP_GCM_SALT_SIZE];
    uint32_t count, slots; /* slots: a power of two */
    struct stream *streams;
};

struct srtp_gcm {
    struct half rtp, rtcp;
};

/* ---- keys ---- */

/* The first 16 bytes of AES-CM with the IV (salt XOR label << 48) << 16: RFC 3711 §4.3.1 and §4.3.3
 * without a key derivation rate; the salt of 96 bits is padded to 112 (RFC 7714 §11). */
static void derive(const uint8_t *master, enum label label, uint8_t out[AES_BLOCK_SIZE])
{
    uint8_t block[AES_BLOCK_SIZE] = {0};

    memcpy(block, master + AES_128_KEY_SIZE, SRTP_GCM_SALT_SIZE);
    block[7] ^= (uint8_t)label;
    aes_128_encrypt_block(master, block, out);
}

static bool open_half(struct half *half, const uint8_t *master, enum label key, enum label salt)
{
    uint8_t derived[AES_BLOCK_SIZE];

    derive(master, key, derived);
    aes_gcm_key_expand(&half->key, derived);
    derive(master, salt, derived);
    memcpy(half->salt, derived, sizeof half->salt);
    explicit_bzero(derived, sizeof derived);
    half->slots = SLOTS_FIRST;
    half->streams = calloc(half->slots, sizeof *half->streams);
    return half->streams != NULL;
}

struct srtp_gcm *srtp_gcm_create(const uint8_t *master)
{
    struct srtp_gcm *session = aligned_alloc(alignof(struct srtp_gcm), sizeof *session);

    if (!session)
        return NULL;
    memset(session, 0, sizeof *session);
    if (!open_half(&session->rtp, master, LABEL_RTP_KEY, LABEL_RTP_SALT) ||
        !open_half(&session->rtcp, master, LABEL_RTCP_KEY, LABEL_RTCP_SALT)) {
        srtp_gcm_destroy(session);
        return NULL;
    }
    return session;
}

void srtp_gcm_destroy(struct srtp_gcm *session)
{
    if (!session)
        return;
    free(session->rtp.streams);
    free(session->rtcp.streams);
    explicit_bzero(session, sizeof *session);
    free(session);
}

/* ---- streams ---- */

/* The stream's slot, or the free one where it would be. */
static struct stream *find(struct stream *streams, uint32_t slots, uint32_t ssrc)
{
    uint32_t at = ssrc & (slots - 1);

    while (streams[at].window.started && streams[at].ssrc != ssrc)
        at = (at + 1) & (slots - 1);
    return &streams[at];
}

static enum status grow(struct half *half)
{
    uint32_t slots = 2 * half->slots;
    struct stream *streams = calloc(slots, sizeof *streams);

    if (!streams)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < half->slots; i++)
        if (half->streams[i].window.started)
            *find(streams, slots, half->streams[i].ssrc) = half->streams[i];
    free(half->streams);
    half->streams = streams;
    half->slots = slots;
    return STATUS_OK;
}

/* A fresh index of an authentic packet; `stream` is what find says of its SSRC. */
static enum status remember(struct half *half, struct stream *stream, uint32_t ssrc, uint64_t index)
{
    enum status status;

    if (!stream->window.started) {
        if (half->count == SRTP_GCM_SSRCS_MAX)
            return STATUS_FULL;
        if (2 * (half->count + 1) > half->slots) {
            if ((status = grow(half)) != STATUS_OK)
                return status;
            stream = find(half->streams, half->slots, ssrc);
        }
        stream->ssrc = ssrc;
        half->count++;
    }
    srtp_window_add(&stream->window, index);
    return STATUS_OK;
}

/* ---- RTP ---- */

/* Header, CSRC list and extension block are authenticated in the clear (RFC 7714 §8.2). 0: this is
 * no RTP packet. */
static size_t rtp_header_size(const uint8_t *packet, size_t size)
{
    size_t header = RTP_HEADER_SIZE;

    if (size < RTP_HEADER_SIZE || packet[0] >> 6 != 2)
        return 0;
    header += 4 * (size_t)(packet[0] & 0x0f);
    if (packet[0] & 0x10) {
        if (size < header + 4)
            return 0;
        header += 4 + 4 * (size_t)load_u16(packet + header + 2);
    }
    return header <= size ? header : 0;
}

/* 16 zero bits, SSRC and a 48-bit index, XOR the salt: of RTP its whole index (RFC 7714 §8.1), of
 * RTCP 17 zero bits and 31 of index (§9.1). */
static void make_iv(const struct half *half, uint32_t ssrc, uint64_t index,
                    uint8_t iv[AES_GCM_IV_SIZE])
{
    iv[0] = iv[1] = 0;
    store_u32(iv + 2, ssrc);
    store_u16(iv + 6, (uint16_t)(index >> 32));
    store_u32(iv + 8, (uint32_t)index);
    for (size_t i = 0; i < AES_GCM_IV_SIZE; i++)
        iv[i] ^= half->salt[i];
}

/* The index that the packet's sequence number means, if it may be used. */
static enum status rtp_index(const struct srtp_window *window, const uint8_t *packet,
                             uint64_t *ret_index)
{
    uint64_t index = srtp_window_estimate(window, load_u16(packet + 2));

    if (index == UINT64_MAX || !srtp_window_is_fresh(window, index))
        return STATUS_REPLAYED;
    if (index > SRTP_INDEX_MAX)
        return STATUS_CRYPTO;
    *ret_index = index;
    return STATUS_OK;
}

enum status srtp_gcm_protect_rtp(struct srtp_gcm *session, void *packet, size_t *size)
{
    struct half *half = &session->rtp;
    uint8_t *bytes = packet, iv[AES_GCM_IV_SIZE];
    size_t header = rtp_header_size(bytes, *size);
    struct stream *stream;
    enum status status;
    uint64_t index;
    uint32_t ssrc;

    if (header == 0)
        return STATUS_MALFORMED;
    ssrc = load_u32(bytes + 8);
    stream = find(half->streams, half->slots, ssrc);
    status = rtp_index(&stream->window, bytes, &index);
    if (status == STATUS_OK)
        status = remember(half, stream, ssrc, index); /* first: an index is never used twice */
    if (status != STATUS_OK)
        return status;
    make_iv(half, ssrc, index, iv);
    aes_gcm_seal(&half->key, iv, bytes, header, bytes + header, *size - header, bytes + *size);
    *size += AES_GCM_TAG_SIZE;
    return STATUS_OK;
}

enum status srtp_gcm_unprotect_rtp(struct srtp_gcm *session, void *packet, size_t *size)
{
    struct half *half = &session->rtp;
    uint8_t *bytes = packet, iv[AES_GCM_IV_SIZE];
    size_t header = rtp_header_size(bytes, *size), sealed;
    struct stream *stream;
    enum status status;
    uint64_t index;
    uint32_t ssrc;

    if (header == 0 || *size - header < AES_GCM_TAG_SIZE)
        return STATUS_MALFORMED;
    ssrc = load_u32(bytes + 8);
    stream = find(half->streams, half->slots, ssrc);
    status = rtp_index(&stream->window, bytes, &index);
    if (status != STATUS_OK)
        return status;
    make_iv(half, ssrc, index, iv);
    sealed = *size - header - AES_GCM_TAG_SIZE;
    if (!aes_gcm_open(&half->key, iv, bytes, header, bytes + header, sealed,
                      bytes + header + sealed))
        return STATUS_UNAUTHENTIC;
    *size -= AES_GCM_TAG_SIZE;
    return remember(half, stream, ssrc, index);
}

/* ---- RTCP ---- */

static bool is_rtcp(const uint8_t *packet, size_t size)
{
    return size >= RTCP_HEADER_SIZE && size <= RTCP_MAX && packet[0] >> 6 == 2;
}

enum status srtp_gcm_protect_rtcp(struct srtp_gcm *session, void *packet, size_t *size)
{
    struct half *half = &session->rtcp;
    uint8_t *bytes = packet, iv[AES_GCM_IV_SIZE], header[RTCP_HEADER_SIZE + RTCP_INDEX_SIZE];
    struct stream *stream;
    enum status status;
    uint64_t index;
    uint32_t ssrc;

    if (!is_rtcp(bytes, *size))
        return STATUS_MALFORMED;
    ssrc = load_u32(bytes + 4);
    stream = find(half->streams, half->slots, ssrc);
    index = stream->window.started ? stream->window.highest + 1 : 0;
    if (index > RTCP_INDEX_MAX)
        return STATUS_CRYPTO;
    status = remember(half, stream, ssrc, index);
    if (status != STATUS_OK)
        return status;
    memcpy(header, bytes, RTCP_HEADER_SIZE);
    store_u32(header + RTCP_HEADER_SIZE, RTCP_ENCRYPTED | (uint32_t)index);
    make_iv(half, ssrc, index, iv);
    aes_gcm_seal(&half->key, iv, header, sizeof header, bytes + RTCP_HEADER_SIZE,
                 *size - RTCP_HEADER_SIZE, bytes + *size);
    *size += AES_GCM_TAG_SIZE;
    memcpy(bytes + *size, header + RTCP_HEADER_SIZE, RTCP_INDEX_SIZE);
    *size += RTCP_INDEX_SIZE;
    return STATUS_OK;
}

/* Encrypted, the clear header and the index are authenticated; else the whole packet is, with
 * nothing to decrypt (RFC 7714 §9.2, §9.3). `size`: of the packet without tag and index. */
static bool open_rtcp(const struct half *half, const uint8_t *iv, uint8_t *packet, size_t size,
                      uint32_t word)
{
    uint8_t header[RTCP_MAX + RTCP_INDEX_SIZE];
    size_t clear = word & RTCP_ENCRYPTED ? RTCP_HEADER_SIZE : size;

    memcpy(header, packet, clear);
    store_u32(header + clear, word);
    return aes_gcm_open(&half->key, iv, header, clear + RTCP_INDEX_SIZE, packet + clear,
                        size - clear, packet + size);
}

enum status srtp_gcm_unprotect_rtcp(struct srtp_gcm *session, void *packet, size_t *size)
{
    struct half *half = &session->rtcp;
    uint8_t *bytes = packet, iv[AES_GCM_IV_SIZE];
    struct stream *stream;
    size_t plain;
    uint32_t ssrc, word, index;

    if (*size < RTCP_HEADER_SIZE + SRTP_GCM_OVERHEAD)
        return STATUS_MALFORMED;
    plain = *size - SRTP_GCM_OVERHEAD;
    if (!is_rtcp(bytes, plain))
        return STATUS_MALFORMED;
    ssrc = load_u32(bytes + 4);
    word = load_u32(bytes + *size - RTCP_INDEX_SIZE);
    index = word & RTCP_INDEX_MAX;
    stream = find(half->streams, half->slots, ssrc);
    if (!srtp_window_is_fresh(&stream->window, index))
        return STATUS_REPLAYED;
    make_iv(half, ssrc, index, iv);
    if (!open_rtcp(half, iv, bytes, plain, word))
        return STATUS_UNAUTHENTIC;
    *size = plain;
    return remember(half, stream, ssrc, index);
}
