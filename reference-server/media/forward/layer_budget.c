#include "reference-server/media/forward/layer_budget.h"

#include <stdbool.h>

/* Give those who need no more than `share_bps` what they need. False: all the rest need more. */
static bool satisfy(uint64_t share_bps, const uint64_t *needs_bps, size_t count,
                    uint64_t *shares_bps, uint64_t *left_bps, size_t *left)
{
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        if (needs_bps[i] == 0 || shares_bps[i] != 0 || needs_bps[i] > share_bps)
            continue;
        shares_bps[i] = needs_bps[i];
        *left_bps -= needs_bps[i];
        (*left)--;
        any = true;
    }
    return any;
}

void layer_budget_share(uint64_t total_bps, const uint64_t *needs_bps, size_t count,
                        uint64_t *ret_shares_bps)
{
    uint64_t left_bps = total_bps;
    size_t left = 0;

    for (size_t i = 0; i < count; i++) {
        ret_shares_bps[i] = total_bps == LAYER_UNLIMITED ? LAYER_UNLIMITED : 0;
        left += needs_bps[i] != 0;
    }
    if (total_bps == LAYER_UNLIMITED)
        return;
    while (left > 0 && satisfy(left_bps / left, needs_bps, count, ret_shares_bps, &left_bps, &left))
        ;
    for (size_t i = 0; left > 0 && i < count; i++)
        if (needs_bps[i] != 0 && ret_shares_bps[i] == 0)
            ret_shares_bps[i] = left_bps / left;
}
