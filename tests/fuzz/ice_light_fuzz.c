/* What comes to a light client: STUN of any kind from anywhere, and candidate lines of its peer's
 * signalling. The input is a row of records: kind, length, bytes. Some kinds are wrapped in the
 * right signature and transaction, because no fuzzer finds an HMAC. */
#include <assert.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <stun/stunagent.h>

#include "common/webrtc/transport/candidate_line.h"
#include "common/webrtc/transport/ice_controller.h"

#define UFRAG "own-frag"
#define PWD "the-own-password-of-24ch"
#define PEER_UFRAG "peer"
#define PEER_PWD "the-peer's-password-24ch"
#define SENT_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum kind { RAW, STRANGER, RESPONSE, ERROR, REQUEST, CANDIDATE, WAIT, RESTART, KINDS };

static struct {
    size_t count;
    struct {
        struct sockaddr_in to;
        size_t size;
        uint8_t data[1024];
    } items[SENT_MAX];
} sent;

static void on_send(void *arg, const struct sockaddr_in *to, const void *data, size_t size)
{
    (void)arg;
    assert(size >= 20 && size <= sizeof sent.items[0].data);
    sent.items[sent.count % SENT_MAX].to = *to;
    sent.items[sent.count % SENT_MAX].size = size;
    memcpy(sent.items[sent.count++ % SENT_MAX].data, data, size);
}

static void on_state(void *arg, enum ice_state state)
{
    (void)arg;
    (void)state;
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

static void receive(struct ice_controller *controller, const void *data, size_t size,
                    const struct sockaddr_in *source, int64_t now_us)
{
    uint8_t *exact = malloc(size + 1); /* so that reads beyond the datagram are seen */

    if (exact == NULL)
        return;
    memcpy(exact, data, size);
    ice_controller_receive(controller, exact, size, source, now_us);
    free(exact);
}

/* A signed response to the newest thing that was sent, with the input's attributes in it. */
static void respond(struct ice_controller *controller, StunClass class, const uint8_t *data,
                    size_t size, int64_t now_us)
{
    size_t newest = (sent.count - 1) % SENT_MAX, length;
    uint8_t buffer[2048];
    StunAgent agent;
    StunMessage message;

    if (sent.count == 0)
        return;
    stun_agent_init(&agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    if (!stun_agent_init_request(&agent, &message, buffer, sizeof buffer, STUN_BINDING))
        return;
    buffer[0] = class == STUN_REQUEST ? 0 : 1;
    buffer[1] = class == STUN_ERROR ? 0x11 : 1;
    if (class == STUN_REQUEST)
        stun_message_append_string(&message, STUN_ATTRIBUTE_USERNAME, UFRAG ":" PEER_UFRAG);
    else
        memcpy(buffer + 8, sent.items[newest].data + 8, 12);
    append_attributes(&message, data, size);
    message.key = NULL;
    length = stun_agent_finish_message(
        &agent, &message, (const uint8_t *)(class == STUN_REQUEST ? PWD : PEER_PWD), strlen(PWD));
    if (length > 0)
        receive(controller, buffer, length, &sent.items[newest].to, now_us);
}

static void take_candidate(struct ice_controller *controller, const uint8_t *data, size_t size,
                           int64_t now_us)
{
    char line[300];
    struct sockaddr_in remote;
    uint32_t priority;

    if (size >= sizeof line)
        return;
    memcpy(line, data, size);
    line[size] = '\0';
    if (candidate_line_parse(line, &remote, &priority) != STATUS_OK)
        return;
    assert(remote.sin_family == AF_INET && remote.sin_port != 0 && priority != 0);
    if (ice_controller_add_remote(controller, &remote, priority, now_us) == STATUS_OK)
        assert(ice_controller_knows(controller, &remote) || controller->state == ICE_FAILED);
}

static void run_record(struct ice_controller *controller, enum kind kind, const uint8_t *data,
                       size_t size, int64_t *now_us)
{
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(1)};

    peer.sin_addr.s_addr = htonl(kind == STRANGER ? 0x7f000009 : 0x7f000001);
    switch (kind) {
    case RAW:
    case STRANGER:
        receive(controller, data, size, &peer, *now_us);
        break;
    case RESPONSE:
        respond(controller, STUN_RESPONSE, data, size, *now_us);
        break;
    case ERROR:
        respond(controller, STUN_ERROR, data, size, *now_us);
        break;
    case REQUEST:
        respond(controller, STUN_REQUEST, data, size, *now_us);
        break;
    case CANDIDATE:
        take_candidate(controller, data, size, *now_us);
        break;
    case WAIT:
        *now_us += (int64_t)size * 200000;
        ice_controller_on_timer(controller, *now_us);
        break;
    default:
        ice_controller_restart(controller, UFRAG, PWD);
        if (ice_controller_set_remote(controller, PEER_UFRAG, PEER_PWD, *now_us) != STATUS_OK)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ice_controller controller;
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(1)};
    int64_t now_us = 1000000;

    sent.count = 0;
    ice_controller_init(
        &controller,
        &(struct ice_controller_config){
            .ufrag = UFRAG, .pwd = PWD, .seed = 1, .on_send = on_send, .on_state = on_state});
    peer.sin_addr.s_addr = htonl(0x7f000001);
    if (ice_controller_set_remote(&controller, PEER_UFRAG, PEER_PWD, now_us) != STATUS_OK ||
        ice_controller_add_remote(&controller, &peer, 1, now_us) != STATUS_OK)
        abort();
    while (size >= 3) {
        size_t length = (size_t)data[1] << 8 | data[2];

        if (length > size - 3)
            length = size - 3;
        run_record(&controller, (enum kind)(data[0] % KINDS), data + 3, length, &now_us);
        data += 3 + length;
        size -= 3 + length;
    }
    assert(controller.state != ICE_READY || controller.has_selected);
    ice_controller_finish(&controller);
    return 0;
}
