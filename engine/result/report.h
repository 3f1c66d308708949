/* report.html and plots/ from the files of a run folder alone: for people. Used after a run and by
 * `caseload report`. */
#ifndef CASELOAD_REPORT_H
#define CASELOAD_REPORT_H

#include "common/base/status.h"

/* Makes plots/ (data, gnuplot script, drawing) and report.html anew. Without gnuplot the report has
 * no plots and says so. NOT_FOUND, MALFORMED: not a run folder, the message names the file. */
MUST_CHECK enum status report_write(const char *run_folder, struct failure *failure);

#endif
