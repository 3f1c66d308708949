#include "engine/result/result_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A result file that a later command reads back into memory. */
#define JSON_FILE_MAX ((size_t)256 * 1024 * 1024)

static enum status status_of_errno(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return STATUS_FULL;
    case ENOENT:
    case ENOTDIR:
        return STATUS_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return STATUS_FORBIDDEN;
    case ENOMEM:
        return STATUS_NO_MEMORY;
    default:
        return STATUS_IO;
    }
}

enum status result_file_fail(struct failure *failure, const char *what, const char *path)
{
    int error = errno != 0 ? errno : EIO;
    return failure_set(failure, status_of_errno(error), "cannot %s %s: %s", what, path,
                       strerror(error));
}

enum status result_file_open(struct result_file *file, struct failure *failure, const char *folder,
                             const char *name_format, ...)
{
    file->stream = NULL;
    int size = snprintf(file->path, sizeof file->path, "%s/", folder);
    if (size > 0 && (size_t)size < sizeof file->path) {
        va_list arguments;
        va_start(arguments, name_format);
        size +=
            vsnprintf(file->path + size, sizeof file->path - (size_t)size, name_format, arguments);
        va_end(arguments);
    }
    if (size < 0 || (size_t)size >= sizeof file->path) {
        return failure_set(failure, STATUS_TOO_LARGE, "the path of the results is too long: %s",
                           folder);
    }
    snprintf(file->temporary, sizeof file->temporary, "%s.tmp", file->path);
    errno = 0;
    file->stream = fopen(file->temporary, "wb");
    if (file->stream == NULL) {
        return result_file_fail(failure, "write", file->temporary);
    }
    return STATUS_OK;
}

void result_file_abandon(struct result_file *file)
{
    if (file->stream == NULL) {
        return;
    }
    fclose(file->stream);
    file->stream = NULL;
    unlink(file->temporary);
}

enum status result_file_commit(struct result_file *file, struct failure *failure)
{
    errno = 0;
    bool good = fflush(file->stream) == 0 && !ferror(file->stream);
    if (fclose(file->stream) != 0) {
        good = false;
    }
    file->stream = NULL;
    if (!good || rename(file->temporary, file->path) != 0) {
        enum status status = result_file_fail(failure, "write", file->path);
        unlink(file->temporary);
        return status;
    }
    return STATUS_OK;
}

enum status result_file_write_json(const char *folder, const char *name, const json_t *json,
                                   unsigned digits, struct failure *failure)
{
    if (json == NULL) {
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for %s/%s", folder, name);
    }
    struct result_file file;
    enum status status = result_file_open(&file, failure, folder, "%s", name);
    if (status != STATUS_OK) {
        return status;
    }
    errno = 0;
    if (json_dumpf(json, file.stream, JSON_INDENT(2) | JSON_REAL_PRECISION(digits)) != 0 ||
        fputc('\n', file.stream) == EOF) {
        status = result_file_fail(failure, "write", file.path);
        result_file_abandon(&file);
        return status;
    }
    return result_file_commit(&file, failure);
}

bool result_file_write_line(FILE *stream, const json_t *json)
{
    return json != NULL &&
           json_dumpf(json, stream, JSON_COMPACT | JSON_REAL_PRECISION(RESULT_DIGITS_EXACT)) == 0 &&
           fputc('\n', stream) != EOF;
}

/* Everything up to the end of the stream, plus a zero. */
static enum status read_all(FILE *stream, const char *path, size_t limit, char **ret_text,
                            size_t *ret_size, struct failure *failure)
{
    struct buffer content;
    char block[16384];
    size_t count;
    buffer_init(&content, limit);
    while ((count = fread(block, 1, sizeof block, stream)) > 0 && !content.failed) {
        buffer_append(&content, block, count);
    }
    enum status status = STATUS_OK;
    if (content.failed) {
        status = failure_set(failure, STATUS_TOO_LARGE, "%s is larger than %zu bytes", path, limit);
    } else if (ferror(stream)) {
        status = result_file_fail(failure, "read", path);
    } else {
        char *text = malloc(content.size + 1);
        if (text == NULL) {
            status = failure_set(failure, STATUS_NO_MEMORY, "no memory for %s", path);
        } else {
            memcpy(text, buffer_string(&content), content.size + 1);
            *ret_text = text;
            *ret_size = content.size;
        }
    }
    buffer_finish(&content);
    return status;
}

enum status result_file_read(const char *folder, const char *name, size_t limit, char **ret_text,
                             size_t *ret_size, struct failure *failure)
{
    char path[RESULT_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    errno = 0;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return result_file_fail(failure, "read", path);
    }
    enum status status = read_all(stream, path, limit, ret_text, ret_size, failure);
    fclose(stream);
    return status;
}

enum status result_file_read_json(const char *folder, const char *name, json_t **ret_json,
                                  struct failure *failure)
{
    char *text;
    size_t size;
    enum status status = result_file_read(folder, name, JSON_FILE_MAX, &text, &size, failure);
    if (status != STATUS_OK) {
        return status;
    }
    json_error_t error;
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    free(text);
    if (json == NULL) {
        return failure_set(failure, STATUS_MALFORMED, "%s/%s:%d: %s", folder, name, error.line,
                           error.text);
    }
    *ret_json = json;
    return STATUS_OK;
}

const char *result_folder_name(const char *path)
{
    const char *last = path;
    for (const char *at = path; *at != '\0'; at++) {
        if (at[0] == '/' && at[1] != '/' && at[1] != '\0') {
            last = at + 1;
        }
    }
    return last;
}
