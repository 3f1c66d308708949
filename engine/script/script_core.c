/* `core`: what the prelude may ask of C. Stories never see it. */
#include <assert.h>
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/random.h"
#include "engine/script/script_json.h"
#include "engine/script/script_private.h"

/* ---- handles ---- */

void script_handle_define(lua_State *lua, const char *type, const void *methods)
{
    luaL_newmetatable(lua, type);
    lua_newtable(lua);
    luaL_setfuncs(lua, methods, 0);
    lua_setfield(lua, -2, "__index");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 1);
}

void script_handle_push(lua_State *lua, const char *type, void *object, int *ret_reference)
{
    void **handle = lua_newuserdatauv(lua, sizeof *handle, 0);

    *handle = object;
    luaL_setmetatable(lua, type);
    lua_pushvalue(lua, -1);
    *ret_reference = luaL_ref(lua, LUA_REGISTRYINDEX);
}

void *script_handle_test(lua_State *lua, int index, const char *type)
{
    void **handle = luaL_checkudata(lua, index, type);

    return *handle;
}

void *script_handle_check(lua_State *lua, int index, const char *type)
{
    void *object = script_handle_test(lua, index, type);

    if (!object)
        luaL_error(lua, "%s is closed already", strchr(type, '.') + 1);
    return object;
}

void script_handle_close(struct script *script, int *reference)
{
    void **handle;

    if (*reference == LUA_NOREF || !script->lua)
        return;
    lua_rawgeti(script->lua, LUA_REGISTRYINDEX, *reference);
    handle = lua_touserdata(script->lua, -1);
    if (handle)
        *handle = NULL;
    lua_pop(script->lua, 1);
    luaL_unref(script->lua, LUA_REGISTRYINDEX, *reference);
    *reference = LUA_NOREF;
}

/* ---- time, place, chance ---- */

static int now(lua_State *lua)
{
    lua_pushinteger(lua, script_now_us(script_of(lua)));
    return 1;
}

/* begin() → when the run began; before that, now */
static int begin(lua_State *lua)
{
    const struct script *script = script_of(lua);

    lua_pushinteger(lua, script->begin_us ? script->begin_us : script_now_us(script));
    return 1;
}

/* late() → how late this generator noticed what came to it, at most, in the last seconds, µs */
static int late(lua_State *lua)
{
    struct script *script = script_of(lua);

    lua_pushinteger(lua, script->config.media
                             ? recent_max_get(&script->config.media->late, script_now_us(script))
                             : 0);
    return 1;
}

/* where([n]) → "file:line" of the n-th script frame, 0 (default) the innermost; "" beyond the last
 */
static int where(lua_State *lua)
{
    char text[160];

    sandbox_where(lua, (unsigned)luaL_optinteger(lua, 1, 0), text, sizeof text);
    lua_pushstring(lua, text);
    return 1;
}

/* unit(text or number, …) → [0, 1): hash of the run's seed and all arguments */
static int unit(lua_State *lua)
{
    uint64_t hash = script_of(lua)->config.seed;
    struct random_stream stream;

    for (int i = 1; i <= lua_gettop(lua); i++)
        hash = random_mix(hash, lua_isinteger(lua, i) ? (uint64_t)lua_tointeger(lua, i)
                                                      : random_hash_text(luaL_checkstring(lua, i)));
    random_stream_init(&stream, hash);
    lua_pushnumber(lua, random_unit(&stream));
    return 1;
}

/* word(length, seed, text, …) → that many letters and digits, the same for the same arguments */
static int word(lua_State *lua)
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    lua_Integer length = luaL_checkinteger(lua, 1);
    uint64_t hash = (uint64_t)luaL_checkinteger(lua, 2);
    struct random_stream stream;
    char text[65];

    luaL_argcheck(lua, length > 0 && length < (lua_Integer)sizeof text, 1, "1 to 64");
    for (int i = 3; i <= lua_gettop(lua); i++)
        hash = random_mix(hash, random_hash_text(luaL_checkstring(lua, i)));
    random_stream_init(&stream, hash);
    for (lua_Integer i = 0; i < length; i++)
        text[i] = letters[random_below(&stream, sizeof letters - 1)];
    lua_pushlstring(lua, text, (size_t)length);
    return 1;
}

/* ---- what is recorded ---- */

static unsigned tag_argument(lua_State *lua, struct metrics *metrics, int index)
{
    return metrics_tag(metrics, luaL_optstring(lua, index, NULL));
}

