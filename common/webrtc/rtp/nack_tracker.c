#include "common/webrtc/rtp/nack_tracker.h"

#include <stdbool.h>
#include <string.h>

void nack_tracker_init(struct nack_tracker *tracker)
{
    tracker->highest = -1;
    tracker->count = 0;
    tracker->given_up = tracker->reported = tracker->asked = tracker->repaired = 0;
}

static void drop_oldest(struct nack_tracker *tracker, size_t count)
{
    tracker->count -= count;
    tracker->given_up += count;
    memmove(tracker->missing, tracker->missing + count,
            tracker->count * sizeof tracker->missing[0]);
}

/* Everything between the highest number so far and `sequence` is missing. */
static void add_gap(struct nack_tracker *tracker, int64_t sequence, int64_t now_us)
{
    uint64_t gap = (uint64_t)(sequence - tracker->highest - 1);

    if (gap > NACK_TRACKER_MAX) {
        tracker->given_up += tracker->count + gap;
        tracker->count = 0;
        return;
    }
    if (tracker->count + gap > NACK_TRACKER_MAX)
        drop_oldest(tracker, tracker->count + gap - NACK_TRACKER_MAX);
    for (int64_t missing = tracker->highest + 1; missing < sequence; missing++)
        tracker->missing[tracker->count++] =
            (struct nack_missing){.sequence = missing, .since_us = now_us};
}

/* Index of the first entry that is not below `sequence`. */
static size_t find(const struct nack_tracker *tracker, int64_t sequence)
{
    size_t low = 0, high = tracker->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tracker->missing[middle].sequence < sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void found(struct nack_tracker *tracker, int64_t sequence)
{
    size_t at = find(tracker, sequence);

    if (at == tracker->count || tracker->missing[at].sequence != sequence)
        return;
    if (tracker->missing[at].tries > 0)
        tracker->repaired++;
    tracker->count--;
    memmove(tracker->missing + at, tracker->missing + at + 1,
            (tracker->count - at) * sizeof tracker->missing[0]);
}

void nack_tracker_received(struct nack_tracker *tracker, int64_t sequence, int64_t now_us)
{
    if (tracker->highest >= 0 && sequence <= tracker->highest) {
        found(tracker, sequence);
        return;
    }
    if (tracker->highest >= 0)
        add_gap(tracker, sequence, now_us);
    tracker->highest = sequence;
}

static bool hopeless(const struct nack_missing *missing, int64_t now_us, int64_t retry_us)
{
    return now_us - missing->since_us >= NACK_GIVE_UP_US ||
           (missing->tries >= NACK_TRIES && now_us - missing->asked_us >= retry_us);
}

static bool due(const struct nack_missing *missing, int64_t now_us, int64_t retry_us)
{
    if (missing->tries == 0)
        return now_us - missing->since_us >= NACK_REORDER_US;
    return now_us - missing->asked_us >= retry_us;
}

size_t nack_tracker_due(struct nack_tracker *tracker, int64_t now_us, int64_t rtt_us,
                        uint16_t *sequences, size_t max, size_t *ret_given_up)
{
    int64_t retry_us = rtt_us > NACK_RETRY_US ? rtt_us : NACK_RETRY_US;
    size_t asked = 0, kept = 0;

    for (size_t i = 0; i < tracker->count; i++) {
        struct nack_missing *missing = &tracker->missing[i];
        if (hopeless(missing, now_us, retry_us)) {
            tracker->given_up++;
            continue;
        }
        if (asked < max && due(missing, now_us, retry_us)) {
            missing->tries++;
            missing->asked_us = now_us;
            sequences[asked++] = (uint16_t)missing->sequence;
        }
        tracker->missing[kept++] = *missing;
    }
    tracker->count = kept;
    tracker->asked += asked;
    if (ret_given_up)
        *ret_given_up = (size_t)(tracker->given_up - tracker->reported);
    tracker->reported = tracker->given_up;
    return asked;
}
