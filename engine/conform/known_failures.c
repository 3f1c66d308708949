#include "engine/conform/known_failures.h"

#include <assert.h>
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA "caseload/known-failures/1"
#define DAY_SIZE 10 /* "2026-01-31" */

struct known_failures {
    json_t *json; /* owns the texts of the entries */
    char *name;
    size_t count;
    struct known_failure entries[KNOWN_FAILURES_MAX];
};

static const struct {
    const char *word;
    bool stale;
} outcomes[] = {
#define X(name, word, stale) {word, stale},
    KNOWN_OUTCOME_LIST(X)
#undef X
};

const char *known_outcome_word(enum known_outcome outcome)
{
    assert(outcome < KNOWN_OUTCOME_COUNT);
    return outcomes[outcome].word;
}

bool known_outcome_is_stale(enum known_outcome outcome)
{
    assert(outcome < KNOWN_OUTCOME_COUNT);
    return outcomes[outcome].stale;
}

/* ---- reading ---- */

static enum status wrong(struct failure *failure, enum status status, const char *name,
                         size_t index, const char *what, const char *word)
{
    return failure_set(failure, status, "%s: entry %zu: %s%.80s", name, index + 1, what, word);
}

static bool is_readable(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7F)
            return false;
    return true;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1U : 0U);
}

/* YYYY-MM-DD of a day that exists; such texts are in order as the days are. */
static bool is_day(const char *text)
{
    unsigned year, month, day;

    if (strlen(text) != DAY_SIZE || text[4] != '-' || text[7] != '-')
        return false;
    for (size_t i = 0; i < DAY_SIZE; i++)
        if (i != 4 && i != 7 && !isdigit((unsigned char)text[i]))
            return false;
    if (sscanf(text, "%4u-%2u-%2u", &year, &month, &day) != 3 || month < 1 || month > 12)
        return false;
    return day >= 1 && day <= days_in_month(year, month);
}

/* One text of an entry; the fields stand in the order of the table. */
static const char *const fields[] = {"requirement", "ticket", "owner", "expires", "reason"};
#define FIELDS (sizeof fields / sizeof fields[0])

static enum status read_texts(const char *name, size_t index, const json_t *json,
                              const char *texts[FIELDS], struct failure *failure)
{
    for (size_t i = 0; i < FIELDS; i++) {
        texts[i] = json_string_value(json_object_get(json, fields[i]));
        if (!texts[i] || !*texts[i])
            return wrong(failure, STATUS_MALFORMED, name, index, "no text ", fields[i]);
        if (strlen(texts[i]) > KNOWN_TEXT_MAX)
            return wrong(failure, STATUS_TOO_LARGE, name, index, "too long is ", fields[i]);
        if (!is_readable(texts[i]))
            return wrong(failure, STATUS_MALFORMED, name, index, "control characters are in ",
                         fields[i]);
    }
    return STATUS_OK;
}

/* A field that does not exist is a field that was misspelt. */
static enum status check_fields(const char *name, size_t index, json_t *json,
                                struct failure *failure)
{
    const char *key;
    json_t *value;

    json_object_foreach(json, key, value)
    {
        size_t i = 0;
        while (i < FIELDS && strcmp(fields[i], key) != 0)
            i++;
        if (i == FIELDS)
            return wrong(failure, STATUS_MALFORMED, name, index, "there is no field ",
                         is_readable(key) ? key : "of that name");
    }
    return STATUS_OK;
}

static bool is_listed(const struct known_failures *known, const char *requirement)
{
    for (size_t i = 0; i < known->count; i++)
        if (strcmp(known->entries[i].requirement, requirement) == 0)
            return true;
    return false;
}

static enum status read_entry(struct known_failures *known, json_t *json, struct failure *failure)
{
    const char *texts[FIELDS];
    size_t index = known->count;
    enum status status;

    if (!json_is_object(json))
        return wrong(failure, STATUS_MALFORMED, known->name, index, "not an object", "");
    if ((status = check_fields(known->name, index, json, failure)) != STATUS_OK ||
        (status = read_texts(known->name, index, json, texts, failure)) != STATUS_OK)
        return status;
    if (!is_day(texts[3]))
        return wrong(failure, STATUS_MALFORMED, known->name, index,
                     "expires is a day as 2026-01-31, not ", texts[3]);
    if (is_listed(known, texts[0]))
        return wrong(failure, STATUS_EXISTS, known->name, index, "listed twice is ", texts[0]);
    known->entries[known->count++] = (struct known_failure){.requirement = texts[0],
                                                            .ticket = texts[1],
                                                            .owner = texts[2],
                                                            .expires = texts[3],
                                                            .reason = texts[4]};
    return STATUS_OK;
}

