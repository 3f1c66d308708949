/* Numbers of a source that were left out on purpose, so that the numbers of what goes on close up.
 * Pure. Used by slots for sequence numbers and PictureIDs. */
#ifndef CASELOAD_GAP_LIST_H
#define CASELOAD_GAP_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GAP_RANGES_MAX 32 /* runs of neighbouring numbers; older ones are no longer told apart */

struct gap_range {
    int64_t first;
    uint32_t count;
};

/* Zeroed memory has left out nothing and maps nothing below 0. */
struct gap_list {
    int64_t floor; /* numbers below cannot be mapped any more */
    int64_t total; /* numbers left out, those below the floor included */
    size_t count;
    struct gap_range ranges[GAP_RANGES_MAX]; /* ascending, apart from each other */
};

/* Nothing left out; numbers from `floor` on will be asked for. */
void gap_list_clear(struct gap_list *list, int64_t floor);
/* Leave out one number, once however often it is said. A number below the floor has no effect. */
void gap_list_add(struct gap_list *list, int64_t number);
/* The number less those left out before it; false: left out itself, or below the floor. */
bool gap_list_close(const struct gap_list *list, int64_t number, int64_t *ret_closed);

#endif
