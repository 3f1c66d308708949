#include "engine/result/result_json.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "engine/result/json_member.h"

json_t *histogram_to_json(const struct histogram *histogram)
{
    json_t *buckets = json_array();
    for (size_t i = 0; histogram->buckets != NULL && i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->buckets[i] > 0) {
            json_t *pair = json_pack("[I,I]", (json_int_t)histogram_bucket_low(i),
                                     (json_int_t)histogram->buckets[i]);
            json_array_append_new(buckets, pair);
        }
    }
    json_t *object = json_object();
    member_set_count(object, "count", histogram->count);
    member_set_count(object, "overflow", histogram->overflow);
    member_set_count(object, "negative", histogram->negative);
    json_object_set_new(object, "min", json_integer(histogram->min));
    json_object_set_new(object, "max", json_integer(histogram->max));
    member_set_number(object, "sum", histogram->sum);
    json_object_set_new(object, "buckets", buckets);
    return object;
}

static enum status read_buckets(const json_t *buckets, struct histogram *histogram)
{
    size_t index;
    json_t *pair;
    int64_t before = -1;
    json_array_foreach(buckets, index, pair)
    {
        int64_t low = json_integer_value(json_array_get(pair, 0));
        int64_t count = json_integer_value(json_array_get(pair, 1));
        if (json_array_size(pair) != 2 || low <= before ||
            low >= (int64_t)1 << HISTOGRAM_MAX_BITS || count <= 0 || count > UINT32_MAX ||
            histogram_bucket_low(histogram_bucket_index(low)) != low) {
            return STATUS_MALFORMED;
        }
        histogram_record_many(histogram, low, (uint32_t)count);
        before = low;
    }
    return STATUS_OK;
}

enum status histogram_from_json(const json_t *json, struct histogram *histogram)
{
    uint64_t count, overflow, negative;
    int64_t min, max;
    double sum;
    const json_t *buckets = json_object_get(json, "buckets");
    if (!json_is_array(buckets) || !member_read_count(json, "count", &count) ||
        !member_read_count(json, "overflow", &overflow) ||
        !member_read_count(json, "negative", &negative) ||
        !member_read_integer(json, "min", &min) || !member_read_integer(json, "max", &max) ||
        !member_read_number(json, "sum", &sum)) {
        return STATUS_MALFORMED;
    }
    enum status status = read_buckets(buckets, histogram);
    bool possible = min >= 0 && min <= max && max < (int64_t)1 << HISTOGRAM_MAX_BITS;
    if (status != STATUS_OK || histogram->count != count || !possible ||
        (count > 0 && min < histogram->min)) {
        return STATUS_MALFORMED;
    }
    /* Buckets know values only roughly; these three were exact where they were recorded. */
    histogram->min = min;
    histogram->max = max;
    histogram->sum = sum;
    histogram->overflow += overflow;
    histogram->negative += negative;
    return STATUS_OK;
}

static const char *const kind_words[] = {"latency", "value", "count"};

const char *metric_kind_word(enum metric_kind kind)
{
    return kind_words[kind];
}

struct metrics_dump {
    const struct metrics *metrics;
    json_t *array;
};

static void dump_metric(void *arg, const struct metric_info *info, const char *tag,
                        const struct histogram *histogram, int64_t sum)
{
    struct metrics_dump *dump = arg;
    struct metric_value value = {0};
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:I}", "name", info->name, "unit", info->unit, "kind",
                  metric_kind_word(info->kind), "tag", tag, "sum", (json_int_t)sum);
    metrics_find(dump->metrics, info->name, tag, &value);
    member_set_count(object, "additions", value.additions);
    if (histogram != NULL) {
        json_object_set_new(object, "histogram", histogram_to_json(histogram));
    }
    json_array_append_new(dump->array, object);
}

json_t *metrics_to_json(const struct metrics *metrics)
{
    struct metrics_dump dump = {metrics, json_array()};
    metrics_visit(metrics, dump_metric, &dump);
    return dump.array;
}

static enum status read_metric(const json_t *json, struct metrics *metrics)
{
    const char *name = member_read_text(json, "name"), *unit = member_read_text(json, "unit");
    const char *word = member_read_text(json, "kind"), *tag = member_read_text(json, "tag");
    int64_t sum;
    uint64_t additions;
    if (name == NULL || unit == NULL || word == NULL || tag == NULL ||
        !member_read_integer(json, "sum", &sum) ||
        !member_read_count(json, "additions", &additions)) {
        return STATUS_MALFORMED;
    }
    size_t kind = 0;
    while (kind < 3 && strcmp(kind_words[kind], word) != 0) {
        kind++;
    }
    if (kind == 3) {
        return STATUS_MALFORMED;
    }
    struct histogram histogram = {0};
    bool sums = kind == METRIC_KIND_COUNT;
    enum status status =
        sums ? STATUS_OK : histogram_from_json(json_object_get(json, "histogram"), &histogram);
    if (status == STATUS_OK) {
        status = metrics_add(metrics, name, unit, (enum metric_kind)kind, tag,
                             sums ? NULL : &histogram, sum, additions);
        status = status == STATUS_INVALID ? STATUS_MALFORMED : status;
    }
    histogram_finish(&histogram);
    return status;
}

