#include "engine/conform/permission_cells.h"

#include <ctype.h>
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

static bool is_word(const char *text, size_t length, const char *begin)
{
    return (text == begin || !isalnum((unsigned char)text[-1])) &&
           !isalnum((unsigned char)text[length]);
}

/* Whether `text` names the role. */
static bool names(const char *text, const char *role)
{
    const char *at = text;

    while ((at = strstr(at, role))) {
        if (is_word(at, strlen(role), text))
            return true;
        at++;
    }
    return false;
}

/* The words of scenarios/conformance/permissions.lua about a row: "row 4 (Invite …): OR may, …" of
 * the act itself, "row 4: … OR …" of the other ways. What follows them; NULL: not these. */
static const char *behind(const struct tried *tried, const struct check_entry *entry, bool of_act)
{
    char words[320];
    const char *at;

    if (of_act)
        snprintf(words, sizeof words, "row %lld (%s): ", (long long)tried->row, tried->text);
    else
        snprintf(words, sizeof words, "row %lld: ", (long long)tried->row);
    at = entry->session == tried->session ? strstr(entry->message, words) : NULL;
    return at ? at + strlen(words) : NULL;
}

/* The cell is not as the matrix says. */
static bool is_otherwise(const struct tried *tried, const struct check_entry *entry,
                         const char *role)
{
    const char *text = behind(tried, entry, true);
    size_t length = strlen(role);

    return text && strncmp(text, role, length) == 0 && text[length] == ' ';
}

/* Something else about it failed: what was heard, media, a token that is over. */
static bool is_broken(const struct tried *tried, const struct check_entry *entry, const char *role)
{
    const char *text = behind(tried, entry, false);

    return text && names(text, role);
}

static bool is_unclear(const struct tried *tried, const struct check_entry *entry)
{
    return entry->session == tried->session && !behind(tried, entry, true) &&
           !behind(tried, entry, false);
}

/* Objections beyond what a log keeps, or that name no row, may have been about any cell. */
static const char *seen(const struct tried *tried, const char *role)
{
    const struct check_requirement *observed = tried->observed;
    bool broken = false, unclear = !tried->completed || !observed;

    for (size_t i = 0; observed && i < observed->kept_count; i++) {
        const struct check_entry *entry = &observed->kept[i];
        if (is_otherwise(tried, entry, role))
            return "otherwise";
        broken |= is_broken(tried, entry, role);
        unclear |= is_unclear(tried, entry);
    }
    if (broken)
        return "broken";
    return unclear || observed->kept_count == CHECK_KEPT_MAX ? "not seen" : "as said";
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
