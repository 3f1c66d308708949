#include "engine/run/cpu_quota.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 600
#define TEXT_MAX 65536

struct cpu_quota {
    char folder[PATH_SIZE];
    bool version_2;
    int64_t quota_us;
};

/* ---- where ---- */

/* Is `word` one of the comma-separated words of text[0…length)? */
static bool has_word(const char *text, size_t length, const char *word)
{
    size_t size = strlen(word);

    for (size_t at = 0; at < length;) {
        size_t end = at;
        while (end < length && text[end] != ',')
            end++;
        if (end - at == size && memcmp(text + at, word, size) == 0)
            return true;
        at = end + 1;
    }
    return false;
}

/* The mount point of a hierarchy: "DEVICE POINT TYPE OPTIONS 0 0" by lines. */
static bool find_mount(const char *mounts, bool version_2, char *ret_point, size_t size)
{
    char point[300], type[32], options[400];

    for (const char *line = mounts; *line;) {
        const char *end = strchr(line, '\n');
        if (sscanf(line, "%*s %299s %31s %399s", point, type, options) == 3 &&
            strcmp(type, version_2 ? "cgroup2" : "cgroup") == 0 &&
            (version_2 || has_word(options, strlen(options), "cpu")))
            return snprintf(ret_point, size, "%s", point) < (int)size;
        if (!end)
            break;
        line = end + 1;
    }
    return false;
}

/* Our own group in that hierarchy: "NUMBER:CONTROLLERS:PATH" by lines, version 2 as "0::PATH". */
static bool find_own(const char *own, bool version_2, char *ret_path, size_t size)
{
    for (const char *line = own; *line;) {
        size_t length = strcspn(line, "\n");
        const char *first = memchr(line, ':', length);
        const char *second =
            first ? memchr(first + 1, ':', length - (size_t)(first + 1 - line)) : NULL;
        if (second) {
            size_t words = (size_t)(second - first - 1);
            bool ours =
                version_2 ? strncmp(line, "0::", 3) == 0 : has_word(first + 1, words, "cpu");
            int path = (int)(line + length - second - 1);
            if (ours)
                return snprintf(ret_path, size, "%.*s", path, second + 1) < (int)size;
        }
        line += length + (line[length] == '\n');
    }
    return false;
}

bool cpu_quota_find(const char *mounts, const char *own, char *ret_folder, size_t size,
                    bool *ret_version_2)
{
    char point[300], path[256];

    for (int version_2 = 0; version_2 <= 1; version_2++) {
        if (!find_mount(mounts, version_2, point, sizeof point) ||
            !find_own(own, version_2, path, sizeof path))
            continue;
        *ret_version_2 = version_2;
        return snprintf(ret_folder, size, "%s%s", point, strcmp(path, "/") == 0 ? "" : path) <
               (int)size;
    }
    return false;
}

/* ---- files ---- */

static bool read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    size_t got = file ? fread(text, 1, size - 1, file) : 0;

    text[got] = '\0';
    if (file)
        fclose(file);
    return file != NULL;
}

static bool write_text(const char *folder, const char *name, const char *text)
{
    char path[PATH_SIZE + 64];
    size_t size = strlen(text);

    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool written = write(fd, text, size) == (ssize_t)size;
    close(fd);
    return written;
}

static enum status refuse(struct failure *failure, const char *folder, const char *what)
{
    return failure_set(
        failure, STATUS_UNSUPPORTED,
        "--server-cpu needs a writable control group; %s%s%s: %s. As root, or inside "
        "`systemd-run --user --scope -p Delegate=yes`, it works",
        folder, *folder ? "/" : "", what, strerror(errno));
}

/* ---- life ---- */

