#include <check.h>
#include <stdlib.h>

#include "common/webrtc/sdp/sdp_pool.h"

START_TEST(lends_each_description_to_one_only)
{
    struct sdp *lent[8];

    for (size_t i = 0; i < 8; i++) {
        lent[i] = sdp_borrow();
        ck_assert_ptr_nonnull(lent[i]);
        for (size_t k = 0; k < i; k++)
            ck_assert_ptr_ne(lent[i], lent[k]);
    }
    for (size_t i = 0; i < 8; i++)
        sdp_give_back(lent[i]); /* more than are kept: none may leak */
}
END_TEST

START_TEST(lends_again_what_came_back)
{
    struct sdp *sdp = sdp_borrow();

    sdp_give_back(sdp);
    ck_assert_ptr_eq(sdp_borrow(), sdp);
    sdp_give_back(sdp);
    sdp_give_back(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sdp_pool");
    TCase *cases = tcase_create("pool");
    tcase_add_test(cases, lends_each_description_to_one_only);
    tcase_add_test(cases, lends_again_what_came_back);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
