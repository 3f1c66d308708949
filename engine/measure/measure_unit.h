/* The units of measures: read from thresholds ("250ms", "1%", "2/s", "500kbit/s") and written for
 * people. A unit is named as in metrics.def, or "1/s", "B/s" (rates) or "ratio". */
#ifndef CASELOAD_MEASURE_UNIT_H
#define CASELOAD_MEASURE_UNIT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/status.h"

/* A number with the suffix of `unit`'s family, converted to `unit`. A bare number fits counts and
 * ratios, and 0 fits everything. `unit` NULL: whatever the suffix says, which `*ret_unit` names
 * ("1" for a bare number). INVALID: not a number, or the suffix belongs to another unit. */
MUST_CHECK enum status measure_parse(const char *text, const char *unit, double *ret_value,
                                     const char **ret_unit);
/* Suffixes that fit `unit`, for messages: "us, ms, s, m, h". */
const char *measure_suffixes(const char *unit);
/* `value` of `unit` for people: "12.3 ms", "1.5 %", "830 kbit/s". `size` >= 32. */
void measure_format(double value, const char *unit, char *text, size_t size);

#endif
