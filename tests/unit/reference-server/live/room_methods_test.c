/* Rooms as clients see them: methods, notifications, and whose media reaches whom. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "reference-server/fault.h"
#include "reference-server/media/stage.h"
#include "tests/support/live_bench.h"

enum { MEMBERS = 12 };

static struct live_bench bench;
static struct client *doctor, *members[MEMBERS];
static char room_id[ID_LENGTH + 1];

static void setup(void)
{
    live_bench_init(&bench);
    doctor = client_sign_in(&bench, "doctor");
    client_offer(doctor);
    strcpy(room_id, bench.hospital.room->area.id.text);
}

static void teardown(void)
{
    live_bench_finish(&bench);
    fault_reset();
}

static void arrive(int count)
{
    for (int i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "Member %d", i);
        members[i] = client_enter(&bench, "link-to-room", name);
        client_offer(members[i]);
    }
}

static void open_group(int count)
{
    arrive(count);
    client_do(doctor, "room.join", "{s:s}", "room", room_id);
    client_do(doctor, "room.admit_all", "{s:s}", "room", room_id);
}

static void listen_for(int64_t duration_us)
{
    for (int64_t passed_us = 0; passed_us < duration_us; passed_us += STAGE_TICK_US)
        live_bench_advance(&bench, STAGE_TICK_US);
}

static const struct media_double_transport *media_of(const struct client *client)
{
    return &bench.media->transports[client->media];
}

static size_t count_fed(const uint64_t *slots, size_t count)
{
    size_t fed = 0;
    for (size_t i = 0; i < count; i++)
        fed += slots[i] != 0;
    return fed;
}

static bool is_seen_by(const struct client *one, const struct client *other)
{
    for (int i = 0; i < 6; i++)
        if (media_of(other)->video_from[i] == one->media)
            return true;
    return false;
}

static bool is_heard_by(const struct client *one, const struct client *other)
{
    for (int i = 0; i < 5; i++)
        if (media_of(other)->audio_from[i] == one->media)
            return true;
    return false;
}

static void say(const struct client *client, unsigned loudness)
{
    bench.media->transports[client->media].loudness = loudness;
}

START_TEST(rooms_are_listed_for_those_who_may_use_them)
{
    json_t *rooms = json_object_get(
        client_do(doctor, "room.list", "{s:s}", "clinic", bench.hospital.a->id.text), "rooms");
    ck_assert_uint_eq(json_array_size(rooms), 1);
    const json_t *room = json_array_get(rooms, 0);
    ck_assert_str_eq(json_string_value(json_object_get(room, "id")), room_id);
    ck_assert_str_eq(json_string_value(json_object_get(room, "kind")), "group");
    ck_assert_str_eq(json_string_value(json_object_get(room, "link")), "link-to-room");
    ck_assert(json_is_false(json_object_get(room, "running")));
    struct client *other = client_sign_in(&bench, "doctor_other");
    client_ask(other, "room.list", "{s:s}", "clinic", bench.hospital.a->id.text);
    ck_assert_int_eq(client_error(other), -32004);
    client_ask(other, "room.join", "{s:s}", "room", room_id);
    ck_assert_int_eq(client_error(other), -32004);
    struct client *coordinator = client_sign_in(&bench, "org_coordinator");
    client_ask(coordinator, "room.list", "{s:s}", "clinic", bench.hospital.a->id.text);
    ck_assert_int_eq(client_error(coordinator), -32001);
}
END_TEST

START_TEST(a_guest_of_a_meeting_room_is_in_at_once_and_named_to_all)
{
    struct room *meeting =
        bench_add_room(&bench.hospital, bench.hospital.a, ROOM_MEETING, NULL, "link-to-meeting");
    const char *id = meeting->area.id.text;
    client_do(doctor, "room.join", "{s:s}", "room", id);
    client_forget(doctor);
    struct client *guest = client_open(&bench);
    json_t *entry =
        client_do(guest, "enter", "{s:s, s:s}", "link", "link-to-meeting", "name", "Dr G");
    ck_assert_uint_eq(json_array_size(json_object_get(entry, "participants")), 2);
    json_t *told = client_take(doctor, "call.participants");
    const json_t *last = json_array_get(json_object_get(told, "participants"), 1);
    ck_assert_str_eq(json_string_value(json_object_get(last, "name")), "Dr G");
    ck_assert_str_eq(json_string_value(json_object_get(last, "kind")), "guest");
    client_offer(guest);
    ck_assert_uint_eq(count_fed(media_of(guest)->video_from, 6), 1);
    client_ask(guest, "room.list", "{s:s}", "clinic", bench.hospital.a->id.text);
    ck_assert_int_eq(client_error(guest), -32001);
    client_do(guest, "chat.send", "{s:s}", "text", "good morning");
    ck_assert_uint_eq(client_count(doctor, "chat.message"), 1);
    client_ask(doctor, "room.watch", "{s:s}", "room", id);
    ck_assert_int_eq(client_error(doctor), -32009);
    client_forget(doctor);
    client_do(guest, "space.leave", NULL);
    ck_assert_uint_eq(client_count(doctor, "call.participants"), 1);
}
END_TEST

START_TEST(a_user_room_is_its_owners_alone)
{
    struct room *own = bench_add_room(&bench.hospital, bench.hospital.a, ROOM_USER,
                                      bench.hospital.doctor->user, "link-to-doctor");
    const char *id = own->area.id.text;
    struct client *nurse = client_sign_in(&bench, "nurse"),
                  *admin = client_sign_in(&bench, "org_admin");
    client_do(nurse, "dashboard.subscribe", "{s:s}", "clinic", bench.hospital.a->id.text);
    client_forget(nurse);
    client_enter(&bench, "link-to-doctor", "Pat");
    ck_assert_uint_eq(client_count(nurse, "card.changed"), 0); /* UR-10 */
    client_ask(nurse, "room.join", "{s:s}", "room", id);
    ck_assert_int_eq(client_error(nurse), -32004);
    client_ask(admin, "room.join", "{s:s}", "room", id);
    ck_assert_int_eq(client_error(admin), -32001);
    json_t *watched = client_do(doctor, "room.watch", "{s:s}", "room", id);
    ck_assert_uint_eq(json_array_size(json_object_get(watched, "cards")), 1);
    client_do(doctor, "room.join", "{s:s}", "room", id);
    json_t *admitted = client_do(doctor, "room.admit_all", "{s:s}", "room", id);
    ck_assert_uint_eq(json_array_size(json_object_get(admitted, "admitted")), 1);
    ck_assert_uint_eq(client_count(nurse, "card.changed"), 0);
}
END_TEST

