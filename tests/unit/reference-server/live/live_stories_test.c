/* The workflow scripts W1, W3 and W5a of the requirement catalogue (part D), step by step over
 * JSON-RPC, with bystanders who must learn nothing and media that must not flow. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "tests/support/live_bench.h"

static struct live_bench bench;
/* Bystanders of every story: another patient, staff of another clinic, an organisation reporter. */
static struct client *bob, *tm_other, *reporter;
static struct client *observers[3];

static void setup(void)
{
    live_bench_init(&bench);
    bob = client_enter(&bench, "link-to-a", "Bob Bystander");
    client_offer(bob);
    tm_other = client_sign_in(&bench, "doctor_other");
    client_do(tm_other, "dashboard.subscribe", "{s:s}", "clinic", bench.hospital.b->id.text);
    reporter = client_sign_in(&bench, "org_reporter");
    static const char *const names[] = {"clerk", "clinic_admin", "org_admin"};
    for (int i = 0; i < 3; i++) {
        observers[i] = client_sign_in(&bench, names[i]);
        client_do(observers[i], "dashboard.subscribe", "{s:s}", "clinic",
                  bench.hospital.a->id.text);
    }
}

static void assert_silence(void)
{
    ck_assert_uint_eq(json_array_size(bob->rpc.inbox), 0);
    ck_assert_uint_eq(json_array_size(tm_other->rpc.inbox), 0);
    ck_assert_uint_eq(json_array_size(reporter->rpc.inbox), 0);
    for (const struct client *at = bench.clients; at; at = at->next) {
        if (at == bob || !at->media || !at->connection)
            continue;
        ck_assert(!media_double_flows(bench.media, at->media, bob->media));
        ck_assert(!media_double_flows(bench.media, bob->media, at->media));
    }
    ck_assert_int_eq(client_card(bob)->state, CALLER_WAITING);
}

static void teardown(void)
{
    assert_silence();
    live_bench_finish(&bench);
}

/* All observers of clinic A have been told this of that card next, and the same. */
static const json_t *everybody_sees(const char *cause, const struct client *caller,
                                    const char *state)
{
    const json_t *card = NULL;
    for (int i = 0; i < 3; i++) {
        const json_t *changed = client_take(observers[i], "card.changed");
        ck_assert_ptr_nonnull(changed);
        ck_assert_str_eq(text_in(changed, "cause"), cause);
        card = json_object_get(changed, "card");
        ck_assert_str_eq(text_in(card, "space"), caller->space);
        ck_assert_str_eq(text_in(card, "state"), state);
    }
    return card;
}

static void everybody_loses(const char *cause, const char *card_id)
{
    for (int i = 0; i < 3; i++) {
        const json_t *removed = client_take(observers[i], "card.removed");
        ck_assert_ptr_nonnull(removed);
        ck_assert_str_eq(text_in(removed, "cause"), cause);
        ck_assert_str_eq(text_in(removed, "card_id"), card_id);
    }
}

static bool talk(const struct client *one, const struct client *two)
{
    bool there = media_double_flows(bench.media, one->media, two->media);
    ck_assert_int_eq(there, media_double_flows(bench.media, two->media, one->media));
    return there;
}

static void caller_is_told(struct client *caller, const char *state)
{
    const json_t *changed = client_take(caller, "space.changed");
    ck_assert_ptr_nonnull(changed);
    ck_assert_str_eq(text_in(changed, "state"), state);
}

struct triage {
    struct client *patient, *nurse, *doctor;
    char card[ID_LENGTH + 1];
};

/* W1, steps 1 to 3: entry, short triage, outcome. */
static struct triage triage_begins(const char *nurse, const char *priority)
{
    struct triage triage = {
        .nurse = client_sign_in(&bench, nurse),
        .doctor = client_sign_in(&bench, "doctor"),
    };
    client_offer(triage.nurse);
    client_offer(triage.doctor);
    triage.patient = client_enter(&bench, "link-to-a", "Ann");
    client_offer(triage.patient);
    const json_t *card = everybody_sees("entered", triage.patient, "waiting");
    ck_assert_str_eq(text_in(json_object_get(card, "details"), "reason"), "headache");
    strcpy(triage.card, text_in(card, "id"));
    ck_assert(!talk(triage.patient, triage.nurse));

    client_do(triage.nurse, "call.join", "{s:s}", "card", triage.card);
    card = everybody_sees("joined", triage.patient, "in_call");
    ck_assert_uint_eq(json_array_size(json_object_get(card, "staff")), 1);
    caller_is_told(triage.patient, "in_call");
    ck_assert(talk(triage.patient, triage.nurse));

    client_do(triage.nurse, "card.note", "{s:s, s:s, s:s}", "card", triage.card, "note", "seen",
              "priority", priority);
    card = everybody_sees("noted", triage.patient, "in_call");
    ck_assert_str_eq(text_in(card, "priority"), priority);
    return triage;
}

