#include "engine/capacity/knee.h"

#include <stdlib.h>

static int by_load(const void *a, const void *b)
{
    const struct knee_point *left = a, *right = b;

    return (left->load > right->load) - (left->load < right->load);
}

size_t knee_points_tidy(struct knee_point *points, size_t count)
{
    size_t kept = 0;

    if (count > 0)
        qsort(points, count, sizeof *points, by_load);
    for (size_t i = 0; i < count;) {
        double load = points[i].load, sum = 0;
        size_t same = 0;
        while (i + same < count && points[i + same].load == load)
            sum += points[i + same++].value;
        points[kept++] = (struct knee_point){load, sum / (double)same};
        i += same;
    }
    return kept;
}

bool knee_find(const struct knee_point *points, size_t count, double *ret_load)
{
    double deepest = KNEE_BEND_MIN;
    bool found = false;

    if (count < KNEE_POINTS_MIN)
        return false;
    double width = points[count - 1].load - points[0].load;
    double height = points[count - 1].value - points[0].value;
    if (width <= 0 || height <= 0)
        return false;
    for (size_t i = 1; i + 1 < count; i++) {
        double below = (points[i].load - points[0].load) / width -
                       (points[i].value - points[0].value) / height;
        if (below > deepest) {
            deepest = below;
            *ret_load = points[i].load;
            found = true;
        }
    }
    return found;
}
