/* Where does a curve bend? "Kneedle" (Satopää, Albrecht, Irwin, Raghavan 2011) without its
 * smoothing: both axes scaled to 0…1, the point furthest below the chord from first to last. For a
 * latency that rises slowly and then steeply. Pure. */
#ifndef CASELOAD_KNEE_H
#define CASELOAD_KNEE_H

#include <stdbool.h>
#include <stddef.h>

#define KNEE_POINTS_MIN 4
#define KNEE_BEND_MIN 0.2 /* less than this below the chord is a line that wavers */

struct knee_point {
    double load, value;
};

/* Sorts the points by load and makes one of those of the same load (their mean); returns how many
 * are left. */
size_t knee_points_tidy(struct knee_point *points, size_t count);
/* False: too few points, no rise, or no bend. Points as knee_points_tidy leaves them. */
bool knee_find(const struct knee_point *points, size_t count, double *ret_load);

#endif
