/* The string library of stories: the stock functions behind a price per byte, and find, match,
 * gmatch and gsub on our own matcher, whose every step is paid for. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>

#include "engine/script/pattern.h"
#include "engine/script/sandbox.h"

/* ---- stock functions, charged by the text they walk ---- */

static int charged(lua_State *lua)
{
    size_t total = 0;

    for (int i = 1; i <= lua_gettop(lua); i++)
        if (lua_type(lua, i) == LUA_TSTRING)
            total += lua_rawlen(lua, i);
    sandbox_charge_bytes(lua, total);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
    return lua_gettop(lua);
}

static int string_rep(lua_State *lua)
{
    size_t size, separator_size;
    luaL_checklstring(lua, 1, &size);
    lua_Integer times = luaL_checkinteger(lua, 2);
    luaL_optlstring(lua, 3, "", &separator_size);
    size_t each = size + separator_size;

    if (times <= 0 || each == 0) {
        lua_pushliteral(lua, "");
        return 1;
    }
    if ((lua_Unsigned)times > SANDBOX_BLOCK_BYTES / each)
        return luaL_error(lua, "string.rep: the result would be larger than %d MiB",
                          (int)(SANDBOX_BLOCK_BYTES >> 20));
    sandbox_charge(lua, 1 + (uint64_t)times);
    lua_settop(lua, 3);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, 3, 1);
    return 1;
}

/* ---- patterns ---- */

struct text {
    const char *data;
    size_t size;
};

static struct text check_text(lua_State *lua, int index)
{
    struct text text;

    text.data = luaL_checklstring(lua, index, &text.size);
    return text;
}

/* One search, paid for; faults of the pattern and an empty budget are raised. */
static bool find_from(lua_State *lua, struct text subject, size_t from, bool here,
                      struct text pattern, struct pattern_match *match)
{
    struct sandbox *sandbox = sandbox_of(lua);
    enum pattern_result result = pattern_find(subject.data, subject.size, from, here, pattern.data,
                                              pattern.size, &sandbox->steps_left, match);

    sandbox_charge(lua, result == PATTERN_SPENT ? UINT64_MAX : 1);
    if (result == PATTERN_MALFORMED)
        luaL_error(lua, "%s", match->error);
    return result == PATTERN_MATCHED;
}

static void push_capture(lua_State *lua, struct text subject, const struct pattern_match *match,
                         size_t index)
{
    if (match->capture_count == 0 && index == 0) {
        lua_pushlstring(lua, subject.data + match->start, match->end - match->start);
        return;
    }
    if (index >= match->capture_count)
        luaL_error(lua, "invalid capture index %%%d", (int)index + 1);
    const struct pattern_capture *capture = &match->captures[index];
    if (capture->position)
        lua_pushinteger(lua, (lua_Integer)capture->start + 1);
    else
        lua_pushlstring(lua, subject.data + capture->start, capture->length);
}

/* All captures, or the whole match when there is none and `whole` is set. */
static int push_captures(lua_State *lua, struct text subject, const struct pattern_match *match,
                         bool whole)
{
    size_t count = match->capture_count == 0 && whole ? 1 : match->capture_count;

    luaL_checkstack(lua, (int)count, "too many captures");
    for (size_t i = 0; i < count; i++)
        push_capture(lua, subject, match, i);
    return (int)count;
}

static bool take_anchor(struct text *pattern)
{
    if (pattern->size == 0 || pattern->data[0] != '^')
        return false;
    pattern->data++;
    pattern->size--;
    return true;
}

/* A start position as the string library counts: from 1, negative from the end. */
static size_t start_offset(lua_Integer init, size_t size)
{
    if (init > 0)
        return (size_t)init - 1;
    if (init == 0 || (lua_Unsigned)-init > size)
        return 0;
    return size - (size_t)-init;
}

static int find_plain(lua_State *lua, struct text subject, size_t from, struct text pattern)
{
    const char *found;

    sandbox_charge_bytes(lua, subject.size - from);
    found = memmem(subject.data + from, subject.size - from, pattern.data, pattern.size);
    if (!found) {
        lua_pushnil(lua);
        return 1;
    }
    lua_pushinteger(lua, found - subject.data + 1);
    lua_pushinteger(lua, found - subject.data + (lua_Integer)pattern.size);
    return 2;
}

/* Without any of these a pattern is just a text (as in stock find: also "a)"). */
static bool is_plain(struct text pattern)
{
    for (size_t i = 0; i < pattern.size; i++)
        if (pattern.data[i] && strchr("^$*+?.([%-", pattern.data[i]))
            return false;
    return true;
}

static int find_or_match(lua_State *lua, bool find)
{
    struct text subject = check_text(lua, 1), pattern = check_text(lua, 2);
    size_t from = start_offset(luaL_optinteger(lua, 3, 1), subject.size);
    struct pattern_match match;

    if (from > subject.size) {
        lua_pushnil(lua);
        return 1;
    }
    if (find && (lua_toboolean(lua, 4) || is_plain(pattern)))
        return find_plain(lua, subject, from, pattern);
    bool anchored = take_anchor(&pattern);
    if (!find_from(lua, subject, from, anchored, pattern, &match)) {
        lua_pushnil(lua);
        return 1;
    }
    if (!find)
        return push_captures(lua, subject, &match, true);
    lua_pushinteger(lua, (lua_Integer)match.start + 1);
    lua_pushinteger(lua, (lua_Integer)match.end);
    return 2 + push_captures(lua, subject, &match, false);
}

static int string_find(lua_State *lua)
{
    return find_or_match(lua, true);
}

static int string_match(lua_State *lua)
{
    return find_or_match(lua, false);
}

