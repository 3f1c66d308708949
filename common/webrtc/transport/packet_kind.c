#include "common/webrtc/transport/packet_kind.h"

/* RFC 7983 §7 gives the ranges of the first byte; RFC 5761 §4 reserves the RTP payload types whose
 * byte with the marker bit would be 192…223, so that range is RTCP. */
enum packet_kind packet_kind(const uint8_t *data, size_t size)
{
    if (size < 2)
        return PACKET_UNKNOWN;
    if (data[0] <= 3)
        return PACKET_STUN;
    if (data[0] >= 20 && data[0] <= 63)
        return PACKET_DTLS;
    if (data[0] >= 128 && data[0] <= 191)
        return data[1] >= 192 && data[1] <= 223 ? PACKET_RTCP : PACKET_RTP;
    return PACKET_UNKNOWN;
}
