#include "reference-server/media/worker/media_worker.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/ring.h"
#include "reference-server/media/transport/server_transport.h"
#include "reference-server/media/worker/demultiplex.h"

enum {
    COMMANDS = 8192,
    EVENTS = 8192,
    COMMANDS_PER_TURN = 256, /* so that a burst of joins does not hold up packets */
    RECORDS_PER_TURN = 256,  /* from each other worker */
    BATCHES_PER_TURN = 8,
    IDLE_WAIT_MS = 5, /* resolution of the timers when nothing arrives */
    SOURCES_MAX = TRANSPORTS_MAX * 2,
};

/* After the socket overflowed, retransmissions are not asked for: they would meet a full socket
 * and make it fuller. */
#define OVERLOAD_PAUSE_US (100 * US_PER_MS)

struct media_worker {
    struct media_worker_config config;
    struct worker_context context;
    struct media_counters *counters; /* owned; on cache lines of its own */
    struct ring *commands, *events;  /* from and to the signalling thread; owned */
    int wake_fd;
    _Atomic bool wake_pending; /* wake_fd was written and not yet taken notice of */
    bool stopping;
    bool started;
    pthread_t thread;
};

/* -- What a turn does -- */

/* True: more are waiting. */
static bool run_commands(struct media_worker *worker)
{
    const struct media_command *command = NULL;

    for (int i = 0; i < COMMANDS_PER_TURN && (command = ring_peek(worker->commands)); i++) {
        struct media_command copy = *command;
        ring_release(worker->commands);
        worker->stopping |= !media_command_carry_out(&copy, &worker->context);
    }
    atomic_store_explicit(&worker->counters->transports,
                          transport_table_count(worker->context.transports), memory_order_relaxed);
    return command != NULL;
}

static void wake_others(struct media_worker *worker)
{
    uint32_t published = worker_links_take_published(worker->config.links, worker->config.index);

    for (; published != 0; published &= published - 1)
        worker->config.on_wake_worker(worker->config.arg, (unsigned)__builtin_ctz(published));
}

/* True: more may be waiting. */
static bool receive_datagrams(struct media_worker *worker)
{
    struct worker_context *context = &worker->context;
    struct udp_datagram *datagrams = NULL;
    size_t count = UDP_PORT_BATCH;

    for (int batch = 0; batch < BATCHES_PER_TURN && count == UDP_PORT_BATCH; batch++) {
        count = udp_port_receive(context->port, &datagrams);
        if (count > 0)
            worker_context_tell_time(context, clock_monotonic_us(), context->realtime_offset_us);
        for (size_t i = 0; i < count; i++)
            demultiplex_datagram(context, &datagrams[i]);
        udp_port_flush(context->port);
        wake_others(worker); /* the batch's packets must not wait for the next batch */
    }
    if (udp_port_take_overflow(context->port))
        context->overloaded_until_us = context->now_us + OVERLOAD_PAUSE_US;
    return count == UDP_PORT_BATCH;
}

/* True: more are waiting. */
static bool receive_records(struct worker_context *context)
{
    unsigned workers = worker_links_workers(context->links);
    bool more = false;

    for (unsigned from = 0; from < workers; from++) {
        const struct relay_record *record = NULL;
        if (from == context->index)
            continue;
        for (int i = 0; i < RECORDS_PER_TURN; i++) {
            record = worker_links_peek(context->links, from, context->index);
            if (!record)
                break;
            demultiplex_record(context, from, record);
            worker_links_release(context->links, from, context->index);
        }
        more |= record != NULL;
    }
    return more;
}

/* -- The thread -- */

static void wait_for_work(struct media_worker *worker, bool busy)
{
    struct pollfd watched[] = {
        {.fd = udp_port_descriptor(worker->context.port), .events = POLLIN},
        {.fd = worker->wake_fd, .events = POLLIN},
    };
    uint64_t ignored;

    if (!busy && poll(watched, 2, IDLE_WAIT_MS) > 0 && watched[1].revents != 0 &&
        read(worker->wake_fd, &ignored, sizeof ignored) < 0)
        assert(errno == EAGAIN || errno == EINTR);
    /* Before the rings are looked at: whoever publishes later wakes us again. */
    atomic_exchange(&worker->wake_pending, false);
}

static bool run_turn(struct media_worker *worker, bool busy)
{
    struct worker_context *context = &worker->context;

    wait_for_work(worker, busy);
    worker_context_tell_time(context, clock_monotonic_us(), clock_realtime_offset_us());
    busy = run_commands(worker);
    busy |= receive_records(context);
    busy |= receive_datagrams(worker);
    timer_wheel_advance(context->wheel, context->now_us);
    udp_port_flush(context->port);
    wake_others(worker);
    return busy;
}

static void *run_worker(void *arg)
{
    struct media_worker *worker = arg;
    bool busy = false;

    while (!worker->stopping)
        busy = run_turn(worker, busy);
    return NULL;
}

enum status media_worker_start(struct media_worker *worker, struct failure *failure)
{
    sigset_t all, before;
    char name[16];

