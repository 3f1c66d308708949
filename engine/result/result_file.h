/* Files of the run folder that are either complete or not there: written beside their place, then
 * renamed. Used by engine/result and engine/capacity. Every failure names the path; a full disk is
 * FULL. */
#ifndef CASELOAD_RESULT_FILE_H
#define CASELOAD_RESULT_FILE_H

#include <jansson.h>
#include <stdio.h>

#include "common/base/buffer.h"
#include "common/base/status.h"

#define RESULT_PATH_SIZE 1200

struct result_file {
    FILE *stream; /* write here; errors are seen at commit */
    char path[RESULT_PATH_SIZE];
    char temporary[RESULT_PATH_SIZE + 8];
};

/* FOLDER/NAME with printf-like NAME. TOO_LARGE when the path is too long. */
MUST_CHECK enum status result_file_open(struct result_file *file, struct failure *failure,
                                        const char *folder, const char *name_format, ...)
    PRINTF_LIKE(4, 5);
/* Closes and puts the file in its place; on failure nothing is left behind. */
MUST_CHECK enum status result_file_commit(struct result_file *file, struct failure *failure);
/* Closes and removes; for a file that was not opened or was committed it does nothing. */
void result_file_abandon(struct result_file *file);

/* Digits of real numbers: what people read, and what merging must find again exactly. */
#define RESULT_DIGITS_SHOWN 10
#define RESULT_DIGITS_EXACT 17

/* Whole files in one step; `json` is not consumed. NULL `json`: NO_MEMORY. */
MUST_CHECK enum status result_file_write_json(const char *folder, const char *name,
                                              const json_t *json, unsigned digits,
                                              struct failure *failure);
/* One object as one line; false: no memory or the stream failed. */
bool result_file_write_line(FILE *stream, const json_t *json);

/* Read a whole file, at most `limit` bytes. NOT_FOUND, TOO_LARGE, IO. The text is owned by the
 * caller and terminated. */
MUST_CHECK enum status result_file_read(const char *folder, const char *name, size_t limit,
                                        char **ret_text, size_t *ret_size, struct failure *failure);
MUST_CHECK enum status result_file_read_json(const char *folder, const char *name,
                                             json_t **ret_json, struct failure *failure);

/* The last component of a folder's path, slashes behind it included; points into `path`. */
const char *result_folder_name(const char *path);

/* IO or FULL by errno, "cannot WHAT PATH: why". */
enum status result_file_fail(struct failure *failure, const char *what, const char *path);

#endif
