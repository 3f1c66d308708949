/* A minimal controlling ICE agent with one local address and one component: checks of the peer's
 * candidates, regular nomination (RFC 8445 §7, §8.1), consent (RFC 7675), answers to the peer's
 * checks. Used by ice_light.c. Datagrams and the time in, datagrams out: no sockets, no clock. It
 * gathers nothing, relays nothing (no STUN or TURN server), and never gives up its role. */
#ifndef CASELOAD_ICE_CONTROLLER_H
#define CASELOAD_ICE_CONTROLLER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/random.h"
#include "common/base/status.h"
#include "common/webrtc/transport/ice_agent.h"
#include "common/webrtc/transport/ice_check.h"

#define ICE_CONTROLLER_REMOTES_MAX 8    /* candidates of the peer; more are refused */
#define ICE_CONTROLLER_CONSENTS_MAX 8   /* consent checks that may still be answered: 30 s / 4 s */
#define ICE_CREDENTIAL_SIZE 257         /* RFC 8839 §5.4: at most 256 characters */
#define ICE_CHECK_INTERVAL_US 50000     /* Ta, RFC 8445 §14.2: between first checks */
#define ICE_CHECK_RTO_US 500000         /* RFC 8445 §14.3; doubles with each transmission */
#define ICE_CHECK_TRANSMISSIONS 7       /* Rc, RFC 8489 §6.2.1 */
#define ICE_CHECK_LAST_WAIT_US 8000000  /* Rm × RTO after the last one */
#define ICE_CONSENT_INTERVAL_US 5000000 /* ± 20 %, RFC 7675 §5.1 */
#define ICE_CONSENT_EXPIRY_US 30000000

struct ice_pair;

struct ice_controller_config {
    const char *ufrag, *pwd; /* local; copied, shorter than ICE_CREDENTIAL_SIZE */
    uint32_t check_priority; /* PRIORITY of checks (RFC 8445 §7.1.1) */
    uint64_t seed;           /* of tie-breaker and consent times */
    void *arg;
    /* Neither may end the controller. */
    void (*on_send)(void *arg, const struct sockaddr_in *to, const void *data, size_t size);
    void (*on_state)(void *arg, enum ice_state state);
};

struct ice_controller_counters {
    uint64_t checks_sent, consents_sent, answered;
    uint64_t unauthentic; /* requests and responses with a wrong or no MESSAGE-INTEGRITY */
    uint64_t unmatched;   /* responses to nothing that waits: late, doubled or made up */
    uint64_t malformed;
};

/* Plain data of its owner; only read from outside. */
struct ice_controller {
    struct ice_controller_config config; /* its texts are not kept */
    char ufrag[ICE_CREDENTIAL_SIZE], pwd[ICE_CREDENTIAL_SIZE];
    char remote_ufrag[ICE_CREDENTIAL_SIZE], remote_pwd[ICE_CREDENTIAL_SIZE];
    enum ice_state state;
    const char *error; /* why FAILED; "" before */
    uint64_t tie_breaker;
    struct random_stream random;
    int64_t due_us; /* call on_timer then; INT64_MAX: never */
    /* The peer's candidates, also after the checks: media may come from any of them. */
    struct sockaddr_in remotes[ICE_CONTROLLER_REMOTES_MAX];
    size_t remote_count;
    bool ended;             /* no more of them will come */
    struct ice_pair *pairs; /* owned, one per remote; NULL while no checks are made */
    int64_t pace_us;        /* the next first check is not before */
    bool has_selected;
    struct sockaddr_in
        selected; /* where media goes; after a restart the old one until nomination */
    int64_t consent_due_us, consent_expires_us; /* INT64_MAX: no consent is being asked */
    struct ice_check_id consents[ICE_CONTROLLER_CONSENTS_MAX];
    size_t consent_at; /* place of the next one; the oldest is forgotten */
    struct ice_controller_counters counters;
};

void ice_controller_init(struct ice_controller *controller,
                         const struct ice_controller_config *config);
void ice_controller_finish(struct ice_controller *controller);
/* MALFORMED: RFC 8839 §5.4, 4…256 and 22…256 characters. Checks of known remotes begin. */
MUST_CHECK enum status ice_controller_set_remote(struct ice_controller *controller,
                                                 const char *ufrag, const char *pwd,
                                                 int64_t now_us);
/* FULL; NO_MEMORY. A known one is no error. */
MUST_CHECK enum status ice_controller_add_remote(struct ice_controller *controller,
                                                 const struct sockaddr_in *remote,
                                                 uint32_t priority, int64_t now_us);
/* No more will come: when nothing works any more, that is final. */
void ice_controller_end_remotes(struct ice_controller *controller);
/* New local credentials; forgets the peer's, checks again with the next ones. Media continues on
 * the selected pair (RFC 8445 §9); consent is asked again when there is a new one. */
void ice_controller_restart(struct ice_controller *controller, const char *ufrag, const char *pwd);
/* One STUN message that came from `source`. */
void ice_controller_receive(struct ice_controller *controller, const void *data, size_t size,
                            const struct sockaddr_in *source, int64_t now_us);
void ice_controller_on_timer(struct ice_controller *controller, int64_t now_us);
/* May media come from there? The selected pair's and all candidates' addresses. */
bool ice_controller_knows(const struct ice_controller *controller,
                          const struct sockaddr_in *source);

#endif
