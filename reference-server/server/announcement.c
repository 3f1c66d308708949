#include "reference-server/server/announcement.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *announcement_text(const struct announcement *announcement)
{
    json_t *ports = json_array();
    for (size_t i = 0; i < announcement->media_port_count; i++)
        json_array_append_new(ports, json_integer(announcement->media_ports[i]));
    json_t *object = json_pack("{s:s, s:i, s:o, s:s?, s:i}", "url", announcement->url, "port",
                               announcement->port, "media_ports", ports, "certificate_pem",
                               announcement->certificate_pem, "pid", announcement->pid);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    char *line = NULL;
    if (text && asprintf(&line, "%s\n", text) < 0)
        line = NULL;
    free(text);
    return line;
}

static enum status write_all(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t written = write(fd, text, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return STATUS_IO;
        text += written;
        left -= (size_t)written;
    }
    return STATUS_OK;
}

static enum status write_descriptor(const char *text, const char *target, struct failure *failure)
{
    int fd = (int)strtol(target, NULL, 10);
    enum status status = write_all(fd, text);
    if (status != STATUS_OK)
        return failure_set(failure, status, "--announce %s: %s", target, strerror(errno));
    close(fd);
    return STATUS_OK;
}

static enum status write_file(const char *text, const char *target, struct failure *failure)
{
    char draft[PATH_MAX];
    int length = snprintf(draft, sizeof draft, "%s.part", target);
    if (length < 0 || (size_t)length >= sizeof draft)
        return failure_set(failure, STATUS_TOO_LARGE, "--announce: the path is too long");
    int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    enum status status = fd < 0 ? STATUS_IO : write_all(fd, text);
    if (fd >= 0 && close(fd) != 0)
        status = STATUS_IO;
    if (status == STATUS_OK && rename(draft, target) != 0)
        status = STATUS_IO;
    if (status != STATUS_OK)
        return failure_set(failure, status, "--announce %s: %s", target, strerror(errno));
    return STATUS_OK;
}

enum status announcement_write(const struct announcement *announcement, const char *target,
                               struct failure *failure)
{
    char *text = announcement_text(announcement);
    if (!text)
        return failure_set(failure, STATUS_NO_MEMORY, "--announce: out of memory");
    bool is_descriptor = *target && strspn(target, "0123456789") == strlen(target);
    enum status status =
        is_descriptor ? write_descriptor(text, target, failure) : write_file(text, target, failure);
    free(text);
    return status;
}
