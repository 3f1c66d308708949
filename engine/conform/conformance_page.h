/* The parts of conformance.html; each appends its section, or nothing when there is nothing for it.
 * All are made from conformance.json. Private to engine/conform. */
#ifndef CASELOAD_CONFORMANCE_PAGE_H
#define CASELOAD_CONFORMANCE_PAGE_H

#include <jansson.h>

#include "common/base/buffer.h"

/* The colour of a verdict: passed, failed, inconclusive or plain (report.css). */
const char *conformance_tone(const char *verdict);

/* conformance_rows.c: the rows, chapter by chapter. `folder`: where evidence is looked for. */
void conformance_rows(struct buffer *out, const json_t *conformance, const char *folder);
/* The letters of an id, "WA" of "WA-05". */
void conformance_chapter_of(const char *id, char *chapter, size_t size);

/* conformance_tables.c */
void conformance_permissions(struct buffer *out, const json_t *conformance);
void conformance_known(struct buffer *out, const json_t *conformance);
void conformance_not_claimed(struct buffer *out, const json_t *conformance);

#endif
