#include "engine/calibrate/reflector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/random.h"
#include "common/webrtc/sdp/sdp_pool.h"
#include "common/webrtc/transport/ice_lite.h"
#include "common/webrtc/transport/packet_kind.h"
#include "engine/run/process_usage.h"

#define BATCH 64
#define DATAGRAM_MAX 2048
#define SOCKET_BUFFER_BYTES (8 * 1024 * 1024)
#define PASSWORD_LENGTH 24    /* RFC 8839 §5.4: at least 22 */
#define TURN_NS 500000        /* how long datagrams may gather once it has nothing to do */
#define WAIT_MS 100           /* how soon it notices that it should end */
#define PRIORITY "2130706431" /* of a host candidate: RFC 8445 §5.1.2.1 */

/* Written by the child, read by the parent. */
struct shared_counters {
    _Atomic uint64_t forwarded, checks_answered, unknown, refused, kernel_drops;
};

struct reflector {
    pid_t pid;
    uint16_t port;
    char password[PASSWORD_LENGTH + 1];
    struct shared_counters *counters; /* a page of both processes */
};

/* ---- the child ---- */

struct batch {
    struct mmsghdr headers[BATCH];
    struct iovec vectors[BATCH];
    struct sockaddr_in addresses[BATCH];
    alignas(struct cmsghdr) uint8_t control[BATCH][64];
    uint8_t data[BATCH][DATAGRAM_MAX];
};

struct child {
    int fd;
    const char *password;
    struct reflector_table *table;
    struct shared_counters *counters;
    struct batch in, out;
    size_t out_count;
    uint32_t overflow;
};

static void count(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

static void flush(struct child *child)
{
    size_t at = 0;

    while (at < child->out_count) {
        int sent = sendmmsg(child->fd, child->out.headers + at, (unsigned)(child->out_count - at),
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            at += (size_t)sent;
        } else if (errno != EINTR) {
            count(&child->counters->refused, 1);
            at++;
        }
    }
    child->out_count = 0;
}

static void queue(struct child *child, const struct sockaddr_in *to, void *data, size_t size)
{
    struct batch *out = &child->out;
    size_t at = child->out_count++;

    out->vectors[at] = (struct iovec){data, size};
    out->addresses[at] = *to;
    out->headers[at].msg_hdr = (struct msghdr){.msg_name = &out->addresses[at],
                                               .msg_namelen = sizeof out->addresses[at],
                                               .msg_iov = &out->vectors[at],
                                               .msg_iovlen = 1};
}

static void on_check(struct child *child, const uint8_t *data, size_t size,
                     const struct sockaddr_in *source)
{
    uint8_t *answer = child->out.data[child->out_count];
    struct ice_lite_check check;
    enum reflector_side side;
    size_t pair, answer_size;
    char ufrag[64];

    if (ice_lite_peek_ufrag(data, size, ufrag, sizeof ufrag) != STATUS_OK ||
        !reflector_ufrag_read(ufrag, &pair, &side) ||
        ice_lite_answer(data, size, ufrag, child->password, (const struct sockaddr *)source,
                        sizeof *source, &check, answer, DATAGRAM_MAX, &answer_size) != STATUS_OK ||
        reflector_table_learn(child->table, pair, side, source) != STATUS_OK) {
        count(&child->counters->unknown, 1);
        return;
    }
    count(&child->counters->checks_answered, 1);
    queue(child, source, answer, answer_size);
}

static void on_datagram(struct child *child, uint8_t *data, size_t size,
                        const struct sockaddr_in *source)
{
    const struct sockaddr_in *other;

    if (packet_kind(data, size) == PACKET_STUN) {
        on_check(child, data, size, source);
        return;
    }
    other = reflector_table_other(child->table, source);
    if (other) {
        queue(child, other, data, size);
        count(&child->counters->forwarded, 1);
    } else {
        count(&child->counters->unknown, 1);
    }
}

static void note_drops(struct child *child, struct msghdr *header)
{
    for (struct cmsghdr *item = CMSG_FIRSTHDR(header); item; item = CMSG_NXTHDR(header, item)) {
        uint32_t overflow;

        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SO_RXQ_OVFL)
            continue;
        memcpy(&overflow, CMSG_DATA(item), sizeof overflow);
        count(&child->counters->kernel_drops, overflow - child->overflow);
        child->overflow = overflow;
    }
}

static int receive(struct child *child)
{
    for (size_t i = 0; i < BATCH; i++) {
        child->in.vectors[i] = (struct iovec){child->in.data[i], DATAGRAM_MAX};
        child->in.headers[i].msg_hdr = (struct msghdr){.msg_name = &child->in.addresses[i],
                                                       .msg_namelen = sizeof(struct sockaddr_in),
                                                       .msg_iov = &child->in.vectors[i],
                                                       .msg_iovlen = 1,
                                                       .msg_control = child->in.control[i],
                                                       .msg_controllen = 64};
    }
    return recvmmsg(child->fd, child->in.headers, BATCH, MSG_DONTWAIT, NULL);
}

/* A reader who sleeps in the socket is woken by each datagram, and the sender's core pays for that:
 * a tenth of what a packet costs. A platform under load seldom sleeps; no more does this. */
