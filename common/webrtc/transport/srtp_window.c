#include "common/webrtc/transport/srtp_window.h"

#include <assert.h>
#include <string.h>

#define HALF 0x8000

uint64_t srtp_window_estimate(const struct srtp_window *window, uint16_t sequence)
{
    uint64_t rollover = window->highest >> 16;
    uint16_t last = (uint16_t)window->highest;

    if (!window->started)
        return sequence;
    if (last < HALF && sequence > last + HALF)
        return rollover == 0 ? UINT64_MAX : (rollover - 1) << 16 | sequence;
    if (last >= HALF && sequence < last - HALF)
        return (rollover + 1) << 16 | sequence;
    return rollover << 16 | sequence;
}

static uint64_t bit_of(uint64_t index)
{
    return (uint64_t)1 << index % 64;
}

static size_t word_of(uint64_t index)
{
    return index % SRTP_WINDOW_SIZE / 64;
}

bool srtp_window_is_fresh(const struct srtp_window *window, uint64_t index)
{
    if (!window->started || index > window->highest)
        return true;
    return window->highest - index < SRTP_WINDOW_SIZE &&
           !(window->seen[word_of(index)] & bit_of(index));
}

/* Forget the places between the highest index and the new one: they stood for older ones. */
static void advance(struct srtp_window *window, uint64_t index)
{
    if (!window->started || index - window->highest >= SRTP_WINDOW_SIZE) {
        memset(window->seen, 0, sizeof window->seen);
    } else {
        for (uint64_t i = window->highest + 1; i < index; i++)
            window->seen[word_of(i)] &= ~bit_of(i);
    }
    window->highest = index;
    window->started = true;
}

void srtp_window_add(struct srtp_window *window, uint64_t index)
{
    assert(srtp_window_is_fresh(window, index));
    if (!window->started || index > window->highest)
        advance(window, index);
    window->seen[word_of(index)] |= bit_of(index);
}