enum status metrics_from_json(const json_t *json, struct metrics *metrics)
{
    size_t index;
    json_t *item;
    if (!json_is_array(json)) {
        return STATUS_MALFORMED;
    }
    json_array_foreach(json, index, item)
    {
        enum status status = read_metric(item, metrics);
        /* FULL is counted as refused by `metrics`. */
        if (status != STATUS_OK && status != STATUS_FULL) {
            return status;
        }
    }
    return STATUS_OK;
}

/* One list for writing and reading: fields of a struct that are all uint64_t. */
struct count_field {
    const char *name;
    size_t offset;
};

static void write_counts(json_t *object, const struct count_field *fields, size_t count,
                         const void *from)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value;
        memcpy(&value, (const char *)from + fields[i].offset, sizeof value);
        member_set_count(object, fields[i].name, value);
    }
}

/* Adds to what is there. */
static enum status read_counts(const json_t *json, const struct count_field *fields, size_t count,
                               void *into)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value, before;
        if (!member_read_count(json, fields[i].name, &value)) {
            return STATUS_MALFORMED;
        }
        char *at = (char *)into + fields[i].offset;
        memcpy(&before, at, sizeof before);
        value += before;
        memcpy(at, &value, sizeof value);
    }
    return STATUS_OK;
}

#define FIELD(type, name)                                                                          \
    {                                                                                              \
#name, offsetof(struct type, name)                                                         \
    }
#define FIELD_COUNT(fields) (sizeof(fields) / sizeof(fields)[0])

static const struct count_field run_fields[] = {
    FIELD(run_counts, planned),
    FIELD(run_counts, started),
    FIELD(run_counts, completed),
    FIELD(run_counts, failed),
    FIELD(run_counts, late),
    FIELD(run_counts, dropped),
    FIELD(run_counts, cut),
    FIELD(run_counts, participants_peak),
    FIELD(run_counts, participants_total),
};

json_t *counts_to_json(const struct run_counts *counts)
{
    json_t *object = json_object();
    write_counts(object, run_fields, FIELD_COUNT(run_fields), counts);
    return object;
}

enum status counts_from_json(const json_t *json, struct run_counts *counts)
{
    return read_counts(json, run_fields, FIELD_COUNT(run_fields), counts);
}

static const struct count_field ledger_fields[] = {
    FIELD(ledger_row, expected),
    FIELD(ledger_row, seen),
    FIELD(ledger_row, explained),
    FIELD(ledger_row, missing),
};

json_t *ledger_to_json(const struct ledger *ledger)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_row *row = &ledger->rows[i];
        json_t *object = json_object();
        member_set_text(object, "name", row->name);
        write_counts(object, ledger_fields, FIELD_COUNT(ledger_fields), row);
        member_set_text(object, "explanation", row->explanation);
        json_array_append_new(rows, object);
    }
    return rows;
}

enum status ledger_from_json(const json_t *json, struct ledger *ledger)
{
    size_t index;
    json_t *item;
    struct ledger one;
    if (!json_is_array(json)) {
        return STATUS_MALFORMED;
    }
    json_array_foreach(json, index, item)
    {
        const char *name = member_read_text(item, "name");
        const char *explanation = member_read_text(item, "explanation");
        memset(&one, 0, sizeof one);
        one.count = 1;
        if (name == NULL || explanation == NULL || strlen(name) >= sizeof one.rows[0].name ||
            read_counts(item, ledger_fields, FIELD_COUNT(ledger_fields), &one.rows[0]) !=
                STATUS_OK) {
            return STATUS_MALFORMED;
        }
        snprintf(one.rows[0].name, sizeof one.rows[0].name, "%s", name);
        snprintf(one.rows[0].explanation, sizeof one.rows[0].explanation, "%s", explanation);
        ledger_merge(ledger, &one);
    }
    return STATUS_OK;
}

static const struct count_field health_fields[] = {
    FIELD(health, windows),     FIELD(health, unfit),        FIELD(health, kernel_drops),
    FIELD(health, late_starts), FIELD(health, probe_frames), FIELD(health, probe_refused),
};
static const char *const reason_names[] = {
#define X(name, text) #name,
    HEALTH_LIST(X)
#undef X
};

json_t *health_to_json(const struct health *health)
{
    json_t *object = json_object(), *reasons = json_object();
    write_counts(object, health_fields, FIELD_COUNT(health_fields), health);
    for (unsigned i = 0; i < HEALTH_REASON_COUNT; i++) {
        member_set_count(reasons, reason_names[i], health->by_reason[i]);
    }
    json_object_set_new(object, "by_reason", reasons);
    member_set_number(object, "cpu_max", health->cpu_max);
    member_set_number(object, "cpu_sum", health->cpu_sum);
    json_object_set_new(object, "send_slip_p99_max_us", json_integer(health->send_slip_p99_max_us));
    json_object_set_new(object, "loop_lag_max_us", json_integer(health->loop_lag_max_us));
    return object;
}

