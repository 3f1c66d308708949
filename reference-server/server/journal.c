#include "reference-server/server/journal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "reference-server/fault.h"

/* A minute of a busy hospital while the disk hangs; about 16 MiB. */
enum { ENTRIES_MAX = 65536 };

#define FLUSH_INTERVAL_US (200 * US_PER_MS)

enum entry_kind { ENTRY_TOKEN, ENTRY_REVOKED, ENTRY_VISIT };

/* The texts of one change; ids and hashes have bounded lengths. */
struct entry {
    enum entry_kind kind;
    char first[72], second[40], third[24];
    int64_t times_us[3];
};

struct batch {
    struct entry *entries; /* owned */
    size_t count, capacity;
};

struct journal {
    struct loop_timer *timer;
    struct background *background;
    struct store *store;
    struct batch waiting;
    /* Under way: the helper thread's from submit to done. */
    struct batch writing;
    uint64_t batch_written, batch_failed;
    char batch_complaint[200];
    bool under_way;
    uint64_t added, settled;          /* entries so far: taken in; written or given up */
    TAILQ_HEAD(, journal_wait) waits; /* in the order of their numbers */
    struct journal_counts counts;
    char complaint[200];
};

static void write_entry(struct store *store, const struct entry *entry, enum status *ret_status)
{
    switch (entry->kind) {
    case ENTRY_TOKEN:
        *ret_status = store_add_token(store, &(struct store_token){
                                                 .hash = entry->first,
                                                 .user_id = entry->second,
                                                 .issued_at_us = entry->times_us[0],
                                                 .expires_at_us = entry->times_us[1],
                                             });
        return;
    case ENTRY_REVOKED:
        *ret_status = store_revoke_token(store, entry->first, entry->times_us[0]);
        return;
    case ENTRY_VISIT:
        *ret_status = store_add_visit(store, &(struct store_visit){
                                                 .space_id = entry->first,
                                                 .clinic_id = entry->second,
                                                 .cause = entry->third,
                                                 .entered_at_us = entry->times_us[0],
                                                 .seen_at_us = entry->times_us[1],
                                                 .ended_at_us = entry->times_us[2],
                                             });
        return;
    }
}

/* One transaction for the batch. A row that breaks a constraint is left out; any other trouble
 * fails the batch. */
static void write_batch(void *arg)
{
    struct journal *journal = arg;
    uint64_t refused = 0;
    enum status status = store_begin(journal->store);
    for (size_t i = 0; i < journal->writing.count && status == STATUS_OK; i++) {
        write_entry(journal->store, &journal->writing.entries[i], &status);
        if (status == STATUS_EXISTS) {
            refused++;
            status = STATUS_OK;
        }
    }
    if (status == STATUS_OK)
        status = store_commit(journal->store);
    if (status != STATUS_OK) {
        snprintf(journal->batch_complaint, sizeof journal->batch_complaint, "%s",
                 store_message(journal->store));
        store_rollback(journal->store);
    }
    journal->batch_failed = status == STATUS_OK ? refused : journal->writing.count;
    journal->batch_written = journal->writing.count - journal->batch_failed;
}

/* The batch has been written or given up: whoever waited for it waits no more. */
static void settle(struct journal *journal)
{
    bool written = journal->batch_failed == 0;
    struct journal_wait *wait;
    journal->counts.written += journal->batch_written;
    journal->counts.failed += journal->batch_failed;
    journal->settled += journal->writing.count;
    journal->writing.count = 0;
    memcpy(journal->complaint, journal->batch_complaint, sizeof journal->complaint);
    while ((wait = TAILQ_FIRST(&journal->waits)) && wait->number <= journal->settled) {
        journal_wait_stop(journal, wait);
        wait->done(wait->arg, written);
    }
}

static void write_soon(struct journal *journal);

static void batch_done(void *arg, bool worked)
{
    struct journal *journal = arg;
    if (!worked)
        write_batch(journal); /* the helper thread has ended: ours now */
    journal->under_way = false;
    settle(journal);
    if (!TAILQ_EMPTY(&journal->waits))
        write_soon(journal);
}

static void exchange_batches(struct journal *journal)
{
    struct batch taken = journal->waiting;
    journal->waiting = journal->writing;
    journal->writing = taken;
}

static void take_batch(struct journal *journal)
{
    assert(journal->writing.count == 0);
    exchange_batches(journal);
}

static void write_soon(struct journal *journal)
{
    if (journal->under_way || journal->waiting.count == 0)
        return;
    take_batch(journal);
    journal->under_way = true;
    struct background_job job = {.work = write_batch, .done = batch_done, .arg = journal};
    if (background_submit(journal->background, &job) != STATUS_OK) {
        exchange_batches(journal); /* busy: the next turn tries again */
        journal->under_way = false;
    }
}

