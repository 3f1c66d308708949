/* The shipped stories on a platform that is a few tables: every branch passes, and each fault of
 * the platform is found by the requirement it breaks. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "tests/support/participant_double.h"
#include "tests/support/script_bench.h"

/* Of the turns that tele-triage can take, this one (all weights are relative). */
#define MOSTLY(turn) turn "_share=1000000"
#define STORY(name) CASELOAD_SOURCE "/scenarios/" name ".lua"

static void all_complete(const struct script_bench *bench, size_t count)
{
    for (size_t i = 0; i < bench->result_count; i++)
        ck_assert_msg(bench->results[i].outcome == SESSION_COMPLETED, "session %d: %s",
                      (int)bench->results[i].index, bench->results[i].reason);
    ck_assert_uint_eq(bench->result_count, count);
    ck_assert_str_eq(bench->script_error, "");
}

static void no_check_fails(const struct script_bench *bench)
{
    for (size_t i = 0; i < check_log_count(bench->checks); i++) {
        const struct check_requirement *one = check_log_requirement(bench->checks, i);
        ck_assert_msg(one->counts[CHECK_FAIL] + one->counts[CHECK_BLOCKED] == 0, "%s: %s", one->id,
                      one->kept_count ? one->kept[0].message : "");
    }
}

static void promises_are_kept(const struct script_bench *bench)
{
    ck_assert_uint_gt(bench->ledger.count, 0);
    for (size_t i = 0; i < bench->ledger.count; i++) {
        const struct ledger_row *row = &bench->ledger.rows[i];
        ck_assert_msg(row->missing == 0, "%s: %d expected, %d seen", row->name, (int)row->expected,
                      (int)row->seen);
    }
}

static void begin(struct script_bench *bench, const struct bench_options *options)
{
    ck_assert_msg(script_bench_begin(bench, options), "%s", bench->failure.message);
    ck_assert_msg(script_bench_prepare(bench, 4), "%s %s", bench->prepared_message,
                  bench->script_error);
}

static void passes(const struct bench_options *options, const char *const *requirements,
                   const char *const *metrics)
{
    struct script_bench bench;

    begin(&bench, options);
    script_bench_run(&bench, 0, 1, 4, 60 * US_PER_S);
    all_complete(&bench, 4);
    script_finish(bench.script);
    no_check_fails(&bench);
    promises_are_kept(&bench);
    for (; *requirements; requirements++)
        ck_assert_msg(script_bench_checks(&bench, *requirements, CHECK_PASS) > 0, "%s unchecked",
                      *requirements);
    for (; *metrics; metrics++)
        ck_assert_msg(script_bench_count(&bench, *metrics) > 0, "%s has no value", *metrics);
    script_bench_end(&bench);
}

static const char *const common_metrics[] = {"m.link_waiting",     "m.enter_card", "m.join_state",
                                             "m.join_accepted",    "m.join_media", "m.end_gone",
                                             "m.refuse",           "m.fanout",     "m.signin",
                                             "connect.signalling", "wait.time",    NULL};

START_TEST(one_to_one_passes)
{
    static const char *const rows[] = {"WA-01", "WA-03", "WA-04", "WA-05", "WA-07", "WA-08",
                                       "WA-09", "WA-10", "WA-11", "WA-12", "WA-13", "WA-14",
                                       "WA-18", "WA-24", "WA-25", "WA-27", NULL};

    passes(&(struct bench_options){.story = STORY("one-to-one")}, rows, common_metrics);
}
END_TEST

START_TEST(one_to_one_with_a_drop)
{
    static const char *const rows[] = {"SES-15", "WA-05", NULL};
    static const char *const metrics[] = {"m.rejoin_media", "m.msg", NULL};

    passes(&(struct bench_options){.story = STORY("one-to-one"),
                                   .settings = {"drop_share=1", "leave_share=0"}},
           rows, metrics);
}
END_TEST

START_TEST(one_to_one_with_a_patient_who_leaves_by_mistake)
{
    static const char *const rows[] = {"SES-15", NULL};
    static const char *const metrics[] = {"m.rejoin_media", NULL};

    passes(&(struct bench_options){.story = STORY("one-to-one"),
                                   .settings = {"drop_share=0", "leave_share=1"}},
           rows, metrics);
}
END_TEST

