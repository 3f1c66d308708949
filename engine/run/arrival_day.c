#include "engine/run/arrival_day.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/args.h"
#include "common/base/buffer.h"
#include "common/base/clock.h"

#define LINE_MAX_BYTES 200
#define DAY_US (24 * 3600 * US_PER_S)
#define OFFSET_MAX_US (7 * DAY_US)
#define HEADER "time,per_hour"

enum time_kind { TIME_NONE, TIME_OF_DAY, TIME_OFFSET };

struct reading {
    const char *name;
    unsigned line;
    struct failure *failure;
    struct arrival_shape *shape; /* levels are rates per hour while reading */
    int64_t first_us, last_us;   /* of the rows so far */
    enum time_kind kind;         /* of the first row */
    bool has_header;
    double peak_per_hour;
};

static enum status wrong(const struct reading *reading, const char *what)
{
    return failure_set(reading->failure, STATUS_INVALID, "%s:%u: %s", reading->name, reading->line,
                       what);
}

/* Two digits below `limit`. */
static bool read_pair(const char *text, int limit, int *ret_value)
{
    if (strspn(text, "0123456789") < 2)
        return false;
    *ret_value = (text[0] - '0') * 10 + text[1] - '0';
    return *ret_value < limit;
}

/* HH:MM or HH:MM:SS, at most 24:00. */
static bool read_time_of_day(const char *text, int64_t *ret_us)
{
    int hours, minutes, seconds = 0;
    size_t length = strlen(text);

    if ((length != 5 && length != 8) || text[2] != ':' || !read_pair(text, 25, &hours) ||
        !read_pair(text + 3, 60, &minutes) ||
        (length == 8 && (text[5] != ':' || !read_pair(text + 6, 60, &seconds))))
        return false;
    *ret_us = (hours * 3600 + minutes * 60 + seconds) * US_PER_S;
    return *ret_us <= DAY_US;
}

static enum time_kind read_time(const char *text, int64_t *ret_us)
{
    if (read_time_of_day(text, ret_us))
        return TIME_OF_DAY;
    return parse_duration(text, ret_us) == STATUS_OK && *ret_us <= OFFSET_MAX_US ? TIME_OFFSET
                                                                                 : TIME_NONE;
}

/* Digits and one point, nothing else that strtod takes. */
static bool read_rate(const char *text, double *ret_per_hour)
{
    char *end;

    if (text[0] < '0' || text[0] > '9' || text[strspn(text, "0123456789.")] != '\0' ||
        strlen(text) > 20)
        return false;
    *ret_per_hour = strtod(text, &end);
    return *end == '\0' && *ret_per_hour <= ARRIVAL_DAY_RATE_MAX;
}

static enum status add_row(struct reading *reading, int64_t at_us, double per_hour)
{
    struct arrival_shape *shape = reading->shape;

    if (shape->count == ARRIVAL_STEPS_MAX)
        return wrong(reading, "more than 1440 rows");
    if (shape->count == 0)
        reading->first_us = at_us;
    else if (at_us <= reading->last_us)
        return wrong(reading, "the time is not after the row before");
    reading->last_us = at_us;
    shape->steps[shape->count++] = (struct arrival_step){at_us - reading->first_us, per_hour};
    if (per_hour > reading->peak_per_hour)
        reading->peak_per_hour = per_hour;
    return STATUS_OK;
}

/* Without blanks around, and without the carriage return of other systems. */
static char *trim(char *line)
{
    size_t length;

    line += strspn(line, " \t");
    length = strlen(line);
    while (length > 0 && strchr(" \t\r", line[length - 1]))
        line[--length] = '\0';
    return line;
}

static enum status read_row(struct reading *reading, char *line)
{
    char *comma = strchr(line, ',');
    enum time_kind kind;
    int64_t at_us;
    double per_hour;

