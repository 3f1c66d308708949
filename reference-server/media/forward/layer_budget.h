/* How the bit rate of one receiver is shared among the pictures it gets. Pure. Used by
 * transport_budget; what a share buys is decided in layer_choice. */
#ifndef CASELOAD_LAYER_BUDGET_H
#define CASELOAD_LAYER_BUDGET_H

#include <stddef.h>
#include <stdint.h>

#include "reference-server/media/forward/layer.h"

/* Equal shares of `total_bps`, none larger than what that picture can use (`needs_bps`, 0: an empty
 * slot): what one does not need is for the others (max-min fairness). A total of LAYER_UNLIMITED
 * gives everybody LAYER_UNLIMITED. */
void layer_budget_share(uint64_t total_bps, const uint64_t *needs_bps, size_t count,
                        uint64_t *ret_shares_bps);

#endif
