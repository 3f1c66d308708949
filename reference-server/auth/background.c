#include "reference-server/auth/background.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct background {
    struct loop *loop; /* borrowed */
    size_t limit;
    size_t length; /* the loop's thread only: submitted and not done */
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    bool stopping;
    /* A circle of `limit` jobs: [first, first + finished) have worked and wait for `done`,
     * [first + finished, first + count) wait for their turn or run. */
    struct background_job *jobs;
    size_t first, finished, count;
    bool posted; /* the loop has been asked to collect */
};

static struct background_job *job_at(struct background *background, size_t place)
{
    return &background->jobs[(background->first + place) % background->limit];
}

static void collect(void *arg)
{
    struct background *background = arg;
    for (;;) {
        pthread_mutex_lock(&background->lock);
        if (background->finished == 0) {
            background->posted = false;
            pthread_mutex_unlock(&background->lock);
            return;
        }
        struct background_job job = *job_at(background, 0);
        background->first = (background->first + 1) % background->limit;
        background->finished--;
        background->count--;
        pthread_mutex_unlock(&background->lock);
        background->length--;
        job.done(job.arg, true);
    }
}

/* Ask the loop to collect. Its post queue may be full for a moment, and nothing else would ask
 * again, so wait for room. */
static void post(struct background *background)
{
    while (loop_post(background->loop, collect, background) != STATUS_OK) {
        struct timespec pause = {.tv_nsec = 1000000};
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&background->lock);
        bool stopping = background->stopping;
        pthread_mutex_unlock(&background->lock);
        if (stopping)
            return;
    }
}

static void *run(void *arg)
{
    struct background *background = arg;
    pthread_mutex_lock(&background->lock);
    for (;;) {
        while (!background->stopping && background->finished == background->count)
            pthread_cond_wait(&background->changed, &background->lock);
        if (background->stopping)
            break;
        struct background_job job = *job_at(background, background->finished);
        pthread_mutex_unlock(&background->lock);
        job.work(job.arg);
        pthread_mutex_lock(&background->lock);
        background->finished++;
        bool ask = !background->posted;
        background->posted = true;
        pthread_mutex_unlock(&background->lock);
        if (ask)
            post(background);
        pthread_mutex_lock(&background->lock);
    }
    pthread_mutex_unlock(&background->lock);
    return NULL;
}

enum status background_create(struct loop *loop, size_t queue_limit,
                              struct background **ret_background)
{
    assert(queue_limit > 0);
    struct background *background = calloc(1, sizeof *background);
    if (!background)
        return STATUS_NO_MEMORY;
    background->loop = loop;
    background->limit = queue_limit;
    background->jobs = calloc(queue_limit, sizeof *background->jobs);
    pthread_mutex_init(&background->lock, NULL);
    pthread_cond_init(&background->changed, NULL);
    if (!background->jobs || pthread_create(&background->thread, NULL, run, background) != 0) {
        pthread_cond_destroy(&background->changed);
        pthread_mutex_destroy(&background->lock);
        free(background->jobs);
        free(background);
        return STATUS_NO_MEMORY;
    }
    *ret_background = background;
    return STATUS_OK;
}

void background_destroy(struct background *background)
{
    if (!background)
        return;
    pthread_mutex_lock(&background->lock);
    background->stopping = true;
    pthread_cond_signal(&background->changed);
    pthread_mutex_unlock(&background->lock);
    pthread_join(background->thread, NULL);

    for (size_t i = 0; i < background->count; i++) {
        struct background_job job = *job_at(background, i);
        background->length--;
        job.done(job.arg, i < background->finished);
    }
    pthread_cond_destroy(&background->changed);
    pthread_mutex_destroy(&background->lock);
    free(background->jobs);
    free(background);
}

enum status background_submit(struct background *background, const struct background_job *job)
{
    enum status status = STATUS_FULL;
    pthread_mutex_lock(&background->lock);
    if (!background->stopping && background->count < background->limit) {
        *job_at(background, background->count++) = *job;
        background->length++;
        pthread_cond_signal(&background->changed);
        status = STATUS_OK;
    }
    pthread_mutex_unlock(&background->lock);
    return status;
}

size_t background_length(const struct background *background)
{
    return background->length;
}
