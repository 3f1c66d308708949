#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "engine/result/run_info.h"

/* The first line of a small file without its end; "" when there is none. */
static void read_line(const char *path, char *text, size_t size)
{
    text[0] = '\0';
    FILE *stream = fopen(path, "r");
    if (stream == NULL) {
        return;
    }
    if (fgets(text, (int)size, stream) == NULL) {
        text[0] = '\0';
    }
    text[strcspn(text, "\n")] = '\0';
    fclose(stream);
}

/* The value of the first line that begins with `key`, up to `separator`; "" when there is none. */
static void read_value(const char *path, const char *key, const char *separator, char *text,
                       size_t size)
{
    char line[1024];
    text[0] = '\0';
    FILE *stream = fopen(path, "r");
    if (stream == NULL) {
        return;
    }
    while (text[0] == '\0' && fgets(line, sizeof line, stream) != NULL) {
        char *value = strstr(line, separator);
        if (strncmp(line, key, strlen(key)) != 0 || value == NULL) {
            continue;
        }
        value += strlen(separator);
        value += strspn(value, " \t\"");
        value[strcspn(value, "\"\n")] = '\0';
        snprintf(text, size, "%s", value);
    }
    fclose(stream);
}

static uint64_t read_number(const char *path)
{
    char line[64];
    read_line(path, line, sizeof line);
    return strtoull(line, NULL, 10);
}

static bool under_hypervisor(void)
{
    char flags[8192];
    read_value("/proc/cpuinfo", "flags", ":", flags, sizeof flags);
    return strstr(flags, " hypervisor") != NULL;
}

void host_card_read(struct host_card *ret_card)
{
    struct host_card *card = ret_card;
    struct utsname names;
    struct rlimit files;
    cpu_set_t cores;
    *card = (struct host_card){0};
    read_value("/proc/cpuinfo", "model name", ":", card->cpu, sizeof card->cpu);
    read_value("/etc/os-release", "PRETTY_NAME", "=", card->system, sizeof card->system);
    read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", card->governor,
              sizeof card->governor);
    if (uname(&names) == 0) {
        snprintf(card->kernel, sizeof card->kernel, "%s %s %s", names.sysname, names.release,
                 names.machine);
    }
    card->cores = sched_getaffinity(0, sizeof cores, &cores) == 0 ? (unsigned)CPU_COUNT(&cores) : 1;
    card->memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        card->files_max = files.rlim_cur;
    }
    card->rx_buffer_max_bytes = read_number("/proc/sys/net/core/rmem_max");
    card->tx_buffer_max_bytes = read_number("/proc/sys/net/core/wmem_max");
    card->virtual_machine = under_hypervisor();
}