START_TEST(one_to_one_prepared_with_a_stranger)
{
    static const char *const rows[] = {"WA-01", "WA-02", "WA-03", "WA-06", "SES-15", NULL};
    static const char *const metrics[] = {"m.hold_silence", NULL};

    passes(&(struct bench_options){.story = STORY("one-to-one"),
                                   .settings = {"prepared_share=1", "stranger_share=1"}},
           rows, metrics);
}
END_TEST

/* A platform that lets two people negotiate when the call begins, not at the entry. */
START_TEST(media_may_begin_with_the_call)
{
    static const char *const rows[] = {"WA-12", "WA-13", "WA-24", "WA-25", NULL};
    struct bench_options options = {
        .story = STORY("one-to-one"),
        .fault = "media-with-the-call",
        .settings = {"prepared_share=0", "drop_share=0", "leave_share=0", "stranger_share=0"}};

    passes(&options, rows, common_metrics);
    options.mode = MEDIA_NONE;
    passes(&options, (const char *const[]){"WA-12", NULL},
           (const char *const[]){"m.join_accepted", NULL});
}
END_TEST

START_TEST(stories_without_media)
{
    static const char *const rows[] = {"WA-01", NULL};
    static const char *const metrics[] = {"m.join_state", NULL};

    passes(&(struct bench_options){.story = STORY("teletriage"), .mode = MEDIA_NONE}, rows,
           metrics);
    passes(&(struct bench_options){.story = STORY("one-to-one"), .mode = MEDIA_NONE}, rows,
           metrics);
    passes(&(struct bench_options){.story = STORY("check-in"), .mode = MEDIA_AUDIO}, rows, metrics);
}
END_TEST

/* Two sessions: the clinic's desk, and of each session the patient and the doctor. */
START_TEST(bystanders_are_no_participants)
{
    struct script_bench bench;

    begin(&bench, &(struct bench_options){.story = STORY("one-to-one"),
                                          .settings = {"prepared_share=0", "stranger_share=0"},
                                          .mode = MEDIA_NONE});
    ck_assert_uint_eq(script_people(bench.script)->now, 1);
    script_bench_run(&bench, 0, 1, 2, 120 * US_PER_S);
    ck_assert_uint_eq(script_people(bench.script)->now, 1);
    ck_assert_uint_eq(script_people(bench.script)->peak, 5);
    ck_assert_uint_eq(script_people(bench.script)->total, 5);
    script_finish(bench.script);
    ck_assert_uint_eq(script_people(bench.script)->now, 0);
    script_bench_end(&bench);
}
END_TEST

START_TEST(teletriage_routine)
{
    static const char *const rows[] = {"WA-06", "WA-13", "WA-18", NULL};
    static const char *const metrics[] = {"m.hold_silence", NULL};

    passes(&(struct bench_options){.story = STORY("teletriage"),
                                   .settings = {MOSTLY("routine"), "question_share=1"}},
           rows, metrics);
}
END_TEST

START_TEST(teletriage_two_doctors_at_once)
{
    static const char *const rows[] = {"WA-12", NULL};

    passes(&(struct bench_options){.story = STORY("teletriage"), .settings = {MOSTLY("race")}},
           rows, common_metrics);
}
END_TEST

START_TEST(teletriage_hang_up)
{
    static const char *const rows[] = {"WA-28", NULL};
    static const char *const metrics[] = {"m.hold_silence", NULL};

    passes(&(struct bench_options){.story = STORY("teletriage"), .settings = {MOSTLY("hang_up")}},
           rows, metrics);
}
END_TEST

START_TEST(teletriage_full_call)
{
    static const char *const rows[] = {"WA-15", NULL};

    passes(&(struct bench_options){.story = STORY("teletriage"), .settings = {MOSTLY("full")}},
           rows, common_metrics);
}
END_TEST

START_TEST(teletriage_urgent)
{
    static const char *const rows[] = {"WA-12", NULL};

    passes(&(struct bench_options){.story = STORY("teletriage"), .settings = {MOSTLY("urgent")}},
           rows, common_metrics);
}
END_TEST

START_TEST(teletriage_transfer)
{
    static const char *const rows[] = {"TR-08", "WA-14", NULL};
    static const char *const metrics[] = {"m.transfer_card", "m.transfer_gone", NULL};

    passes(&(struct bench_options){.story = STORY("teletriage"), .settings = {MOSTLY("transfer")}},
           rows, metrics);
}
END_TEST

