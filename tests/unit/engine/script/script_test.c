/* Stories at work and stories at fault: who waits for whom, what fails a session, what ends a run,
 * and that nothing is left behind either way. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/recent_max.h"
#include "tests/support/participant_double.h"
#include "tests/support/script_bench.h"
#include "tests/support/web_client_double.h"

#define HEAD                                                                                       \
    "return story { name = 'x', title = 'X', actors = {\n" /* line 1; plays begin at line 2 */
#define ONE(body) HEAD "a = { role = 'patient', play = function(me, session)\n" body "\nend } } }\n"
#define TWO(first, second)                                                                         \
    HEAD "a = { role = 'patient', play = function(me, session)\n" first                            \
         "\nend }, b = { role = 'team_member', play = function(me, session)\n" second              \
         "\nend } } }\n"

static struct script_bench bench;

static void prepared(const char *text)
{
    ck_assert_msg(script_bench_begin(&bench, &(struct bench_options){.text = text, .trace = true}),
                  "%s", bench.failure.message);
    ck_assert_msg(script_bench_prepare(&bench, 2), "%s", bench.prepared_message);
    bench.traced[0] = '\0';
}

/* One session of the story, for at most two minutes. */
static void play(const char *text)
{
    prepared(text);
    script_bench_run(&bench, 0, 1, 1, 120 * US_PER_S);
}

static void completes(const char *text)
{
    play(text);
    ck_assert_msg(bench.result_count == 1 && bench.results[0].outcome == SESSION_COMPLETED, "%s %s",
                  bench.results[0].reason, bench.script_error);
    ck_assert_str_eq(bench.script_error, "");
}

static void fails(const char *text, const char *reason)
{
    play(text);
    ck_assert_uint_eq(bench.result_count, 1);
    ck_assert_int_eq(bench.results[0].outcome, SESSION_FAILED);
    ck_assert_msg(strstr(bench.results[0].reason, reason), "%s", bench.results[0].reason);
    ck_assert_str_eq(bench.script_error, "");
}

static void says(const char *what)
{
    ck_assert_msg(strstr(bench.traced, what), "no '%s' in:\n%s", what, bench.traced);
}

/* ---- networks ---- */

static const char *network_of(const char *name)
{
    for (size_t i = 0; i < participant_double_count(); i++)
        if (strcmp(participant_double_name(participant_double_at(i)), name) == 0)
            return participant_double_network(participant_double_at(i));
    ck_abort_msg("no participant %s", name);
}

START_TEST(a_network_holds_for_one_actor_from_then_on)
{
    prepared(TWO("me:network('dsl') me:enter {} sleep(1) me:network('offline,delay=1ms') sleep(60)",
                 "me:sign_on() sleep(60)"));
    script_bench_run(&bench, 0, 1, 1, 900 * US_PER_MS);
    ck_assert_str_eq(network_of("a"), "dsl"); /* said before there was media */
    script_bench_run(&bench, 0, 1, 0, 2 * US_PER_S);
    ck_assert_str_eq(network_of("a"), "offline,delay=1ms");
    ck_assert_str_eq(network_of("b"), "");
    says("a: network offline,delay=1ms");
    script_bench_end(&bench);
}
END_TEST

START_TEST(a_wrong_network_is_the_storys_fault)
{
    play(ONE("me:network('dial-up')"));
    ck_assert_msg(strstr(bench.script_error, "dial-up"), "%s", bench.script_error);
    ck_assert_msg(strstr(bench.script_error, ":3:"), "%s", bench.script_error);
    script_bench_end(&bench);
    play(ONE("me:network()"));
    ck_assert_msg(strstr(bench.script_error, "weak-mobile"), "%s", bench.script_error);
    script_bench_end(&bench);
}
END_TEST

/* ---- waiting ---- */

START_TEST(sleep_takes_its_time)
{
    completes(ONE("local t = now() sleep('250ms') sleep(1.5) sleep(settings and 0) "
                  "log(('%.3f'):format(now() - t))"));
    says("a: 1.750");
    script_bench_end(&bench);
}
END_TEST

START_TEST(common_instants_count_from_the_begin_of_the_run)
{
    prepared(TWO("sleep('300ms') sleep_until('2s') log(now()) sleep_until('1s') log(now())",
                 "sleep_until('2s') log(now())"));
    script_begin(bench.script, loop_now_us(bench.loop) - 500 * US_PER_MS);
    int64_t instant_us = loop_now_us(bench.loop) + 1500 * US_PER_MS;
    char first[64], second[64];
    snprintf(first, sizeof first, "a: %.14g", (double)instant_us / US_PER_S);
    snprintf(second, sizeof second, "b: %.14g", (double)instant_us / US_PER_S);
    script_bench_run(&bench, 0, 1, 1, 10 * US_PER_S);
    says(first);
    says(second);
    /* An instant that is over is not waited for. */
    const char *again = strstr(strstr(bench.traced, first) + 1, first);
    ck_assert_ptr_nonnull(again);
    script_bench_end(&bench);
}
END_TEST

