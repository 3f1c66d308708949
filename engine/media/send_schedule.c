#include "engine/media/send_schedule.h"

int64_t pace_offset_us(size_t index, size_t count, int64_t interval_us)
{
    int64_t gap_us = interval_us / 2 / (int64_t)count;

    return (int64_t)index * (gap_us < PACE_GAP_MAX_US ? gap_us : PACE_GAP_MAX_US);
}

uint64_t schedule_skip(int64_t due_us, int64_t interval_us, int64_t now_us, unsigned late_max)
{
    int64_t behind = now_us > due_us ? (now_us - due_us) / interval_us : 0;

    return behind > late_max ? (uint64_t)(behind - late_max) : 0;
}

int64_t schedule_align(int64_t origin_us, int64_t interval_us, int64_t now_us)
{
    int64_t past = (now_us - origin_us) % interval_us;

    if (past < 0)
        past += interval_us;
    return past == 0 ? now_us : now_us + interval_us - past;
}
