/* The inside of a media sink: one slot per m= section that media came on, and what slots ask of the
 * sink. Shared by media_sink.c (senders, permission, life), sink_slot.c (packets in) and
 * sink_probe.c (what is handed to decoders). */
#ifndef CASELOAD_SINK_SLOT_H
#define CASELOAD_SINK_SLOT_H

#include "common/webrtc/rtp/rtp_sequence.h"
#include "engine/media/arrival_jitter.h"
#include "engine/media/frame_assembler.h"
#include "engine/media/sink_sender.h"

struct held_audio;

struct sink_slot {
    struct media_sink *sink;
    size_t track;
    enum sdp_kind kind;
    uint32_t ssrc;
    struct sink_sender *sender;        /* who feeds it by the last stamp; NULL: nobody */
    struct frame_assembler *assembler; /* video; owned */
    struct audio_playout *playout;     /* audio; owned */
    struct held_audio *held;           /* audio of probes; owned; NULL: none */
    struct timestamp_unwrapper unwrapper;
    struct arrival_jitter jitter;
    bool jitter_is_new; /* packets came since it was recorded */
    uint32_t
        cut_packets;  /* video: of frames that the next one cut off; whoever sends that sent them */
    bool has_stamped; /* video: the next two are of the last frame with a stamp */
    int64_t stamped_timestamp, stamped_capture_us;
};

/* Packets that cannot be told whose they are: one of sound, or all that came of a frame. */
struct unstamped {
    size_t track;
    enum sdp_kind kind;
    uint32_t packets;
    bool complete, repaired; /* of a frame; repaired: a retransmission was among them */
    int64_t captured_us;     /* of a frame, by its media clock; else like begun */
    int64_t begun_us;        /* first arrival */
    int64_t arrival_us;      /* last one */
};

#define SINK_CUTS_MAX 16 /* frames cut in the middle that wait for an explanation */

struct media_sink {
    struct media_sink_config config;                     /* save_prefix owned */
    struct sink_slot *slots[ENDPOINT_TRACKS_MAX];        /* owned; NULL: nothing came */
    struct sink_sender *senders[MEDIA_SINK_SENDERS_MAX]; /* owned; the first `sender_count` */
    size_t sender_count;
    struct sink_sender others; /* id 0: those for whom there was no place */
    struct permission unknown; /* suspects without a stamp while nobody was permitted */
    char unknown_what[240];    /* the first of them */
    struct permission foreign; /* given while media without stamps is expected */
    struct media_foreign foreign_media;
    uint64_t unattributed;
    bool is_chosen_for; /* the platform chooses what this receiver gets */
    size_t cut_count;
    struct unstamped cuts[SINK_CUTS_MAX];
    int64_t now_us; /* of the last second or the end */
    bool finished;
};

/* Never NULL: `others` when there is no place left. */
struct sink_sender *sink_find_or_add(struct media_sink *sink, uint32_t id);
/* Something of this sender came for the first time; tells it when it is permitted. */
void sink_note_first(struct media_sink *sink, struct sink_sender *sender, enum media_first what,
                     int64_t at_us);
/* Packets without a stamp while a foreign sender is expected (then true: they are counted). */
bool sink_take_foreign(struct media_sink *sink, enum sdp_kind kind, uint32_t packets, bool frame,
                       int64_t arrival_us);
void sink_count_unattributed(struct media_sink *sink, const struct unstamped *what);

/* How late this generator has been of late: what the platform told may wait as long. */
int64_t sink_lateness_us(const struct media_sink *sink);

/* sink_cut.c: a frame without a stamp that never became whole. What explains it may come a little
 * later; what nothing explains is unattributed. */
void sink_cut_take(struct media_sink *sink, const struct unstamped *what);
/* Look again at those that wait; `last`: nothing more will be told. */
void sink_cut_judge(struct media_sink *sink, bool last);

/* NULL: no memory. */
struct sink_slot *sink_slot_create(struct media_sink *sink, const struct endpoint_media *media);
void sink_slot_destroy(struct sink_slot *slot);
void sink_slot_packet(struct sink_slot *slot, const struct endpoint_media *media);
/* Another sender (NULL: nobody) feeds the slot. */
void sink_slot_switch(struct sink_slot *slot, struct sink_sender *sender);
/* Another stream, or the end: nothing of what was continues. */
void sink_slot_restart(struct sink_slot *slot, uint32_t ssrc);
void sink_slot_second(struct sink_slot *slot, int64_t now_us);

/* `thinned`: frames before it that were left out on purpose. */
void sink_probe_video(struct media_sink *sink, struct sink_sender *sender,
                      const struct assembled_frame *frame, const struct stamp *stamp,
                      uint32_t thinned);
/* Keep a packet until it is played, then hand it over. */
void sink_probe_hold(struct sink_slot *slot, uint32_t number, const struct rtp_packet *packet);
void sink_probe_play(struct sink_slot *slot, const struct playout_packet *packet);
void sink_probe_close(struct media_sink *sink, struct sink_sender *sender);

#endif
