/* Numbers of the RTCP wire format, shared by rtcp_parse and rtcp_write. */
#ifndef CASELOAD_RTCP_WIRE_H
#define CASELOAD_RTCP_WIRE_H

enum rtcp_wire {
    RTCP_VERSION = 2,
    RTCP_PADDING_BIT = 0x20,
    RTCP_COUNT_MASK = 0x1f,
    RTCP_SDES_CNAME = 1, /* RFC 3550 §6.5.1 */

    RTCP_TYPE_SR = 200, /* RFC 3550 §12.1 */
    RTCP_TYPE_RR = 201,
    RTCP_TYPE_SDES = 202,
    RTCP_TYPE_BYE = 203,
    RTCP_TYPE_RTPFB = 205, /* RFC 4585 §6.1 */
    RTCP_TYPE_PSFB = 206,

    RTCP_FORMAT_NACK = 1,         /* of RTPFB, RFC 4585 §6.2 */
    RTCP_FORMAT_TRANSPORT = 15,   /* of RTPFB, the draft's §3.1 */
    RTCP_FORMAT_PLI = 1,          /* of PSFB, RFC 4585 §6.3 */
    RTCP_FORMAT_FIR = 4,          /* of PSFB, RFC 5104 §4.3.1 */
    RTCP_FORMAT_APPLICATION = 15, /* of PSFB, RFC 4585 §6.4 */

    RTCP_REMB_NAME = 0x52454d42, /* "REMB" */
};

#endif
