#include "engine/script/script_json.h"

#include <jansson.h>
#include <lauxlib.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "engine/script/json_arena.h"
#include "engine/script/sandbox.h"

static const char ARRAY_KEY = 0; /* registry: the metatable that marks arrays */
static const char NULL_KEY = 0;  /* its address is json.null */

/* ---- Lua to JSON; every function returns NULL with `*error` set, and never raises ---- */

static json_t *from_value(lua_State *lua, int index, unsigned depth, const char **error);

static json_t *failed(json_t *half_done, const char **error, const char *message)
{
    if (!*error)
        *error = message;
    json_decref(half_done);
    return NULL;
}

static bool is_marked_array(lua_State *lua, int index)
{
    bool same;

    if (!lua_getmetatable(lua, index))
        return false;
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &ARRAY_KEY);
    same = lua_rawequal(lua, -1, -2);
    lua_pop(lua, 2);
    return same;
}

static json_t *from_array(lua_State *lua, int index, unsigned depth, const char **error)
{
    json_t *array = json_array();
    lua_Unsigned length = lua_rawlen(lua, index);

    for (lua_Unsigned i = 1; array && i <= length; i++) {
        lua_rawgeti(lua, index, (lua_Integer)i);
        json_t *item = from_value(lua, lua_gettop(lua), depth + 1, error);
        lua_pop(lua, 1);
        if (!item || json_array_append_new(array, item) != 0)
            return failed(array, error, "out of memory");
    }
    return array ? array : failed(NULL, error, "out of memory");
}

static json_t *from_object(lua_State *lua, int index, unsigned depth, const char **error)
{
    json_t *object = json_object();

    if (!object)
        return failed(NULL, error, "out of memory");
    lua_pushnil(lua);
    while (lua_next(lua, index)) {
        if (lua_type(lua, -2) != LUA_TSTRING) {
            lua_pop(lua, 2);
            return failed(object, error, "a table mixes names and other keys");
        }
        json_t *item = from_value(lua, lua_gettop(lua), depth + 1, error);
        if (!item || json_object_set_new(object, lua_tostring(lua, -2), item) != 0) {
            lua_pop(lua, 2);
            return failed(object, error, "a key is not valid UTF-8");
        }
        lua_pop(lua, 1);
    }
    return object;
}

static json_t *from_text(lua_State *lua, int index, const char **error)
{
    size_t size;
    const char *text = lua_tolstring(lua, index, &size);
    json_t *value = json_stringn(text, size);

    return value ? value : failed(NULL, error, "a text is not valid UTF-8");
}

static json_t *from_number(lua_State *lua, int index, const char **error)
{
    if (lua_isinteger(lua, index))
        return json_integer(lua_tointeger(lua, index));
    lua_Number number = lua_tonumber(lua, index);
    if (!isfinite(number))
        return failed(NULL, error, "a number is not finite");
    return json_real(number);
}

static json_t *from_value(lua_State *lua, int index, unsigned depth, const char **error)
{
    if (depth > SCRIPT_JSON_DEPTH_MAX || !lua_checkstack(lua, 4))
        return failed(NULL, error, "nested too deeply");
    switch (lua_type(lua, index)) {
    case LUA_TNIL:
        return json_null();
    case LUA_TBOOLEAN:
        return json_boolean(lua_toboolean(lua, index));
    case LUA_TNUMBER:
        return from_number(lua, index, error);
    case LUA_TSTRING:
        return from_text(lua, index, error);
    case LUA_TTABLE:
        if (lua_rawlen(lua, index) > 0 || is_marked_array(lua, index))
            return from_array(lua, index, depth, error);
        return from_object(lua, index, depth, error);
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(lua, index) == &NULL_KEY)
            return json_null();
        break;
    default:
        break;
    }
    return failed(NULL, error, "functions and handles cannot be written as JSON");
}

static int push_dump(lua_State *lua)
{
    lua_pushstring(lua, lua_touserdata(lua, 1));
    return 1;
}

/* Call `push` with what jansson made, so that it can be freed also when Lua has no memory left. */
static int push_owned(lua_State *lua, lua_CFunction push, void *owned)
{
    lua_pushcfunction(lua, push);
    lua_pushlightuserdata(lua, owned);
    return lua_pcall(lua, 1, 1, 0);
}

