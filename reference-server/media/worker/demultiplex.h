/* Where each arrival belongs: STUN by username fragment, all else by source address (RFC 7983), and
 * what other workers send by participant. */
#ifndef CASELOAD_DEMULTIPLEX_H
#define CASELOAD_DEMULTIPLEX_H

#include "reference-server/media/worker/worker_context.h"

/* One datagram from the port; its bytes may be changed. */
void demultiplex_datagram(struct worker_context *context, const struct udp_datagram *datagram);
/* One record from the worker `from`. */
void demultiplex_record(struct worker_context *context, unsigned from,
                        const struct relay_record *record);

#endif