START_TEST(actors_play_side_by_side)
{
    completes(TWO("sleep(1) log('one') sleep(2) log('three')", "sleep(2) log('two')"));
    const char *one = strstr(bench.traced, "one"), *two = strstr(bench.traced, "two"),
               *three = strstr(bench.traced, "three");
    ck_assert(one && two && three && one < two && two < three);
    script_bench_end(&bench);
}
END_TEST

START_TEST(words_pass_between_actors)
{
    completes(TWO("log('heard ' .. me:hear('hello', { within = '5s' }))",
                  "sleep(1) me:tell(session.a, 'other') me:tell(session.a, 'hello', 42)"));
    says("a: heard 42");
    script_bench_end(&bench);
    /* Told before anybody listens: it waits. */
    completes(TWO("sleep(2) me:hear('hello', { within = '1s' })", "me:tell(session.a, 'hello')"));
    script_bench_end(&bench);
}
END_TEST

START_TEST(meetings_begin_together)
{
    completes(
        TWO("sleep(1) me:meet('door', { within = '5s' }) log(('a %.3f'):format(now() % 100))",
            "sleep(3) me:meet('door', { within = '5s' }) log(('b %.3f'):format(now() % 100))"));
    const char *a = strstr(bench.traced, "a: a "), *b = strstr(bench.traced, "b: b ");
    ck_assert(a && b && strncmp(a + 5, b + 5, 6) == 0);
    script_bench_end(&bench);
}
END_TEST

#define NEVER_JOINED                                                                               \
    ONE("me:enter {} me:expect('space', { state = 'in_call', within = '5s', requirement = "        \
        "'WA-12' })")

/* A generator that stands still for seconds finds that nothing came in time. */
START_TEST(a_late_generator_does_not_know_who_failed)
{
    prepared(NEVER_JOINED);
    recent_max_note(&bench.media.late, loop_now_us(bench.loop), US_PER_S);
    script_bench_run(&bench, 0, 1, 1, 6 * US_PER_S);
    ck_assert_int_eq(bench.results[0].outcome, SESSION_FAILED);
    ck_assert_uint_eq(script_bench_checks(&bench, "WA-12", CHECK_FAIL), 0);
    ck_assert_uint_eq(script_bench_checks(&bench, "WA-12", CHECK_INCONCLUSIVE), 1);
    const char *message = script_bench_message(&bench, "WA-12");
    ck_assert_msg(strstr(message, "but this generator was up to 1 s late"), "%s", message);
    script_bench_end(&bench);
    fails(NEVER_JOINED, "and it did not come");
    ck_assert_uint_eq(script_bench_checks(&bench, "WA-12", CHECK_FAIL), 1);
    script_bench_end(&bench);
}
END_TEST

/* The card is seen, and its owner even joined, before the platform's answer reaches the owner. */
START_TEST(who_is_joined_before_their_media_opens_may_be_seen)
{
    static const char text[] = TWO(
        "me:enter {} log('entered') me:sees(session.b, { within = '5s', requirement = 'WA-12' })",
        "me:sign_on()\nme:join(me:card_of(session.a, { within = '5s' })) log('joined')\n"
        "me:sees(session.a, { within = '5s', requirement = 'WA-12' }) sleep(2)");
    ck_assert(script_bench_begin(
        &bench, &(struct bench_options){.text = text, .fault = "late-answer", .trace = true}));
    ck_assert(script_bench_prepare(&bench, 1));
    script_bench_run(&bench, 0, 1, 1, 30 * US_PER_S);
    const char *joined = strstr(bench.traced, "b: joined"),
               *entered = strstr(bench.traced, "a: entered");
    ck_assert(joined && entered && joined < entered);
    ck_assert_msg(bench.result_count == 1 && bench.results[0].outcome == SESSION_COMPLETED, "%s",
                  bench.results[0].reason);
    ck_assert_uint_eq(script_bench_checks(&bench, "WA-11", CHECK_FAIL), 0);
    ck_assert_uint_eq(script_bench_count(&bench, "m.join_media"), 4);
    ck_assert_uint_eq(script_bench_count(&bench, "m.rejoin_media"), 0);
    script_bench_end(&bench);
}
END_TEST

START_TEST(expectations_look_past_what_they_do_not_want)
{
    completes(TWO("me:enter {} sleep(2)\nme:expect('space', { state = 'on_hold', within = '1s' })\n"
                  "me:chat('done')",
                  "me:sign_on()\nlocal card = me:card_of(session.a, { within = '5s' })\n"
                  "me:join(card) me:hold(card)\n"
                  "me:expect('card_message', { of = session.a, within = '5s' })"));
    script_bench_end(&bench);
}
END_TEST

/* Somebody else plays Zoe: her media is expected while the platform says that she is in the call.
 */
