#include <check.h>
#include <string.h>

#include "reference-server/fault.h"
#include "tests/support/live_bench.h"

static struct live_bench bench;
static struct client *caller, *other, *doctor, *nurse;
static char card_id[ID_LENGTH + 1];

static void setup(void)
{
    live_bench_init(&bench);
    caller = client_enter(&bench, "link-to-a", "Ann");
    other = client_enter(&bench, "link-to-a", "Bob");
    doctor = client_sign_in(&bench, "doctor");
    nurse = client_sign_in(&bench, "nurse");
    client_offer(caller);
    client_offer(other);
    client_offer(doctor);
    client_offer(nurse);
    strcpy(card_id, client_card(caller)->id.text);
}

static void teardown(void)
{
    live_bench_finish(&bench);
    fault_reset();
}

static bool flows(const struct client *from, const struct client *to)
{
    return media_double_flows(bench.media, from->media, to->media);
}

static bool both_ways(const struct client *one, const struct client *two)
{
    ck_assert_int_eq(flows(one, two), flows(two, one));
    return flows(one, two);
}

/* Everything `client` gives or gets. */
static bool is_silent(const struct client *client)
{
    const struct media_double_transport *own = &bench.media->transports[client->media];
    for (const struct client *at = bench.clients; at; at = at->next) {
        if (at != client && at->media && (flows(at, client) || flows(client, at)))
            return false;
    }
    return !own->audio && !own->video;
}

START_TEST(who_waits_gives_and_gets_nothing)
{
    ck_assert(is_silent(caller));
    ck_assert(is_silent(other));
    ck_assert(is_silent(doctor));
    ck_assert_uint_eq(client_count(caller, "media.send"), 0);
    ck_assert_uint_eq(client_count(caller, "media.slots"), 0);
}
END_TEST

START_TEST(a_join_opens_both_ways_and_tells)
{
    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    ck_assert(both_ways(caller, doctor));
    ck_assert(is_silent(other));
    ck_assert(is_silent(nurse));
    const json_t *send = client_take(caller, "media.send");
    ck_assert(json_is_true(json_object_get(send, "audio")));
    ck_assert(json_is_true(json_object_get(send, "video")));
    const json_t *slots = json_object_get(client_take(caller, "media.slots"), "slots");
    ck_assert_uint_eq(json_array_size(slots), 11);
    const json_t *first = json_array_get(slots, 0);
    ck_assert_str_eq(text_in(first, "mid"), "2");
    ck_assert_str_eq(text_in(first, "participant"), doctor->participant);
    ck_assert(json_is_null(json_object_get(json_array_get(slots, 1), "participant")));
    ck_assert_str_eq(text_in(json_array_get(slots, 6), "participant"), doctor->participant);
}
END_TEST

static bool first_is_paused(void)
{
    const json_t *slots = json_object_get(client_take(caller, "media.slots"), "slots");
    ck_assert_str_eq(text_in(json_array_get(slots, 0), "participant"), doctor->participant);
    ck_assert(json_is_false(json_object_get(json_array_get(slots, 6), "paused")));
    return json_is_true(json_object_get(json_array_get(slots, 0), "paused"));
}

START_TEST(a_picture_that_the_path_does_not_carry_is_told)
{
    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    ck_assert(!first_is_paused());
    bench.media->transports[caller->media].paused = true;
    live_media_pictures(bench.live, caller->media);
    ck_assert(first_is_paused());
    live_media_pictures(bench.live, caller->media);
    ck_assert_uint_eq(client_count(caller, "media.slots"), 0); /* nothing new */
    bench.media->transports[caller->media].paused = false;
    live_media_pictures(bench.live, caller->media);
    ck_assert(!first_is_paused());
    live_media_pictures(bench.live, 4000); /* nobody's */
}
END_TEST

START_TEST(a_third_takes_the_next_slot_and_nobody_moves)
{
    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    client_forget(caller);
    client_do(nurse, "call.join", "{s:s}", "card", card_id);
    ck_assert(both_ways(caller, nurse));
    ck_assert(both_ways(doctor, nurse));
    const json_t *slots = json_object_get(client_take(caller, "media.slots"), "slots");
    ck_assert_str_eq(text_in(json_array_get(slots, 0), "participant"), doctor->participant);
    ck_assert_str_eq(text_in(json_array_get(slots, 1), "participant"), nurse->participant);
    client_do(doctor, "call.leave", "{s:s}", "card", card_id);
    slots = json_object_get(client_take(caller, "media.slots"), "slots");
    ck_assert(json_is_null(json_object_get(json_array_get(slots, 0), "participant")));
    ck_assert_str_eq(text_in(json_array_get(slots, 1), "participant"), nurse->participant);
    ck_assert(is_silent(doctor));
}
END_TEST

