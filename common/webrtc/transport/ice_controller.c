#include "common/webrtc/transport/ice_controller.h"

#include <stdlib.h>
#include <string.h>

#include "common/webrtc/transport/ice_lite.h"

#define ANSWER_MAX 704 /* ice_lite.h: 160 bytes and a USERNAME of at most 513 */
#define CONSENT_JITTER_US (ICE_CONSENT_INTERVAL_US * 2 / 5) /* 0.8 … 1.2 of the interval */
#define ERROR_ROLE_CONFLICT 487                             /* RFC 8445 §16.2 */

enum pair_state { PAIR_WAITING, PAIR_CHECKING, PAIR_VALID, PAIR_FAILED };

struct ice_pair {
    uint32_t priority; /* of the remote candidate */
    enum pair_state state;
    bool nominating;
    unsigned transmissions; /* of the request that waits for its answer */
    int64_t due_us;         /* of the next one, or of giving up */
    struct ice_check_id id;
    size_t request_size;
    uint8_t request[ICE_CHECK_MAX];
};

static bool same_address(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
    return a->sin_addr.s_addr == b->sin_addr.s_addr && a->sin_port == b->sin_port;
}

static void set_state(struct ice_controller *controller, enum ice_state state)
{
    if (controller->state == state)
        return;
    controller->state = state;
    controller->config.on_state(controller->config.arg, state);
}

static void stop_checks(struct ice_controller *controller)
{
    free(controller->pairs);
    controller->pairs = NULL;
}

static void fail(struct ice_controller *controller, const char *error)
{
    controller->error = error;
    stop_checks(controller);
    controller->consent_due_us = controller->consent_expires_us = INT64_MAX;
    set_state(controller, ICE_FAILED);
}

/* ---- life ---- */

static void set_credentials(struct ice_controller *controller, const char *ufrag, const char *pwd)
{
    strncpy(controller->ufrag, ufrag, ICE_CREDENTIAL_SIZE - 1);
    strncpy(controller->pwd, pwd, ICE_CREDENTIAL_SIZE - 1);
}

void ice_controller_init(struct ice_controller *controller,
                         const struct ice_controller_config *config)
{
    *controller = (struct ice_controller){
        .config = *config,
        .error = "",
        .due_us = INT64_MAX,
        .consent_due_us = INT64_MAX,
        .consent_expires_us = INT64_MAX,
    };
    set_credentials(controller, config->ufrag, config->pwd);
    controller->config.ufrag = controller->config.pwd = NULL;
    random_stream_init(&controller->random, config->seed);
    controller->tie_breaker = random_u64(&controller->random);
}

void ice_controller_finish(struct ice_controller *controller)
{
    stop_checks(controller);
    explicit_bzero(controller->pwd, sizeof controller->pwd);
    explicit_bzero(controller->remote_pwd, sizeof controller->remote_pwd);
}

/* ---- when ---- */

static bool has_waiting(const struct ice_controller *controller)
{
    for (size_t i = 0; controller->pairs && i < controller->remote_count; i++)
        if (controller->pairs[i].state == PAIR_WAITING)
            return true;
    return false;
}

static bool may_check(const struct ice_controller *controller)
{
    return controller->remote_pwd[0] != '\0' && controller->state != ICE_FAILED;
}

/* Nothing works and nothing can: only then have the checks failed. */
static bool is_hopeless(const struct ice_controller *controller)
{
    if (!controller->ended || !may_check(controller))
        return false;
    if (!controller->pairs)
        return controller->remote_count == 0; /* else done with checks */
    for (size_t i = 0; i < controller->remote_count; i++)
        if (controller->pairs[i].state != PAIR_FAILED)
            return false;
    return true;
}

/* Failure is concluded by the timer, never from inside the negotiation: then it is due at once. */
static void schedule(struct ice_controller *controller)
{
    int64_t due_us = controller->consent_due_us;

    if (controller->consent_expires_us < due_us)
        due_us = controller->consent_expires_us;
    for (size_t i = 0; controller->pairs && i < controller->remote_count; i++)
        if (controller->pairs[i].state == PAIR_CHECKING && controller->pairs[i].due_us < due_us)
            due_us = controller->pairs[i].due_us;
    if (may_check(controller) && has_waiting(controller) && controller->pace_us < due_us)
        due_us = controller->pace_us;
    controller->due_us = is_hopeless(controller) ? 0 : due_us;
}

