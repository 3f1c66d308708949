/* What a script may not do: run for ever (in Lua or inside a C function), take all memory, hide
 * that from its caller, reach the outside. Every row ends quickly and names its line. */
#include "engine/script/sandbox.h"

#include <check.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sandbox sandbox;

static void begin(void)
{
    /* Small, so that the rows are quick under sanitizers too. */
    struct sandbox_limits limits = {.memory_bytes = 160U << 20, .steps = 8000000};

    ck_assert_int_eq(sandbox_init(&sandbox, &limits), STATUS_OK);
}

static void end(void)
{
    sandbox_finish(&sandbox);
    ck_assert_uint_eq(sandbox.memory_bytes, 0);
}

static int load_and_run(lua_State *lua)
{
    const char *text = lua_touserdata(lua, 1);

    if (sandbox_load(lua, text, strlen(text), "@story.lua") != STATUS_OK)
        return lua_error(lua);
    sandbox_push_library(lua);
    lua_setupvalue(lua, -2, 1);
    lua_call(lua, 0, 1);
    return 1;
}

/* Runs `text` as story.lua; its value or its message stays on the stack. */
static int run(const char *text)
{
    lua_settop(sandbox.lua, 0);
    sandbox_refill(&sandbox);
    lua_pushcfunction(sandbox.lua, load_and_run);
    lua_pushlightuserdata(sandbox.lua, (void *)text);
    int status = lua_pcall(sandbox.lua, 1, 1, 0);
    if (status != LUA_OK)
        sandbox_is_fatal(sandbox.lua, status);
    return status;
}

static const char *message(void)
{
    if (sandbox.fatal != SANDBOX_ALIVE)
        return sandbox.message;
    return lua_tostring(sandbox.lua, -1) ? lua_tostring(sandbox.lua, -1) : "";
}

static void gives(const char *text, const char *value)
{
    int status = run(text);

    ck_assert_msg(status == LUA_OK, "%s: %s", text, message());
    ck_assert_msg(strcmp(luaL_tolstring(sandbox.lua, -1, NULL), value) == 0, "%s: %s", text,
                  lua_tostring(sandbox.lua, -1));
}

struct row {
    const char *name, *text, *says;
};

/* ---- what never ends ---- */

static const struct row endless[] = {
    {"in Lua", "local x = 0\nwhile true do x = x + 1 end", "story.lua:2: "},
    {"goto", "::again::\ngoto again", "story.lua:"},
    {"recursion by tail call", "local function f() return f() end\nf()", "story.lua:1: "},
    {"find", "local s = ('a'):rep(1000)\nreturn s:find(('a-'):rep(12) .. 'b')", "story.lua:2: "},
    {"match", "local s = ('a'):rep(3000)\nreturn s:match('(.-)(.-)(.-)(.-)%1%2%3%4x')",
     "story.lua:2: "},
    {"gsub", "local s = ('a'):rep(3000)\nreturn s:gsub('.-.-.-.-b', '')", "story.lua:2: "},
    {"gmatch", "for _ in (('a'):rep(3000)):gmatch('.-.-.-.-b') do end", "story.lua:1: "},
    {"gsub with a looping function", "return ('a'):gsub('a', function() while true do end end)",
     "story.lua:1: "},
    {"sort with a looping order", "table.sort({ 1, 2, 3 }, function() while true do end end)",
     "story.lua:1: "},
    {"rep of nothing in a loop", "while true do local s = (''):rep(1e15) end", "story.lua:1: "},
    {"move", "table.move({}, 1, 1 << 60, 2)", "story.lua:1: "},
    {"insert at the front", "local t = {}\nfor i = 1, 200000 do table.insert(t, 1, i) end",
     "story.lua:2: "},
    {"remove at the front",
     "local t = {}\nfor i = 1, 200000 do t[i] = i end\nwhile #t > 0 do table.remove(t, 1) end",
     "story.lua:3: "},
    {"big copies", "local s = ('a'):rep(1000):rep(20000)\nwhile true do local t = s .. 'b' end",
     "story.lua:2: "},
    {"upper in a loop", "local s = ('a'):rep(1000):rep(20000)\nwhile true do s:upper() end",
     "story.lua:2: "},
    {"pcall swallows it", "while true do pcall(function() while true do end end) end",
     "story.lua:1: "},
    {"pcall of a pattern",
     "local s = ('a'):rep(3000)\nfor i = 1, 1e9 do\n"
     "  pcall(string.find, s, '.-.-.-.-b')\nend",
     "story.lua:3: "},
    {"xpcall with a handler that loops",
     "xpcall(function() while true do end end, function() while true do end end)", "story.lua:1: "},
    {"xpcall in xpcall",
     "local function f() return xpcall(function() while true do end end, f) end\n"
     "while true do f() end",
     "story.lua:1: "},
    {"__index that loops",
     "return setmetatable({}, { __index = function() while true do end end }).x", "story.lua:1: "},
    {"tostring that loops",
     "print(setmetatable({}, { __tostring = function() while true do end end }))", "story.lua:1: "},
    {"loaded text that loops", "load('while true do end')()", ""},
};

