/* How organisations, clinics and people stand in answers of both sides, HTTP and live. NULL: no
 * memory. */
#ifndef CASELOAD_SERVER_NAMED_JSON_H
#define CASELOAD_SERVER_NAMED_JSON_H

#include <jansson.h>

#include "reference-server/domain/directory.h"

json_t *view_named(const struct id *id, const char *name); /* {"id","name"} */
json_t *view_clinic(const struct clinic *clinic);          /* the same; null for NULL */
/* [{"organisation","clinic","role"}] */
json_t *view_memberships(const struct user *user);

#endif
