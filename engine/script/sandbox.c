#include "engine/script/sandbox.h"

#include <assert.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"

#define HOOK_EVERY 1000 /* instructions between two looks at the budget */
#define BYTES_PER_STEP 64
/* Once the budget is gone, blocks above this are refused: the next look may be many copies away. */
#define SMALL_BLOCK_BYTES (64U << 10)
#define PRINT_MAX 1000 /* characters of one printed line */

struct sandbox *sandbox_of(lua_State *lua)
{
    return *(struct sandbox **)lua_getextraspace(lua);
}

/* ---- where ---- */

static bool is_script(const lua_Debug *frame)
{
    return frame->currentline > 0 && frame->source[0] == '@';
}

void sandbox_where(lua_State *lua, unsigned n, char *text, size_t size)
{
    lua_Debug frame;

    text[0] = '\0';
    for (int level = 0; lua_getstack(lua, level, &frame); level++) {
        lua_getinfo(lua, "Sl", &frame);
        if (is_script(&frame) && n-- == 0) {
            snprintf(text, size, "%s:%d", frame.source + 1, frame.currentline);
            return;
        }
    }
}

/* ---- memory ---- */

static void spend(struct sandbox *sandbox, uint64_t steps)
{
    sandbox->steps_left -= steps < sandbox->steps_left ? steps : sandbox->steps_left;
}

/* Of this entry or of the whole state? */
static bool may_grow(const struct sandbox *sandbox, size_t held, size_t size)
{
    if (size > SANDBOX_BLOCK_BYTES ||
        sandbox->memory_bytes + (size - held) > sandbox->memory_limit_bytes)
        return false;
    return sandbox->steps_left > 0 || size <= SMALL_BLOCK_BYTES;
}

static void *limited_alloc(void *arg, void *block, size_t old_size, size_t new_size)
{
    struct sandbox *sandbox = arg;
    size_t held = block ? old_size : 0; /* without a block `old_size` is a kind, not a size */

    if (new_size == 0) {
        sandbox->memory_bytes -= held;
        free(block);
        return NULL;
    }
    if (new_size > held) {
        if (!may_grow(sandbox, held, new_size)) {
            /* The error that follows unwinds the stack without asking anybody. */
            if (sandbox->running)
                sandbox_where(sandbox->running, 0, sandbox->refused_at, sizeof sandbox->refused_at);
            return NULL;
        }
        spend(sandbox, new_size / BYTES_PER_STEP);
    }
    void *moved = realloc(block, new_size);
    if (moved)
        sandbox->memory_bytes += new_size - held;
    else if (new_size <= held)
        moved = block; /* Lua relies on shrinking never to fail */
    return moved;
}

/* ---- the budget ---- */

static void describe(struct sandbox *sandbox, lua_State *lua, const char *what)
{
    char where[160];

    sandbox_where(lua, 0, where, sizeof where);
    if (where[0] == '\0')
        memcpy(where, sandbox->refused_at, sizeof where);
    snprintf(sandbox->message, sizeof sandbox->message, "%s%s%s", where, where[0] ? ": " : "",
             what);
}

static void raise_spent(lua_State *lua)
{
    struct sandbox *sandbox = sandbox_of(lua);

    sandbox->steps_left = 0;
    if (sandbox->fatal == SANDBOX_ALIVE) {
        sandbox->fatal = SANDBOX_SPENT;
        describe(sandbox, lua,
                 "the script ran too long without waiting: an endless loop? (its instruction "
                 "budget is used up)");
    }
    lua_pushstring(lua, sandbox->message);
    lua_error(lua);
}

void sandbox_charge(lua_State *lua, uint64_t steps)
{
    struct sandbox *sandbox = sandbox_of(lua);

    spend(sandbox, steps);
    if (sandbox->steps_left == 0)
        raise_spent(lua);
}

void sandbox_charge_bytes(lua_State *lua, size_t bytes)
{
    sandbox_charge(lua, 1 + bytes / BYTES_PER_STEP);
}

