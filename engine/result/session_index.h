/* Where each session's line stands in the shards' files, so that millions of sessions are written
 * in order without being held in memory. Private to engine/result. */
#ifndef CASELOAD_SESSION_INDEX_H
#define CASELOAD_SESSION_INDEX_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/status.h"

#define SESSION_INDEX_MAX ((size_t)8 * 1024 * 1024)
#define SESSION_LINE_MAX 16384 /* bytes of one line */
#define SESSION_SHARDS_MAX 1024

struct session_index;

/* NULL: no memory. */
struct session_index *session_index_create(void);
void session_index_destroy(struct session_index *index);
/* Take in every line of a shard's sessions.jsonl; there must be `expected` of them. MALFORMED names
 * file and line; FULL: more than SESSION_INDEX_MAX. The file must stay until the index is written.
 */
MUST_CHECK enum status session_index_add(struct session_index *index, const char *shard_folder,
                                         uint64_t expected, struct failure *failure);
/* Undo the last session_index_add. */
void session_index_forget_last(struct session_index *index);
/* All lines by rising session number. */
MUST_CHECK enum status session_index_write(struct session_index *index, FILE *stream,
                                           struct failure *failure);
/* The folders that were added: the n-th, or NULL. */
const char *session_index_folder(const struct session_index *index, size_t n);

#endif
