#include "reference-server/auth/background.h"

#include <check.h>
#include <pthread.h>
#include <semaphore.h>

static struct loop *loop;
static pthread_t loop_thread;
static int worked_order[100], done_order[100];
static int worked_count, done_count, left_over;
static sem_t hold;

static void note_work(void *arg)
{
    ck_assert(!pthread_equal(pthread_self(), loop_thread));
    worked_order[worked_count++] = *(int *)arg;
}

static void note_done(void *arg, bool worked)
{
    ck_assert(pthread_equal(pthread_self(), loop_thread));
    done_order[done_count++] = *(int *)arg;
    left_over += !worked;
}

static void note_done_and_stop(void *arg, bool worked)
{
    note_done(arg, worked);
    loop_stop(loop);
}

static void wait_for_permission(void *arg)
{
    sem_wait(&hold);
    note_work(arg);
}

static void setup(void)
{
    loop = loop_create();
    ck_assert_ptr_nonnull(loop);
    loop_thread = pthread_self();
    worked_count = done_count = left_over = 0;
    sem_init(&hold, 0, 0);
}

static void teardown(void)
{
    loop_destroy(loop);
    sem_destroy(&hold);
}

START_TEST(jobs_work_and_are_done_in_order)
{
    struct background *background = NULL;
    static int numbers[100];
    ck_assert_int_eq(background_create(loop, 100, &background), STATUS_OK);
    for (int i = 0; i < 100; i++) {
        numbers[i] = i;
        ck_assert_int_eq(
            background_submit(background,
                              &(struct background_job){
                                  note_work, i < 99 ? note_done : note_done_and_stop, &numbers[i]}),
            STATUS_OK);
    }
    loop_run(loop);
    ck_assert_uint_eq(background_length(background), 0);
    background_destroy(background);
    ck_assert_int_eq(done_count, 100);
    ck_assert_int_eq(left_over, 0);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(worked_order[i], i);
        ck_assert_int_eq(done_order[i], i);
    }
}
END_TEST

START_TEST(a_full_queue_refuses)
{
    struct background *background = NULL;
    int number = 7;
    struct background_job job = {wait_for_permission, note_done, &number};
    ck_assert_int_eq(background_create(loop, 3, &background), STATUS_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(background_submit(background, &job), STATUS_OK);
    ck_assert_int_eq(background_submit(background, &job), STATUS_FULL);
    ck_assert_uint_eq(background_length(background), 3);
    sem_post(&hold);
    sem_post(&hold);
    sem_post(&hold);
    background_destroy(background);
    ck_assert_int_eq(done_count, 3);
}
END_TEST

/* A stop in the middle: every job is told, those that had their turn and those that had not. */
START_TEST(no_job_is_forgotten_at_the_end)
{
    struct background *background = NULL;
    int number = 7;
    struct background_job job = {wait_for_permission, note_done, &number};
    ck_assert_int_eq(background_create(loop, 10, &background), STATUS_OK);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(background_submit(background, &job), STATUS_OK);
    for (int i = 0; i < 10; i++)
        sem_post(&hold); /* how many still get their turn is a race; the sum is not */
    background_destroy(background);
    ck_assert_int_eq(done_count, 10);
    ck_assert_int_eq(left_over, 10 - worked_count);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("background");
    TCase *tests = tcase_create("background");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, jobs_work_and_are_done_in_order);
    tcase_add_test(tests, a_full_queue_refuses);
    tcase_add_test(tests, no_job_is_forgotten_at_the_end);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
