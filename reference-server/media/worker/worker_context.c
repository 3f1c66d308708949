#include "reference-server/media/worker/worker_context.h"

#include "common/base/clock.h"

void worker_context_tell_time(struct worker_context *context, int64_t monotonic_us,
                              int64_t realtime_offset_us)
{
    context->now_us = monotonic_us;
    context->realtime_offset_us = realtime_offset_us;
    context->abs_send_time = (uint32_t)(((monotonic_us / US_PER_S) << 18) +
                                        ((monotonic_us % US_PER_S) << 18) / US_PER_S) &
                             0xffffff;
}
