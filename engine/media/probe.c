#include "engine/media/probe.h"

#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/ring.h"
#include "engine/media/probe_audio.h"
#include "engine/media/probe_video.h"

enum {
    QUEUE_LENGTH_DEFAULT = 512,
    QUEUE_BYTES_DEFAULT = 16 << 20,
    RESULT_LENGTH_DEFAULT = 2048,
    /* When cores are short, the media path goes first. */
    NICENESS = 5,
};

enum job_kind { JOB_VIDEO, JOB_AUDIO, JOB_CLOSE };

struct job {
    enum job_kind kind;
    struct probe_stream *stream;
    uint8_t *data; /* owned by whoever holds the job */
    union {
        struct probe_video_frame video;
        struct probe_audio_packet audio;
    };
};

struct result {
    struct probe_stream *stream;
    union {
        struct probe_video_result video;
        struct probe_audio_result audio;
    };
};

/* Fields are the shard's, unless they say otherwise. */
struct probe_stream {
    struct probe_pool *pool;
    struct probe_stream *next; /* in pool->streams */
    struct probe_stream_settings settings;
    char *save_path; /* owned; read by the helper */
    bool is_video;
    bool awaits_key; /* video: a frame was refused */
    bool closing, close_queued;
    bool gone;         /* the helper is done with it: free after this drain */
    _Atomic bool done; /* set by the helper after the last result */

    struct probe_video *video; /* these two are the helper's */
    struct probe_audio *audio;
};

/* Counted by the helper, read by the shard. */
struct helper_counts {
    _Atomic uint64_t late, concealed, recovered, bad, save_failures;
};

struct probe_pool {
    struct probe_settings settings;
    const struct video_clip *clips[PROBE_CLIPS_MAX];
    size_t clip_count;

    struct ring *jobs, *results;
    _Atomic size_t queue_bytes;
    sem_t work; /* one post per job, one more to stop */
    _Atomic bool stopping, discarding;
    pthread_t thread;
    bool running;

    struct probe_stream *streams;
    size_t stream_count;
    struct probe_stats stats; /* what the shard counts */
    struct helper_counts counts;
};

/* ---- helper thread ---- */

static void publish_video(struct probe_stream *stream, const struct probe_video_result *video)
{
    struct result *result = ring_reserve(stream->pool->results);
    if (!result)
        return; /* counted by the ring */
    result->stream = stream;
    result->video = *video;
    ring_publish(stream->pool->results);
}

static void publish_audio(void *arg, const struct probe_audio_result *audio)
{
    struct probe_stream *stream = arg;
    struct result *result = ring_reserve(stream->pool->results);
    if (!result)
        return;
    result->stream = stream;
    result->audio = *audio;
    ring_publish(stream->pool->results);
}

static enum status open_video(struct probe_stream *stream)
{
    const struct probe_pool *pool = stream->pool;
    const struct probe_video_settings settings = {
        .clips = pool->clips,
        .clip_count = pool->clip_count,
        .quality_every = pool->settings.quality_every,
        .save_path = stream->save_path,
        .now_us = pool->settings.now_us,
    };
    return probe_video_create(&settings, &stream->video);
}

static enum status open_audio(struct probe_stream *stream)
{
    const struct probe_settings *pool = &stream->pool->settings;
    const struct probe_audio_settings settings = {
        .marked = pool->audio_marked,
        .dtx = pool->audio_dtx,
        .delay_samples = pool->audio_delay_samples,
        .save_path = stream->save_path,
        .now_us = pool->now_us,
        .emit = publish_audio,
        .arg = stream,
    };
    return probe_audio_create(&settings, &stream->audio);
}

static void work_video(struct probe_stream *stream, const struct probe_video_frame *frame)
{
    struct probe_video_result result = {
        .outcome = PROBE_UNDECODABLE, /* when there is no memory for a decoder */
        .stream = frame->stream,
        .source_frame = frame->source_frame,
        .number = frame->number,
        .key_frame = frame->key_frame,
        .capture_us = frame->capture_us,
        .arrival_us = frame->arrival_us,
    };
    if (stream->video || open_video(stream) == STATUS_OK)
        probe_video_take(stream->video, frame, &result);
    publish_video(stream, &result);
}

