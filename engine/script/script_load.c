/* Files for the prelude: the prelude's own modules (built in), stories, roles and drivers (read
 * from the scenario folder), and the names that a compiled file uses. */
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/digest.h"
#include "engine/script/bytecode.h"
#include "engine/script/prelude.h"
#include "engine/script/script_private.h"

static const char PRELUDE_KEY = 0; /* registry: what prelude modules returned, by name */

/* ---- the prelude ---- */

static const struct prelude_file *find_prelude(const char *name)
{
    for (const struct prelude_file *file = prelude_files; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}

/* The library and `core`: what a prelude module sees. Upvalue 1 of core.prelude is core. */
static void push_prelude_environment(lua_State *lua)
{
    lua_newtable(lua);
    sandbox_push_library(lua);
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pushvalue(lua, -2);
        lua_insert(lua, -2);
        lua_settable(lua, -5);
    }
    lua_pop(lua, 1);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_setfield(lua, -2, "core");
}

/* prelude(name) → what the built-in module returned; run once */
static int prelude(lua_State *lua)
{
    const char *name = luaL_checkstring(lua, 1);
    const struct prelude_file *file = find_prelude(name);
    char chunk_name[64];

    lua_settop(lua, 1);
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &PRELUDE_KEY);
    if (lua_getfield(lua, 2, name) != LUA_TNIL)
        return 1;
    if (!file)
        return luaL_error(lua, "no prelude module '%s'", name);
    snprintf(chunk_name, sizeof chunk_name, "=prelude/%s.lua", name);
    if (sandbox_load(lua, (const char *)file->text, file->size, chunk_name) != STATUS_OK)
        return lua_error(lua);
    push_prelude_environment(lua);
    lua_setupvalue(lua, -2, 1);
    lua_call(lua, 0, 1);
    lua_pushvalue(lua, -1);
    lua_setfield(lua, 2, name);
    return 1;
}

/* ---- files ---- */

static enum status read_file(const char *path, struct buffer *content, const char **ret_why)
{
    char part[8192];
    size_t size;
    FILE *file = fopen(path, "rb");

    if (!file) {
        *ret_why = strerror(errno);
        return STATUS_NOT_FOUND;
    }
    while ((size = fread(part, 1, sizeof part, file)) > 0)
        buffer_append(content, part, size);
    *ret_why = ferror(file) ? "cannot be read" : "larger than 1 MiB";
    size = (size_t)ferror(file);
    fclose(file);
    return size != 0 || content->failed ? STATUS_IO : STATUS_OK;
}

static int push_content(lua_State *lua)
{
    const struct buffer *content = lua_touserdata(lua, 1);

    lua_pushlstring(lua, buffer_string(content), content->size);
    return 1;
}

/* read(path) → text, or nil and why. Relative paths are inside the scenario folder. */
static int read_text(lua_State *lua)
{
    struct script *script = script_of(lua);
    const char *name = luaL_checkstring(lua, 1), *why = "";
    const char *folder = script->config.scenario_folder;
    char path[1024];
    struct buffer content;
    int status;

    if (lua_toboolean(lua, 2))
        snprintf(path, sizeof path, "%s/%s", folder ? folder : ".", name);
    else
        snprintf(path, sizeof path, "%s", name);
    buffer_init(&content, SCRIPT_FILE_BYTES_MAX);
    if (read_file(path, &content, &why) != STATUS_OK) {
        buffer_finish(&content);
        lua_pushnil(lua);
        lua_pushfstring(lua, "%s: %s", path, why);
        return 2;
    }
    script->digest = digest_add(script->digest, buffer_string(&content), content.size);
    lua_pushcfunction(lua, push_content);
    lua_pushlightuserdata(lua, &content);
    status = lua_pcall(lua, 1, 1, 0);
    buffer_finish(&content);
    return status == LUA_OK ? 1 : sandbox_raise_again(lua, status);
}

/* compile(text, file name, environment) → function, or nil and "file:line: …" */
static int compile(lua_State *lua)
{
    size_t size;
    const char *text = luaL_checklstring(lua, 1, &size);

    luaL_checktype(lua, 3, LUA_TTABLE);
    lua_pushfstring(lua, "@%s", luaL_checkstring(lua, 2));
    if (sandbox_load(lua, text, size, lua_tostring(lua, -1)) != STATUS_OK) {
        lua_pushnil(lua);
        lua_insert(lua, -2);
        return 2;
    }
    lua_pushvalue(lua, 3);
    lua_setupvalue(lua, -2, 1);
    return 1;
}

/* ---- names ---- */

static int append_chunk(lua_State *lua, const void *data, size_t size, void *arg)
{
    struct buffer *chunk = arg;

    (void)lua;
    buffer_append(chunk, data, size);
    return chunk->failed;
}

static void on_use(void *arg, enum bytecode_use use, const char *name, int line)
{
    static const char *const words[] = {[BYTECODE_GLOBAL_READ] = "read",
                                        [BYTECODE_GLOBAL_WRITE] = "write",
                                        [BYTECODE_METHOD] = "method",
                                        [BYTECODE_FIELD_WRITE] = "field"};
    lua_State *lua = arg;

    lua_createtable(lua, 0, 3);
    lua_pushstring(lua, words[use]);
    lua_setfield(lua, -2, "use");
    lua_pushstring(lua, name);
    lua_setfield(lua, -2, "name");
    lua_pushinteger(lua, line);
    lua_setfield(lua, -2, "line");
    lua_rawseti(lua, -2, (lua_Integer)lua_rawlen(lua, -2) + 1);
}

struct name_scan {
    struct buffer chunk;
    enum status status;
};

static int scan_names(lua_State *lua)
{
    struct name_scan *scan = lua_touserdata(lua, 1);

    lua_newtable(lua);
    scan->status = bytecode_scan(scan->chunk.data, scan->chunk.size, on_use, lua);
    return 1;
}

/* names(function) → list of {use =, name =, line =}, or nil when this Lua writes another format */
static int names(lua_State *lua)
{
    struct name_scan scan = {.status = STATUS_MALFORMED};
    int status;

    luaL_checktype(lua, 1, LUA_TFUNCTION);
    lua_settop(lua, 1);
    buffer_init(&scan.chunk, 8 * SCRIPT_FILE_BYTES_MAX);
    if (lua_dump(lua, append_chunk, &scan.chunk, 0) != 0 || scan.chunk.failed) {
        buffer_finish(&scan.chunk);
        return 0;
    }
    lua_pushcfunction(lua, scan_names);
    lua_pushlightuserdata(lua, &scan);
    status = lua_pcall(lua, 1, 1, 0);
    buffer_finish(&scan.chunk);
    if (status != LUA_OK)
        return sandbox_raise_again(lua, status);
    return scan.status == STATUS_OK ? 1 : 0;
}

void script_load_register(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"compile", compile}, {"names", names}, {"read", read_text}, {NULL, NULL}};

    lua_newtable(lua);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &PRELUDE_KEY);
    luaL_setfuncs(lua, functions, 0);
    lua_pushvalue(lua, -1);
    lua_pushcclosure(lua, prelude, 1);
    lua_setfield(lua, -2, "prelude");
}