START_TEST(endless_work_ends_with_its_line)
{
    const struct row *row = &endless[_i];

    ck_assert_msg(run(row->text) != LUA_OK, "%s: went through", row->name);
    ck_assert_msg(sandbox.fatal == SANDBOX_SPENT, "%s: %s", row->name, message());
    ck_assert_msg(strncmp(message(), row->says, strlen(row->says)) == 0, "%s: %s", row->name,
                  message());
    ck_assert_msg(strstr(message(), "too long"), "%s: %s", row->name, message());
    /* The state lives on. */
    gives("return 1 + 1", "2");
}
END_TEST

/* ---- what takes too much ---- */

static const struct row hungry[] = {
    {"table", "local t = {}\nfor i = 1, 1e9 do t[i] = { i } end", "story.lua:2: "},
    {"pcall around it",
     "local t = {}\nwhile true do pcall(function()\nfor i = 1, 1e9 do t[#t + 1] = { i } end\nend) "
     "end",
     "story.lua:"},
    {"one text", "local s = 'x'\nwhile true do s = s .. s end", "story.lua:2: "},
    {"json-like nesting", "local t = {}\nwhile true do t = { t } end", "story.lua:2: "},
};

START_TEST(memory_has_a_limit)
{
    /* Many steps: memory must be what ends it. */
    struct sandbox_limits limits = {.memory_bytes = 16U << 20, .steps = 4000000000U};

    sandbox_finish(&sandbox);
    ck_assert_int_eq(sandbox_init(&sandbox, &limits), STATUS_OK);
    const struct row *row = &hungry[_i];
    ck_assert_msg(run(row->text) != LUA_OK, "%s: went through", row->name);
    ck_assert_msg(sandbox.fatal == SANDBOX_NO_MEMORY, "%s: %s", row->name, message());
    ck_assert_msg(strncmp(message(), row->says, strlen(row->says)) == 0, "%s: %s", row->name,
                  message());
    ck_assert_msg(strstr(message(), "16 MiB"), "%s", message());
    gives("return #('x'):rep(1000)", "1000");
}
END_TEST

static const struct row refused[] = {
    {"rep", "return ('x'):rep(1e9)", "story.lua:1: string.rep: the result would be larger"},
    {"rep with separator", "return (''):rep(1e9, 'xyz')", "story.lua:1: string.rep"},
    {"finalizer", "setmetatable({}, { __gc = function() end })",
     "story.lua:1: '__gc' is not available"},
    {"closer", "setmetatable({}, { __close = function() end })", "story.lua:1: '__close'"},
    {"weak table", "setmetatable({}, { __mode = 'k' })", "story.lua:1: '__mode'"},
    {"bytecode", "return assert(load('\\27Lua'))", "attempt to load a binary chunk"},
    {"reader function", "return load(function() return '' end)",
     "story.lua:1: bad argument #1 to 'load'"},
    {"string metatable", "return getmetatable('').__index.x",
     "story.lua:1: attempt to index a boolean"},
    {"sort with metamethods",
     "table.sort(setmetatable({}, { __len = function() return 1e15 end }))",
     "story.lua:1: bad argument #1 to 'sort'"},
    {"concat with metamethods",
     "table.concat(setmetatable({}, { __index = tostring }), '', 1, 1e15)",
     "story.lua:1: bad argument #1 to 'concat'"},
    {"insert with metamethods",
     "table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 0)",
     "story.lua:1: bad argument #1 to 'insert'"},
    {"random", "return math.random()", "story.lua:1: math.random is not available"},
    {"stack", "local function f() return 1 + f() end\nreturn f()", "story.lua:1: stack overflow"},
    {"malformed pattern", "return ('x'):find('[a')", "story.lua:1: malformed pattern"},
};

START_TEST(refused_with_its_line)
{
    const struct row *row = &refused[_i];

    ck_assert_msg(run(row->text) != LUA_OK, "%s: went through", row->name);
    ck_assert_msg(strstr(message(), row->says), "%s: %s", row->name, message());
}
END_TEST

START_TEST(the_outside_is_not_there)
{
    static const char *const names[] = {"os",        "io",       "debug",   "package",
                                        "dofile",    "loadfile", "require", "collectgarbage",
                                        "coroutine", "_G",       "warn"};
    char text[100];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(text, sizeof text, "return %s == nil", names[i]);
        gives(text, "true");
    }
    gives("return string.dump == nil and string.pack == nil", "true");
}
END_TEST

