#include "engine/media/clip_file_y4m.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/media/clip.h"

enum {
    LINE_MAX_SIZE = 512, /* of the header and of FRAME lines */
    FPS_MAX = 120,
};

static const char signature[] = "YUV4MPEG2";

/* The line that begins at `at`, without its end; returns the offset behind it, or 0 when there is
 * none within LINE_MAX_SIZE. */
static off_t read_line(int fd, off_t at, char line[LINE_MAX_SIZE])
{
    ssize_t size = pread(fd, line, LINE_MAX_SIZE, at);
    char *end = size > 0 ? memchr(line, '\n', (size_t)size) : NULL;
    if (!end)
        return 0;
    *end = '\0';
    return at + (end - line) + 1;
}

static bool parse_number(const char *text, char **ret_end, uint32_t *ret_value)
{
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    unsigned long value = strtoul(text, ret_end, 10);
    if (errno != 0 || value > UINT32_MAX)
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

static bool parse_side(const char *text, uint16_t *ret_side)
{
    char *end;
    uint32_t value;
    if (!parse_number(text, &end, &value) || *end != '\0' || value == 0 || value > I420_SIDE_MAX)
        return false;
    *ret_side = (uint16_t)value;
    return true;
}

static bool parse_rate(const char *text, struct clip_file_y4m *y4m)
{
    char *end;
    if (!parse_number(text, &end, &y4m->rate_numerator) || *end != ':' ||
        !parse_number(end + 1, &end, &y4m->rate_denominator) || *end != '\0')
        return false;
    uint64_t numerator = y4m->rate_numerator, denominator = y4m->rate_denominator;
    return denominator > 0 && numerator >= denominator && numerator <= denominator * FPS_MAX;
}

static bool known_colours(const char *text)
{
    static const char *const known[] = {"420", "420jpeg", "420mpeg2", "420paldv"};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(text, known[i]) == 0)
            return true;
    return false;
}

/* One parameter of the header line: a letter and its value. */
static enum status parse_parameter(const char *word, const char *name, struct clip_file_y4m *y4m,
                                   struct failure *failure)
{
    const char *value = word + 1;
    switch (word[0]) {
    case 'W':
        if (!parse_side(value, &y4m->width))
            return failure_set(failure, STATUS_MALFORMED, "%s: width \"%s\"", name, value);
        break;
    case 'H':
        if (!parse_side(value, &y4m->height))
            return failure_set(failure, STATUS_MALFORMED, "%s: height \"%s\"", name, value);
        break;
    case 'F':
        if (!parse_rate(value, y4m))
            return failure_set(failure, STATUS_MALFORMED,
                               "%s: frame rate \"%s\" is not within 1 and %d", name, value,
                               FPS_MAX);
        break;
    case 'C':
        if (!known_colours(value))
            return failure_set(failure, STATUS_UNSUPPORTED,
                               "%s: colours \"%s\"; only 8-bit 4:2:0 is read", name, value);
        break;
    case 'I':
        if (strcmp(value, "p") != 0 && strcmp(value, "?") != 0)
            return failure_set(failure, STATUS_UNSUPPORTED, "%s: interlaced", name);
        break;
    default: /* aspect, comments, and what comes later do not matter here */
        break;
    }
    return STATUS_OK;
}

static enum status parse_header(char *line, const char *name, struct clip_file_y4m *y4m,
                                struct failure *failure)
{
    char *rest = line + sizeof(signature) - 1, *word;
    while ((word = strtok_r(NULL, " ", &rest))) {
        enum status status = parse_parameter(word, name, y4m, failure);
        if (status != STATUS_OK)
            return status;
    }
    if (y4m->width == 0 || y4m->height == 0 || y4m->rate_denominator == 0)
        return failure_set(failure, STATUS_MALFORMED, "%s: width, height or frame rate missing",
                           name);
    return STATUS_OK;
}

