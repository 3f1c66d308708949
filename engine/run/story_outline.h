/* What the parent learns of a story before it starts shards: its declaration and the fixture that
 * the run needs. The script is loaded for it, asked and closed again. */
#ifndef CASELOAD_STORY_OUTLINE_H
#define CASELOAD_STORY_OUTLINE_H

#include "common/base/digest.h"
#include "common/base/status.h"
#include "engine/run/run_settings.h"
#include "engine/script/script.h"

struct story_outline {
    struct story story;
    uint64_t sessions_at_once; /* as planned, over all shards */
    char *fixture;             /* JSON text, owned */
    /* Of story, modules and driver, and of the fixture: what shards of one plan have in common. */
    char story_digest[DIGEST_TEXT_SIZE], fixture_digest[DIGEST_TEXT_SIZE];
};

/* Fills in the load shape that `settings` leaves open (see run.h) and asks for the fixture; for a
 * foreign platform the fixture is read from settings->target_config. INVALID: script error, with
 * file and line. */
MUST_CHECK enum status story_outline_read(struct run_settings *settings,
                                          struct story_outline *ret_outline,
                                          struct failure *failure);
void story_outline_finish(struct story_outline *outline);

/* The checks of an examination (script_checks), malloc'ed. INVALID: script error, or a story. */
MUST_CHECK enum status story_checks_read(const struct run_settings *settings, char **ret_json,
                                         struct failure *failure);

/* What the driver declares absent (script_absent), malloc'ed. INVALID: script error. */
MUST_CHECK enum status story_absent_read(const struct run_settings *settings, char **ret_json,
                                         struct failure *failure);

/* A whole text file of at most 4 MiB, malloc'ed. The failure names it. */
MUST_CHECK enum status read_text_file(const char *path, char **ret_text, struct failure *failure);

#endif
