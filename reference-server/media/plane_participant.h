/* What the signalling side keeps of one participant: its transport's terms, what feeds its slots,
 * and whom it feeds. Pure bookkeeping; media_plane turns the changes into commands. */
#ifndef CASELOAD_PLANE_PARTICIPANT_H
#define CASELOAD_PLANE_PARTICIPANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "reference-server/media/media_terms.h"
#include "reference-server/media/voice_meter.h"
#include "reference-server/media/worker/worker_links.h"

#define PLANE_RECEIVERS_MAX 1024 /* whom one participant feeds, per kind */

/* Whom a participant feeds with one kind of media. */
struct plane_feed {
    uint64_t *receivers; /* owned */
    size_t receiver_count, receiver_capacity;
    uint16_t wanted_on[MEDIA_WORKERS_MAX]; /* receivers by worker */
};

struct plane_participant {
    uint64_t id;
    struct media_terms *terms; /* owned copy of what its worker has; NULL: no offer yet */
    struct voice_meter *meter; /* a hold of it; NULL: no offer yet */
    unsigned worker;           /* for life, once there are terms */
    bool may_send[MEDIA_KINDS];
    bool leaving; /* being taken apart: not idle, though it may look so on the way */
    size_t pair_count[MEDIA_KINDS];
    uint64_t pairs[MEDIA_KINDS][MEDIA_PAIRS_MAX]; /* who feeds that slot of each pair; 0: nobody */
    uint16_t paused_pairs; /* video slots that its path does not carry, bit k is pair k */
    struct plane_feed feeds[MEDIA_KINDS]; /* whose slots it feeds */
    uint32_t leaks_on; /* workers to which a deliberate fault leaks its sound, one bit each */
};

struct plane_participant *plane_participant_create(uint64_t id);
void plane_participant_destroy(struct plane_participant *participant);

/* Take new terms (copied): pairs as the slots say. NO_MEMORY. */
MUST_CHECK enum status plane_participant_set_terms(struct plane_participant *participant,
                                                   const struct media_terms *terms);
/* Whoever feeds nobody, is fed by nobody and has no transport need not be remembered. */
bool plane_participant_is_idle(const struct plane_participant *participant);

/* `receiver`, on `worker`, gets media of this kind of it. FULL, NO_MEMORY. */
MUST_CHECK enum status plane_participant_add_receiver(struct plane_participant *source,
                                                      enum media_kind kind, uint64_t receiver,
                                                      unsigned worker);
void plane_participant_remove_receiver(struct plane_participant *source, enum media_kind kind,
                                       uint64_t receiver, unsigned worker);
/* Workers other than its own that want its packets of this kind, one bit each. */
uint32_t plane_participant_feed_workers(const struct plane_participant *source,
                                        enum media_kind kind);

#endif
