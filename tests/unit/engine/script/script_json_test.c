/* JSON to Lua and back, and what must be refused either way. */
#include "engine/script/script_json.h"

#include <check.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "engine/script/sandbox.h"

static struct sandbox sandbox;

static void begin(void)
{
    ck_assert_int_eq(sandbox_init(&sandbox, NULL), STATUS_OK);
}

static void end(void)
{
    sandbox_finish(&sandbox);
}

static int run(lua_State *lua)
{
    const char *text = lua_touserdata(lua, 1);

    if (sandbox_load(lua, text, strlen(text), "@test.lua") != STATUS_OK)
        return lua_error(lua);
    lua_newtable(lua);
    sandbox_push_library(lua);
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pushvalue(lua, -2);
        lua_insert(lua, -2);
        lua_settable(lua, -5);
    }
    lua_pop(lua, 1);
    script_json_push(lua);
    lua_setfield(lua, -2, "json");
    lua_setupvalue(lua, -2, 1);
    lua_call(lua, 0, 1);
    return 1;
}

static void gives(const char *text, const char *value)
{
    lua_settop(sandbox.lua, 0);
    sandbox_refill(&sandbox);
    lua_pushcfunction(sandbox.lua, run);
    lua_pushlightuserdata(sandbox.lua, (void *)text);
    lua_pcall(sandbox.lua, 1, 1, 0);
    const char *result = luaL_tolstring(sandbox.lua, -1, NULL);
    ck_assert_msg(strcmp(result, value) == 0, "%s\n gives %s", text, result);
}

START_TEST(encodes)
{
    gives("return json.encode({ b = 1, a = 'x', c = { 1, 2.5, true } })",
          "{\"a\":\"x\",\"b\":1,\"c\":[1,2.5,true]}");
    gives("return json.encode({})", "{}");
    gives("return json.encode(json.array {})", "[]");
    gives("return json.encode({ x = json.null, y = nil })", "{\"x\":null}");
    gives("return json.encode('\\195\\164\"\\n')", "\"\303\244\\\"\\n\"");
    gives("return json.encode(9007199254740993)", "9007199254740993");
    gives("return json.encode(json.decode('[]'))", "[]");
}
END_TEST

START_TEST(decodes)
{
    gives("return json.decode('{\"a\":[1,{\"b\":\"c\"}]}').a[2].b", "c");
    gives("return math.type(json.decode('3'))", "integer");
    gives("return math.type(json.decode('3.0'))", "float");
    gives("return json.decode('{\"a\":null}').a", "nil");
    gives("return #json.decode('[1,null,3]')", "3");
    gives("return json.decode('[null]')[1] == json.null", "true");
    gives("return json.decode('\"\\\\u00e4\"')", "\303\244");
}
END_TEST

START_TEST(refuses_to_read)
{
    gives("return select(2, json.decode('{\"a\":1,}'))",
          "line 1, column 8: string or '}' expected near '}'");
    gives("return select(2, json.decode('{\"a\":1,\"a\":2}'))",
          "line 1, column 10: duplicate object key near '\"a\"'");
    gives("return json.decode('')", "nil");
    gives("return json.decode('[1] x')", "nil");
    gives("return json.decode('\"\\xff\"')", "nil");
    gives("return select(2, json.decode(('['):rep(40) .. (']'):rep(40)))", "nested too deeply");
    gives("return type(json.decode(('['):rep(32) .. (']'):rep(32)))", "table");
    gives("return json.decode(('['):rep(100000))", "nil");
    gives("return select(2, json.decode((' '):rep(5000):rep(1000)))", "larger than 4 MiB");
}
END_TEST

START_TEST(refuses_to_write)
{
    gives("return json.encode({ f = print })",
          "test.lua:1: json.encode: functions and handles cannot be written as JSON");
    gives("return json.encode({ 0 / 0 })", "test.lua:1: json.encode: a number is not finite");
    gives("return json.encode({ [true] = 1 })",
          "test.lua:1: json.encode: a table mixes names and other keys");
    gives("return json.encode('\\255')", "test.lua:1: json.encode: a text is not valid UTF-8");
    gives("local t = {} t.t = t return json.encode(t)",
          "test.lua:1: json.encode: nested too deeply");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("script_json");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, encodes);
    tcase_add_test(tests, decodes);
    tcase_add_test(tests, refuses_to_read);
    tcase_add_test(tests, refuses_to_write);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
