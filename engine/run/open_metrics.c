#include "engine/run/open_metrics.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_SIZE 64

/* A line being read: text[at…end). */
struct reader {
    const char *text;
    size_t at, end;
};

static bool is_name_character(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (!first && c >= '0' && c <= '9');
}

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->end && strchr(" \t", reader->text[reader->at]))
        reader->at++;
}

static bool take(struct reader *reader, char c)
{
    if (reader->at >= reader->end || reader->text[reader->at] != c)
        return false;
    reader->at++;
    return true;
}

/* False: there is none, or it is too long to be told from another. */
static bool read_name(struct reader *reader, char *name, size_t size)
{
    size_t length = 0;

    while (reader->at < reader->end && is_name_character(reader->text[reader->at], length == 0)) {
        if (length + 1 >= size)
            return false;
        name[length++] = reader->text[reader->at++];
    }
    name[length] = '\0';
    return length > 0;
}

/* Between quotes, with \\, \" and \n; cut at `size`. */
static bool read_quoted(struct reader *reader, char *value, size_t size)
{
    size_t length = 0;

    if (!take(reader, '"'))
        return false;
    while (reader->at < reader->end && reader->text[reader->at] != '"') {
        char c = reader->text[reader->at++];
        if (c == '\\' && reader->at < reader->end) {
            c = reader->text[reader->at++];
            c = c == 'n' ? '\n' : c;
        }
        if (length + 1 < size)
            value[length++] = c;
    }
    value[length] = '\0';
    return take(reader, '"');
}

static bool read_labels(struct reader *reader, struct open_metrics_sample *sample)
{
    char name[OPEN_METRICS_LABEL_SIZE], value[OPEN_METRICS_LABEL_SIZE];

    for (skip_blanks(reader); !take(reader, '}'); skip_blanks(reader)) {
        if (!read_name(reader, name, sizeof name))
            return false;
        skip_blanks(reader);
        if (!take(reader, '='))
            return false;
        skip_blanks(reader);
        if (!read_quoted(reader, value, sizeof value))
            return false;
        if (sample->label_count < OPEN_METRICS_LABELS_MAX) {
            memcpy(sample->labels[sample->label_count].name, name, sizeof name);
            memcpy(sample->labels[sample->label_count++].value, value, sizeof value);
        }
        skip_blanks(reader);
        take(reader, ',');
    }
    return true;
}

static bool read_number(struct reader *reader, double *ret_value)
{
    char text[NUMBER_SIZE], *end;
    size_t length = 0;

    while (reader->at < reader->end && !strchr(" \t", reader->text[reader->at]) &&
           length + 1 < sizeof text)
        text[length++] = reader->text[reader->at++];
    text[length] = '\0';
    *ret_value = strtod(text, &end);
    return length > 0 && *end == '\0';
}

/* What follows the number (time stamp, exemplar) says nothing that is needed here. */
static bool read_sample(struct reader *reader, struct open_metrics_sample *sample)
{
    sample->label_count = 0;
    if (!read_name(reader, sample->name, sizeof sample->name))
        return false;
    skip_blanks(reader);
    if (take(reader, '{') && !read_labels(reader, sample))
        return false;
    skip_blanks(reader);
    return read_number(reader, &sample->value);
}

const char *open_metrics_label(const struct open_metrics_sample *sample, const char *name)
{
    for (size_t i = 0; i < sample->label_count; i++)
        if (strcmp(sample->labels[i].name, name) == 0)
            return sample->labels[i].value;
    return "";
}

size_t open_metrics_read(const char *text, size_t size, open_metrics_fn *on_sample, void *arg)
{
    struct open_metrics_sample sample;
    size_t bad = 0;

    if (size > OPEN_METRICS_BYTES_MAX)
        size = OPEN_METRICS_BYTES_MAX;
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(text + at, '\n', size - at);
        size_t end = newline ? (size_t)(newline - text) : size;
        struct reader line = {text, at, end > at && text[end - 1] == '\r' ? end - 1 : end};
        at = end + 1;
        skip_blanks(&line);
        if (line.end - line.at == 5 && memcmp(text + line.at, "# EOF", 5) == 0)
            break;
        if (line.at >= line.end || text[line.at] == '#')
            continue;
        if (memchr(text + line.at, '\0', line.end - line.at) || !read_sample(&line, &sample))
            bad++;
        else
            on_sample(arg, &sample);
    }
    return bad;
}
