#include "engine/conform/permission_cells.h"

#include <stdio.h>
#include <string.h>

/* A row and the session that tried it. */
struct tried {
    json_int_t row;
    const char *text, *requirement;
    int64_t session;
    bool completed;
    const struct check_requirement *observed;
};

/* What the check was about; NULL: there is no such check. */
static const char *requirement_of(const struct coverage *coverage, const char *check)
{
    for (size_t i = 0; i < coverage_link_count(coverage); i++) {
        const struct coverage_link *link = coverage_link_at(coverage, i);
        if (!link->fault && strcmp(link->check, check) == 0)
            return link->requirement;
    }
    return NULL;
}

/* What was objected to this cell, as scenarios/conformance/permissions.lua words it. */
static const struct check_entry *objection(const struct tried *tried, const char *role)
{
    char cell[320];

    snprintf(cell, sizeof cell, "row %lld (%s): %s ", (long long)tried->row, tried->text, role);
    for (size_t i = 0; tried->observed && i < tried->observed->kept_count; i++) {
        const struct check_entry *entry = &tried->observed->kept[i];
        if (entry->session == tried->session && strstr(entry->message, cell))
            return entry;
    }
    return NULL;
}

/* Objections beyond what a log keeps may have been about any cell. */
static const char *seen(const struct tried *tried, const char *role)
{
    if (objection(tried, role))
        return "otherwise";
    if (!tried->completed || !tried->observed || tried->observed->kept_count == CHECK_KEPT_MAX)
        return "not seen";
    return "as said";
}

static const char *word_of(const json_t *cell)
{
    const char *word =
        json_string_value(json_is_object(cell) ? json_object_get(cell, "cell") : cell);

    return word ? word : "";
}

static json_t *cells_to_json(const struct tried *tried, const json_t *roles, const json_t *cells)
{
    json_t *array = json_array();

    for (size_t i = 0; i < json_array_size(roles); i++) {
        const char *role = json_string_value(json_object_get(json_array_get(roles, i), "id"));
        json_array_append_new(array,
                              json_pack("{s:s, s:s}", "expected", word_of(json_array_get(cells, i)),
                                        "seen", seen(tried, role ? role : "")));
    }
    return array;
}

static bool find_tried(const json_t *row, const struct coverage *coverage,
                       const struct examined_sessions *sessions, const struct check_log *checks,
                       struct tried *ret_tried)
{
    struct tried tried = {.row = json_integer_value(json_object_get(row, "row")),
                          .text = json_string_value(json_object_get(row, "text"))};
    const struct examined_session *session;
    char check[32];

    snprintf(check, sizeof check, "row-%lld", (long long)tried.row);
    tried.requirement = requirement_of(coverage, check);
    tried.session = examined_sessions_find(sessions, check);
    session = examined_sessions_at(sessions, tried.session);
    if (!tried.text || !tried.requirement || !session)
        return false;
    tried.completed = session->completed;
    tried.observed = check_log_find(checks, tried.requirement);
    *ret_tried = tried;
    return true;
}

/* The clinic-side one; NULL: there is none. */
static const json_t *clinic_matrix(const json_t *matrices)
{
    const json_t *list = json_object_get(matrices, "matrices");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *matrix = json_array_get(list, i);
        const char *id = json_string_value(json_object_get(matrix, "id"));
        if (id && strcmp(id, "clinic") == 0)
            return matrix;
    }
    return NULL;
}

json_t *permission_cells_to_json(const json_t *matrices, const struct coverage *coverage,
                                 const struct examined_sessions *sessions,
                                 const struct check_log *checks)
{
    const json_t *matrix = clinic_matrix(matrices), *list = json_object_get(matrix, "rows");
    json_t *roles = json_object_get(matrix, "roles"), *rows = json_array();

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        struct tried tried;
        if (!find_tried(row, coverage, sessions, checks, &tried))
            continue;
        json_array_append_new(
            rows, json_pack("{s:I, s:s, s:s, s:o}", "row", tried.row, "text", tried.text,
                            "requirement", tried.requirement, "cells",
                            cells_to_json(&tried, roles, json_object_get(row, "cells"))));
    }
    if (json_array_size(rows) > 0)
        return json_pack("{s:O, s:o}", "roles", roles, "rows", rows);
    json_decref(rows);
    return json_null();
}
