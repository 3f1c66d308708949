#include "reference-server/media/media_worker.h"

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
#include "common/webrtc/transport/ice_lite.h"
#include "common/webrtc/transport/packet_kind.h"
#include "reference-server/media/rtcp_in.h"
#include "reference-server/media/rtp_in.h"
#include "reference-server/media/server_transport.h"

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

/* -- Commands ---------------------------------------------------------------------------------- */

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

static void add_transport(struct worker_context *context, struct media_terms *terms)
{
    struct server_transport *transport =
        transport_table_by_participant(context->transports, terms->participant);
    struct media_event lost = {MEDIA_EVENT_LOST, terms->participant, terms->incarnation};

    server_transport_destroy(transport);
    if (server_transport_create(context, terms, &transport) != STATUS_OK)
        context->on_event(context, &lost);
}

static void update_transport(struct worker_context *context, struct media_terms *terms)
{
    struct server_transport *transport =
        transport_table_by_participant(context->transports, terms->participant);

    if (transport)
        server_transport_update(transport, terms);
    else
        add_transport(context, terms);
}

static void set_send(struct worker_context *context, const struct media_command *command)
{
    struct server_transport *transport =
        transport_table_by_participant(context->transports, command->participant);

    for (int kind = 0; transport && kind < MEDIA_KINDS; kind++)
        server_transport_set_send(transport, (enum media_kind)kind, command->may_send[kind]);
}

/* Both slots of a pair at once; a new source is asked for a key frame. */
static void set_route(struct worker_context *context, const struct media_command *command)
{
    struct server_transport *transport =
        transport_table_by_participant(context->transports, command->participant);
    struct source *source = NULL;

    if (!transport)
        return;
    if (command->route.source != 0)
        source = source_obtain(context, command->route.source);
    if (source && !source->transport)
        source->worker = command->route.source_worker;
    for (size_t i = 0; i < transport->outlet_count; i++) {
        struct outlet *outlet = &transport->outlets[i];
        if (outlet->terms->pair == command->route.pair &&
            source_attach(source, outlet) != STATUS_OK)
            media_drop(context->counters, MEDIA_DROP_no_route);
    }
    if (!source)
        return;
    if (source->subscribers[MEDIA_VIDEO].count > 0)
        source_request_key_frame(source, true);
    source_release(source); /* when no slot took it */
}

static void set_feed(struct worker_context *context, const struct media_command *command)
{
    struct source *source = source_find(context, command->participant);

    if (!source)
        return;
    uint32_t added = command->feed_workers & ~source->remote_workers;
    source->remote_workers = command->feed_workers;
    for (; added != 0; added &= added - 1)
        source_introduce(source, (unsigned)__builtin_ctz(added));
    source_release(source);
}

static void end_leak(struct worker_context *context, size_t at)
{
    struct source *source = source_find(context, context->leaks[at].from);

    context->leaks[at] = context->leaks[--context->leak_count];
    if (source) {
        source->leaks--;
        source_release(source);
    }
}

/* Idempotent; victims that are gone make room, and failing that the first one does. */
static void add_leak(struct worker_context *context, const struct media_command *command)
{
    struct source *source;

    for (size_t i = context->leak_count; i-- > 0;) {
        const struct media_leak *leak = &context->leaks[i];
        if (leak->from == command->participant && leak->to == command->leak_to)
            return;
        if (!transport_table_by_participant(context->transports, leak->to))
            end_leak(context, i);
    }
    if (context->leak_count == MEDIA_LEAKS_MAX)
        end_leak(context, 0);
    source = source_obtain(context, command->participant);
    if (!source)
        return;
    source->leaks++;
    context->leaks[context->leak_count++] =
        (struct media_leak){.from = command->participant, .to = command->leak_to};
}

static void carry_out(struct media_worker *worker, const struct media_command *command)
{
    struct worker_context *context = &worker->context;

    switch (command->kind) {
    case MEDIA_COMMAND_ADD:
        add_transport(context, command->terms);
        break;
    case MEDIA_COMMAND_UPDATE:
        update_transport(context, command->terms);
        break;
    case MEDIA_COMMAND_REMOVE:
        server_transport_destroy(
            transport_table_by_participant(context->transports, command->participant));
        break;
    case MEDIA_COMMAND_SEND:
        set_send(context, command);
        break;
    case MEDIA_COMMAND_ROUTE:
        set_route(context, command);
        break;
    case MEDIA_COMMAND_FEED:
        set_feed(context, command);
        break;
    case MEDIA_COMMAND_LEAK:
        add_leak(context, command);
        break;
    case MEDIA_COMMAND_STOP:
        worker->stopping = true;
        break;
    }
}

