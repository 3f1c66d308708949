#include "engine/measure/session_measure.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define AT(field) offsetof(struct run_counts, field)
#define NO_RATIO SIZE_MAX

/* Each count and what its ratio is a share of. */
static const struct row {
    const char *name;
    size_t count, of;
    const char *by_story; /* the metric of a mix that counts it by story; NULL: none */
} rows[] = {
    {"sessions.planned", AT(planned), NO_RATIO, NULL},
    {"sessions.started", AT(started), AT(planned), "session.started"},
    {"sessions.completed", AT(completed), AT(started), "session.completed"},
    {"sessions.failed", AT(failed), AT(started), "session.failed"},
    {"sessions.late", AT(late), AT(started), NULL},
    {"sessions.cut", AT(cut), AT(started), "session.cut"},
    {"sessions.dropped", AT(dropped), AT(planned), NULL},
    {"participants.peak", AT(participants_peak), NO_RATIO, NULL},
    {"participants.total", AT(participants_total), NO_RATIO, NULL},
};

static const struct row *find_row(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static uint64_t read_count(const struct run_counts *counts, size_t offset)
{
    uint64_t value;
    memcpy(&value, (const char *)counts + offset, sizeof value);
    return value;
}

bool session_measure_known(const char *name)
{
    return find_row(name) != NULL;
}

bool session_measure_by_story(const char *name)
{
    const struct row *row = find_row(name);
    return row != NULL && row->by_story != NULL;
}

const char *session_measure_unit(const char *name, enum threshold_stat stat)
{
    const struct row *row = find_row(name);
    assert(row != NULL);
    switch (stat) {
    case THRESHOLD_COUNT:
        return "1";
    case THRESHOLD_RATE:
        return "1/s";
    case THRESHOLD_RATIO:
        return row->of != NO_RATIO ? "ratio" : NULL;
    default:
        return NULL;
    }
}

bool session_measure_value(const char *name, enum threshold_stat stat,
                           const struct run_counts *counts, double duration_s, double *ret_value,
                           uint64_t *ret_samples)
{
    const struct row *row = find_row(name);
    assert(row != NULL);
    uint64_t count = read_count(counts, row->count);
    if (stat == THRESHOLD_RATIO) {
        uint64_t of = read_count(counts, row->of);
        if (of == 0) {
            return false;
        }
        *ret_value = (double)count / (double)of;
        *ret_samples = of;
        return true;
    }
    *ret_value = stat == THRESHOLD_RATE ? (double)count / duration_s : (double)count;
    *ret_samples = counts->planned;
    return true;
}

bool session_measure_of_story(const char *name, enum threshold_stat stat,
                              const struct metrics *metrics, const char *tag, double duration_s,
                              double *ret_value, uint64_t *ret_samples)
{
    struct metric_value started, value;
    const struct row *row = find_row(name);
    assert(row != NULL && row->by_story != NULL);
    if (!metrics_find(metrics, "session.started", tag, &started) || started.sum <= 0) {
        return false;
    }
    double count = metrics_find(metrics, row->by_story, tag, &value) ? (double)value.sum : 0;
    *ret_samples = (uint64_t)started.sum;
    *ret_value = stat == THRESHOLD_RATIO  ? count / (double)started.sum
                 : stat == THRESHOLD_RATE ? count / duration_s
                                          : count;
    return true;
}
