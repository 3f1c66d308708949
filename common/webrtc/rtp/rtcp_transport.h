/* The FCI of transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1):
 * packet chunks and receive deltas. Used by rtcp_parse and rtcp_write only. */
#ifndef CASELOAD_RTCP_TRANSPORT_H
#define CASELOAD_RTCP_TRANSPORT_H

#include "common/base/bytes.h"
#include "common/webrtc/rtp/rtcp_packet.h"

/* `fci` begins at the base sequence number. `item` carries kind and SSRCs; it is filled and
 * delivered once per RTCP_TRANSPORT_MAX statuses. MALFORMED before anything is delivered. */
MUST_CHECK enum status rtcp_transport_parse(const uint8_t *fci, size_t size, struct rtcp_item *item,
                                            rtcp_item_fn *on_item, void *arg);
/* INVALID: numbers not consecutive or a delta beyond 16 bits; a lack of room shows in `writer`. */
MUST_CHECK enum status rtcp_transport_write(const struct rtcp_item *item,
                                            struct byte_writer *writer);

#endif