/* Note where each frame lies, up to `limit`, and count further ones up to CLIP_FRAMES_MAX. */
static enum status index_frames(struct clip_file_y4m *y4m, off_t at, off_t file_size, size_t limit,
                                const char *name, struct failure *failure)
{
    off_t picture_size = (off_t)i420_packed_size(y4m->width, y4m->height);
    y4m->offsets = malloc(limit * sizeof(*y4m->offsets));
    if (!y4m->offsets)
        return failure_set(failure, STATUS_NO_MEMORY, "%s: no memory for its index", name);

    while (at < file_size && y4m->frame_count + y4m->left_out < CLIP_FRAMES_MAX) {
        char line[LINE_MAX_SIZE];
        off_t samples = read_line(y4m->fd, at, line);
        size_t number = y4m->frame_count + y4m->left_out;
        if (samples == 0 || strncmp(line, "FRAME", 5) != 0 || (line[5] != '\0' && line[5] != ' '))
            return failure_set(failure, STATUS_MALFORMED, "%s: no frame where frame %zu should be",
                               name, number);
        if (file_size - samples < picture_size)
            return failure_set(failure, STATUS_MALFORMED, "%s: cut off in frame %zu", name, number);
        if (y4m->frame_count < limit)
            y4m->offsets[y4m->frame_count++] = samples;
        else
            y4m->left_out++;
        at = samples + picture_size;
    }
    if (y4m->frame_count == 0)
        return failure_set(failure, STATUS_MALFORMED, "%s: no frame in it", name);
    return STATUS_OK;
}

enum status clip_file_y4m_read(int fd, const char *name, unsigned seconds_max,
                               struct clip_file_y4m *ret_y4m, struct failure *failure)
{
    struct clip_file_y4m y4m = {.fd = fd};
    char line[LINE_MAX_SIZE];
    struct stat info;
    off_t at = 0;
    size_t limit;
    enum status status = STATUS_OK;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        status = failure_set(failure, STATUS_INVALID, "%s: not a regular file", name);
        goto out;
    }
    at = read_line(fd, 0, line);
    if (at == 0 || strncmp(line, signature, sizeof(signature) - 1) != 0) {
        status = failure_set(failure, STATUS_MALFORMED, "%s: no YUV4MPEG2 header", name);
        goto out;
    }
    status = parse_header(line, name, &y4m, failure);
    if (status != STATUS_OK)
        goto out;
    limit = (size_t)((uint64_t)seconds_max * y4m.rate_numerator / y4m.rate_denominator);
    limit = limit > CLIP_FRAMES_MAX ? CLIP_FRAMES_MAX : limit < 1 ? 1 : limit;
    status = index_frames(&y4m, at, info.st_size, limit, name, failure);
out:
    if (status == STATUS_OK)
        *ret_y4m = y4m;
    else
        clip_file_y4m_finish(&y4m);
    return status;
}

enum status clip_file_y4m_open(const char *path, unsigned seconds_max,
                               struct clip_file_y4m *ret_y4m, struct failure *failure)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failure_set(failure, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO,
                           "%s: cannot be opened: %s", path, strerror(errno));
    return clip_file_y4m_read(fd, path, seconds_max, ret_y4m, failure);
}

void clip_file_y4m_finish(struct clip_file_y4m *y4m)
{
    if (y4m->fd >= 0)
        close(y4m->fd);
    free(y4m->offsets);
    *y4m = (struct clip_file_y4m){.fd = -1};
}

enum status clip_file_y4m_picture(const struct clip_file_y4m *y4m, size_t frame,
                                  struct i420 *picture)
{
    assert(picture->memory && picture->width == y4m->width && picture->height == y4m->height);
    if (frame >= y4m->frame_count)
        return STATUS_NOT_FOUND;
    size_t size = i420_packed_size(y4m->width, y4m->height);
    for (size_t done = 0; done < size;) {
        ssize_t got =
            pread(y4m->fd, picture->memory + done, size - done, y4m->offsets[frame] + (off_t)done);
        if (got <= 0)
            return STATUS_IO;
        done += (size_t)got;
    }
    return STATUS_OK;
}

int64_t clip_file_y4m_time_us(const struct clip_file_y4m *y4m, size_t frame)
{
    return (int64_t)((uint64_t)frame * 1000000 * y4m->rate_denominator / y4m->rate_numerator);
}
