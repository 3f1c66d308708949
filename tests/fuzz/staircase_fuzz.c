/* The capacity.json of a shard that somebody else may have written. What is taken is within its
 * bounds, and can be told again. */
#include <assert.h>
#include <string.h>

#include "engine/capacity/staircase_set.h"
#include "engine/result/run_json.h"

static void read_plan(const json_t *json)
{
    static struct capacity_settings settings;
    struct capacity_times times = {0};

    memset(&settings, 0, sizeof settings);
    if (!staircase_plan_read(json, &settings, &times))
        return;
    assert(settings.step_count > 0 && settings.step_count <= SEARCH_TRIALS_MAX);
    for (size_t i = 0; i < settings.step_count; i++) {
        assert(settings.steps[i] > 0);
        assert(capacity_step_at_us(&settings, &times, i) > 0);
    }
}

static void read_ground(const json_t *json)
{
    static struct run_info info;
    struct generator_use use;

    memset(&info, 0, sizeof info);
    run_info_read(json, &info);
    json_decref(run_media_to_json(&info));
    json_decref(run_target_to_json(&info));
    json_decref(run_host_to_json(&info));
    json_decref(run_idle_path_to_json(&info.idle_path));
    generator_use_from_json(json_object_get(json, "generator"), &use);
    json_decref(generator_use_to_json(&use, 1000));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    struct staircase staircase = {.json = json};

    if (json) {
        read_plan(json);
        read_ground(json);
        assert(staircase_step_why(&staircase, 1));
        json_decref(json);
    }
    return 0;
}
