#include "engine/result/target_lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine/result/json_member.h"
#include "engine/result/result_file.h"
#include "engine/result/shard_files.h"
#include "engine/result/timeline.h"

#define LINE_MAX_BYTES 512

static bool is_known(const struct target_second *second)
{
#define X(member)                                                                                  \
    if (second->member >= 0) {                                                                     \
        return true;                                                                               \
    }
    TARGET_SECOND_LIST(X)
#undef X
    return false;
}

static json_t *to_json(size_t number, const struct target_second *second)
{
    json_t *line = json_object();
    member_set_count(line, "second", number);
#define X(member)                                                                                  \
    if (second->member >= 0) {                                                                     \
        member_set_number(line, #member, second->member);                                          \
    }
    TARGET_SECOND_LIST(X)
#undef X
    return line;
}

static bool any_known(const struct run_result *result)
{
    for (size_t i = 0; i < result->timeline_count; i++) {
        if (is_known(&result->timeline[i].target)) {
            return true;
        }
    }
    return false;
}

enum status target_lines_write(const struct run_result *result, const char *folder,
                               struct failure *failure)
{
    struct result_file file;
    if (!any_known(result)) {
        return STATUS_OK;
    }
    enum status status = result_file_open(&file, failure, folder, SHARD_TARGET_FILE);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < result->timeline_count; i++) {
        if (is_known(&result->timeline[i].target)) {
            json_t *line = to_json(i, &result->timeline[i].target);
            result_file_write_line(file.stream, line); /* errors are seen at the commit */
            json_decref(line);
        }
    }
    return result_file_commit(&file, failure);
}

static bool read_member(const json_t *json, const char *name, double *ret_value)
{
    double value;
    if (json_object_get(json, name) == NULL) {
        return true;
    }
    if (!member_read_number(json, name, &value) || value < 0) {
        return false;
    }
    *ret_value = value;
    return true;
}

static bool read_second(const char *text, uint64_t *ret_number, struct target_second *ret_second)
{
    json_t *json = json_loadb(text, strlen(text), JSON_REJECT_DUPLICATES, NULL);
    struct target_second second = target_second_unknown(0);
    bool good = member_read_count(json, "second", ret_number)
#define X(member) &&read_member(json, #member, &second.member)
        TARGET_SECOND_LIST(X)
#undef X
        ;
    json_decref(json);
    *ret_second = second;
    return good;
}

static bool take(struct run_result *result, const char *text, uint64_t late_s)
{
    struct target_second second;
    uint64_t number;
    if (!read_second(text, &number, &second) || number >= RUN_TIMELINE_MAX ||
        late_s >= RUN_TIMELINE_MAX - number) {
        return false;
    }
    struct timeline_row *row = timeline_row_at(result, number + late_s);
    if (row != NULL && !is_known(&row->target)) {
        row->target = second;
    }
    return row != NULL;
}

enum status target_lines_read(struct run_result *result, const char *folder, uint64_t late_s,
                              struct failure *failure)
{
    char path[RESULT_PATH_SIZE], line[LINE_MAX_BYTES];
    unsigned long long number = 1;
    bool good = true;
    snprintf(path, sizeof path, "%s/%s", folder, SHARD_TARGET_FILE);
    if (access(path, F_OK) != 0) {
        return STATUS_OK;
    }
    errno = 0;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return result_file_fail(failure, "read", path);
    }
    for (; good && fgets(line, sizeof line, stream) != NULL; number += good) {
        good = take(result, line, late_s);
    }
    fclose(stream);
    return good ? STATUS_OK
                : failure_set(failure, STATUS_MALFORMED, "%s:%llu: is no second of a target", path,
                              number);
}
