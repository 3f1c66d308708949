#include "reference-server/media/transport/receiver_limit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "reference-server/media/forward/layer.h"

enum { KBIT_MAX = 1000000, SECONDS_MAX = 3600 };

struct limits {
    size_t count; /* 0: unlimited */
    uint64_t bps[RECEIVER_LIMITS_MAX];
    int64_t turn_us;
};

static struct limits limits;

static bool read_number(const char **text, uint64_t max, uint64_t *ret_number)
{
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    *ret_number = strtoull(*text, &end, 10);
    if (errno != 0 || *ret_number > max)
        return false;
    *text = end;
    return true;
}

static bool read_limits(const char *text, struct limits *ret_limits)
{
    uint64_t number;

    for (;;) {
        if (ret_limits->count == RECEIVER_LIMITS_MAX || !read_number(&text, KBIT_MAX, &number))
            return false;
        ret_limits->bps[ret_limits->count++] = number * 1000;
        if (*text != ',')
            break;
        text++;
    }
    if (*text == '\0')
        return ret_limits->count == 1;
    if (*text++ != '@' || !read_number(&text, SECONDS_MAX, &number) || number == 0)
        return false;
    ret_limits->turn_us = (int64_t)number * US_PER_S;
    return *text == '\0';
}

enum status receiver_limit_set(const char *text, struct failure *failure)
{
    struct limits read = {0};

    if (!read_limits(text, &read))
        return failure_set(
            failure, STATUS_INVALID,
            "--receiver-limit %s: takes KBIT, or 2 to %d of them and the length of a "
            "turn as 2000,150@4",
            text, RECEIVER_LIMITS_MAX);
    limits = read;
    return STATUS_OK;
}

uint64_t receiver_limit_at(int64_t elapsed_us)
{
    size_t turn = 0;

    if (limits.count == 0)
        return LAYER_UNLIMITED;
    if (limits.turn_us > 0 && elapsed_us > 0)
        turn = (size_t)(elapsed_us / limits.turn_us) % limits.count;
    return limits.bps[turn];
}

void receiver_limit_reset(void)
{
    limits = (struct limits){0};
}
