/* What a caller tells about themselves besides the name: up to 16 short texts. */
#ifndef CASELOAD_SERVER_DETAILS_H
#define CASELOAD_SERVER_DETAILS_H

#include <stddef.h>

#include "common/base/status.h"

#define DETAILS_MAX 16

struct detail {
    const char *name, *value;
};

struct details {
    size_t count;
    struct detail items[DETAILS_MAX];
};

/* Copies the texts; `ret_copy` owns them until details_finish. NO_MEMORY. */
MUST_CHECK enum status details_copy(const struct details *details, struct details *ret_copy);
/* Only for what details_copy made; zeroed memory is allowed. */
void details_finish(struct details *details);

#endif