START_TEST(check_in_in_all_its_ways)
{
    static const char *const rows[] = {"WA-27", "WA-10", NULL};
    static const char *const vanish_rows[] = {"WA-28", NULL};
    static const char *const metrics[] = {"m.enter_card", NULL};

    passes(
        &(struct bench_options){.story = STORY("check-in"),
                                .settings = {"wrong_share=0", "no_show_share=0", "vanish_share=0"}},
        rows, common_metrics);
    passes(
        &(struct bench_options){.story = STORY("check-in"),
                                .settings = {"wrong_share=1", "no_show_share=0", "vanish_share=0"}},
        rows, metrics);
    passes(
        &(struct bench_options){.story = STORY("check-in"),
                                .settings = {"wrong_share=0", "no_show_share=1", "vanish_share=0"}},
        vanish_rows, metrics);
    passes(
        &(struct bench_options){.story = STORY("check-in"),
                                .settings = {"wrong_share=0", "no_show_share=0", "vanish_share=1"}},
        vanish_rows, metrics);
}
END_TEST

START_TEST(storms_pass)
{
    static const char *const arrivals[] = {"WA-01", "WA-06", "WA-27", NULL};
    static const char *const dashboards[] = {"WA-10", "WA-27", "WA-28", NULL};
    static const char *const admissions[] = {"WA-12", "WA-14", "WA-11", NULL};
    static const char *const entry[] = {"m.enter_card", NULL}, *const board[] = {"m.board", NULL},
                             *const join[] = {"m.join_state", "m.join_media", NULL};

    passes(&(struct bench_options){.story = STORY("storm-arrivals"), .settings = {"within=1s"}},
           arrivals, entry);
    passes(&(struct bench_options){.story = STORY("storm-dashboards"),
                                   .settings = {"gather=1s", "leave_share=0.5"}},
           dashboards, board);
    passes(&(struct bench_options){.story = STORY("storm-admissions"), .settings = {"gather=1s"}},
           admissions, join);
}
END_TEST

#define BRIEF_PRESENCE "gather=1s", "stay=2s", "part=1s", "interval=250ms", "desks=2"

START_TEST(thousands_who_do_little_pass)
{
    static const char *const checks[] = {"WA-10", "WA-11", "WA-18", "WA-27", NULL};
    static const char *const metrics[] = {"m.link_waiting", "m.fanout", NULL};

    passes(&(struct bench_options){.story = STORY("presence"),
                                   .settings = {BRIEF_PRESENCE},
                                   .mode = MEDIA_NONE},
           checks, metrics);
    passes(&(struct bench_options){.story = STORY("presence"),
                                   .settings = {BRIEF_PRESENCE, "users=2", "idle=1s"},
                                   .mode = MEDIA_NONE},
           checks, metrics);
}
END_TEST

START_TEST(who_joins_is_connected_and_goes)
{
    static const char *const checks[] = {"WA-01", "WA-13", "WA-25", NULL};
    static const char *const metrics[] = {"m.link_waiting", NULL};

    passes(&(struct bench_options){.story = STORY("joins")}, checks, metrics);
}
END_TEST

START_TEST(storms_have_as_many_as_their_settings_say)
{
    struct script_bench bench;

    ck_assert(script_bench_begin(
        &bench, &(struct bench_options){.story = STORY("storm-arrivals"),
                                        .settings = {"patients=40", "within=4s"}}));
    ck_assert_uint_eq(script_story(bench.script)->sessions, 40);
    ck_assert_double_eq_tol(script_story(bench.script)->rate_per_s, 39.5 / 4, 1e-9);
    ck_assert_int_eq(script_story(bench.script)->duration_us, 4 * US_PER_S);
    script_bench_end(&bench);
    ck_assert(
        script_bench_begin(&bench, &(struct bench_options){.story = STORY("storm-dashboards")}));
    ck_assert_uint_eq(script_story(bench.script)->sessions, 200);
    ck_assert_int_eq(script_story(bench.script)->ramp_us, 10 * US_PER_S);
    script_bench_end(&bench);
}
END_TEST

/* ---- faults of the platform ---- */

struct fault_row {
    const char *fault, *requirement;
    const char *settings[8];
    const char *story; /* NULL: tele-triage */
};

