/* Tasks: one coroutine each, parked until a time or an event. Lua's part of waiting is in
 * prelude/; here is only "sleep until woken or late". */
#include <assert.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "engine/script/script_private.h"

#define TASK_TYPE "caseload.task"

struct task {
    struct script *script;
    lua_State *thread; /* kept alive by thread_reference */
    int thread_reference, handle_reference;
    struct loop_timer *timer;
    struct task *next, *previous, *next_ready;
    bool parked, ready, started, woken, cancelled;
    int first_arguments;   /* on the thread's stack, for the first resume */
    uint64_t ready_number; /* tasks become ready in this order */
    int64_t due_us;        /* the instant the present work was due: what ended the last wait */
    int64_t deadline_us;
};

/* What cancelled tasks are ended with; no script can tell or catch it. */
static const char CANCELLED = 0;

/* ---- ready ---- */

static void make_ready(struct task *task)
{
    struct script *script = task->script;

    if (task->ready)
        return;
    task->ready = true;
    task->ready_number = ++script->ready_number;
    task->parked = false;
    task->next_ready = NULL;
    if (task->timer)
        loop_timer_stop(task->timer);
    if (script->last_ready)
        script->last_ready->next_ready = task;
    else
        script->first_ready = task;
    script->last_ready = task;
    script_soon(script);
}

static void take_from_ready(struct script *script, struct task *task)
{
    struct task **link = &script->first_ready, *last = NULL;

    while (*link && *link != task) {
        last = *link;
        link = &last->next_ready;
    }
    if (!*link)
        return;
    *link = task->next_ready;
    if (script->last_ready == task)
        script->last_ready = last;
    task->ready = false;
}

void script_task_wake(struct task *task, int64_t at_us)
{
    if (!task->parked)
        return;
    task->woken = true;
    task->due_us = at_us;
    make_ready(task);
}

static void on_late(void *arg, int64_t now_us)
{
    struct task *task = arg;

    (void)now_us;
    if (!task->parked)
        return;
    task->woken = false;
    task->due_us = task->deadline_us;
    make_ready(task);
}

/* ---- life ---- */

static void destroy(struct task *task)
{
    struct script *script = task->script;

    if (task->ready)
        take_from_ready(script, task);
    if (task->previous)
        task->previous->next = task->next;
    else
        script->tasks = task->next;
    if (task->next)
        task->next->previous = task->previous;
    loop_timer_destroy(task->timer);
    script_handle_close(script, &task->handle_reference);
    luaL_unref(script->lua, LUA_REGISTRYINDEX, task->thread_reference);
    free(task);
}

void script_task_destroy_all(struct script *script)
{
    while (script->tasks)
        destroy(script->tasks);
}

/* spawn(function, …) → task */
static int spawn(lua_State *lua)
{
    struct script *script = script_of(lua);
    int count = lua_gettop(lua);
    struct task *task;

    luaL_checktype(lua, 1, LUA_TFUNCTION);
    task = calloc(1, sizeof *task);
    if (!task)
        return luaL_error(lua, "out of memory");
    task->script = script;
    task->thread_reference = task->handle_reference = LUA_NOREF;
    task->due_us = script->current ? script->current->due_us : script_now_us(script);
    task->next = script->tasks;
    if (task->next)
        task->next->previous = task;
    script->tasks = task;
    /* From here on an error leaves a task that never runs and goes with the script. */
    script_handle_push(lua, TASK_TYPE, task, &task->handle_reference);
    task->thread = lua_newthread(lua);
    task->thread_reference = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_insert(lua, 1);
    if (!lua_checkstack(task->thread, count))
        return luaL_error(lua, "too many arguments");
    lua_xmove(lua, task->thread, count);
    task->first_arguments = count - 1;
    make_ready(task);
    return 1;
}

/* ---- running ---- */

struct ending {
    struct task *task;
    const char *kind; /* "done", "failed", "fatal", "cancelled" */
    char where[160];
    char message[256]; /* when fatal */
};

/* task, kind, error, where */
static int push_ending(lua_State *lua, void *arg)
{
    struct ending *ending = arg;

    lua_rawgeti(lua, LUA_REGISTRYINDEX, ending->task->handle_reference);
    lua_pushstring(lua, ending->kind);
    if (strcmp(ending->kind, "fatal") == 0)
        lua_pushstring(lua, ending->message);
    else if (strcmp(ending->kind, "failed") == 0)
        lua_xmove(ending->task->thread, lua, 1);
    else
        lua_pushnil(lua);
    lua_pushstring(lua, ending->where);
    return 4;
}

static const char *kind_of_error(struct task *task, int status)
{
    if (sandbox_is_fatal(task->thread, status))
        return "fatal";
    if (lua_touserdata(task->thread, -1) == &CANCELLED)
        return "cancelled";
    return "failed";
}

