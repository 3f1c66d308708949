#include "engine/run/resource.h"

#include <dirent.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef CASELOAD_SOURCE_DIR
#define CASELOAD_SOURCE_DIR ""
#endif

static bool readable(const char *path)
{
    return access(path, R_OK) == 0;
}

static bool fits(int written, size_t size)
{
    return written > 0 && (size_t)written < size;
}

/* The folder of the running program. */
static bool program_folder(char *ret_path, size_t size)
{
    char path[RESOURCE_PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);

    if (length <= 0)
        return false;
    path[length] = '\0';
    return fits(snprintf(ret_path, size, "%s", dirname(path)), size);
}

static bool holds_scenarios(const char *folder)
{
    char path[RESOURCE_PATH_SIZE + 16];

    snprintf(path, sizeof path, "%s/scenarios", folder);
    return readable(path);
}

enum status resource_home(char *ret_path, size_t size, struct failure *failure)
{
    const char *given = getenv("CASELOAD_HOME");
    char program[RESOURCE_PATH_SIZE], path[RESOURCE_PATH_SIZE + 32] = "";

    if (given && *given) {
        if (holds_scenarios(given) && fits(snprintf(ret_path, size, "%s", given), size))
            return STATUS_OK;
        return failure_set(failure, STATUS_NOT_FOUND, "CASELOAD_HOME=%s has no folder scenarios/",
                           given);
    }
    if (program_folder(program, sizeof program)) {
        /* A build tree is <source>/build/<preset>/bin; an installed prefix has share beside bin. */
        static const char *const up[] = {"../share/caseload", "../../.."};
        for (size_t i = 0; i < sizeof up / sizeof *up; i++) {
            snprintf(path, sizeof path, "%s/%s", program, up[i]);
            if (holds_scenarios(path) && realpath(path, program) &&
                fits(snprintf(ret_path, size, "%s", program), size))
                return STATUS_OK;
        }
    }
    if (*CASELOAD_SOURCE_DIR && holds_scenarios(CASELOAD_SOURCE_DIR) &&
        fits(snprintf(ret_path, size, "%s", CASELOAD_SOURCE_DIR), size))
        return STATUS_OK;
    return failure_set(failure, STATUS_NOT_FOUND,
                       "the folder scenarios/ was not found beside %s; set CASELOAD_HOME", program);
}

/* Append the names of the .lua files in `folder` to a message. */
static void list_names(const char *folder, char *text, size_t size)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;
    size_t at = strlen(text);

    while (directory && (entry = readdir(directory))) {
        size_t length = strlen(entry->d_name);
        if (length > 4 && strcmp(entry->d_name + length - 4, ".lua") == 0 && at + length < size)
            at += (size_t)snprintf(text + at, size - at, " %.*s", (int)(length - 4), entry->d_name);
    }
    if (directory)
        closedir(directory);
}

static enum status find_script(const char *folder, const char *what, const char *name,
                               char *ret_path, size_t size, struct failure *failure)
{
    char names[200] = "";

    if (strchr(name, '/') || (strlen(name) > 4 && strcmp(name + strlen(name) - 4, ".lua") == 0)) {
        char *real = realpath(name, NULL);
        bool found = real && readable(real) && fits(snprintf(ret_path, size, "%s", real), size);
        free(real);
        if (found)
            return STATUS_OK;
        return failure_set(failure, STATUS_NOT_FOUND, "%s %s: no such file", what, name);
    }
    if (fits(snprintf(ret_path, size, "%s/%s.lua", folder, name), size) && readable(ret_path))
        return STATUS_OK;
    list_names(folder, names, sizeof names);
    return failure_set(failure, STATUS_NOT_FOUND, "no %s named \"%s\"; there are:%s", what, name,
                       names);
}

enum status resource_story(const char *home, const char *story, char *ret_path, size_t size,
                           struct failure *failure)
{
    char folder[RESOURCE_PATH_SIZE + 16];

    snprintf(folder, sizeof folder, "%s/scenarios", home);
    return find_script(folder, "story", story, ret_path, size, failure);
}

enum status resource_target(const char *home, const char *target, char *ret_path, size_t size,
                            struct failure *failure)
{
    char folder[RESOURCE_PATH_SIZE + 32];

    snprintf(folder, sizeof folder, "%s/scenarios/targets", home);
    return find_script(folder, "target", target, ret_path, size, failure);
}

enum status resource_program(const char *name, char *ret_path, size_t size, struct failure *failure)
{
    char folder[RESOURCE_PATH_SIZE];

    if (!program_folder(folder, sizeof folder) ||
        !fits(snprintf(ret_path, size, "%s/%s", folder, name), size) || access(ret_path, X_OK) != 0)
        return failure_set(failure, STATUS_NOT_FOUND, "the program %s was not found in %s", name,
                           folder);
    return STATUS_OK;
}