static const struct fault_row faults[] = {
    {"show-card", "WA-08", {NULL}, NULL},
    {"keep-card", "TR-08", {MOSTLY("transfer")}, NULL},
    {"keep-space", "WA-05", {NULL}, NULL},
    {"ghost-card", "WA-28", {MOSTLY("hang_up")}, NULL},
    {"seventh-participant", "WA-15", {MOSTLY("full")}, NULL},
    {"drop-events", "WA-27", {NULL}, NULL},
    {"open-dashboard", "WA-10", {NULL}, NULL},
    {"patient-acts", "WA-03", {NULL}, NULL},
    {"drop-events", "WA-06", {"within=1s"}, STORY("storm-arrivals")},
    {"short-board", "WA-10", {"gather=1s", "leave_share=0"}, STORY("storm-dashboards")},
    {"ghost-card", "WA-10", {"gather=1s", "leave_share=1"}, STORY("storm-dashboards")},
    {"ghost-card", "WA-28", {"gather=1s", "leave_share=1"}, STORY("storm-dashboards")},
    {"drop-events", "WA-27", {"gather=1s"}, STORY("storm-dashboards")},
    {"silent-admission", "WA-12", {"gather=1s"}, STORY("storm-admissions")},
    {"drop-events", "WA-27", {BRIEF_PRESENCE}, STORY("presence")},
};

START_TEST(faults_are_found)
{
    const struct fault_row *row = &faults[_i];
    struct bench_options options = {.story = row->story ? row->story : STORY("teletriage"),
                                    .fault = row->fault};
    struct script_bench bench;

    memcpy(options.settings, row->settings, sizeof options.settings);
    begin(&bench, &options);
    script_bench_run(&bench, 0, 1, 4, 120 * US_PER_S);
    script_finish(bench.script);
    ck_assert_str_eq(bench.script_error, "");
    ck_assert_msg(script_bench_checks(&bench, row->requirement, CHECK_FAIL) > 0,
                  "%s did not fail %s", row->fault, row->requirement);
    script_bench_end(&bench);
}
END_TEST

/* ---- media that must not come ---- */

static struct participant *person(const char *name)
{
    struct participant *one;

    for (size_t i = 0; (one = participant_double_at(i)); i++)
        if (strcmp(participant_double_name(one), name) == 0)
            return one;
    ck_abort_msg("nobody is called %s", name);
    return NULL;
}

static void leak(const char *receiver, const char *sender, const char *requirement)
{
    struct script_bench bench;

    begin(&bench,
          &(struct bench_options){.story = STORY("one-to-one"),
                                  .settings = {"prepared_share=0", "arrive=100ms", "think=5s"}});
    script_bench_run(&bench, 0, 1, 1, 2 * US_PER_S); /* the patient waits */
    participant_double_leak(person(receiver), person(sender));
    loop_double_advance(bench.loop, US_PER_S);
    ck_assert_msg(script_bench_checks(&bench, requirement, CHECK_FAIL) > 0,
                  "%s -> %s did not fail %s", sender, receiver, requirement);
    script_cut(bench.script);
    ck_assert_int_eq(bench.results[0].outcome, SESSION_CUT);
    script_bench_end(&bench);
}

START_TEST(forbidden_media_names_the_requirement)
{
    leak("patient", "clinic-other_patient at Clinic 1", "WA-24");
    leak("clinic-other_patient at Clinic 1", "patient", "WA-24");
    leak("patient", "doctor", "WA-13");
    leak("doctor", "patient", "WA-13");
}
END_TEST

/* What closes the receiver stands in the queue before it. */
START_TEST(forbidden_media_is_told_though_the_receiver_closes)
{
    struct script_bench bench;

    begin(&bench, &(struct bench_options){.story = STORY("one-to-one"),
                                          .settings = {"prepared_share=0", "arrive=100ms"}});
    script_bench_run(&bench, 0, 1, 1, 2 * US_PER_S);
    participant_double_lose(person("patient"), "consent expired");
    participant_double_leak(person("patient"), person("clinic-other_patient at Clinic 1"));
    loop_double_advance(bench.loop, 5 * US_PER_S);
    ck_assert_int_eq(bench.results[0].outcome, SESSION_FAILED);
    ck_assert_uint_eq(script_bench_checks(&bench, "WA-24", CHECK_FAIL), 1);
    script_bench_end(&bench);
}
END_TEST

