/* Brings what happened to the store in batches on the helper thread: tokens made and revoked,
 * visits. Bounded; what does not fit or cannot be written is counted. */
#ifndef CASELOAD_SERVER_JOURNAL_H
#define CASELOAD_SERVER_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "reference-server/auth/background.h"
#include "reference-server/store/store.h"

struct journal;

struct journal_counts {
    size_t waiting; /* now */
    uint64_t written, dropped, failed;
};

/* From now on the store belongs to the helper thread. NO_MEMORY. */
MUST_CHECK enum status journal_create(struct loop *loop, struct background *background,
                                      struct store *store, struct journal **ret_journal);
/* After background_destroy: writes what is left, on the calling thread. */
void journal_destroy(struct journal *journal);

/* Copied; on the loop's thread. */
void journal_add_token(struct journal *journal, const struct store_token *token);
void journal_revoke_token(struct journal *journal, const char *hash, int64_t revoked_at_us);
void journal_add_visit(struct journal *journal, const struct store_visit *visit);

struct journal_counts journal_counts(const struct journal *journal);
/* What the database said when a batch failed last; "" when none did. */
const char *journal_complaint(const struct journal *journal);

#endif