static void rest(struct child *child)
{
    struct pollfd readable = {.fd = child->fd, .events = POLLIN};
    struct timespec turn = {.tv_nsec = TURN_NS};

    if (poll(&readable, 1, WAIT_MS) > 0)
        nanosleep(&turn, NULL);
}

/* Until the parent ends it. */
static void serve(struct child *child)
{
    for (;;) {
        int received = receive(child);
        if (received <= 0) {
            rest(child);
            continue;
        }
        for (int i = 0; i < received; i++) {
            note_drops(child, &child->in.headers[i].msg_hdr);
            on_datagram(child, child->in.data[i], child->in.headers[i].msg_len,
                        &child->in.addresses[i]);
        }
        flush(child);
    }
}

static void become_child(struct reflector *reflector, int fd, int core, pid_t parent)
{
    struct child *child = calloc(1, sizeof *child);
    cpu_set_t set;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || !child)
        _exit(1);
    if (core >= 0) {
        CPU_ZERO(&set);
        CPU_SET(core, &set);
        sched_setaffinity(0, sizeof set, &set);
    }
    child->fd = fd;
    child->password = reflector->password;
    child->counters = reflector->counters;
    child->table = reflector_table_create();
    if (!child->table)
        _exit(1);
    serve(child);
}

/* ---- the parent ---- */

static int open_port(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, buffer = SOCKET_BUFFER_BYTES;
    socklen_t size = sizeof address;

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        close(fd);
        return -1;
    }
    *ret_port = ntohs(address.sin_port);
    return fd;
}

enum status reflector_start(int core, struct reflector **ret_reflector, struct failure *failure)
{
    struct reflector *reflector = calloc(1, sizeof *reflector);
    pid_t parent = getpid();
    int fd;

    if (!reflector)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    reflector->counters = mmap(NULL, sizeof *reflector->counters, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fd = open_port(&reflector->port);
    if (reflector->counters == MAP_FAILED || fd < 0 ||
        random_secret_text(reflector->password, PASSWORD_LENGTH) != STATUS_OK ||
        (reflector->pid = fork()) < 0) {
        int cause = errno;
        if (fd >= 0)
            close(fd);
        reflector_stop(reflector);
        return failure_set(failure, STATUS_IO, "the reflector does not start: %s", strerror(cause));
    }
    if (reflector->pid == 0) {
        become_child(reflector, fd, core, parent);
        _exit(1);
    }
    close(fd);
    *ret_reflector = reflector;
    return STATUS_OK;
}

void reflector_counters(const struct reflector *reflector, struct reflector_counters *ret_counters)
{
    const struct shared_counters *now = reflector->counters;

    *ret_counters = (struct reflector_counters){
        .forwarded = atomic_load_explicit(&now->forwarded, memory_order_relaxed),
        .checks_answered = atomic_load_explicit(&now->checks_answered, memory_order_relaxed),
        .unknown = atomic_load_explicit(&now->unknown, memory_order_relaxed),
        .refused = atomic_load_explicit(&now->refused, memory_order_relaxed),
        .kernel_drops = atomic_load_explicit(&now->kernel_drops, memory_order_relaxed),
    };
}

int64_t reflector_cpu_us(const struct reflector *reflector)
{
    struct process_usage usage;

    return process_usage_read(reflector->pid, &usage) == STATUS_OK ? usage.cpu_us : -1;
}

void reflector_stop(struct reflector *reflector)
{
    if (!reflector)
        return;
    if (reflector->pid > 0) {
        kill(reflector->pid, SIGKILL);
        waitpid(reflector->pid, NULL, 0);
    }
    if (reflector->counters && reflector->counters != MAP_FAILED)
        munmap(reflector->counters, sizeof *reflector->counters);
    free(reflector);
}

static void describe_section(const struct reflector *reflector, const char *ufrag,
                             struct sdp_media *media)
{
    snprintf(media->ice_ufrag, sizeof media->ice_ufrag, "%s", ufrag);
    snprintf(media->ice_pwd, sizeof media->ice_pwd, "%s", reflector->password);
    media->candidate_count = 1;
    snprintf(media->candidates[0], sizeof media->candidates[0],
             "candidate:1 1 udp " PRIORITY " 127.0.0.1 %u typ host", reflector->port);
    media->trickle = false;
    media->end_of_candidates = true;
}

enum status reflector_describe(const struct reflector *reflector, size_t pair,
                               enum reflector_side for_side, const char *text, struct buffer *out,
                               struct failure *failure)
{
    struct sdp *sdp = sdp_borrow();
    char ufrag[REFLECTOR_UFRAG_SIZE];
    enum status status;

    if (!sdp)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    status = sdp_parse(text, strlen(text), sdp, failure);
    if (status == STATUS_OK) {
        reflector_ufrag(pair, for_side, ufrag);
        sdp->ice_lite = true;
        for (size_t i = 0; i < sdp->media_count; i++)
            describe_section(reflector, ufrag, &sdp->media[i]);
        status = sdp_write(sdp, out);
        if (status != STATUS_OK)
            failure_set(failure, status, "a description does not fit: %s", status_text(status));
    }
    sdp_give_back(sdp);
    return status;
}
