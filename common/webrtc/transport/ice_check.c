#include "common/webrtc/transport/ice_check.h"

#include <string.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#define INTEGRITY_SIZE 20 /* HMAC-SHA1, RFC 8489 §14.5 */
#define UFRAG_MAX 256     /* RFC 8839 §5.4 */

_Static_assert(sizeof(struct ice_check_id) == sizeof(StunTransactionId), "one size for both");

static void init_agent(StunAgent *agent)
{
    stun_agent_init(agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
}

enum status ice_check_write(const struct ice_check *check, uint8_t data[ICE_CHECK_MAX],
                            size_t *ret_size, struct ice_check_id *ret_id)
{
    size_t remote = strlen(check->remote_ufrag), local = strlen(check->local_ufrag), size;
    uint8_t username[2 * UFRAG_MAX + 1];
    StunTransactionId id;
    StunAgent agent;
    StunMessage message;

    if (remote == 0 || remote > UFRAG_MAX || local == 0 || local > UFRAG_MAX)
        return STATUS_INVALID;
    memcpy(username, check->remote_ufrag, remote);
    username[remote] = ':';
    memcpy(username + remote + 1, check->local_ufrag, local);
    init_agent(&agent);
    size = stun_usage_ice_conncheck_create(
        &agent, &message, data, ICE_CHECK_MAX, username, remote + 1 + local,
        (const uint8_t *)check->remote_pwd, strlen(check->remote_pwd), check->use_candidate, true,
        check->priority, check->tie_breaker, NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    if (size == 0)
        return STATUS_INTERNAL;
    stun_message_id(&message, id);
    memcpy(ret_id->bytes, id, sizeof(id));
    *ret_size = size;
    return STATUS_OK;
}

static bool view(const void *data, size_t size, StunMessage *message)
{
    if (size < STUN_MESSAGE_HEADER_LENGTH ||
        stun_message_validate_buffer_length(data, size, true) != (int)size)
        return false;
    memset(message, 0, sizeof(*message));
    message->buffer = (uint8_t *)data; /* only read from here on */
    message->buffer_len = size;
    return stun_message_has_cookie(message) && stun_message_get_method(message) == STUN_BINDING;
}

enum status ice_check_peek(const void *data, size_t size, enum stun_class *ret_class,
                           struct ice_check_id *ret_id)
{
    StunMessage message;
    StunTransactionId id;

    if (!view(data, size, &message))
        return STATUS_MALFORMED;
    switch (stun_message_get_class(&message)) {
    case STUN_REQUEST:
        *ret_class = STUN_CLASS_REQUEST;
        break;
    case STUN_INDICATION:
        *ret_class = STUN_CLASS_INDICATION;
        break;
    default:
        *ret_class = STUN_CLASS_RESPONSE;
    }
    stun_message_id(&message, id);
    memcpy(ret_id->bytes, id, sizeof(id));
    return STATUS_OK;
}

/* libnice compares 20 bytes whatever length MESSAGE-INTEGRITY claims, and lets errors 400 and 401
 * pass without any: both are refused before it looks. */
static bool has_whole_integrity(const StunMessage *message)
{
    uint16_t size = 0;

    return stun_message_find(message, STUN_ATTRIBUTE_MESSAGE_INTEGRITY, &size) != NULL &&
           size == INTEGRITY_SIZE;
}

/* A StunAgent remembers 200 requests in 13 KB, too much for each of a thousand participants: ours
 * forgets them, and is told the one in question when its response has come. */
static void remember(StunAgent *agent, const struct ice_check_id *id, const char *pwd)
{
    StunAgentSavedIds *saved = &agent->sent_ids[0];

    memcpy(saved->id, id->bytes, sizeof(saved->id));
    saved->method = STUN_BINDING;
    saved->key = (uint8_t *)pwd;
    saved->key_len = strlen(pwd);
    saved->valid = true;
}

static bool no_password(StunAgent *agent, StunMessage *message, uint8_t *username,
                        uint16_t username_size, uint8_t **password, size_t *password_size,
                        void *arg)
{
    (void)agent, (void)message, (void)username, (void)username_size;
    (void)password, (void)password_size, (void)arg;
    return false; /* the key comes with the request that was remembered */
}

enum status ice_check_read(const void *data, size_t size, const struct ice_check_id *id,
                           const char *remote_pwd, int *ret_error_code)
{
    StunAgent agent;
    StunMessage message;
    int code = 0;

    if (!view(data, size, &message))
        return STATUS_MALFORMED;
    if (stun_message_get_class(&message) == STUN_REQUEST ||
        stun_message_get_class(&message) == STUN_INDICATION)
        return STATUS_MALFORMED;
    if (!has_whole_integrity(&message) || remote_pwd[0] == '\0')
        return STATUS_UNAUTHENTIC;
    init_agent(&agent);
    remember(&agent, id, remote_pwd);
    if (stun_agent_validate(&agent, &message, data, size, no_password, NULL) !=
        STUN_VALIDATION_SUCCESS)
        return STATUS_UNAUTHENTIC;
    if (stun_message_get_class(&message) == STUN_RESPONSE)
        return STATUS_OK;
    if (stun_message_find_error(&message, &code) != STUN_MESSAGE_RETURN_SUCCESS)
        return STATUS_MALFORMED;
    *ret_error_code = code;
    return STATUS_CONFLICT;
}
