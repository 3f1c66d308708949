/* What happens to one RTCP datagram of a participant: reports keep clocks and round-trip times,
 * NACKs are answered, key frame requests go to the source. */
#ifndef CASELOAD_RTCP_IN_H
#define CASELOAD_RTCP_IN_H

#include "reference-server/media/transport/server_transport.h"

void rtcp_in_datagram(struct server_transport *transport, const struct udp_datagram *datagram);

#endif