    if (!comma)
        return wrong(reading, "a row is time,per_hour, for instance 08:30,12");
    *comma = '\0';
    kind = read_time(trim(line), &at_us);
    if (kind == TIME_NONE)
        return wrong(reading, "the time is no HH:MM, HH:MM:SS or offset such as 90m");
    if (reading->kind != TIME_NONE && kind != reading->kind)
        return wrong(reading, "times of day and offsets in one file");
    reading->kind = kind;
    if (!read_rate(trim(comma + 1), &per_hour))
        return wrong(reading, "arrivals per hour are a number from 0 to 1000000");
    return add_row(reading, at_us, per_hour);
}

static enum status read_line(struct reading *reading, const char *text, size_t size)
{
    char copy[LINE_MAX_BYTES + 1], *line;

    reading->line++;
    if (size > LINE_MAX_BYTES)
        return wrong(reading, "the line is longer than 200 bytes");
    if (memchr(text, '\0', size))
        return wrong(reading, "a zero byte: this is no text");
    memcpy(copy, text, size);
    copy[size] = '\0';
    line = trim(copy);
    if (*line == '\0' || *line == '#')
        return STATUS_OK;
    if (reading->has_header)
        return read_row(reading, line);
    reading->has_header = strcmp(line, HEADER) == 0;
    return reading->has_header ? STATUS_OK
                               : wrong(reading, "the first line is to be \"" HEADER "\"");
}

static enum status check_whole(struct reading *reading)
{
    const struct arrival_shape *shape = reading->shape;

    if (shape->count < 2)
        return wrong(reading, "fewer than two rows: a day has a begin and an end");
    if (shape->steps[shape->count - 1].level != 0)
        return wrong(reading, "the last row must say 0 an hour: it is the end of the day");
    if (reading->peak_per_hour <= 0)
        return wrong(reading, "nobody arrives: every row says 0");
    return STATUS_OK;
}

static enum status read_lines(struct reading *reading, const char *text, size_t size)
{
    enum status status = STATUS_OK;

    while (size > 0 && status == STATUS_OK) {
        const char *end = memchr(text, '\n', size);
        size_t length = end ? (size_t)(end - text) : size;
        status = read_line(reading, text, length);
        length += end != NULL;
        text += length;
        size -= length;
    }
    return status == STATUS_OK ? check_whole(reading) : status;
}

enum status arrival_day_parse(const char *text, size_t size, const char *name, double compress,
                              struct arrival_shape *ret_shape, double *ret_peak_per_s,
                              struct failure *failure)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    struct arrival_shape shape = {0};
    struct reading reading = {.name = name, .failure = failure, .shape = &shape};
    enum status status;

    if (size > ARRIVAL_DAY_BYTES_MAX)
        return failure_set(failure, STATUS_TOO_LARGE, "%s: larger than 256 KiB", name);
    if (size >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
        text += 3;
        size -= 3;
    }
    if ((status = read_lines(&reading, text, size)) != STATUS_OK)
        return status;
    for (size_t i = 0; i < shape.count; i++) {
        shape.steps[i].from_us = (int64_t)((double)shape.steps[i].from_us / compress);
        shape.steps[i].level /= reading.peak_per_hour;
    }
    *ret_shape = shape;
    *ret_peak_per_s = reading.peak_per_hour / 3600 * compress;
    return STATUS_OK;
}

enum status arrival_day_read(const char *path, double compress, struct arrival_shape *ret_shape,
                             double *ret_peak_per_s, struct failure *failure)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char part[16384];
    struct buffer text;
    enum status status;
    size_t got;
    FILE *file = fopen(path, "rb");

    if (!file)
        return failure_set(failure, STATUS_NOT_FOUND, "%s: %s", path, strerror(errno));
    buffer_init(&text, ARRIVAL_DAY_BYTES_MAX + 1);
    while (!text.failed && (got = fread(part, 1, sizeof part, file)) > 0)
        buffer_append(&text, part, got);
    if (ferror(file))
        status = failure_set(failure, STATUS_IO, "%s: %s", path, strerror(errno));
    else if (text.failed)
        status = failure_set(failure, STATUS_TOO_LARGE, "%s: larger than 256 KiB", path);
    else
        status = arrival_day_parse(buffer_string(&text), text.size, name, compress, ret_shape,
                                   ret_peak_per_s, failure);
    fclose(file);
    buffer_finish(&text);
    return status;
}