/* record(metric, value [, tag [, tag [, tag]]]): a metric of metrics.def */
static int record(lua_State *lua)
{
    struct metrics *metrics = script_of(lua)->config.metrics;
    const char *name = luaL_checkstring(lua, 1);
    enum metric metric = metric_by_name(name);

    if (metric == METRIC_COUNT)
        return luaL_error(lua, "there is no metric '%s'", name);
    if (metrics)
        metric_record(metrics, metric, luaL_checkinteger(lua, 2), tag_argument(lua, metrics, 3),
                      metrics_tag_both(metrics, tag_argument(lua, metrics, 4),
                                       tag_argument(lua, metrics, 5)));
    return 0;
}

/* record_custom(name, unit, value [, tag [, tag]]): a story's own */
static int record_custom(lua_State *lua)
{
    struct metrics *metrics = script_of(lua)->config.metrics;
    const char *name = luaL_checkstring(lua, 1), *metric_unit = luaL_checkstring(lua, 2);
    lua_Number value = luaL_checknumber(lua, 3);

    if (metric_by_name(name) != METRIC_COUNT)
        return luaL_error(lua, "'%s' is one of the engine's own metrics", name);
    if (metrics &&
        metric_record_custom(metrics, name, metric_unit, (int64_t)llround(value),
                             metrics_tag_both(metrics, tag_argument(lua, metrics, 4),
                                              tag_argument(lua, metrics, 5))) != STATUS_OK)
        return luaL_error(lua, "measure('%s'): no room for another metric", name);
    return 0;
}

/* check(requirement, verdict, session or nil, message) */
static int check(lua_State *lua)
{
    struct script *script = script_of(lua);
    const char *requirement = luaL_checkstring(lua, 1), *verdict = luaL_checkstring(lua, 2);
    enum check_verdict word = check_verdict_by_word(verdict);
    int64_t now_us = script_now_us(script);

    if (word == CHECK_VERDICT_COUNT)
        return luaL_error(lua, "there is no verdict '%s'", verdict);
    if (script->config.checks)
        check_log_add(script->config.checks, requirement, word, luaL_optinteger(lua, 3, -1),
                      script->begin_us && now_us > script->begin_us ? now_us - script->begin_us : 0,
                      luaL_optstring(lua, 4, ""), "");
    return 0;
}

/* promise(name, expected, seen, explained, why): a row of the ledger */
static int promise(lua_State *lua)
{
    struct ledger *ledger = script_of(lua)->config.ledger;
    const char *name = luaL_checkstring(lua, 1);

    if (ledger)
        ledger_add(ledger, name, (uint64_t)luaL_checkinteger(lua, 2),
                   (uint64_t)luaL_checkinteger(lua, 3), (uint64_t)luaL_optinteger(lua, 4, 0),
                   luaL_optstring(lua, 5, NULL));
    return 0;
}

/* came(for the first time): somebody is a participant now */
static int came(lua_State *lua)
{
    struct script_people *people = &script_of(lua)->people;

    if (++people->now > people->peak)
        people->peak = people->now;
    people->total += (uint64_t)lua_toboolean(lua, 1);
    return 0;
}

/* went(): and is none any more */
static int went(lua_State *lua)
{
    struct script_people *people = &script_of(lua)->people;

    if (people->now == 0)
        return luaL_error(lua, "went: nobody is there");
    people->now--;
    return 0;
}

const struct script_people *script_people(const struct script *script)
{
    return &script->people;
}

/* trace(actor, what) */
static int trace(lua_State *lua)
{
    struct script *script = script_of(lua);
    const char *actor = luaL_checkstring(lua, 1), *what = luaL_checkstring(lua, 2);

    if (script->config.trace && script->config.on_trace)
        script->config.on_trace(script->config.arg, luaL_optinteger(lua, 3, script_now_us(script)),
                                actor, what);
    return 0;
}

static int log_text(lua_State *lua)
{
    log_info("%s", luaL_checkstring(lua, 1));
    return 0;
}

/* ---- what the run is told, once Lua has returned ---- */

static void run_prepared(struct script *script, struct script_event *event)
{
    if (script->config.on_prepared)
        script->config.on_prepared(script->config.arg, (enum status)event->code, event->text);
}

/* prepared(nil or "invalid" or "unreachable", message) */
static int prepared(lua_State *lua)
{
    const char *word = luaL_optstring(lua, 1, NULL), *message = luaL_optstring(lua, 2, "");
    enum status status = STATUS_OK;

    if (word)
        status = strcmp(word, "invalid") == 0 ? STATUS_INVALID : STATUS_UNREACHABLE;
    script_post(script_of(lua), run_prepared, NULL, 0, (int)status, 0, message, strlen(message));
    return 0;
}

