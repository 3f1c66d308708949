/* One participant's packets as files for strangers' tools: decrypted RTP and RTCP as
 * `….pcapng` (UDP in IPv4, link type 101; RTP on port 5004, RTCP on 5005), and the datagrams of the
 * wire (SRTP, SRTCP) as `…-wire.pcapng`. A debugging aid: bounded to CAPTURE_PACKETS_MAX packets.
 */
#ifndef CASELOAD_CAPTURE_H
#define CASELOAD_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define CAPTURE_PACKETS_MAX 200000

struct capture;
struct endpoint;
struct srtp_keys;

struct capture_config {
    const char *folder; /* must exist */
    uint64_t session;
    const char *name; /* of the actor */
    bool keep_keys;   /* write what capture_keys tells; false: no key is ever written */
};

/* Files FOLDER/session-<session>-<name>.pcapng and …-wire.pcapng; when they exist, because the
 * actor was here before, ….2.pcapng and so on. The failure names the file. */
MUST_CHECK enum status capture_create(const struct capture_config *config,
                                      struct capture **ret_capture, struct failure *failure);
void capture_destroy(struct capture *capture); /* NULL is allowed */
/* The files' path up to their endings, for others that belong to the same participant. */
const char *capture_stem(const struct capture *capture);

void capture_plain(struct capture *capture, bool sent, bool rtcp, const void *data, size_t size,
                   int64_t now_us);
void capture_wire(struct capture *capture, bool sent, const void *data, size_t size,
                  int64_t now_us);
/* `….keys` (caseload/keys/1, mode 0600): suite, and each direction's master key followed by its
 * salt in hex, "send" being what this participant sends. Nothing without keep_keys. */
void capture_keys(struct capture *capture, const char *suite, const struct srtp_keys *keys);

/* What the endpoint counted, beside the packets: `….json` (caseload/capture/1) with one entry per
 * track. "left_out" packets were not written for the bound; "written" is false when the disk
 * failed. Once, before the capture ends. */
void capture_counts(struct capture *capture, const struct endpoint *endpoint);

#endif
