/* Our matcher against Lua's own on thousands of small random patterns, and its budget on a pattern
 * that keeps the stock matcher busy for longer than anybody waits. */
#include "engine/script/pattern.h"

#include <check.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"

#define ROUNDS 60000

static lua_State *lua;

static void open_lua(void)
{
    lua = luaL_newstate();
    luaL_openlibs(lua);
}

static void close_lua(void)
{
    lua_close(lua);
}

/* A random text over few pieces, so that matches are common. */
static size_t random_text(struct random_stream *random, const char *const *pieces, size_t count,
                          size_t most, char *text)
{
    size_t size = 0, parts = random_below(random, most + 1);

    for (size_t i = 0; i < parts; i++) {
        const char *piece = pieces[random_below(random, count)];
        memcpy(text + size, piece, strlen(piece));
        size += strlen(piece);
    }
    text[size] = '\0';
    return size;
}

/* Patterns without these are plain texts to string.find, though not to the matcher: "a)". */
static bool is_plain(const char *pattern)
{
    return strpbrk(pattern, "^$*+?.([%-") == NULL;
}

/* string.find(subject, pattern, init) of the stock library; its results stay on the stack. */
static bool stock_find(const char *subject, size_t size, const char *pattern, size_t pattern_size)
{
    lua_settop(lua, 0);
    lua_getglobal(lua, "string");
    lua_getfield(lua, -1, "find");
    lua_remove(lua, 1);
    lua_pushlstring(lua, subject, size);
    lua_pushlstring(lua, pattern, pattern_size);
    return lua_pcall(lua, 2, LUA_MULTRET, 0) == LUA_OK;
}

static void same_captures(const char *subject, const struct pattern_match *match, const char *what)
{
    ck_assert_msg(lua_gettop(lua) == 2 + (int)match->capture_count, "%s: captures", what);
    for (size_t i = 0; i < match->capture_count; i++) {
        const struct pattern_capture *capture = &match->captures[i];
        if (capture->position) {
            ck_assert_msg(lua_tointeger(lua, 3 + (int)i) == (lua_Integer)capture->start + 1,
                          "%s: position %d", what, (int)i);
            continue;
        }
        size_t size;
        const char *text = lua_tolstring(lua, 3 + (int)i, &size);
        ck_assert_msg(text && size == capture->length &&
                          memcmp(text, subject + capture->start, size) == 0,
                      "%s: capture %d", what, (int)i);
    }
}

static void compare(const char *subject, size_t size, const char *pattern, size_t pattern_size)
{
    bool anchored = pattern_size > 0 && pattern[0] == '^';
    bool stock = stock_find(subject, size, pattern, pattern_size);
    uint64_t steps = 10000000;
    struct pattern_match match;
    char what[256];
    enum pattern_result result = pattern_find(subject, size, 0, anchored, pattern + anchored,
                                              pattern_size - anchored, &steps, &match);

    snprintf(what, sizeof what, "find(\"%s\", \"%s\")", subject, pattern);
    ck_assert_msg(stock == (result != PATTERN_MALFORMED), "%s: %s, stock: %s", what,
                  result == PATTERN_MALFORMED ? match.error : "well formed",
                  stock ? "well formed" : lua_tostring(lua, -1));
    if (!stock)
        return;
    ck_assert_msg((result == PATTERN_MATCHED) == !lua_isnil(lua, 1), "%s: matched?", what);
    if (result != PATTERN_MATCHED)
        return;
    ck_assert_msg(lua_tointeger(lua, 1) == (lua_Integer)match.start + 1 &&
                      lua_tointeger(lua, 2) == (lua_Integer)match.end,
                  "%s: %d-%d, stock %d-%d", what, (int)match.start + 1, (int)match.end,
                  (int)lua_tointeger(lua, 1), (int)lua_tointeger(lua, 2));
    same_captures(subject, &match, what);
}

