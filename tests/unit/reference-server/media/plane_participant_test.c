#include "reference-server/media/plane_participant.h"

#include <check.h>

static struct plane_participant *participant;

static void setup(void)
{
    participant = plane_participant_create(5);
    ck_assert_ptr_nonnull(participant);
}

static void teardown(void)
{
    plane_participant_destroy(participant);
}

static void add(uint64_t receiver, unsigned worker)
{
    ck_assert_int_eq(plane_participant_add_receiver(participant, MEDIA_VIDEO, receiver, worker),
                     STATUS_OK);
}

START_TEST(packets_go_to_other_workers_while_somebody_there_wants_them)
{
    struct media_terms terms = {0};
    ck_assert_int_eq(plane_participant_set_terms(participant, &terms), STATUS_OK);
    participant->worker = 1;
    add(10, 0);
    add(11, 1);
    add(12, 3);
    add(13, 3);
    ck_assert_uint_eq(plane_participant_feed_workers(participant, MEDIA_VIDEO), 1 << 0 | 1 << 3);
    plane_participant_remove_receiver(participant, MEDIA_VIDEO, 12, 3);
    ck_assert_uint_eq(plane_participant_feed_workers(participant, MEDIA_VIDEO), 1 << 0 | 1 << 3);
    plane_participant_remove_receiver(participant, MEDIA_VIDEO, 13, 3);
    plane_participant_remove_receiver(participant, MEDIA_VIDEO, 13, 3); /* not listed any more */
    ck_assert_uint_eq(plane_participant_feed_workers(participant, MEDIA_VIDEO), 1 << 0);
    ck_assert_uint_eq(participant->feeds[MEDIA_VIDEO].receiver_count, 2);
}
END_TEST

START_TEST(sound_and_picture_are_wanted_apart)
{
    add(10, 0);
    ck_assert_uint_eq(plane_participant_feed_workers(participant, MEDIA_VIDEO), 1 << 0);
    ck_assert_uint_eq(plane_participant_feed_workers(participant, MEDIA_AUDIO), 0);
    participant->leaks_on = 1 << 2;
    ck_assert_uint_eq(plane_participant_feed_workers(participant, MEDIA_VIDEO), 1 << 0);
    ck_assert_uint_eq(plane_participant_feed_workers(participant, MEDIA_AUDIO), 1 << 2);
}
END_TEST

START_TEST(idle_is_who_has_and_does_nothing)
{
    ck_assert(plane_participant_is_idle(participant));
    add(10, 0);
    ck_assert(!plane_participant_is_idle(participant));
    plane_participant_remove_receiver(participant, MEDIA_VIDEO, 10, 0);
    ck_assert(plane_participant_is_idle(participant));
    participant->may_send[MEDIA_AUDIO] = true;
    ck_assert(!plane_participant_is_idle(participant));
}
END_TEST

START_TEST(receivers_have_a_cap)
{
    for (uint64_t i = 0; i < PLANE_RECEIVERS_MAX; i++)
        add(100 + i, 0);
    ck_assert_int_eq(plane_participant_add_receiver(participant, MEDIA_VIDEO, 1, 0), STATUS_FULL);
}
END_TEST

START_TEST(pairs_are_as_many_as_the_slots_need)
{
    struct media_terms terms = {.slot_count = 3,
                                .slots = {{.kind = MEDIA_VIDEO, .pair = 0},
                                          {.kind = MEDIA_VIDEO, .pair = 1},
                                          {.kind = MEDIA_AUDIO, .pair = 0}}};
    ck_assert_int_eq(plane_participant_set_terms(participant, &terms), STATUS_OK);
    ck_assert_uint_eq(participant->pair_count[MEDIA_VIDEO], 2);
    ck_assert_uint_eq(participant->pair_count[MEDIA_AUDIO], 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/plane_participant");
    TCase *cases = tcase_create("plane_participant");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, packets_go_to_other_workers_while_somebody_there_wants_them);
    tcase_add_test(cases, sound_and_picture_are_wanted_apart);
    tcase_add_test(cases, idle_is_who_has_and_does_nothing);
    tcase_add_test(cases, receivers_have_a_cap);
    tcase_add_test(cases, pairs_are_as_many_as_the_slots_need);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
