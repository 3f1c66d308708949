/* Test support: a folder that exists during one test. */
#ifndef CASELOAD_TESTS_TEMPORARY_FOLDER_H
#define CASELOAD_TESTS_TEMPORARY_FOLDER_H

#include <check.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char temporary_folder[64];

static inline void make_temporary_folder(void)
{
    strcpy(temporary_folder, "/tmp/caseload-unit-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(temporary_folder));
}

static inline int remove_entry(const char *path, const struct stat *state, int kind,
                               struct FTW *walk)
{
    (void)state;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void remove_temporary_folder(void)
{
    ck_assert_int_eq(nftw(temporary_folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* FOLDER/NAME; the text lives until the fourth call after it. */
static inline const char *temporary_path(const char *name)
{
    static char paths[4][512];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", temporary_folder, name);
    return path;
}

static inline void write_text(const char *path, const char *text)
{
    FILE *stream = fopen(path, "wb");
    ck_assert_msg(stream != NULL, "cannot write %s", path);
    fputs(text, stream);
    ck_assert_int_eq(fclose(stream), 0);
}

/* Owned by the caller. */
static inline char *read_text(const char *path)
{
    FILE *stream = fopen(path, "rb");
    ck_assert_msg(stream != NULL, "cannot read %s", path);
    size_t size = 0, capacity = (size_t)4 * 1024 * 1024;
    char *text = malloc(capacity);
    size = fread(text, 1, capacity - 1, stream);
    text[size] = '\0';
    fclose(stream);
    return text;
}

static inline bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

#endif
