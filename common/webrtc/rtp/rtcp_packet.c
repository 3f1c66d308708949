#include "common/webrtc/rtp/rtcp_packet.h"

#include "common/base/clock.h"

enum { NTP_TO_UNIX_S = 2208988800U }; /* 1900 to 1970 */

uint64_t ntp_from_realtime_us(int64_t realtime_us)
{
    uint64_t seconds = (uint64_t)(realtime_us / US_PER_S) + NTP_TO_UNIX_S;
    uint64_t fraction = ((uint64_t)(realtime_us % US_PER_S) << 32) / US_PER_S;

    return seconds << 32 | fraction;
}

int64_t ntp_to_realtime_us(uint64_t ntp)
{
    int64_t seconds = (int64_t)(ntp >> 32);
    int64_t fraction_us = (int64_t)(((ntp & UINT32_MAX) * US_PER_S + (1ULL << 31)) >> 32);

    if (!(ntp >> 63)) /* era 1 begins in 2036 (RFC 4330 §3) */
        seconds += 1LL << 32;
    return (seconds - NTP_TO_UNIX_S) * US_PER_S + fraction_us;
}

uint32_t ntp_middle(uint64_t ntp)
{
    return (uint32_t)(ntp >> 16);
}
