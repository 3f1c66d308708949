#include "engine/script/script.h"

#include <assert.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/digest.h"
#include "common/base/recent_max.h"
#include "engine/script/script_private.h"

#define ANSWER_BYTES_MAX (64U << 20)

int64_t script_now_us(const struct script *script)
{
    return script->config.loop ? loop_now_us(script->config.loop) : clock_monotonic_us();
}

struct script *script_of(lua_State *lua)
{
    return sandbox_of(lua)->owner;
}

/* ---- events ---- */

void script_post(struct script *script, script_event_fn *run, struct script_subject *subject,
                 int64_t at_us, int code, uint32_t sender, const char *text, size_t size)
{
    struct script_event *event = event_queue_add(&script->events, subject, text, size);

    if (!event) {
        script_fault(script, "out of memory for an event");
        return;
    }
    event->run = run;
    event->at_us = at_us;
    event->posted_us = script_now_us(script);
    event->code = code;
    event->sender = sender;
    script_soon(script);
}

void script_soon(struct script *script)
{
    if (script->draining || script->closing || script->armed || !script->later)
        return;
    script->armed = true;
    loop_timer_start(script->later, 0, 0);
}

static void note_lateness(struct script *script, const struct script_event *event)
{
    int64_t now_us = script_now_us(script), waited_us = now_us - event->posted_us;

    if (waited_us < 0)
        return;
    metric_record(script->config.metrics, METRIC_EVENT_WAIT, waited_us, 0, 0);
    if (script->config.media)
        recent_max_note(&script->config.media->late, now_us, waited_us);
}

/* An event, then the tasks that are ready because of it, then the next event: a task that got its
 * answer acts on it before anything later is looked at, and no two tasks keep events out by waking
 * one another. */
static void step(struct script *script)
{
    struct script_event *event;

    if (script_task_resume_next(script))
        return;
    event = event_queue_take(&script->events);
    if (event) {
        note_lateness(script, event);
        event->run(script, event);
        free(event);
    }
    script_task_close_batch(script);
}

static bool has_work(const struct script *script)
{
    return script->events.first || script->first_ready;
}

/* At most `limit` steps, none begun at or after `until_us`. */
static void drain(struct script *script, unsigned limit, int64_t until_us)
{
    if (script->draining || script->closing)
        return;
    script->draining = true;
    for (unsigned done = 0;
         done < limit && has_work(script) && (done == 0 || script_now_us(script) < until_us);
         done++)
        step(script);
    script->draining = false;
    if (has_work(script))
        script_soon(script);
}

static void on_later(void *arg, int64_t now_us)
{
    struct script *script = arg;

    script->armed = false;
    drain(script, SCRIPT_TURN_MAX, now_us + SCRIPT_TURN_US);
}

/* ---- entering Lua ---- */

struct entry {
    struct script *script;
    const char *name;
    script_push_fn *push;
    script_take_fn *take;
    void *arg;
};

static int run_entry(lua_State *lua)
{
    struct entry *entry = lua_touserdata(lua, 1);
    int count;

    lua_settop(lua, 0);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, entry->script->handlers);
    lua_getfield(lua, -1, entry->name);
    lua_remove(lua, -2);
    count = entry->push ? entry->push(lua, entry->arg) : 0;
    lua_call(lua, count, entry->take ? 1 : 0);
    if (entry->take)
        entry->take(lua, entry->arg);
    return 0;
}

/* Message handler: whatever was raised (a text, a failure of the prelude) becomes a text. */
static int to_text(lua_State *lua)
{
    luaL_tolstring(lua, 1, NULL);
    return 1;
}

