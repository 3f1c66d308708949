/* The web pages for people, read once at start: nothing a stranger sends names a file. */
#ifndef CASELOAD_SERVER_PAGES_H
#define CASELOAD_SERVER_PAGES_H

#include <stddef.h>

#include "common/base/status.h"

struct page {
    const char *name;         /* "patient.html" */
    const char *content_type; /* with charset */
    char *text;               /* owned */
    size_t size;
};

struct pages;

/* The folder web/ of this program: under CASELOAD_HOME (as in the source tree), beside the
 * installed prefix, or in the source tree that the build tree lies in. NOT_FOUND names the places
 * tried. */
MUST_CHECK enum status pages_find_folder(char *ret_path, size_t size, struct failure *failure);
/* IO: the message names the file. */
MUST_CHECK enum status pages_load(const char *folder, struct pages **ret_pages,
                                  struct failure *failure);
void pages_destroy(struct pages *pages);
/* NULL: there is none of that name. */
const struct page *pages_by_name(const struct pages *pages, const char *name);

#endif