/* Upvalues: subject, pattern, where to go on, end of the last match (no empty match right there).
 */
static int gmatch_next(lua_State *lua)
{
    struct text subject = check_text(lua, lua_upvalueindex(1));
    struct text pattern = check_text(lua, lua_upvalueindex(2));
    size_t from = (size_t)lua_tointeger(lua, lua_upvalueindex(3));
    lua_Integer last = lua_tointeger(lua, lua_upvalueindex(4));
    struct pattern_match match;

    while (from <= subject.size && find_from(lua, subject, from, false, pattern, &match)) {
        from = match.end;
        if (match.end == match.start && (lua_Integer)match.end == last) {
            from++;
            continue;
        }
        lua_pushinteger(lua, (lua_Integer)from);
        lua_replace(lua, lua_upvalueindex(3));
        lua_pushinteger(lua, (lua_Integer)match.end);
        lua_replace(lua, lua_upvalueindex(4));
        return push_captures(lua, subject, &match, true);
    }
    return 0;
}

static int string_gmatch(lua_State *lua)
{
    check_text(lua, 1);
    check_text(lua, 2);
    lua_settop(lua, 2);
    lua_pushinteger(lua, 0);
    lua_pushinteger(lua, -1);
    lua_pushcclosure(lua, gmatch_next, 4);
    return 1;
}

/* ---- gsub ---- */

/* "%0" the match, "%1"… captures, "%%" a percent sign. */
static void add_template(lua_State *lua, luaL_Buffer *buffer, struct text subject,
                         const struct pattern_match *match)
{
    size_t size;
    const char *template = lua_tolstring(lua, 3, &size);

    sandbox_charge_bytes(lua, size);
    for (size_t i = 0; i < size; i++) {
        if (template[i] != '%') {
            luaL_addchar(buffer, template[i]);
            continue;
        }
        i++;
        char c = i < size ? template[i] : '\0';
        if (c == '%') {
            luaL_addchar(buffer, '%');
        } else if (c == '0') {
            luaL_addlstring(buffer, subject.data + match->start, match->end - match->start);
        } else if (c >= '1' && c <= '9') {
            push_capture(lua, subject, match, (size_t)(c - '1'));
            luaL_addvalue(buffer);
        } else {
            luaL_error(lua, "invalid use of '%%' in replacement string");
        }
    }
}

/* The replacement by table or function; false or nil keeps the text. */
static void add_looked_up(lua_State *lua, luaL_Buffer *buffer, struct text subject,
                          const struct pattern_match *match)
{
    if (lua_isfunction(lua, 3)) {
        lua_pushvalue(lua, 3);
        int count = push_captures(lua, subject, match, true);
        lua_call(lua, count, 1);
    } else {
        push_capture(lua, subject, match, 0);
        lua_gettable(lua, 3);
    }
    if (!lua_toboolean(lua, -1)) {
        lua_pop(lua, 1);
        lua_pushlstring(lua, subject.data + match->start, match->end - match->start);
    } else if (!lua_isstring(lua, -1)) {
        luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
    }
    luaL_addvalue(buffer);
}

static int string_gsub(lua_State *lua)
{
    struct text subject = check_text(lua, 1), pattern = check_text(lua, 2);
    int kind = lua_type(lua, 3);
    lua_Integer limit = luaL_optinteger(lua, 4, (lua_Integer)subject.size + 1), count = 0;
    bool anchored = take_anchor(&pattern);
    size_t from = 0, copied = 0;
    lua_Integer last = -1;
    struct pattern_match match;
    luaL_Buffer buffer;

    luaL_argexpected(lua,
                     kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TFUNCTION ||
                         kind == LUA_TTABLE,
                     3, "string/function/table");
    luaL_buffinit(lua, &buffer);
    while (count < limit && from <= subject.size &&
           find_from(lua, subject, from, anchored, pattern, &match)) {
        bool repeated = match.start == match.end && (lua_Integer)match.end == last;
        if (!repeated) {
            count++;
            luaL_addlstring(&buffer, subject.data + copied, match.start - copied);
            if (kind == LUA_TNUMBER || kind == LUA_TSTRING)
                add_template(lua, &buffer, subject, &match);
            else
                add_looked_up(lua, &buffer, subject, &match);
            copied = match.end;
            last = (lua_Integer)match.end;
        }
        if (anchored)
            break;
        from = repeated ? match.end + 1 : match.end;
    }
    luaL_addlstring(&buffer, subject.data + copied, subject.size - copied);
    luaL_pushresult(&buffer);
    lua_pushinteger(lua, count);
    return 2;
}

/* ---- the table ---- */

static void set_charged(lua_State *lua, const char *name, lua_CFunction function)
{
    lua_getfield(lua, -2, name);
    lua_pushcclosure(lua, function, 1);
    lua_setfield(lua, -2, name);
}

void sandbox_push_string(lua_State *lua)
{
    static const char *const stock[] = {"byte",  "char",    "format", "len",
                                        "lower", "reverse", "sub",    "upper"};
    static const luaL_Reg own[] = {{"find", string_find},
                                   {"gmatch", string_gmatch},
                                   {"gsub", string_gsub},
                                   {"match", string_match},
                                   {NULL, NULL}};

    luaL_requiref(lua, "string", luaopen_string, 0);
    lua_newtable(lua);
    for (size_t i = 0; i < sizeof stock / sizeof *stock; i++)
        set_charged(lua, stock[i], charged);
    set_charged(lua, "rep", string_rep);
    luaL_setfuncs(lua, own, 0);
    lua_remove(lua, -2);
    /* ("text"):find() goes here too, and nobody reaches the metatable itself. */
    lua_pushliteral(lua, "");
    lua_getmetatable(lua, -1);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 2);
}