START_TEST(lost_media_fails_the_session)
{
    struct script_bench bench;

    begin(&bench, &(struct bench_options){.story = STORY("one-to-one"),
                                          .settings = {"prepared_share=0", "drop_share=0"}});
    script_bench_run(&bench, 0, 1, 1, 3 * US_PER_S);
    participant_double_lose(person("patient"), "consent expired");
    loop_double_advance(bench.loop, 5 * US_PER_S);
    ck_assert_uint_eq(bench.result_count, 1);
    ck_assert_int_eq(bench.results[0].outcome, SESSION_FAILED);
    ck_assert_str_eq(bench.results[0].reason, "patient: media was lost: consent expired");
    script_bench_end(&bench);
}
END_TEST

/* ---- mixes ---- */

static unsigned sessions_of(const struct script_bench *bench, const char *story)
{
    unsigned count = 0;

    for (size_t i = 0; i < bench->result_count; i++)
        count += strcmp(bench->results[i].story, story) == 0;
    return count;
}

START_TEST(mixed_clinic_day_passes)
{
    struct script_bench bench;
    struct metric_value value;

    begin(&bench, &(struct bench_options){.story = STORY("mixed-clinic-day"),
                                          .settings = {"group-therapy.share=0"},
                                          .seed = 2});
    script_bench_run(&bench, 0, 1, 4, 90 * US_PER_S);
    script_bench_run(&bench, 4, 1, 3, 90 * US_PER_S);
    script_bench_run(&bench, 7, 1, 3, 90 * US_PER_S);
    all_complete(&bench, 10);
    script_finish(bench.script);
    no_check_fails(&bench);
    promises_are_kept(&bench);
    ck_assert_uint_ge(sessions_of(&bench, "one-to-one"), 3);
    ck_assert_uint_ge(sessions_of(&bench, "teletriage"), 2);
    ck_assert_uint_ge(sessions_of(&bench, "check-in"), 1);
    ck_assert(metrics_find(bench.metrics, "m.join_media", "story=teletriage", &value));
    ck_assert(metrics_find(bench.metrics, "m.join_media", "kind=audio", &value));
    script_bench_end(&bench);
}
END_TEST

/* ---- plans and shards ---- */

static void plans_of(uint64_t seed, char plans[4][512])
{
    struct script_bench bench;

    begin(&bench, &(struct bench_options){.story = STORY("teletriage"), .seed = seed});
    script_bench_run(&bench, 0, 1, 4, 60 * US_PER_S);
    all_complete(&bench, 4);
    for (size_t i = 0; i < 4; i++)
        strcpy(plans[bench.results[i].index], bench.results[i].plan);
    script_bench_end(&bench);
}

START_TEST(same_seed_same_plan)
{
    char first[4][512], second[4][512], other[4][512];

    plans_of(7, first);
    plans_of(7, second);
    plans_of(8, other);
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(first[i], second[i]);
    ck_assert(strcmp(first[0], other[0]) || strcmp(first[1], other[1]) ||
              strcmp(first[2], other[2]) || strcmp(first[3], other[3]));
}
END_TEST

START_TEST(ten_sessions_see_every_branch)
{
    static const char *const branches[] = {"\"branch\":\"routine\",\"full\":false,\"hangs_up\":"
                                           "false,\"question\":false,\"race\":false",
                                           "\"hangs_up\":true",
                                           "\"race\":true",
                                           "\"full\":true",
                                           "\"branch\":\"urgent\"",
                                           "\"branch\":\"transfer\"",
                                           "\"question\":true"};

    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct script_bench bench;
        begin(&bench, &(struct bench_options){
                          .story = STORY("teletriage"), .seed = seed, .mode = MEDIA_NONE});
        script_bench_run(&bench, 0, 1, 4, 60 * US_PER_S);
        script_bench_run(&bench, 4, 1, 4, 60 * US_PER_S);
        script_bench_run(&bench, 8, 1, 2, 60 * US_PER_S);
        all_complete(&bench, 10);
        for (size_t b = 0; b < sizeof branches / sizeof *branches; b++) {
            bool seen = false;
            for (size_t i = 0; i < bench.result_count; i++)
                seen |= strstr(bench.results[i].plan, branches[b]) != NULL;
            ck_assert_msg(seen, "seed %d: no session with %s", (int)seed, branches[b]);
        }
        script_bench_end(&bench);
    }
}
END_TEST