START_TEST(foreign_people_are_known_by_name)
{
    completes(HEAD "zoe = { role = 'patient', foreign = 'Zoe' },\n"
                   "c = { role = 'patient', play = function(me) me:enter { name = 'Zoe' }\n"
                   "me:expect('space', { state = 'on_hold', within = '9s' }) end },\n"
                   "b = { role = 'team_member', play = function(me, session) me:sign_on()\n"
                   "local card = me:card_of(session.zoe, { within = '5s' })\n"
                   "log('waits ' .. me:counts().foreign_frames)\n"
                   "me:join(card) sleep(1) log('talks ' .. me:counts().foreign_frames)\n"
                   "me:hold(card) sleep(1) log('held ' .. me:counts().foreign_frames) end } } }\n");
    says("b: waits 0");
    says("b: talks 1");
    says("b: held 0");
    script_bench_end(&bench);
}
END_TEST

static void people_are(uint64_t now, uint64_t peak, uint64_t total)
{
    const struct script_people *people = script_people(bench.script);

    ck_assert_uint_eq(people->now, now);
    ck_assert_uint_eq(people->peak, peak);
    ck_assert_uint_eq(people->total, total);
}

/* _i: with media, with sound only, without */
START_TEST(participants_are_those_whom_the_platform_knows)
{
    static const enum media_mode modes[] = {MEDIA_FULL, MEDIA_AUDIO, MEDIA_NONE};
    static const char text[] = TWO("sleep(1) me:enter {} sleep(2) me:drop() sleep(2)\n"
                                   "me:come_back() sleep(2)",
                                   "me:sign_on { watch = false } sleep(9)");

    ck_assert(script_bench_begin(&bench, &(struct bench_options){.text = text, .mode = modes[_i]}));
    ck_assert(script_bench_prepare(&bench, 2));
    people_are(0, 0, 0);
    script_bench_run(&bench, 0, 1, 2, US_PER_S / 2); /* staff is there, callers are not */
    people_are(2, 2, 2);
    script_bench_run(&bench, 0, 1, 0, 3 * US_PER_S / 2);
    people_are(4, 4, 4);
    script_bench_run(&bench, 0, 1, 0, 2 * US_PER_S); /* callers are off the line */
    people_are(2, 4, 4);
    script_bench_run(&bench, 0, 1, 0, 2 * US_PER_S); /* and back: the same people */
    people_are(4, 4, 4);
    script_bench_run(&bench, 0, 1, 0, 60 * US_PER_S);
    people_are(0, 4, 4);
    script_bench_end(&bench);
}
END_TEST

START_TEST(what_is_passed_over_is_gone)
{
    fails(TWO("me:enter {} sleep(2)\nme:expect('space', { state = 'on_hold', within = '1s' })\n"
              "me:expect('space', { state = 'in_call', within = '1s' })",
              "me:sign_on()\nlocal card = me:card_of(session.a, { within = '5s' })\n"
              "me:join(card) me:hold(card)"),
          "story-");
    ck_assert_ptr_nonnull(
        strstr(bench.results[0].reason, "a: expected 'space', state in_call within 1 s"));
    script_bench_end(&bench);
}
END_TEST

/* ---- failing sessions ---- */

START_TEST(a_failure_names_place_actor_and_step)
{
    fails(ONE("sleep(1)\n\nme:expect('chat', { within = '300ms' })"),
          "lua:5: a: expected 'chat' within 300 ms, and it did not come");
    script_bench_end(&bench);
    fails(ONE("me:hear('never', { within = 2 })"), "lua:3: a: nobody said 'never' within 2 s");
    script_bench_end(&bench);
    fails(ONE("fail('not today')"), "lua:3: a: not today");
    script_bench_end(&bench);
    fails(ONE("me:enter { link = 'nowhere-at-all' }"), "was refused: no such link (hidden)");
    script_bench_end(&bench);
}
END_TEST

START_TEST(one_failing_actor_stops_the_others)
{
    fails(TWO("me:enter {} sleep(60) log('still there')",
              "me:sign_on() sleep(1) pcall(sleep, 60) log('swallowed') sleep(60)"
              " end }, c = { role = 'patient', play = function() sleep(2) fail('c has enough')"),
          "c: c has enough");
    ck_assert_ptr_null(strstr(bench.traced, "still there"));
    ck_assert_ptr_null(strstr(bench.traced, "swallowed"));
    ck_assert_uint_eq(script_sessions_running(bench.script), 0);
    script_bench_end(&bench);
}
END_TEST

START_TEST(failures_can_be_caught)
{
    completes(ONE("local ok, why = pcall(me.expect, me, 'chat', { within = '1s' })\n"
                  "log(tostring(ok), tostring(why))"));
    says("a: false /tmp/caseload-story-");
    script_bench_end(&bench);
}
END_TEST

