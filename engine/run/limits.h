/* Does this machine allow what was asked for? Descriptors, ports and memory, checked before the run
 * with a message that names the limit. */
#ifndef CASELOAD_LIMITS_H
#define CASELOAD_LIMITS_H

#include "common/base/status.h"
#include "engine/run/story_outline.h"

/* Descriptors one participant takes: WebSocket, libnice's socket and event, media socket. */
#define LIMITS_DESCRIPTORS_MEDIA 4
#define LIMITS_DESCRIPTORS_LIGHT 1 /* light clients share one media socket */
#define LIMITS_DESCRIPTORS_SIGNALLING 1
#define LIMITS_DESCRIPTORS_RESERVE 200
#define LIMITS_BYSTANDERS_PER_CLINIC 5

MUST_CHECK enum status limits_check(const struct run_settings *settings,
                                    const struct story_outline *outline, struct failure *failure);

#endif
