#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/result/junit.h"
#include "engine/result/result_file.h"
#include "engine/result/run_result.h"

/* mkdir -p. */
static enum status make_folders(const char *folder, struct failure *failure)
{
    char path[RESULT_PATH_SIZE];
    if (snprintf(path, sizeof path, "%s", folder) >= (int)sizeof path || folder[0] == '\0') {
        return failure_set(failure, STATUS_INVALID, "not a usable folder name: '%.200s'", folder);
    }
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at == '/') {
            *at = '\0';
            if (mkdir(path, 0777) != 0 && errno != EEXIST) {
                return result_file_fail(failure, "make", path);
            }
            *at = '/';
        }
    }
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        return result_file_fail(failure, "make", path);
    }
    return STATUS_OK;
}

static enum status require_empty(const char *folder, struct failure *failure)
{
    errno = 0;
    DIR *listing = opendir(folder);
    if (listing == NULL) {
        return result_file_fail(failure, "open", folder);
    }
    enum status status = STATUS_OK;
    const struct dirent *entry;
    while (status == STATUS_OK && (entry = readdir(listing)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            status = failure_set(failure, STATUS_EXISTS,
                                 "%s is not empty (it has %s): results are never overwritten",
                                 folder, entry->d_name);
        }
    }
    closedir(listing);
    return status;
}

static enum status make_below(const char *folder, const char *name, struct failure *failure)
{
    char path[RESULT_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        return result_file_fail(failure, "make", path);
    }
    return STATUS_OK;
}

enum status run_folder_make_empty(const char *folder, struct failure *failure)
{
    enum status status = make_folders(folder, failure);
    return status == STATUS_OK ? require_empty(folder, failure) : status;
}

enum status run_folder_create(const char *folder, const char *story, struct failure *failure)
{
    static const char *const below[] = {"histograms", "plots", "evidence"};
    enum status status = run_folder_make_empty(folder, failure);
    if (status == STATUS_OK) {
        status = junit_write_unfinished(folder, story, failure);
    }
    for (size_t i = 0; status == STATUS_OK && i < sizeof below / sizeof below[0]; i++) {
        status = make_below(folder, below[i], failure);
    }
    return status;
}

enum status run_folder_add_shard(const char *folder, unsigned index, char *ret_path, size_t size,
                                 struct failure *failure)
{
    if (snprintf(ret_path, size, "%s/shard-%u", folder, index) >= (int)size) {
        return failure_set(failure, STATUS_TOO_LARGE, "the path is too long: %s", folder);
    }
    errno = 0;
    return mkdir(ret_path, 0777) == 0 ? STATUS_OK : result_file_fail(failure, "make", ret_path);
}