START_TEST(refusals_can_be_looked_at)
{
    completes(ONE("me:enter {}\nlocal result, refusal = me:attempt('subscribe')\n"
                  "log(tostring(result), refusal.class)\n"
                  "me:cannot { 'subscribe', requirement = 'WA-03', as = 'forbidden' }\n"
                  "me:cannot { 'subscribe', requirement = 'WA-09', as = 'hidden' }\n"
                  "me:cannot { 'look', requirement = 'WA-11' }"));
    says("a: nil forbidden");
    ck_assert_uint_eq(script_bench_checks(&bench, "WA-03", CHECK_PASS), 1);
    ck_assert_uint_eq(script_bench_checks(&bench, "WA-09", CHECK_FAIL), 1);
    ck_assert_uint_eq(script_bench_checks(&bench, "WA-11", CHECK_FAIL), 1);
    ck_assert_str_eq(script_bench_message(&bench, "WA-11"),
                     "a of session 0: 'look' was accepted and must be refused");
    ck_assert_uint_eq(script_bench_count(&bench, "m.refuse"), 2);
    script_bench_end(&bench);
}
END_TEST

START_TEST(closed_connections_end_waits)
{
    prepared(ONE("me:enter {} me:expect('chat', { within = '60s' })"));
    script_bench_run(&bench, 0, 1, 1, US_PER_S);
    script_cut(bench.script);
    ck_assert_int_eq(bench.results[0].outcome, SESSION_CUT);
    ck_assert_str_eq(bench.results[0].reason, "the run ended before the story did");
    loop_double_advance(bench.loop, US_PER_S);
    ck_assert_uint_eq(bench.result_count, 1);
    script_bench_end(&bench);
}
END_TEST

/* ---- checks, measures, draws ---- */

START_TEST(checks_are_counted_and_kept)
{
    completes(ONE("check('WA-01', true, 'never said')\ncheck('WA-01', false, 'the door is shut')\n"
                  "check('WA-02', nil, 'nothing there')"));
    ck_assert_uint_eq(script_bench_checks(&bench, "WA-01", CHECK_PASS), 1);
    ck_assert_uint_eq(script_bench_checks(&bench, "WA-01", CHECK_FAIL), 1);
    ck_assert_str_eq(script_bench_message(&bench, "WA-01"), "a of session 0: the door is shut");
    ck_assert_uint_eq(script_bench_checks(&bench, "WA-02", CHECK_FAIL), 1);
    script_bench_end(&bench);
}
END_TEST

START_TEST(own_measures_are_recorded)
{
    completes(ONE("measure('queue.length', '1', 3) measure('queue.length', '1', 5)"));
    ck_assert_uint_eq(script_bench_count(&bench, "queue.length"), 2);
    script_bench_end(&bench);
}
END_TEST

START_TEST(draws_depend_on_seed_session_actor_and_purpose)
{
    static const char text[] =
        ONE("log(('%.9f %.9f'):format(draw('x'), draw('y')), draw('x') == draw('x'))\n"
            "log(tostring(chance('never', 0)), tostring(chance('ever', 1)))\n"
            "local b = between('z', 3, 4) log(tostring(b >= 3 and b < 4))\n"
            "log(choose('w', { { 'left', 0 }, { 'right', 1 } }))");
    char first[8192];

    completes(text);
    says("true");
    says("a: false true");
    says("a: right");
    strcpy(first, bench.traced);
    script_bench_end(&bench);
    completes(text);
    ck_assert_str_eq(first, bench.traced);
    script_bench_end(&bench);
    prepared(text);
    script_bench_run(&bench, 1, 1, 1, US_PER_S);
    ck_assert_str_ne(first, bench.traced);
    script_bench_end(&bench);
}
END_TEST

START_TEST(latency_counts_from_when_it_was_due)
{
    /* The session starts 400 ms late: the first act was due at its intended time. */
    prepared(ONE("me:enter {}"));
    script_session_start(bench.script, 0, loop_now_us(bench.loop) - 400 * US_PER_MS);
    loop_double_advance(bench.loop, US_PER_S);
    ck_assert_int_eq(bench.results[0].outcome, SESSION_COMPLETED);
    ck_assert_uint_eq(script_bench_count(&bench, "m.link_waiting"), 1);
    script_bench_end(&bench);
}
END_TEST

/* ---- scripts at fault ---- */

struct fault {
    const char *name, *body, *says; /* `says` is searched for in the error */
};