/* lua_pcall of a function without arguments but `arg`; on failure the message is in `text`. */
static bool call_protected(struct script *script, lua_CFunction function, void *arg, char *text,
                           size_t size)
{
    lua_State *lua = script->lua;
    const char *message;
    int status;

    lua_settop(lua, 0);
    lua_pushcfunction(lua, to_text);
    lua_pushcfunction(lua, function);
    lua_pushlightuserdata(lua, arg);
    status = lua_pcall(lua, 1, 0, 1);
    if (status != LUA_OK) {
        if (sandbox_is_fatal(lua, status))
            message = script->sandbox.message;
        else
            message = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "unknown error";
        snprintf(text, size, "%s", message);
    }
    lua_settop(lua, 0);
    return status == LUA_OK;
}

static enum status enter(struct entry *entry, struct failure *failure)
{
    char message[sizeof failure->message];

    sandbox_refill(&entry->script->sandbox);
    if (call_protected(entry->script, run_entry, entry, message, sizeof message))
        return STATUS_OK;
    return failure_set(failure, STATUS_INVALID, "%s", message);
}

bool script_enter(struct script *script, const char *name, script_push_fn *push, void *arg)
{
    struct entry entry = {.script = script, .name = name, .push = push, .arg = arg};
    struct failure failure;

    if (enter(&entry, &failure) == STATUS_OK)
        return true;
    script_fault(script, failure.message);
    return false;
}

enum status script_ask(struct script *script, const char *name, script_push_fn *push,
                       script_take_fn *take, void *arg, struct failure *failure)
{
    struct entry entry = {.script = script, .name = name, .push = push, .take = take, .arg = arg};

    return enter(&entry, failure);
}

static void run_fault(struct script *script, struct script_event *event)
{
    if (script->config.on_script_error)
        script->config.on_script_error(script->config.arg, event->text);
}

void script_fault(struct script *script, const char *message)
{
    if (script->faulted)
        return;
    script->faulted = true;
    script_post(script, run_fault, NULL, 0, 0, 0, message, strlen(message));
}

/* ---- making ---- */

/* story path, target path */
static int push_paths(lua_State *lua, void *arg)
{
    struct script *script = arg;

    lua_pushstring(lua, script->config.story_path);
    lua_pushstring(lua, script->config.target_path);
    return 2;
}

/* Runs the prelude, which returns its entry points. */
static int start_prelude(lua_State *lua)
{
    struct script *script = script_of(lua);

    script_core_push(lua);
    lua_getfield(lua, -1, "prelude");
    lua_pushliteral(lua, "main");
    lua_call(lua, 1, 1);
    luaL_checktype(lua, -1, LUA_TTABLE);
    script->handlers = luaL_ref(lua, LUA_REGISTRYINDEX);
    return 0;
}

static void on_print(void *owner, const char *text)
{
    struct script *script = owner;

    if (script->config.trace && script->config.on_trace)
        script->config.on_trace(script->config.arg, script_now_us(script), "print", text);
}

static enum status start_lua(struct script *script, struct failure *failure)
{
    char message[sizeof failure->message];

    if (sandbox_init(&script->sandbox, NULL) != STATUS_OK)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory for the script");
    script->lua = script->sandbox.lua;
    script->sandbox.owner = script;
    script->sandbox.on_print = on_print;
    if (call_protected(script, start_prelude, NULL, message, sizeof message))
        return STATUS_OK;
    return failure_set(failure, STATUS_INTERNAL, "prelude: %s", message);
}

static enum status create_empty(const struct script_config *config, struct script **ret_script,
                                struct failure *failure)
{
    struct script *script = calloc(1, sizeof *script);
    enum status status = STATUS_NO_MEMORY;

    if (!script)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    script->config = *config;
    script->handlers = LUA_NOREF;
    script->digest = DIGEST_EMPTY;
    buffer_init(&script->answer, ANSWER_BYTES_MAX);
    if (config->loop && !(script->later = loop_timer_create(config->loop, on_later, script)))
        failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    else
        status = start_lua(script, failure);
    if (status != STATUS_OK) {
        script_destroy(script);
        return status;
    }
    *ret_script = script;
    return STATUS_OK;
}

