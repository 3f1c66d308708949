#include "reference-server/media/stage.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MEMBERS = 20, SPEECH = 101, ROOM = 55 };

static struct stage stage;
static int64_t now_us;
static unsigned loudness[MEMBERS + 1]; /* by member, 1 to MEMBERS */
static unsigned changes;

static void set_members(size_t count)
{
    uint64_t ids[MEMBERS];
    for (size_t i = 0; i < count; i++)
        ids[i] = i + 1;
    stage_set_members(&stage, ids, count, now_us);
}

static void setup(void)
{
    memset(&stage, 0, sizeof stage);
    now_us = 1000000000;
    changes = 0;
    for (int i = 1; i <= MEMBERS; i++)
        loudness[i] = ROOM;
    set_members(MEMBERS);
}

static void pass(int64_t duration_us)
{
    for (int64_t end_us = now_us + duration_us; now_us < end_us;) {
        now_us += STAGE_TICK_US;
        for (uint64_t i = 1; i <= MEMBERS; i++)
            stage_hear(&stage, i, loudness[i], now_us);
        changes += stage_decide(&stage, now_us);
    }
}

/* Only `member` talks, for so long. */
static void talk(uint64_t member, int64_t duration_us)
{
    loudness[member] = SPEECH;
    pass(duration_us);
    loudness[member] = ROOM;
}