/* ---- checks ---- */

static void transmit(struct ice_controller *controller, size_t at, int64_t now_us)
{
    struct ice_pair *pair = &controller->pairs[at];

    pair->transmissions++;
    pair->due_us = now_us + (pair->transmissions < ICE_CHECK_TRANSMISSIONS
                                 ? (int64_t)ICE_CHECK_RTO_US << (pair->transmissions - 1)
                                 : ICE_CHECK_LAST_WAIT_US);
    controller->counters.checks_sent++;
    controller->config.on_send(controller->config.arg, &controller->remotes[at], pair->request,
                               pair->request_size);
}

static enum status write_check(struct ice_controller *controller, bool nominating, uint8_t *data,
                               size_t *ret_size, struct ice_check_id *ret_id)
{
    return ice_check_write(&(struct ice_check){.local_ufrag = controller->ufrag,
                                               .remote_ufrag = controller->remote_ufrag,
                                               .remote_pwd = controller->remote_pwd,
                                               .priority = controller->config.check_priority,
                                               .tie_breaker = controller->tie_breaker,
                                               .use_candidate = nominating},
                           data, ret_size, ret_id);
}

static void begin_check(struct ice_controller *controller, size_t at, bool nominating,
                        int64_t now_us)
{
    struct ice_pair *pair = &controller->pairs[at];

    pair->nominating = nominating;
    pair->transmissions = 0;
    pair->state = PAIR_CHECKING;
    if (write_check(controller, nominating, pair->request, &pair->request_size, &pair->id) !=
        STATUS_OK) {
        pair->state = PAIR_FAILED;
        return;
    }
    set_state(controller, ICE_CHECKING);
    transmit(controller, at, now_us);
}

/* The waiting pair of the highest priority, when its time has come. */
static void begin_next(struct ice_controller *controller, int64_t now_us)
{
    size_t best = SIZE_MAX;

    if (!may_check(controller) || !controller->pairs || now_us < controller->pace_us)
        return;
    for (size_t i = 0; i < controller->remote_count; i++)
        if (controller->pairs[i].state == PAIR_WAITING &&
            (best == SIZE_MAX || controller->pairs[i].priority > controller->pairs[best].priority))
            best = i;
    if (best == SIZE_MAX)
        return;
    controller->pace_us = now_us + ICE_CHECK_INTERVAL_US;
    begin_check(controller, best, false, now_us);
}

static bool nominates(const struct ice_controller *controller)
{
    for (size_t i = 0; i < controller->remote_count; i++)
        if (controller->pairs[i].state == PAIR_CHECKING && controller->pairs[i].nominating)
            return true;
    return false;
}

/* The first pair that works is nominated; when that fails, another one that worked. */
static void nominate(struct ice_controller *controller, int64_t now_us)
{
    for (size_t i = 0; i < controller->remote_count && !nominates(controller); i++)
        if (controller->pairs[i].state == PAIR_VALID)
            begin_check(controller, i, true, now_us);
}

static void repeat_due(struct ice_controller *controller, int64_t now_us)
{
    for (size_t i = 0; i < controller->remote_count; i++) {
        struct ice_pair *pair = &controller->pairs[i];

        if (pair->state != PAIR_CHECKING || now_us < pair->due_us)
            continue;
        if (pair->transmissions < ICE_CHECK_TRANSMISSIONS)
            transmit(controller, i, now_us);
        else
            pair->state = PAIR_FAILED;
    }
}

static void conclude(struct ice_controller *controller)
{
    if (is_hopeless(controller))
        fail(controller, controller->remote_count > 0
                             ? "none of the peer's candidates answers"
                             : "the peer has no UDP candidate over IPv4, and a light client takes "
                               "no other (--client full does)");
}

/* ---- consent ---- */

static void plan_consent(struct ice_controller *controller, int64_t now_us)
{
    controller->consent_due_us = now_us + ICE_CONSENT_INTERVAL_US - CONSENT_JITTER_US / 2 +
                                 (int64_t)random_below(&controller->random, CONSENT_JITTER_US + 1);
}

