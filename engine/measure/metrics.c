#include "engine/measure/metrics.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 64
#define UNIT_SIZE 8
#define METRICS_ALL (METRIC_COUNT + METRICS_CUSTOM_MAX)

struct cell {
    struct histogram histogram; /* unused for COUNT metrics */
    int64_t sum;
    uint64_t additions;
};

struct custom {
    struct metric_info info; /* points into this struct */
    char name[NAME_SIZE], unit[UNIT_SIZE];
};

struct tag_pair {
    unsigned a, b; /* tags, none of them a pair */
};

struct metrics {
    /* One row per metric, made at its first value: cell 0 is the total, cell i the tag i. */
    struct cell *rows[METRICS_ALL];
    size_t custom_count;
    struct custom customs[METRICS_CUSTOM_MAX];
    unsigned tag_count;
    char tags[METRICS_TAGS_MAX + 1][NAME_SIZE]; /* from 1 */
    unsigned pair_count;                        /* pair i goes as tag METRICS_TAGS_MAX + 1 + i */
    struct tag_pair pairs[METRICS_PAIRS_MAX];
    uint64_t refused;
};

static const struct metric_info infos[METRIC_COUNT] = {
#define X(id, name, unit, kind, meaning) {name, unit, meaning, METRIC_KIND_##kind},
#include "engine/measure/metrics.def"
#undef X
};

const struct metric_info *metric_info(enum metric metric)
{
    assert(metric < METRIC_COUNT);
    return &infos[metric];
}

enum metric metric_by_name(const char *name)
{
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        if (strcmp(infos[i].name, name) == 0) {
            return (enum metric)i;
        }
    }
    return METRIC_COUNT;
}

struct metrics *metrics_create(void)
{
    return calloc(1, sizeof(struct metrics));
}

void metrics_destroy(struct metrics *metrics)
{
    if (metrics == NULL) {
        return;
    }
    for (size_t i = 0; i < METRICS_ALL; i++) {
        for (size_t tag = 0; metrics->rows[i] != NULL && tag <= METRICS_TAGS_MAX; tag++) {
            histogram_finish(&metrics->rows[i][tag].histogram);
        }
        free(metrics->rows[i]);
    }
    free(metrics);
}

static unsigned find_tag(const struct metrics *metrics, const char *tag_and_value)
{
    for (unsigned i = 1; i <= metrics->tag_count; i++) {
        if (strcmp(metrics->tags[i], tag_and_value) == 0) {
            return i;
        }
    }
    return 0;
}

unsigned metrics_tag(struct metrics *metrics, const char *tag_and_value)
{
    if (tag_and_value == NULL || tag_and_value[0] == '\0') {
        return 0;
    }
    unsigned tag = find_tag(metrics, tag_and_value);
    if (tag != 0) {
        return tag;
    }
    if (metrics->tag_count == METRICS_TAGS_MAX || strlen(tag_and_value) >= NAME_SIZE) {
        metrics->refused++;
        return 0;
    }
    metrics->tag_count++;
    snprintf(metrics->tags[metrics->tag_count], NAME_SIZE, "%s", tag_and_value);
    return metrics->tag_count;
}

unsigned metrics_tag_both(struct metrics *metrics, unsigned tag_a, unsigned tag_b)
{
    unsigned i = 0;
    if (tag_a == 0 || tag_b == 0) {
        return tag_a != 0 ? tag_a : tag_b;
    }
    assert(tag_a <= metrics->tag_count &&
           (tag_b <= metrics->tag_count || tag_b - METRICS_TAGS_MAX <= metrics->pair_count));
    while (i < metrics->pair_count &&
           (metrics->pairs[i].a != tag_a || metrics->pairs[i].b != tag_b)) {
        i++;
    }
    if (i == METRICS_PAIRS_MAX) {
        metrics->refused++;
        return tag_a;
    }
    if (i == metrics->pair_count) {
        metrics->pairs[metrics->pair_count++] = (struct tag_pair){tag_a, tag_b};
    }
    return METRICS_TAGS_MAX + 1 + i;
}

