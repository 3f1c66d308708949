/* What all participants of one process share for their media: clips, probes, certificates, and the
 * way to the network (one io_uring, the light clients' socket, or system calls). Made by a shard
 * and by a calibration; participants see its media_context. */
#ifndef CASELOAD_MEDIA_KIT_H
#define CASELOAD_MEDIA_KIT_H

#include "common/base/status.h"
#include "common/webrtc/transport/address_range.h"
#include "engine/media/clip.h"
#include "engine/participant/participant.h"

struct media_kit_settings {
    enum media_mode mode;
    struct clip_settings clip;
    double probe_share;             /* 0…1 of the participants decode */
    bool io_uring;                  /* full clients' sockets in one ring; false: system calls */
    bool light;                     /* light clients */
    struct address_range addresses; /* theirs */
    bool burst;
    const char *address;               /* full clients bind to it; NULL: all */
    const struct net_profile *network; /* everybody's at first; NULL: none is emulated */
    uint32_t run;
    uint64_t seed;
    const char *evidence_folder; /* NULL: nowhere */
    bool keep_keys;
    uint32_t first_sender; /* stamps count senders from here on */
};

struct media_kit;

/* `loop`, `wheel` and `metrics` are borrowed, as are the texts of the settings. */
MUST_CHECK enum status media_kit_create(const struct media_kit_settings *settings,
                                        struct loop *loop, struct timer_wheel *wheel,
                                        struct metrics *metrics, struct media_kit **ret_kit,
                                        struct failure *failure);
/* After all participants; the probes have been stopped by whoever wants their last results. */
void media_kit_destroy(struct media_kit *kit);

struct media_context *media_kit_context(struct media_kit *kit);
/* Timers that are due fire, what they sent leaves, what has come is taken. Once per tick of the
 * wheel, a millisecond, and between two callbacks of a long turn of the loop. */
void media_kit_pace(struct media_kit *kit, int64_t now_us);
/* Once a second: what befell the light clients' socket goes into the metrics. */
void media_kit_second(struct media_kit *kit);

#endif
