#include "engine/measure/metrics.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct metric_value find(const struct metrics *metrics, const char *name, const char *tag)
{
    struct metric_value value;
    ck_assert_msg(metrics_find(metrics, name, tag, &value), "%s{%s}", name, tag);
    return value;
}

START_TEST(every_name_is_there_once)
{
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        const struct metric_info *info = metric_info((enum metric)i);
        ck_assert_msg(metric_by_name(info->name) == (enum metric)i, "%s is there twice",
                      info->name);
    }
    ck_assert_int_eq(metric_by_name("no.such"), METRIC_COUNT);
}
END_TEST

START_TEST(records_in_all_and_by_tag)
{
    struct metrics *metrics = metrics_create();
    unsigned patient = metrics_tag(metrics, "role=patient");
    unsigned video = metrics_tag(metrics, "kind=video");
    ck_assert_uint_ne(patient, 0);
    ck_assert_uint_eq(metrics_tag(metrics, "role=patient"), patient);
    metric_record(metrics, METRIC_FRAME_LATENCY, 1000, patient, video);
    metric_record(metrics, METRIC_FRAME_LATENCY, 3000, patient, patient); /* once, not twice */
    metric_record(metrics, METRIC_FRAME_LATENCY, 9000, 0, 0);
    metric_record(metrics, METRIC_FRAMES_LOST, 5, video, 0);
    metric_record(metrics, METRIC_FRAMES_LOST, 2, 0, 0);

    ck_assert_uint_eq(find(metrics, "frame.latency", "").histogram->count, 3);
    ck_assert_uint_eq(find(metrics, "frame.latency", "role=patient").histogram->count, 2);
    ck_assert_int_eq(find(metrics, "frame.latency", "kind=video").histogram->max, 1000);
    ck_assert_int_eq(find(metrics, "frame.lost", "").sum, 7);
    ck_assert_int_eq(find(metrics, "frame.lost", "kind=video").sum, 5);
    ck_assert_ptr_null(find(metrics, "frame.lost", "").histogram);

    struct metric_value value;
    ck_assert(!metrics_find(metrics, "frame.lost", "role=patient", &value));
    ck_assert(!metrics_find(metrics, "frame.lost", "role=nobody", &value));
    ck_assert(!metrics_find(metrics, "video.psnr", "", &value));
    ck_assert_ptr_nonnull(value.info);
    ck_assert(!metrics_find(metrics, "no.such", "", &value));
    ck_assert_ptr_null(value.info);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(a_pair_stands_for_both_of_its_tags)
{
    struct metrics *metrics = metrics_create();
    unsigned patient = metrics_tag(metrics, "role=patient");
    unsigned nurse = metrics_tag(metrics, "role=nurse"), story = metrics_tag(metrics, "story=a");
    unsigned video = metrics_tag(metrics, "kind=video");
    unsigned both = metrics_tag_both(metrics, patient, story);
    ck_assert_uint_eq(metrics_tag_both(metrics, patient, story), both);
    ck_assert_uint_ne(metrics_tag_both(metrics, nurse, story), both);
    ck_assert_uint_eq(metrics_tag_both(metrics, patient, 0), patient);
    ck_assert_uint_eq(metrics_tag_both(metrics, 0, story), story);
    metric_record(metrics, METRIC_FRAME_LATENCY, 1000, both, video);
    metric_record(metrics, METRIC_FRAME_LATENCY, 3000, 0, metrics_tag_both(metrics, nurse, story));
    metric_record(metrics, METRIC_FRAMES_LOST, 5, both, 0);
    unsigned three = metrics_tag_both(metrics, metrics_tag(metrics, "net=dsl"), both);
    metric_record(metrics, METRIC_FRAMES_RECEIVED, 7, three, 0);

    ck_assert_int_eq(find(metrics, "frame.received", "").sum, 7);
    ck_assert_int_eq(find(metrics, "frame.received", "net=dsl").sum, 7);
    ck_assert_int_eq(find(metrics, "frame.received", "role=patient").sum, 7);
    ck_assert_int_eq(find(metrics, "frame.received", "story=a").sum, 7);
    ck_assert_uint_eq(find(metrics, "frame.latency", "").histogram->count, 2);
    ck_assert_uint_eq(find(metrics, "frame.latency", "story=a").histogram->count, 2);
    ck_assert_uint_eq(find(metrics, "frame.latency", "role=patient").histogram->count, 1);
    ck_assert_uint_eq(find(metrics, "frame.latency", "kind=video").histogram->count, 1);
    ck_assert_int_eq(find(metrics, "frame.lost", "story=a").sum, 5);
    ck_assert_int_eq(find(metrics, "frame.lost", "").sum, 5);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(counts_tags_that_find_no_room)
{
    struct metrics *metrics = metrics_create();
    for (unsigned i = 0; i < METRICS_TAGS_MAX; i++) {
        char tag[32];
        snprintf(tag, sizeof tag, "room=%u", i);
        ck_assert_uint_ne(metrics_tag(metrics, tag), 0);
    }
    ck_assert_uint_eq(metrics_tag(metrics, "one=more"), 0);
    ck_assert_uint_eq(metrics_tag(metrics, ""), 0);
    ck_assert_uint_eq(metrics_tag(metrics, NULL), 0);
    ck_assert_uint_eq(metrics_refused(metrics), 1);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(takes_a_scripts_metrics)
{
    struct metrics *metrics = metrics_create();
    unsigned tag = metrics_tag(metrics, "role=doctor");
    ck_assert_int_eq(metric_record_custom(metrics, "story.decision", "us", 70, tag), STATUS_OK);
    ck_assert_int_eq(metric_record_custom(metrics, "story.decision", "us", 90, 0), STATUS_OK);
    ck_assert_int_eq(metric_record_custom(metrics, "story.decision", "1", 90, 0), STATUS_INVALID);
    ck_assert_int_eq(metric_record_custom(metrics, "frame.latency", "us", 9, 0), STATUS_EXISTS);
    ck_assert_int_eq(metric_record_custom(metrics, "Has Blank", "us", 9, 0), STATUS_INVALID);
    ck_assert_int_eq(metric_record_custom(metrics, "", "us", 9, 0), STATUS_INVALID);
    ck_assert_uint_eq(find(metrics, "story.decision", "").histogram->count, 2);
    ck_assert_uint_eq(find(metrics, "story.decision", "role=doctor").histogram->count, 1);
    ck_assert_int_eq(find(metrics, "story.decision", "").info->kind, METRIC_KIND_LATENCY);
    for (int i = 0; i < METRICS_CUSTOM_MAX - 1; i++) {
        char name[32];
        snprintf(name, sizeof name, "story.n%d", i);
        ck_assert_int_eq(metric_record_custom(metrics, name, "1", 1, 0), STATUS_OK);
    }
    ck_assert_int_eq(metric_record_custom(metrics, "story.last", "1", 1, 0), STATUS_FULL);
    ck_assert_uint_eq(metrics_refused(metrics), 1);
    metrics_destroy(metrics);
}
END_TEST

/* Tags have other numbers in the two: merging goes by text. */
START_TEST(merges_by_name_and_tag)
{
    struct metrics *a = metrics_create(), *b = metrics_create();
    metrics_tag(a, "kind=video");
    unsigned in_a = metrics_tag(a, "role=patient"), in_b = metrics_tag(b, "role=patient");
    ck_assert_uint_ne(in_a, in_b);
    metric_record(a, METRIC_AUDIO_LATENCY, 10, in_a, 0);
    metric_record(b, METRIC_AUDIO_LATENCY, 30, in_b, 0);
    metric_record(b, METRIC_FRAMES_LOST, 4, in_b, 0);
    metric_record_custom(b, "story.x", "us", 5, in_b);
    metrics_tag(b, "unused=tag");
    metrics_merge(a, b);
    ck_assert_uint_eq(find(a, "audio.latency", "role=patient").histogram->count, 2);
    ck_assert_double_eq(find(a, "audio.latency", "").histogram->sum, 40);
    ck_assert_int_eq(find(a, "frame.lost", "role=patient").sum, 4);
    ck_assert_uint_eq(find(a, "frame.lost", "").additions, 1);
    ck_assert_uint_eq(find(a, "story.x", "role=patient").histogram->count, 1);
    metrics_destroy(a);
    metrics_destroy(b);
}
END_TEST

START_TEST(refuses_to_add_under_another_kind)
{
    struct metrics *metrics = metrics_create();
    ck_assert_int_eq(metrics_add(metrics, "frame.lost", "1", METRIC_KIND_VALUE, "", NULL, 1, 1),
                     STATUS_INVALID);
    ck_assert_int_eq(metrics_add(metrics, "frame.lost", "B", METRIC_KIND_COUNT, "", NULL, 1, 1),
                     STATUS_INVALID);
    ck_assert_int_eq(metrics_add(metrics, "frame.lost", "1", METRIC_KIND_COUNT, "", NULL, 1, 1),
                     STATUS_OK);
    metrics_destroy(metrics);
}
END_TEST

struct seen {
    unsigned totals, tagged;
};

static void on_visit(void *arg, const struct metric_info *info, const char *tag,
                     const struct histogram *histogram, int64_t sum)
{
    struct seen *seen = arg;
    ck_assert((histogram == NULL) == (info->kind == METRIC_KIND_COUNT));
    ck_assert(histogram != NULL || sum == 3);
    *(tag[0] == '\0' ? &seen->totals : &seen->tagged) += 1;
}

START_TEST(visits_only_what_was_recorded)
{
    struct metrics *metrics = metrics_create();
    unsigned tag = metrics_tag(metrics, "role=patient");
    metric_record(metrics, METRIC_RTT, 1, 0, 0);
    metric_record(metrics, METRIC_FRAMES_LOST, 3, tag, 0);
    struct seen seen = {0};
    metrics_visit(metrics, on_visit, &seen);
    ck_assert_uint_eq(seen.totals, 2);
    ck_assert_uint_eq(seen.tagged, 1);
    metrics_destroy(metrics);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *cases = tcase_create("metrics");
    tcase_add_test(cases, every_name_is_there_once);
    tcase_add_test(cases, records_in_all_and_by_tag);
    tcase_add_test(cases, a_pair_stands_for_both_of_its_tags);
    tcase_add_test(cases, counts_tags_that_find_no_room);
    tcase_add_test(cases, takes_a_scripts_metrics);
    tcase_add_test(cases, merges_by_name_and_tag);
    tcase_add_test(cases, refuses_to_add_under_another_kind);
    tcase_add_test(cases, visits_only_what_was_recorded);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
