/* SRTP and SRTCP under AES-GCM. The first byte chooses: the rest is one packet as it came, or plain
 * and protected first (no fuzzer finds a tag), then perhaps one bit of it is turned over. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/transport/aes_gcm.h"
#include "common/webrtc/transport/srtp_gcm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum status packet_fn(struct srtp_gcm *session, void *packet, size_t *size);

static const struct {
    packet_fn *protect, *unprotect;
} halves[] = {{srtp_gcm_protect_rtp, srtp_gcm_unprotect_rtp},
              {srtp_gcm_protect_rtcp, srtp_gcm_unprotect_rtcp}};

/* Both keep one count of rollovers, so whatever was sent arrives at last. */
static void there_and_back(struct srtp_gcm *sender, struct srtp_gcm *receiver, uint8_t choice,
                           const uint8_t *data, size_t size, uint8_t *packet)
{
    size_t half = choice & 1, length = size;

    if (halves[half].protect(sender, packet, &length) != STATUS_OK)
        return;
    assert(length > size && length <= size + SRTP_GCM_OVERHEAD);
    if (choice & 4) {
        uint8_t *altered = malloc(length);
        size_t altered_length = length;

        if (altered) {
            memcpy(altered, packet, length);
            altered[choice % length] ^= choice;
            assert(halves[half].unprotect(receiver, altered, &altered_length) != STATUS_OK);
        }
        free(altered);
    }
    assert(halves[half].unprotect(receiver, packet, &length) == STATUS_OK);
    assert(length == size && memcmp(packet, data, size) == 0);
}

static void examine(struct srtp_gcm *sender, struct srtp_gcm *receiver, uint8_t choice,
                    const uint8_t *data, size_t size)
{
    uint8_t *packet = malloc(size + SRTP_GCM_OVERHEAD); /* so that reads beyond it are seen */
    size_t length = size;

    if (!packet)
        return;
    memcpy(packet, data, size);
    if (choice & 2)
        there_and_back(sender, receiver, choice, data, size, packet);
    else
        assert(halves[choice & 1].unprotect(receiver, packet, &length) != STATUS_OK);
    free(packet);
}

/* Packets one after the other: a byte of choice, a byte of length in 8 bytes, and the packet. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t master[28] = {1, 2, 3};
    struct srtp_gcm *sender, *receiver;

    if (!aes_gcm_start())
        abort();
    sender = srtp_gcm_create(master);
    receiver = srtp_gcm_create(master);
    while (sender && receiver && size > 2) {
        size_t length = 8 * (size_t)data[1];

        if (length > size - 2)
            length = size - 2;
        examine(sender, receiver, data[0], data + 2, length);
        data += 2 + length;
        size -= 2 + length;
    }
    srtp_gcm_destroy(sender);
    srtp_gcm_destroy(receiver);
    return 0;
}