static const struct fault faults[] = {
    {"nil index", "local t\nreturn t.x", ".lua:4: attempt to index a nil value (local 't')"},
    {"error()", "error('my own')", ".lua:3: my own"},
    {"error with a table", "error({ message = 'odd' })", "odd"},
    {"endless loop", "while true do end", ".lua:3: the script ran too long"},
    {"endless loop in pcall", "while true do pcall(function() while true do end end) end",
     ".lua:3: the script ran too long"},
    {"endless pattern", "pcall(string.find, ('a'):rep(5000), '.-.-.-.-b')\nlog('swallowed')",
     ".lua:3: the script ran too long"},
    {"endless loop after a wait",
     "sleep(1)\npcall(function()\nsleep(1)\nwhile true do end\nend)\nlog('swallowed')",
     ".lua:6: the script ran too long"},
    {"memory", "local t = {}\nlocal s = ('x'):rep(1000)\nfor i = 1, 1e9 do t[i] = s:rep(20000) end",
     ".lua:5: out of memory"},
    {"undefined property", "log(me.nonsense)", ".lua:3: unknown verb or property 'nonsense'"},
    {"undefined field of a session", "log(session.nobody)",
     ".lua:3: a session has no actor or field 'nobody'"},
    {"undefined setting", "log(settings.nothing)", ".lua:3: there is no setting 'nothing'"},
    {"no duration", "sleep('long')", ".lua:3: sleep: long is no duration"},
    {"bad check", "check('WA-01', true)", ".lua:3: check: write check("},
    {"engine's metric", "measure('m.join_media', 'us', 1)", "is one of the engine's own metrics"},
    {"global", "rawset({}, 'a', 1) local f = load('x = 1', 'chunk') f()", "cannot be changed"},
    {"wait where none can", "table.sort({ 2, 1 }, function() sleep(1) return true end)",
     "nothing can wait here"},
};

START_TEST(script_errors_end_the_run)
{
    const struct fault *fault = &faults[_i];
    char text[1024];

    snprintf(text, sizeof text, ONE("%s"), fault->body);
    play(text);
    ck_assert_msg(strstr(bench.script_error, fault->says), "%s: '%s'", fault->name,
                  bench.script_error);
    ck_assert_msg(strstr(bench.script_error, "(a: "), "%s: no actor in '%s'", fault->name,
                  bench.script_error);
    ck_assert_msg(!strstr(bench.script_error, "prelude/"), "%s: %s", fault->name,
                  bench.script_error);
    ck_assert_ptr_null(strstr(bench.traced, "swallowed"));
    ck_assert_uint_eq(bench.result_count, 1);
    ck_assert_int_eq(bench.results[0].outcome, SESSION_FAILED);
    script_bench_end(&bench);
}
END_TEST

struct refused {
    const char *name, *text, *setting, *says;
};

static const struct refused refused_stories[] = {
    {"syntax", "return story {\n  name = 'x',\n  title = = 'y',\n}\n", NULL,
     ".lua:3: unexpected symbol near '='"},
    {"unknown verb", ONE("sleep(1)\nme:danse()"), NULL, ".lua:4: unknown verb 'danse'"},
    {"unknown verb never reached", ONE("if false then me:danse() end"), NULL,
     ".lua:3: unknown verb 'danse'"},
    {"unknown name", ONE("slep(1)"), NULL, ".lua:3: unknown name 'slep'"},
    {"os", ONE("os.exit(0)"), NULL, ".lua:3: unknown name 'os'"},
    {"global assigned", "x = 1\n" ONE(""), NULL, ".lua:1: 'x' is not declared"},
    {"loop at top level", "while true do end", NULL, ".lua:1: the script ran too long"},
    {"no story", "return 5", NULL, "a story file ends with: return story"},
    {"unknown field", "return story { name = 'x', colour = 1 }", NULL,
     ".lua:1: story: has no field 'colour'"},
    {"unknown role", "return story { name = 'x', actors = { a = { role = 'king' } } }", NULL,
     "'king' is no role"},
    {"misspelt role function",
     "local p = require 'roles.patient'\n"
     "return story { name = 'x', actors = { a = { role = 'patient', play = p.arives } } }",
     NULL, ""},
    {"nobody", "return story { name = 'x', actors = {} }", NULL, "nobody acts"},
    {"require outside", "local x = require 'roles.../etc/passwd'", NULL,
     ".lua:1: require: write a module's name"},
    {"require elsewhere", "local x = require 'secrets.key'", NULL,
     "modules are in roles, conformance, targets and lib"},
    {"require missing", "local x = require 'roles.king'", NULL, "roles/king.lua: No such file"},
    {"unknown setting", ONE(""), "speed=3", "the story has no setting 'speed'"},
    {"setting without value", ONE(""), "speed", "write --set KEY=VALUE"},
    {"clinics", ONE(""), "clinics=none", "clinics is a whole number"},
};

START_TEST(stories_are_refused_before_the_run)
{
    const struct refused *row = &refused_stories[_i];
    bool made = script_bench_begin(
        &bench, &(struct bench_options){.text = row->text, .settings = {row->setting}});

    if (row->says[0] == '\0') {
        ck_assert_msg(made, "%s", bench.failure.message); /* only `script check` minds */
    } else {
        ck_assert_msg(!made, "%s went through", row->name);
        ck_assert_int_eq(bench.failure.status, STATUS_INVALID);
        ck_assert_msg(strstr(bench.failure.message, row->says), "%s: %s", row->name,
                      bench.failure.message);
    }
    script_bench_end(&bench);
}
END_TEST

