/* caseload doctor --calibrate and --budget: what this host can generate, and what one participant
 * takes of it. */
#ifndef CASELOAD_CALIBRATE_COMMAND_H
#define CASELOAD_CALIBRATE_COMMAND_H

#include "engine/calibrate/calibration.h"
#include "engine/calibrate/reflector_table.h"

/* Print as it goes; returns the exit code. */
int calibrate_print(const struct calibration_settings *settings);
int budget_print(const struct calibration_settings *settings);

#endif
