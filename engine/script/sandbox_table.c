/* The table library of stories: the stock functions behind a price per element. They take plain
 * tables only: with metamethods they would loop in C for as long as __len or __index says. */
#include <lauxlib.h>
#include <lualib.h>

#include "engine/script/sandbox.h"

#define STOCK lua_upvalueindex(1)

static lua_Unsigned plain_length(lua_State *lua, int index)
{
    luaL_checktype(lua, index, LUA_TTABLE);
    if (lua_getmetatable(lua, index)) {
        const char *const names[] = {"__index", "__newindex", "__len"};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            lua_pushstring(lua, names[i]);
            if (lua_rawget(lua, -2) != LUA_TNIL)
                luaL_argerror(lua, index, "a table without metamethods expected");
            lua_pop(lua, 1);
        }
        lua_pop(lua, 1);
    }
    return lua_rawlen(lua, index);
}

static int call_stock(lua_State *lua)
{
    lua_pushvalue(lua, STOCK);
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
    return lua_gettop(lua);
}

/* At the end nothing moves; elsewhere all from `position` on do. Wrong positions are the stock
 * function's to refuse. */
static void charge_shift(lua_State *lua, lua_Unsigned length, int position)
{
    lua_Integer at = lua_isinteger(lua, position) ? lua_tointeger(lua, position) : 1;
    bool inside = at >= 1 && (lua_Unsigned)at <= length;

    sandbox_charge(lua, 1 + (inside ? length - (lua_Unsigned)at : 0));
}

/* insert(list, value) or insert(list, position, value) */
static int table_insert(lua_State *lua)
{
    lua_Unsigned length = plain_length(lua, 1);

    if (lua_gettop(lua) > 2)
        charge_shift(lua, length, 2);
    else
        sandbox_charge(lua, 1);
    return call_stock(lua);
}

/* remove(list [, position]) */
static int table_remove(lua_State *lua)
{
    lua_Unsigned length = plain_length(lua, 1);

    if (lua_isnoneornil(lua, 2))
        sandbox_charge(lua, 1);
    else
        charge_shift(lua, length, 2);
    return call_stock(lua);
}

static int table_sort(lua_State *lua)
{
    lua_Unsigned length = plain_length(lua, 1), levels = 1;

    while (length >> levels)
        levels++;
    sandbox_charge(lua, 1 + length * levels);
    return call_stock(lua);
}

/* Elements from `first` to `last`, charged; the stock function checks the rest. */
static void charge_range(lua_State *lua, lua_Integer first, lua_Integer last)
{
    if (last >= first)
        sandbox_charge(lua, (lua_Unsigned)last - (lua_Unsigned)first);
    sandbox_charge(lua, 1);
}

static int table_move(lua_State *lua)
{
    plain_length(lua, 1);
    if (!lua_isnoneornil(lua, 5))
        plain_length(lua, 5);
    charge_range(lua, luaL_checkinteger(lua, 2), luaL_checkinteger(lua, 3));
    return call_stock(lua);
}

static int table_unpack(lua_State *lua)
{
    lua_Unsigned length = plain_length(lua, 1);

    charge_range(lua, luaL_optinteger(lua, 2, 1), luaL_optinteger(lua, 3, (lua_Integer)length));
    return call_stock(lua);
}

static int table_concat(lua_State *lua)
{
    lua_Unsigned length = plain_length(lua, 1);

    charge_range(lua, luaL_optinteger(lua, 3, 1), luaL_optinteger(lua, 4, (lua_Integer)length));
    return call_stock(lua);
}

static int table_pack(lua_State *lua)
{
    sandbox_charge(lua, 1 + (uint64_t)lua_gettop(lua));
    return call_stock(lua);
}

void sandbox_push_table(lua_State *lua)
{
    static const luaL_Reg guarded[] = {{"concat", table_concat}, {"insert", table_insert},
                                       {"move", table_move},     {"pack", table_pack},
                                       {"remove", table_remove}, {"sort", table_sort},
                                       {"unpack", table_unpack}, {NULL, NULL}};

    luaL_requiref(lua, "table", luaopen_table, 0);
    lua_newtable(lua);
    for (const luaL_Reg *entry = guarded; entry->name; entry++) {
        lua_getfield(lua, -2, entry->name);
        lua_pushcclosure(lua, entry->func, 1);
        lua_setfield(lua, -2, entry->name);
    }
    lua_remove(lua, -2);
}
