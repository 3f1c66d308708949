/* Sample-rate conversion of one channel by a windowed sinc. For making clips, not for speed. Pure.
 */
#ifndef CASELOAD_RESAMPLE_H
#define CASELOAD_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* Fill `out` with `out_count` samples at `out_hz` from `in_count` samples at `in_hz`, both starting
 * at the same instant; beyond the input there is silence. What the lower rate cannot carry is
 * filtered out. Rates in 1 Hz to 1 MHz. */
void resample(const int16_t *in, size_t in_count, unsigned in_hz, int16_t *out, size_t out_count,
              unsigned out_hz);

#endif
