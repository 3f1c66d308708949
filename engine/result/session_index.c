#include "engine/result/session_index.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/result/json_member.h"
#include "engine/result/result_file.h"
#include "engine/result/shard_files.h"

struct entry {
    uint64_t session;
    uint64_t offset;
    uint32_t size, shard;
};

struct session_index {
    struct entry *entries;
    size_t count, capacity;
    size_t shard_count;
    char *folders[SESSION_SHARDS_MAX]; /* owned */
};

struct session_index *session_index_create(void)
{
    return calloc(1, sizeof(struct session_index));
}

void session_index_destroy(struct session_index *index)
{
    if (index == NULL) {
        return;
    }
    for (size_t i = 0; i < index->shard_count; i++) {
        free(index->folders[i]);
    }
    free(index->entries);
    free(index);
}

const char *session_index_folder(const struct session_index *index, size_t n)
{
    return n < index->shard_count ? index->folders[n] : NULL;
}

static enum status append(struct session_index *index, const struct entry *entry)
{
    if (index->count == index->capacity) {
        size_t capacity = index->capacity > 0 ? 2 * index->capacity : 1024;
        if (index->count >= SESSION_INDEX_MAX) {
            return STATUS_FULL;
        }
        struct entry *entries = realloc(index->entries, capacity * sizeof *entries);
        if (entries == NULL) {
            return STATUS_NO_MEMORY;
        }
        index->entries = entries;
        index->capacity = capacity;
    }
    index->entries[index->count++] = *entry;
    return STATUS_OK;
}

/* One line with its end; the entry's session number is the only thing that must be understood. */
static enum status take_line(struct session_index *index, const char *line, struct entry *entry)
{
    uint64_t session;
    if (entry->size == 0 || line[entry->size - 1] != '\n') {
        return STATUS_MALFORMED; /* too long, or cut at the end of the file */
    }
    json_t *json = json_loadb(line, entry->size, JSON_REJECT_DUPLICATES, NULL);
    bool good = member_read_count(json, "index", &session);
    json_decref(json);
    if (!good) {
        return STATUS_MALFORMED;
    }
    entry->session = session;
    return append(index, entry);
}

static enum status take_lines(struct session_index *index, FILE *stream, const char *path,
                              uint64_t expected, struct failure *failure)
{
    char line[SESSION_LINE_MAX];
    struct entry entry = {.shard = (uint32_t)index->shard_count};
    uint64_t lines = 0;
    while (fgets(line, sizeof line, stream) != NULL) {
        entry.size = (uint32_t)strlen(line);
        lines++;
        enum status status = take_line(index, line, &entry);
        if (status != STATUS_OK) {
            return failure_set(failure, status, "%s:%llu: not a session line (%s)", path,
                               (unsigned long long)lines, status_text(status));
        }
        entry.offset += entry.size;
    }
    if (ferror(stream)) {
        return result_file_fail(failure, "read", path);
    }
    if (lines != expected) {
        return failure_set(failure, STATUS_MALFORMED, "%s has %llu lines, its shard wrote %llu",
                           path, (unsigned long long)lines, (unsigned long long)expected);
    }
    return STATUS_OK;
}

enum status session_index_add(struct session_index *index, const char *shard_folder,
                              uint64_t expected, struct failure *failure)
{
    char path[RESULT_PATH_SIZE];
    size_t before = index->count;
    if (index->shard_count == SESSION_SHARDS_MAX) {
        return failure_set(failure, STATUS_FULL, "more than %d shards", SESSION_SHARDS_MAX);
    }
    char *folder = strdup(shard_folder);
    if (folder == NULL) {
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for the sessions of a shard");
    }
    snprintf(path, sizeof path, "%s/%s", shard_folder, SHARD_SESSIONS_FILE);
    errno = 0;
    FILE *stream = fopen(path, "rb");
    enum status status = stream != NULL ? take_lines(index, stream, path, expected, failure)
                                        : result_file_fail(failure, "read", path);
    if (stream != NULL) {
        fclose(stream);
    }
    if (status != STATUS_OK) {
        index->count = before;
        free(folder);
        return status;
    }
    index->folders[index->shard_count++] = folder;
    return STATUS_OK;
}

void session_index_forget_last(struct session_index *index)
{
    index->shard_count--;
    free(index->folders[index->shard_count]);
    while (index->count > 0 && index->entries[index->count - 1].shard == index->shard_count) {
        index->count--;
    }
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    if (left->session != right->session) {
        return left->session < right->session ? -1 : 1;
    }
    return left->shard < right->shard ? -1 : left->shard > right->shard;
}

static enum status copy_lines(const struct session_index *index, FILE **shards, FILE *stream,
                              struct failure *failure)
{
    char line[SESSION_LINE_MAX];
    for (size_t i = 0; i < index->count; i++) {
        const struct entry *entry = &index->entries[i];
        FILE *from = shards[entry->shard];
        errno = 0;
        if (fseeko(from, (off_t)entry->offset, SEEK_SET) != 0 ||
            fread(line, 1, entry->size, from) != entry->size) {
            return result_file_fail(failure, "read", index->folders[entry->shard]);
        }
        if (fwrite(line, 1, entry->size, stream) != entry->size) {
            return result_file_fail(failure, "write", "sessions.jsonl");
        }
    }
    return STATUS_OK;
}

enum status session_index_write(struct session_index *index, FILE *stream, struct failure *failure)
{
    FILE *shards[SESSION_SHARDS_MAX] = {NULL};
    enum status status = STATUS_OK;
    if (index->count > 0) {
        qsort(index->entries, index->count, sizeof *index->entries, compare_entries);
    }
    for (size_t i = 0; status == STATUS_OK && i < index->shard_count; i++) {
        char path[RESULT_PATH_SIZE];
        snprintf(path, sizeof path, "%s/%s", index->folders[i], SHARD_SESSIONS_FILE);
        errno = 0;
        shards[i] = fopen(path, "rb");
        if (shards[i] == NULL) {
            status = result_file_fail(failure, "read", path);
        }
    }
    if (status == STATUS_OK) {
        status = copy_lines(index, shards, stream, failure);
    }
    for (size_t i = 0; i < index->shard_count; i++) {
        if (shards[i] != NULL) {
            fclose(shards[i]);
        }
    }
    return status;
}
