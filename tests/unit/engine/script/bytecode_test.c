/* Names found in compiled chunks, with their lines; damaged chunks are refused and read nowhere
 * else. */
#include "engine/script/bytecode.h"

#include <check.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"
#include "common/base/random.h"

static char found[4096];

static void on_use(void *arg, enum bytecode_use use, const char *name, int line)
{
    static const char words[] = "rwmf";
    size_t used = strlen(found);

    (void)arg;
    snprintf(found + used, sizeof found - used, "%c:%s:%d ", words[use], name, line);
}

static int append(lua_State *lua, const void *data, size_t size, void *arg)
{
    (void)lua;
    buffer_append(arg, data, size);
    return 0;
}

static void compile(const char *text, struct buffer *ret_chunk)
{
    lua_State *lua = luaL_newstate();

    ck_assert_int_eq(luaL_loadstring(lua, text), LUA_OK);
    buffer_init(ret_chunk, 1 << 20);
    ck_assert_int_eq(lua_dump(lua, append, ret_chunk, 0), 0);
    lua_close(lua);
}

static void scan(const char *text)
{
    struct buffer chunk;

    found[0] = '\0';
    compile(text, &chunk);
    ck_assert_int_eq(bytecode_scan(chunk.data, chunk.size, on_use, NULL), STATUS_OK);
    buffer_finish(&chunk);
}

static void has(const char *use)
{
    ck_assert_msg(strstr(found, use), "'%s' is missing in: %s", use, found);
}

START_TEST(globals_and_methods_have_lines)
{
    scan("local x = print\n\nfunction twice(me)\n  me:danse('a')\n  return sleep(1)\nend\n"
         "x.field = 3\n");
    has("r:print:1 ");
    has("m:danse:4 ");
    has("r:sleep:5 ");
    has("w:twice:");
    has("f:field:7 ");
}
END_TEST

START_TEST(locals_and_fields_are_no_globals)
{
    scan("local a = {}\nlocal function f(b) return b.c + a.d end\nreturn f");
    ck_assert_ptr_null(strstr(found, "r:"));
    ck_assert_ptr_null(strstr(found, "w:"));
}
END_TEST

START_TEST(lines_are_right_in_long_functions)
{
    char text[20000] = "";

    /* Steps larger than a byte and more than 128 instructions force absolute line numbers. */
    for (int i = 0; i < 300; i++)
        strcat(text, i % 50 == 49 ? "unknown()"
                                    "\n"
                                  : "local x\nx = 1 + 1\n" + (i >= 180 ? 8 : 0));
    scan(text);
    int line = 0, expected = 0;
    char *at = found;
    for (int i = 0; i < 300; i++) {
        expected += i % 50 == 49 ? 1 : i >= 180 ? 1 : 2;
        if (i % 50 != 49)
            continue;
        at = strstr(at, "r:unknown:");
        ck_assert_ptr_nonnull(at);
        ck_assert_int_eq(sscanf(at, "r:unknown:%d", &line), 1);
        ck_assert_int_eq(line, expected);
        at++;
    }
}
END_TEST

START_TEST(a_gap_of_many_lines)
{
    char text[2000];

    memset(text, '\n', 400);
    strcpy(text + 400, "far()\n");
    scan(text);
    has("r:far:401 ");
}
END_TEST

START_TEST(every_cut_chunk_is_refused)
{
    struct buffer chunk;

    compile("local t = {}\nfunction t.f(a, ...) return a:b('x', 1, 2.5, true, nil) end\nreturn g",
            &chunk);
    for (size_t size = 0; size < chunk.size; size++)
        ck_assert_int_eq(bytecode_scan(chunk.data, size, on_use, NULL), STATUS_MALFORMED);
    buffer_finish(&chunk);
}
END_TEST

START_TEST(damaged_chunks_do_no_harm)
{
    struct random_stream random;
    struct buffer chunk;

    random_stream_init(&random, 9);
    compile("local t = {}\nfunction t.f(a, ...) return a:b('x', 1, 2.5, true, nil) end\nreturn g",
            &chunk);
    for (int i = 0; i < 20000; i++) {
        size_t at = random_below(&random, chunk.size);
        uint8_t kept = chunk.data[at];
        chunk.data[at] = (uint8_t)random_u64(&random);
        found[0] = '\0';
        enum status status = bytecode_scan(chunk.data, chunk.size, on_use, NULL);
        ck_assert(status == STATUS_OK || status == STATUS_MALFORMED);
        chunk.data[at] = kept;
    }
    buffer_finish(&chunk);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bytecode");
    TCase *tests = tcase_create("all");

    tcase_add_test(tests, globals_and_methods_have_lines);
    tcase_add_test(tests, locals_and_fields_are_no_globals);
    tcase_add_test(tests, lines_are_right_in_long_functions);
    tcase_add_test(tests, a_gap_of_many_lines);
    tcase_add_test(tests, every_cut_chunk_is_refused);
    tcase_add_test(tests, damaged_chunks_do_no_harm);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