static void flush(void *arg, int64_t now_us)
{
    (void)now_us;
    write_soon(arg);
}

enum status journal_create(struct loop *loop, struct background *background, struct store *store,
                           struct journal **ret_journal)
{
    struct journal *journal = calloc(1, sizeof *journal);
    if (!journal)
        return STATUS_NO_MEMORY;
    journal->background = background;
    journal->store = store;
    TAILQ_INIT(&journal->waits);
    journal->timer = loop_timer_create(loop, flush, journal);
    if (!journal->timer) {
        free(journal);
        return STATUS_NO_MEMORY;
    }
    loop_timer_start(journal->timer, FLUSH_INTERVAL_US, FLUSH_INTERVAL_US);
    *ret_journal = journal;
    return STATUS_OK;
}

void journal_destroy(struct journal *journal)
{
    if (!journal)
        return;
    loop_timer_destroy(journal->timer);
    assert(!journal->under_way);
    if (journal->waiting.count > 0) {
        take_batch(journal);
        write_batch(journal);
        settle(journal);
    }
    assert(TAILQ_EMPTY(&journal->waits));
    free(journal->waiting.entries);
    free(journal->writing.entries);
    free(journal);
}

/* A new last entry, or NULL (counted). */
static struct entry *add(struct journal *journal, enum entry_kind kind)
{
    struct batch *batch = &journal->waiting;
    if (batch->count == batch->capacity && batch->capacity < ENTRIES_MAX) {
        size_t capacity = batch->capacity ? batch->capacity * 2 : 64;
        struct entry *grown = realloc(batch->entries, capacity * sizeof *grown);
        if (grown) {
            batch->entries = grown;
            batch->capacity = capacity;
        }
    }
    if (batch->count == batch->capacity) {
        journal->counts.dropped++;
        return NULL;
    }
    journal->added++;
    struct entry *entry = &batch->entries[batch->count++];
    *entry = (struct entry){.kind = kind};
    return entry;
}

static void copy(char *to, size_t size, const char *text)
{
    assert(strlen(text) < size);
    memcpy(to, text, strlen(text) + 1);
}

bool journal_add_token(struct journal *journal, const struct store_token *token)
{
    struct entry *entry = add(journal, ENTRY_TOKEN);
    if (!entry)
        return false;
    copy(entry->first, sizeof entry->first, token->hash);
    copy(entry->second, sizeof entry->second, token->user_id);
    entry->times_us[0] = token->issued_at_us;
    entry->times_us[1] = token->expires_at_us;
    return true;
}

bool journal_revoke_token(struct journal *journal, const char *hash, int64_t revoked_at_us)
{
    struct entry *entry = add(journal, ENTRY_REVOKED);
    if (!entry)
        return false;
    copy(entry->first, sizeof entry->first, hash);
    entry->times_us[0] = revoked_at_us;
    return true;
}

bool journal_add_visit(struct journal *journal, const struct store_visit *visit)
{
    struct entry *entry = add(journal, ENTRY_VISIT);
    if (!entry)
        return false;
    copy(entry->first, sizeof entry->first, visit->space_id);
    copy(entry->second, sizeof entry->second, visit->clinic_id);
    copy(entry->third, sizeof entry->third, visit->cause);
    entry->times_us[0] = visit->entered_at_us;
    entry->times_us[1] = visit->seen_at_us;
    entry->times_us[2] = visit->ended_at_us;
    return true;
}

void journal_wait(struct journal *journal, struct journal_wait *wait)
{
    assert(!wait->waiting);
    if (journal->settled == journal->added || !store_is_kept(journal->store) ||
        fault_is_on(FAULT_ANSWER_EARLY)) {
        wait->done(wait->arg, true);
        return;
    }
    wait->waiting = true;
    wait->number = journal->added;
    TAILQ_INSERT_TAIL(&journal->waits, wait, entry);
    write_soon(journal);
}

void journal_wait_stop(struct journal *journal, struct journal_wait *wait)
{
    if (!wait->waiting)
        return;
    wait->waiting = false;
    TAILQ_REMOVE(&journal->waits, wait, entry);
}

struct journal_counts journal_counts(const struct journal *journal)
{
    struct journal_counts counts = journal->counts;
    counts.waiting = journal->waiting.count + (journal->under_way ? journal->writing.count : 0);
    return counts;
}

const char *journal_complaint(const struct journal *journal)
{
    return journal->complaint;
}
