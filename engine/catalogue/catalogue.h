/* The requirement catalogue, the JSON files of docs/requirements (fields: README.md there): what
 * checks cite, and what a verdict on a requirement weighs. Read once, never changed. */
#ifndef CASELOAD_CATALOGUE_H
#define CASELOAD_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/digest.h"
#include "common/base/status.h"

/* X(name, word) */
#define REQUIREMENT_LEVEL_LIST(X)                                                                  \
    X(MUST, "MUST")                                                                                \
    X(SHOULD, "SHOULD")                                                                            \
    X(MAY, "MAY")
#define REQUIREMENT_SEVERITY_LIST(X)                                                               \
    X(SAFETY, "safety")                                                                            \
    X(PRIVACY, "privacy")                                                                          \
    X(INTEROP, "interop")                                                                          \
    X(QUALITY, "quality")

enum requirement_level {
#define X(name, word) REQUIREMENT_##name,
    REQUIREMENT_LEVEL_LIST(X)
#undef X
        REQUIREMENT_LEVEL_COUNT
};
enum requirement_severity {
#define X(name, word) SEVERITY_##name,
    REQUIREMENT_SEVERITY_LIST(X)
#undef X
        SEVERITY_COUNT
};
const char *requirement_level_word(enum requirement_level level);
const char *requirement_severity_word(enum requirement_severity severity);

/* Texts are UTF-8 and live as long as the catalogue. */
struct requirement {
    const char *id; /* "WA-18", "INV-12" */
    const char *text;
    const char *profile; /* "clinic" */
    enum requirement_level level;
    enum requirement_severity severity;
    bool derived;   /* shown as † */
    bool invariant; /* holds at every moment; its level is MUST */
};

struct catalogue;

#define CATALOGUE_FILE_MAX (4U << 20) /* bytes of one file */
#define CATALOGUE_ROWS_MAX 4096

/* Reads requirements.json and invariants.json of `folder`. NOT_FOUND, TOO_LARGE, MALFORMED (an id
 * twice, a word that does not exist, a profile that is not listed): the message names file and row.
 */
MUST_CHECK enum status catalogue_read(const char *folder, struct catalogue **ret_catalogue,
                                      struct failure *failure);
void catalogue_destroy(struct catalogue *catalogue);

/* Of the requirements, semantic version; and of both files' content. */
const char *catalogue_version(const struct catalogue *catalogue);
const char *catalogue_digest(const struct catalogue *catalogue);

/* Requirements in the order of the file, then invariants. */
size_t catalogue_count(const struct catalogue *catalogue);
const struct requirement *catalogue_at(const struct catalogue *catalogue, size_t index);
/* NULL: there is none of that id. */
const struct requirement *catalogue_find(const struct catalogue *catalogue, const char *id);

/* The title of a row's chapter, the letters of its id; "Invariants" of those; "": not told. */
const char *catalogue_chapter(const struct catalogue *catalogue, const struct requirement *row);

size_t catalogue_profile_count(const struct catalogue *catalogue);
const char *catalogue_profile(const struct catalogue *catalogue, size_t index);
bool catalogue_has_profile(const struct catalogue *catalogue, const char *profile);

/* Whether a text has the form of a catalogue's id (letters, a dash, digits), so that it must be
 * one. Other words are a story's own. */
bool requirement_id_is_formal(const char *text);

#endif
