/* What the signalling thread tells a worker: fixed-size records in a bounded ring, carried out in
 * order. */
#ifndef CASELOAD_MEDIA_COMMAND_H
#define CASELOAD_MEDIA_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "reference-server/media/media_terms.h"
#include "reference-server/media/voice_meter.h"

enum media_command_kind {
    MEDIA_COMMAND_ADD,    /* a new transport */
    MEDIA_COMMAND_UPDATE, /* a further offer of the same peer connection */
    MEDIA_COMMAND_REMOVE,
    MEDIA_COMMAND_SEND,            /* what may be taken from the participant */
    MEDIA_COMMAND_ROUTE,           /* what feeds one of its slots */
    MEDIA_COMMAND_FEED,            /* which other workers want its packets, by kind */
    MEDIA_COMMAND_LEAK,            /* a deliberate fault, like the next */
    MEDIA_COMMAND_LEAK_TO_WAITING, /* the participant waits */
    MEDIA_COMMAND_STOP,
};

struct media_command {
    enum media_command_kind kind;
    uint64_t participant;
    union {
        struct {
            struct media_terms *terms; /* ADD, UPDATE: passes to the worker */
            struct voice_meter *meter; /* ADD, UPDATE: one hold of it does */
        };
        bool may_send[MEDIA_KINDS];
        struct {
            enum media_kind kind;
            unsigned pair;
            uint64_t source;        /* 0: nobody */
            uint32_t source_worker; /* SOURCE_WORKER_UNKNOWN: has made no offer yet */
        } route;
        uint32_t feed_workers[MEDIA_KINDS]; /* bit k: worker k */
        uint64_t leak_to;
    };
};

struct worker_context;

/* On the worker's thread. False: it was the command to stop. */
bool media_command_carry_out(const struct media_command *command, struct worker_context *context);

#endif
