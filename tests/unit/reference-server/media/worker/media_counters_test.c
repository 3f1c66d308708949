#include "reference-server/media/worker/media_counters.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct media_counters *workers[2];
static struct buffer out;

static void setup(void)
{
    for (int i = 0; i < 2; i++) {
        workers[i] = calloc(1, sizeof *workers[i]);
        ck_assert_ptr_nonnull(workers[i]);
    }
    buffer_init(&out, 1 << 20);
}

static void teardown(void)
{
    buffer_finish(&out);
    free(workers[0]);
    free(workers[1]);
}

static const char *text(void)
{
    buffer_clear(&out);
    media_counters_write((const struct media_counters *const *)workers, 2, &out);
    ck_assert(!out.failed);
    return buffer_string(&out);
}

START_TEST(counts_are_told_by_worker_and_cause)
{
    media_count(workers[1], MEDIA_COUNTER_rtp_in);
    media_count_many(workers[1], MEDIA_COUNTER_rtp_in, 41);
    media_drop(workers[0], MEDIA_DROP_replayed);
    ck_assert_ptr_nonnull(strstr(text(), "caseload_media_rtp_in_total{worker=\"1\"} 42\n"));
    ck_assert_ptr_nonnull(strstr(text(), "caseload_media_rtp_in_total{worker=\"0\"} 0\n"));
    ck_assert_ptr_nonnull(
        strstr(text(), "caseload_media_drops_total{worker=\"0\",cause=\"replayed\"} 1\n"));
    ck_assert_uint_eq(media_counted(workers[1], MEDIA_COUNTER_rtp_in), 42);
    ck_assert_uint_eq(media_dropped(workers[0], MEDIA_DROP_replayed), 1);
}
END_TEST

/* Cumulative, as OpenMetrics has them; the histogram behind it is exact to 1/64. */
START_TEST(latency_is_told_in_buckets)
{
    for (int i = 1; i <= 1000; i++)
        media_latency(workers[0], i);
    media_latency(workers[0], -1);
    media_latency(workers[0], INT64_MAX); /* a stepped clock is one outlier, no crash */
    const char *written = text();
    ck_assert_ptr_nonnull(strstr(written, "_bucket{worker=\"0\",le=\"2e-05\"} 20\n"));
    ck_assert_ptr_nonnull(strstr(written, "_bucket{worker=\"0\",le=\"0.0005\"} 503\n"));
    ck_assert_ptr_nonnull(strstr(written, "_bucket{worker=\"0\",le=\"0.5\"} 1000\n"));
    ck_assert_ptr_nonnull(strstr(written, "_bucket{worker=\"0\",le=\"+Inf\"} 1001\n"));
    ck_assert_ptr_nonnull(strstr(written, "latency_seconds_count{worker=\"0\"} 1001\n"));
    ck_assert_ptr_nonnull(strstr(written, "caseload_media_clock_steps_total{worker=\"0\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(written, "latency_seconds_count{worker=\"1\"} 0\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/worker/media_counters");
    TCase *cases = tcase_create("media_counters");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, counts_are_told_by_worker_and_cause);
    tcase_add_test(cases, latency_is_told_in_buckets);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