/* The cell of a metric and tag, made when it is new; NULL: no memory. */
static struct cell *find_cell(struct metrics *metrics, size_t index, unsigned tag)
{
    assert(index < METRICS_ALL && tag <= metrics->tag_count);
    if (metrics->rows[index] == NULL) {
        metrics->rows[index] = calloc(METRICS_TAGS_MAX + 1, sizeof(struct cell));
        if (metrics->rows[index] == NULL) {
            metrics->refused++;
            return NULL;
        }
    }
    return &metrics->rows[index][tag];
}

static void record_one(struct metrics *metrics, size_t index, enum metric_kind kind, int64_t value,
                       unsigned tag)
{
    struct cell *cell = find_cell(metrics, index, tag);
    if (cell == NULL) {
        return;
    }
    cell->additions++;
    if (kind == METRIC_KIND_COUNT) {
        cell->sum += value;
    } else {
        histogram_record(&cell->histogram, value);
    }
}

/* By one tag, or by all of a chain of pairs. */
static void record(struct metrics *metrics, size_t index, enum metric_kind kind, int64_t value,
                   unsigned tag)
{
    while (tag > METRICS_TAGS_MAX) {
        const struct tag_pair *pair = &metrics->pairs[tag - METRICS_TAGS_MAX - 1];
        record_one(metrics, index, kind, value, pair->a);
        tag = pair->b;
    }
    record_one(metrics, index, kind, value, tag);
}

void metric_record(struct metrics *metrics, enum metric metric, int64_t value, unsigned tag_a,
                   unsigned tag_b)
{
    assert(metric < METRIC_COUNT);
    enum metric_kind kind = infos[metric].kind;
    record(metrics, metric, kind, value, 0);
    if (tag_a != 0) {
        record(metrics, metric, kind, value, tag_a);
    }
    if (tag_b != 0 && tag_b != tag_a) {
        record(metrics, metric, kind, value, tag_b);
    }
}

static bool is_name(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._");
    return size > 0 && name[size] == '\0' && size < NAME_SIZE;
}

/* The row of a script's metric, made when it is new. */
static enum status find_custom(struct metrics *metrics, const char *name, const char *unit,
                               enum metric_kind kind, size_t *ret_index)
{
    for (size_t i = 0; i < metrics->custom_count; i++) {
        const struct custom *custom = &metrics->customs[i];
        if (strcmp(custom->name, name) == 0) {
            if (strcmp(custom->unit, unit) != 0 || custom->info.kind != kind) {
                return STATUS_INVALID;
            }
            *ret_index = METRIC_COUNT + i;
            return STATUS_OK;
        }
    }
    if (!is_name(name) || strlen(unit) >= UNIT_SIZE) {
        return STATUS_INVALID;
    }
    if (metrics->custom_count == METRICS_CUSTOM_MAX) {
        metrics->refused++;
        return STATUS_FULL;
    }
    struct custom *custom = &metrics->customs[metrics->custom_count];
    snprintf(custom->name, sizeof custom->name, "%s", name);
    snprintf(custom->unit, sizeof custom->unit, "%s", unit);
    custom->info = (struct metric_info){custom->name, custom->unit, "measured by the story", kind};
    *ret_index = METRIC_COUNT + metrics->custom_count++;
    return STATUS_OK;
}

enum status metric_record_custom(struct metrics *metrics, const char *name, const char *unit,
                                 int64_t value, unsigned tag)
{
    size_t index;
    enum metric_kind kind = strcmp(unit, "us") == 0 ? METRIC_KIND_LATENCY : METRIC_KIND_VALUE;
    if (metric_by_name(name) != METRIC_COUNT) {
        return STATUS_EXISTS;
    }
    enum status status = find_custom(metrics, name, unit, kind, &index);
    if (status != STATUS_OK) {
        return status;
    }
    record(metrics, index, kind, value, 0);
    if (tag != 0) {
        record(metrics, index, kind, value, tag);
    }
    return STATUS_OK;
}

