#include "engine/calibrate/ceiling.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/clock.h"
#include "engine/result/json_member.h"
#include "engine/result/result_file.h"
#include "engine/result/run_info.h"

#define FILE_NAME "calibration.json"

/* The folder, made when `make`; false: nowhere to keep anything. */
static bool cache_folder(char *path, size_t size, bool make)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char above[RESULT_PATH_SIZE - 32];

    if (cache && cache[0] == '/')
        snprintf(above, sizeof above, "%s", cache);
    else if (home && home[0] == '/')
        snprintf(above, sizeof above, "%s/.cache", home);
    else
        return false;
    snprintf(path, size, "%s/caseload", above);
    return !make || ((mkdir(above, 0700) == 0 || errno == EEXIST) &&
                     (mkdir(path, 0700) == 0 || errno == EEXIST));
}

static void name_of(const struct ceiling_key *key, char *text, size_t size)
{
    snprintf(text, size, "%s, %s, %s", key->light ? "light" : "full",
             key->io_uring ? "io_uring" : "system calls", key->burst ? "burst" : "paced");
}

static void host_of(char *text, size_t size)
{
    struct host_card host;

    host_card_read(&host);
    snprintf(text, size, "%s, %u cores, %s", host.cpu, host.cores, host.kernel);
}

/* What the file says of this host; an empty object when there is none. */
static json_t *read_host(const char *folder)
{
    char host[512];
    json_t *root = NULL;
    struct failure ignored;
    const char *schema;

    host_of(host, sizeof host);
    if (result_file_read_json(folder, FILE_NAME, &root, &ignored) != STATUS_OK)
        root = NULL;
    schema = root ? member_read_text(root, "schema") : NULL;
    if (schema && strcmp(schema, CEILING_SCHEMA) == 0 && member_read_text(root, "host") &&
        strcmp(member_read_text(root, "host"), host) == 0)
        return root;
    json_decref(root);
    return json_pack("{s:s, s:s, s:{}}", "schema", CEILING_SCHEMA, "host", host, "ceilings");
}

enum status ceiling_write(const struct ceiling_key *key, const struct ceiling *ceiling,
                          struct failure *failure)
{
    char folder[RESULT_PATH_SIZE], name[64], when[32];
    json_t *root, *one;
    enum status status;

    if (!cache_folder(folder, sizeof folder, true))
        return failure_set(failure, STATUS_IO,
                           "no folder for the calibration: set HOME or "
                           "XDG_CACHE_HOME to one that can be written");
    name_of(key, name, sizeof name);
    clock_format_utc(ceiling->measured_realtime_us, when, sizeof when);
    root = read_host(folder);
    one = json_pack("{s:I, s:f, s:I, s:s}", "participants", (json_int_t)ceiling->participants,
                    "packets_per_s", ceiling->packets_per_s, "measured_us",
                    (json_int_t)ceiling->measured_realtime_us, "measured", when);
    json_object_set_new(json_object_get(root, "ceilings"), name, one);
    status = result_file_write_json(folder, FILE_NAME, root, RESULT_DIGITS_SHOWN, failure);
    json_decref(root);
    return status;
}

enum status ceiling_read(const struct ceiling_key *key, struct ceiling *ret_ceiling)
{
    char folder[RESULT_PATH_SIZE], name[64];
    struct ceiling ceiling;
    enum status status = STATUS_NOT_FOUND;
    const json_t *one;
    json_t *root;

    if (!cache_folder(folder, sizeof folder, false))
        return STATUS_NOT_FOUND;
    name_of(key, name, sizeof name);
    root = read_host(folder);
    one = json_object_get(json_object_get(root, "ceilings"), name);
    if (json_is_object(one) && member_read_count(one, "participants", &ceiling.participants) &&
        member_read_number(one, "packets_per_s", &ceiling.packets_per_s) &&
        member_read_integer(one, "measured_us", &ceiling.measured_realtime_us)) {
        *ret_ceiling = ceiling;
        status = STATUS_OK;
    }
    json_decref(root);
    return status;
}
