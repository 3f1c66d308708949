#include "reference-server/domain/domain.h"

#include <check.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "tests/support/domain_bench.h"

enum { CALLERS = 12, STAFF = 9, STEPS = 60000 };

static struct domain_bench bench;
static struct participant *callers[CALLERS]; /* NULL: free place */
static struct token_key tokens[CALLERS];
static struct id cards[CALLERS];
static struct participant *staff[STAFF];

START_TEST(priorities_have_names)
{
    for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++)
        ck_assert_int_eq(priority_by_name(priority_name(priority)), priority);
    ck_assert_int_eq(priority_by_name("high"), PRIORITY_COUNT);
}
END_TEST

START_TEST(an_empty_domain_has_nothing_due)
{
    domain_bench_init(&bench);
    ck_assert_int_eq(domain_next_due_us(bench.domain), TIME_NEVER);
    ck_assert(!domain_advance(bench.domain, TIME_NEVER - 1, &bench.outcome));
    domain_bench_finish(&bench);
    domain_destroy(NULL);
}
END_TEST

/* ck_assert notes every passed check on disk; millions of them take their time. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s", #condition);                                                        \
    } while (0)

static void check_call(const struct call *call)
{
    size_t staff_count = 0;
    MUST(call->staff_count + (call->card ? 1 : 0) <= CALL_CAP);
    for (size_t i = 0; i < call->member_count; i++) {
        const struct participant *member = call->members[i];
        MUST(member->call == call);
        MUST(member->connection != NULL);
        /* One caller at most, and it is the card's own: nobody ever meets another caller. */
        if (member->kind == PARTICIPANT_CALLER)
            MUST(member->card == call->card);
        else
            staff_count++;
        for (size_t k = 0; k < i; k++)
            MUST(call->members[k] != member);
    }
    MUST(call->staff_count == staff_count);
    MUST(staff_count > 0); /* INV-28: without staff the caller is on hold */
}

static void check_card(const struct card *card, const struct clinic *clinic)
{
    MUST(card->clinic == clinic);
    MUST(card->caller->card == card);
    MUST((card->call != NULL) == (card->state == CALLER_IN_CALL));
    MUST(card->state < CALLER_ENDED);
    MUST((card->presence == PRESENCE_HERE) == (card->caller->connection != NULL));
    if (card->presence == PRESENCE_LEFT || card->presence == PRESENCE_LOST)
        MUST(card->state == CALLER_IN_CALL);
    if (card->call) {
        MUST(card->call->card == card);
        check_call(card->call);
        MUST(card->caller->call == (card->presence == PRESENCE_HERE ? card->call : NULL));
    } else {
        MUST(card->caller->call == NULL);
    }
}

/* What must hold between any two commands. INV-18: one caller, one card, one waiting area. */
static void check_all(void)
{
    size_t count = 0, in_state[CALLER_STATE_COUNT] = {0};
    const struct directory *directory = &bench.domain->directory;
    for (size_t i = 0; i < directory->clinic_count; i++) {
        const struct clinic *clinic = directory->clinics[i];
        size_t here = 0;
        for (const struct card *card = clinic->area.first_card; card; card = card->next) {
            check_card(card, clinic);
            in_state[card->state]++;
            here++;
        }
        MUST(here == clinic->area.card_count);
        count += here;
    }
    MUST(count == bench.domain->cards_by_id.count);
    MUST(count == bench.domain->cards_by_token.count);
    MUST(count == bench.domain->cards_by_space.count);
    MUST(count == bench.domain->caller_count);
    ck_assert_mem_eq(in_state, bench.domain->cards_in_state, sizeof in_state);
    for (int i = 0; i < STAFF; i++) {
        if (staff[i]->call)
            check_call(staff[i]->call);
    }
}

/* Effects go to connected people only, and callers learn only of their own space. */
static void check_effects(void)
{
    for (size_t i = 0; i < bench.outcome.count; i++) {
        const struct effect *effect = &bench.outcome.effects[i];
        if (!effect->to)
            continue;
        MUST(effect->to->connection != NULL);
        if (effect->to->kind == PARTICIPANT_CALLER)
            ck_assert_str_eq(effect->space_id.text, effect->to->space_id.text);
    }
}

static void forget_if_over(int i)
{
    if (!callers[i] || callers[i]->card || !callers[i]->connection)
        return;
    outcome_clear(&bench.outcome);
    caller_detach(bench.domain, callers[i], bench.now_us, &bench.outcome);
    callers[i] = NULL;
}

