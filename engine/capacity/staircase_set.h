/* The capacity folders of the N shards of one staircase (`capacity --steps … --shard i/N`), read
 * and held against each other. What merging them is made of; the steps themselves are shard_set.h's
 * to read. Private to engine/capacity. */
#ifndef CASELOAD_STAIRCASE_SET_H
#define CASELOAD_STAIRCASE_SET_H

#include "engine/capacity/capacity.h"

struct staircase {
    const char *path; /* borrowed */
    size_t order;     /* as it was given */
    bool whole;       /* capacity.json says what it was to do */
    char why[200];    /* it is not whole */
    json_t *json;     /* capacity.json; owned */
    unsigned index, count;
};

struct staircase_set {
    struct staircase *items; /* owned; the first `whole_count` are whole, by index */
    size_t count, whole_count;
};

/* The folders are borrowed. NOT_FOUND, INVALID (exit 2): no folder, none of a staircase with
 * --shard, two of one index, or of different plans; the failure names both and what differs.
 * MALFORMED (exit 4): none is whole. The set is to be finished in any case. */
MUST_CHECK enum status staircase_set_read(const char *const *folders, size_t count,
                                          struct staircase_set *ret_set, struct failure *failure);
void staircase_set_finish(struct staircase_set *set);

/* Of a capacity.json: both to be zeroed before. False: it is not of a staircase by the clock. */
bool staircase_plan_read(const json_t *json, struct capacity_settings *settings,
                         struct capacity_times *times);
/* The plan that all have: loads, times, objectives (borrowed from the set), seed, instant. */
void staircase_set_plan(const struct staircase_set *set, struct capacity_settings *ret_settings,
                        struct capacity_times *ret_times);
/* What the shard itself said of its step `number`, from 1; "" when it never came to it. */
const char *staircase_step_why(const struct staircase *staircase, unsigned number);

#endif