static bool copy_texts(struct script *script)
{
    struct script_config *config = &script->config;
    const char **texts[] = {&config->story_path, &config->target_path, &config->scenario_folder,
                            &config->url,        &config->ca_pem,      &config->fixture};

    _Static_assert(sizeof texts / sizeof *texts == SCRIPT_TEXTS, "one place for each text");
    for (size_t i = 0; i < SCRIPT_TEXTS; i++) {
        if (!*texts[i])
            continue;
        script->texts[i] = strdup(*texts[i]);
        if (!script->texts[i])
            return false;
        *texts[i] = script->texts[i];
    }
    return true;
}

enum status script_create(const struct script_config *config, struct script **ret_script,
                          struct failure *failure)
{
    struct script *script;
    enum status status = create_empty(config, &script, failure);

    if (status != STATUS_OK)
        return status;
    status =
        copy_texts(script) ? STATUS_OK : failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    snprintf(script->story.path, sizeof script->story.path, "%s", config->story_path);
    if (status == STATUS_OK)
        status = script_ask(script, "declare", push_paths, script_take_story, script, failure);
    /* The settings' texts are the caller's: the prelude has read them. */
    script->config.settings = NULL;
    script->config.setting_count = 0;
    if (status != STATUS_OK) {
        script_destroy(script);
        return status;
    }
    *ret_script = script;
    return STATUS_OK;
}

void script_destroy(struct script *script)
{
    if (!script)
        return;
    assert(!script->draining);
    script->closing = true;
    script_web_stop(script);
    script_media_destroy_all(script);
    if (script->lua) {
        script_task_destroy_all(script);
        sandbox_finish(&script->sandbox);
    }
    event_queue_finish(&script->events);
    loop_timer_destroy(script->later);
    buffer_finish(&script->answer);
    for (size_t i = 0; i < SCRIPT_TEXTS; i++)
        free(script->texts[i]);
    free(script);
}

uint64_t script_digest(const struct script *script)
{
    return script->digest;
}

const struct story *script_story(const struct script *script)
{
    return &script->story;
}

/* ---- what the run asks for ---- */

/* What is answered with a text. */
struct text_request {
    struct script *script;
    uint64_t sessions, seed;
};

static int push_fixture_request(lua_State *lua, void *arg)
{
    struct text_request *request = arg;

    lua_pushinteger(lua, (lua_Integer)request->sessions);
    lua_pushinteger(lua, (lua_Integer)request->seed);
    return 2;
}

static void take_text(lua_State *lua, void *arg)
{
    struct text_request *request = arg;
    size_t size;
    const char *text = luaL_checklstring(lua, -1, &size);

    buffer_clear(&request->script->answer);
    buffer_append(&request->script->answer, text, size);
}

static enum status ask_text(struct text_request *request, const char *what, script_push_fn *push,
                            const char **ret_json, struct failure *failure)
{
    struct buffer *answer = &request->script->answer;
    enum status status = script_ask(request->script, what, push, take_text, request, failure);

    if (status != STATUS_OK)
        return status;
    if (answer->failed)
        return failure_set(failure, STATUS_TOO_LARGE, "the %s: larger than %u MiB", what,
                           ANSWER_BYTES_MAX >> 20);
    *ret_json = buffer_string(answer);
    return STATUS_OK;
}

enum status script_fixture(struct script *script, uint64_t sessions, uint64_t seed,
                           const char **ret_json, struct failure *failure)
{
    struct text_request request = {.script = script, .sessions = sessions, .seed = seed};

    return ask_text(&request, "fixture", push_fixture_request, ret_json, failure);
}

enum status script_checks(struct script *script, const char **ret_json, struct failure *failure)
{
    struct text_request request = {.script = script};

    return ask_text(&request, "checks", NULL, ret_json, failure);
}

enum status script_absent(struct script *script, const char **ret_json, struct failure *failure)
{
    struct text_request request = {.script = script};

    return ask_text(&request, "absent", NULL, ret_json, failure);
}

static int push_fixture(lua_State *lua, void *arg)
{
    lua_pushstring(lua, arg);
    return 1;
}