static const struct metric_info *info_at(const struct metrics *metrics, size_t index)
{
    return index < METRIC_COUNT ? &infos[index] : &metrics->customs[index - METRIC_COUNT].info;
}

void metrics_visit(const struct metrics *metrics, metrics_visit_fn *visit, void *arg)
{
    for (size_t i = 0; i < METRIC_COUNT + metrics->custom_count; i++) {
        const struct metric_info *info = info_at(metrics, i);
        for (unsigned tag = 0; metrics->rows[i] != NULL && tag <= metrics->tag_count; tag++) {
            const struct cell *cell = &metrics->rows[i][tag];
            if (cell->additions > 0) {
                bool sum = info->kind == METRIC_KIND_COUNT;
                visit(arg, info, metrics->tags[tag], sum ? NULL : &cell->histogram, cell->sum);
            }
        }
    }
}

/* Index of a known name, METRICS_ALL when there is none. */
static size_t find_index(const struct metrics *metrics, const char *name)
{
    enum metric metric = metric_by_name(name);
    if (metric != METRIC_COUNT) {
        return metric;
    }
    for (size_t i = 0; i < metrics->custom_count; i++) {
        if (strcmp(metrics->customs[i].name, name) == 0) {
            return METRIC_COUNT + i;
        }
    }
    return METRICS_ALL;
}

bool metrics_find(const struct metrics *metrics, const char *name, const char *tag,
                  struct metric_value *ret_value)
{
    memset(ret_value, 0, sizeof *ret_value);
    size_t index = find_index(metrics, name);
    if (index == METRICS_ALL) {
        return false;
    }
    ret_value->info = info_at(metrics, index);
    unsigned tag_index = find_tag(metrics, tag);
    if (metrics->rows[index] == NULL || (tag[0] != '\0' && tag_index == 0)) {
        return false;
    }
    const struct cell *cell = &metrics->rows[index][tag_index];
    ret_value->additions = cell->additions;
    ret_value->sum = cell->sum;
    if (ret_value->info->kind != METRIC_KIND_COUNT) {
        ret_value->histogram = &cell->histogram;
    }
    return cell->additions > 0;
}

enum status metrics_add(struct metrics *metrics, const char *name, const char *unit,
                        enum metric_kind kind, const char *tag, const struct histogram *histogram,
                        int64_t sum, uint64_t additions)
{
    size_t index = metric_by_name(name);
    if (index == METRIC_COUNT) {
        enum status status = find_custom(metrics, name, unit, kind, &index);
        if (status != STATUS_OK) {
            return status;
        }
    } else if (infos[index].kind != kind || strcmp(infos[index].unit, unit) != 0) {
        return STATUS_INVALID;
    }
    unsigned tag_index = metrics_tag(metrics, tag);
    if (tag[0] != '\0' && tag_index == 0) {
        return STATUS_FULL;
    }
    struct cell *cell = find_cell(metrics, index, tag_index);
    if (cell == NULL) {
        return STATUS_NO_MEMORY;
    }
    cell->additions += additions;
    if (__builtin_add_overflow(cell->sum, sum, &cell->sum)) {
        cell->sum = sum < 0 ? INT64_MIN : INT64_MAX; /* only what was made up comes so far */
    }
    if (histogram != NULL) {
        histogram_merge(&cell->histogram, histogram);
    }
    return STATUS_OK;
}

void metrics_merge(struct metrics *into, const struct metrics *from)
{
    for (size_t i = 0; i < METRIC_COUNT + from->custom_count; i++) {
        const struct metric_info *info = info_at(from, i);
        for (unsigned tag = 0; from->rows[i] != NULL && tag <= from->tag_count; tag++) {
            const struct cell *cell = &from->rows[i][tag];
            if (cell->additions > 0 &&
                metrics_add(into, info->name, info->unit, info->kind, from->tags[tag],
                            &cell->histogram, cell->sum, cell->additions) != STATUS_OK) {
                into->refused += cell->additions;
            }
        }
    }
    into->refused += from->refused;
}

uint64_t metrics_refused(const struct metrics *metrics)
{
    return metrics->refused;
}
