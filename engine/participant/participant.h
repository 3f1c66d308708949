/* One synthetic person's media: endpoint, source, sink and the events a script may wait for. Made
 * and driven by engine/script; knows no platform protocol (descriptions travel as text). */
#ifndef CASELOAD_PARTICIPANT_H
#define CASELOAD_PARTICIPANT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/recent_max.h"
#include "common/base/status.h"
#include "common/base/timer_wheel.h"
#include "common/net/loop.h"
#include "common/webrtc/endpoint.h"
#include "engine/measure/metrics.h"
#include "engine/media/clip.h"
#include "engine/media/media_sink.h"
#include "engine/media/media_source.h"
#include "engine/network/net_link.h"

struct participant;
struct probe_pool;

enum media_mode { MEDIA_FULL, MEDIA_AUDIO, MEDIA_NONE };

/* What all participants of a shard share; filled and owned by the shard. */
struct media_context {
    struct loop *loop;
    struct timer_wheel *wheel;
    struct media_ring *ring;           /* NULL: media sockets are used by system calls */
    struct net_pool *network_pool;     /* of emulated networks; owned by the shard */
    const struct net_profile *network; /* everybody's at first; NULL: none is emulated */
    struct shared_socket *shared;      /* of light clients; NULL: full ones */
    struct metrics *metrics;
    struct certificate **certificates; /* a small pool, used in turn */
    size_t certificate_count;
    const struct video_clip *video;                               /* NULL when the run sends none */
    const struct video_clip *lower_video[CLIP_ENCODINGS_MAX - 1]; /* of simulcast; NULL: no more */
    const struct audio_clip *audio;
    struct probe_pool *probes; /* NULL: no probes */
    double probe_share;        /* 0…1 of the participants decode */
    enum media_mode mode;
    bool burst;
    uint32_t run; /* of the stamps */
    uint64_t seed;
    const char *address;         /* local address for ICE; NULL: all */
    const char *evidence_folder; /* where probes and captures write; NULL: nowhere */
    bool keep_keys;              /* captures write their SRTP keys too */
    /* How late the shard noticed what was told to it: turns of its loop, queue of its script. */
    struct recent_max late;
    uint32_t next_sender; /* numbers given out: shard index, then counting up */
};

enum participant_event {
    PARTICIPANT_CANDIDATE, /* text: a local candidate, "" at the end */
    PARTICIPANT_CONNECTED, /* DTLS-SRTP is up: media may flow */
    PARTICIPANT_LOST,      /* text: why */
    PARTICIPANT_FAILED,    /* text: why it never connected */
    PARTICIPANT_FIRST_RTP, /* sender: first packet of that sender since permitted */
    PARTICIPANT_FIRST_AUDIO,
    PARTICIPANT_FIRST_FRAME, /* first complete key frame */
    PARTICIPANT_FIRST_DECODED,
    PARTICIPANT_REFRESHED, /* sender: the key frame that participant_ask_key_frame asked for */
    PARTICIPANT_FORBIDDEN, /* sender: packets that must not have come; text: what is known of those
                            * of sender 0 (media_sink.h) */
};

struct participant_config {
    struct media_context *context; /* borrowed */
    const char *role;              /* for tags: "patient", "team_member", … */
    const char *tag;               /* another one of its measures, "story=…"; NULL: none */
    const char *name;              /* of the actor, for evidence and messages; copied */
    uint64_t session;              /* index in the run */
    bool decode;                   /* this one is a probe */
    bool impairable;               /* participant_network may be called later */
    bool capture; /* write decrypted RTP/RTCP (and the wire) to the evidence folder */
    void *arg;
    void (*on_event)(void *arg, enum participant_event event, uint32_t sender, const char *text,
                     int64_t at_us);
};

MUST_CHECK enum status participant_create(const struct participant_config *config,
                                          struct participant **ret_participant,
                                          struct failure *failure);
/* Judge what was received so far once and for all, with PARTICIPANT_FORBIDDEN at once: the last
 * word before destroy, when nothing is told any more. */
