#include "engine/run/shard_link.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEND_LIMIT_MS 2000

enum status shard_link_create(int ret_fds[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret_fds) != 0)
        return STATUS_IO;
    return STATUS_OK;
}

enum status shard_link_send(int fd, const struct shard_message *message)
{
    for (;;) {
        ssize_t sent = send(fd, message, sizeof *message, MSG_NOSIGNAL);
        struct pollfd writable = {.fd = fd, .events = POLLOUT};

        if (sent == (ssize_t)sizeof *message)
            return STATUS_OK;
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
            return STATUS_CLOSED;
        if (message->kind == SHARD_SECOND || poll(&writable, 1, SEND_LIMIT_MS) <= 0)
            return STATUS_FULL;
    }
}

enum status shard_link_receive(int fd, struct shard_message *ret_message)
{
    struct shard_message message;
    ssize_t got;

    do
        got = recv(fd, &message, sizeof message, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return STATUS_AGAIN;
    if (got != (ssize_t)sizeof message)
        return STATUS_CLOSED;
    message.text[sizeof message.text - 1] = '\0';
    *ret_message = message;
    return STATUS_OK;
}