static void on_count(lua_State *lua, lua_Debug *frame)
{
    struct sandbox *sandbox = sandbox_of(lua);
    int64_t cpu_us = clock_thread_cpu_us();

    (void)frame;
    if (sandbox->cpu_began_us == 0)
        sandbox->cpu_began_us = cpu_us;
    if (cpu_us - sandbox->cpu_began_us > SANDBOX_CPU_US)
        raise_spent(lua);
    sandbox_charge(lua, HOOK_EVERY);
}

void sandbox_refill(struct sandbox *sandbox)
{
    sandbox->steps_left = sandbox->steps_per_entry;
    sandbox->cpu_began_us = 0;
    sandbox->fatal = SANDBOX_ALIVE;
    sandbox->cancelled = false;
    sandbox->message[0] = '\0';
    sandbox->refused_at[0] = '\0';
}

bool sandbox_is_fatal(lua_State *lua, int lua_status)
{
    struct sandbox *sandbox = sandbox_of(lua);
    char what[128];

    if (sandbox->fatal == SANDBOX_ALIVE && lua_status == LUA_ERRMEM) {
        if (sandbox->steps_left == 0) {
            sandbox->fatal = SANDBOX_SPENT;
            describe(sandbox, lua,
                     "the script ran too long without waiting: it copies a lot of text or tables");
        } else {
            sandbox->fatal = SANDBOX_NO_MEMORY;
            snprintf(what, sizeof what,
                     "out of memory: stories have %zu MiB, and %zu MiB for one text or table",
                     sandbox->memory_limit_bytes >> 20, (size_t)SANDBOX_BLOCK_BYTES >> 20);
            describe(sandbox, lua, what);
        }
    }
    return sandbox->fatal != SANDBOX_ALIVE;
}

int sandbox_raise_again(lua_State *lua, int lua_status)
{
    if (sandbox_is_fatal(lua, lua_status))
        lua_pushstring(lua, sandbox_of(lua)->message);
    return lua_error(lua);
}

/* ---- protected calls that do not swallow what is final ---- */

static int pcall_ended(lua_State *lua, int status, lua_KContext context)
{
    struct sandbox *sandbox = sandbox_of(lua);

    (void)context;
    if (status == LUA_OK || status == LUA_YIELD)
        return lua_gettop(lua); /* true was put below the results */
    if (sandbox_is_fatal(lua, status) || sandbox->cancelled)
        return sandbox_raise_again(lua, status);
    lua_pushboolean(lua, 0);
    lua_insert(lua, -2);
    return 2;
}

static int guarded_pcall(lua_State *lua)
{
    luaL_checkany(lua, 1);
    lua_pushboolean(lua, 1);
    lua_insert(lua, 1);
    return pcall_ended(lua, lua_pcallk(lua, lua_gettop(lua) - 2, LUA_MULTRET, 0, 0, pcall_ended),
                       0);
}

static int xpcall_ended(lua_State *lua, int status, lua_KContext context)
{
    int count = pcall_ended(lua, status, context);

    if (status == LUA_OK || status == LUA_YIELD)
        return count - 1; /* all but the handler at the bottom */
    lua_pushvalue(lua, 1);
    lua_insert(lua, -2); /* false, handler, error */
    lua_call(lua, 1, 1);
    return 2;
}

/* The handler runs after the stack was unwound and is no message handler of the call: inside the
 * hook that ends a loop no hook fires, so a handler there could loop for ever. */
static int guarded_xpcall(lua_State *lua)
{
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_pushvalue(lua, 2);
    lua_insert(lua, 1);
    lua_remove(lua, 3); /* handler, function, arguments… */
    lua_pushboolean(lua, 1);
    lua_insert(lua, 2);
    return xpcall_ended(lua, lua_pcallk(lua, lua_gettop(lua) - 3, LUA_MULTRET, 0, 0, xpcall_ended),
                        0);
}

/* ---- other guarded functions ---- */

