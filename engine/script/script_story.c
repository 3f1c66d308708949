/* What a story declares, out of the prelude's hands into C. */
#include <lauxlib.h>
#include <stdio.h>

#include "engine/script/script_private.h"

void script_copy_text(lua_State *lua, int index, const char *field, char *text, size_t size)
{
    lua_getfield(lua, index, field);
    snprintf(text, size, "%s", lua_tostring(lua, -1) ? lua_tostring(lua, -1) : "");
    lua_pop(lua, 1);
}

int64_t script_integer_field(lua_State *lua, int index, const char *field)
{
    lua_getfield(lua, index, field);
    int64_t value = lua_tointeger(lua, -1);
    lua_pop(lua, 1);
    return value;
}

/* Call `copy` for each of at most `limit` elements of a list. */
static size_t copy_list(lua_State *lua, int index, const char *field, size_t limit,
                        void (*copy)(lua_State *lua, struct story *story, size_t i),
                        struct story *story)
{
    size_t count;

    lua_getfield(lua, index, field);
    count = lua_rawlen(lua, -1);
    if (count > limit)
        luaL_error(lua, "more than %d %s", (int)limit, field);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(lua, -1, (lua_Integer)i + 1);
        copy(lua, story, i);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    return count;
}

static void copy_profile(lua_State *lua, struct story *story, size_t i)
{
    snprintf(story->profiles[i], sizeof story->profiles[i], "%s", lua_tostring(lua, -1));
}

static void copy_threshold(lua_State *lua, struct story *story, size_t i)
{
    snprintf(story->thresholds[i], sizeof story->thresholds[i], "%s", lua_tostring(lua, -1));
}

static void copy_setting(lua_State *lua, struct story *story, size_t i)
{
    struct story_setting *setting = &story->settings[i];
    int index = lua_gettop(lua);

    script_copy_text(lua, index, "name", setting->name, sizeof setting->name);
    script_copy_text(lua, index, "value", setting->value, sizeof setting->value);
    script_copy_text(lua, index, "help", setting->help, sizeof setting->help);
}

/* As metrics.lua has checked them. */
static void copy_target_metric(lua_State *lua, struct story *story, size_t i)
{
    struct target_metric *metric = &story->target_metrics[i];
    int index = lua_gettop(lua);
    char number[16];

    script_copy_text(lua, index, "number", number, sizeof number);
    metric->number = target_number_by_word(number);
    if (metric->number == TARGET_NUMBER_COUNT)
        luaL_error(lua, "metrics.%s: there is no such number", number);
    script_copy_text(lua, index, "name", metric->name, sizeof metric->name);
    script_copy_text(lua, index, "label", metric->label, sizeof metric->label);
    script_copy_text(lua, index, "words", metric->words, sizeof metric->words);
    lua_getfield(lua, index, "but");
    metric->but = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
}

void script_take_story(lua_State *lua, void *arg)
{
    struct script *script = arg;
    struct story *story = &script->story;
    int index = lua_gettop(lua);

    script_copy_text(lua, index, "name", story->name, sizeof story->name);
    script_copy_text(lua, index, "title", story->title, sizeof story->title);
    script_copy_text(lua, index, "arrivals", story->arrivals, sizeof story->arrivals);
    story->profile_count =
        copy_list(lua, index, "profiles", STORY_PROFILES_MAX, copy_profile, story);
    story->threshold_count =
        copy_list(lua, index, "thresholds", STORY_THRESHOLDS_MAX, copy_threshold, story);
    story->setting_count =
        copy_list(lua, index, "settings", STORY_SETTINGS_MAX, copy_setting, story);
    story->target_metric_count =
        copy_list(lua, index, "target_metrics", TARGET_METRICS_MAX, copy_target_metric, story);
    story->sessions = (uint64_t)script_integer_field(lua, index, "sessions");
    story->duration_us = script_integer_field(lua, index, "duration_us");
    story->ramp_us = script_integer_field(lua, index, "ramp_us");
    story->planned_us = script_integer_field(lua, index, "planned_us");
    story->grace_us = script_integer_field(lua, index, "grace_us");
    story->sessions_per_clinic = (unsigned)script_integer_field(lua, index, "sessions_per_clinic");
    story->participants_per_session = (unsigned)script_integer_field(lua, index, "participants");
    lua_getfield(lua, index, "is_examination");
    story->examination = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    lua_getfield(lua, index, "rate_per_s");
    story->rate_per_s = lua_tonumber(lua, -1);
    lua_pop(lua, 1);
}
