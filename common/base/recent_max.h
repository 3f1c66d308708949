/* The largest value noted in the last ten seconds, in steps of a second. Pure; zeroed memory has
 * seen nothing. */
#ifndef CASELOAD_BASE_RECENT_MAX_H
#define CASELOAD_BASE_RECENT_MAX_H

#include <stdint.h>

#define RECENT_SECONDS 10

struct recent_max {
    int64_t second[RECENT_SECONDS], value[RECENT_SECONDS];
};

/* `value` >= 0; times do not go back by more than a second or two. */
void recent_max_note(struct recent_max *recent, int64_t now_us, int64_t value);
/* 0 when nothing was noted. */
int64_t recent_max_get(const struct recent_max *recent, int64_t now_us);

#endif