START_TEST(agrees_with_the_stock_matcher)
{
    static const char *const subjects[] = {"a", "b", "ab", "1", " ", "(", ")", "A", ".", "-", "]"};
    static const char *const pieces[] = {
        "a",    "b",    ".",     "%a",    "%d",  "%s",   "%w", "%A",   "%p",     "%.",
        "[ab]", "[^a]", "[a-c]", "[%a_]", "[]]", "[^]]", "*",  "+",    "-",      "?",
        "(",    ")",    "()",    "$",     "^",   "%1",   "%2", "%b()", "%f[%a]", "%f",
        "%",    "[",    "]",     "%x",    "%u",  "%l",   "%g", "%c",   "[a-]"};
    struct random_stream random;
    char subject[64], pattern[128];

    random_stream_init(&random, 20240501);
    for (int i = 0; i < ROUNDS; i++) {
        size_t size =
            random_text(&random, subjects, sizeof subjects / sizeof *subjects, 12, subject);
        size_t pattern_size =
            random_text(&random, pieces, sizeof pieces / sizeof *pieces, 6, pattern);
        if (!is_plain(pattern))
            compare(subject, size, pattern, pattern_size);
    }
}
END_TEST

START_TEST(zero_bytes_are_ordinary)
{
    compare("a\0b", 3, "a%zb", 4);
    compare("a\0b", 3, "a\0b", 3);
    compare("a\0b", 3, "[^a]", 4);
    compare("\0\0a", 3, "%f[%a]", 6);
}
END_TEST

START_TEST(as_many_captures_as_stock)
{
    char pattern[200] = "";

    for (int i = 0; i < PATTERN_CAPTURES_MAX; i++)
        strcat(pattern, "(a)");
    compare("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 37, pattern, strlen(pattern));
    strcat(pattern, "(a)");
    compare("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 37, pattern, strlen(pattern));
}
END_TEST

START_TEST(a_slow_pattern_spends_its_budget)
{
    const char *pattern = "a-a-a-a-a-a-a-a-a-a-a-a-b";
    char subject[1000];
    uint64_t steps = 1000000;
    struct pattern_match match;

    memset(subject, 'a', sizeof subject);
    ck_assert_int_eq(
        pattern_find(subject, sizeof subject, 0, false, pattern, strlen(pattern), &steps, &match),
        PATTERN_SPENT);
    ck_assert_uint_eq(steps, 0);
}
END_TEST

START_TEST(every_kind_of_work_is_paid_for)
{
    /* Balance, repetition, back reference and plain walking: none may be free. */
    static const char *const patterns[] = {"%b()", "(.*)%1$", ".*x", "[^y]*x", "()x"};
    char subject[20000];
    struct pattern_match match;

    memset(subject, '(', sizeof subject);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        uint64_t steps = 50000;
        ck_assert_msg(pattern_find(subject, sizeof subject, 0, false, patterns[i],
                                   strlen(patterns[i]), &steps, &match) == PATTERN_SPENT ||
                          steps < 50000 - sizeof subject / 2,
                      "%s", patterns[i]);
    }
}
END_TEST

START_TEST(deep_patterns_are_refused)
{
    char pattern[1000];
    uint64_t steps = 10000000;
    struct pattern_match match;

    memset(pattern, 0, sizeof pattern);
    for (size_t i = 0; i < 400; i++)
        memcpy(pattern + 2 * i, "a?", 2);
    char subject[500];
    memset(subject, 'a', sizeof subject);
    ck_assert_int_eq(pattern_find(subject, sizeof subject, 0, false, pattern, 800, &steps, &match),
                     PATTERN_MALFORMED);
    ck_assert_str_eq(match.error, "pattern too complex");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pattern");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, open_lua, close_lua);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, agrees_with_the_stock_matcher);
    tcase_add_test(tests, zero_bytes_are_ordinary);
    tcase_add_test(tests, as_many_captures_as_stock);
    tcase_add_test(tests, a_slow_pattern_spends_its_budget);
    tcase_add_test(tests, every_kind_of_work_is_paid_for);
    tcase_add_test(tests, deep_patterns_are_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
