#include "engine/conform/conformance_files.h"

#include <stdio.h>

#include "engine/result/result_file.h"

void conformance_reproduce(const struct conformance_story *story, const struct conformance_row *row,
                           char *text, size_t size)
{
    snprintf(text, size, "%s --requirement %s", story->reproduce, row->requirement->id);
}

static enum status write_json(const struct conformance_story *story, const char *folder,
                              struct failure *failure)
{
    json_t *json = conformance_to_json(story);
    enum status status =
        result_file_write_json(folder, CONFORMANCE_FILE, json, RESULT_DIGITS_SHOWN, failure);

    json_decref(json);
    return status;
}

enum status conformance_files_write(const struct conformance_story *story, const char *folder,
                                    struct failure *failure)
{
    enum status status = write_json(story, folder, failure);

    if (status == STATUS_OK)
        status = conformance_tap_write(story, folder, failure);
    if (status == STATUS_OK)
        status = conformance_junit_write(story, folder, failure);
    if (status == STATUS_OK)
        status = conformance_page_write(folder, failure);
    return status;
}
