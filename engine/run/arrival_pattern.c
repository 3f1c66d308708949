#include "engine/run/arrival_pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/args.h"
#include "common/base/clock.h"
#include "engine/run/arrival_day.h"

#define DEFAULT_SHARE 0.5
#define DEFAULT_WINDOW_US (300 * US_PER_S)
#define DEFAULT_PERIOD_US (3600 * US_PER_S)
/* A shorter period is a rate, not a burst; it also bounds how many steps a day has. */
#define PERIOD_MIN_US US_PER_S
#define PATH_SIZE 1024

/* `text` behind `word`, or NULL when it does not begin with it. */
static const char *behind(const char *text, const char *word)
{
    size_t length = strlen(word);

    return strncmp(text, word, length) == 0 ? text + length : NULL;
}

/* ---- burst:SHARE,WINDOW,PERIOD ---- */

/* "50%" or "0.5", above 0 and at most 1. */
static bool read_share(const char *text, double *ret_share)
{
    char *end;
    double value;

    if (text[0] == '\0' || strspn(text, "0123456789.%") != strlen(text))
        return false;
    value = strtod(text, &end);
    if (*end == '%' && end[1] == '\0')
        value /= 100;
    else if (*end != '\0')
        return false;
    *ret_share = value;
    return value > 0 && value <= 1;
}

static enum status parse_burst(const char *given, struct arrival_pattern *pattern,
                               const char *whole, struct failure *failure)
{
    char text[64], *fields[3] = {0}, *rest = NULL;
    double share = DEFAULT_SHARE;
    int64_t window_us = DEFAULT_WINDOW_US, period_us = DEFAULT_PERIOD_US;
    size_t count = 0;
    bool good = snprintf(text, sizeof text, "%s", given) < (int)sizeof text;

    for (char *field = strtok_r(text, ",", &rest); field && good;
         field = strtok_r(NULL, ",", &rest)) {
        good = count < 3;
        if (good)
            fields[count++] = field;
    }
    good = good && (!fields[0] || read_share(fields[0], &share)) &&
           (!fields[1] || parse_duration(fields[1], &window_us) == STATUS_OK) &&
           (!fields[2] || parse_duration(fields[2], &period_us) == STATUS_OK);
    if (!good)
        return failure_set(
            failure, STATUS_INVALID,
            "%s: a burst is burst:SHARE,WINDOW,PERIOD, for instance burst:50%%,5m,1h", whole);
    if (period_us < PERIOD_MIN_US || window_us < US_PER_MS || window_us >= period_us)
        return failure_set(failure, STATUS_INVALID,
                           "%s: the window is at least 1ms and shorter than its period, the period "
                           "at least 1s",
                           whole);
    arrival_shape_burst(&pattern->shape, share, window_us, period_us);
    return STATUS_OK;
}

/* ---- day:FILE ---- */

static enum status read_day(const char *file, double compress, const char *folder,
                            struct arrival_pattern *pattern, const char *whole,
                            struct failure *failure)
{
    char path[PATH_SIZE];
    enum status status;

    if (*file == '\0')
        return failure_set(failure, STATUS_INVALID, "%s: which file? day:FILE.csv", whole);
    snprintf(path, sizeof path, "%s", file);
    if (access(path, R_OK) != 0 && folder && !strchr(file, '/'))
        snprintf(path, sizeof path, "%s/%s", folder, file);
    pattern->compress = compress > 0 ? compress : 1;
    status = arrival_day_read(path, pattern->compress, &pattern->shape, &pattern->own_rate_per_s,
                              failure);
    if (status != STATUS_OK)
        return status;
    const char *slash = strrchr(file, '/');
    snprintf(pattern->text, sizeof pattern->text, "%sday:%s",
             pattern->kind == ARRIVAL_POISSON ? "poisson+" : "", slash ? slash + 1 : file);
    return STATUS_OK;
}

enum status arrival_pattern_parse(const char *text, double compress, const char *folder,
                                  struct arrival_pattern *ret_pattern, struct failure *failure)
{
    const char *shape = behind(text, "poisson+"), *rest;
    struct arrival_pattern pattern = {.compress = 1};
    enum status status = STATUS_OK;

    pattern.kind = shape || strcmp(text, "poisson") == 0 ? ARRIVAL_POISSON : ARRIVAL_CONSTANT;
    shape = shape ? shape : text;
    snprintf(pattern.text, sizeof pattern.text, "%s", text);
    if ((rest = behind(shape, "day:"))) {
        status = read_day(rest, compress, folder, &pattern, text, failure);
    } else if (compress > 0) {
        status = failure_set(failure, STATUS_INVALID,
                             "only a day (day:FILE.csv) is compressed, not \"%s\"", text);
    } else if (strcmp(shape, "burst") == 0) {
        status = parse_burst("", &pattern, text, failure);
    } else if ((rest = behind(shape, "burst:"))) {
        status = parse_burst(rest, &pattern, text, failure);
    } else if (shape != text || (strcmp(text, "constant") != 0 && strcmp(text, "poisson") != 0)) {
        status = failure_set(failure, STATUS_INVALID,
                             "%s: takes constant, poisson, burst:SHARE,WINDOW,PERIOD or "
                             "day:FILE.csv, the latter two also as poisson+burst, poisson+day:FILE",
                             text);
    }
    if (status == STATUS_OK)
        *ret_pattern = pattern;
    return status;
}