static bool set_quota(const struct cpu_quota *quota)
{
    char text[64];

    if (quota->version_2) {
        snprintf(text, sizeof text, "%lld %d", (long long)quota->quota_us, CPU_QUOTA_PERIOD_US);
        return write_text(quota->folder, "cpu.max", text);
    }
    snprintf(text, sizeof text, "%d", CPU_QUOTA_PERIOD_US);
    if (!write_text(quota->folder, "cpu.cfs_period_us", text))
        return false;
    snprintf(text, sizeof text, "%lld", (long long)quota->quota_us);
    return write_text(quota->folder, "cpu.cfs_quota_us", text);
}

static enum status find_parent(char *ret_folder, size_t size, bool *ret_version_2,
                               struct failure *failure)
{
    static const char *const files[] = {"/proc/mounts", "/proc/self/cgroup"};
    char *texts = malloc((size_t)2 * TEXT_MAX);
    bool found = texts && read_text(files[0], texts, TEXT_MAX) &&
                 read_text(files[1], texts + TEXT_MAX, TEXT_MAX) &&
                 cpu_quota_find(texts, texts + TEXT_MAX, ret_folder, size, ret_version_2);

    free(texts);
    if (found)
        return STATUS_OK;
    return failure_set(
        failure, STATUS_UNSUPPORTED,
        "--server-cpu needs control groups with the cpu controller: none is mounted");
}

enum status cpu_quota_create(double cores, struct cpu_quota **ret_quota, struct failure *failure)
{
    struct cpu_quota *quota = calloc(1, sizeof *quota);
    char parent[PATH_SIZE - 64];
    enum status status;

    if (!quota)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    status = find_parent(parent, sizeof parent, &quota->version_2, failure);
    if (status != STATUS_OK) {
        free(quota);
        return status;
    }
    /* Where the controller is handed down already this changes nothing; what is missing is seen. */
    if (quota->version_2)
        write_text(parent, "cgroup.subtree_control", "+cpu");
    quota->quota_us = (int64_t)(cores * CPU_QUOTA_PERIOD_US);
    if (quota->quota_us < 1000)
        quota->quota_us = 1000; /* the kernel's least */
    snprintf(quota->folder, sizeof quota->folder, "%s/caseload-server-%d", parent, (int)getpid());
    if (mkdir(quota->folder, 0755) != 0 && errno != EEXIST)
        status = refuse(failure, parent, "mkdir");
    else if (!set_quota(quota))
        status = refuse(failure, quota->folder, quota->version_2 ? "cpu.max" : "cpu.cfs_quota_us");
    if (status != STATUS_OK) {
        cpu_quota_destroy(quota);
        return status;
    }
    *ret_quota = quota;
    return STATUS_OK;
}

enum status cpu_quota_add(struct cpu_quota *quota, pid_t pid, struct failure *failure)
{
    char text[32];

    snprintf(text, sizeof text, "%d", (int)pid);
    return write_text(quota->folder, "cgroup.procs", text)
               ? STATUS_OK
               : refuse(failure, quota->folder, "cgroup.procs");
}

enum status cpu_quota_read(const struct cpu_quota *quota, struct cpu_quota_use *ret_use)
{
    char path[PATH_SIZE + 16], text[1024];
    unsigned long long periods, throttled;
    const char *at;

    snprintf(path, sizeof path, "%s/cpu.stat", quota->folder);
    if (!read_text(path, text, sizeof text))
        return STATUS_IO;
    at = strstr(text, "nr_periods ");
    if (!at || sscanf(at, "nr_periods %llu nr_throttled %llu", &periods, &throttled) != 2)
        return STATUS_MALFORMED;
    *ret_use = (struct cpu_quota_use){.periods = periods, .throttled = throttled};
    return STATUS_OK;
}

void cpu_quota_describe(const struct cpu_quota *quota, char *text, size_t size)
{
    snprintf(text, size, "cgroup v%d, %.1f ms of every %d ms", quota->version_2 ? 2 : 1,
             (double)quota->quota_us / 1000, CPU_QUOTA_PERIOD_US / 1000);
}

void cpu_quota_destroy(struct cpu_quota *quota)
{
    if (!quota)
        return;
    rmdir(quota->folder);
    free(quota);
}
