/* The table a person reads when a run is over. */
#ifndef CASELOAD_RESULT_TABLE_H
#define CASELOAD_RESULT_TABLE_H

#include <stdio.h>

#include "engine/result/run_result.h"

void result_table_print(FILE *out, const struct run_result *result, const char *folder);

#endif
