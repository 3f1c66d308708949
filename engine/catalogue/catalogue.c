#include "engine/catalogue/catalogue.h"

#include <assert.h>
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/result/result_file.h"

struct catalogue {
    json_t *requirements, *invariants; /* own all texts */
    struct requirement *rows;
    size_t count;
    char digest[DIGEST_TEXT_SIZE];
};

static const char *const level_words[] = {
#define X(name, word) word,
    REQUIREMENT_LEVEL_LIST(X)
#undef X
};

static const char *const severity_words[] = {
#define X(name, word) word,
    REQUIREMENT_SEVERITY_LIST(X)
#undef X
};

const char *requirement_level_word(enum requirement_level level)
{
    assert(level < REQUIREMENT_LEVEL_COUNT);
    return level_words[level];
}

const char *requirement_severity_word(enum requirement_severity severity)
{
    assert(severity < SEVERITY_COUNT);
    return severity_words[severity];
}

/* `count` when it is none of them. */
static size_t find_word(const char *const *words, size_t count, const char *word)
{
    size_t i = 0;

    while (i < count && strcmp(words[i], word) != 0)
        i++;
    return i;
}

bool requirement_id_is_formal(const char *text)
{
    size_t letters = 0, digits = 0;

    while (isupper((unsigned char)text[letters]))
        letters++;
    if (letters == 0 || text[letters] != '-')
        return false;
    while (isdigit((unsigned char)text[letters + 1 + digits]))
        digits++;
    return digits > 0 && text[letters + 1 + digits] == '\0';
}

/* -- Reading -- */

/* A file of the catalogue: an object with `schema` and the list `rows`. */
static enum status read_rows(const char *folder, const char *name, uint64_t *digest,
                             json_t **ret_json, struct failure *failure)
{
    char file[64], schema[64], *text = NULL;
    size_t size = 0;
    json_error_t error;

    snprintf(file, sizeof file, "%s.json", name);
    snprintf(schema, sizeof schema, "caseload/%s/1", name);
    enum status status = result_file_read(folder, file, CATALOGUE_FILE_MAX, &text, &size, failure);
    if (status != STATUS_OK)
        return status;
    *digest = digest_add(*digest, text, size);
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    free(text);
    if (!json)
        return failure_set(failure, STATUS_MALFORMED, "%s/%s:%d: %s", folder, file, error.line,
                           error.text);
    const char *found = json_string_value(json_object_get(json, "schema"));
    if (!found || strcmp(found, schema) != 0 || !json_is_array(json_object_get(json, name))) {
        json_decref(json);
        return failure_set(failure, STATUS_MALFORMED, "%s/%s: no \"%s\" with a list \"%s\"", folder,
                           file, schema, name);
    }
    *ret_json = json;
    return STATUS_OK;
}

static const char *text_of(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));

    return text && *text ? text : NULL;
}

static enum status wrong(struct failure *failure, const struct requirement *row, const char *what)
{
    return failure_set(failure, STATUS_MALFORMED, "requirement catalogue: row '%s': %s",
                       row->id ? row->id : "", what);
}

static enum status read_row(struct catalogue *catalogue, const json_t *json, bool invariant,
                            struct failure *failure)
{
    struct requirement row = {.id = text_of(json, "id"),
                              .text = text_of(json, "text"),
                              .profile = text_of(json, "profile"),
                              .derived = json_is_true(json_object_get(json, "derived")),
                              .invariant = invariant};
    const char *level = invariant ? "MUST" : text_of(json, "level");
    const char *severity = text_of(json, "severity");

    if (!row.id || !requirement_id_is_formal(row.id))
        return wrong(failure, &row, "an id is letters, a dash and digits");
    if (catalogue_find(catalogue, row.id))
        return wrong(failure, &row, "the id is there twice");
    if (!row.text)
        return wrong(failure, &row, "no text");
    if (!row.profile || !catalogue_has_profile(catalogue, row.profile))
        return wrong(failure, &row, "its profile is not listed");
    row.level =
        (enum requirement_level)find_word(level_words, REQUIREMENT_LEVEL_COUNT, level ? level : "");
    if (row.level == REQUIREMENT_LEVEL_COUNT)
        return wrong(failure, &row, "its level is none of MUST, SHOULD, MAY");
    row.severity = (enum requirement_severity)find_word(severity_words, SEVERITY_COUNT,
                                                        severity ? severity : "");
    if (row.severity == SEVERITY_COUNT)
        return wrong(failure, &row, "its severity is none of safety, privacy, interop, quality");
    catalogue->rows[catalogue->count++] = row;
    return STATUS_OK;
}

