/* The time axis of one source participant as its receivers see it: one offset from the source's
 * NTP clock to ours, shared by its audio and its video, so that both slots it feeds stay in lip
 * sync (RFC 3550 §6.4.1). Pure. */
#ifndef CASELOAD_SOURCE_CLOCK_H
#define CASELOAD_SOURCE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "reference-server/media/media_terms.h"

/* A source whose clock runs away further than this gets a new offset. Late reports must not look
 * like steps: a step parts sound and picture until both have reported again. */
#define SOURCE_CLOCK_STEP_US 10000000

struct source_clock {
    bool has_offset;
    int64_t offset_us; /* ours minus the source's */
    struct {
        bool known;
        int64_t time_us; /* the source's, from the NTP time of its last sender report */
        uint32_t timestamp;
    } reports[MEDIA_STREAMS];
};

/* A sender report of the source arrived (realtime, ours). True: the offset is new or was changed,
 * and every slot fed by the source should report at once. A NTP time of 0 says nothing. */
bool source_clock_report(struct source_clock *clock, unsigned stream, uint64_t ntp,
                         uint32_t timestamp, int64_t arrival_realtime_us);
/* The numbering of one stream starts anew. */
void source_clock_forget(struct source_clock *clock, unsigned stream);
/* The source's RTP timestamp that belongs to our time `realtime_us`; false while unknown. */
bool source_clock_timestamp(const struct source_clock *clock, unsigned stream, uint32_t clock_hz,
                            int64_t realtime_us, uint32_t *ret_timestamp);
/* How much further the timestamps of stream `to` are than those of stream `from` in the same
 * instant; false while unknown. */
bool source_clock_step(const struct source_clock *clock, unsigned from, unsigned to,
                       uint32_t clock_hz, uint32_t *ret_step);

#endif
