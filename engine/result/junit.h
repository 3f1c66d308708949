/* junit.xml for CI: a test case per threshold, requirement and ledger row. Private to
 * engine/result. */
#ifndef CASELOAD_JUNIT_H
#define CASELOAD_JUNIT_H

#include "engine/result/run_result.h"

/* One error "did not finish": what CI sees when the program was killed. */
MUST_CHECK enum status junit_write_unfinished(const char *folder, const char *story,
                                              struct failure *failure);
MUST_CHECK enum status junit_write(const struct run_result *result, const char *folder,
                                   struct failure *failure);

#endif
