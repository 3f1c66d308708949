#include "common/webrtc/bandwidth/sent_packets.h"

#include <string.h>

void sent_packets_init(struct sent_packets *packets)
{
    memset(packets, 0, sizeof *packets);
}

bool sent_packets_find(const struct sent_packets *packets, uint16_t sequence, int64_t now_us,
                       struct sent_packet *ret_packet)
{
    uint16_t age = (uint16_t)(packets->newest - sequence);
    uint32_t record = packets->records[sequence % SENT_PACKETS_MAX];

    if (age >= packets->count)
        return false;
    uint32_t since = (uint32_t)(now_us >> SENT_TIME_SHIFT) - record;
    *ret_packet = (struct sent_packet){
        .fate = (enum sent_fate)(record >> SENT_FATE_SHIFT),
        .size_bytes = (uint16_t)((record >> SENT_SIZE_SHIFT & SENT_SIZE_MASK) << 2),
        .sent_us = ((now_us >> SENT_TIME_SHIFT) - (int64_t)(since & SENT_TIME_MASK))
                   << SENT_TIME_SHIFT,
    };
    return true;
}

void sent_packets_set_fate(struct sent_packets *packets, uint16_t sequence, enum sent_fate fate)
{
    uint32_t *record = &packets->records[sequence % SENT_PACKETS_MAX];

    *record = (*record & ((1U << SENT_FATE_SHIFT) - 1)) | (uint32_t)fate << SENT_FATE_SHIFT;
}
