#include "engine/measure/check_log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check_log {
    size_t count;
    uint64_t refused;
    struct check_requirement requirements[CHECK_REQUIREMENTS_MAX];
};

static const struct {
    const char *word;
    bool bad;
} verdicts[] = {
#define X(name, word, bad) {word, bad},
    CHECK_VERDICT_LIST(X)
#undef X
};

const char *check_verdict_word(enum check_verdict verdict)
{
    assert(verdict < CHECK_VERDICT_COUNT);
    return verdicts[verdict].word;
}

enum check_verdict check_verdict_by_word(const char *word)
{
    for (unsigned i = 0; i < CHECK_VERDICT_COUNT; i++) {
        if (strcmp(verdicts[i].word, word) == 0) {
            return (enum check_verdict)i;
        }
    }
    return CHECK_VERDICT_COUNT;
}

bool check_verdict_is_bad(enum check_verdict verdict)
{
    assert(verdict < CHECK_VERDICT_COUNT);
    return verdicts[verdict].bad;
}

struct check_log *check_log_create(void)
{
    return calloc(1, sizeof(struct check_log));
}

void check_log_destroy(struct check_log *log)
{
    if (log == NULL) {
        return;
    }
    for (size_t i = 0; i < log->count; i++) {
        free(log->requirements[i].kept);
    }
    free(log);
}

/* Its place; the count when it was never mentioned. */
static size_t place_of(const struct check_log *log, const char *id)
{
    size_t i = 0;
    while (i < log->count && strcmp(log->requirements[i].id, id) != 0) {
        i++;
    }
    return i;
}

const struct check_requirement *check_log_find(const struct check_log *log, const char *id)
{
    size_t place = place_of(log, id);
    return place < log->count ? &log->requirements[place] : NULL;
}

const struct check_entry *check_first_entry(const struct check_requirement *requirement,
                                            enum check_verdict verdict)
{
    for (size_t i = 0; i < requirement->kept_count; i++) {
        if (requirement->kept[i].verdict == verdict) {
            return &requirement->kept[i];
        }
    }
    return NULL;
}

static struct check_requirement *find_or_add(struct check_log *log, const char *id)
{
    size_t place = place_of(log, id);
    if (place < log->count) {
        return &log->requirements[place];
    }
    if (log->count == CHECK_REQUIREMENTS_MAX || strlen(id) >= sizeof log->requirements[0].id) {
        log->refused++;
        return NULL;
    }
    struct check_requirement *requirement = &log->requirements[log->count++];
    snprintf(requirement->id, sizeof requirement->id, "%s", id);
    return requirement;
}

/* Where the next entry goes: a free place, or for a bad verdict that of a milder one; NULL: none.
 */
static struct check_entry *find_place(struct check_requirement *requirement, bool bad)
{
    if (requirement->kept_count < CHECK_KEPT_MAX) {
        return &requirement->kept[requirement->kept_count++];
    }
    for (size_t i = CHECK_KEPT_MAX; bad && i-- > 0;) {
        if (!check_verdict_is_bad(requirement->kept[i].verdict)) {
            return &requirement->kept[i];
        }
    }
    return NULL;
}

static void keep(struct check_log *log, struct check_requirement *requirement,
                 const struct check_entry *entry)
{
    if (requirement->kept == NULL) {
        requirement->kept = calloc(CHECK_KEPT_MAX, sizeof *requirement->kept);
        if (requirement->kept == NULL) {
            log->refused++;
            return;
        }
    }
    struct check_entry *place = find_place(requirement, check_verdict_is_bad(entry->verdict));
    if (place != NULL) {
        *place = *entry;
    }
}

void check_log_soften(struct check_log *log, const char *requirement)
{
    size_t place = place_of(log, requirement);
    if (place == log->count) {
        return;
    }
    struct check_requirement *row = &log->requirements[place];
    row->counts[CHECK_WARN] += row->counts[CHECK_FAIL];
    row->counts[CHECK_FAIL] = 0;
    for (size_t i = 0; i < row->kept_count; i++) {
        if (row->kept[i].verdict == CHECK_FAIL) {
            row->kept[i].verdict = CHECK_WARN;
        }
    }
}

void check_log_excuse(struct check_log *log, const char *requirement)
{
    size_t place = place_of(log, requirement);
    if (place < log->count) {
        log->requirements[place].excused = true;
    }
}

void check_log_add(struct check_log *log, const char *requirement, enum check_verdict verdict,
                   int64_t session, int64_t at_us, const char *message, const char *evidence)
{
    assert(verdict < CHECK_VERDICT_COUNT);
    struct check_requirement *row = find_or_add(log, requirement);
    if (row == NULL) {
        return;
    }
    row->counts[verdict]++;
    if (verdict == CHECK_PASS || verdict == CHECK_NA) {
        return;
    }
    struct check_entry entry = {.verdict = verdict, .session = session, .at_us = at_us};
    snprintf(entry.message, sizeof entry.message, "%s", message != NULL ? message : "");
    snprintf(entry.evidence, sizeof entry.evidence, "%s", evidence != NULL ? evidence : "");
    keep(log, row, &entry);
}

void check_log_add_count(struct check_log *log, const char *requirement, enum check_verdict verdict,
                         uint64_t times)
{
    assert(verdict < CHECK_VERDICT_COUNT);
    struct check_requirement *row = find_or_add(log, requirement);
    if (row != NULL) {
        row->counts[verdict] += times;
    }
}

void check_log_keep(struct check_log *log, const char *requirement, const struct check_entry *entry)
{
    assert(entry->verdict < CHECK_VERDICT_COUNT);
    struct check_requirement *row = find_or_add(log, requirement);
    if (row != NULL) {
        keep(log, row, entry);
    }
}

size_t check_log_count(const struct check_log *log)
{
    return log->count;
}

const struct check_requirement *check_log_requirement(const struct check_log *log, size_t index)
{
    assert(index < log->count);
    return &log->requirements[index];
}

uint64_t check_log_total(const struct check_log *log, enum check_verdict verdict)
{
    uint64_t total = 0;
    for (size_t i = 0; i < log->count; i++) {
        total += log->requirements[i].counts[verdict];
    }
    return total;
}

uint64_t check_log_refused(const struct check_log *log)
{
    return log->refused;
}
