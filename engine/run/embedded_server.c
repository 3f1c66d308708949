#include "engine/run/embedded_server.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "engine/run/own_cores.h"

#define START_LIMIT_US (15 * US_PER_S)
#define STOP_LIMIT_US (5 * US_PER_S)
#define ANNOUNCEMENT_MAX 16384
#define ARGUMENTS_MAX 64

/* What caseload-server ends with when it cannot use an option or a file. */
enum { SERVER_EXIT_USAGE = 2 };

struct embedded_server {
    pid_t pid; /* 0: reaped */
    char *url, *ca_pem;
    char log_path[1100];
};

static enum status write_file(const char *path, const char *text, struct failure *failure)
{
    FILE *file = fopen(path, "w");

    if (!file || fputs(text, file) == EOF || fclose(file) != 0)
        return failure_set(failure, STATUS_IO, "%s: %s", path, strerror(errno));
    return STATUS_OK;
}

/* In the child: only async-signal-safe calls until exec. */
static void become_server(const struct embedded_server_settings *settings, char **arguments,
                          int log)
{
    int null = open("/dev/null", O_RDONLY);

    if (settings->spared_cores > 0)
        own_cores_leave(settings->spared_cores);
    /* A group of its own: Ctrl-C on the terminal is for the run, which stops the server last. */
    setpgid(0, 0);
    dup2(null, 0);
    dup2(log, 1);
    dup2(log, 2);
    execv(settings->program, arguments);
    _exit(127);
}

