/* The clinic-side matrix (docs/requirements/permissions.md) as an examination found it: what each
 * role was seen to be able to do, cell by cell. Pure. */
#ifndef CASELOAD_PERMISSION_CELLS_H
#define CASELOAD_PERMISSION_CELLS_H

#include <jansson.h>

#include "engine/conform/coverage.h"
#include "engine/conform/examined_sessions.h"
#include "engine/measure/check_log.h"

/* {"roles": [{"id", "title"}], "rows": [{"row", "text", "requirement", "cells": [{"expected",
 * "seen"}]}]} of the rows that a check named row-N played; null when none did. `expected` is the
 * matrix's word, `seen` is "as said", "otherwise", "broken" (by another way than the act: what was
 * heard, media, a token that is over) or "not seen": a cell is as said when its check got to the
 * end without objecting to it. `matrices` is matrices.json; NULL: no memory. */
json_t *permission_cells_to_json(const json_t *matrices, const struct coverage *coverage,
                                 const struct examined_sessions *sessions,
                                 const struct check_log *checks);

#endif
