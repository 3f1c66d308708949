/* Receives are multishot recvmsg with buffers from one group; sends are sendmsg that complete
 * within the submitting system call (MSG_DONTWAIT), so that their slots are free again when it
 * returns. */
#include "common/webrtc/transport/media_ring.h"

#include <assert.h>
#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"

#define BUFFER_GROUP 0
#define COMPLETIONS 4096
#define SUBMITS_MAX 8
/* One received datagram: header, source, control messages, data (io_uring_recvmsg_out). The source
 * is padded so that the control messages behind it lie where a struct cmsghdr may. */
#define NAME_SIZE ((sizeof(struct sockaddr_in6) + 7) / 8 * 8)
#define BUFFER_SIZE                                                                                \
    (sizeof(struct io_uring_recvmsg_out) + NAME_SIZE + MEDIA_SOCKET_CONTROL_SIZE +                 \
     MEDIA_DATAGRAM_MAX)
_Static_assert(BUFFER_SIZE % _Alignof(struct cmsghdr) == 0, "the next buffer is aligned, too");

/* What a completion is about: kind, place of the socket, and its generation, because completions of
 * a socket that is gone still come. */
enum about { ABOUT_RECEIVE = 1, ABOUT_SEND, ABOUT_CANCEL };

struct place {
    struct media_socket *socket; /* NULL: free */
    media_ring_fn *on_datagram;
    void *arg;
    uint32_t generation;
    uint32_t next_free;
    bool unarmed; /* its receive ended and could not be begun again yet */
};

struct send_slot {
    struct msghdr header;
    struct iovec vector;
    struct sockaddr_storage to;
    uint8_t data[MEDIA_DATAGRAM_MAX];
};

struct media_ring {
    struct io_uring uring;
    struct io_uring_buf_ring *buffers;
    uint8_t *memory; /* MEDIA_RING_BUFFERS × BUFFER_SIZE */
    struct msghdr layout;
    struct place *places; /* MEDIA_RING_SOCKETS_MAX */
    uint32_t place_count, first_free;
    size_t unarmed_count;
    struct send_slot *sends; /* MEDIA_RING_SENDS_MAX */
    size_t send_count;       /* queued since the last flush */
    int64_t now_us;          /* when the completions at hand were taken */
};

#define NO_PLACE UINT32_MAX

static uint64_t tag(enum about about, uint32_t place, uint32_t generation)
{
    return (uint64_t)about << 60 | (uint64_t)(place & 0xffffff) << 32 | generation;
}

/* ---- life ---- */

static bool make_buffers(struct media_ring *ring)
{
    struct io_uring_buf_reg registration = {.ring_entries = MEDIA_RING_BUFFERS,
                                            .bgid = BUFFER_GROUP};
    size_t size = MEDIA_RING_BUFFERS * sizeof(struct io_uring_buf);

    ring->buffers = aligned_alloc((size_t)sysconf(_SC_PAGESIZE), size);
    ring->memory = malloc(MEDIA_RING_BUFFERS * BUFFER_SIZE);
    if (!ring->buffers || !ring->memory)
        return false;
    memset(ring->buffers, 0, size);
    registration.ring_addr = (uintptr_t)ring->buffers;
    if (io_uring_register_buf_ring(&ring->uring, &registration, 0) != 0)
        return false;
    io_uring_buf_ring_init(ring->buffers);
    for (int i = 0; i < MEDIA_RING_BUFFERS; i++)
        io_uring_buf_ring_add(ring->buffers, ring->memory + (size_t)i * BUFFER_SIZE, BUFFER_SIZE,
                              (unsigned short)i, io_uring_buf_ring_mask(MEDIA_RING_BUFFERS), i);
    io_uring_buf_ring_advance(ring->buffers, MEDIA_RING_BUFFERS);
    return true;
}

static enum status status_of(int error)
{
    return error == -ENOMEM || error == -EMFILE || error == -ENFILE ? STATUS_FULL
                                                                    : STATUS_UNSUPPORTED;
}

enum status media_ring_create(struct media_ring **ret_ring)
{
    struct io_uring_params params = {.flags = IORING_SETUP_SINGLE_ISSUER |
                                              IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
                                     .cq_entries = COMPLETIONS};
    struct media_ring *ring = calloc(1, sizeof *ring);
    int error;

    if (!ring)
        return STATUS_NO_MEMORY;
    error = io_uring_queue_init_params(2 * MEDIA_RING_SENDS_MAX, &ring->uring, &params);
    if (error != 0) {
        free(ring);
        return status_of(error);
    }
    ring->first_free = NO_PLACE;
    ring->layout =
        (struct msghdr){.msg_namelen = NAME_SIZE, .msg_controllen = MEDIA_SOCKET_CONTROL_SIZE};
    ring->places = calloc(MEDIA_RING_SOCKETS_MAX, sizeof *ring->places);
    ring->sends = calloc(MEDIA_RING_SENDS_MAX, sizeof *ring->sends);
    if (!ring->places || !ring->sends || !make_buffers(ring)) {
        media_ring_destroy(ring);
        return STATUS_UNSUPPORTED;
    }
    *ret_ring = ring;
    return STATUS_OK;
}

