/* Which check each session of an examination played, and whether it got to its end: read from
 * sessions.jsonl. Pure. */
#ifndef CASELOAD_EXAMINED_SESSIONS_H
#define CASELOAD_EXAMINED_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define EXAMINED_SESSIONS_MAX 4096
#define EXAMINED_BYTES_MAX ((size_t)64 << 20) /* of the file */

struct examined_session {
    char check[96]; /* its name; "": there is no such session */
    bool completed;
};

struct examined_sessions {
    struct examined_session *items; /* owned; by the session's number */
    size_t count;
};

/* Reads the lines, which end up cut at their ends. MALFORMED, TOO_LARGE: the failure names the
 * line. */
MUST_CHECK enum status examined_sessions_parse(char *lines, struct examined_sessions *ret_sessions,
                                               struct failure *failure);
void examined_sessions_finish(struct examined_sessions *sessions);

/* NULL: there is none of that number. */
const struct examined_session *examined_sessions_at(const struct examined_sessions *sessions,
                                                    int64_t number);
/* The number of the session that played a check; -1: none did. */
int64_t examined_sessions_find(const struct examined_sessions *sessions, const char *check);

#endif