static bool contains(const uint64_t *ids, size_t count, uint64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

static bool sees(uint64_t receiver, uint64_t member)
{
    uint64_t ids[STAGE_TILES];
    return contains(ids, stage_tiles_for(&stage, receiver, ids), member);
}

static bool hears(uint64_t receiver, uint64_t member)
{
    uint64_t ids[STAGE_VOICES];
    return contains(ids, stage_voices_for(&stage, receiver, ids), member);
}

START_TEST(everybody_gets_six_pictures_and_three_voices_of_others)
{
    uint64_t ids[STAGE_TILES];
    talk(13, 3000000);
    for (uint64_t receiver = 1; receiver <= MEMBERS; receiver++) {
        ck_assert_uint_eq(stage_tiles_for(&stage, receiver, ids), STAGE_TILES);
        ck_assert(!contains(ids, STAGE_TILES, receiver));
        ck_assert_uint_eq(stage_voices_for(&stage, receiver, ids), STAGE_VOICES);
        ck_assert(!contains(ids, STAGE_VOICES, receiver));
    }
}
END_TEST

START_TEST(who_talks_is_seen_and_heard_soon)
{
    pass(STAGE_TILE_DWELL_US);
    ck_assert(!sees(1, 15) && !hears(1, 15));
    loudness[15] = SPEECH;
    pass(150000);
    for (uint64_t receiver = 1; receiver <= MEMBERS; receiver++)
        ck_assert(receiver == 15 || hears(receiver, 15));
    ck_assert(!sees(1, 15)); /* not yet: it may be a cough */
    pass(350000);
    for (uint64_t receiver = 1; receiver <= MEMBERS; receiver++)
        ck_assert(receiver == 15 || sees(receiver, 15));
}
END_TEST

START_TEST(a_cough_takes_no_tile)
{
    pass(STAGE_TILE_DWELL_US);
    talk(15, 150000);
    pass(3000000);
    ck_assert(!sees(1, 15));
}
END_TEST

START_TEST(the_last_speakers_stay)
{
    for (uint64_t speaker = 10; speaker < 16; speaker++)
        talk(speaker, 3000000);
    for (uint64_t speaker = 10; speaker < 16; speaker++)
        ck_assert(sees(1, speaker));
    unsigned before = changes;
    pass(60000000); /* nobody talks: nothing moves */
    ck_assert_uint_eq(changes, before);
    talk(16, 3000000); /* in place of who has been silent for the longest time */
    ck_assert(sees(1, 16) && !sees(1, 10) && sees(1, 11));
}
END_TEST

START_TEST(a_speaker_already_seen_changes_nothing_to_see)
{
    pass(STAGE_TILE_DWELL_US);
    uint64_t before[STAGE_TILES], after[STAGE_TILES];
    stage_tiles_for(&stage, 20, before);
    talk(3, 5000000);
    stage_tiles_for(&stage, 20, after);
    ck_assert_mem_eq(before, after, sizeof before);
}
END_TEST

START_TEST(the_others_keep_their_tiles_when_one_changes)
{
    pass(STAGE_TILE_DWELL_US);
    uint64_t before[STAGE_TILES], after[STAGE_TILES];
    stage_tiles_for(&stage, 20, before);
    talk(15, 1000000);
    stage_tiles_for(&stage, 20, after);
    size_t moved = 0;
    for (size_t i = 0; i < STAGE_TILES; i++)
        moved += before[i] != after[i];
    ck_assert_uint_eq(moved, 1);
}
END_TEST

START_TEST(a_quarrel_makes_no_tile_flap)
{
    /* Eight take turns of half a second for a minute: no tile may change more often than it must
     * stay. */
    for (int turn = 0; turn < 120; turn++)
        talk(8 + (uint64_t)turn % 8, 500000);
    ck_assert_uint_le(changes, 60 * STAGE_TILES / 2 + 120); /* tiles, and voices at each turn */
    for (size_t i = 0; i < STAGE_TILES; i++)
        ck_assert_uint_ge(stage.tiles[i].id, 8);
}
END_TEST

START_TEST(pauses_between_words_change_nothing)
{
    pass(STAGE_TILE_DWELL_US);
    talk(15, 1000000);
    pass(400000);
    unsigned before = changes;
    for (int word = 0; word < 20; word++) {
        talk(15, 600000);
        pass(400000);
    }
    ck_assert_uint_eq(changes, before);
    ck_assert(hears(1, 15) && sees(1, 15));
}
END_TEST

START_TEST(of_four_the_three_loudest_are_heard)
{
    for (uint64_t i = 10; i < 14; i++)
        loudness[i] = SPEECH - 8 * (unsigned)(i - 10); /* 101, 93, 85, 77 + a little */
    loudness[13] = 80;
    pass(2000000);
    ck_assert(hears(1, 10) && hears(1, 11) && hears(1, 12) && !hears(1, 13));
    ck_assert(hears(10, 13)); /* the three loudest others */
    loudness[13] = 84;        /* hardly louder than the third: no reason to change */
    loudness[12] = 82;
    pass(2000000);
    ck_assert(hears(1, 12) && !hears(1, 13));
    loudness[13] = 95;
    pass(2000000);
    ck_assert(hears(1, 13) && !hears(1, 12));
}
END_TEST

START_TEST(silence_is_what_nothing_is_heard_of)
{
    talk(15, 2000000);
    loudness[15] = 0; /* DTX: no packets at all */
    pass(2000000);
    ck_assert(!stage.members[14].talking);
}
END_TEST

START_TEST(who_leaves_makes_room_for_the_next)
{
    talk(15, 3000000);
    uint64_t ids[MEMBERS - 2];
    for (uint64_t i = 0; i < MEMBERS - 2; i++)
        ids[i] = i + 2; /* the first and the last one leave */
    stage_set_members(&stage, ids, MEMBERS - 2, now_us);
    uint64_t seen[STAGE_TILES];
    ck_assert_uint_eq(stage_tiles_for(&stage, 19, seen), STAGE_TILES);
    ck_assert(!contains(seen, STAGE_TILES, 1) && contains(seen, STAGE_TILES, 15));
    ck_assert_uint_eq(stage_voices_for(&stage, 19, seen), STAGE_VOICES);
}
END_TEST

START_TEST(a_small_call_sees_all_there_are)
{
    uint64_t seen[STAGE_TILES];
    set_members(7);
    for (uint64_t i = 1; i <= 7; i++)
        ck_assert_uint_eq(stage_tiles_for(&stage, i, seen), 6);
    set_members(3);
    ck_assert_uint_eq(stage_tiles_for(&stage, 2, seen), 2);
    ck_assert(contains(seen, 2, 1) && contains(seen, 2, 3));
    ck_assert_uint_eq(stage_voices_for(&stage, 2, seen), 2);
    set_members(0);
    ck_assert_uint_eq(stage_tiles_for(&stage, 2, seen), 0);
}
END_TEST

START_TEST(more_than_there_is_room_for_are_passed_over)
{
    uint64_t ids[STAGE_MEMBERS_MAX + 5];
    for (size_t i = 0; i < STAGE_MEMBERS_MAX + 5; i++)
        ids[i] = 100 + i;
    stage_set_members(&stage, ids, STAGE_MEMBERS_MAX + 5, now_us);
    ck_assert_uint_eq(stage.member_count, STAGE_MEMBERS_MAX);
    stage_hear(&stage, 100 + STAGE_MEMBERS_MAX, SPEECH, now_us); /* nobody known */
    ck_assert(!stage_decide(&stage, now_us));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/stage");
    TCase *cases = tcase_create("stage");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, everybody_gets_six_pictures_and_three_voices_of_others);
    tcase_add_test(cases, who_talks_is_seen_and_heard_soon);
    tcase_add_test(cases, a_cough_takes_no_tile);
    tcase_add_test(cases, the_last_speakers_stay);
    tcase_add_test(cases, a_speaker_already_seen_changes_nothing_to_see);
    tcase_add_test(cases, the_others_keep_their_tiles_when_one_changes);
    tcase_add_test(cases, a_quarrel_makes_no_tile_flap);
    tcase_add_test(cases, pauses_between_words_change_nothing);
    tcase_add_test(cases, of_four_the_three_loudest_are_heard);
    tcase_add_test(cases, silence_is_what_nothing_is_heard_of);
    tcase_add_test(cases, who_leaves_makes_room_for_the_next);
    tcase_add_test(cases, a_small_call_sees_all_there_are);
    tcase_add_test(cases, more_than_there_is_room_for_are_passed_over);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
