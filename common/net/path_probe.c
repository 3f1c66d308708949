#include "common/net/path_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"

/* Between two handshakes: they are no load. */
#define PAUSE_MS 2
/* A repetition comes after 1 s (RFC 6298, section 2.1): so many of one handshake are waited for. */
#define ONE_LIMIT_US (3 * US_PER_S + US_PER_S / 2)

union any_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool make_address(const char *text, uint16_t port, union any_address *ret, socklen_t *size)
{
    memset(ret, 0, sizeof *ret);
    if (inet_pton(AF_INET, text, &ret->v4.sin_addr) == 1) {
        ret->v4.sin_family = AF_INET;
        ret->v4.sin_port = htons(port);
        *size = sizeof ret->v4;
        return true;
    }
    ret->v6.sin6_family = AF_INET6;
    ret->v6.sin6_port = htons(port);
    *size = sizeof ret->v6;
    return inet_pton(AF_INET6, text, &ret->v6.sin6_addr) == 1;
}

/* Until the handshake is done, refused or out of time. 0, ETIMEDOUT or what the socket says. */
static int await(int fd, int64_t until_us)
{
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    socklen_t size = sizeof(int);
    int problem = 0, ready;

    do {
        int64_t left_us = until_us - clock_monotonic_us();
        if (left_us <= 0)
            return ETIMEDOUT;
        ready = poll(&wanted, 1, (int)((left_us + US_PER_MS - 1) / US_PER_MS));
    } while (ready == 0 || (ready < 0 && errno == EINTR));
    if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0)
        return errno;
    return problem;
}

/* What the kernel saw of the handshake. */
static void take(int fd, bool answered, struct path_probe *probe, int64_t *rtts,
                 unsigned *rtt_count)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    unsigned repeated = 0;

    memset(&info, 0, sizeof info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
        repeated = answered ? info.tcpi_total_retrans : info.tcpi_retransmits;
        /* Of a repeated SYN nobody knows which one was answered (Karn). */
        if (answered && repeated == 0 && info.tcpi_rtt > 0)
            rtts[(*rtt_count)++] = info.tcpi_rtt;
    }
    probe->sent += 1 + repeated;
    probe->lost += repeated + !answered;
}

static enum status probe_one(const union any_address *to, socklen_t size, int64_t until_us,
                             struct path_probe *probe, int64_t *rtts, unsigned *rtt_count,
                             struct failure *failure)
{
    /* Closed by a reset: no port stays taken for a minute. */
    static const struct linger at_once = {.l_onoff = 1};
    int fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), problem;

    if (fd < 0)
        return failure_set(failure, STATUS_IO, "socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    problem = connect(fd, &to->any, size) == 0 ? 0 : errno;
    if (problem == EINPROGRESS)
        problem = await(fd, until_us);
    if (problem == 0 || problem == ETIMEDOUT)
        take(fd, problem == 0, probe, rtts, rtt_count);
    close(fd);
    return problem == 0 || problem == ETIMEDOUT
               ? STATUS_OK
               : failure_set(failure, STATUS_UNREACHABLE, "%s", strerror(problem));
}

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

enum status path_probe_run(const char *address, uint16_t port, unsigned count, int64_t limit_us,
                           struct path_probe *ret_probe, struct failure *failure)
{
    struct path_probe probe = {.rtt_p50_us = -1, .rtt_max_us = -1};
    int64_t rtts[PATH_PROBES_MAX], until_us = clock_monotonic_us() + limit_us;
    unsigned rtt_count = 0;
    union any_address to;
    socklen_t size;
    enum status status = STATUS_OK;

    if (!make_address(address, port, &to, &size) || count > PATH_PROBES_MAX)
        return failure_set(failure, STATUS_INVALID, "%s: is no numeric address", address);
    for (unsigned i = 0; i < count && status == STATUS_OK; i++) {
        int64_t now_us = clock_monotonic_us();
        int64_t one_us = until_us - now_us < ONE_LIMIT_US ? until_us : now_us + ONE_LIMIT_US;
        if (now_us >= until_us)
            break;
        status = probe_one(&to, size, one_us, &probe, rtts, &rtt_count, failure);
        poll(NULL, 0, PAUSE_MS);
    }
    if (status != STATUS_OK)
        return status;
    if (rtt_count > 0) {
        qsort(rtts, rtt_count, sizeof *rtts, by_size);
        probe.rtt_p50_us = rtts[rtt_count / 2];
        probe.rtt_max_us = rtts[rtt_count - 1];
    }
    *ret_probe = probe;
    return STATUS_OK;
}