/* W1, step 5. */
static void doctor_ends(const struct triage *triage)
{
    ck_assert(talk(triage->patient, triage->doctor));
    client_do(triage->doctor, "call.end", "{s:s}", "card", triage->card);
    everybody_loses("ended", triage->card);
    caller_is_told(triage->patient, "ended");
    ck_assert(!talk(triage->patient, triage->doctor));
    client_ask(triage->doctor, "space.get", "{s:s}", "space", triage->patient->space);
    ck_assert_int_eq(client_error(triage->doctor), -32010);
    struct client *again = client_open(&bench);
    client_ask(again, "enter", "{s:s, s:s, s:s}", "link", "link-to-a", "name", "Ann", "token",
               triage->patient->token);
    ck_assert_int_eq(client_error(again), -32010);
}

START_TEST(w1_routine_waits_again)
{
    struct triage triage = triage_begins("nurse", "routine");
    client_do(triage.nurse, "call.hold", "{s:s}", "card", triage.card);
    everybody_sees("held", triage.patient, "on_hold");
    caller_is_told(triage.patient, "on_hold");
    ck_assert(!talk(triage.patient, triage.nurse));
    client_do(triage.doctor, "call.join", "{s:s}", "card", triage.card);
    everybody_sees("joined", triage.patient, "in_call");
    caller_is_told(triage.patient, "in_call");
    doctor_ends(&triage);
}
END_TEST

START_TEST(w1_urgent_is_handed_over_without_a_break)
{
    struct triage triage = triage_begins("nurse", "urgent");
    client_do(triage.doctor, "call.join", "{s:s}", "card", triage.card);
    everybody_sees("joined", triage.patient, "in_call");
    ck_assert(talk(triage.patient, triage.doctor));
    ck_assert(talk(triage.patient, triage.nurse));
    client_forget(triage.patient);
    client_do(triage.nurse, "call.leave", "{s:s}", "card", triage.card);
    everybody_sees("left", triage.patient, "in_call");
    ck_assert(talk(triage.patient, triage.doctor));
    ck_assert(!talk(triage.patient, triage.nurse));
    ck_assert_uint_eq(client_count(triage.patient, "space.changed"), 0); /* unbroken */
    ck_assert_uint_eq(client_count(triage.patient, "media.send"), 0);
    doctor_ends(&triage);
}
END_TEST

START_TEST(w1_other_clinic_by_a_referrer)
{
    struct triage triage = triage_begins("referrer", "routine");
    client_do(triage.nurse, "card.transfer", "{s:s, s:s}", "card", triage.card, "clinic",
              bench.hospital.b->id.text);
    everybody_loses("transferred", triage.card);
    caller_is_told(triage.patient, "waiting");
    ck_assert(!talk(triage.patient, triage.nurse));
    /* TR-13: the target sees the arrival as a transfer, with the details. */
    const json_t *changed = client_take(tm_other, "card.changed");
    const json_t *card = json_object_get(changed, "card");
    ck_assert_str_eq(text_in(changed, "cause"), "transferred");
    ck_assert_str_eq(text_in(json_object_get(card, "transferred_from"), "name"), "Clinic A");
    ck_assert_str_eq(text_in(json_object_get(card, "details"), "reason"), "headache");
    /* TR-08: from now on only the target joins. */
    client_ask(triage.doctor, "call.join", "{s:s}", "card", triage.card);
    ck_assert_int_eq(client_error(triage.doctor), -32004);
    client_offer(tm_other);
    client_do(tm_other, "call.join", "{s:s}", "card", triage.card);
    ck_assert(talk(triage.patient, tm_other));
    client_do(tm_other, "call.end", "{s:s}", "card", triage.card);
    caller_is_told(triage.patient, "in_call");
    caller_is_told(triage.patient, "ended");
    client_forget(tm_other);
}
END_TEST

START_TEST(w1_two_doctors_at_once)
{
    struct client *patient = client_enter(&bench, "link-to-a", "Ann");
    struct client *one = client_sign_in(&bench, "doctor");
    struct client *two = client_sign_in(&bench, "doctor_both");
    client_offer(patient);
    client_offer(one);
    client_offer(two);
    const char *card = client_card(patient)->id.text;
    client_do(one, "call.join", "{s:s}", "card", card);
    client_do(two, "call.join", "{s:s}", "card", card);
    ck_assert(talk(patient, one));
    ck_assert(talk(patient, two));
    ck_assert(talk(one, two));
}
END_TEST

START_TEST(w1_a_hang_up_on_hold_leaves_no_ghost)
{
    struct triage triage = triage_begins("nurse", "routine");
    client_do(triage.nurse, "call.hold", "{s:s}", "card", triage.card);
    everybody_sees("held", triage.patient, "on_hold");
    client_lose(triage.patient);
    everybody_sees("dropped", triage.patient, "on_hold");
    client_ask(triage.doctor, "call.join", "{s:s}", "card", triage.card);
    ck_assert_str_eq(client_error_data(triage.doctor, "state"), "absent");
    live_bench_advance(&bench, 10 * US_PER_S);
    everybody_loses("dropped", triage.card);
    client_ask(triage.doctor, "call.join", "{s:s}", "card", triage.card);
    ck_assert_int_eq(client_error(triage.doctor), -32010);
}
END_TEST