/* Each with a transaction of its own, never repeated (RFC 7675 §5.1). */
static void ask_consent(struct ice_controller *controller, int64_t now_us)
{
    struct ice_check_id *id = &controller->consents[controller->consent_at];
    uint8_t data[ICE_CHECK_MAX];
    size_t size;

    plan_consent(controller, now_us);
    if (write_check(controller, false, data, &size, id) != STATUS_OK)
        return;
    controller->consent_at = (controller->consent_at + 1) % ICE_CONTROLLER_CONSENTS_MAX;
    controller->counters.consents_sent++;
    controller->config.on_send(controller->config.arg, &controller->selected, data, size);
}

static void select_pair(struct ice_controller *controller, size_t at, int64_t now_us)
{
    controller->selected = controller->remotes[at];
    controller->has_selected = true;
    stop_checks(controller);
    memset(controller->consents, 0, sizeof controller->consents);
    plan_consent(controller, now_us);
    controller->consent_expires_us = now_us + ICE_CONSENT_EXPIRY_US;
    set_state(controller, ICE_READY);
}

void ice_controller_on_timer(struct ice_controller *controller, int64_t now_us)
{
    if (now_us < controller->due_us)
        return;
    if (now_us >= controller->consent_expires_us)
        fail(controller, "the peer stopped answering consent checks (RFC 7675)");
    if (now_us >= controller->consent_due_us)
        ask_consent(controller, now_us);
    if (controller->pairs) {
        repeat_due(controller, now_us);
        nominate(controller, now_us);
        begin_next(controller, now_us);
    }
    conclude(controller);
    schedule(controller);
}

/* ---- what the peer says ---- */

static void pair_answered(struct ice_controller *controller, size_t at, int64_t now_us)
{
    struct ice_pair *pair = &controller->pairs[at];

    pair->state = PAIR_VALID;
    if (pair->nominating)
        select_pair(controller, at, now_us);
    else
        nominate(controller, now_us);
}

/* An answer from elsewhere than the check went to makes the pair useless (RFC 8445 §7.2.5.2.1). */
static void take_pair_response(struct ice_controller *controller, size_t at, const void *data,
                               size_t size, const struct sockaddr_in *source, int64_t now_us)
{
    struct ice_pair *pair = &controller->pairs[at];
    int code = 0;
    enum status status = ice_check_read(data, size, &pair->id, controller->remote_pwd, &code);

    if (status == STATUS_OK && same_address(source, &controller->remotes[at]))
        pair_answered(controller, at, now_us);
    else if (status == STATUS_CONFLICT && code == ERROR_ROLE_CONFLICT)
        fail(controller, "the peer controls, too (STUN error 487), and a light client never gives "
                         "up that role");
    else if (status == STATUS_OK || status == STATUS_CONFLICT)
        pair->state = PAIR_FAILED;
    else
        controller->counters.unauthentic++;
}

/* False: none of the consent checks waits for it. */
static bool take_consent(struct ice_controller *controller, const void *data, size_t size,
                         const struct ice_check_id *id, const struct sockaddr_in *source,
                         int64_t now_us)
{
    int code = 0;

    for (size_t i = 0; i < ICE_CONTROLLER_CONSENTS_MAX; i++) {
        if (controller->consent_expires_us == INT64_MAX ||
            memcmp(&controller->consents[i], id, sizeof *id) != 0)
            continue;
        if (ice_check_read(data, size, id, controller->remote_pwd, &code) != STATUS_OK ||
            !same_address(source, &controller->selected)) {
            controller->counters.unauthentic++;
            return true;
        }
        memset(&controller->consents[i], 0, sizeof controller->consents[i]);
        controller->consent_expires_us = now_us + ICE_CONSENT_EXPIRY_US;
        return true;
    }
    return false;
}

static void take_response(struct ice_controller *controller, const void *data, size_t size,
                          const struct ice_check_id *id, const struct sockaddr_in *source,
                          int64_t now_us)
{
    for (size_t i = 0; controller->pairs && i < controller->remote_count; i++)
        if (controller->pairs[i].state == PAIR_CHECKING &&
            memcmp(&controller->pairs[i].id, id, sizeof *id) == 0) {
            take_pair_response(controller, i, data, size, source, now_us);
            return;
        }
    if (!take_consent(controller, data, size, id, source, now_us))
        controller->counters.unmatched++;
}

static bool knows_remote(const struct ice_controller *controller, const struct sockaddr_in *source)
{
    for (size_t i = 0; i < controller->remote_count; i++)
        if (same_address(&controller->remotes[i], source))
            return true;
    return false;
}