/* Finalizers, closers and weak tables run or cost work where no hook reaches. */
static int guarded_setmetatable(lua_State *lua)
{
    static const char *const refused[] = {"__gc", "__close", "__mode"};

    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_argexpected(lua, lua_isnil(lua, 2) || lua_istable(lua, 2), 2, "nil or table");
    if (lua_istable(lua, 2))
        for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
            lua_pushstring(lua, refused[i]);
            if (lua_rawget(lua, 2) != LUA_TNIL)
                return luaL_error(lua, "'%s' is not available in stories", refused[i]);
            lua_pop(lua, 1);
        }
    if (luaL_getmetafield(lua, 1, "__metatable") != LUA_TNIL)
        return luaL_error(lua, "cannot change a protected metatable");
    lua_settop(lua, 2);
    lua_setmetatable(lua, 1);
    return 1;
}

enum status sandbox_load(lua_State *lua, const char *text, size_t size, const char *chunk_name)
{
    sandbox_charge_bytes(lua, size);
    return luaL_loadbufferx(lua, text, size, chunk_name, "t") == LUA_OK ? STATUS_OK
                                                                        : STATUS_INVALID;
}

static int refuse_change(lua_State *lua)
{
    return luaL_error(lua, "'%s' belongs to the language and cannot be changed",
                      luaL_tolstring(lua, 2, NULL));
}

/* The library, to read from and not to write to. */
static void push_locked_library(lua_State *lua)
{
    lua_newtable(lua);
    lua_newtable(lua);
    sandbox_push_library(lua);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_change);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
}

/* load(text [, name [, environment]]): no bytecode, no reader function. */
static int guarded_load(lua_State *lua)
{
    size_t size;
    const char *text = luaL_checklstring(lua, 1, &size);
    const char *name = luaL_optstring(lua, 2, "@load");

    lua_settop(lua, 3);
    if (sandbox_load(lua, text, size, name) != STATUS_OK) {
        lua_pushnil(lua);
        lua_insert(lua, -2);
        return 2;
    }
    if (lua_istable(lua, 3))
        lua_pushvalue(lua, 3);
    else
        push_locked_library(lua);
    lua_setupvalue(lua, -2, 1);
    return 1;
}

static int guarded_print(lua_State *lua)
{
    struct sandbox *sandbox = sandbox_of(lua);
    char line[PRINT_MAX + 1];
    size_t used = 0;

    line[0] = '\0';
    for (int i = 1; i <= lua_gettop(lua) && used < PRINT_MAX; i++) {
        int written = snprintf(line + used, sizeof line - used, "%s%s", i > 1 ? "\t" : "",
                               luaL_tolstring(lua, i, NULL));
        used += written > 0 ? (size_t)written : 0;
        lua_pop(lua, 1);
    }
    if (sandbox->on_print)
        sandbox->on_print(sandbox->owner, line);
    return 0;
}

static int seeded_only(lua_State *lua)
{
    return luaL_error(lua, "math.random is not available: use draw(purpose), chance or choose, "
                           "which repeat with the run's seed");
}

/* utf8 functions walk their text in C. */
static int guarded_utf8(lua_State *lua)
{
    size_t size = 0;

    if (lua_type(lua, 1) == LUA_TSTRING)
        lua_tolstring(lua, 1, &size);
    sandbox_charge_bytes(lua, size);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
    return lua_gettop(lua);
}

/* ---- the library ---- */

/* Open one stock library and push its table; its global is removed again. */
static void open_stock(lua_State *lua, const char *name, lua_CFunction open)
{
    luaL_requiref(lua, name, open, 0);
}

static void copy_fields(lua_State *lua, int from, const char *const *names)
{
    from = lua_absindex(lua, from);
    for (; *names; names++) {
        lua_getfield(lua, from, *names);
        lua_setfield(lua, -2, *names);
    }
}