/* True: more are waiting. */
static bool run_commands(struct media_worker *worker)
{
    const struct media_command *command = NULL;

    for (int i = 0; i < COMMANDS_PER_TURN && (command = ring_peek(worker->commands)); i++) {
        struct media_command copy = *command;
        ring_release(worker->commands);
        carry_out(worker, &copy);
    }
    atomic_store_explicit(&worker->counters->transports,
                          transport_table_count(worker->context.transports), memory_order_relaxed);
    return command != NULL;
}

/* -- What arrives ------------------------------------------------------------------------------ */

static void on_stun(struct worker_context *context, const struct udp_datagram *datagram)
{
    char ufrag[MEDIA_UFRAG_LENGTH + 1];
    struct server_transport *transport = NULL;

    if (ice_lite_peek_ufrag(datagram->data, datagram->size, ufrag, sizeof ufrag) == STATUS_OK)
        transport = transport_table_by_ufrag(context->transports, ufrag);
    if (transport)
        server_transport_stun(transport, datagram, ufrag);
    else
        media_drop(context->counters, MEDIA_DROP_stun_unknown);
}

static void on_datagram(struct worker_context *context, const struct udp_datagram *datagram)
{
    enum packet_kind kind = packet_kind(datagram->data, datagram->size);
    struct server_transport *transport;

    if (kind == PACKET_STUN) {
        on_stun(context, datagram);
        return;
    }
    if (kind == PACKET_UNKNOWN) {
        media_drop(context->counters, MEDIA_DROP_unknown_kind);
        return;
    }
    transport = transport_table_by_address(context->transports, &datagram->source);
    if (!transport)
        media_drop(context->counters, MEDIA_DROP_unknown_address);
    else if (kind == PACKET_RTP)
        rtp_in_datagram(transport, datagram);
    else if (kind == PACKET_RTCP)
        rtcp_in_datagram(transport, datagram);
    else
        server_transport_dtls(transport, datagram);
}

/* True: more may be waiting. */
static bool receive_datagrams(struct worker_context *context)
{
    struct udp_datagram *datagrams = NULL;
    size_t count = UDP_PORT_BATCH;

    for (int batch = 0; batch < BATCHES_PER_TURN && count == UDP_PORT_BATCH; batch++) {
        count = udp_port_receive(context->port, &datagrams);
        if (count > 0)
            worker_context_tell_time(context, clock_monotonic_us(), context->realtime_offset_us);
        for (size_t i = 0; i < count; i++)
            on_datagram(context, &datagrams[i]);
        udp_port_flush(context->port);
    }
    if (udp_port_take_overflow(context->port))
        context->overloaded_until_us = context->now_us + OVERLOAD_PAUSE_US;
    return count == UDP_PORT_BATCH;
}

static void on_record(struct worker_context *context, unsigned from,
                      const struct relay_record *record)
{
    struct source *source = source_find(context, record->source);
    struct media_packet packet;

    if (!source) {
        media_drop(context->counters, MEDIA_DROP_no_route);
        return;
    }
    switch (record->kind) {
    case RELAY_MEDIA:
        if (!source->transport)
            source->worker = from;
        packet = record->packet;
        packet.payload = record->payload;
        source_deliver_here(source, &packet);
        break;
    case RELAY_REPORT:
        source_report(source, record->report.kind, record->report.ntp, record->report.timestamp,
                      record->report.arrival_realtime_us, false);
        break;
    case RELAY_KEY_REQUEST:
        if (source->transport)
            source_request_key_frame(source, record->request.fresh);
        break;
    }
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
            on_record(context, from, record);
            worker_links_release(context->links, from, context->index);
        }
        more |= record != NULL;
    }
    return more;
}

/* -- The thread -------------------------------------------------------------------------------- */

void worker_context_tell_time(struct worker_context *context, int64_t monotonic_us,
                              int64_t realtime_offset_us)
{
    context->now_us = monotonic_us;
    context->realtime_offset_us = realtime_offset_us;
    context->abs_send_time = (uint32_t)(((monotonic_us / US_PER_S) << 18) +
                                        ((monotonic_us % US_PER_S) << 18) / US_PER_S) &
                             0xffffff;
}

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

static void wake_others(struct media_worker *worker)
{
    uint32_t published = worker_links_take_published(worker->config.links, worker->config.index);

    for (; published != 0; published &= published - 1)
        worker->config.on_wake_worker(worker->config.arg, (unsigned)__builtin_ctz(published));
}

static bool run_turn(struct media_worker *worker, bool busy)
{
    struct worker_context *context = &worker->context;

    wait_for_work(worker, busy);
    worker_context_tell_time(context, clock_monotonic_us(), clock_realtime_offset_us());
    busy = run_commands(worker);
    busy |= receive_records(context);
    busy |= receive_datagrams(context);
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

/* -- Life -------------------------------------------------------------------------------------- */

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
        if (command->kind == MEDIA_COMMAND_ADD || command->kind == MEDIA_COMMAND_UPDATE)
            free(command->terms);
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

/* -- From other threads ------------------------------------------------------------------------ */

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
