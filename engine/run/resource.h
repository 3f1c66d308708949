/* Where the programs find what comes with them: stories, targets, schemas, the server. In this
 * order: CASELOAD_HOME, the source tree of a build, the installed prefix (<prefix>/share/caseload).
 */
#ifndef CASELOAD_RESOURCE_H
#define CASELOAD_RESOURCE_H

#include <stddef.h>

#include "common/base/status.h"

#define RESOURCE_PATH_SIZE 1024

/* The folder that holds scenarios/. NOT_FOUND names where was looked. */
MUST_CHECK enum status resource_home(char *ret_path, size_t size, struct failure *failure);
/* A story given by path ("x/y.lua") or by name ("teletriage"). NOT_FOUND lists the shipped names.
 */
MUST_CHECK enum status resource_story(const char *home, const char *story, char *ret_path,
                                      size_t size, struct failure *failure);
/* A target driver given by path or by name ("reference"). */
MUST_CHECK enum status resource_target(const char *home, const char *target, char *ret_path,
                                       size_t size, struct failure *failure);
/* A program installed or built beside this one ("caseload-server"). */
MUST_CHECK enum status resource_program(const char *name, char *ret_path, size_t size,
                                        struct failure *failure);

#endif
