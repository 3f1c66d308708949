#include "engine/result/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"

/* What the shell says when a program does not exist. */
#define EXIT_NOT_FOUND 127

/* The child: never returns. */
static void become_gnuplot(const char *folder, const char *script, int output)
{
    int nothing = open("/dev/null", O_RDONLY);
    if (chdir(folder) != 0 || nothing < 0 || dup2(nothing, 0) < 0 || dup2(output, 1) < 0 ||
        dup2(output, 2) < 0) {
        _exit(EXIT_FAILURE);
    }
    execlp("gnuplot", "gnuplot", script, (char *)NULL);
    _exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILURE);
}

/* Reads until the child closes its end; keeps the end of what it said. False: out of time. */
static bool listen_until_closed(int input, char *words, size_t size, int64_t deadline_us)
{
    size_t length = 0;
    for (;;) {
        int64_t left_ms = (deadline_us - clock_monotonic_us()) / US_PER_MS;
        struct pollfd waiting = {.fd = input, .events = POLLIN};
        int ready = left_ms > 0 ? poll(&waiting, 1, (int)left_ms) : 0;
        if (ready == 0) {
            return false;
        }
        if (length > size / 2) {
            memmove(words, words + length / 2, length - length / 2);
            length -= length / 2;
        }
        ssize_t got = ready > 0 ? read(input, words + length, size - 1 - length) : -1;
        if (got == 0 || (got < 0 && errno != EINTR)) {
            break;
        }
        length += got > 0 ? (size_t)got : 0;
    }
    words[length] = '\0';
    return true;
}

/* The last line that says something. */
static const char *last_words(char *words)
{
    size_t length = strlen(words);
    while (length > 0 && (words[length - 1] == '\n' || words[length - 1] == ' ')) {
        words[--length] = '\0';
    }
    const char *line = strrchr(words, '\n');
    return line != NULL ? line + 1 : words;
}

static enum status judge(int state, const char *script, char *words, struct failure *failure)
{
    if (WIFEXITED(state) && WEXITSTATUS(state) == EXIT_SUCCESS) {
        return STATUS_OK;
    }
    if (WIFEXITED(state) && WEXITSTATUS(state) == EXIT_NOT_FOUND) {
        return failure_set(failure, STATUS_NOT_FOUND, "gnuplot is not installed");
    }
    return failure_set(failure, STATUS_INVALID, "gnuplot failed on %s: %s", script,
                       last_words(words));
}

enum status gnuplot_run(const char *folder, const char *script, struct failure *failure)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return failure_set(failure, STATUS_IO, "no pipe for gnuplot: %s", strerror(errno));
    }
    pid_t child = fork();
    if (child == 0) {
        become_gnuplot(folder, script, ends[1]);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return failure_set(failure, STATUS_IO, "no process for gnuplot: %s", strerror(errno));
    }
    char words[2048] = "";
    int state = 0;
    int64_t deadline_us = clock_monotonic_us() + GNUPLOT_TIME_LIMIT_MS * US_PER_MS;
    bool in_time = listen_until_closed(ends[0], words, sizeof words, deadline_us);
    close(ends[0]);
    if (!in_time) {
        kill(child, SIGKILL);
    }
    while (waitpid(child, &state, 0) < 0 && errno == EINTR) {
    }
    if (!in_time) {
        return failure_set(failure, STATUS_TIMED_OUT, "gnuplot took more than %d s for %s",
                           GNUPLOT_TIME_LIMIT_MS / 1000, script);
    }
    return judge(state, script, words, failure);
}
