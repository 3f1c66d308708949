/* The libraries this program was built with, by name and version, for --version, doctor and every
 * result. */
#ifndef CASELOAD_LIBRARIES_H
#define CASELOAD_LIBRARIES_H

#include <stddef.h>

struct library_version {
    const char *name, *version;
};

/* A static list; `*ret_count` entries. */
const struct library_version *library_versions(size_t *ret_count);

#endif
