/* Brings what happened to the store in batches on the helper thread: tokens made and revoked,
 * visits. Soon, or at once for who waits before they acknowledge it. Bounded; what does not fit or
 * cannot be written is counted. */
#ifndef CASELOAD_SERVER_JOURNAL_H
#define CASELOAD_SERVER_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "reference-server/auth/background.h"
#include "reference-server/store/store.h"

struct journal;

/* Somebody who acknowledges only what is written. Zeroed at first; part of whoever waits. */
struct journal_wait {
    void (*done)(void *arg, bool written);
    void *arg;
    /* The journal's. */
    bool waiting;
    uint64_t number;
    TAILQ_ENTRY(journal_wait) entry;
};

struct journal_counts {
    size_t waiting; /* now */
    uint64_t written, dropped, failed;
};

/* From now on the store belongs to the helper thread. NO_MEMORY. */
MUST_CHECK enum status journal_create(struct loop *loop, struct background *background,
                                      struct store *store, struct journal **ret_journal);
/* After background_destroy: writes what is left, on the calling thread. */
void journal_destroy(struct journal *journal);

/* Copied; on the loop's thread. False: no room, which is counted. */
bool journal_add_token(struct journal *journal, const struct store_token *token);
bool journal_revoke_token(struct journal *journal, const char *hash, int64_t revoked_at_us);
bool journal_add_visit(struct journal *journal, const struct store_visit *visit);

/* `wait->done`, once, on the loop's thread, when all that was added until now has been written, or
 * could not be. Perhaps before this returns: nobody waits for a store in memory. Not for one that
 * waits already. */
void journal_wait(struct journal *journal, struct journal_wait *wait);
/* Not any more; it need not wait. */
void journal_wait_stop(struct journal *journal, struct journal_wait *wait);

struct journal_counts journal_counts(const struct journal *journal);
/* What the database said when a batch failed last; "" when none did. */
const char *journal_complaint(const struct journal *journal);

#endif