static void work_audio(struct probe_stream *stream, const struct probe_audio_packet *packet)
{
    struct helper_counts *counts = &stream->pool->counts;
    if (!stream->audio && open_audio(stream) != STATUS_OK) {
        counts->bad++;
        return;
    }
    struct probe_audio_counts before = *probe_audio_counts(stream->audio);
    probe_audio_take(stream->audio, packet);
    const struct probe_audio_counts *after = probe_audio_counts(stream->audio);
    counts->late += after->late - before.late;
    counts->concealed += after->concealed - before.concealed;
    counts->recovered += after->recovered - before.recovered;
    counts->bad += after->bad - before.bad;
}

/* Complete files and free decoders. On the helper; on the shard once the helper has ended. */
static void finish_work(struct probe_stream *stream)
{
    if (probe_video_destroy(stream->video) != STATUS_OK)
        stream->pool->counts.save_failures++;
    if (probe_audio_destroy(stream->audio) != STATUS_OK)
        stream->pool->counts.save_failures++;
    stream->video = NULL;
    stream->audio = NULL;
}

static void work(struct probe_pool *pool, const struct job *job)
{
    size_t size = 0;
    bool discard = atomic_load_explicit(&pool->discarding, memory_order_relaxed);
    switch (job->kind) {
    case JOB_VIDEO:
        size = job->video.size;
        if (!discard)
            work_video(job->stream, &job->video);
        break;
    case JOB_AUDIO:
        size = job->audio.size;
        if (!discard)
            work_audio(job->stream, &job->audio);
        break;
    case JOB_CLOSE:
        finish_work(job->stream);
        atomic_store_explicit(&job->stream->done, true, memory_order_release);
        break;
    }
    free(job->data);
    atomic_fetch_sub_explicit(&pool->queue_bytes, size, memory_order_relaxed);
}

static void *run_helper(void *arg)
{
    struct probe_pool *pool = arg;
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS); /* of this thread; best effort */
    for (;;) {
        while (sem_wait(&pool->work) != 0) {
        } /* interrupted by a debugger */
        const struct job *job = ring_peek(pool->jobs);
        if (!job) {
            assert(atomic_load(&pool->stopping));
            return NULL; /* the post that stops comes after those of all jobs */
        }
        work(pool, job);
        ring_release(pool->jobs);
    }
}

/* ---- shard's thread ---- */

static enum status start_helper(struct probe_pool *pool)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals belong to the shard's loop */
    int error = pthread_create(&pool->thread, NULL, run_helper, pool);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return STATUS_NO_MEMORY;
    pool->running = true;
    return STATUS_OK;
}

static void apply_defaults(struct probe_settings *settings)
{
    if (settings->queue_length == 0)
        settings->queue_length = QUEUE_LENGTH_DEFAULT;
    if (settings->queue_bytes_max == 0)
        settings->queue_bytes_max = QUEUE_BYTES_DEFAULT;
    if (settings->result_length == 0)
        settings->result_length = RESULT_LENGTH_DEFAULT;
    if (settings->quality_every == 0)
        settings->quality_every = 1;
    if (!settings->now_us)
        settings->now_us = clock_monotonic_us;
}

enum status probe_pool_create(const struct probe_settings *settings, struct probe_pool **ret_pool)
{
    struct probe_pool *pool = calloc(1, sizeof(*pool));
    if (!pool)
        return STATUS_NO_MEMORY;
    pool->settings = *settings;
    apply_defaults(&pool->settings);
    sem_init(&pool->work, 0, 0);
    pool->jobs = ring_create(pool->settings.queue_length, sizeof(struct job));
    pool->results = ring_create(pool->settings.result_length, sizeof(struct result));
    enum status status = pool->jobs && pool->results ? start_helper(pool) : STATUS_NO_MEMORY;
    if (status != STATUS_OK) {
        probe_pool_destroy(pool);
        return status;
    }
    *ret_pool = pool;
    return STATUS_OK;
}