START_TEST(shards_share_the_clinics)
{
    struct script_bench bench;

    begin(&bench, &(struct bench_options){.story = STORY("one-to-one"),
                                          .settings = {"clinics=3"},
                                          .shard_index = 1,
                                          .shard_count = 2});
    script_bench_run(&bench, 1, 2, 2, 60 * US_PER_S);
    all_complete(&bench, 2);
    script_finish(bench.script);
    no_check_fails(&bench);
    script_bench_end(&bench);
}
END_TEST

START_TEST(too_few_clinics_for_the_shards)
{
    const char *fixture = NULL;
    struct failure failure;
    struct script_bench bench;

    ck_assert(script_bench_begin(&bench, &(struct bench_options){.story = STORY("one-to-one"),
                                                                 .settings = {"clinics=1"},
                                                                 .shard_index = 1,
                                                                 .shard_count = 2}));
    /* The fixture makes a clinic for each shard, whatever was asked for. */
    ck_assert_int_eq(script_fixture(bench.script, 1, 3, &fixture, &failure), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(fixture, "\"Clinic 2\""));
    script_bench_end(&bench);
}
END_TEST

START_TEST(fixture_repeats_with_the_seed)
{
    const char *text = NULL;
    struct failure failure;
    struct script_bench bench;
    char *first;

    ck_assert(script_bench_begin(&bench, &(struct bench_options){.story = STORY("teletriage")}));
    ck_assert_int_eq(script_fixture(bench.script, 25, 5, &text, &failure), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(text, "caseload/fixture/1"));
    ck_assert_ptr_nonnull(strstr(text, "\"Clinic 3\""));
    ck_assert_ptr_null(strstr(text, "\"Clinic 4\""));
    first = strdup(text);
    ck_assert_int_eq(script_fixture(bench.script, 25, 5, &text, &failure), STATUS_OK);
    ck_assert_str_eq(first, text);
    ck_assert_int_eq(script_fixture(bench.script, 25, 6, &text, &failure), STATUS_OK);
    ck_assert_str_ne(first, text);
    free(first);
    script_bench_end(&bench);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stories");
    TCase *stories = tcase_create("shipped"), *plans = tcase_create("plans");

    tcase_set_timeout(stories, 60);
    tcase_add_test(stories, one_to_one_passes);
    tcase_add_test(stories, one_to_one_with_a_drop);
    tcase_add_test(stories, one_to_one_with_a_patient_who_leaves_by_mistake);
    tcase_add_test(stories, one_to_one_prepared_with_a_stranger);
    tcase_add_test(stories, media_may_begin_with_the_call);
    tcase_add_test(stories, stories_without_media);
    tcase_add_test(stories, bystanders_are_no_participants);
    tcase_add_test(stories, teletriage_routine);
    tcase_add_test(stories, teletriage_two_doctors_at_once);
    tcase_add_test(stories, teletriage_hang_up);
    tcase_add_test(stories, teletriage_full_call);
    tcase_add_test(stories, teletriage_urgent);
    tcase_add_test(stories, teletriage_transfer);
    tcase_add_test(stories, check_in_in_all_its_ways);
    tcase_add_test(stories, storms_pass);
    tcase_add_test(stories, thousands_who_do_little_pass);
    tcase_add_test(stories, who_joins_is_connected_and_goes);
    tcase_add_test(stories, storms_have_as_many_as_their_settings_say);
    tcase_add_loop_test(stories, faults_are_found, 0, sizeof faults / sizeof *faults);
    tcase_add_test(stories, forbidden_media_names_the_requirement);
    tcase_add_test(stories, forbidden_media_is_told_though_the_receiver_closes);
    tcase_add_test(stories, lost_media_fails_the_session);
    suite_add_tcase(suite, stories);
    tcase_set_timeout(plans, 60);
    tcase_add_test(plans, mixed_clinic_day_passes);
    tcase_add_test(plans, same_seed_same_plan);
    tcase_add_test(plans, ten_sessions_see_every_branch);
    tcase_add_test(plans, shards_share_the_clinics);
    tcase_add_test(plans, too_few_clinics_for_the_shards);
    tcase_add_test(plans, fixture_repeats_with_the_seed);
    suite_add_tcase(suite, plans);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
