/* Datagrams as they come to a shared port: what kind, whose username fragment, what answer. The
 * first byte chooses between the raw bytes and a request that is signed with the right password
 * around them, because no fuzzer finds an HMAC. */
#include <assert.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <stun/stunagent.h>

#include "common/webrtc/transport/ice_lite.h"
#include "common/webrtc/transport/packet_kind.h"

#define UFRAG "ufrag"
#define PWD "a-password-of-22-chars"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void examine(const uint8_t *data, size_t size)
{
    struct sockaddr_in source = {.sin_family = AF_INET, .sin_port = 1};
    struct ice_lite_check check = {0};
    char ufrag[32];
    uint8_t response[512];
    size_t response_size = 0;
    enum status peeked = ice_lite_peek_ufrag(data, size, ufrag, sizeof(ufrag));
    enum status answered =
        ice_lite_answer(data, size, UFRAG, PWD, (struct sockaddr *)&source, sizeof(source), &check,
                        response, sizeof(response), &response_size);

    if (answered != STATUS_OK && answered != STATUS_CONFLICT) {
        assert(response_size == 0);
        return;
    }
    /* What is authentic was addressed to us and is STUN by its first byte. */
    assert(peeked == STATUS_OK && strcmp(ufrag, UFRAG) == 0);
    assert(packet_kind(data, size) == PACKET_STUN);
    assert(response_size >= 20 && response_size <= sizeof(response));
    assert(packet_kind(response, response_size) == PACKET_STUN);
}

/* Attributes from the input: type (2), length (1), value. */
static void append_attributes(StunMessage *message, const uint8_t *data, size_t size)
{
    while (size >= 3) {
        size_t length = data[2] < size - 3 ? data[2] : size - 3;

        if (stun_message_append_bytes(message, (StunAttribute)(data[0] << 8 | data[1]), data + 3,
                                      length) != STUN_MESSAGE_RETURN_SUCCESS)
            return;
        data += 3 + length;
        size -= 3 + length;
    }
}

static void examine_signed(bool named, const uint8_t *data, size_t size)
{
    StunAgent agent;
    StunMessage message;
    uint8_t buffer[2048], *exact;
    size_t length;

    stun_agent_init(&agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    if (!stun_agent_init_request(&agent, &message, buffer, sizeof(buffer), STUN_BINDING))
        return;
    if (named)
        stun_message_append_string(&message, STUN_ATTRIBUTE_USERNAME, UFRAG ":peer");
    append_attributes(&message, data, size);
    length = stun_agent_finish_message(&agent, &message, (const uint8_t *)PWD, strlen(PWD));
    if (length == 0)
        return;
    exact = malloc(length); /* so that reads beyond the datagram are seen */
    if (exact == NULL)
        return;
    memcpy(exact, buffer, length);
    examine(exact, length);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    packet_kind(data, size);
    if (size == 0)
        return 0;
    if (data[0] & 0x80)
        examine_signed(data[0] & 0x40, data + 1, size - 1);
    else
        examine(data + 1, size - 1);
    return 0;
}
