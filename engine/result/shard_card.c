#include "engine/result/shard_card.h"

#include <string.h>

#include "engine/result/json_member.h"
#include "engine/result/result_json.h"

/* ---- writing ---- */

static json_t *thresholds_to_json(const struct threshold_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++) {
        json_array_append_new(array, json_string(list->items[i].text));
    }
    return array;
}

json_t *shard_card_to_json(const struct run_result *result)
{
    const struct run_info *info = &result->info;
    json_t *card = json_object();
    member_set_text(card, "schema", SHARD_CARD_SCHEMA);
    member_set_count(card, "index", info->shard_index);
    member_set_count(card, "count", info->shard_count);
    member_set_count(card, "workers", info->workers);
    json_object_set_new(card, "begun", json_boolean(info->start_realtime_us != 0));
    json_object_set_new(card, "start_us", json_integer(info->start_realtime_us));
    json_object_set_new(card, "end_us", json_integer(info->end_realtime_us));
    json_object_set_new(card, "start_at_us", json_integer(info->start.at_us));
    json_object_set_new(card, "start_skew_us", json_integer(info->start.skew_us));
    json_object_set_new(card, "start_late", json_boolean(info->start.late));
    json_object_set_new(card, "thresholds", thresholds_to_json(&result->thresholds));
    json_object_set_new(card, "reasons",
                        verdict_reasons_to_json(&result->verdict, result->told_reasons));
    return card;
}

/* ---- reading ---- */

static bool read_flag(const json_t *json, const char *name, bool *ret_flag)
{
    const json_t *value = json_object_get(json, name);
    *ret_flag = json_is_true(value);
    return json_is_boolean(value);
}

/* Until 10000-01-01: sums and differences of two have room. */
#define TIME_END_US INT64_C(253402300800000000)

static bool read_time(const json_t *json, const char *name, int64_t *ret_us)
{
    return member_read_integer(json, name, ret_us) && *ret_us >= 0 && *ret_us < TIME_END_US;
}

static bool read_small(const json_t *json, const char *name, unsigned least, unsigned *ret_value)
{
    uint64_t value;
    if (!member_read_count(json, name, &value) || value < least || value > SHARD_COUNT_MAX) {
        return false;
    }
    *ret_value = (unsigned)value;
    return true;
}

static bool read_place(const json_t *json, struct shard_card *card)
{
    return read_small(json, "index", 0, &card->index) &&
           read_small(json, "count", 1, &card->count) &&
           read_small(json, "workers", 1, &card->workers) && card->index < card->count &&
           card->workers * card->count <= SHARD_COUNT_MAX;
}

static bool read_times(const json_t *json, struct shard_card *card)
{
    int64_t *skew_us = &card->start.skew_us;
    return read_flag(json, "begun", &card->begun) && read_time(json, "start_us", &card->start_us) &&
           read_time(json, "end_us", &card->end_us) && card->start_us <= card->end_us &&
           read_time(json, "start_at_us", &card->start.at_us) &&
           member_read_integer(json, "start_skew_us", skew_us) && *skew_us > -TIME_END_US &&
           *skew_us < TIME_END_US && read_flag(json, "start_late", &card->start.late);
}

static bool read_thresholds(const json_t *array, struct threshold_list *list)
{
    size_t index;
    json_t *text;
    threshold_list_init(list);
    json_array_foreach(array, index, text)
    {
        if (!json_is_string(text) ||
            threshold_list_add(list, json_string_value(text), NULL) != STATUS_OK) {
            return false;
        }
    }
    return json_is_array(array);
}

static bool is_exit_code(int64_t code)
{
#define X(name, number, verdict, meaning)                                                          \
    if (code == (number)) {                                                                        \
        return true;                                                                               \
    }
    EXIT_CODE_LIST(X)
#undef X
    return false;
}

static bool read_reasons(const json_t *array, struct verdict *told)
{
    size_t index;
    json_t *item;
    json_array_foreach(array, index, item)
    {
        const char *text = member_read_text(item, "text");
        int64_t code;
        if (text == NULL || !member_read_integer(item, "exit_code", &code) || !is_exit_code(code)) {
            return false;
        }
        verdict_add(told, (enum exit_code)code, "%s", text);
    }
    return json_is_array(array);
}

enum status shard_card_from_json(const json_t *json, struct shard_card *ret_card)
{
    struct shard_card card = {0};
    const char *schema = member_read_text(json, "schema");
    if (schema == NULL || strcmp(schema, SHARD_CARD_SCHEMA) != 0 || !read_place(json, &card) ||
        !read_times(json, &card) ||
        !read_thresholds(json_object_get(json, "thresholds"), &card.thresholds) ||
        !read_reasons(json_object_get(json, "reasons"), &card.told)) {
        return STATUS_MALFORMED;
    }
    *ret_card = card;
    return STATUS_OK;
}
