/* ICE of a light client: a participant with an address of its own on a socket that it shares with
 * others (shared_socket.h), and a minimal controlling agent (ice_controller.h). Offers what
 * ice_agent.h offers, as far as there is something to offer; ice_client.h chooses. What it cannot
 * do it says: no STUN or TURN servers, no IPv6, no candidates by name or over TCP, no controlled
 * role. */
#ifndef CASELOAD_ICE_LIGHT_H
#define CASELOAD_ICE_LIGHT_H

#include "common/webrtc/transport/ice_agent.h"

struct ice_light;

/* `config->shared` is the socket; on_socket is not called, because that socket is its owner's
 * matter. UNSUPPORTED: what light clients do not do; the failure names it. FULL: no address left.
 */
MUST_CHECK enum status ice_light_create(const struct ice_config *config,
                                        struct ice_light **ret_light, struct failure *failure);
void ice_light_destroy(struct ice_light *light);
const char *ice_light_ufrag(const struct ice_light *light);
const char *ice_light_pwd(const struct ice_light *light);
/* Tells the one candidate, and the end. */
void ice_light_gather(struct ice_light *light);
MUST_CHECK enum status ice_light_set_remote(struct ice_light *light, const char *ufrag,
                                            const char *pwd);
/* As ice_agent_add_candidate; UNSUPPORTED also for IPv6. FULL: more than
 * ICE_CONTROLLER_REMOTES_MAX. */
enum status ice_light_add_candidate(struct ice_light *light, const char *candidate);
MUST_CHECK enum status ice_light_restart(struct ice_light *light);
enum ice_state ice_light_state(const struct ice_light *light);
/* Why FAILED; "" otherwise. */
const char *ice_light_error(const struct ice_light *light);
/* AGAIN: no pair yet, or none any more. */
enum status ice_light_send(struct ice_light *light, const void *data, size_t size);
/* STUN that the path carried goes on. */
void ice_light_arrive(struct ice_light *light, bool out, uint64_t route, const void *data,
                      size_t size);
void ice_light_counters(const struct ice_light *light, struct ice_counters *ret_counters);

/* Checks and consent: call ice_light_on_timer at or soon after this time; INT64_MAX: never. It
 * changes with every call and every datagram. */
int64_t ice_light_due_us(const struct ice_light *light);
void ice_light_on_timer(struct ice_light *light, int64_t now_us);

#endif
