/* The ICE of an endpoint, of one of two kinds: full (ice_agent.h: libnice, a socket each) or light
 * (ice_light.h: an address on a shared socket). Used by common/webrtc/endpoint*.c. A choice by
 * branch, because sending is on the path of every packet. */
#ifndef CASELOAD_ICE_CLIENT_H
#define CASELOAD_ICE_CLIENT_H

#include "common/webrtc/transport/ice_agent.h"
#include "common/webrtc/transport/ice_light.h"

/* At most one is set; zeroed: none yet. */
struct ice_client {
    struct ice_agent *full;
    struct ice_light *light;
};

/* Light when config->shared is set. Made and gathering, or neither; the failure says why. */
MUST_CHECK enum status ice_client_create(const struct ice_config *config,
                                         struct ice_client *ret_client, struct failure *failure);
void ice_client_destroy(struct ice_client *client);

static inline bool ice_client_exists(const struct ice_client *client)
{
    return client->full != NULL || client->light != NULL;
}

static inline enum status ice_client_send(const struct ice_client *client, const void *data,
                                          size_t size)
{
    return client->light != NULL ? ice_light_send(client->light, data, size)
                                 : ice_agent_send(client->full, data, size);
}

/* As the functions of ice_agent.h. */
void ice_client_arrive(const struct ice_client *client, bool out, uint64_t route, const void *data,
                       size_t size);
const char *ice_client_ufrag(const struct ice_client *client);
const char *ice_client_pwd(const struct ice_client *client);
void ice_client_set_remote_lite(const struct ice_client *client, bool lite);
MUST_CHECK enum status ice_client_set_remote(const struct ice_client *client, const char *ufrag,
                                             const char *pwd);
enum status ice_client_add_candidate(const struct ice_client *client, const char *candidate);
MUST_CHECK enum status ice_client_restart(const struct ice_client *client);
void ice_client_readable(const struct ice_client *client, int fd);
enum status ice_client_take_over(const struct ice_client *client);
/* Kernel stamps and batches: a light client always has them. */
bool ice_client_taken_over(const struct ice_client *client);
void ice_client_counters(const struct ice_client *client, struct ice_counters *ret_counters);
/* What is known beyond the state; "" when nothing is. */
const char *ice_client_error(const struct ice_client *client);

/* Of the light kind (ice_agent_run_timers drives the other one): INT64_MAX: never. */
int64_t ice_client_due_us(const struct ice_client *client);
void ice_client_on_timer(const struct ice_client *client, int64_t now_us);

#endif
