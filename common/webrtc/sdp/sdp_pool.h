/* Descriptions that are lent for a while. One takes 700 KiB as plain data: fresh memory costs more
 * page faults than a call does work, and freed memory would leave the heap's touched pages to
 * buffers of libnice that are never used. */
#ifndef CASELOAD_SDP_POOL_H
#define CASELOAD_SDP_POOL_H

#include "common/webrtc/sdp/sdp.h"

/* A description with anything in it; owned until it is given back. NULL: no memory. One thread of
 * the process. */
struct sdp *sdp_borrow(void);

/* NULL: nothing. The last few are kept for the next who borrow. */
void sdp_give_back(struct sdp *sdp);

#endif
