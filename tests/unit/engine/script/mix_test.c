/* Mixes of stories: who gets which session, whose settings, plan, people and limits are whose. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "tests/support/participant_double.h"
#include "tests/support/script_bench.h"

#define NOBODY "actors = { a = { role = 'anonymous', play = function() end } }"
#define MIX(stories) "return mix { name = 'm', title = 'M', stories = { " stories " } }"

static struct script_bench bench;
static char folder[64];

/* Files of one test, in a folder of its own. */
static void write_file(const char *name, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s.lua", folder, name);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void set_up(void)
{
    snprintf(folder, sizeof folder, "/tmp/caseload-mix-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
    static const char *const names[] = {"a", "b", "c", "m"};
    char path[128];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s.lua", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static bool begins(const char *mix, struct bench_options options)
{
    char path[128];

    if (mix)
        write_file("m", mix);
    snprintf(path, sizeof path, "%s/%s.lua", folder, mix ? "m" : "a");
    options.story = path;
    options.mode = MEDIA_NONE;
    return script_bench_begin(&bench, &options);
}

static void runs(const char *mix, struct bench_options options, uint64_t first, uint64_t step,
                 size_t count)
{
    ck_assert_msg(begins(mix, options), "%s", bench.failure.message);
    ck_assert_msg(script_bench_prepare(&bench, 4), "%s %s", bench.prepared_message,
                  bench.script_error);
    script_bench_run(&bench, first, step, count, 5 * US_PER_S);
    ck_assert_uint_eq(bench.result_count, count);
    ck_assert_str_eq(bench.script_error, "");
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(bench.results[i].outcome == SESSION_COMPLETED, "%s", bench.results[i].reason);
}

/* How many of the sessions [from, to) belong to `story`. */
static unsigned of_story(const char *story, uint64_t from, uint64_t to)
{
    unsigned count = 0;

    for (size_t i = 0; i < bench.result_count; i++)
        count += bench.results[i].index >= from && bench.results[i].index < to &&
                 strcmp(bench.results[i].story, story) == 0;
    return count;
}

static void write_three(void)
{
    write_file("a", "return story { name = 'a', " NOBODY " }");
    write_file("b", "return story { name = 'b', " NOBODY " }");
    write_file("c", "return story { name = 'c', " NOBODY " }");
}

START_TEST(percents_hold_over_every_hundred_and_tens_over_every_ten)
{
    write_three();
    runs(MIX("{ 'a', 50 }, { 'b', 30 }, { 'c', 20 }"), (struct bench_options){.seed = 3}, 0, 1,
         200);
    for (uint64_t ten = 0; ten < 20; ten++) {
        ck_assert_uint_eq(of_story("a", 10 * ten, 10 * ten + 10), 5);
        ck_assert_uint_eq(of_story("b", 10 * ten, 10 * ten + 10), 3);
        ck_assert_uint_eq(of_story("c", 10 * ten, 10 * ten + 10), 2);
    }
    script_bench_end(&bench);
    runs(MIX("{ 'a', 91 }, { 'b', 8 }, { 'c', 1 }"), (struct bench_options){.seed = 3}, 0, 1, 200);
    for (uint64_t hundred = 0; hundred < 2; hundred++) {
        ck_assert_uint_eq(of_story("a", 100 * hundred, 100 * hundred + 100), 91);
        ck_assert_uint_eq(of_story("b", 100 * hundred, 100 * hundred + 100), 8);
    }
    script_bench_end(&bench);
}
END_TEST

START_TEST(other_shares_even_out_over_the_hundreds)
{
    write_three();
    runs(MIX("{ 'a', 1 }, { 'b', 1 }, { 'c', 1 }"), (struct bench_options){.seed = 4}, 0, 1, 300);
    for (uint64_t hundred = 0; hundred < 3; hundred++)
        ck_assert_uint_ge(of_story("a", 100 * hundred, 100 * hundred + 100), 33);
    ck_assert_uint_eq(of_story("a", 0, 300), 100);
    ck_assert_uint_eq(of_story("b", 0, 300), 100);
    script_bench_end(&bench);
    runs(MIX("{ 'a', 1 }, { 'b', 0 }, { 'c', 1 }"), (struct bench_options){0}, 0, 1, 100);
    ck_assert_uint_eq(of_story("b", 0, 100), 0);
    script_bench_end(&bench);
}
END_TEST

/* The number of each session's story among the first hundred, by the session's index. */
static void stories_of(struct bench_options options, uint64_t first, uint64_t step, char stories[])
{
    runs(MIX("{ 'a', 40 }, { 'b', 35 }, { 'c', 25 }"), options, first, step, 100 / step);
    for (size_t i = 0; i < bench.result_count; i++)
        stories[bench.results[i].index] = bench.results[i].story[0];
    script_bench_end(&bench);
}

START_TEST(seed_and_number_alone_say_whose_session_it_is)
{
    static char whole[400], parts[400], other[400];

    write_three();
    stories_of((struct bench_options){.seed = 5}, 0, 1, whole);
    stories_of((struct bench_options){.seed = 5, .shard_count = 2}, 0, 2, parts);
    stories_of((struct bench_options){.seed = 5, .shard_index = 1, .shard_count = 2}, 1, 2, parts);
    stories_of((struct bench_options){.seed = 6}, 0, 1, other);
    ck_assert_mem_eq(whole, parts, 100);
    ck_assert_mem_ne(whole, other, 100);
}
END_TEST

START_TEST(sessions_plan_as_they_would_alone)
{
    static char alone[20][512];
    static const char planning[] =
        "return story { name = 'a', settings = { most = { 5, 'limit' } }, " NOBODY ",\n"
        "  plan = function() return { n = math.floor(between('n', 0, settings.most) * 1000) } end "
        "}";
    size_t number = 0;

    write_three();
    write_file("a", planning);
    runs(NULL, (struct bench_options){.seed = 9, .settings = {"most=7"}}, 0, 1, 20);
    for (size_t i = 0; i < 20; i++)
        memcpy(alone[bench.results[i].index], bench.results[i].plan, sizeof alone[0]);
    script_bench_end(&bench);
    runs(MIX("{ 'b', 80 }, { 'a', 20 }"),
         (struct bench_options){.seed = 9, .settings = {"a.most=7"}}, 0, 1, 100);
    for (uint64_t index = 0; index < 100; index++)
        for (size_t i = 0; i < bench.result_count; i++)
            if (bench.results[i].index == index && strcmp(bench.results[i].story, "a") == 0)
                ck_assert_str_eq(bench.results[i].plan, alone[number++]);
    ck_assert_uint_eq(number, 20);
    script_bench_end(&bench);
}
END_TEST

static const char *setting(const char *name)
{
    const struct story *story = script_story(bench.script);

    for (size_t i = 0; i < story->setting_count; i++)
        if (strcmp(story->settings[i].name, name) == 0)
            return story->settings[i].value;
    return NULL;
}

START_TEST(settings_and_shares_are_reached_by_story)
{
    static const char text[] =
        "return story { name = '%s', settings = { wait = { '2s', 'help' } }, actors = {\n"
        "  a = { role = 'anonymous', play = function() measure('story.wait.%s', 's', settings.wait)"
        " end } } }";
    char a[512], b[512];

    snprintf(a, sizeof a, text, "a", "a");
    snprintf(b, sizeof b, text, "b", "b");
    write_file("a", a);
    write_file("b", b);
    runs(MIX("{ 'a', 50 }, { 'b', 50 }"),
         (struct bench_options){.settings = {"a.wait=7s", "b.share=150"}}, 0, 1, 100);
    ck_assert_uint_eq(of_story("b", 0, 100), 75);
    struct metric_value value;
    ck_assert(metrics_find(bench.metrics, "story.wait.a", "story=a", &value));
    ck_assert_int_eq(value.histogram->min, 7);
    ck_assert(metrics_find(bench.metrics, "story.wait.b", "story=b", &value));
    ck_assert_int_eq(value.histogram->max, 2);
    ck_assert(metrics_find(bench.metrics, "session.completed", "story=b", &value));
    ck_assert_int_eq(value.sum, 75);
    ck_assert_str_eq(setting("a.wait"), "2s");
    ck_assert_str_eq(setting("b.share"), "150");
    script_bench_end(&bench);
}
END_TEST

START_TEST(what_is_wrong_is_refused)
{
    static const struct {
        const char *mix, *setting, *message;
    } rows[] = {
        {MIX("{ 'a', 50 }"), "wait=3s", "write --set STORY.KEY=VALUE (stories are a)"},
        {MIX("{ 'a', 50 }"), "b.wait=3s", "write --set STORY.KEY=VALUE"},
        {MIX("{ 'a', 50 }"), "a.wait=3s", "--set a.wait=3s: the story has no setting 'wait'"},
        {MIX("{ 'a', 50 }"), "a.clinics=3", "has no setting 'clinics'"},
        {MIX("{ 'a', 50 }"), "a.share=-1", "--set a.share=-1: a share is a number"},
        {MIX("{ 'a', 50 }"), "a.share=0", "all shares are 0"},
        {MIX("{ 'a', 50 }"), "clinics=0", "clinics is a whole number"},
        {MIX("{ 'a', 'much' }"), NULL, "names and shares in percent"},
        {MIX("{ '../a', 5 }"), NULL, "names and shares in percent"},
        {MIX("{ 'a', 1 }, { 'a', 2 }"), NULL, "'a' is there twice"},
        {MIX("{ 'm', 1 }"), NULL, "'m' is a mix itself"},
        {MIX("{ 'nobody', 1 }"), NULL, "nobody.lua"},
        {MIX(""), NULL, "1 to 16 stories"},
        {"return mix { name = 'm', stories = { { 'a', 1 } }, actors = {} }", NULL,
         "mix: has no field 'actors'"},
        {"return mix { name = 'm', stories = { { 'a', 1 } }, load = { speed = 1 } }", NULL,
         "load has no field 'speed'"},
    };

    write_three();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench_options options = {.settings = {rows[i].setting}};
        ck_assert_msg(!begins(rows[i].mix, options), "%s", rows[i].message);
        ck_assert_msg(strstr(bench.failure.message, rows[i].message) != NULL, "\"%s\" for \"%s\"",
                      bench.failure.message, rows[i].message);
        script_bench_end(&bench);
    }
}
END_TEST

START_TEST(declarations_are_put_together)
{
    write_file("a", "return story { name = 'a', profiles = { 'core', 'clinic' }, " NOBODY ",\n"
                    "  thresholds = { 'm.msg.p95<1s', 'sessions.failed.ratio<1%',\n"
                    "    'm.join_state{at=caller}.p95<2s', 'participants.peak.count>=1' },\n"
                    "  load = { planned = '10s', grace = '30s', sessions_per_clinic = 4 } }");
    write_file("b", "return story { name = 'b', profiles = { 'core', 'privacy' },\n"
                    "  actors = { a = { role = 'patient' }, b = { role = 'team_member' } },\n"
                    "  load = { planned = '20s', grace = '15s' } }");
    ck_assert_msg(begins("return mix { name = 'm', thresholds = { 'm.msg.p95<3s' },\n"
                         "  load = { rate = 2, arrivals = 'burst', duration = '7s' },\n"
                         "  stories = { { 'a', 25 }, { 'b', 75 } } }",
                         (struct bench_options){0}),
                  "%s", bench.failure.message);
    const struct story *story = script_story(bench.script);
    static const char *const thresholds[] = {
        "m.msg.p95<3s", "m.msg{story=a}.p95<1s", "sessions.failed{story=a}.ratio<1%",
        "m.join_state{at=caller}.p95<2s", "participants.peak.count>=1"};
    ck_assert_uint_eq(story->threshold_count, 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert_str_eq(story->thresholds[i], thresholds[i]);
    ck_assert_uint_eq(story->profile_count, 3);
    ck_assert_int_eq(story->planned_us, 17500 * US_PER_MS);
    ck_assert_int_eq(story->grace_us, 30 * US_PER_S);
    ck_assert_uint_eq(story->sessions_per_clinic, 4);
    ck_assert_uint_eq(story->participants_per_session, 2);
    ck_assert_double_eq(story->rate_per_s, 2);
    ck_assert_str_eq(story->arrivals, "burst");
    ck_assert_int_eq(story->duration_us, 7 * US_PER_S);
    script_bench_end(&bench);
}
END_TEST

/* How often `word` is in the fixture for eight sessions. */
static unsigned in_fixture(const char *word)
{
    const char *text = NULL;
    struct failure failure;
    unsigned count = 0;

    ck_assert_int_eq(script_fixture(bench.script, 8, 1, &text, &failure), STATUS_OK);
    for (const char *at = text; (at = strstr(at, word)); at++)
        count++;
    return count;
}

START_TEST(people_of_all_stories_are_at_the_clinic)
{
    write_file("a",
               "local r = require 'roles.receptionist'\n"
               "return story { name = 'a',\n"
               "  actors = { a = { role = 'team_member', play = function(me, session)\n"
               "    check('T-1', session.residents.board.role == 'clinic_clerk', 'board')\n"
               "    check('T-2', session.residents.desk.role == 'clinic_clerk', 'desk')\n"
               "    check('T-3', session.story == 'a', 'name') end } },\n"
               "  residents = { board = { role = 'clinic_clerk', play = r.watches_the_board },\n"
               "    desk = { role = 'clinic_clerk', play = r.watches_the_board } } }");
    write_file("b",
               "local r = require 'roles.receptionist'\n"
               "return story { name = 'b',\n"
               "  actors = { a = { role = 'team_member', play = function(me, session)\n"
               "      check('T-4', session.residents.desk.role == 'team_member', 'desk') end },\n"
               "    b = { role = 'team_member' } },\n"
               "  residents = { board = { role = 'clinic_clerk', play = r.watches_the_board },\n"
               "    desk = { role = 'team_member', play = r.watches_the_board } } }");
    runs(MIX("{ 'a', 50 }, { 'b', 50 }"), (struct bench_options){.settings = {"clinics=1"}}, 0, 1,
         10);
    for (int i = 1; i <= 4; i++) {
        char requirement[8];
        snprintf(requirement, sizeof requirement, "T-%d", i);
        ck_assert_uint_eq(script_bench_checks(&bench, requirement, CHECK_PASS), 5);
    }
    script_bench_end(&bench);
    ck_assert(
        begins(MIX("{ 'a', 50 }, { 'b', 50 }"), (struct bench_options){.settings = {"clinics=1"}}));
    /* Eight sessions with two spares may all be of the story with two members of the team. */
    ck_assert_uint_eq(in_fixture("\"clinic-1.team_member."), 20);
    ck_assert_uint_eq(in_fixture("\"clinic-1.board."), 1); /* the same in both: one person */
    ck_assert_uint_eq(in_fixture("\"clinic-1.desk."), 1);
    ck_assert_uint_eq(in_fixture("\"clinic-1.b_desk."), 1); /* another role: somebody else */
    script_bench_end(&bench);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mix");
    TCase *tcase = tcase_create("mix");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, percents_hold_over_every_hundred_and_tens_over_every_ten);
    tcase_add_test(tcase, other_shares_even_out_over_the_hundreds);
    tcase_add_test(tcase, seed_and_number_alone_say_whose_session_it_is);
    tcase_add_test(tcase, sessions_plan_as_they_would_alone);
    tcase_add_test(tcase, settings_and_shares_are_reached_by_story);
    tcase_add_test(tcase, what_is_wrong_is_refused);
    tcase_add_test(tcase, declarations_are_put_together);
    tcase_add_test(tcase, people_of_all_stories_are_at_the_clinic);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