void probe_pool_stop(struct probe_pool *pool)
{
    if (!pool->running)
        return;
    atomic_store(&pool->stopping, true);
    sem_post(&pool->work);
    pthread_join(pool->thread, NULL);
    pool->running = false;
}

static void free_stream(struct probe_stream *stream)
{
    free(stream->save_path);
    free(stream);
}

void probe_pool_destroy(struct probe_pool *pool)
{
    if (!pool)
        return;
    atomic_store_explicit(&pool->discarding, true, memory_order_relaxed);
    probe_pool_stop(pool);
    while (pool->streams) {
        struct probe_stream *stream = pool->streams;
        pool->streams = stream->next;
        finish_work(stream);
        free_stream(stream);
    }
    ring_destroy(pool->jobs);
    ring_destroy(pool->results);
    sem_destroy(&pool->work);
    free(pool);
}

enum status probe_pool_add_clip(struct probe_pool *pool, const struct video_clip *clip)
{
    assert(pool->stream_count == 0); /* the helper reads the table without a lock */
    for (size_t i = 0; i < pool->clip_count; i++)
        if (pool->clips[i]->stream == clip->stream)
            return pool->clips[i] == clip ? STATUS_OK : STATUS_EXISTS;
    if (pool->clip_count == PROBE_CLIPS_MAX)
        return STATUS_FULL;
    pool->clips[pool->clip_count++] = clip;
    return STATUS_OK;
}

static enum status open_stream(struct probe_pool *pool,
                               const struct probe_stream_settings *settings, bool is_video,
                               struct probe_stream **ret_stream)
{
    if (pool->stream_count == PROBE_STREAMS_MAX)
        return STATUS_FULL;
    struct probe_stream *stream = calloc(1, sizeof(*stream));
    if (!stream)
        return STATUS_NO_MEMORY;
    stream->pool = pool;
    stream->settings = *settings;
    stream->is_video = is_video;
    if (settings->save_path) {
        stream->save_path = strdup(settings->save_path);
        if (!stream->save_path) {
            free(stream);
            return STATUS_NO_MEMORY;
        }
    }
    stream->next = pool->streams;
    pool->streams = stream;
    pool->stream_count++;
    *ret_stream = stream;
    return STATUS_OK;
}

enum status probe_open_video(struct probe_pool *pool, const struct probe_stream_settings *settings,
                             struct probe_stream **ret_stream)
{
    return open_stream(pool, settings, true, ret_stream);
}

enum status probe_open_audio(struct probe_pool *pool, const struct probe_stream_settings *settings,
                             struct probe_stream **ret_stream)
{
    return open_stream(pool, settings, false, ret_stream);
}

/* A place in the queue for a copy of `size` bytes; NULL: refused, counted by the caller. */
static struct job *reserve_job(struct probe_pool *pool, struct probe_stream *stream,
                               const uint8_t *data, size_t size)
{
    size_t waiting = atomic_load_explicit(&pool->queue_bytes, memory_order_relaxed);
    if (!pool->running || size > pool->settings.queue_bytes_max ||
        waiting > pool->settings.queue_bytes_max - size)
        return NULL;
    struct job *job = ring_reserve(pool->jobs);
    uint8_t *copy = job ? malloc(size > 0 ? size : 1) : NULL;
    if (!copy)
        return NULL;
    memcpy(copy, data, size);
    job->stream = stream;
    job->data = copy;
    atomic_fetch_add_explicit(&pool->queue_bytes, size, memory_order_relaxed);
    return job;
}

static void publish_job(struct probe_pool *pool)
{
    ring_publish(pool->jobs);
    sem_post(&pool->work);
}

bool probe_submit_video(struct probe_pool *pool, struct probe_stream *stream,
                        const struct probe_video_frame *frame)
{
    assert(stream->is_video && !stream->closing);
    if (stream->awaits_key && !frame->key_frame) {
        pool->stats.skipped++;
        return false;
    }
    struct job *job = reserve_job(pool, stream, frame->data, frame->size);
    stream->awaits_key = !job;
    if (!job) {
        pool->stats.refused++;
        return false;
    }
    job->kind = JOB_VIDEO;
    job->video = *frame;
    job->video.data = job->data;
    publish_job(pool);
    pool->stats.submitted++;
    return true;
}

