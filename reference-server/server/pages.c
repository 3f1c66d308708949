#include "reference-server/server/pages.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buffer.h"

enum { PAGE_BYTES_MAX = 1 << 20 };

#define IN_SOURCES "reference-server/web"
#define IN_PREFIX "share/caseload/reference-server/web"

static const struct {
    const char *name, *content_type;
} known[] = {
    {"patient.html", "text/html; charset=utf-8"},
    {"staff.html", "text/html; charset=utf-8"},
    {"live.js", "text/javascript; charset=utf-8"},
    {"media.js", "text/javascript; charset=utf-8"},
    {"patient.js", "text/javascript; charset=utf-8"},
    {"staff.js", "text/javascript; charset=utf-8"},
    {"style.css", "text/css; charset=utf-8"},
};

enum { PAGE_COUNT = sizeof known / sizeof known[0] };

struct pages {
    struct page list[PAGE_COUNT];
};

static bool is_folder_of_pages(const char *path)
{
    char file[PATH_MAX];
    int length = snprintf(file, sizeof file, "%s/%s", path, known[0].name);
    return length > 0 && (size_t)length < sizeof file && access(file, R_OK) == 0;
}

static bool try(char *ret_path, size_t size, const char *base, const char *below)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", base, below);
    if (length < 0 || (size_t)length >= sizeof path || (size_t)length >= size ||
        !is_folder_of_pages(path))
        return false;
    memcpy(ret_path, path, (size_t)length + 1);
    return true;
}

/* <prefix>/bin/caseload-server, or <sources>/build/…/bin/caseload-server: look upwards. */
static bool find_from_program(char *ret_path, size_t size)
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return false;
    program[length] = '\0';
    for (int up = 0; up < 6; up++) {
        char *slash = strrchr(program, '/');
        if (!slash)
            return false;
        *slash = '\0';
        if (try(ret_path, size, program, IN_PREFIX) || try(ret_path, size, program, IN_SOURCES))
            return true;
    }
    return false;
}

enum status pages_find_folder(char *ret_path, size_t size, struct failure *failure)
{
    const char *home = getenv("CASELOAD_HOME");
    if (home && (try(ret_path, size, home, IN_SOURCES) || try(ret_path, size, home, IN_PREFIX)))
        return STATUS_OK;
    if (find_from_program(ret_path, size))
        return STATUS_OK;
    return failure_set(failure, STATUS_NOT_FOUND,
                       "no web pages: neither " IN_SOURCES " nor " IN_PREFIX
                       " below CASELOAD_HOME (%s) or above the program",
                       home ? home : "not set");
}

static enum status load_page(const char *folder, size_t index, struct page *page,
                             struct failure *failure)
{
    char path[PATH_MAX];
    struct buffer text;
    snprintf(path, sizeof path, "%s/%s", folder, known[index].name);
    FILE *file = fopen(path, "re");
    if (!file)
        return failure_set(failure, STATUS_IO, "%s: %s", path, strerror(errno));
    buffer_init(&text, PAGE_BYTES_MAX);
    char chunk[16384];
    size_t size;
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0)
        buffer_append(&text, chunk, size);
    bool failed = ferror(file) || text.failed || text.size == 0;
    fclose(file);
    if (failed) {
        buffer_finish(&text);
        return failure_set(failure, STATUS_IO, "%s: cannot be read, is empty or too large", path);
    }
    *page = (struct page){.name = known[index].name,
                          .content_type = known[index].content_type,
                          .text = (char *)text.data,
                          .size = text.size};
    return STATUS_OK;
}

enum status pages_load(const char *folder, struct pages **ret_pages, struct failure *failure)
{
    struct pages *pages = calloc(1, sizeof *pages);
    if (!pages)
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for the web pages");
    for (size_t i = 0; i < PAGE_COUNT; i++) {
        enum status status = load_page(folder, i, &pages->list[i], failure);
        if (status != STATUS_OK) {
            pages_destroy(pages);
            return status;
        }
    }
    *ret_pages = pages;
    return STATUS_OK;
}

void pages_destroy(struct pages *pages)
{
    if (!pages)
        return;
    for (size_t i = 0; i < PAGE_COUNT; i++)
        free(pages->list[i].text);
    free(pages);
}

const struct page *pages_by_name(const struct pages *pages, const char *name)
{
    for (size_t i = 0; i < PAGE_COUNT; i++) {
        if (strcmp(pages->list[i].name, name) == 0)
            return &pages->list[i];
    }
    return NULL;
}