START_TEST(the_waiting_room_is_watched_like_a_waiting_area)
{
    struct client *clerk = client_sign_in(&bench, "clerk");
    client_do(clerk, "dashboard.subscribe", "{s:s}", "clinic", bench.hospital.a->id.text);
    client_do(doctor, "room.watch", "{s:s}", "room", room_id);
    arrive(1);
    json_t *changed = client_take(doctor, "card.changed");
    ck_assert_ptr_nonnull(changed);
    ck_assert_str_eq(json_string_value(json_object_get(changed, "room")), room_id);
    ck_assert_ptr_null(json_object_get(changed, "clinic"));
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(changed, "card"), "room")),
                     room_id);
    ck_assert_uint_eq(client_count(clerk, "card.changed"), 0);
    client_do(doctor, "room.unwatch", "{s:s}", "room", room_id);
    client_do(members[0], "space.leave", NULL);
    ck_assert_uint_eq(client_count(doctor, "card.removed"), 0);
}
END_TEST

START_TEST(guests_have_no_say_in_rooms)
{
    arrive(1);
    static const char *const methods[] = {"room.list",  "room.watch", "room.unwatch",   "room.join",
                                          "room.leave", "room.admit", "room.admit_all", "room.end"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        client_ask(members[0], methods[i], "{s:s}", "room", room_id);
        ck_assert_int_eq(client_error(members[0]), -32001);
    }
}
END_TEST

START_TEST(nobody_learns_of_the_group_before_they_are_in)
{
    open_group(3);
    struct client *late = client_enter(&bench, "link-to-room", "Late");
    client_offer(late);
    char *told = client_all_told(late);
    ck_assert_ptr_null(strstr(told, "Member"));
    free(told);
    for (int i = 0; i < 3; i++) {
        told = client_all_told(members[i]);
        ck_assert_ptr_null(strstr(told, "Late"));
        ck_assert_ptr_nonnull(strstr(told, "Member 2"));
        free(told);
    }
    ck_assert_uint_eq(count_fed(media_of(late)->video_from, 6), 0);
    client_do(doctor, "room.admit", "{s:s}", "card", client_card(late)->id.text);
    ck_assert(is_seen_by(members[0], late) && is_seen_by(late, members[0]));
}
END_TEST