static enum status spawn(struct embedded_server *server,
                         const struct embedded_server_settings *settings, const char *fixture_path,
                         int announce_fd, struct failure *failure)
{
    char announce[16], workers[16], *arguments[ARGUMENTS_MAX];
    size_t count = 0;
    int log = open(server->log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (log < 0)
        return failure_set(failure, STATUS_IO, "%s: %s", server->log_path, strerror(errno));
    snprintf(announce, sizeof announce, "%d", announce_fd);
    snprintf(workers, sizeof workers, "%u", settings->media_workers);
    const char *fixed[] = {settings->program, "--listen",   "127.0.0.1:0", "--media",
                           "127.0.0.1:0",     "--db",       ":memory:",    "--fixture",
                           fixture_path,      "--announce", announce,      "--exit-with-parent",
                           "--media-workers", workers};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        arguments[count++] = (char *)fixed[i];
    if (settings->plain)
        arguments[count++] = (char *)"--plain";
    for (size_t i = 0; i < settings->fault_count && count + 3 < ARGUMENTS_MAX; i++) {
        arguments[count++] = (char *)"--fault";
        arguments[count++] = (char *)settings->faults[i];
    }
    arguments[count] = NULL;
    server->pid = fork();
    if (server->pid == 0)
        become_server(settings, arguments, log);
    close(log);
    if (server->pid < 0)
        return failure_set(failure, STATUS_IO, "cannot start %s: %s", settings->program,
                           strerror(errno));
    return STATUS_OK;
}

/* The last line of the server's log, for messages. */
static void last_line(const struct embedded_server *server, char *text, size_t size)
{
    FILE *file = fopen(server->log_path, "r");
    char line[300];

    text[0] = '\0';
    while (file && fgets(line, sizeof line, file))
        if (line[0] != '\n')
            snprintf(text, size, "%.*s", (int)strcspn(line, "\n"), line);
    if (file)
        fclose(file);
}

/* One line of JSON, or less when the server ends or time runs out. */
static size_t read_announcement(int fd, char *text, size_t size)
{
    int64_t limit_us = clock_monotonic_us() + START_LIMIT_US;
    size_t at = 0;

    while (at + 1 < size) {
        int64_t left_us = limit_us - clock_monotonic_us();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (left_us <= 0 || poll(&ready, 1, (int)(left_us / US_PER_MS) + 1) <= 0)
            break;
        ssize_t got = read(fd, text + at, size - 1 - at);
        if (got <= 0)
            break;
        at += (size_t)got;
        if (memchr(text, '\n', at))
            break;
    }
    text[at] = '\0';
    return at;
}

/* Its exit code; -1: another end, or none in time. */
static int reap_within(struct embedded_server *server, int64_t limit_us)
{
    int64_t until_us = clock_monotonic_us() + limit_us;
    int how;

    while (server->pid > 0 && clock_monotonic_us() < until_us) {
        pid_t ended = waitpid(server->pid, &how, WNOHANG);
        if (ended != 0) {
            bool exited = ended == server->pid && WIFEXITED(how);
            server->pid = 0;
            return exited ? WEXITSTATUS(how) : -1;
        }
        poll(NULL, 0, 10);
    }
    return -1;
}

static enum status take_announcement(struct embedded_server *server, const char *text,
                                     struct failure *failure)
{
    json_t *root = json_loads(text, 0, NULL);
    const char *url = json_string_value(json_object_get(root, "url"));
    const char *pem = json_string_value(json_object_get(root, "certificate_pem"));
    char said[300];

    if (url)
        server->url = strdup(url);
    if (pem)
        server->ca_pem = strdup(pem);
    json_decref(root);
    if (server->url)
        return STATUS_OK;
    bool refused = reap_within(server, STOP_LIMIT_US) == SERVER_EXIT_USAGE;
    last_line(server, said, sizeof said);
    return failure_set(failure, refused ? STATUS_INVALID : STATUS_UNREACHABLE,
                       "the embedded caseload-server did not start%s%s", *said ? ": " : "", said);
}

enum status embedded_server_start(const struct embedded_server_settings *settings,
                                  struct embedded_server **ret_server, struct failure *failure)
{
    struct embedded_server *server = calloc(1, sizeof *server);
    char fixture_path[1100], text[ANNOUNCEMENT_MAX];
    int pipe_fds[2] = {-1, -1};
    enum status status;

    if (!server)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    snprintf(fixture_path, sizeof fixture_path, "%s/fixture.json", settings->folder);
    snprintf(server->log_path, sizeof server->log_path, "%s/server.log", settings->folder);
    status = write_file(fixture_path, settings->fixture_json, failure);
    if (status != STATUS_OK)
        goto out;
    if (pipe2(pipe_fds, 0) != 0 || fcntl(pipe_fds[0], F_SETFD, FD_CLOEXEC) != 0) {
        status = failure_set(failure, STATUS_IO, "pipe: %s", strerror(errno));
        goto out;
    }
    status = spawn(server, settings, fixture_path, pipe_fds[1], failure);
    close(pipe_fds[1]);
    pipe_fds[1] = -1;
    if (status == STATUS_OK) {
        read_announcement(pipe_fds[0], text, sizeof text);
        status = take_announcement(server, text, failure);
    }
out:
    if (pipe_fds[0] >= 0)
        close(pipe_fds[0]);
    if (pipe_fds[1] >= 0)
        close(pipe_fds[1]);
    if (status != STATUS_OK) {
        embedded_server_stop(server);
        return status;
    }
    *ret_server = server;
    return STATUS_OK;
}

void embedded_server_stop(struct embedded_server *server)
{
    if (!server)
        return;
    if (server->pid > 0) {
        kill(server->pid, SIGTERM);
        reap_within(server, STOP_LIMIT_US);
    }
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
    }
    free(server->url);
    free(server->ca_pem);
    free(server);
}

const char *embedded_server_url(const struct embedded_server *server)
{
    return server->url;
}

const char *embedded_server_ca_pem(const struct embedded_server *server)
{
    return server->ca_pem;
}

pid_t embedded_server_pid(const struct embedded_server *server)
{
    return server->pid;
}

bool embedded_server_died(struct embedded_server *server, char *message, size_t size)
{
    char said[300];
    int how;

    if (server->pid <= 0 || waitpid(server->pid, &how, WNOHANG) != server->pid)
        return false;
    server->pid = 0;
    last_line(server, said, sizeof said);
    if (WIFSIGNALED(how))
        snprintf(message, size, "the embedded server was ended by signal %d (%s)%s%s",
                 WTERMSIG(how), strsignal(WTERMSIG(how)), *said ? ": " : "", said);
    else
        snprintf(message, size, "the embedded server ended with exit code %d%s%s", WEXITSTATUS(how),
                 *said ? ": " : "", said);
    return true;
}
