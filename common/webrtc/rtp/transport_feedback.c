#include "common/webrtc/rtp/transport_feedback.h"

#include <string.h>

enum {
    REFERENCE_US = 64000,
    /* A delta is 16 bits of 250 µs; one tick is left for rounding. */
    DELTA_MAX_US = (INT16_MAX - 1) * 250,
};

void transport_feedback_init(struct transport_feedback *feedback)
{
    memset(feedback, 0, sizeof *feedback);
}

static int64_t *arrival_of(struct transport_feedback *feedback, int64_t sequence)
{
    return &feedback->arrivals_us[(uint64_t)sequence % RTCP_TRANSPORT_MAX];
}

/* Numbers between the highest and `sequence` have not arrived (yet). */
static void advance(struct transport_feedback *feedback, int64_t sequence)
{
    int64_t entering = feedback->highest + 1;

    if (sequence - entering >= RTCP_TRANSPORT_MAX)
        entering = sequence - RTCP_TRANSPORT_MAX + 1;
    for (; entering <= sequence; entering++)
        *arrival_of(feedback, entering) = 0;
    feedback->highest = sequence;
    if (feedback->base <= sequence - RTCP_TRANSPORT_MAX) {
        int64_t base = sequence - RTCP_TRANSPORT_MAX + 1;
        feedback->unreported += (uint64_t)(base - feedback->base);
        feedback->base = base;
    }
}

void transport_feedback_arrival(struct transport_feedback *feedback, uint16_t sequence16,
                                int64_t arrival_us)
{
    int64_t sequence = sequence_unwrap(&feedback->unwrapper, sequence16);

    if (!feedback->started) {
        feedback->started = true;
        feedback->base = feedback->highest = sequence;
        *arrival_of(feedback, sequence) = 0;
    } else if (sequence > feedback->highest) {
        advance(feedback, sequence);
    } else if (sequence <= feedback->highest - RTCP_TRANSPORT_MAX) {
        feedback->unreported++;
        return;
    }
    int64_t *arrival = arrival_of(feedback, sequence);
    if (*arrival != 0)
        return; /* the first arrival counts */
    *arrival = arrival_us != 0 ? arrival_us : 1;
    if (sequence < feedback->base)
        feedback->base = sequence;
}

static int64_t floor_reference(int64_t us)
{
    int64_t rest = us % REFERENCE_US;

    return us - (rest < 0 ? rest + REFERENCE_US : rest);
}

/* Statuses from `base` on; ends early at an arrival too far from the one before. */
static void fill_arrivals(struct transport_feedback *feedback, struct rtcp_item *item)
{
    int64_t last_us = 0;
    bool has_reference = false;

    item->transport.count = 0;
    for (; feedback->base <= feedback->highest; feedback->base++) {
        int64_t arrival_us = *arrival_of(feedback, feedback->base);
        struct rtcp_arrival *arrival = &item->transport.arrivals[item->transport.count];
        *arrival = (struct rtcp_arrival){.sequence = (uint16_t)feedback->base};
        if (arrival_us != 0) {
            if (!has_reference)
                last_us = item->transport.reference_time_us = floor_reference(arrival_us);
            else if (arrival_us - last_us > DELTA_MAX_US || last_us - arrival_us > DELTA_MAX_US)
                return;
            has_reference = true;
            arrival->received = true;
            arrival->arrival_us = arrival_us - item->transport.reference_time_us;
            last_us = arrival_us;
        }
        item->transport.count++;
    }
}

bool transport_feedback_item(struct transport_feedback *feedback, uint32_t sender_ssrc,
                             uint32_t media_ssrc, struct rtcp_item *ret_item)
{
    if (!feedback->started || feedback->base > feedback->highest)
        return false;
    ret_item->kind = RTCP_TRANSPORT;
    ret_item->sender_ssrc = sender_ssrc;
    ret_item->media_ssrc = media_ssrc;
    ret_item->transport.feedback_count = feedback->feedback_count++;
    fill_arrivals(feedback, ret_item);
    return true;
}