/* A full agent checks, too; an address that it did not announce is a candidate as well (RFC 8445
 * §7.3.1.3), as long as a pair is looked for. */
static void take_request(struct ice_controller *controller, const void *data, size_t size,
                         const struct sockaddr_in *source, int64_t now_us)
{
    struct ice_lite_check check;
    uint8_t answer[ANSWER_MAX];
    size_t answer_size = 0;
    enum status status = ice_lite_answer_controlling(
        data, size, controller->ufrag, controller->pwd, (const struct sockaddr *)source,
        sizeof *source, &check, answer, sizeof answer, &answer_size);

    if (status != STATUS_OK && status != STATUS_CONFLICT) {
        controller->counters.unauthentic++;
        return;
    }
    controller->counters.answered++;
    controller->config.on_send(controller->config.arg, source, answer, answer_size);
    if (status == STATUS_OK && controller->state != ICE_READY &&
        !knows_remote(controller, source) &&
        ice_controller_add_remote(controller, source, check.priority, now_us) != STATUS_OK)
        controller->counters.unmatched++;
}

void ice_controller_receive(struct ice_controller *controller, const void *data, size_t size,
                            const struct sockaddr_in *source, int64_t now_us)
{
    struct ice_check_id id;
    enum stun_class class;

    if (ice_check_peek(data, size, &class, &id) != STATUS_OK) {
        controller->counters.malformed++;
        return;
    }
    if (controller->state == ICE_FAILED)
        return; /* consent is over: nothing is answered any more (RFC 7675 §5.1) */
    if (class == STUN_CLASS_REQUEST)
        take_request(controller, data, size, source, now_us);
    else if (class == STUN_CLASS_RESPONSE)
        take_response(controller, data, size, &id, source, now_us);
    schedule(controller);
}

bool ice_controller_knows(const struct ice_controller *controller, const struct sockaddr_in *source)
{
    return (controller->has_selected && same_address(&controller->selected, source)) ||
           knows_remote(controller, source);
}

/* ---- negotiation ---- */

enum status ice_controller_set_remote(struct ice_controller *controller, const char *ufrag,
                                      const char *pwd, int64_t now_us)
{
    size_t ufrag_size = strlen(ufrag), pwd_size = strlen(pwd);

    if (ufrag_size < 4 || ufrag_size > 256 || pwd_size < 22 || pwd_size > 256)
        return STATUS_MALFORMED;
    memcpy(controller->remote_ufrag, ufrag, ufrag_size + 1);
    memcpy(controller->remote_pwd, pwd, pwd_size + 1);
    begin_next(controller, now_us);
    schedule(controller);
    return STATUS_OK;
}

enum status ice_controller_add_remote(struct ice_controller *controller,
                                      const struct sockaddr_in *remote, uint32_t priority,
                                      int64_t now_us)
{
    if (knows_remote(controller, remote))
        return STATUS_OK;
    if (controller->remote_count == ICE_CONTROLLER_REMOTES_MAX)
        return STATUS_FULL;
    /* After nomination a late candidate may send, but is not checked any more. */
    if (!controller->pairs && controller->state != ICE_READY && controller->state != ICE_FAILED) {
        controller->pairs = calloc(ICE_CONTROLLER_REMOTES_MAX, sizeof *controller->pairs);
        if (!controller->pairs)
            return STATUS_NO_MEMORY;
    }
    if (controller->pairs)
        controller->pairs[controller->remote_count] = (struct ice_pair){.priority = priority};
    controller->remotes[controller->remote_count++] = *remote;
    begin_next(controller, now_us);
    schedule(controller);
    return STATUS_OK;
}

void ice_controller_end_remotes(struct ice_controller *controller)
{
    controller->ended = true;
    schedule(controller);
}

void ice_controller_restart(struct ice_controller *controller, const char *ufrag, const char *pwd)
{
    set_credentials(controller, ufrag, pwd);
    controller->remote_ufrag[0] = controller->remote_pwd[0] = '\0';
    controller->remote_count = 0;
    controller->ended = false;
    controller->error = "";
    stop_checks(controller);
    controller->consent_due_us = controller->consent_expires_us = INT64_MAX;
    controller->due_us = INT64_MAX;
    controller->pace_us = 0;
    controller->state = ICE_NEW; /* told with the first check */
}