static void push_base(lua_State *lua)
{
    static const char *const plain[] = {"assert", "error",    "getmetatable", "ipairs", "next",
                                        "pairs",  "rawequal", "rawget",       "rawlen", "rawset",
                                        "select", "tonumber", "tostring",     "type",   NULL};
    static const luaL_Reg guarded[] = {
        {"load", guarded_load},     {"pcall", guarded_pcall},
        {"print", guarded_print},   {"setmetatable", guarded_setmetatable},
        {"xpcall", guarded_xpcall}, {NULL, NULL}};

    open_stock(lua, "_G", luaopen_base);
    lua_newtable(lua);
    copy_fields(lua, -2, plain);
    luaL_setfuncs(lua, guarded, 0);
    lua_pushliteral(lua, LUA_VERSION);
    lua_setfield(lua, -2, "_VERSION");
    lua_remove(lua, -2);
}

static void push_math(lua_State *lua)
{
    open_stock(lua, "math", luaopen_math);
    lua_pushcfunction(lua, seeded_only);
    lua_setfield(lua, -2, "random");
    lua_pushcfunction(lua, seeded_only);
    lua_setfield(lua, -2, "randomseed");
}

static void push_utf8(lua_State *lua)
{
    static const char *const guarded[] = {"codepoint", "len", "offset", NULL};

    open_stock(lua, "utf8", luaopen_utf8);
    for (size_t i = 0; guarded[i]; i++) {
        lua_getfield(lua, -1, guarded[i]);
        lua_pushcclosure(lua, guarded_utf8, 1);
        lua_setfield(lua, -2, guarded[i]);
    }
}

static const char LIBRARY_KEY = 0;

static void make_library(lua_State *lua)
{
    push_base(lua);
    push_math(lua);
    lua_setfield(lua, -2, "math");
    push_utf8(lua);
    lua_setfield(lua, -2, "utf8");
    sandbox_push_string(lua);
    lua_setfield(lua, -2, "string");
    sandbox_push_table(lua);
    lua_setfield(lua, -2, "table");
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &LIBRARY_KEY);
    /* Nothing of the stock libraries stays reachable. */
    lua_pushnil(lua);
    lua_setfield(lua, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_newtable(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

void sandbox_push_library(lua_State *lua)
{
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &LIBRARY_KEY);
}

static int fill_state(lua_State *lua)
{
    make_library(lua);
    return 0;
}

enum status sandbox_init(struct sandbox *sandbox, const struct sandbox_limits *limits)
{
    *sandbox = (struct sandbox){
        .memory_limit_bytes =
            limits && limits->memory_bytes ? limits->memory_bytes : SANDBOX_MEMORY_BYTES,
        .steps_per_entry = limits && limits->steps ? limits->steps : SANDBOX_STEPS,
    };
    sandbox_refill(sandbox);
    sandbox->lua = lua_newstate(limited_alloc, sandbox);
    if (!sandbox->lua)
        return STATUS_NO_MEMORY;
    *(struct sandbox **)lua_getextraspace(sandbox->lua) = sandbox;
    sandbox->running = sandbox->lua;
    lua_pushcfunction(sandbox->lua, fill_state);
    if (lua_pcall(sandbox->lua, 0, 0, 0) != LUA_OK) {
        sandbox_finish(sandbox);
        return STATUS_NO_MEMORY;
    }
    lua_sethook(sandbox->lua, on_count, LUA_MASKCOUNT, HOOK_EVERY);
    /* Small steps of collection: one for every KiB allocated. Lua 5.4 multiplies allocated words,
     * and its steps overshoot: with the manual's 100 and 8 KiB a step sweeps 2 MiB at once, which
     * stops all media for 5 to 10 ms. These two sweep at most 60 KiB in one (measured, 5.4.4). */
    lua_gc(sandbox->lua, LUA_GCINC, 150, 8, 10);
    return STATUS_OK;
}

void sandbox_finish(struct sandbox *sandbox)
{
    sandbox->running = NULL;
    if (sandbox->lua)
        lua_close(sandbox->lua);
    sandbox->lua = NULL;
}
