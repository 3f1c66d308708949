#include "engine/conform/coverage.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define LINKS_MAX ((size_t)64 * COVERAGE_CHECKS_MAX)

struct coverage {
    json_t *checks; /* owns all texts */
    struct coverage_link *links;
    size_t count, capacity;
};

static enum status wrong(struct failure *failure, enum status status, const char *check,
                         const char *what, const char *word)
{
    return failure_set(failure, status, "check '%s': %s%s", check ? check : "", what,
                       word ? word : "");
}

static enum status add(struct coverage *coverage, struct coverage_link link,
                       struct failure *failure)
{
    if (coverage->count == coverage->capacity) {
        size_t capacity = coverage->capacity ? 2 * coverage->capacity : 64;
        struct coverage_link *grown =
            capacity <= LINKS_MAX ? realloc(coverage->links, capacity * sizeof *grown) : NULL;
        if (!grown)
            return wrong(failure, STATUS_TOO_LARGE, link.check, "too many requirements", NULL);
        coverage->links = grown;
        coverage->capacity = capacity;
    }
    coverage->links[coverage->count++] = link;
    return STATUS_OK;
}

/* A link for each id of a list. */
static enum status read_ids(struct coverage *coverage, const struct catalogue *catalogue,
                            const json_t *ids, const char *check, const char *fault,
                            struct failure *failure)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < json_array_size(ids) && status == STATUS_OK; i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        if (!id || !catalogue_find(catalogue, id))
            return wrong(failure, STATUS_NOT_FOUND, check, "no row of the catalogue is ", id);
        status = add(coverage, (struct coverage_link){id, check, fault}, failure);
    }
    return status;
}

static enum status read_check(struct coverage *coverage, const struct catalogue *catalogue,
                              const json_t *json, struct failure *failure)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    const json_t *ids = json_object_get(json, "requirements");
    const json_t *proofs = json_object_get(json, "proven_by");

    if (!name || json_array_size(ids) == 0 || !json_is_array(proofs))
        return wrong(failure, STATUS_MALFORMED, name, "no name, requirements or proven_by", NULL);
    enum status status = read_ids(coverage, catalogue, ids, name, NULL, failure);
    for (size_t i = 0; i < json_array_size(proofs) && status == STATUS_OK; i++) {
        const json_t *proof = json_array_get(proofs, i);
        const char *fault = json_string_value(json_object_get(proof, "fault"));
        if (!fault)
            return wrong(failure, STATUS_MALFORMED, name, "a proof without a fault", NULL);
        status =
            read_ids(coverage, catalogue, json_object_get(proof, "breaks"), name, fault, failure);
    }
    return status;
}

enum status coverage_read(const char *json, const struct catalogue *catalogue,
                          struct coverage **ret_coverage, struct failure *failure)
{
    struct coverage *coverage = calloc(1, sizeof *coverage);
    enum status status = STATUS_OK;

    if (!coverage)
        return failure_set(failure, STATUS_NO_MEMORY, "coverage: out of memory");
    coverage->checks = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_array(coverage->checks))
        status = failure_set(failure, STATUS_MALFORMED, "coverage: not a list of checks");
    else if (json_array_size(coverage->checks) > COVERAGE_CHECKS_MAX)
        status = failure_set(failure, STATUS_TOO_LARGE, "coverage: more than %d checks",
                             COVERAGE_CHECKS_MAX);
    for (size_t i = 0; status == STATUS_OK && i < json_array_size(coverage->checks); i++)
        status = read_check(coverage, catalogue, json_array_get(coverage->checks, i), failure);
    if (status != STATUS_OK) {
        coverage_destroy(coverage);
        return status;
    }
    *ret_coverage = coverage;
    return STATUS_OK;
}

void coverage_destroy(struct coverage *coverage)
{
    if (!coverage)
        return;
    json_decref(coverage->checks);
    free(coverage->links);
    free(coverage);
}

size_t coverage_check_count(const struct coverage *coverage)
{
    return json_array_size(coverage->checks);
}

size_t coverage_link_count(const struct coverage *coverage)
{
    return coverage->count;
}

const struct coverage_link *coverage_link_at(const struct coverage *coverage, size_t index)
{
    return &coverage->links[index];
}

struct coverage_of_row coverage_of(const struct coverage *coverage, const char *requirement)
{
    struct coverage_of_row row = {0};

    for (size_t i = 0; i < coverage->count; i++) {
        if (strcmp(coverage->links[i].requirement, requirement) != 0)
            continue;
        if (coverage->links[i].fault)
            row.proofs++;
        else
            row.checks++;
    }
    return row;
}

bool coverage_suffices(const struct coverage *coverage, const struct requirement *row)
{
    struct coverage_of_row have = coverage_of(coverage, row->id);

    if (row->level == REQUIREMENT_MUST)
        return have.checks > 0 && have.proofs > 0;
    return row->level == REQUIREMENT_MAY || have.checks > 0;
}