    /* Signals are the main thread's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&worker->thread, NULL, run_worker, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result != 0)
        return failure_set(failure, STATUS_INTERNAL, "media worker %u: no thread: %s",
                           worker->config.index, strerror(result));
    snprintf(name, sizeof name, "media-%u", worker->config.index);
    pthread_setname_np(worker->thread, name);
    worker->started = true;
    return STATUS_OK;
}

void media_worker_stop(struct media_worker *worker)
{
    struct media_command stop = {.kind = MEDIA_COMMAND_STOP};

    if (!worker || !worker->started)
        return;
    media_worker_tell(worker, &stop);
    media_worker_wake(worker);
    pthread_join(worker->thread, NULL);
    worker->started = false;
}

/* -- Life -- */

static bool post_event(struct worker_context *context, const struct media_event *event)
{
    struct media_worker *worker = context->owner;
    struct media_event *record = ring_reserve(worker->events);

    if (!record)
        return false;
    *record = *event;
    ring_publish(worker->events);
    worker->config.on_wake_plane(worker->config.arg);
    return true;
}

static bool make_parts(struct media_worker *worker, uint64_t seed)
{
    struct worker_context *context = &worker->context;

    worker->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    worker->commands = ring_create(COMMANDS, sizeof(struct media_command));
    worker->events = ring_create(EVENTS, sizeof(struct media_event));
    context->transports = transport_table_create(seed);
    context->sources = key_map_create(SOURCES_MAX, seed);
    context->wheel = timer_wheel_create(clock_monotonic_us());
    random_stream_init(&context->random, seed);
    return worker->wake_fd >= 0 && worker->commands && worker->events && context->transports &&
           context->sources && context->wheel;
}

enum status media_worker_create(const struct media_worker_config *config,
                                struct media_worker **ret_worker, struct failure *failure)
{
    struct media_worker *worker = calloc(1, sizeof *worker);
    uint64_t seed;

    if (!worker)
        return failure_set(failure, STATUS_NO_MEMORY, "media worker: out of memory");
    worker->config = *config;
    worker->wake_fd = -1;
    worker->counters = aligned_alloc(64, (sizeof *worker->counters + 63) / 64 * 64);
    enum status status = random_secret(&seed, sizeof seed);
    if (status != STATUS_OK || !worker->counters || !make_parts(worker, seed)) {
        media_worker_destroy(worker);
        return failure_set(failure, STATUS_NO_MEMORY,
                           "media worker: out of memory or of descriptors");
    }
    memset(worker->counters, 0, sizeof *worker->counters);
    worker->context.index = config->index;
    worker->context.counters = worker->counters;
    worker->context.certificate = config->certificate;
    worker->context.links = config->links;
    worker->context.on_event = post_event;
    worker->context.owner = worker;
    status = udp_port_open(config->address, config->port, worker->counters, &worker->context.port,
                           failure);
    if (status != STATUS_OK)
        media_worker_destroy(worker);
    else
        *ret_worker = worker;
    return status;
}

static void drop_commands(struct media_worker *worker)
{
    const struct media_command *command;

    while (worker->commands && (command = ring_peek(worker->commands))) {
        if (command->kind == MEDIA_COMMAND_ADD || command->kind == MEDIA_COMMAND_UPDATE) {
            free(command->terms);
            voice_meter_release(command->meter);
        }
        ring_release(worker->commands);
    }
}

static void destroy_transports(struct worker_context *context)
{
    if (!context->port)
        return; /* never ran */
    while (transport_table_count(context->transports) > 0) {
        struct server_transport *transport;
        size_t cursor = 0;
        while ((transport = transport_table_next(context->transports, &cursor))) {
            server_transport_destroy(transport);
            cursor--; /* removal may have moved another one to this place */
        }
    }
    udp_port_flush(context->port); /* the goodbyes */
}

void media_worker_destroy(struct media_worker *worker)
{
    if (!worker)
        return;
    assert(!worker->started);
    drop_commands(worker);
    destroy_transports(&worker->context);
    if (worker->context.sources)
        source_destroy_all(&worker->context);
    transport_table_destroy(worker->context.transports);
    timer_wheel_destroy(worker->context.wheel);
    udp_port_close(worker->context.port);
    ring_destroy(worker->commands);
    ring_destroy(worker->events);
    if (worker->wake_fd >= 0)
        close(worker->wake_fd);
    free(worker->counters);
    free(worker);
}

uint16_t media_worker_port(const struct media_worker *worker)
{
    return udp_port_number(worker->context.port);
}

const struct media_counters *media_worker_counters(const struct media_worker *worker)
{
    return worker->counters;
}

/* -- From other threads -- */

void media_worker_tell(struct media_worker *worker, const struct media_command *command)
{
    const struct timespec pause = {.tv_nsec = 50000};
    struct media_command *record;

    while ((record = ring_reserve(worker->commands)) == NULL) {
        media_worker_wake(worker);
        nanosleep(&pause, NULL);
    }
    *record = *command;
    ring_publish(worker->commands);
}

void media_worker_wake(struct media_worker *worker)
{
    uint64_t one = 1;

    if (!atomic_exchange(&worker->wake_pending, true) &&
        write(worker->wake_fd, &one, sizeof one) < 0)
        assert(errno == EAGAIN || errno == EINTR); /* the counter is full: it will wake */
}

bool media_worker_next_event(struct media_worker *worker, struct media_event *ret_event)
{
    const struct media_event *event = ring_peek(worker->events);

    if (!event)
        return false;
    *ret_event = *event;
    ring_release(worker->events);
    return true;
}

uint64_t media_worker_commands_waiting(const struct media_worker *worker)
{
    return ring_length(worker->commands);
}
