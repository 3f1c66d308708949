/* What a command of the domain brought about, besides its result: a list of effects that the layer
 * above carries out (tells clients, moves media, writes the visit log) before the next command.
 * The order of the list is the order in which clients must learn of it. */
#ifndef CASELOAD_SERVER_OUTCOME_H
#define CASELOAD_SERVER_OUTCOME_H

#include <stddef.h>
#include <stdint.h>

#include "reference-server/domain/caller_state.h"
#include "reference-server/domain/id.h"

struct area;
struct clinic;
struct card;
struct participant;

enum effect_kind {
    EFFECT_CARD_CHANGED,  /* area, card, cause */
    EFFECT_CARD_REMOVED,  /* area, card_id, cause */
    EFFECT_SPACE_CHANGED, /* to (the caller), space_id, state, cause, clinic (NULL: as before) */
    EFFECT_CALL_CHANGED,  /* to, call_id, space_id: who is in `to`'s call has changed, or whether
                             `to` is in one: tell, and route media anew */
    EFFECT_CHAT,          /* to, from, space_id, text */
    EFFECT_CARD_MESSAGE,  /* area, card_id, text */
    EFFECT_VISIT_ENDED,   /* visit */
    EFFECT_KIND_COUNT
};

/* One stay of a caller in one clinic, for the log. All times CLOCK_MONOTONIC microseconds. */
struct visit {
    struct id space_id, clinic_id;
    int64_t entered_us;
    int64_t seen_us; /* first join in that clinic; 0: never seen */
    int64_t ended_us;
    const char *cause; /* "ended", "left", "dropped", "removed", "transferred" */
};

struct effect {
    enum effect_kind kind;
    struct area *area;
    struct clinic *clinic;
    struct card *card;
    struct participant *to, *from;
    struct id card_id, space_id, call_id;
    enum caller_state state;
    const char *cause; /* a literal, as in the protocol */
    const char *text;  /* borrowed from the command */
    struct visit visit;
};

/* The most that one command can cause: the end of a group room (for each caller: told, out of the
 * call, the card, the visit), with as many members as there is room for in memory. */
#define EFFECTS_MAX 144

struct outcome {
    struct effect effects[EFFECTS_MAX];
    size_t count;
    /* With a refusal: data.limit of FULL, data.state of CONFLICT; otherwise NULL. */
    const char *detail;
    /* caller_return: the connection that was the caller's until now, or NULL. */
    void *replaced;
};

void outcome_clear(struct outcome *outcome);
/* A new last effect of that kind, otherwise zero. */
struct effect *outcome_add(struct outcome *outcome, enum effect_kind kind);
/* Set the detail and return the status: a refusal in one line. */
enum status outcome_refuse(struct outcome *outcome, enum status status, const char *detail);

#endif