json_t *verdict_reasons_to_json(const struct verdict *verdict, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *object = json_object();
        json_object_set_new(object, "exit_code", json_integer(verdict->reasons[i].code));
        member_set_text(object, "text", verdict->reasons[i].text);
        json_array_append_new(array, object);
    }
    return array;
}

enum status health_from_json(const json_t *json, struct health *health)
{
    struct health one = {0};
    const json_t *reasons = json_object_get(json, "by_reason");
    if (read_counts(json, health_fields, FIELD_COUNT(health_fields), &one) != STATUS_OK ||
        !member_read_number(json, "cpu_max", &one.cpu_max) ||
        !member_read_number(json, "cpu_sum", &one.cpu_sum) ||
        !member_read_integer(json, "send_slip_p99_max_us", &one.send_slip_p99_max_us) ||
        !member_read_integer(json, "loop_lag_max_us", &one.loop_lag_max_us)) {
        return STATUS_MALFORMED;
    }
    for (unsigned i = 0; i < HEALTH_REASON_COUNT; i++) {
        if (!member_read_count(reasons, reason_names[i], &one.by_reason[i])) {
            return STATUS_MALFORMED;
        }
    }
    health_merge(health, &one);
    return STATUS_OK;
}

static json_t *entry_to_json(const struct check_entry *entry)
{
    json_t *object = json_object();
    member_set_text(object, "verdict", check_verdict_word(entry->verdict));
    json_object_set_new(object, "session", json_integer(entry->session));
    json_object_set_new(object, "at_us", json_integer(entry->at_us));
    member_set_text(object, "message", entry->message);
    member_set_text(object, "evidence", entry->evidence);
    return object;
}

json_t *checks_to_json(const struct check_log *log)
{
    json_t *array = json_array();
    for (size_t i = 0; i < check_log_count(log); i++) {
        const struct check_requirement *requirement = check_log_requirement(log, i);
        json_t *counts = json_object(), *kept = json_array();
        for (unsigned verdict = 0; verdict < CHECK_VERDICT_COUNT; verdict++) {
            if (requirement->counts[verdict] > 0) {
                member_set_count(counts, check_verdict_word((enum check_verdict)verdict),
                                 requirement->counts[verdict]);
            }
        }
        for (size_t k = 0; k < requirement->kept_count; k++) {
            json_array_append_new(kept, entry_to_json(&requirement->kept[k]));
        }
        json_t *object = json_object();
        member_set_text(object, "requirement", requirement->id);
        json_object_set_new(object, "counts", counts);
        json_object_set_new(object, "kept", kept);
        json_array_append_new(array, object);
    }
    return array;
}

static enum status read_entry(const json_t *json, const char *id, struct check_log *log)
{
    struct check_entry entry = {0};
    const char *word = member_read_text(json, "verdict"),
               *message = member_read_text(json, "message");
    const char *evidence = member_read_text(json, "evidence");
    if (word == NULL || message == NULL || evidence == NULL ||
        !member_read_integer(json, "session", &entry.session) ||
        !member_read_integer(json, "at_us", &entry.at_us)) {
        return STATUS_MALFORMED;
    }
    entry.verdict = check_verdict_by_word(word);
    if (entry.verdict == CHECK_VERDICT_COUNT) {
        return STATUS_MALFORMED;
    }
    snprintf(entry.message, sizeof entry.message, "%s", message);
    snprintf(entry.evidence, sizeof entry.evidence, "%s", evidence);
    check_log_keep(log, id, &entry);
    return STATUS_OK;
}

static enum status read_requirement(const json_t *json, struct check_log *log)
{
    const char *id = member_read_text(json, "requirement"), *word;
    const json_t *kept = json_object_get(json, "kept");
    json_t *counts = json_object_get(json, "counts"), *count, *item;
    size_t index;
    if (id == NULL || !json_is_object(counts) || !json_is_array(kept)) {
        return STATUS_MALFORMED;
    }
    json_object_foreach(counts, word, count)
    {
        enum check_verdict verdict = check_verdict_by_word(word);
        if (verdict == CHECK_VERDICT_COUNT || json_integer_value(count) <= 0) {
            return STATUS_MALFORMED;
        }
        check_log_add_count(log, id, verdict, (uint64_t)json_integer_value(count));
    }
    json_array_foreach(kept, index, item)
    {
        enum status status = read_entry(item, id, log);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

enum status checks_from_json(const json_t *json, struct check_log *log)
{
    size_t index;
    json_t *item;
    if (!json_is_array(json)) {
        return STATUS_MALFORMED;
    }
    json_array_foreach(json, index, item)
    {
        enum status status = read_requirement(item, log);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}