static enum status take_rows(struct catalogue *catalogue, const json_t *list, bool invariant,
                             struct failure *failure)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        enum status status = read_row(catalogue, json_array_get(list, i), invariant, failure);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status take_all(struct catalogue *catalogue, struct failure *failure)
{
    const json_t *requirements = json_object_get(catalogue->requirements, "requirements");
    const json_t *invariants = json_object_get(catalogue->invariants, "invariants");
    size_t count = json_array_size(requirements) + json_array_size(invariants);

    if (!text_of(catalogue->requirements, "version"))
        return failure_set(failure, STATUS_MALFORMED, "requirement catalogue: no version");
    if (count > CATALOGUE_ROWS_MAX)
        return failure_set(failure, STATUS_TOO_LARGE, "requirement catalogue: more than %d rows",
                           CATALOGUE_ROWS_MAX);
    catalogue->rows = calloc(count + 1, sizeof *catalogue->rows);
    if (!catalogue->rows)
        return failure_set(failure, STATUS_NO_MEMORY, "requirement catalogue: out of memory");
    enum status status = take_rows(catalogue, requirements, false, failure);
    return status == STATUS_OK ? take_rows(catalogue, invariants, true, failure) : status;
}

enum status catalogue_read(const char *folder, struct catalogue **ret_catalogue,
                           struct failure *failure)
{
    struct catalogue *catalogue = calloc(1, sizeof *catalogue);
    uint64_t digest = DIGEST_EMPTY;
    enum status status;

    if (!catalogue)
        return failure_set(failure, STATUS_NO_MEMORY, "requirement catalogue: out of memory");
    if ((status = read_rows(folder, "requirements", &digest, &catalogue->requirements, failure)) !=
            STATUS_OK ||
        (status = read_rows(folder, "invariants", &digest, &catalogue->invariants, failure)) !=
            STATUS_OK ||
        (status = take_all(catalogue, failure)) != STATUS_OK) {
        catalogue_destroy(catalogue);
        return status;
    }
    digest_format(digest, catalogue->digest);
    *ret_catalogue = catalogue;
    return STATUS_OK;
}

void catalogue_destroy(struct catalogue *catalogue)
{
    if (!catalogue)
        return;
    json_decref(catalogue->requirements);
    json_decref(catalogue->invariants);
    free(catalogue->rows);
    free(catalogue);
}

/* -- Asking -- */

const char *catalogue_version(const struct catalogue *catalogue)
{
    return text_of(catalogue->requirements, "version");
}

const char *catalogue_digest(const struct catalogue *catalogue)
{
    return catalogue->digest;
}

size_t catalogue_count(const struct catalogue *catalogue)
{
    return catalogue->count;
}

const struct requirement *catalogue_at(const struct catalogue *catalogue, size_t index)
{
    assert(index < catalogue->count);
    return &catalogue->rows[index];
}

const struct requirement *catalogue_find(const struct catalogue *catalogue, const char *id)
{
    for (size_t i = 0; i < catalogue->count; i++)
        if (strcmp(catalogue->rows[i].id, id) == 0)
            return &catalogue->rows[i];
    return NULL;
}

const char *catalogue_chapter(const struct catalogue *catalogue, const struct requirement *row)
{
    const json_t *chapters = json_object_get(catalogue->requirements, "chapters");
    size_t length = strcspn(row->id, "-");

    for (size_t i = 0; i < json_array_size(chapters); i++) {
        const char *id = text_of(json_array_get(chapters, i), "id");
        const char *title = text_of(json_array_get(chapters, i), "title");
        if (id && title && strlen(id) == length && strncmp(id, row->id, length) == 0)
            return title;
    }
    return row->invariant ? "Invariants" : "";
}

static const json_t *profiles(const struct catalogue *catalogue)
{
    return json_object_get(catalogue->requirements, "profiles");
}

size_t catalogue_profile_count(const struct catalogue *catalogue)
{
    return json_array_size(profiles(catalogue));
}

const char *catalogue_profile(const struct catalogue *catalogue, size_t index)
{
    const char *id = text_of(json_array_get(profiles(catalogue), index), "id");

    return id ? id : "";
}

bool catalogue_has_profile(const struct catalogue *catalogue, const char *profile)
{
    for (size_t i = 0; i < catalogue_profile_count(catalogue); i++)
        if (strcmp(catalogue_profile(catalogue, i), profile) == 0)
            return true;
    return false;
}
