#include "common/webrtc/sdp/sdp.h"
#include "sdp_vectors.h"

static const char *const vectors[] = {
    "chromium-call-offer",
    "chromium-call-offer-trickle",
    "chromium-call-answer",
    "chromium-again-offer",
    "chromium-again-answer",
    "chromium-slots-offer",
    "chromium-slots-answer",
    "chromium-simulcast-offer",
    "chromium-simulcast-answer",
    "chromium-data-offer",
    "own-offer",
    "chromium-answer-to-own-offer",
};

START_TEST(what_is_written_reads_the_same)
{
    struct sdp *first = vector_sdp(vectors[_i]);
    struct buffer text;
    buffer_init(&text, SDP_TEXT_MAX);
    ck_assert_int_eq(sdp_write(first, &text), STATUS_OK);
    struct sdp *second = parse_text(buffer_string(&text));
    /* Plain data without padding between its meaningful bytes, the rest was zero. */
    ck_assert_msg(memcmp(first, second, sizeof *first) == 0, "%s differs", vectors[_i]);
    buffer_finish(&text);
    free(first);
    free(second);
}
END_TEST

START_TEST(lines_end_with_cr_lf)
{
    struct sdp *sdp = vector_sdp("chromium-call-offer");
    struct buffer text;
    buffer_init(&text, SDP_TEXT_MAX);
    ck_assert_int_eq(sdp_write(sdp, &text), STATUS_OK);
    const char *at = buffer_string(&text);
    size_t lines = 0;
    for (const char *feed = strchr(at, '\n'); feed != NULL; feed = strchr(feed + 1, '\n')) {
        ck_assert_int_eq(feed[-1], '\r');
        lines++;
    }
    ck_assert_uint_gt(lines, 100);
    ck_assert_int_eq(at[text.size - 1], '\n');
    buffer_finish(&text);
    free(sdp);
}
END_TEST

START_TEST(keeps_the_name_of_an_unknown_section)
{
    struct sdp *first = parse_text("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
                                   "m=text 0 RTP/AVP 98\r\n");
    ck_assert_int_eq(first->media[0].kind, SDP_OTHER);
    struct buffer text;
    buffer_init(&text, SDP_TEXT_MAX);
    ck_assert_int_eq(sdp_write(first, &text), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(buffer_string(&text), "m=text 0 RTP/AVP 98\r\n"));
    buffer_finish(&text);
    free(first);
}
END_TEST

START_TEST(says_when_it_does_not_fit)
{
    struct sdp *sdp = vector_sdp("chromium-call-offer");
    struct buffer text;
    buffer_init(&text, 1000);
    ck_assert_int_eq(sdp_write(sdp, &text), STATUS_TOO_LARGE);
    buffer_finish(&text);
    free(sdp);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sdp_write");
    TCase *cases = tcase_create("write");
    tcase_add_loop_test(cases, what_is_written_reads_the_same, 0,
                        (int)(sizeof vectors / sizeof vectors[0]));
    tcase_add_test(cases, lines_end_with_cr_lf);
    tcase_add_test(cases, keeps_the_name_of_an_unknown_section);
    tcase_add_test(cases, says_when_it_does_not_fit);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