void media_ring_destroy(struct media_ring *ring)
{
    if (!ring)
        return;
    io_uring_queue_exit(&ring->uring);
    free(ring->buffers);
    free(ring->memory);
    free(ring->places);
    free(ring->sends);
    free(ring);
}

bool media_ring_available(void)
{
    static enum { UNKNOWN, YES, NO } known;
    struct media_ring *ring;

    if (known == UNKNOWN) {
        known = media_ring_create(&ring) == STATUS_OK ? YES : NO;
        if (known == YES)
            media_ring_destroy(ring);
    }
    return known == YES;
}

/* ---- sending ---- */

void media_ring_flush(struct media_ring *ring)
{
    for (int i = 0; i < SUBMITS_MAX && io_uring_sq_ready(&ring->uring) > 0; i++)
        if (io_uring_submit(&ring->uring) < 0)
            io_uring_get_events(&ring->uring); /* interrupted, or completions must go first */
    if (io_uring_sq_ready(&ring->uring) == 0)
        ring->send_count = 0;
}

static struct io_uring_sqe *next_entry(struct media_ring *ring)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring->uring);

    if (!entry) {
        media_ring_flush(ring);
        entry = io_uring_get_sqe(&ring->uring);
    }
    return entry;
}

static struct send_slot *next_slot(struct media_ring *ring)
{
    if (ring->send_count == MEDIA_RING_SENDS_MAX)
        media_ring_flush(ring);
    return ring->send_count < MEDIA_RING_SENDS_MAX ? &ring->sends[ring->send_count] : NULL;
}

void media_ring_send(struct media_ring *ring, struct media_socket *socket,
                     const struct sockaddr *to, socklen_t to_size, const void *data, size_t size)
{
    struct send_slot *slot;
    struct io_uring_sqe *entry;

    assert(size <= MEDIA_DATAGRAM_MAX && to_size <= sizeof slot->to);
    slot = next_slot(ring);
    entry = slot ? next_entry(ring) : NULL;
    if (!entry) {
        socket->send_refused++;
        return;
    }
    ring->send_count++;
    memcpy(slot->data, data, size);
    memcpy(&slot->to, to, to_size);
    slot->vector = (struct iovec){slot->data, size};
    slot->header = (struct msghdr){
        .msg_name = &slot->to, .msg_namelen = to_size, .msg_iov = &slot->vector, .msg_iovlen = 1};
    io_uring_prep_sendmsg(entry, socket->fd, &slot->header, MSG_DONTWAIT | MSG_NOSIGNAL);
    entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
    entry->user_data =
        tag(ABOUT_SEND, socket->ring_place, ring->places[socket->ring_place].generation);
}

/* ---- sockets ---- */

static bool arm(struct media_ring *ring, uint32_t place)
{
    struct place *one = &ring->places[place];
    struct io_uring_sqe *entry = next_entry(ring);

    if (one->unarmed != !entry)
        ring->unarmed_count += entry ? (size_t)-1 : 1;
    one->unarmed = !entry;
    if (!entry)
        return false;
    io_uring_prep_recvmsg_multishot(entry, one->socket->fd, &ring->layout, MSG_TRUNC);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = BUFFER_GROUP;
    entry->user_data = tag(ABOUT_RECEIVE, place, one->generation);
    return true;
}

static uint32_t take_place(struct media_ring *ring)
{
    uint32_t place = ring->first_free;

    if (place != NO_PLACE) {
        ring->first_free = ring->places[place].next_free;
        return place;
    }
    return ring->place_count < MEDIA_RING_SOCKETS_MAX ? ring->place_count++ : NO_PLACE;
}

enum status media_ring_add(struct media_ring *ring, struct media_socket *socket,
                           media_ring_fn *on_datagram, void *arg)
{
    uint32_t place = take_place(ring);
    struct place *one;

    if (place == NO_PLACE)
        return STATUS_FULL;
    one = &ring->places[place];
    *one = (struct place){.socket = socket,
                          .on_datagram = on_datagram,
                          .arg = arg,
                          .generation = one->generation + 1};
    socket->ring_place = place;
    arm(ring, place);
    media_ring_flush(ring);
    return STATUS_OK;
}

