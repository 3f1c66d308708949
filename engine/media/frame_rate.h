/* Frames per second in windows of about one second, of one video. Windows at the edges of what is
 * sent say nothing about the network: a window counts only when frames came in a later one, within
 * the time after which W3C calls it a pause. Pure. Used by media sinks. */
#ifndef CASELOAD_FRAME_RATE_H
#define CASELOAD_FRAME_RATE_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_RATE_HELD_MAX 5 /* windows that wait for a later one */

/* Zeroed memory has seen nothing. */
struct frame_rate {
    int64_t window_us; /* when the current window began; 0: with the next call of _window */
    uint32_t frames;   /* in it */
    uint32_t held[FRAME_RATE_HELD_MAX]; /* thousandths of frames per second, oldest first */
    size_t held_count;
};

void frame_rate_frame(struct frame_rate *rate);
/* The window ends, another begins. Writes the windows that have become certain, in thousandths of
 * frames per second, to `rates` and returns how many. */
size_t frame_rate_window(struct frame_rate *rate, int64_t now_us,
                         uint32_t rates[FRAME_RATE_HELD_MAX]);
/* The video ends or becomes another: what is held, and the window that runs, is forgotten. */
void frame_rate_break(struct frame_rate *rate);

#endif
