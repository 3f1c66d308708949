#include "engine/conform/examined_sessions.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct examined_sessions *sessions, size_t count)
{
    struct examined_session *items;

    if (count <= sessions->count)
        return true;
    items = realloc(sessions->items, count * sizeof *items);
    if (!items)
        return false;
    memset(items + sessions->count, 0, (count - sessions->count) * sizeof *items);
    sessions->items = items;
    sessions->count = count;
    return true;
}

static enum status take(struct examined_sessions *sessions, const json_t *line)
{
    const json_t *index = json_object_get(line, "index");
    const char *check = json_string_value(json_object_get(line, "story"));
    const char *outcome = json_string_value(json_object_get(line, "outcome"));
    struct examined_session *session;
    json_int_t number = json_integer_value(index);

    if (!json_is_integer(index) || !check || !outcome || number < 0)
        return STATUS_MALFORMED;
    if (number >= EXAMINED_SESSIONS_MAX || strlen(check) >= sizeof session->check)
        return STATUS_TOO_LARGE;
    if (!make_room(sessions, (size_t)number + 1))
        return STATUS_NO_MEMORY;
    session = &sessions->items[number];
    snprintf(session->check, sizeof session->check, "%s", check);
    session->completed = strcmp(outcome, "completed") == 0;
    return STATUS_OK;
}

enum status examined_sessions_parse(char *lines, struct examined_sessions *ret_sessions,
                                    struct failure *failure)
{
    struct examined_sessions sessions = {0};
    char *rest = lines, *text;
    size_t number = 0;

    while ((text = strsep(&rest, "\n"))) {
        enum status status;
        json_t *line;
        number++;
        if (!*text && !rest)
            break; /* behind the last line */
        line = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        status = line ? take(&sessions, line) : STATUS_MALFORMED;
        json_decref(line);
        if (status != STATUS_OK) {
            examined_sessions_finish(&sessions);
            return failure_set(failure, status, "sessions.jsonl:%zu: %s", number,
                               status_text(status));
        }
    }
    *ret_sessions = sessions;
    return STATUS_OK;
}

void examined_sessions_finish(struct examined_sessions *sessions)
{
    free(sessions->items);
    *sessions = (struct examined_sessions){0};
}

const struct examined_session *examined_sessions_at(const struct examined_sessions *sessions,
                                                    int64_t number)
{
    if (number < 0 || (uint64_t)number >= sessions->count || !*sessions->items[number].check)
        return NULL;
    return &sessions->items[number];
}

int64_t examined_sessions_find(const struct examined_sessions *sessions, const char *check)
{
    for (size_t i = 0; i < sessions->count; i++)
        if (*check && strcmp(sessions->items[i].check, check) == 0)
            return (int64_t)i;
    return -1;
}
