/* One participant's packets as files for strangers' tools: decrypted RTP and RTCP as
 * `….pcapng` (UDP in IPv4, link type 101; RTP on port 5004, RTCP on 5005), and the datagrams of the
 * wire (DTLS, SRTP) as `…-wire.pcapng`. A debugging aid: bounded to CAPTURE_PACKETS_MAX packets. */
#ifndef CASELOAD_CAPTURE_H
#define CASELOAD_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define CAPTURE_PACKETS_MAX 200000

struct capture;

/* Files FOLDER/session-<session>-<name>.pcapng and …-wire.pcapng. The failure names the file. */
MUST_CHECK enum status capture_create(const char *folder, uint64_t session, const char *name,
                                      struct capture **ret_capture, struct failure *failure);
void capture_destroy(struct capture *capture); /* NULL is allowed */
void capture_plain(struct capture *capture, bool sent, bool rtcp, const void *data, size_t size,
                   int64_t now_us);
void capture_wire(struct capture *capture, bool sent, const void *data, size_t size,
                  int64_t now_us);

/* What the endpoint counted, beside the packets: `….json` with one entry per track
 * (caseload/capture/1). Once, before the capture ends. */
struct endpoint;
void capture_counts(struct capture *capture, const struct endpoint *endpoint);

#endif
