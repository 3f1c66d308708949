/* For tests of readers: recorded files, scratch files, and files that are cut or bent. */
#ifndef CASELOAD_TEST_MEDIA_FILES_H
#define CASELOAD_TEST_MEDIA_FILES_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/media/clip_file.h"

#define VECTOR(name) CASELOAD_VECTORS "/media/" name

/* A whole recorded file, on the heap so that reading past its end is noticed. */
static inline uint8_t *load_vector(const char *path, size_t *ret_size)
{
    uint8_t *data = NULL;
    struct failure failure = {0};
    ck_assert_msg(clip_file_load(path, &data, ret_size, &failure) == STATUS_OK, "%s",
                  failure.message);
    return data;
}

/* A name for a scratch file that ends in `ending`; remove it afterwards. */
static inline void scratch_path(char *path, size_t size, const char *ending)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, size, "%s/caseload-%ld-XXXXXX%s", folder ? folder : "/tmp", (long)getpid(),
             ending);
    int fd = mkstemps(path, (int)strlen(ending));
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static inline void write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* A copy with exactly `size` bytes of memory. */
static inline uint8_t *copy_bytes(const void *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    return copy;
}

#endif
