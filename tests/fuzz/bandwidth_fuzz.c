/* Any bytes as RTCP to a sender that has sent (a byte in front of each piece: how
 * much was sent, how long the piece is): nothing told may lead out of the estimate's bounds, or
 * make it believe in packets that never left. */
#include <assert.h>
#include <string.h>

#include "common/webrtc/bandwidth/bandwidth_estimator.h"

static struct bandwidth_estimator estimator;
static int64_t now_us;

static void on_item(void *arg, const struct rtcp_item *item)
{
    (void)arg;
    if (item->kind == RTCP_TRANSPORT)
        bandwidth_estimator_feedback(&estimator, item, now_us);
    if (item->kind == RTCP_REMB)
        bandwidth_estimator_remb(&estimator, item->remb.bitrate_bps);
}

static void check(void)
{
    uint64_t bps = bandwidth_estimator_bps(&estimator);

    assert(bps <= BANDWIDTH_MAX_BPS);
    assert(bps >= BANDWIDTH_MIN_BPS || bps == estimator.remb_bps);
    assert(estimator.trend.threshold_ms >= 6 && estimator.trend.threshold_ms <= 600);
    assert(estimator.loss.loss >= 0 && estimator.loss.loss <= 1);
    assert(estimator.round_trip_us >= 0 && estimator.round_trip_us <= 10000000);
    (void)bandwidth_estimator_is_calm(&estimator, now_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint16_t sequence;

    bandwidth_estimator_init(&estimator, BANDWIDTH_START_BPS);
    now_us = 1000000;
    sequence = 0;
    for (size_t at = 0; at + 1 < size;) {
        size_t length = 8 + (size_t)(data[at] >> 4) * 8;
        for (unsigned i = 0; i < (data[at] & 15U) * 8; i++)
            bandwidth_estimator_sent(&estimator, sequence++, 1000, now_us += 5000);
        at++;
        if (length > size - at)
            length = size - at;
        enum status status = rtcp_parse(data + at, length, on_item, NULL);
        (void)status;
        at += length;
        bandwidth_estimator_tick(&estimator, now_us += 100000);
        check();
    }
    return 0;
}
