#include "common/webrtc/transport/send_batch.h"

#include <assert.h>
#include <errno.h>
#include <netinet/udp.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/webrtc/transport/media_socket.h"

#define SEGMENTS_MAX 64     /* UDP_MAX_SEGMENTS of older kernels */
#define SEGMENTED_MAX 61440 /* bytes of one segmented datagram, below what IPv4 can carry */
#define ADDRESS_SIZE CMSG_SPACE(sizeof(struct in_pktinfo))
#define CONTROL_SIZE (ADDRESS_SIZE + CMSG_SPACE(sizeof(uint16_t)))

/* One datagram of a client, or a row of segments of it. */
struct message {
    struct shared_client *client;
    struct sockaddr_in to;
    uint16_t segment_size;
    bool closed; /* a shorter segment ends a row */
    size_t bytes;
    alignas(struct cmsghdr) uint8_t control[CONTROL_SIZE];
};

struct send_batch {
    bool segment;
    size_t count, message_count;
    struct mmsghdr headers[SHARED_SOCKET_SENDS_MAX];
    struct message messages[SHARED_SOCKET_SENDS_MAX];
    struct iovec vectors[SHARED_SOCKET_SENDS_MAX]; /* of datagrams; a message has one or a row */
    uint8_t data[SHARED_SOCKET_SENDS_MAX][MEDIA_DATAGRAM_MAX];
};

static struct cmsghdr *control_at(struct message *message, size_t offset)
{
    return (struct cmsghdr *)(void *)(message->control + offset);
}

/* What is the same in every batch. */
static void prepare_message(struct send_batch *batch, size_t at)
{
    struct message *message = &batch->messages[at];
    struct cmsghdr *address = control_at(message, 0), *segment = control_at(message, ADDRESS_SIZE);

    address->cmsg_level = IPPROTO_IP;
    address->cmsg_type = IP_PKTINFO;
    address->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
    segment->cmsg_level = SOL_UDP;
    segment->cmsg_type = UDP_SEGMENT;
    segment->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    batch->headers[at].msg_hdr = (struct msghdr){
        .msg_name = &message->to, .msg_namelen = sizeof message->to, .msg_control = address};
}

struct send_batch *send_batch_create(bool segment)
{
    struct send_batch *batch = calloc(1, sizeof *batch);

    if (!batch)
        return NULL;
    batch->segment = segment;
    for (size_t i = 0; i < SHARED_SOCKET_SENDS_MAX; i++) {
        batch->vectors[i].iov_base = batch->data[i];
        prepare_message(batch, i);
    }
    return batch;
}

void send_batch_destroy(struct send_batch *batch)
{
    free(batch);
}

bool send_batch_full(const struct send_batch *batch)
{
    return batch->count == SHARED_SOCKET_SENDS_MAX;
}

/* Does the datagram continue the last message? A row has one size; a shorter one ends it. */
static bool continues(const struct send_batch *batch, const struct shared_client *client,
                      const struct sockaddr_in *to, size_t size)
{
    const struct message *last;

    if (!batch->segment || batch->message_count == 0)
        return false;
    last = &batch->messages[batch->message_count - 1];
    return last->client == client && last->to.sin_addr.s_addr == to->sin_addr.s_addr &&
           last->to.sin_port == to->sin_port && !last->closed && size > 0 &&
           size <= last->segment_size && last->bytes + size <= SEGMENTED_MAX &&
           batch->headers[batch->message_count - 1].msg_hdr.msg_iovlen < SEGMENTS_MAX;
}

static void add_segment(struct send_batch *batch, size_t size)
{
    struct message *last = &batch->messages[batch->message_count - 1];
    struct msghdr *header = &batch->headers[batch->message_count - 1].msg_hdr;

    header->msg_iovlen++;
    header->msg_controllen = CONTROL_SIZE;
    memcpy(CMSG_DATA(control_at(last, ADDRESS_SIZE)), &last->segment_size,
           sizeof last->segment_size);
    last->bytes += size;
    last->closed = size < last->segment_size;
}

static void add_message(struct send_batch *batch, struct shared_client *client,
                        const struct sockaddr_in *to, size_t size)
{
    struct message *message = &batch->messages[batch->message_count];
    struct msghdr *header = &batch->headers[batch->message_count].msg_hdr;
    struct in_pktinfo from = {.ipi_spec_dst.s_addr = htonl(client->address)};

    batch->message_count++;
    message->client = client;
    message->to = *to;
    message->segment_size = (uint16_t)size;
    message->closed = false;
    message->bytes = size;
    memcpy(CMSG_DATA(control_at(message, 0)), &from, sizeof from);
    header->msg_iov = &batch->vectors[batch->count];
    header->msg_iovlen = 1;
    header->msg_controllen = ADDRESS_SIZE;
}

void send_batch_add(struct send_batch *batch, struct shared_client *client,
                    const struct sockaddr_in *to, const void *data, size_t size)
{
    assert(!send_batch_full(batch) && size <= MEDIA_DATAGRAM_MAX);
    memcpy(batch->data[batch->count], data, size);
    batch->vectors[batch->count].iov_len = size;
    if (continues(batch, client, to, size))
        add_segment(batch, size);
    else
        add_message(batch, client, to, size);
    batch->count++;
}

static void refuse(struct send_batch *batch, size_t from, size_t to,
                   struct shared_counters *counters)
{
    for (size_t i = from; i < to; i++) {
        size_t datagrams = batch->headers[i].msg_hdr.msg_iovlen;

        batch->messages[i].client->send_refused += datagrams;
        counters->send_refused += datagrams;
    }
}

void send_batch_flush(struct send_batch *batch, int fd, struct shared_counters *counters)
{
    size_t at = 0;

    while (at < batch->message_count) {
        int sent = sendmmsg(fd, batch->headers + at, (unsigned)(batch->message_count - at),
                            MSG_DONTWAIT | MSG_NOSIGNAL);

        counters->send_calls++;
        if (sent > 0) {
            at += (size_t)sent;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
            refuse(batch, at, batch->message_count, counters);
            break;
        } else if (errno != EINTR) { /* this one is refused; the others may still go */
            if (errno == EIO || errno == EINVAL)
                batch->segment = false; /* a device that cannot: rows stay apart from now on */
            refuse(batch, at, at + 1, counters);
            at++;
        }
    }
    counters->sends += batch->count;
    batch->count = batch->message_count = 0;
}
