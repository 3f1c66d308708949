#include "common/webrtc/transport/ice_lite.h"

#include <string.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#define INTEGRITY_SIZE 20 /* HMAC-SHA1, RFC 8489 §14.5 */
#define UFRAG_MAX 256     /* RFC 8839 §5.4 */

/* A view of `data` when it is one whole, well-formed binding request with the magic cookie. */
static bool view_request(const void *data, size_t size, StunMessage *message)
{
    if (size < STUN_MESSAGE_HEADER_LENGTH ||
        stun_message_validate_buffer_length(data, size, true) != (int)size)
        return false;
    memset(message, 0, sizeof(*message));
    message->buffer = (uint8_t *)data; /* only read from here on */
    message->buffer_len = size;
    return stun_message_has_cookie(message) && stun_message_get_class(message) == STUN_REQUEST &&
           stun_message_get_method(message) == STUN_BINDING;
}

/* The value of USERNAME and the length of the part before its first ':' (RFC 8445 §7.2.2). */
static const char *find_local_ufrag(const StunMessage *message, size_t *ret_size)
{
    uint16_t size = 0;
    const char *name = stun_message_find(message, STUN_ATTRIBUTE_USERNAME, &size);
    const char *colon = name != NULL ? memchr(name, ':', size) : NULL;

    if (colon == NULL || colon == name || colon - name > UFRAG_MAX)
        return NULL;
    *ret_size = (size_t)(colon - name);
    return name;
}

enum status ice_lite_peek_ufrag(const void *data, size_t size, char *ret_ufrag, size_t ufrag_size)
{
    StunMessage message;
    const char *ufrag;
    size_t length = 0;

    if (!view_request(data, size, &message))
        return STATUS_MALFORMED;
    ufrag = find_local_ufrag(&message, &length);
    if (ufrag == NULL || length >= ufrag_size || memchr(ufrag, '\0', length) != NULL)
        return STATUS_MALFORMED;
    memcpy(ret_ufrag, ufrag, length);
    ret_ufrag[length] = '\0';
    return STATUS_OK;
}

struct credentials {
    const char *ufrag, *pwd;
};

/* libnice asks for the key of a message. */
static bool give_password(StunAgent *agent, StunMessage *message, uint8_t *username,
                          uint16_t username_size, uint8_t **password, size_t *password_size,
                          void *arg)
{
    const struct credentials *local = arg;
    size_t length = strlen(local->ufrag);

    (void)agent;
    (void)message;
    if (username == NULL || username_size <= length || username[length] != ':' ||
        memcmp(username, local->ufrag, length) != 0)
        return false;
    *password = (uint8_t *)local->pwd;
    *password_size = strlen(local->pwd);
    return true;
}

/* libnice compares 20 bytes whatever length MESSAGE-INTEGRITY claims: a shorter one at the end of
 * a datagram would be read beyond it. */
static bool has_whole_integrity(const StunMessage *message)
{
    uint16_t size = 0;

    return stun_message_find(message, STUN_ATTRIBUTE_MESSAGE_INTEGRITY, &size) != NULL &&
           size == INTEGRITY_SIZE;
}

static enum status authenticate(StunAgent *agent, const void *data, size_t size,
                                struct credentials *local, StunMessage *ret_request)
{
    if (!view_request(data, size, ret_request))
        return STATUS_MALFORMED;
    if (!has_whole_integrity(ret_request))
        return STATUS_UNAUTHENTIC;
    stun_agent_init(agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    switch (stun_agent_validate(agent, ret_request, data, size, give_password, local)) {
    case STUN_VALIDATION_SUCCESS:
        return STATUS_OK;
    case STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE:
        return STATUS_UNSUPPORTED;
    case STUN_VALIDATION_NOT_STUN:
    case STUN_VALIDATION_INCOMPLETE_STUN:
    case STUN_VALIDATION_BAD_REQUEST:
        return STATUS_MALFORMED;
    default:
        return STATUS_UNAUTHENTIC;
    }
}

/* An upper bound of what the reply takes: libnice echoes USERNAME, and aborts the process (0.1.21)
 * when the buffer ends before FINGERPRINT. */
static bool reply_fits(const StunMessage *request, size_t response_size)
{
    enum { ADDRESS = 24, ERROR = 64, INTEGRITY = 24, FINGERPRINT = 8, NAME_HEADER = 4 };
    uint16_t name_size = 0;

    if (stun_message_find(request, STUN_ATTRIBUTE_USERNAME, &name_size) == NULL)
        return false;
    return response_size >= STUN_MESSAGE_HEADER_LENGTH + ADDRESS + ERROR + INTEGRITY + FINGERPRINT +
                                NAME_HEADER + ((name_size + 3u) & ~3u);
}

/* What an answer is made from, and where it goes. */
struct answer {
    struct credentials local;
    bool controlling;
    const struct sockaddr *source;
    socklen_t source_size;
    struct ice_lite_check *ret_check;
    void *response;
    size_t response_size, *ret_response_size;
};

/* Neither side ever gives its role up: with the smallest tie-breaker a controlled agent, with the
 * largest a controlling one, answers a peer of the same role with the 487 that makes it switch (RFC
 * 8445 §7.3.1.1). Equality would switch a controlled one, so a peer's 0 is refused. */
static enum status answer_request(const void *data, size_t size, struct answer *answer)
{
    StunAgent agent;
    StunMessage request, reply;
    struct sockaddr_storage address = {0};
    bool controlling = answer->controlling;
    size_t written = answer->response_size;
    StunUsageIceReturn result;
    enum status status;

    if (answer->source_size > sizeof(address))
        return STATUS_INVALID;
    memcpy(&address, answer->source, answer->source_size);
    status = authenticate(&agent, data, size, &answer->local, &request);
    if (status != STATUS_OK)
        return status;
    if (!reply_fits(&request, answer->response_size))
        return STATUS_TOO_LARGE;
    result = stun_usage_ice_conncheck_create_reply(
        &agent, &request, &reply, answer->response, &written, &address, answer->source_size,
        &controlling, controlling ? UINT64_MAX : 0, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    if (written == 0 || controlling != answer->controlling)
        return STATUS_MALFORMED;
    *answer->ret_response_size = written;
    if (result != STUN_USAGE_ICE_RETURN_SUCCESS)
        return STATUS_CONFLICT;
    answer->ret_check->use_candidate = stun_usage_ice_conncheck_use_candidate(&request);
    answer->ret_check->priority = stun_usage_ice_conncheck_priority(&request);
    return STATUS_OK;
}

enum status ice_lite_answer(const void *data, size_t size, const char *local_ufrag,
                            const char *local_pwd, const struct sockaddr *source,
                            socklen_t source_size, struct ice_lite_check *ret_check, void *response,
                            size_t response_size, size_t *ret_response_size)
{
    struct answer answer = {
        {local_ufrag, local_pwd}, false, source, source_size, ret_check, response, response_size,
        ret_response_size};

    return answer_request(data, size, &answer);
}

enum status ice_lite_answer_controlling(const void *data, size_t size, const char *local_ufrag,
                                        const char *local_pwd, const struct sockaddr *source,
                                        socklen_t source_size, struct ice_lite_check *ret_check,
                                        void *response, size_t response_size,
                                        size_t *ret_response_size)
{
    struct answer answer = {
        {local_ufrag, local_pwd}, true, source, source_size, ret_check, response, response_size,
        ret_response_size};

    return answer_request(data, size, &answer);
}
