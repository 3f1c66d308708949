/* What the files of a participant share: participant.c (life, what its media tells),
 * participant_describe.c (descriptions), participant_flow.c (media sent and expected),
 * participant_network.c (the emulated network) and participant_traffic.c (counters). For them
 * only. */
#ifndef CASELOAD_PARTICIPANT_PRIVATE_H
#define CASELOAD_PARTICIPANT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/participant/capture.h"
#include "engine/participant/participant.h"

#define SOCKETS_MAX 24

struct socket_watch {
    int fd;
    struct loop_watch *watch;
};

/* Running totals of one endpoint, summed over its tracks. */
struct traffic {
    uint64_t sent, received, retransmitted, nacks, plis, bytes_sent, bytes_received, drops,
        strangers;
};

struct participant {
    struct media_context *context; /* borrowed */
    uint32_t sender;
    uint64_t session;
    char role[32];
    char name[64];
    unsigned role_tag;
    unsigned tag; /* role_tag, with the emulated network's */
    bool decode;
    void *arg;
    void (*on_event)(void *arg, enum participant_event event, uint32_t sender, const char *text,
                     int64_t at_us);
    struct endpoint *endpoint;   /* owned; NULL with MEDIA_NONE */
    struct datagram_path path;   /* into `link` */
    struct net_link *link;       /* owned; NULL: no emulated network */
    struct media_source *source; /* owned; NULL before the first description */
    struct media_sink *sink;     /* owned */
    struct capture *capture;     /* owned; NULL: none */
    struct socket_watch sockets[SOCKETS_MAX];
    struct wheel_timer housekeeping;
    size_t audio_track, video_track;
    bool wants_audio, wants_video; /* what participant_send asked for */
    bool listens;                  /* what participant_talk asked for */
    bool was_connected, reported_loss;
    uint64_t forbidden;
    struct participant_phases phases;
    int64_t next_second_us;
    struct traffic recorded; /* what the metrics know of already */
};

/* How many encodings of its picture everybody sends: 1 without simulcast. */
unsigned media_context_encodings(const struct media_context *context);

/* Send what participant_send asked for, once there are a description and a connection. */
void participant_start_source(struct participant *participant, int64_t now_us);

/* A link with the run's network, or one without impairments; and its tag. NO_MEMORY. */
MUST_CHECK enum status participant_create_network(struct participant *participant,
                                                  struct failure *failure);

/* Counters go into the metrics as they grow, so that every second shows its own traffic. */
void participant_record_traffic(struct participant *participant);
/* The last word, before the endpoint is closed. */
void participant_record_totals(struct participant *participant);

#endif