static int encode(lua_State *lua)
{
    const char *error = NULL;
    json_t *value;
    char *text;
    int status;

    luaL_checkany(lua, 1);
    value = from_value(lua, 1, 0, &error);
    if (!value)
        return luaL_error(lua, "json.encode: %s", error ? error : "out of memory");
    text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    json_decref(value);
    if (!text)
        return luaL_error(lua, "json.encode: out of memory");
    status = push_owned(lua, push_dump, text);
    free(text);
    return status == LUA_OK ? 1 : sandbox_raise_again(lua, status);
}

/* ---- JSON to Lua ---- */

static void push_json(lua_State *lua, json_t *value, bool in_array)
{
    const char *key;
    json_t *item;
    size_t i;

    luaL_checkstack(lua, 4, "JSON nested too deeply");
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        lua_createtable(lua, 0, (int)json_object_size(value));
        json_object_foreach(value, key, item)
        {
            push_json(lua, item, false);
            lua_setfield(lua, -2, key);
        }
        break;
    case JSON_ARRAY:
        lua_createtable(lua, (int)json_array_size(value), 0);
        lua_rawgetp(lua, LUA_REGISTRYINDEX, &ARRAY_KEY);
        lua_setmetatable(lua, -2);
        json_array_foreach(value, i, item)
        {
            push_json(lua, item, true);
            lua_rawseti(lua, -2, (lua_Integer)i + 1);
        }
        break;
    case JSON_STRING:
        lua_pushlstring(lua, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        lua_pushinteger(lua, json_integer_value(value));
        break;
    case JSON_REAL:
        lua_pushnumber(lua, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        lua_pushboolean(lua, json_is_true(value));
        break;
    case JSON_NULL:
        if (in_array)
            lua_pushlightuserdata(lua, (void *)&NULL_KEY);
        else
            lua_pushnil(lua);
        break;
    }
}

/* How many objects and arrays stand inside one another, counted up to `limit`. */
static unsigned depth_of(json_t *value, unsigned limit)
{
    unsigned deepest = 0, depth;
    const char *key;
    json_t *item;
    size_t i;

    if (limit == 0 || !(json_is_object(value) || json_is_array(value)))
        return 0;
    json_object_foreach(value, key, item)
    {
        depth = depth_of(item, limit - 1);
        deepest = depth > deepest ? depth : deepest;
    }
    json_array_foreach(value, i, item)
    {
        depth = depth_of(item, limit - 1);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static int decode_failed(lua_State *lua, const char *message)
{
    lua_pushnil(lua);
    lua_pushstring(lua, message);
    return 2;
}

static int push_tree(lua_State *lua)
{
    push_json(lua, lua_touserdata(lua, 1), false);
    return 1;
}

static int decode(lua_State *lua)
{
    size_t size;
    const char *text = luaL_checklstring(lua, 1, &size);
    json_error_t error;
    int status = LUA_OK;

    if (size > SCRIPT_JSON_BYTES_MAX)
        return decode_failed(lua, "larger than 4 MiB");
    sandbox_charge_bytes(lua, size * 8);
    json_arena_begin(); /* nothing may be raised before its end */
    json_t *tree = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    bool too_deep = tree && depth_of(tree, SCRIPT_JSON_DEPTH_MAX + 1) > SCRIPT_JSON_DEPTH_MAX;
    if (tree && !too_deep)
        status = push_owned(lua, push_tree, tree);
    json_arena_end();
    if (!tree) {
        lua_pushnil(lua);
        lua_pushfstring(lua, "line %d, column %d: %s", error.line, error.column, error.text);
        return 2;
    }
    if (too_deep)
        return decode_failed(lua, "nested too deeply");
    return status == LUA_OK ? 1 : sandbox_raise_again(lua, status);
}

static int as_array(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &ARRAY_KEY);
    lua_setmetatable(lua, 1);
    return 1;
}

void script_json_push(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"array", as_array}, {"decode", decode}, {"encode", encode}, {NULL, NULL}};

    lua_newtable(lua);
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &ARRAY_KEY);
    luaL_newlib(lua, functions);
    lua_pushlightuserdata(lua, (void *)&NULL_KEY);
    lua_setfield(lua, -2, "null");
}
