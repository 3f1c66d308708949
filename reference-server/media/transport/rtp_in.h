/* What happens to one RTP datagram of a participant: decrypt, attribute to a stream, repair, count,
 * and hand the media to its source's slots when the participant may send. */
#ifndef CASELOAD_RTP_IN_H
#define CASELOAD_RTP_IN_H

#include "reference-server/media/transport/server_transport.h"

void rtp_in_datagram(struct server_transport *transport, const struct udp_datagram *datagram);

#endif
