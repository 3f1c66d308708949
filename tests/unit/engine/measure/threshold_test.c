#include "engine/measure/threshold.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/measure/derived.h"

static struct threshold parsed(const char *text)
{
    struct threshold threshold;
    struct failure failure = {0};
    enum status status = threshold_parse(text, &threshold, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    return threshold;
}

START_TEST(reads_the_example_of_the_design)
{
    struct threshold threshold = parsed(" m.join_media{role=patient}.p95<500ms ");
    ck_assert_str_eq(threshold.text, "m.join_media{role=patient}.p95<500ms");
    ck_assert_str_eq(threshold.metric, "m.join_media");
    ck_assert_str_eq(threshold.tag, "role=patient");
    ck_assert_int_eq(threshold.stat, THRESHOLD_QUANTILE);
    ck_assert_double_eq(threshold.quantile, 0.95);
    ck_assert_int_eq(threshold.comparison, THRESHOLD_LESS);
    ck_assert_double_eq(threshold.value, 500e3);
    ck_assert_str_eq(threshold.unit, "us");
    ck_assert_double_eq(parsed("freeze.ratio < 1%").value, 0.01);
}
END_TEST

START_TEST(reads_every_statistic_and_comparison)
{
    ck_assert_double_eq(parsed("frame.latency.p999<=1s").quantile, 0.999);
    ck_assert_double_eq(parsed("frame.latency.p9999<1s").quantile, 0.9999);
    ck_assert_double_eq(parsed("video.fps.p5>=15fps").quantile, 0.05);
    ck_assert_double_eq(parsed("video.fps.p50>15fps").quantile, 0.5);
    ck_assert_int_eq(parsed("frame.latency.max<1s").stat, THRESHOLD_MAX);
    ck_assert_int_eq(parsed("video.psnr.mean>30dB").stat, THRESHOLD_MEAN);
    ck_assert_int_eq(parsed("video.ssim.min>0.9").stat, THRESHOLD_MIN);
    ck_assert_str_eq(parsed("rtp.bytes_received.rate>500kbit/s").unit, "B/s");
    ck_assert_str_eq(parsed("rtp.received.rate>2/s").unit, "1/s");
    ck_assert_str_eq(parsed("freeze.duration.count<3s").unit, "us");
    ck_assert_str_eq(parsed("frame.latency.count>=200").unit, "1");
    ck_assert_int_eq(parsed("isolation.forbidden.count==0").comparison, THRESHOLD_EQUAL);
    ck_assert_int_eq(parsed("isolation.forbidden.count!=1").comparison, THRESHOLD_NOT_EQUAL);
    ck_assert_str_eq(parsed("sessions.completed.rate>1/m").metric, "sessions.completed");
    ck_assert_str_eq(parsed("story.decision.p95<2s").unit, "us");
    ck_assert_str_eq(parsed("participants.peak.count>=200").metric, "participants.peak");
}
END_TEST

static const struct {
    const char *text;
    enum status status;
    const char *culprit;
} broken[] = {
    {"", STATUS_INVALID, "empty"},
    {"frame.latency.p95", STATUS_INVALID, "OP"},
    {"frame.latency.p95=5ms", STATUS_INVALID, "OP"},
    {"<5ms", STATUS_INVALID, "before"},
    {"frame.latency.p95<", STATUS_INVALID, "VALUE"},
    {"frame.latency.p95<5", STATUS_INVALID, "us, ms"},
    {"frame.latency.p95<5%", STATUS_INVALID, "'5%'"},
    {"frame.latency.p95<5ms and more", STATUS_INVALID, "more"},
    {"frame.latency.q95<5ms", STATUS_INVALID, "'q95'"},
    {"frame.latency.p<5ms", STATUS_INVALID, "'p'"},
    {"frame.latency.p123456<5ms", STATUS_INVALID, "p123456"},
    {"latency<5ms", STATUS_INVALID, "METRIC.STAT"},
    {"frame.latence.p95<5ms", STATUS_NOT_FOUND, "'frame.latence'"},
    {"frame.lost.p95<5", STATUS_INVALID, "frame.lost"},
    {"frame.latency.ratio<5%", STATUS_INVALID, "frame.latency"},
    {"freeze.p95<5ms", STATUS_INVALID, "freeze"},
    {"freeze.duration.rate<1/s", STATUS_INVALID, "freeze.duration"},
    {"sessions.planned.ratio<5%", STATUS_INVALID, "sessions.planned"},
    {"sessions.failed{role=x}.count<5", STATUS_INVALID, "sessions.failed"},
    {"sessions.dropped{story=x}.count<5", STATUS_INVALID, "sessions.dropped"},
    {"frame.latency{}.p95<5ms", STATUS_INVALID, "TAG=VALUE"},
    {"frame.latency{role}.p95<5ms", STATUS_INVALID, "TAG=VALUE"},
    {"frame.latency{role=patient.p95<5ms", STATUS_INVALID, "OP"},
    {"frame.latency{role=patient}p95<5ms", STATUS_INVALID, "METRIC{TAG=VALUE}.STAT"},
    {"frame.latency{role=a,kind=b}.p95<5ms", STATUS_UNSUPPORTED, "not yet"},
    {"frame.latency.p95<5ms @10s", STATUS_UNSUPPORTED, "not yet"},
    {"frame.latency.p95<5ms abort:10s", STATUS_UNSUPPORTED, "not yet"},
};

START_TEST(names_the_culprit)
{
    struct threshold threshold = {.text = "untouched"};
    struct failure failure = {0};
    enum status status = threshold_parse(broken[_i].text, &threshold, &failure);
    ck_assert_msg(status == broken[_i].status, "'%s': %s (%s)", broken[_i].text,
                  status_text(status), failure.message);
    ck_assert_msg(strstr(failure.message, broken[_i].culprit) != NULL, "%s", failure.message);
    ck_assert_str_eq(threshold.text, "untouched");
    ck_assert_int_eq(threshold_parse(broken[_i].text, &threshold, NULL), broken[_i].status);
}
END_TEST

START_TEST(refuses_a_very_long_text)
{
    char text[4000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct threshold threshold;
    ck_assert_int_eq(threshold_parse(text, &threshold, NULL), STATUS_INVALID);
}
END_TEST

/* One fixture for all judgements. */
static struct metrics *measured(void)
{
    struct metrics *metrics = metrics_create();
    unsigned patient = metrics_tag(metrics, "role=patient");
    for (int i = 1; i <= 100; i++) {
        metric_record(metrics, METRIC_M_JOIN_MEDIA, i * 1000, i > 90 ? patient : 0, 0);
    }
    metric_record(metrics, METRIC_FREEZE_US, 30000, patient, 0);
    metric_record(metrics, METRIC_VIDEO_US, 1000000, patient, 0);
    metric_record(metrics, METRIC_VIDEO_US, 1000000, 0, 0);
    metric_record(metrics, METRIC_FRAMES_EXPECTED, 500, 0, 0);
    metric_record(metrics, METRIC_RTP_BYTES_RECEIVED, 125000, 0, 0);
    metric_record(metrics, METRIC_M_HOLD_SILENCE, 0, 0, 0);
    metric_record_custom(metrics, "story.decision", "us", 4000, 0);
    metric_record(metrics, METRIC_SESSION_STARTED, 8, metrics_tag(metrics, "story=a"), 0);
    metric_record(metrics, METRIC_SESSION_FAILED, 2, metrics_tag(metrics, "story=a"), 0);
    return metrics;
}

static const struct {
    const char *text;
    enum threshold_outcome outcome;
    double value;
} judged[] = {
    {"m.join_media.p50<51ms", THRESHOLD_PASSED, 50e3},
    {"m.join_media.p50<49ms", THRESHOLD_FAILED, 50e3},
    {"m.join_media.max<=100ms", THRESHOLD_PASSED, 100e3},
    {"m.join_media.max<100ms", THRESHOLD_FAILED, 100e3},
    {"m.join_media.mean<=50.5ms", THRESHOLD_PASSED, 50.5e3},
    {"m.join_media{role=patient}.min>=91ms", THRESHOLD_PASSED, 91e3},
    {"m.join_media{role=patient}.count==10", THRESHOLD_PASSED, 10},
    {"m.join_media{role=doctor}.p95<1s", THRESHOLD_NO_SAMPLES, 0},
    {"m.join_media.rate>9/s", THRESHOLD_PASSED, 10},
    {"frame.latency.p95<1s", THRESHOLD_NO_SAMPLES, 0},
    {"freeze.ratio<1%", THRESHOLD_FAILED, 0.015},
    {"freeze.ratio<2%", THRESHOLD_PASSED, 0.015},
    {"freeze{role=patient}.ratio<2%", THRESHOLD_FAILED, 0.03},
    {"frame.loss.ratio==0", THRESHOLD_PASSED, 0},
    {"audio.loss.ratio==0", THRESHOLD_NO_SAMPLES, 0},
    {"rtp.bytes_received.rate>=100kbit/s", THRESHOLD_PASSED, 12500},
    {"m.hold_silence.max==0", THRESHOLD_PASSED, 0},
    {"sessions.failed.ratio<=5%", THRESHOLD_FAILED, 0.1},
    {"sessions.completed.count>=18", THRESHOLD_PASSED, 18},
    {"sessions.completed.rate>=2/s", THRESHOLD_FAILED, 1.8},
    {"sessions.dropped.ratio<1%", THRESHOLD_PASSED, 0},
    {"sessions.failed{story=a}.ratio<5%", THRESHOLD_FAILED, 0.25},
    {"sessions.cut{story=a}.count==0", THRESHOLD_PASSED, 0},
    {"sessions.started{story=a}.count==8", THRESHOLD_PASSED, 8},
    {"sessions.failed{story=b}.ratio==0", THRESHOLD_NO_SAMPLES, 0},
    {"story.decision.max<5ms", THRESHOLD_PASSED, 4000},
    {"story.decision.max<5kB", THRESHOLD_WRONG_UNIT, 0},
    {"story.unheard.max<5ms", THRESHOLD_NO_SAMPLES, 0},
};

START_TEST(judges)
{
    struct metrics *metrics = measured();
    struct run_counts counts = {.planned = 20, .started = 20, .completed = 18, .failed = 2};
    struct threshold_input input = {metrics, &counts, 10, 20};
    struct threshold threshold = parsed(judged[_i].text);
    struct threshold_result result;
    threshold_judge(&threshold, &input, &result);
    ck_assert_msg(result.outcome == judged[_i].outcome, "%s: %s, measured %f", judged[_i].text,
                  threshold_outcome_word(result.outcome), result.measured);
    ck_assert_msg(result.measured > judged[_i].value * 0.99 - 1e-9 &&
                      result.measured < judged[_i].value * 1.01 + 1e-9,
                  "%s: %f", judged[_i].text, result.measured);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(a_slow_generator_cannot_judge_a_latency)
{
    struct metrics *metrics = measured();
    struct run_counts counts = {.planned = 20, .started = 20};
    struct threshold_input input = {metrics, &counts, 10, 6000};
    struct threshold_result result;
    struct threshold tight = parsed("m.join_media.p50<51ms");
    struct threshold wide = parsed("m.join_media.p50<60ms");
    struct threshold hopeless = parsed("m.join_media.p50<1ms");
    struct threshold silence = parsed("m.hold_silence.max==0");
    struct threshold ratio = parsed("freeze.ratio<1%");
    threshold_judge(&tight, &input, &result);
    ck_assert_int_eq(result.outcome, THRESHOLD_UNFIT);
    threshold_judge(&hopeless, &input, &result);
    ck_assert_int_eq(result.outcome, THRESHOLD_UNFIT); /* nor be blamed for one */
    threshold_judge(&wide, &input, &result);
    ck_assert_int_eq(result.outcome, THRESHOLD_PASSED);
    threshold_judge(&silence, &input, &result);
    ck_assert_int_eq(result.outcome, THRESHOLD_PASSED);
    threshold_judge(&ratio, &input, &result);
    ck_assert_int_eq(result.outcome, THRESHOLD_FAILED);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(nothing_started_is_no_pass)
{
    struct metrics *metrics = metrics_create();
    struct run_counts counts = {0};
    struct threshold_input input = {metrics, &counts, 10, 0};
    struct threshold_list list;
    struct threshold_result result;
    threshold_list_init(&list);
    ck_assert_uint_eq(list.count, 2);
    threshold_judge(&list.items[0], &input, &result);
    ck_assert_int_eq(result.outcome, THRESHOLD_NO_SAMPLES);
    threshold_judge(&list.items[1], &input, &result);
    ck_assert_int_eq(result.outcome, THRESHOLD_FAILED);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(built_in_ones_are_replaced_by_name)
{
    static const struct {
        const char *text;
        bool loosened;
    } rows[] = {
        {"sessions.failed.ratio<=5%", true},     {"sessions.failed.ratio==0", false},
        {"sessions.failed.ratio<=0", false},     {"sessions.failed.ratio<1%", true},
        {"sessions.completed.count>=20", false}, {"sessions.completed.count>=0", true},
        {"sessions.completed.count==1", false},  {"sessions.completed.count<5", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct threshold_list list;
        threshold_list_init(&list);
        ck_assert_int_eq(threshold_list_add(&list, rows[i].text, NULL), STATUS_OK);
        ck_assert_uint_eq(list.count, 2);
        bool loosened = list.items[0].loosened || list.items[1].loosened;
        ck_assert_msg(loosened == rows[i].loosened, "%s", rows[i].text);
        ck_assert(list.items[0].built_in && list.items[1].built_in);
    }
}
END_TEST

START_TEST(a_list_has_an_end)
{
    struct threshold_list list;
    threshold_list_init(&list);
    ck_assert_int_eq(threshold_list_add(&list, "frame.latency.p95<1s", NULL), STATUS_OK);
    ck_assert_int_eq(threshold_list_add(&list, "frame.latency.p95<2s", NULL), STATUS_OK);
    ck_assert_uint_eq(list.count, 3); /* the later word counts */
    ck_assert_double_eq(list.items[2].value, 2e6);
    char text[64];
    for (unsigned i = 10; list.count < THRESHOLDS_MAX; i++) {
        snprintf(text, sizeof text, "frame.latency.p%u<1s", 1000 + i);
        ck_assert_int_eq(threshold_list_add(&list, text, NULL), STATUS_OK);
    }
    struct failure failure = {0};
    ck_assert_int_eq(threshold_list_add(&list, "rtcp.rtt.p1<1s", &failure), STATUS_FULL);
    ck_assert_int_eq(threshold_list_add(&list, "no.such.p1<1s", &failure), STATUS_NOT_FOUND);
}
END_TEST

struct ratios {
    unsigned count;
    double freeze, freeze_patient;
};

static void on_ratio(void *arg, const char *name, const char *meaning, const char *tag,
                     double value)
{
    struct ratios *ratios = arg;
    ratios->count++;
    ck_assert_uint_gt(strlen(meaning), 0);
    if (strcmp(name, "freeze.ratio") == 0) {
        *(tag[0] == '\0' ? &ratios->freeze : &ratios->freeze_patient) = value;
    }
}

START_TEST(visits_the_ratios)
{
    struct metrics *metrics = measured();
    struct ratios ratios = {0};
    derived_visit(metrics, on_ratio, &ratios);
    ck_assert_uint_eq(ratios.count, 3);
    ck_assert_double_eq_tol(ratios.freeze, 0.015, 1e-9);
    ck_assert_double_eq_tol(ratios.freeze_patient, 0.03, 1e-9);
    metrics_destroy(metrics);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("threshold");
    TCase *cases = tcase_create("threshold");
    tcase_add_test(cases, reads_the_example_of_the_design);
    tcase_add_test(cases, reads_every_statistic_and_comparison);
    tcase_add_loop_test(cases, names_the_culprit, 0, (int)(sizeof broken / sizeof broken[0]));
    tcase_add_test(cases, refuses_a_very_long_text);
    tcase_add_loop_test(cases, judges, 0, (int)(sizeof judged / sizeof judged[0]));
    tcase_add_test(cases, a_slow_generator_cannot_judge_a_latency);
    tcase_add_test(cases, nothing_started_is_no_pass);
    tcase_add_test(cases, built_in_ones_are_replaced_by_name);
    tcase_add_test(cases, a_list_has_an_end);
    tcase_add_test(cases, visits_the_ratios);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
