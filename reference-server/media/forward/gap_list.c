#include "reference-server/media/forward/gap_list.h"

#include <string.h>

void gap_list_clear(struct gap_list *list, int64_t floor)
{
    list->floor = floor;
    list->total = 0;
    list->count = 0;
}

static int64_t end_of(const struct gap_range *range)
{
    return range->first + range->count;
}

static void take_out(struct gap_list *list, size_t at)
{
    list->count--;
    memmove(list->ranges + at, list->ranges + at + 1, (list->count - at) * sizeof list->ranges[0]);
}

/* The oldest run becomes part of every number above it; what lies before it is given up. */
static void fold_oldest(struct gap_list *list)
{
    list->floor = end_of(&list->ranges[0]);
    take_out(list, 0);
}

static bool insert(struct gap_list *list, size_t at, int64_t number)
{
    if (list->count == GAP_RANGES_MAX) {
        if (at == 0)
            return false; /* older than all remembered: its gap stays */
        fold_oldest(list);
        at--;
    }
    memmove(list->ranges + at + 1, list->ranges + at, (list->count - at) * sizeof list->ranges[0]);
    list->ranges[at] = (struct gap_range){number, 1};
    list->count++;
    return true;
}

/* Where the run that begins after `number` stands. */
static size_t find_after(const struct gap_list *list, int64_t number)
{
    size_t at = list->count;

    while (at > 0 && list->ranges[at - 1].first > number)
        at--;
    return at;
}

void gap_list_add(struct gap_list *list, int64_t number)
{
    size_t at = find_after(list, number);
    struct gap_range *before = at > 0 ? &list->ranges[at - 1] : NULL;
    struct gap_range *after = at < list->count ? &list->ranges[at] : NULL;

    if (number < list->floor || (before && number < end_of(before)))
        return;
    if (before && number == end_of(before)) {
        before->count++;
        if (after && end_of(before) == after->first) {
            before->count += after->count;
            take_out(list, at);
        }
    } else if (after && number + 1 == after->first) {
        after->first--;
        after->count++;
    } else {
        list->total += insert(list, at, number);
        return;
    }
    list->total++;
}

bool gap_list_close(const struct gap_list *list, int64_t number, int64_t *ret_closed)
{
    int64_t left_out = list->total;
    size_t at = find_after(list, number);

    if (number < list->floor || (at > 0 && number < end_of(&list->ranges[at - 1])))
        return false;
    for (; at < list->count; at++)
        left_out -= list->ranges[at].count;
    *ret_closed = number - left_out;
    return true;
}