static enum status read_all(struct known_failures *known, struct failure *failure)
{
    json_t *entries = json_object_get(known->json, "entries");
    const char *schema = json_string_value(json_object_get(known->json, "schema"));
    enum status status = STATUS_OK;

    if (!schema || strcmp(schema, SCHEMA) != 0 || !json_is_array(entries) ||
        json_object_size(known->json) != 2)
        return failure_set(failure, STATUS_MALFORMED,
                           "%s: an object with \"schema\": \"" SCHEMA
                           "\" and the list \"entries\", and nothing else",
                           known->name);
    if (json_array_size(entries) > KNOWN_FAILURES_MAX)
        return failure_set(failure, STATUS_TOO_LARGE, "%s: entry %d: more than %d entries",
                           known->name, KNOWN_FAILURES_MAX + 1, KNOWN_FAILURES_MAX);
    for (size_t i = 0; i < json_array_size(entries) && status == STATUS_OK; i++)
        status = read_entry(known, json_array_get(entries, i), failure);
    return status;
}

enum status known_failures_parse(const char *text, size_t size, const char *name,
                                 struct known_failures **ret_known, struct failure *failure)
{
    struct known_failures *known = NULL;
    enum status status;
    json_error_t error;

    if (size > KNOWN_FAILURES_BYTES_MAX)
        return failure_set(failure, STATUS_TOO_LARGE, "%s: larger than 4 MiB", name);
    known = calloc(1, sizeof *known);
    if (!known || !(known->name = strdup(name))) {
        free(known);
        return failure_set(failure, STATUS_NO_MEMORY, "%s: out of memory", name);
    }
    known->json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    status = known->json ? read_all(known, failure)
                         : failure_set(failure, STATUS_MALFORMED, "%s:%d: %s", name, error.line,
                                       error.text);
    if (status != STATUS_OK) {
        known_failures_destroy(known);
        return status;
    }
    *ret_known = known;
    return STATUS_OK;
}

void known_failures_destroy(struct known_failures *known)
{
    if (!known)
        return;
    json_decref(known->json);
    free(known->name);
    free(known);
}

const char *known_failures_name(const struct known_failures *known)
{
    return known->name;
}

size_t known_failures_count(const struct known_failures *known)
{
    return known->count;
}

const struct known_failure *known_failures_at(const struct known_failures *known, size_t index)
{
    assert(index < known->count);
    return &known->entries[index];
}

/* ---- judging ---- */

enum known_outcome known_failure_judge(const struct known_failure *entry, bool is_row,
                                       enum check_verdict verdict, const char *today)
{
    if (!is_row)
        return KNOWN_UNKNOWN;
    if (strcmp(entry->expires, today) < 0)
        return KNOWN_EXPIRED;
    switch (verdict) {
    case CHECK_FAIL:
    case CHECK_BLOCKED:
    case CHECK_WARN:
        return KNOWN_FAILS;
    case CHECK_PASS:
    case CHECK_DIFFERS:
    case CHECK_NA:
        return KNOWN_HOLDS;
    default:
        return KNOWN_UNSEEN;
    }
}

void known_failure_say(const struct known_failures *known, size_t index, enum known_outcome outcome,
                       char *text, size_t size)
{
    const struct known_failure *entry = known_failures_at(known, index);
    const char *slash = strrchr(known->name, '/');
    int at = snprintf(text, size, "%.80s: entry %zu: %.40s (%.40s, %.40s) ",
                      slash ? slash + 1 : known->name, index + 1, entry->requirement, entry->ticket,
                      entry->owner);
    char *rest = at >= 0 && (size_t)at < size ? text + at : text + size;
    size_t room = (size_t)(text + size - rest);

    switch (outcome) {
    case KNOWN_FAILS:
        snprintf(rest, room, "fails as is known: %s", entry->reason);
        break;
    case KNOWN_HOLDS:
        snprintf(rest, room, "does not fail any more: take the entry out");
        break;
    case KNOWN_EXPIRED:
        snprintf(rest, room, "expired on %s and excuses nothing: mend the platform or extend it",
                 entry->expires);
        break;
    case KNOWN_UNKNOWN:
        snprintf(rest, room, "is no row of the catalogue: caseload conform --list shows all");
        break;
    default:
        snprintf(rest, room, "was not judged in this run");
    }
}