/* ---- what works as anywhere ---- */

START_TEST(protected_calls_work)
{
    gives("local ok, e = pcall(error, 'x', 0) return tostring(ok) .. e", "falsex");
    gives("local ok, e = pcall(error, { 5 }) return e[1]", "5");
    gives("return select('#', pcall(function() return 1, nil, 3 end))", "4");
    gives("return select(2, xpcall(function() error('x', 0) end, function(e) return e .. '!' end))",
          "x!");
    gives("return select('#', xpcall(function(...) return ... end, print, 1, 2))", "3");
    gives("return select(2, xpcall(error, tostring, 'y', 0))", "y");
}
END_TEST

START_TEST(strings_work)
{
    gives("return ('hello world'):gsub('o', '0')", "hell0 w0rld");
    gives("return (('hello'):gsub('', '-'))", "-h-e-l-l-o-");
    gives("return (('abc'):gsub('%w', '%0%0'))", "aabbcc");
    gives("return (('abc'):gsub('(a)(b)', '%2%1'))", "bac");
    gives("return (('$x $y'):gsub('%$(%w+)', { x = 'one' }))", "one $y");
    gives("return (('abc'):gsub('b', function() return false end))", "abc");
    gives("return select(2, ('aaaa'):gsub('a', 'b', 2))", "2");
    gives("return (('abab'):gsub('^ab', 'x'))", "xab");
    gives("local r = {} for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do r[#r + 1] = k .. v end "
          "return table.concat(r, ' ')",
          "a1 b2");
    gives("local n = 0 for _ in ('abc'):gmatch('') do n = n + 1 end return n", "4");
    gives("return ('a.b'):find('.', 1, true)", "2");
    gives("return ('abc'):find('c', -1)", "3");
    gives("return ('abc'):find('b', 10)", "nil");
    gives("return ('key = value'):match('^(%w+)%s*=%s*(%w+)$')", "key");
    gives("return ('x'):rep(3, ',')", "x,x,x");
    gives("return ('%5.1f|%s|%d'):format(2.25, 'y', 3)", "  2.2|y|3");
    gives("return utf8.len('\\u{e4}b')", "2");
}
END_TEST

START_TEST(tables_work)
{
    gives("local t = { 3, 1, 2 } table.sort(t) return table.concat(t, ',')", "1,2,3");
    gives(
        "local t = {} table.insert(t, 'a') table.insert(t, 1, 'b') return t[1] .. table.remove(t)",
        "ba");
    gives("return table.unpack({ 1, 2, 3 }, 2)", "2");
    gives("return table.pack(1, nil, 3).n", "3");
    gives("return table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), ',')", "1,1,2,3");
}
END_TEST

/* A fixture of a thousand clinics is such a list; paid by its length each time it was too dear. */
START_TEST(a_list_grows_and_shrinks_at_its_end_for_the_price_of_one)
{
    gives("local t = {} for i = 1, 200000 do table.insert(t, i) end\n"
          "local sum = 0 while #t > 0 do sum = sum + table.remove(t) end return sum",
          "20000100000");
}
END_TEST

START_TEST(the_engines_own_frames_are_not_the_culprit)
{
    static const char inner[] = "local function slow() while true do end end return slow";

    lua_settop(sandbox.lua, 0);
    sandbox_refill(&sandbox);
    ck_assert_int_eq(sandbox_load(sandbox.lua, inner, sizeof inner - 1, "=prelude/x.lua"),
                     STATUS_OK);
    ck_assert_int_eq(lua_pcall(sandbox.lua, 0, 1, 0), LUA_OK);
    static const char outer[] = "local slow = ...\n\nslow()\nreturn 1";
    ck_assert_int_eq(sandbox_load(sandbox.lua, outer, sizeof outer - 1, "@story.lua"), STATUS_OK);
    lua_insert(sandbox.lua, 1);
    ck_assert_int_ne(lua_pcall(sandbox.lua, 1, 1, 0), LUA_OK);
    ck_assert_msg(strncmp(sandbox.message, "story.lua:3: ", 13) == 0, "%s", sandbox.message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, endless_work_ends_with_its_line, 0,
                        sizeof endless / sizeof *endless);
    tcase_add_loop_test(tests, memory_has_a_limit, 0, sizeof hungry / sizeof *hungry);
    tcase_add_loop_test(tests, refused_with_its_line, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tests, the_outside_is_not_there);
    tcase_add_test(tests, protected_calls_work);
    tcase_add_test(tests, strings_work);
    tcase_add_test(tests, tables_work);
    tcase_add_test(tests, a_list_grows_and_shrinks_at_its_end_for_the_price_of_one);
    tcase_add_test(tests, the_engines_own_frames_are_not_the_culprit);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
