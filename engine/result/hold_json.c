#include "engine/result/json_member.h"
#include "engine/result/result_json.h"

json_t *hold_to_json(const struct hold *hold)
{
    if (hold == NULL || !hold->measured) {
        return json_null();
    }
    json_t *object = json_object();
    json_object_set_new(object, "from_us", json_integer(hold->from_us));
    json_object_set_new(object, "to_us", json_integer(hold->to_us));
    json_object_set_new(object, "counts", counts_to_json(&hold->counts));
    json_object_set_new(object, "metrics", metrics_to_json(hold->metrics));
    json_object_set_new(object, "health", health_to_json(&hold->health));
    member_set_number(object, "running_mean", hold->running_mean);
    member_set_count(object, "running_max", hold->running_max);
    return object;
}

static enum status read_hold(const json_t *json, struct hold *hold)
{
    enum status status = STATUS_MALFORMED;
    if (!member_read_integer(json, "from_us", &hold->from_us) ||
        !member_read_integer(json, "to_us", &hold->to_us) || hold->from_us < 0 ||
        hold->to_us <= hold->from_us ||
        !member_read_number(json, "running_mean", &hold->running_mean) ||
        !member_read_count(json, "running_max", &hold->running_max)) {
        return status;
    }
    if ((status = counts_from_json(json_object_get(json, "counts"), &hold->counts)) != STATUS_OK ||
        (status = health_from_json(json_object_get(json, "health"), &hold->health)) != STATUS_OK) {
        return status;
    }
    return metrics_from_json(json_object_get(json, "metrics"), hold->metrics);
}

enum status hold_from_json(const json_t *json, struct hold *hold)
{
    struct hold one = {.measured = true};
    if (json_is_null(json)) {
        return STATUS_OK;
    }
    one.metrics = metrics_create();
    enum status status = one.metrics != NULL ? read_hold(json, &one) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        status = hold_merge(hold, &one);
    }
    hold_finish(&one);
    return status;
}