START_TEST(settings_have_the_kind_of_their_default)
{
    static const char text[] =
        "return story { name = 'x', settings = { wait = { '2s', 'w' }, share = { 0.5, 's' },\n"
        "  loud = { false, 'l' }, who = { 'me', 'h' } }, actors = {\n"
        "a = { role = 'patient', play = function() log(settings.wait, settings.share + 1,\n"
        "  tostring(settings.loud), settings.who) end } } }";

    ck_assert(script_bench_begin(
        &bench,
        &(struct bench_options){.text = text,
                                .trace = true,
                                .settings = {"wait=150ms", "share=0.25", "loud=true", "who=you"}}));
    ck_assert_uint_eq(script_story(bench.script)->setting_count, 4);
    ck_assert_str_eq(script_story(bench.script)->settings[0].name, "loud");
    ck_assert_str_eq(script_story(bench.script)->settings[2].value, "2s");
    ck_assert(script_bench_prepare(&bench, 1));
    script_bench_run(&bench, 0, 1, 1, US_PER_S);
    says("a: 0.15 1.25 true you");
    script_bench_end(&bench);
    ck_assert(!script_bench_begin(
        &bench, &(struct bench_options){.text = text, .settings = {"wait=soon"}}));
    ck_assert_ptr_nonnull(strstr(bench.failure.message, "--set wait=soon: wait is a duration"));
    script_bench_end(&bench);
}
END_TEST

START_TEST(load_shape_and_thresholds_are_told)
{
    static const char text[] =
        "return story { name = 'x', title = 'A title', profiles = { 'core', 'clinic' },\n"
        "  load = { sessions = 7, duration = '2m', ramp = '5s', rate = '1.5/s', planned = '9s',\n"
        "    grace = '11s', arrivals = 'poisson', sessions_per_clinic = 4 },\n"
        "  thresholds = { 'm.join_media.p95<1s' },\n"
        "  actors = { a = { role = 'patient' }, b = { role = 'anonymous' },\n"
        "    c = { role = 'team_member' }, d = { role = 'team_member', optional = true } } }";

    ck_assert_msg(script_bench_begin(&bench, &(struct bench_options){.text = text}), "%s",
                  bench.failure.message);
    const struct story *story = script_story(bench.script);
    ck_assert_str_eq(story->title, "A title");
    ck_assert_uint_eq(story->profile_count, 2);
    ck_assert_str_eq(story->profiles[1], "clinic");
    ck_assert_uint_eq(story->sessions, 7);
    ck_assert_int_eq(story->duration_us, 120 * US_PER_S);
    ck_assert_int_eq(story->ramp_us, 5 * US_PER_S);
    ck_assert_int_eq(story->planned_us, 9 * US_PER_S);
    ck_assert_int_eq(story->grace_us, 11 * US_PER_S);
    ck_assert_double_eq_tol(story->rate_per_s, 1.5, 1e-9);
    ck_assert_str_eq(story->arrivals, "poisson");
    ck_assert_uint_eq(story->sessions_per_clinic, 4);
    ck_assert_uint_eq(story->participants_per_session, 2);
    ck_assert_uint_eq(story->threshold_count, 1);
    script_bench_end(&bench);
    /* Without media nothing can be said about media. */
    ck_assert(
        script_bench_begin(&bench, &(struct bench_options){.text = text, .mode = MEDIA_NONE}));
    ck_assert_uint_eq(script_story(bench.script)->threshold_count, 0);
    script_bench_end(&bench);
}
END_TEST

START_TEST(load_shape_follows_the_settings)
{
    static const char text[] =
        "return story { name = 'x', title = 'X', settings = { talk = { '5s', 'length' } },\n"
        "  load = { planned = function() return settings.talk + 2 end },\n"
        "  actors = { a = { role = 'patient' } } }";

    ck_assert_msg(script_bench_begin(&bench, &(struct bench_options){.text = text}), "%s",
                  bench.failure.message);
    ck_assert_int_eq(script_story(bench.script)->planned_us, 7 * US_PER_S);
    ck_assert_int_eq(script_story(bench.script)->grace_us, 27 * US_PER_S);
    script_bench_end(&bench);
    ck_assert(
        script_bench_begin(&bench, &(struct bench_options){.text = text, .settings = {"talk=2m"}}));
    ck_assert_int_eq(script_story(bench.script)->planned_us, 122 * US_PER_S);
    ck_assert_int_eq(script_story(bench.script)->grace_us, 142 * US_PER_S);
    script_bench_end(&bench);
}
END_TEST

/* ---- the platform ---- */

START_TEST(an_unreachable_platform_is_named)
{
    ck_assert(script_bench_begin(&bench, &(struct bench_options){.text = TWO("", "")}));
    web_client_double.refuse = true;
    ck_assert(!script_bench_prepare(&bench, 1));
    ck_assert_int_eq(bench.prepared_status, STATUS_UNREACHABLE);
    script_bench_end(&bench);
}
END_TEST