static void run_target_lost(struct script *script, struct script_event *event)
{
    if (script->config.on_target_lost)
        script->config.on_target_lost(script->config.arg, event->text);
}

static int target_lost(lua_State *lua)
{
    struct script *script = script_of(lua);
    const char *message = luaL_checkstring(lua, 1);

    if (!script->target_lost)
        script_post(script, run_target_lost, NULL, 0, 0, 0, message, strlen(message));
    script->target_lost = true;
    return 0;
}

static int script_error(lua_State *lua)
{
    script_fault(script_of(lua), luaL_checkstring(lua, 1));
    return 0;
}

/* A session's result as it travels in an event: the struct, then four texts. */
static const char *const outcome_words[] = {
    [SESSION_COMPLETED] = "completed", [SESSION_FAILED] = "failed", [SESSION_CUT] = "cut"};

static void run_session_ended(struct script *script, struct script_event *event)
{
    struct session_result result;

    memcpy(&result, event->text, sizeof result);
    result.reason = event->text + sizeof result;
    result.plan = result.reason + strlen(result.reason) + 1;
    result.measures = result.plan + strlen(result.plan) + 1;
    result.story = result.measures + strlen(result.measures) + 1;
    assert(script->sessions_running > 0);
    script->sessions_running--;
    if (script->config.on_session_end)
        script->config.on_session_end(script->config.arg, &result);
}

static int64_t integer_of(lua_State *lua, const char *name)
{
    lua_getfield(lua, 1, name);
    int64_t value = luaL_optinteger(lua, -1, 0);
    lua_pop(lua, 1);
    return value;
}

static void add_text(lua_State *lua, struct buffer *buffer, const char *name)
{
    lua_getfield(lua, 1, name);
    buffer_text(buffer, luaL_optstring(lua, -1, ""));
    buffer_append(buffer, "", 1);
    lua_pop(lua, 1);
}

/* session_ended{index=, story=, outcome=, reason=, plan=, measures=, intended=, started=, ended=,
 * worst_join=} */
static int session_ended(lua_State *lua)
{
    struct script *script = script_of(lua);
    struct session_result result = {0};
    struct buffer texts;

    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_getfield(lua, 1, "outcome");
    for (size_t i = 0; i < sizeof outcome_words / sizeof *outcome_words; i++)
        if (strcmp(outcome_words[i], luaL_checkstring(lua, -1)) == 0)
            result.outcome = (enum session_outcome)i;
    result.index = (uint64_t)integer_of(lua, "index");
    result.intended_us = integer_of(lua, "intended");
    result.started_us = integer_of(lua, "started");
    result.ended_us = integer_of(lua, "ended");
    result.worst_join_us = integer_of(lua, "worst_join");
    buffer_init(&texts, 64U << 10);
    buffer_append(&texts, &result, sizeof result);
    add_text(lua, &texts, "reason");
    add_text(lua, &texts, "plan");
    add_text(lua, &texts, "measures");
    add_text(lua, &texts, "story");
    bool fits = !texts.failed;
    if (fits)
        script_post(script, run_session_ended, NULL, 0, 0, 0, (const char *)texts.data, texts.size);
    buffer_finish(&texts);
    return fits ? 0 : luaL_error(lua, "a session's plan and measures are larger than 64 KiB");
}

/* ---- base64 ---- */

static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* encode(text), RFC 4648 §4 */
static int base64_encode(lua_State *lua)
{
    size_t size;
    const unsigned char *text = (const unsigned char *)luaL_checklstring(lua, 1, &size);
    luaL_Buffer buffer;

    sandbox_charge_bytes(lua, size);
    luaL_buffinit(lua, &buffer);
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t bits = (uint32_t)text[i] << 16 | (left > 1 ? (uint32_t)text[i + 1] << 8 : 0) |
                        (left > 2 ? text[i + 2] : 0);
        luaL_addchar(&buffer, base64_letters[bits >> 18]);
        luaL_addchar(&buffer, base64_letters[bits >> 12 & 63]);
        luaL_addchar(&buffer, left > 1 ? base64_letters[bits >> 6 & 63] : '=');
        luaL_addchar(&buffer, left > 2 ? base64_letters[bits & 63] : '=');
    }
    luaL_pushresult(&buffer);
    return 1;
}