START_TEST(w1_a_replayed_space_is_hidden)
{
    struct client *patient = client_enter(&bench, "link-to-a", "Ann");
    client_ask(bob, "space.get", "{s:s}", "space", patient->space);
    ck_assert_int_eq(client_error(bob), -32004);
}
END_TEST

START_TEST(w3_check_in)
{
    struct client *clerk = client_sign_in(&bench, "clerk");
    struct client *provider = client_sign_in(&bench, "doctor");
    struct client *patient = client_enter(&bench, "link-to-a", "Ann");
    client_offer(clerk);
    client_offer(provider);
    client_offer(patient);
    char card_id[ID_LENGTH + 1];
    strcpy(card_id, text_in(everybody_sees("entered", patient, "waiting"), "id"));
    client_do(clerk, "call.join", "{s:s}", "card", card_id);
    everybody_sees("joined", patient, "in_call");
    client_do(clerk, "card.update", "{s:s, s:s, s:{s:s}}", "card", card_id, "name", "Anne",
              "details", "born", "1950");
    ck_assert_str_eq(text_in(everybody_sees("updated", patient, "in_call"), "name"), "Anne");
    client_do(clerk, "call.hold", "{s:s}", "card", card_id);
    everybody_sees("held", patient, "on_hold");
    ck_assert(!talk(patient, clerk));
    client_do(clerk, "card.note", "{s:s, s:s}", "card", card_id, "note", "checked in");
    everybody_sees("noted", patient, "on_hold");
    client_do(provider, "call.join", "{s:s}", "card", card_id);
    everybody_sees("joined", patient, "in_call");
    ck_assert(talk(patient, provider));
    ck_assert(!talk(patient, clerk)); /* the receptionist gets no media after leaving */
    ck_assert(!talk(provider, clerk));

    struct client *wrong = client_enter(&bench, "link-to-a", "Wrong Person");
    strcpy(card_id, text_in(everybody_sees("entered", wrong, "waiting"), "id"));
    client_do(clerk, "card.remove", "{s:s, s:s}", "card", card_id, "reason", "wrong_person");
    everybody_loses("removed", card_id);
    char *told = client_all_told(wrong);
    ck_assert_ptr_null(strstr(told, "wrong"));
    free(told);
    caller_is_told(wrong, "ended");
}
END_TEST

START_TEST(w5_visit_with_a_drop)
{
    struct client *doctor = client_sign_in(&bench, "doctor");
    struct client *patient = client_enter(&bench, "link-to-a", "Ann");
    client_offer(doctor);
    client_offer(patient);
    char card_id[ID_LENGTH + 1];
    strcpy(card_id, text_in(everybody_sees("entered", patient, "waiting"), "id"));
    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    everybody_sees("joined", patient, "in_call");
    client_lose(patient);
    everybody_sees("dropped", patient, "in_call");
    /* Somebody else by the same link takes no place: a separate arrival. */
    struct client *other = client_enter(&bench, "link-to-a", "Ann");
    everybody_sees("entered", other, "waiting");
    ck_assert_str_ne(other->space, patient->space);

    live_bench_advance(&bench, 25 * US_PER_S); /* beyond the grace: staff are still there */
    struct client *back = client_open(&bench);
    client_do(back, "enter", "{s:s, s:s, s:s}", "link", "link-to-a", "name", "Ann", "token",
              patient->token);
    everybody_sees("returned", patient, "in_call");
    client_offer(back);
    ck_assert(talk(back, doctor));
    client_offer(other);
    ck_assert(!talk(other, doctor));
    client_do(doctor, "call.end", "{s:s}", "card", card_id);
    everybody_loses("ended", card_id);
    caller_is_told(back, "ended");
}
END_TEST

START_TEST(fifty_enter_at_once)
{
    enum { PATIENTS = 50 };
    struct client *patients[PATIENTS];
    for (int i = 0; i < PATIENTS; i++)
        patients[i] = client_enter(&bench, "link-to-a", "Ann");
    for (int i = 0; i < PATIENTS; i++) {
        everybody_sees("entered", patients[i], "waiting");
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(patients[i]->space, patients[k]->space);
        ck_assert_uint_eq(json_array_size(patients[i]->rpc.inbox), 0);
    }
    const json_t *result = client_do(observers[0], "dashboard.subscribe", "{s:s}", "clinic",
                                     bench.hospital.a->id.text);
    ck_assert_uint_eq(json_array_size(json_object_get(result, "cards")), PATIENTS + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live_stories");
    TCase *tests = tcase_create("live_stories");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, w1_routine_waits_again);
    tcase_add_test(tests, w1_urgent_is_handed_over_without_a_break);
    tcase_add_test(tests, w1_other_clinic_by_a_referrer);
    tcase_add_test(tests, w1_two_doctors_at_once);
    tcase_add_test(tests, w1_a_hang_up_on_hold_leaves_no_ghost);
    tcase_add_test(tests, w1_a_replayed_space_is_hidden);
    tcase_add_test(tests, w3_check_in);
    tcase_add_test(tests, w5_visit_with_a_drop);
    tcase_add_test(tests, fifty_enter_at_once);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
