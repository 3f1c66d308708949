#include "reference-server/domain/caller_state.h"

#include <assert.h>

/* Not possible. */
#define NO CALLER_STATE_COUNT

static const enum caller_state transitions[CALLER_STATE_COUNT][CALLER_ACT_COUNT] = {
    [CALLER_WAITING] =
        {
            [CALLER_JOINED] = CALLER_IN_CALL,
            [CALLER_PUT_ON_HOLD] = NO,
            [CALLER_TRANSFERRED] = CALLER_WAITING,
            [CALLER_FINISHED] = NO, /* nothing to finish: remove */
            [CALLER_REMOVED] = CALLER_ENDED,
            [CALLER_GONE] = CALLER_LEFT,
        },
    [CALLER_IN_CALL] =
        {
            [CALLER_JOINED] = CALLER_IN_CALL, /* by one more */
            [CALLER_PUT_ON_HOLD] = CALLER_ON_HOLD,
            [CALLER_TRANSFERRED] = CALLER_WAITING,
            [CALLER_FINISHED] = CALLER_ENDED,
            [CALLER_REMOVED] = CALLER_ENDED,
            [CALLER_GONE] = CALLER_LEFT,
        },
    [CALLER_ON_HOLD] =
        {
            [CALLER_JOINED] = CALLER_IN_CALL,
            [CALLER_PUT_ON_HOLD] = NO,
            [CALLER_TRANSFERRED] = CALLER_WAITING,
            [CALLER_FINISHED] = CALLER_ENDED,
            [CALLER_REMOVED] = CALLER_ENDED,
            [CALLER_GONE] = CALLER_LEFT,
        },
    [CALLER_ENDED] = {NO, NO, NO, NO, NO, NO},
    [CALLER_LEFT] = {NO, NO, NO, NO, NO, NO},
};

const char *caller_state_name(enum caller_state state)
{
    static const char *const names[CALLER_STATE_COUNT] = {
        [CALLER_WAITING] = "waiting", [CALLER_IN_CALL] = "in_call", [CALLER_ON_HOLD] = "on_hold",
        [CALLER_ENDED] = "ended",     [CALLER_LEFT] = "ended",
    };
    assert(state < CALLER_STATE_COUNT);
    return names[state];
}

enum status caller_state_next(enum caller_state state, enum caller_act act,
                              enum caller_state *ret_state)
{
    assert(state < CALLER_STATE_COUNT && act < CALLER_ACT_COUNT);
    enum caller_state next = transitions[state][act];
    if (next == NO)
        return STATUS_CONFLICT;
    *ret_state = next;
    return STATUS_OK;
}