START_TEST(a_platform_that_dies_is_told_once)
{
    prepared(TWO("me:enter {} me:expect('chat', { within = '60s' })",
                 "me:sign_on() me:expect('chat', { within = '60s' })"));
    script_bench_run(&bench, 0, 1, 1, US_PER_S);
    web_client_double.refuse = true;
    web_client_double_lose_all();
    loop_double_advance(bench.loop, 10 * US_PER_S);
    ck_assert_msg(strstr(bench.lost, "http://memory:1/ does not answer any more"), "%s",
                  bench.lost);
    ck_assert_uint_eq(bench.result_count, 1);
    ck_assert_int_eq(bench.results[0].outcome, SESSION_FAILED);
    ck_assert_msg(strstr(bench.results[0].reason, "closed the connection (1006"), "%s",
                  bench.results[0].reason);
    script_bench_end(&bench);
}
END_TEST

START_TEST(one_lost_connection_is_not_the_end)
{
    prepared(ONE("me:enter {} me:expect('chat', { within = '60s' })"));
    script_bench_run(&bench, 0, 1, 1, US_PER_S);
    web_client_double_lose_all();
    loop_double_advance(bench.loop, 10 * US_PER_S);
    ck_assert_str_eq(bench.lost, "");
    ck_assert_int_eq(bench.results[0].outcome, SESSION_FAILED);
    script_bench_end(&bench);
}
END_TEST

/* It opened after nobody waited any more, and its end was told to a driver that never got it. */
START_TEST(connection_that_opens_too_late_is_nobodys)
{
    prepared(ONE("me:enter {} me:expect('chat', { within = '60s' })"));
    web_client_double.open_after_us = 30 * US_PER_S;
    script_bench_run(&bench, 0, 1, 1, 20 * US_PER_S);
    ck_assert_int_eq(bench.results[0].outcome, SESSION_FAILED);
    ck_assert_msg(strstr(bench.results[0].reason, "the opening of a connection"), "%s",
                  bench.results[0].reason);
    loop_double_advance(bench.loop, 20 * US_PER_S);
    web_client_double_lose_all();
    loop_double_advance(bench.loop, US_PER_S);
    ck_assert_str_eq(bench.script_error, "");
    web_client_double.open_after_us = 0;
    script_bench_end(&bench);
}
END_TEST

START_TEST(more_sessions_than_accounts)
{
    prepared(TWO("sleep(5)", "me:sign_on() sleep(5)"));
    script_bench_run(&bench, 0, 1, 6, 60 * US_PER_S);
    unsigned failed = 0;
    for (size_t i = 0; i < bench.result_count; i++) {
        if (bench.results[i].outcome != SESSION_FAILED)
            continue;
        failed++;
        ck_assert_ptr_nonnull(strstr(bench.results[i].reason,
                                     "Clinic 1 has no free team_member account (all 4 are taken)"));
    }
    ck_assert_uint_eq(failed, 2); /* two at once and two to spare */
    bench.result_count = 0;
    script_bench_run(&bench, 10, 1, 4, 60 * US_PER_S); /* they were given back */
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(bench.results[i].outcome, SESSION_COMPLETED);
    script_bench_end(&bench);
}
END_TEST

START_TEST(destroyed_in_the_middle)
{
    prepared(
        TWO("me:enter {} me:expect('chat', { within = '60s' })",
            "me:sign_on() me:card_of(session.a, { within = '60s' }) me:join(session.a) sleep(50)"));
    script_bench_run(&bench, 0, 1, 3, US_PER_S);
    script_destroy(bench.script);
    bench.script = NULL;
    script_bench_end(&bench);
    /* And while requests are on their way. */
    prepared(TWO("me:enter {}", "me:sign_on()"));
    web_client_double.silent = true;
    script_bench_run(&bench, 0, 1, 3, 10 * US_PER_MS);
    script_destroy(bench.script);
    bench.script = NULL;
    script_bench_end(&bench);
}
END_TEST

/* ---- caseload script check ---- */

static char findings[2048];

static void on_finding(void *arg, const char *file, int line, const char *message)
{
    size_t used = strlen(findings);

    (void)arg;
    snprintf(findings + used, sizeof findings - used, "%s:%d: %s\n", file, line, message);
}

static enum status check_text(const char *text, struct failure *failure)
{
    char path[] = "/tmp/caseload-check-XXXXXX.lua";
    int fd = mkstemps(path, 4);
    FILE *file = fdopen(fd, "w");
    enum status status;

    fputs(text, file);
    fclose(file);
    findings[0] = '\0';
    status = script_check(path, CASELOAD_SOURCE "/scenarios", on_finding, NULL, failure);
    remove(path);
    return status;
}

START_TEST(shipped_stories_have_no_findings)
{
    static const char *const stories[] = {"one-to-one", "teletriage", "check-in"};
    struct failure failure;
    char path[512];

    findings[0] = '\0';
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, CASELOAD_SOURCE "/scenarios/%s.lua", stories[i]);
        ck_assert_int_eq(
            script_check(path, CASELOAD_SOURCE "/scenarios", on_finding, NULL, &failure),
            STATUS_OK);
    }
    ck_assert_str_eq(findings, "");
}
END_TEST