START_TEST(up_to_six_all_see_and_hear_all)
{
    open_group(5);
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(count_fed(media_of(members[i])->video_from, 6), 5);
        ck_assert_uint_eq(count_fed(media_of(members[i])->audio_from, 5), 5);
    }
}
END_TEST

START_TEST(above_six_who_talks_is_seen_and_heard)
{
    open_group(MEMBERS);
    listen_for(STAGE_TILE_DWELL_US);
    ck_assert(!is_seen_by(members[9], members[0]) && !is_heard_by(members[9], members[0]));
    client_forget(members[0]);
    say(members[9], 100);
    listen_for(US_PER_S);
    for (int i = 0; i < MEMBERS; i++) {
        ck_assert_uint_eq(count_fed(media_of(members[i])->video_from, 6), STAGE_TILES);
        ck_assert_uint_eq(count_fed(media_of(members[i])->audio_from, 5), STAGE_VOICES);
        if (i != 9)
            ck_assert(is_seen_by(members[9], members[i]) && is_heard_by(members[9], members[i]));
    }
    ck_assert_uint_ge(client_count(members[0], "media.slots"), 1);
    ck_assert_uint_le(client_count(members[0], "media.slots"), 2); /* told of changes only */
    client_forget(members[0]);
    listen_for(10 * US_PER_S);
    ck_assert_uint_eq(client_count(members[0], "media.slots"), 0);
}
END_TEST

START_TEST(the_choice_ends_when_the_call_is_small_again)
{
    open_group(7);
    ck_assert_uint_eq(count_fed(media_of(members[0])->audio_from, 5), STAGE_VOICES);
    for (int i = 6; i >= 5; i--)
        client_do(members[i], "space.leave", NULL);
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(count_fed(media_of(members[i])->video_from, 6), 5);
        ck_assert_uint_eq(count_fed(media_of(members[i])->audio_from, 5), 5);
    }
    listen_for(US_PER_S);
    client_do(doctor, "room.end", "{s:s}", "room", room_id);
    listen_for(US_PER_S);
    ck_assert_uint_eq(count_fed(media_of(doctor)->video_from, 6), 0);
}
END_TEST

START_TEST(the_faults_of_large_calls_misbehave)
{
    fault_switch_on(FAULT_STILL_STAGE);
    open_group(MEMBERS);
    say(members[9], 100);
    listen_for(5 * US_PER_S);
    ck_assert(!is_seen_by(members[9], members[0]));
    fault_reset();
    fault_switch_on(FAULT_FOURTH_VOICE);
    listen_for(US_PER_S);
    ck_assert_uint_gt(count_fed(media_of(members[0])->audio_from, 5), STAGE_VOICES);
}
END_TEST

START_TEST(rooms_are_spread_over_the_workers)
{
    arrive(1);
    ck_assert_uint_eq(media_of(members[0])->worker_hint,
                      bench.hospital.a->index + bench.hospital.room->index);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("room_methods");
    TCase *tests = tcase_create("room_methods");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, rooms_are_listed_for_those_who_may_use_them);
    tcase_add_test(tests, a_guest_of_a_meeting_room_is_in_at_once_and_named_to_all);
    tcase_add_test(tests, a_user_room_is_its_owners_alone);
    tcase_add_test(tests, the_waiting_room_is_watched_like_a_waiting_area);
    tcase_add_test(tests, guests_have_no_say_in_rooms);
    tcase_add_test(tests, nobody_learns_of_the_group_before_they_are_in);
    tcase_add_test(tests, up_to_six_all_see_and_hear_all);
    tcase_add_test(tests, above_six_who_talks_is_seen_and_heard);
    tcase_add_test(tests, the_choice_ends_when_the_call_is_small_again);
    tcase_add_test(tests, the_faults_of_large_calls_misbehave);
    tcase_add_test(tests, rooms_are_spread_over_the_workers);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
