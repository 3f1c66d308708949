/* What the files of the media plane's signalling side share: media_plane.c (life, news, metrics),
 * plane_offer.c (offers) and plane_routes.c (who gets what). For them only. */
#ifndef CASELOAD_MEDIA_PLANE_PRIVATE_H
#define CASELOAD_MEDIA_PLANE_PRIVATE_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/webrtc/sdp/sdp.h"
#include "common/webrtc/transport/certificate.h"
#include "reference-server/media/media_plane.h"
#include "reference-server/media/plane_participant.h"
#include "reference-server/media/worker/key_map.h"
#include "reference-server/media/worker/media_worker.h"

struct media_plane {
    struct media_plane_config config;
    char address[INET_ADDRSTRLEN];
    struct certificate *certificate;
    struct worker_links *links;
    struct media_worker *workers[MEDIA_WORKERS_MAX];
    struct key_map *participants; /* id → struct plane_participant, owned */
    uint32_t incarnations;        /* transports made so far */
    struct sdp *offer, *answer;   /* scratch: 700 KiB each */
    /* The workers' news. An own descriptor instead of loop_post: it can be taken back. */
    int event_fd;
    _Atomic bool event_pending;
    struct loop_watch *watch;
};

void plane_tell(struct media_plane *plane, unsigned worker, const struct media_command *command);

/* NULL: unknown. */
struct plane_participant *plane_find(struct media_plane *plane, uint64_t id);
/* Found or made; NULL: no room, or 0. */
struct plane_participant *plane_obtain(struct media_plane *plane, uint64_t id);
void plane_forget_if_idle(struct media_plane *plane, struct plane_participant *participant);

/* Empty one slot of `receiver`. */
void plane_disconnect(struct media_plane *plane, struct plane_participant *receiver,
                      enum media_kind kind, size_t pair);
/* A transport that is new to its worker: everything that was decided about it, again. */
void plane_restore_routes(struct media_plane *plane, struct plane_participant *participant);

#endif