/* decode(text) → bytes, or nil when it is not base64 */
static int base64_decode(lua_State *lua)
{
    size_t size;
    const char *text = luaL_checklstring(lua, 1, &size);
    uint32_t bits = 0;
    unsigned count = 0;
    luaL_Buffer buffer;

    sandbox_charge_bytes(lua, size);
    while (size > 0 && text[size - 1] == '=')
        size--;
    luaL_buffinit(lua, &buffer);
    for (size_t i = 0; i < size; i++) {
        const char *letter = memchr(base64_letters, text[i], 64);
        if (!letter)
            return 0;
        bits = bits << 6 | (uint32_t)(letter - base64_letters);
        if (++count == 4) {
            luaL_addchar(&buffer, (char)(bits >> 16));
            luaL_addchar(&buffer, (char)(bits >> 8));
            luaL_addchar(&buffer, (char)bits);
            count = 0;
        }
    }
    if (count == 1)
        return 0;
    if (count > 1)
        luaL_addchar(&buffer, (char)(bits >> (count == 2 ? 4 : 10)));
    if (count > 2)
        luaL_addchar(&buffer, (char)(bits >> 2));
    luaL_pushresult(&buffer);
    return 1;
}

/* ---- configuration ---- */

static void set_text(lua_State *lua, const char *name, const char *text)
{
    lua_pushstring(lua, text); /* NULL becomes nil */
    lua_setfield(lua, -2, name);
}

static void set_integer(lua_State *lua, const char *name, int64_t value)
{
    lua_pushinteger(lua, value);
    lua_setfield(lua, -2, name);
}

static void push_settings(lua_State *lua, const struct script_config *config)
{
    lua_newtable(lua);
    for (size_t i = 0; i < config->setting_count; i++) {
        lua_pushstring(lua, config->settings[i]);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
}

static void push_config(lua_State *lua, const struct script_config *config)
{
    static const char *const modes[] = {
        [MEDIA_FULL] = "full", [MEDIA_AUDIO] = "audio", [MEDIA_NONE] = "none"};

    lua_newtable(lua);
    push_settings(lua, config);
    lua_setfield(lua, -2, "settings");
    set_text(lua, "url", config->url);
    set_text(lua, "fixture", config->fixture);
    set_text(lua, "scenario_folder", config->scenario_folder);
    /* Unknown to whoever only reads the story. */
    set_text(lua, "media", config->media ? modes[config->media->mode] : NULL);
    set_integer(lua, "seed", (int64_t)config->seed);
    set_integer(lua, "shard_index", config->shard_index);
    set_integer(lua, "shard_count", config->shard_count ? config->shard_count : 1);
    lua_pushboolean(lua, config->apart);
    lua_setfield(lua, -2, "apart");
    set_integer(lua, "timeout_us", config->timeout_us);
    lua_pushstring(lua,
                   config->media && config->media->network ? config->media->network->name : "none");
    lua_setfield(lua, -2, "network");
    set_integer(lua, "capture_session", config->capture_session);
    lua_pushnumber(lua, config->media && config->media->probes ? config->media->probe_share : 0);
    lua_setfield(lua, -2, "probe_share");
    lua_pushboolean(lua, config->trace);
    lua_setfield(lua, -2, "trace");
}

void script_core_push(lua_State *lua)
{
    static const luaL_Reg functions[] = {{"came", came},
                                         {"check", check},
                                         {"late", late},
                                         {"log", log_text},
                                         {"begin", begin},
                                         {"now", now},
                                         {"prepared", prepared},
                                         {"promise", promise},
                                         {"record", record},
                                         {"record_custom", record_custom},
                                         {"script_error", script_error},
                                         {"session_ended", session_ended},
                                         {"target_lost", target_lost},
                                         {"trace", trace},
                                         {"unit", unit},
                                         {"went", went},
                                         {"where", where},
                                         {"word", word},
                                         {NULL, NULL}};
    static const luaL_Reg base64[] = {
        {"decode", base64_decode}, {"encode", base64_encode}, {NULL, NULL}};

    lua_newtable(lua);
    luaL_setfuncs(lua, functions, 0);
    script_task_register(lua);
    script_load_register(lua);
    script_web_register(lua);
    script_media_register(lua);
    script_json_push(lua);
    lua_setfield(lua, -2, "json");
    luaL_newlib(lua, base64);
    lua_setfield(lua, -2, "base64");
    push_config(lua, &script_of(lua)->config);
    lua_setfield(lua, -2, "config");
}
