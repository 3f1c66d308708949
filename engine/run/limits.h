/* Does this machine allow what was asked for? Descriptors, ports, connection tracking and memory,
 * checked before the run with a message that names the limit (system_limits.h has the rules). */
#ifndef CASELOAD_LIMITS_H
#define CASELOAD_LIMITS_H

#include "common/base/status.h"
#include "engine/run/story_outline.h"
#include "engine/run/system_limits.h"

/* Descriptors one participant takes: WebSocket, libnice's socket and event, media socket. */
#define LIMITS_DESCRIPTORS_MEDIA 4
#define LIMITS_DESCRIPTORS_NETWORK 1 /* more, with --net: the platform's portal (ice_detour.h) */
#define LIMITS_DESCRIPTORS_LIGHT 1   /* light clients share one media socket */
#define LIMITS_DESCRIPTORS_SIGNALLING 1
#define LIMITS_DESCRIPTORS_RESERVE 200
#define LIMITS_BYSTANDERS_PER_CLINIC 5
/* Resident bytes of one participant on the generator's side: the goals of results/published. */
#define LIMITS_BYTES_MEDIA (150U << 10)
#define LIMITS_BYTES_PLAIN (20U << 10)
#define LIMITS_BYTES_TLS (48U << 10)

/* What the run needs on this host. */
void limits_of_run(const struct run_settings *settings, const struct story_outline *outline,
                   struct limits_demand *ret_demand);
/* INVALID: the failure names the limit and the remedy. What the load may only suffer from is told
 * on stderr. */
MUST_CHECK enum status limits_check(const struct run_settings *settings,
                                    const struct story_outline *outline, struct failure *failure);

#endif