static void take_nothing(lua_State *lua, void *arg)
{
    (void)lua;
    (void)arg;
}

enum status script_check_fixture(struct script *script, const char *json, struct failure *failure)
{
    return script_ask(script, "check_fixture", push_fixture, take_nothing, (void *)json, failure);
}

static int push_number(lua_State *lua, void *arg)
{
    struct script_event *event = arg;

    lua_pushinteger(lua, event->at_us);
    return 1;
}

static void run_prepare(struct script *script, struct script_event *event)
{
    script_enter(script, "prepare", push_number, event);
}

void script_prepare(struct script *script, uint64_t sessions_at_once)
{
    script_post(script, run_prepare, NULL, (int64_t)sessions_at_once, 0, 0, NULL, 0);
}

/* index, intended */
static int push_session(lua_State *lua, void *arg)
{
    struct script_event *event = arg;
    int64_t intended_us;

    memcpy(&intended_us, event->text, sizeof intended_us);
    lua_pushinteger(lua, event->at_us);
    lua_pushinteger(lua, intended_us);
    return 2;
}

static void run_session_start(struct script *script, struct script_event *event)
{
    if (!script_enter(script, "session_start", push_session, event))
        script->sessions_running--;
}

void script_begin(struct script *script, int64_t begin_us)
{
    script->begin_us = begin_us;
}

void script_session_start(struct script *script, uint64_t index, int64_t intended_us)
{
    if (script->begin_us == 0 || intended_us < script->begin_us)
        script->begin_us = intended_us;
    script->sessions_running++;
    script_post(script, run_session_start, NULL, (int64_t)index, 0, 0, (const char *)&intended_us,
                sizeof intended_us);
}

size_t script_sessions_running(const struct script *script)
{
    return script->sessions_running;
}

static void run_cut(struct script *script, struct script_event *event)
{
    (void)event;
    script_enter(script, "cut", NULL, NULL);
}

static void run_finish(struct script *script, struct script_event *event)
{
    (void)event;
    script_enter(script, "finish", NULL, NULL);
}

/* Both are done when they return: the loop may not turn again. */
static void post_and_settle(struct script *script, script_event_fn *run)
{
    script_post(script, run, NULL, 0, 0, 0, NULL, 0);
    drain(script, UINT32_MAX, TIME_NEVER);
}

void script_cut(struct script *script)
{
    post_and_settle(script, run_cut);
}

void script_finish(struct script *script)
{
    post_and_settle(script, run_finish);
}

/* ---- checking without a platform ---- */

struct check_request {
    const char *story_path;
    script_finding_fn *on_finding;
    void *arg;
};

static int push_story_path(lua_State *lua, void *arg)
{
    struct check_request *request = arg;

    lua_pushstring(lua, request->story_path);
    return 1;
}

/* A list of {file=, line=, message=}. */
static void take_findings(lua_State *lua, void *arg)
{
    struct check_request *request = arg;
    char file[256], message[512];
    int list = lua_gettop(lua);

    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(lua, list); i++) {
        lua_rawgeti(lua, list, i);
        script_copy_text(lua, lua_gettop(lua), "file", file, sizeof file);
        script_copy_text(lua, lua_gettop(lua), "message", message, sizeof message);
        request->on_finding(request->arg, file,
                            (int)script_integer_field(lua, lua_gettop(lua), "line"), message);
        lua_pop(lua, 1);
    }
}

enum status script_check(const char *story_path, const char *scenario_folder,
                         script_finding_fn *on_finding, void *arg, struct failure *failure)
{
    struct script_config config = {.story_path = story_path,
                                   .scenario_folder = scenario_folder,
                                   .capture_session = -1,
                                   .shard_count = 1};
    struct check_request request = {.story_path = story_path, .on_finding = on_finding, .arg = arg};
    struct script *script;
    enum status status = create_empty(&config, &script, failure);

    if (status != STATUS_OK)
        return status;
    status = script_ask(script, "check", push_story_path, take_findings, &request, failure);
    script_destroy(script);
    return status;
}
