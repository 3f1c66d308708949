/* What one receiver may be sent, all its video slots together: set by whoever estimates its path,
 * shared among its slots here. */
#ifndef CASELOAD_TRANSPORT_BUDGET_H
#define CASELOAD_TRANSPORT_BUDGET_H

#include <stdint.h>

struct server_transport;

/* At most so many bit/s of video go to this receiver from now on, in equal shares per fed video
 * slot, where what a slot cannot use is for the others (layer_budget.h). Sound is not counted: take
 * it off before. LAYER_UNLIMITED at first. Cheap; call it whenever the estimate changes. */
void transport_budget_set(struct server_transport *transport, uint64_t video_bps);
/* Share anew: a slot was fed or emptied. */
void transport_budget_apply(struct server_transport *transport);
/* Every tick: what sources send may have changed, and so may the limit of receiver_limit.h. */
void transport_budget_tick(struct server_transport *transport);

#endif