START_TEST(findings_have_file_and_line)
{
    struct failure failure;
    enum status status = check_text("local x = require 'roles.patient'\n"
                                    "return story { name = 'x', actors = {\n"
                                    "  a = { role = 'patient', play = function(me)\n"
                                    "    me:danse() -- me:expect('in a comment')\n"
                                    "    me:expect('chat')\n"
                                    "    me:expect('chat', { within = '1s' })\n"
                                    "    me:hear([[me:hear('x')]],\n"
                                    "      { from = x })\n"
                                    "    slep(1)\n"
                                    "  end },\n"
                                    "  b = { role = 'patient', play = x.arives },\n"
                                    "} }\n",
                                    &failure);

    ck_assert_int_eq(status, STATUS_OK);
    ck_assert_ptr_nonnull(strstr(findings, ".lua:4: unknown verb 'danse'\n"));
    ck_assert_ptr_nonnull(strstr(findings, ".lua:5: 'expect' without a time limit"));
    ck_assert_ptr_nonnull(strstr(findings, ".lua:7: 'hear' without a time limit"));
    ck_assert_ptr_nonnull(strstr(findings, ".lua:9: unknown name 'slep'\n"));
    ck_assert_ptr_nonnull(strstr(findings, ".lua:0: actors.b never acts"));
    ck_assert_ptr_null(strstr(findings, ".lua:6:"));
    unsigned lines = 0;
    for (const char *at = findings; *at; at++)
        lines += *at == '\n';
    ck_assert_uint_eq(lines, 5);
}
END_TEST

START_TEST(broken_stories_are_findings)
{
    struct failure failure;

    ck_assert_int_eq(check_text("return story {\n  name = = 'x' }", &failure), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(findings, ".lua:2: unexpected symbol"));
    ck_assert_int_eq(check_text("return story { name = 'x' }", &failure), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(findings, ".lua:1: story: name and actors are needed"));
    /* One that never ends cannot be looked at. */
    ck_assert_int_eq(check_text("while true do end", &failure), STATUS_INVALID);
    ck_assert_ptr_nonnull(strstr(failure.message, ".lua:1: the script ran too long"));
    ck_assert_int_eq(script_check("/nowhere/x.lua", "/nowhere", on_finding, NULL, &failure),
                     STATUS_OK);
    ck_assert_ptr_nonnull(strstr(findings, "/nowhere/x.lua: No such file"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("script");
    TCase *tests = tcase_create("all");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_network_holds_for_one_actor_from_then_on);
    tcase_add_test(tests, a_wrong_network_is_the_storys_fault);
    tcase_add_test(tests, sleep_takes_its_time);
    tcase_add_test(tests, common_instants_count_from_the_begin_of_the_run);
    tcase_add_test(tests, actors_play_side_by_side);
    tcase_add_test(tests, words_pass_between_actors);
    tcase_add_test(tests, meetings_begin_together);
    tcase_add_test(tests, a_late_generator_does_not_know_who_failed);
    tcase_add_test(tests, who_is_joined_before_their_media_opens_may_be_seen);
    tcase_add_test(tests, expectations_look_past_what_they_do_not_want);
    tcase_add_test(tests, what_is_passed_over_is_gone);
    tcase_add_test(tests, foreign_people_are_known_by_name);
    tcase_add_loop_test(tests, participants_are_those_whom_the_platform_knows, 0, 3);
    tcase_add_test(tests, a_failure_names_place_actor_and_step);
    tcase_add_test(tests, one_failing_actor_stops_the_others);
    tcase_add_test(tests, failures_can_be_caught);
    tcase_add_test(tests, refusals_can_be_looked_at);
    tcase_add_test(tests, closed_connections_end_waits);
    tcase_add_test(tests, checks_are_counted_and_kept);
    tcase_add_test(tests, own_measures_are_recorded);
    tcase_add_test(tests, draws_depend_on_seed_session_actor_and_purpose);
    tcase_add_test(tests, latency_counts_from_when_it_was_due);
    tcase_add_loop_test(tests, script_errors_end_the_run, 0, sizeof faults / sizeof *faults);
    tcase_add_loop_test(tests, stories_are_refused_before_the_run, 0,
                        sizeof refused_stories / sizeof *refused_stories);
    tcase_add_test(tests, settings_have_the_kind_of_their_default);
    tcase_add_test(tests, load_shape_and_thresholds_are_told);
    tcase_add_test(tests, load_shape_follows_the_settings);
    tcase_add_test(tests, an_unreachable_platform_is_named);
    tcase_add_test(tests, a_platform_that_dies_is_told_once);
    tcase_add_test(tests, one_lost_connection_is_not_the_end);
    tcase_add_test(tests, connection_that_opens_too_late_is_nobodys);
    tcase_add_test(tests, more_sessions_than_accounts);
    tcase_add_test(tests, destroyed_in_the_middle);
    tcase_add_test(tests, shipped_stories_have_no_findings);
    tcase_add_test(tests, findings_have_file_and_line);
    tcase_add_test(tests, broken_stories_are_findings);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