void media_ring_remove(struct media_ring *ring, struct media_socket *socket)
{
    struct place *one = &ring->places[socket->ring_place];
    struct io_uring_sqe *entry;

    assert(one->socket == socket);
    media_ring_flush(ring); /* what was sent before the end leaves */
    entry = next_entry(ring);
    if (entry) {
        io_uring_prep_cancel64(entry, tag(ABOUT_RECEIVE, socket->ring_place, one->generation), 0);
        entry->user_data = tag(ABOUT_CANCEL, 0, 0);
        media_ring_flush(ring);
    }
    if (one->unarmed)
        ring->unarmed_count--;
    one->socket = NULL;
    one->unarmed = false;
    one->generation++;
    one->next_free = ring->first_free;
    ring->first_free = socket->ring_place;
}

/* ---- receiving ---- */

struct completion {
    uint64_t tag;
    int result;
    unsigned flags;
};

static struct place *place_of(struct media_ring *ring, uint64_t about)
{
    uint32_t place = (uint32_t)(about >> 32) & 0xffffff;

    if (place >= ring->place_count || !ring->places[place].socket ||
        ring->places[place].generation != (uint32_t)about)
        return NULL;
    return &ring->places[place];
}

static void hand_on(struct media_ring *ring, struct place *one, uint8_t *buffer, int size)
{
    struct io_uring_recvmsg_out *out = io_uring_recvmsg_validate(buffer, size, &ring->layout);
    struct media_datagram datagram = {0};
    struct msghdr header;

    if (!out)
        return;
    header = (struct msghdr){.msg_control = buffer + sizeof *out + NAME_SIZE,
                             .msg_controllen = out->controllen,
                             .msg_flags = (int)out->flags};
    datagram.data = io_uring_recvmsg_payload(out, &ring->layout);
    datagram.size = io_uring_recvmsg_payload_length(out, size, &ring->layout);
    memcpy(&datagram.source, io_uring_recvmsg_name(out),
           out->namelen < NAME_SIZE ? out->namelen : NAME_SIZE);
    if (media_socket_unpack(one->socket, &header, ring->now_us, &datagram))
        one->on_datagram(one->arg, &datagram);
}

static void recycle(struct media_ring *ring, unsigned short buffer)
{
    io_uring_buf_ring_add(ring->buffers, ring->memory + buffer * BUFFER_SIZE, BUFFER_SIZE, buffer,
                          io_uring_buf_ring_mask(MEDIA_RING_BUFFERS), 0);
    io_uring_buf_ring_advance(ring->buffers, 1);
}

static void on_received(struct media_ring *ring, const struct completion *completion)
{
    struct place *one = place_of(ring, completion->tag);

    if (completion->flags & IORING_CQE_F_BUFFER) {
        unsigned short buffer = (unsigned short)(completion->flags >> IORING_CQE_BUFFER_SHIFT);

        if (one && completion->result > 0)
            hand_on(ring, one, ring->memory + buffer * BUFFER_SIZE, completion->result);
        recycle(ring, buffer);
        one = place_of(ring, completion->tag); /* it may have been removed */
    }
    /* It ends when the buffers run out (ENOBUFS); an error of the socket ends one receive only. */
    if (one && !(completion->flags & IORING_CQE_F_MORE))
        arm(ring, (uint32_t)(one - ring->places));
}

static void arm_again(struct media_ring *ring)
{
    for (uint32_t i = 0; ring->unarmed_count > 0 && i < ring->place_count; i++)
        if (ring->places[i].unarmed && !arm(ring, i))
            return;
}

static bool next_completion(struct media_ring *ring, struct completion *ret_completion)
{
    struct io_uring_cqe *entry;

    if (io_uring_peek_cqe(&ring->uring, &entry) != 0)
        return false;
    *ret_completion = (struct completion){entry->user_data, entry->res, entry->flags};
    io_uring_cqe_seen(&ring->uring, entry);
    return true;
}

/* Hands on at most `max`; returns how many completions there were. */
static size_t take_completions(struct media_ring *ring, size_t max, int64_t until_us)
{
    struct completion completion;
    size_t count = 0;

    for (; count < max && clock_monotonic_us() < until_us && next_completion(ring, &completion);
         count++) {
        enum about about = (enum about)(completion.tag >> 60);

        if (about == ABOUT_RECEIVE) {
            on_received(ring, &completion);
        } else if (about == ABOUT_SEND && completion.result < 0) {
            struct place *one = place_of(ring, completion.tag);
            if (one)
                one->socket->send_refused++;
        }
    }
    return count;
}

bool media_ring_turn(struct media_ring *ring, int64_t until_us)
{
    size_t handled = 0, batch;

    do {
        media_ring_flush(ring);
        io_uring_get_events(&ring->uring); /* deferred work of the kernel runs here */
        ring->now_us = clock_monotonic_us();
        batch = take_completions(ring, MEDIA_RING_RECEIVES_MAX - handled, until_us);
        handled += batch;
    } while (batch > 0 && handled < MEDIA_RING_RECEIVES_MAX);
    arm_again(ring);
    media_ring_flush(ring);
    return batch > 0 || io_uring_cq_ready(&ring->uring) > 0;
}