void participant_judge(struct participant *participant);
/* Records the participant's measures, closes its media, frees it. */
void participant_destroy(struct participant *participant);

/* Never 0; what its stamps carry. */
uint32_t participant_sender(const struct participant *participant);

/* The offer with own audio and video and `video_slots` + `audio_slots` receive-only sections;
 * without any, the other's media comes in the own sections, as between two browsers. The text lives
 * until the next description. */
MUST_CHECK enum status participant_offer(struct participant *participant, unsigned video_slots,
                                         unsigned audio_slots, bool ice_restart,
                                         const char **ret_sdp, struct failure *failure);
MUST_CHECK enum status participant_set_answer(struct participant *participant, const char *sdp,
                                              struct failure *failure);
/* For platforms that offer: the answer sends own media in the first audio and video section. */
MUST_CHECK enum status participant_answer(struct participant *participant, const char *offer,
                                          const char **ret_sdp, struct failure *failure);
enum status participant_add_candidate(struct participant *participant, const char *candidate);

/* Send media from now on, or stop. Before CONNECTED it is remembered and begins then. */
void participant_send(struct participant *participant, bool audio, bool video, int64_t now_us);
/* The slot with this mid is fed by another participant now (NULL: by nobody, or a stranger). What
 * kind of slot it is; SDP_OTHER: there is none of that name. */
enum sdp_kind participant_slot(struct participant *participant, const char *mid,
                               const struct participant *source);

/* From `at_us` on `receiver` may (must not) receive `sender`'s media; also fixes what is expected:
 * all of it, or, in a call that is too large for it (`by_choice`), what participant_choose says. */
void participant_permit(struct participant *receiver, struct participant *sender, bool permitted,
                        bool by_choice, int64_t at_us);
/* The platform's choice for `receiver` does (not) hold that kind of `sender`'s media. */
void participant_choose(struct participant *receiver, struct participant *sender,
                        enum sdp_kind kind, bool chosen, int64_t at_us);
/* Talk (as everybody does at first), or listen: send silence. */
void participant_talk(struct participant *participant, bool talks);

/* The platform declares that `receiver`'s path does not carry `sender`'s picture: from `at_us` on
 * it is withheld, or shown again. */
void participant_withhold(struct participant *receiver, struct participant *sender, bool withheld,
                          int64_t at_us);
/* Ask for a key frame of `sender`; PARTICIPANT_REFRESHED tells when one begins to come
 * later. False: no video of this sender comes (media_sink.h). */
bool participant_ask_key_frame(struct participant *receiver, uint32_t sender, int64_t at_us);

/* Another emulated network from now on, for all that enters it. CONFLICT: not `impairable`, and the
 * run has no --net; or no media. */
enum status participant_network(struct participant *participant, const struct net_profile *profile);

struct participant_phases { /* 0: not reached */
    int64_t offered_us, gathered_us, ice_us, dtls_us, first_rtp_us, first_frame_us, first_audio_us;
};
void participant_phases(const struct participant *participant,
                        struct participant_phases *ret_phases);
enum endpoint_state participant_state(const struct participant *participant);
/* What arrived from `sender` so far; false: nothing known. */
bool participant_received(const struct participant *participant, uint32_t sender,
                          struct media_received *ret_received);
uint64_t participant_forbidden(const struct participant *participant);
/* From `at_us` on a foreign sender, whom somebody else plays, is (not) in the call: media without
 * stamps is expected then (media_sink_expect_foreign). */
void participant_expect_foreign(struct participant *participant, bool expected, int64_t at_us);
/* What came of foreign senders so far; zeros without media. */
void participant_foreign(const struct participant *participant, struct media_foreign *ret_foreign);
struct participant_sent {
    uint64_t audio_packets, video_packets; /* without retransmissions */
    uint64_t frames;
};
void participant_sent(const struct participant *participant, struct participant_sent *ret_sent);
void participant_endpoint_stats(const struct participant *participant,
                                struct endpoint_stats *ret_stats);

#endif