static void caller_step(struct random_stream *random, int i)
{
    struct clinic *const clinics[] = {bench.a, bench.b, bench.c};
    if (!callers[i]) {
        callers[i] = bench_enter(&bench, clinics[random_below(random, 3)], "x");
        tokens[i] = callers[i]->card->token;
        cards[i] = callers[i]->card->id;
        return;
    }
    struct participant *back = NULL;
    bool connected = callers[i]->connection;
    outcome_clear(&bench.outcome);
    switch (random_below(random, 4)) {
    case 0:
        if (connected)
            caller_detach(bench.domain, callers[i], bench.now_us, &bench.outcome);
        break;
    case 1:
        if (connected && random_below(random, 4) == 0) {
            bool over = callers[i]->card->state != CALLER_IN_CALL;
            ck_assert_int_eq(caller_leave(bench.domain, callers[i], bench.now_us, &bench.outcome),
                             STATUS_OK);
            if (over)
                callers[i] = NULL;
        }
        break;
    default:
        if (bench_do_return(&bench, clinics[random_below(random, 3)], tokens[i], &back) ==
            STATUS_OK)
            ck_assert_ptr_eq(back, callers[i]);
        break;
    }
}

static void staff_step(struct random_stream *random, struct participant *actor, const char *card)
{
    struct clinic *const clinics[] = {bench.a, bench.b, bench.c, bench.foreign};
    switch (random_below(random, 16)) {
    case 0:
        (void)!bench_do_end(&bench, actor, card);
        break;
    case 1:
        (void)!bench_do_remove(&bench, actor, card);
        break;
    case 2:
    case 3:
        (void)!bench_do_hold(&bench, actor, card);
        break;
    case 4:
    case 5:
        (void)!bench_do_transfer(&bench, actor, card, clinics[random_below(random, 4)]);
        break;
    case 6:
    case 7:
    case 8:
        (void)!bench_do_leave(&bench, actor, actor->call ? actor->call->card_id.text : card);
        break;
    default:
        (void)!bench_do_join(&bench, actor, card);
        break;
    }
}

/* A caller without connection whose card is over has been freed by the domain. */
static void drop_freed(void)
{
    for (int i = 0; i < CALLERS; i++) {
        if (callers[i] &&
            !key_table_find(&bench.domain->cards_by_token, &tokens[i], sizeof tokens[i])) {
            /* With a connection it is still ours; whether it has one, the last outcome tells. */
            bool told = false;
            for (size_t k = 0; k < bench.outcome.count; k++)
                told = told || (bench.outcome.effects[k].kind == EFFECT_SPACE_CHANGED &&
                                bench.outcome.effects[k].to == callers[i]);
            if (told)
                forget_if_over(i);
            else
                callers[i] = NULL;
        }
    }
}

/* Random people do random things at random times; nothing that must hold ever breaks. */
START_TEST(invariants_hold_whatever_happens)
{
    struct random_stream random;
    random_stream_init(&random, 20);
    domain_bench_init(&bench);
    struct participant *const actors[STAFF] = {
        bench.nurse,    bench.doctor,    bench.doctor_both, bench.doctor_other,    bench.clerk,
        bench.referrer, bench.org_admin, bench.stranger,    bench.org_coordinator,
    };
    memcpy(staff, actors, sizeof staff);

    size_t calls_seen = 0, graces_seen = 0;
    for (int step = 0; step < STEPS; step++) {
        bench.now_us += (int64_t)random_below(&random, BENCH_GRACE_US / 20);
        int i = (int)random_below(&random, CALLERS);
        outcome_clear(&bench.outcome);
        if (random_below(&random, 3) == 0)
            caller_step(&random, i);
        else
            staff_step(&random, staff[random_below(&random, STAFF)], cards[i].text);
        check_effects();
        drop_freed();
        check_all();
        while (domain_advance(bench.domain, bench.now_us, &bench.outcome)) {
            graces_seen++;
            check_effects();
            drop_freed();
            check_all();
        }
        calls_seen += bench.domain->call_count;
    }
    ck_assert_uint_gt(calls_seen, STEPS / 2); /* the walk does reach the interesting states */
    ck_assert_uint_gt(graces_seen, 100);
    for (int i = 0; i < CALLERS; i++)
        forget_if_over(i);
    domain_bench_finish(&bench);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("domain");
    TCase *tests = tcase_create("domain");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, priorities_have_names);
    tcase_add_test(tests, an_empty_domain_has_nothing_due);
    tcase_add_test(tests, invariants_hold_whatever_happens);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
