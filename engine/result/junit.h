/* junit.xml for CI: of a run a test case per threshold, requirement and ledger row; cases of
 * whatever else is written by it. Used by engine/result, engine/capacity and
 * engine/conform. */
#ifndef CASELOAD_JUNIT_H
#define CASELOAD_JUNIT_H

#include "common/base/buffer.h"
#include "engine/result/run_result.h"

enum junit_kind { JUNIT_PASSED, JUNIT_FAILURE, JUNIT_ERROR, JUNIT_SKIPPED };

/* Test cases are collected first: the head of the file counts them. */
struct junit {
    const char *story; /* borrowed */
    struct buffer cases;
    unsigned counts[4];
};

void junit_init(struct junit *junit, const char *story);
/* `message` of all kinds but JUNIT_PASSED. */
void junit_add_case(struct junit *junit, const char *group, const char *name, enum junit_kind kind,
                    const char *message);
/* Writes FOLDER/junit.xml and frees the cases. TOO_LARGE: more cases than a file may have. */
MUST_CHECK enum status junit_finish(struct junit *junit, const char *folder, double seconds,
                                    int64_t start_realtime_us, struct failure *failure);

/* One error "did not finish": what CI sees when the program was killed. */
MUST_CHECK enum status junit_write_unfinished(const char *folder, const char *story,
                                              struct failure *failure);
MUST_CHECK enum status junit_write(const struct run_result *result, const char *folder,
                                   struct failure *failure);
/* The same in two steps, for who judges the requirements in another way: all cases but theirs. */
void junit_add_run(struct junit *junit, const struct run_result *result);
MUST_CHECK enum status junit_finish_run(struct junit *junit, const struct run_result *result,
                                        const char *folder, struct failure *failure);

#endif
