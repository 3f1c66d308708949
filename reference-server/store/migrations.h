/* The steps by which a database comes from nothing to the present schema, in order, for ever: a
 * step that was released is never changed, a change is a new step. Portable SQL. */
#ifndef CASELOAD_SERVER_MIGRATIONS_H
#define CASELOAD_SERVER_MIGRATIONS_H

#include <stddef.h>

/* Step `index` (0, 1, …) brings a database from version `index` to `index` + 1. */
extern const char *const store_migrations[];
extern const size_t store_migration_count;

#endif
