/* Packets that left in one burst are one observation of the path: groups of them, and by how much
 * more the next group was under way than the one before (draft-ietf-rmcat-gcc-02 §5.1, §5.2).
 * Pure. */
#ifndef CASELOAD_ARRIVAL_GROUPS_H
#define CASELOAD_ARRIVAL_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#define ARRIVAL_BURST_US 5000       /* draft §5.2: burst_time */
#define ARRIVAL_BURST_MAX_US 100000 /* a group that lasts longer hides what it should show */
#define ARRIVAL_JUMP_MAX_US 3000000 /* the receiver's clock, or a liar: begin anew */

struct arrival_group {
    bool open;
    int64_t first_sent_us, last_sent_us;
    int64_t first_arrival_us, last_arrival_us;
};

struct arrival_groups {
    struct arrival_group present, former;
};

struct arrival_variation {
    int64_t arrival_us;   /* of the later group, the receiver's clock */
    int64_t variation_us; /* > 0: the later group was under way for longer */
};

void arrival_groups_init(struct arrival_groups *groups);
/* One packet that arrived. True: it began a new group and the two before it are compared. A packet
 * sent before its group is only counted elsewhere. */
bool arrival_groups_add(struct arrival_groups *groups, int64_t sent_us, int64_t arrival_us,
                        struct arrival_variation *ret_variation);

#endif
