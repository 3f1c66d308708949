#include "common/webrtc/sdp/sdp_pool.h"

#include <stdlib.h>

/* An exchange takes two, and whoever makes it one to look into the offer. */
enum { KEPT_MAX = 3 };

static struct sdp *kept[KEPT_MAX];
static size_t kept_count;

struct sdp *sdp_borrow(void)
{
    return kept_count > 0 ? kept[--kept_count] : malloc(sizeof(struct sdp));
}

void sdp_give_back(struct sdp *sdp)
{
    if (sdp != NULL && kept_count < KEPT_MAX)
        kept[kept_count++] = sdp;
    else
        free(sdp);
}