bool probe_submit_audio(struct probe_pool *pool, struct probe_stream *stream,
                        const struct probe_audio_packet *packet)
{
    assert(!stream->is_video && !stream->closing);
    struct job *job = reserve_job(pool, stream, packet->data, packet->size);
    if (!job) {
        pool->stats.refused++;
        return false;
    }
    job->kind = JOB_AUDIO;
    job->audio = *packet;
    job->audio.data = job->data;
    publish_job(pool);
    pool->stats.submitted++;
    return true;
}

/* Tell the helper that a stream is over; tried again at each drain until there is room. */
static void queue_close(struct probe_pool *pool, struct probe_stream *stream)
{
    if (stream->close_queued)
        return;
    if (!pool->running) { /* nobody else touches it any more */
        finish_work(stream);
        atomic_store_explicit(&stream->done, true, memory_order_relaxed);
        stream->close_queued = true;
        return;
    }
    struct job *job = ring_reserve(pool->jobs);
    if (!job)
        return;
    *job = (struct job){.kind = JOB_CLOSE, .stream = stream};
    stream->close_queued = true;
    publish_job(pool);
}

void probe_close(struct probe_pool *pool, struct probe_stream *stream)
{
    if (!stream || stream->closing)
        return;
    stream->closing = true;
    queue_close(pool, stream);
}

static void deliver(const struct result *result, const struct probe_handlers *handlers)
{
    const struct probe_stream *stream = result->stream;
    void *user = stream->closing ? NULL : stream->settings.user;
    if (stream->is_video && handlers->on_video) {
        struct probe_video_result video = result->video;
        video.receiver = stream->settings.receiver;
        video.sender = stream->settings.sender;
        video.tag = stream->settings.tag;
        video.user = user;
        handlers->on_video(handlers->arg, &video);
    } else if (!stream->is_video && handlers->on_audio) {
        struct probe_audio_result audio = result->audio;
        audio.receiver = stream->settings.receiver;
        audio.sender = stream->settings.sender;
        audio.tag = stream->settings.tag;
        audio.user = user;
        handlers->on_audio(handlers->arg, &audio);
    }
}

/* Before results are taken: what is done by now has all its results in the ring. */
static void mark_gone(struct probe_pool *pool)
{
    for (struct probe_stream *stream = pool->streams; stream; stream = stream->next) {
        if (!stream->closing)
            continue;
        queue_close(pool, stream);
        stream->gone = atomic_load_explicit(&stream->done, memory_order_acquire);
    }
}

static void free_gone(struct probe_pool *pool)
{
    struct probe_stream **link = &pool->streams;
    while (*link) {
        struct probe_stream *stream = *link;
        if (!stream->gone) {
            link = &stream->next;
            continue;
        }
        *link = stream->next;
        pool->stream_count--;
        free_stream(stream);
    }
}

size_t probe_pool_drain(struct probe_pool *pool, const struct probe_handlers *handlers)
{
    mark_gone(pool);
    size_t count = 0;
    const struct result *result;
    while (count < pool->settings.result_length && (result = ring_peek(pool->results))) {
        deliver(result, handlers);
        ring_release(pool->results);
        count++;
    }
    if (!ring_peek(pool->results))
        free_gone(pool);
    return count;
}

void probe_pool_stats(const struct probe_pool *pool, struct probe_stats *ret_stats)
{
    *ret_stats = pool->stats;
    ret_stats->late_packets = pool->counts.late;
    ret_stats->concealed_packets = pool->counts.concealed;
    ret_stats->recovered_packets = pool->counts.recovered;
    ret_stats->bad_packets = pool->counts.bad;
    ret_stats->save_failures = pool->counts.save_failures;
    ret_stats->results_lost = ring_refused(pool->results);
}