START_TEST(hold_end_and_transfer_silence)
{
    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    client_forget(caller);
    client_do(doctor, "call.hold", "{s:s}", "card", card_id);
    ck_assert(is_silent(caller));
    ck_assert(is_silent(doctor));
    const json_t *send = client_take(caller, "media.send"); /* json_is_… evaluates twice */
    ck_assert(json_is_false(json_object_get(send, "audio")));
    ck_assert_uint_eq(client_count(caller, "media.slots"), 1);

    struct client *referrer = client_sign_in(&bench, "referrer");
    client_offer(referrer);
    client_do(referrer, "call.join", "{s:s}", "card", card_id);
    ck_assert(both_ways(caller, referrer));
    client_do(referrer, "card.transfer", "{s:s, s:s}", "card", card_id, "clinic",
              bench.hospital.b->id.text);
    ck_assert(is_silent(caller));
    ck_assert(is_silent(referrer));

    struct client *there = client_sign_in(&bench, "doctor_other");
    client_offer(there);
    client_do(there, "call.join", "{s:s}", "card", card_id);
    ck_assert(both_ways(caller, there));
    unsigned removed = bench.media->removed;
    client_do(there, "call.end", "{s:s}", "card", card_id);
    ck_assert(is_silent(there));
    ck_assert_uint_eq(bench.media->removed, removed + 1); /* the caller's transport is gone */
    client_ask(caller, "media.offer", "{s:s}", "sdp", "x");
    ck_assert_int_eq(client_error(caller), -32010);
}
END_TEST

START_TEST(a_transport_that_comes_late_is_routed)
{
    struct client *late = client_enter(&bench, "link-to-a", "Eve");
    char id[ID_LENGTH + 1];
    strcpy(id, client_card(late)->id.text);
    client_do(doctor, "call.join", "{s:s}", "card", id);
    ck_assert_uint_eq(client_count(late, "media.send"), 0);
    client_offer(late);
    ck_assert(both_ways(late, doctor));
    ck_assert_uint_eq(client_count(late, "media.send"), 1);
    ck_assert_uint_eq(client_count(doctor, "media.slots"), 1);
}
END_TEST

START_TEST(a_caller_who_comes_back_gets_a_new_transport)
{
    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    uint64_t old = caller->media;
    client_lose(caller);
    ck_assert(!bench.media->transports[old].exists);
    ck_assert(is_silent(doctor) || bench.media->transports[doctor->media].audio);
    ck_assert_uint_eq(bench.media->transports[doctor->media].video_from[0], 0);

    struct client *back = client_open(&bench);
    const json_t *result = client_do(back, "enter", "{s:s, s:s, s:s}", "link", "link-to-a", "name",
                                     "Ann", "token", caller->token);
    ck_assert_str_eq(text_in(result, "state"), "in_call");
    ck_assert_str_eq(text_in(result, "participant"), caller->participant);
    client_offer(back);
    ck_assert_uint_ne(back->media, old);
    ck_assert(both_ways(back, doctor));
}
END_TEST

START_TEST(a_second_offer_keeps_the_transport)
{
    uint64_t first = caller->media;
    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    client_offer(caller);
    ck_assert_uint_eq(caller->media, first);
    ck_assert_uint_eq(bench.media->transports[first].offers, 2);
    ck_assert(both_ways(caller, doctor));
}
END_TEST

START_TEST(people_of_a_clinic_share_a_worker)
{
    struct client *there = client_enter(&bench, "link-to-b", "Eve");
    struct client *staff = client_sign_in(&bench, "doctor_other");
    client_offer(there);
    client_offer(staff);
    const struct media_double_transport *transports = bench.media->transports;
    ck_assert_uint_eq(transports[caller->media].worker_hint, transports[doctor->media].worker_hint);
    ck_assert_uint_eq(transports[there->media].worker_hint, transports[staff->media].worker_hint);
    ck_assert_uint_ne(transports[there->media].worker_hint, transports[doctor->media].worker_hint);
}
END_TEST

START_TEST(faults_let_media_through)
{
    fault_switch_on(FAULT_LEAK_MEDIA);
    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    ck_assert_uint_gt(bench.media->leaks, 0);
    ck_assert_uint_eq(bench.media->leak_to, other->media);
    ck_assert(bench.media->leak_from == caller->media || bench.media->leak_from == doctor->media);
    fault_reset();

    fault_switch_on(FAULT_LEAK_SHARE);
    bench.media->leaks = 0;
    client_do(doctor, "call.hold", "{s:s}", "card", card_id);
    ck_assert_uint_eq(bench.media->leaks, 1);
    ck_assert_uint_eq(bench.media->leak_to, caller->media);
    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    ck_assert_uint_eq(bench.media->leaks, 1);
    fault_reset();

    fault_switch_on(FAULT_STAY_IN_CALL);
    client_forget(caller);
    client_do(doctor, "call.hold", "{s:s}", "card", card_id);
    ck_assert(both_ways(caller, doctor));
    ck_assert_uint_eq(client_count(caller, "media.send"), 0);
    fault_reset();

    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    fault_switch_on(FAULT_SEND_WHILE_WAITING);
    struct client *waiting = client_enter(&bench, "link-to-a", "Eve");
    client_offer(waiting);
    ck_assert(flows(waiting, doctor));
    ck_assert(!flows(doctor, waiting));
    ck_assert(!flows(waiting, caller));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("media_routes");
    TCase *tests = tcase_create("media_routes");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, who_waits_gives_and_gets_nothing);
    tcase_add_test(tests, a_join_opens_both_ways_and_tells);
    tcase_add_test(tests, a_picture_that_the_path_does_not_carry_is_told);
    tcase_add_test(tests, a_third_takes_the_next_slot_and_nobody_moves);
    tcase_add_test(tests, hold_end_and_transfer_silence);
    tcase_add_test(tests, a_transport_that_comes_late_is_routed);
    tcase_add_test(tests, a_caller_who_comes_back_gets_a_new_transport);
    tcase_add_test(tests, a_second_offer_keeps_the_transport);
    tcase_add_test(tests, people_of_a_clinic_share_a_worker);
    tcase_add_test(tests, faults_let_media_through);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
