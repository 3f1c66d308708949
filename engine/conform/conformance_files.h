/* The files of a conformance run in its run folder, all from one conformance_result: JSON
 * (results/schema/conformance.schema.json), TAP version 14, JUnit, and from the JSON the page. */
#ifndef CASELOAD_CONFORMANCE_FILES_H
#define CASELOAD_CONFORMANCE_FILES_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/conform/conformance_result.h"
#include "engine/conform/examined_sessions.h"
#include "engine/result/run_result.h"

#define CONFORMANCE_FILE "conformance.json"
#define CONFORMANCE_PAGE "conformance.html" /* report_head.c names it, too */
#define CONFORMANCE_SCHEMA "caseload/conformance/1"

/* All that there is to tell; borrowed. */
struct conformance_story {
    const struct conformance_result *result;
    const struct run_result *run; /* judged and on disk */
    const struct examined_sessions *sessions;
    json_t *permissions;   /* permission_cells_to_json */
    const char *reproduce; /* the command without what chooses rows: "caseload conform --seed 4" */
};

/* The command that judges one row again, as the run was called. */
#define CONFORMANCE_COMMAND_SIZE 2400
void conformance_reproduce(const struct conformance_story *story, const struct conformance_row *row,
                           char *text, size_t size);

/* conformance.json, .tap and .html, and junit.xml in the place of the run's own. */
MUST_CHECK enum status conformance_files_write(const struct conformance_story *story,
                                               const char *folder, struct failure *failure);
json_t *conformance_to_json(const struct conformance_story *story);
MUST_CHECK enum status conformance_tap_write(const struct conformance_story *story,
                                             const char *folder, struct failure *failure);
MUST_CHECK enum status conformance_junit_write(const struct conformance_story *story,
                                               const char *folder, struct failure *failure);

/* conformance.html from the folder's conformance.json alone. NOT_FOUND, MALFORMED: none is there.
 */
MUST_CHECK enum status conformance_page_write(const char *folder, struct failure *failure);
/* There is a conformance.json. */
bool conformance_page_is_for(const char *folder);

#endif
