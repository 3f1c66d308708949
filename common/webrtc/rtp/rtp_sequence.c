#include "common/webrtc/rtp/rtp_sequence.h"

int64_t sequence_unwrap(struct sequence_unwrapper *unwrapper, uint16_t sequence)
{
    if (!unwrapper->started) {
        unwrapper->started = true;
        unwrapper->last = sequence;
    } else {
        unwrapper->last += (int16_t)(uint16_t)(sequence - (uint16_t)unwrapper->last);
    }
    return unwrapper->last;
}

int64_t timestamp_unwrap(struct timestamp_unwrapper *unwrapper, uint32_t timestamp)
{
    if (!unwrapper->started) {
        unwrapper->started = true;
        unwrapper->last = timestamp;
    } else {
        unwrapper->last += (int32_t)(timestamp - (uint32_t)unwrapper->last);
    }
    return unwrapper->last;
}
