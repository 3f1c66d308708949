/* Are two shards of one plan? Private to engine/result. */
#ifndef CASELOAD_SHARD_DIFFERENCE_H
#define CASELOAD_SHARD_DIFFERENCE_H

#include "engine/result/shard_set_private.h"

/* True: they are not, and `text` names the first difference: "settings.sessions: 4 and 5". */
bool shard_difference_find(const struct shard_folder *a, const struct shard_folder *b, char *text,
                           size_t size);

/* The same of any two documents; `path` is what they are called. Used by engine/capacity too. */
bool json_difference_find(const char *path, const json_t *a, const json_t *b, char *text,
                          size_t size);

#endif