static void end(struct task *task, const char *kind)
{
    struct ending ending = {.task = task, .kind = kind};
    struct script *script = task->script;

    sandbox_where(task->thread, 0, ending.where, sizeof ending.where);
    memcpy(ending.message, script->sandbox.message, sizeof ending.message);
    script_enter(script, "task_ended", push_ending, &ending);
    destroy(task);
}

static void resume(struct task *task)
{
    struct script *script = task->script;
    int results = 0, arguments = task->first_arguments, status;

    if (task->cancelled && !task->started) {
        end(task, "cancelled");
        return;
    }
    task->started = true;
    task->first_arguments = 0;
    sandbox_refill(&script->sandbox);
    script->sandbox.cancelled = task->cancelled;
    script->current = task;
    script->sandbox.running = task->thread;
    status = lua_resume(task->thread, script->lua, arguments, &results);
    script->sandbox.running = script->lua;
    script->current = NULL;
    if (status == LUA_YIELD) {
        assert(task->parked || task->ready);
        return;
    }
    end(task, status == LUA_OK ? "done" : kind_of_error(task, status));
}

bool script_task_resume_next(struct script *script)
{
    struct task *task = script->first_ready;

    if (!task || task->ready_number > script->batch_end)
        return false;
    take_from_ready(script, task);
    resume(task);
    return true;
}

void script_task_close_batch(struct script *script)
{
    script->batch_end = script->ready_number;
}

/* ---- waiting ---- */

void script_task_check(lua_State *lua)
{
    struct task *task = script_of(lua)->current;

    if (!task || !task->cancelled)
        return;
    task->script->sandbox.cancelled = true;
    lua_pushlightuserdata(lua, (void *)&CANCELLED);
    lua_error(lua);
}

struct task *script_task_current(lua_State *lua)
{
    struct script *script = script_of(lua);

    if (!script->current || !lua_isyieldable(lua))
        luaL_error(lua, "nothing can wait here: only an actor's own play waits, not a function "
                        "called by sort, gsub or an event");
    return script->current;
}

int script_task_wait(lua_State *lua, lua_KContext context, lua_KFunction resumed)
{
    struct task *task = script_task_current(lua);

    script_task_check(lua);
    task->parked = true;
    task->woken = false;
    return lua_yieldk(lua, 0, context, resumed);
}

static int park_ended(lua_State *lua, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    script_task_check(lua);
    lua_pushboolean(lua, script_of(lua)->current->woken);
    return 1;
}

/* park(limit_us [, from_us]) → true when woken, false when `limit_us` after `from_us` (default:
 * now) is reached. Without a limit only for the prelude itself. */
static int park(lua_State *lua)
{
    struct script *script = script_of(lua);
    struct task *task = script_task_current(lua);
    int64_t now_us = script_now_us(script);

    script_task_check(lua);
    if (!lua_isnoneornil(lua, 1)) {
        task->deadline_us = luaL_optinteger(lua, 2, now_us) + luaL_checkinteger(lua, 1);
        if (!task->timer)
            task->timer = loop_timer_create(script->config.loop, on_late, task);
        if (!task->timer)
            return luaL_error(lua, "out of memory");
        loop_timer_start(task->timer, task->deadline_us > now_us ? task->deadline_us - now_us : 0,
                         0);
    }
    return script_task_wait(lua, 0, park_ended);
}

/* wake(task [, at_us]): a parked task goes on; others are left alone. */
static int wake(lua_State *lua)
{
    struct task *task = script_handle_test(lua, 1, TASK_TYPE);

    if (task)
        script_task_wake(task, luaL_optinteger(lua, 2, script_now_us(task->script)));
    return 0;
}

/* cancel(task): its wait, now or next, ends it. */
static int cancel(lua_State *lua)
{
    struct task *task = script_handle_test(lua, 1, TASK_TYPE);

    if (!task)
        return 0;
    task->cancelled = true;
    if (task->parked)
        make_ready(task);
    return 0;
}

static int current(lua_State *lua)
{
    struct script *script = script_of(lua);

    if (script->current)
        lua_rawgeti(lua, LUA_REGISTRYINDEX, script->current->handle_reference);
    else
        lua_pushnil(lua);
    return 1;
}

/* due() → when what the running task does now was due, µs */
static int due(lua_State *lua)
{
    struct script *script = script_of(lua);

    lua_pushinteger(lua, script->current ? script->current->due_us : script_now_us(script));
    return 1;
}

static int set_due(lua_State *lua)
{
    struct script *script = script_of(lua);

    if (script->current)
        script->current->due_us = luaL_checkinteger(lua, 1);
    return 0;
}

void script_task_register(lua_State *lua)
{
    static const luaL_Reg functions[] = {{"spawn", spawn},     {"park", park},       {"wake", wake},
                                         {"cancel", cancel},   {"current", current}, {"due", due},
                                         {"set_due", set_due}, {NULL, NULL}};
    static const luaL_Reg no_methods[] = {{NULL, NULL}};

    script_handle_define(lua, TASK_TYPE, no_methods);
    luaL_setfuncs(lua, functions, 0);
}
