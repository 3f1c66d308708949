#include "common/base/digest.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Vectors of the FNV authors' test suite (test_fnv.c). */
START_TEST(the_authors_vectors_hold)
{
    static const struct {
        const char *content;
        uint64_t digest;
    } vectors[] = {{"", UINT64_C(0xcbf29ce484222325)},
                   {"a", UINT64_C(0xaf63dc4c8601ec8c)},
                   {"foobar", UINT64_C(0x85944171f73967e8)}};

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        ck_assert_uint_eq(digest_add(DIGEST_EMPTY, vectors[i].content, strlen(vectors[i].content)),
                          vectors[i].digest);
}
END_TEST

START_TEST(parts_make_the_whole)
{
    char text[DIGEST_TEXT_SIZE];

    digest_format(digest_add(digest_add(DIGEST_EMPTY, "foo", 3), "bar", 3), text);
    ck_assert_str_eq(text, "fnv1a64:85944171f73967e8");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("digest");
    TCase *tcase = tcase_create("digest");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, the_authors_vectors_hold);
    tcase_add_test(tcase, parts_make_the_whole);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
