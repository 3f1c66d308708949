#include "engine/network/net_profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/args.h"
#include "common/base/clock.h"

/* ---- the named set ---- */

#define KBIT 1000ULL
#define MS US_PER_MS
#define QUEUE .queue_us = NET_QUEUE_DEFAULT_US
/* A published set gives one latency; half of it is added in each direction. */
#define BOTH(...)                                                                                  \
    {__VA_ARGS__},                                                                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

/* testRTC: the predefined network profiles of its test scripts. Loadero: "Network conditions" of
 * its wiki, which gives jitter and both directions. Rates and latencies are theirs, queues ours. */
static const struct net_profile_named table[] = {
    {"none", "nothing is done", "", BOTH(0)},
    {"wifi", "good wireless at home", "testRTC 'Wifi': 30 Mbit/s, 40 ms, 0.2 %",
     BOTH(.rate_bps = 30000 * KBIT, QUEUE, .delay_us = 20 * MS, .loss = 0.002)},
    {"wifi-lossy", "crowded wireless, single losses",
     "testRTC 'Wifi high packet loss': 30 Mbit/s, 40 ms, 5 %",
     BOTH(.rate_bps = 30000 * KBIT, QUEUE, .delay_us = 20 * MS, .loss = 0.05)},
    {"wifi-bursty", "crowded wireless, losses in bursts",
     "wifi-lossy with 5 % in bursts of 4 (Gilbert r = 0.25, p = 0.0132)",
     BOTH(.rate_bps = 30000 * KBIT, QUEUE, .delay_us = 20 * MS, .loss = 0.05, .burst = 4,
          .bad_loss = 1)},
    {"dsl", "an old telephone line", "testRTC 'DSL': 8 Mbit/s, 40 ms, 0.5 %",
     BOTH(.rate_bps = 8000 * KBIT, QUEUE, .delay_us = 20 * MS, .loss = 0.005)},
    {"4g",
     "mobile, good reception",
     "Loadero '4G': 100/50 Mbit/s, 0.2 %, 45 ms, jitter 5/15 ms",
     {.rate_bps = 50000 * KBIT, QUEUE, .delay_us = 22500, .jitter_us = 15 * MS, .loss = 0.002},
     {.rate_bps = 100000 * KBIT, QUEUE, .delay_us = 22500, .jitter_us = 5 * MS, .loss = 0.002}},
    {"unstable-4g", "mobile, on the move", "testRTC 'Unstable 4G': 4 Mbit/s, 500 ms, 10 %",
     BOTH(.rate_bps = 4000 * KBIT, QUEUE, .delay_us = 250 * MS, .loss = 0.1)},
    {"weak-mobile", "mobile at the edge of the cell",
     "Loadero '3G': 1.2 Mbit/s, 0.5 %, 250 ms, jitter 50 ms",
     BOTH(.rate_bps = 1200 * KBIT, QUEUE, .delay_us = 125 * MS, .jitter_us = 50 * MS,
          .loss = 0.005)},
    {"3g", "third generation mobile", "testRTC 'Regular 3G': 750 kbit/s, 250 ms, 1.5 %",
     BOTH(.rate_bps = 750 * KBIT, QUEUE, .delay_us = 125 * MS, .loss = 0.015)},
    {"poor-3g", "third generation mobile, bad reception",
     "testRTC 'Poor 3G': 400 kbit/s, 350 ms, 5 %",
     BOTH(.rate_bps = 400 * KBIT, QUEUE, .delay_us = 175 * MS, .loss = 0.05)},
    {"satellite",
     "geostationary",
     "RFC 2488 §2: 279.0 ms one way at the edge of the view; the rates are ours",
     {.rate_bps = 2000 * KBIT, QUEUE, .delay_us = 279 * MS},
     {.rate_bps = 10000 * KBIT, QUEUE, .delay_us = 279 * MS}},
    {"very-bad", "hardly a network", "testRTC 'Very bad network': 1 Mbit/s, 500 ms, 10 %",
     BOTH(.rate_bps = 1000 * KBIT, QUEUE, .delay_us = 250 * MS, .loss = 0.1)},
    {"call-drop", "what makes people hang up", "testRTC 'Call drop': 50 kbit/s, 500 ms, 20 %",
     BOTH(.rate_bps = 50 * KBIT, QUEUE, .delay_us = 250 * MS, .loss = 0.2)},
    {"offline", "nothing comes through", "", BOTH(.loss = 1)},
};
#undef BOTH

const struct net_profile_named *net_profile_named(size_t index)
{
    return index < sizeof table / sizeof *table ? &table[index] : NULL;
}

static const struct net_profile_named *find_named(const char *name)
{
    const struct net_profile_named *named;

    for (size_t i = 0; (named = net_profile_named(i)) != NULL; i++)
        if (strcmp(named->name, name) == 0)
            return named;
    return NULL;
}

/* ---- values ---- */

static bool read_number(const char *text, double *ret_value, const char **ret_unit)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || !(value >= 0 && value <= 1e12))
        return false;
    *ret_value = value;
    *ret_unit = end;
    return true;
}

static bool read_time(const char *text, void *ret)
{
    int64_t value_us;

    if (parse_duration(text, &value_us) != STATUS_OK || value_us < 0 || value_us > NET_DELAY_MAX_US)
        return false;
    *(int64_t *)ret = value_us;
    return true;
}

static bool read_share(const char *text, void *ret)
{
    const char *unit;
    double value;

    if (!read_number(text, &value, &unit) || (*unit && strcmp(unit, "%") != 0))
        return false;
    if (*unit)
        value /= 100;
    if (value > 1)
        return false;
    *(double *)ret = value;
    return true;
}

static bool read_rate(const char *text, void *ret)
{
    static const struct {
        const char *name;
        double factor;
    } units[] = {{"bit/s", 1}, {"kbit/s", 1e3}, {"mbit/s", 1e6}, {"gbit/s", 1e9}};
    const char *unit;
    double value;

    if (!read_number(text, &value, &unit))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcasecmp(unit, units[i].name) != 0)
            continue;
        value *= units[i].factor;
        if (value < NET_RATE_MIN_BPS || value > NET_RATE_MAX_BPS)
            return false;
        *(uint64_t *)ret = (uint64_t)value;
        return true;
    }
    return false;
}

static bool read_burst(const char *text, void *ret)
{
    const char *unit;
    double value;

    if (!read_number(text, &value, &unit) || *unit || value < 1 || value > 10000)
        return false;
    *(double *)ret = value;
    return true;
}

struct key {
    const char *name;
    bool (*read)(const char *text, void *ret);
    size_t offset;
    const char *takes;
};

static const struct key keys[] = {
    {"delay", read_time, offsetof(struct net_conditions, delay_us), "0ms to 10s"},
    {"jitter", read_time, offsetof(struct net_conditions, jitter_us), "0ms to 10s"},
    {"rate", read_rate, offsetof(struct net_conditions, rate_bps), "8kbit/s to 10gbit/s"},
    {"queue", read_time, offsetof(struct net_conditions, queue_us), "0ms to 10s"},
    {"loss", read_share, offsetof(struct net_conditions, loss), "0% to 100%"},
    {"burst", read_burst, offsetof(struct net_conditions, burst), "1 to 10000 datagrams"},
    {"bad-loss", read_share, offsetof(struct net_conditions, bad_loss), "0% to 100%"},
    {"duplicate", read_share, offsetof(struct net_conditions, duplicate), "0% to 100%"},
    {"reorder", read_share, offsetof(struct net_conditions, reorder), "0% to 100%"},
    {"lag", read_time, offsetof(struct net_conditions, lag_us), "0ms to 10s"},
};

/* ---- the text ---- */

/* Which directions the next parts speak of. */
struct reading {
    struct net_profile profile;
    bool up, down;
    size_t parts;
};

static enum status refuse(const char *what, const char *part, const char *takes,
                          struct failure *failure)
{
    return failure_set(failure, STATUS_INVALID, "%s \"%s\": takes %s", what, part, takes);
}

static enum status take_name(struct reading *reading, const char *name, struct failure *failure)
{
    const struct net_profile_named *named = find_named(name);
    char names[256] = "KEY=VALUE or one of";

    for (size_t i = 0; named == NULL && net_profile_named(i) != NULL; i++) {
        size_t used = strlen(names);

        snprintf(names + used, sizeof names - used, "%s %s", i > 0 ? "," : "",
                 net_profile_named(i)->name);
    }
    if (named == NULL)
        return refuse("network profile", name, names, failure);
    if (reading->up)
        reading->profile.up = named->up;
    if (reading->down)
        reading->profile.down = named->down;
    if (reading->parts == 0 && reading->up && reading->down)
        snprintf(reading->profile.name, sizeof reading->profile.name, "%s", named->name);
    return STATUS_OK;
}

static enum status take_value(struct reading *reading, const char *part, const char *equals,
                              struct failure *failure)
{
    size_t length = (size_t)(equals - part);
    union {
        int64_t time_us;
        uint64_t rate_bps;
        double share;
    } value;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct key *key = &keys[i];

        if (strlen(key->name) != length || strncmp(part, key->name, length) != 0)
            continue;
        if (!key->read(equals + 1, &value))
            return refuse("network profile", part, key->takes, failure);
        if (reading->up)
            memcpy((char *)&reading->profile.up + key->offset, &value, sizeof value);
        if (reading->down)
            memcpy((char *)&reading->profile.down + key->offset, &value, sizeof value);
        return STATUS_OK;
    }
    return refuse("network profile", part,
                  "delay, jitter, rate, queue, loss, burst, bad-loss, duplicate, reorder or lag",
                  failure);
}

static enum status take_part(struct reading *reading, const char *part, struct failure *failure)
{
    const char *equals;
    enum status status;

    if (strncmp(part, "up:", 3) == 0) {
        reading->up = true;
        reading->down = false;
        part += 3;
    } else if (strncmp(part, "down:", 5) == 0) {
        reading->up = false;
        reading->down = true;
        part += 5;
    }
    equals = strchr(part, '=');
    status = equals != NULL ? take_value(reading, part, equals, failure)
                            : take_name(reading, part, failure);
    reading->parts++;
    return status;
}

/* What was left open, and what does not go together. */
static enum status settle(struct net_conditions *conditions, struct failure *failure)
{
    if (conditions->rate_bps > 0 && conditions->queue_us == 0)
        conditions->queue_us = NET_QUEUE_DEFAULT_US;
    if (conditions->reorder > 0 && conditions->lag_us == 0)
        conditions->lag_us = NET_LAG_DEFAULT_US;
    if (conditions->bad_loss > 0 && conditions->burst <= 0)
        return failure_set(failure, STATUS_INVALID, "network profile: bad-loss needs burst");
    if (conditions->burst > 0 && conditions->bad_loss <= 0)
        conditions->bad_loss = 1;
    if (conditions->burst > 0 && conditions->loss >= conditions->bad_loss &&
        (conditions->loss < 1 || conditions->bad_loss < 1))
        return failure_set(failure, STATUS_INVALID,
                           "network profile: loss must be less than bad-loss, or both 100%%");
    /* The chance to turn bad, loss / (bad-loss - loss) / burst, is at most 1. */
    if (conditions->burst > 0 && conditions->loss < 1 &&
        conditions->loss > conditions->burst * (conditions->bad_loss - conditions->loss))
        return failure_set(failure, STATUS_INVALID,
                           "network profile: so much loss needs longer bursts");
    return STATUS_OK;
}

enum status net_profile_parse(const char *text, struct net_profile *ret_profile,
                              struct failure *failure)
{
    struct reading reading = {.up = true, .down = true};
    char copy[NET_PROFILE_TEXT_SIZE], *rest = copy, *part;
    enum status status = STATUS_OK;

    if (strlen(text) >= sizeof copy)
        return failure_set(failure, STATUS_INVALID, "network profile: at most %zu characters",
                           sizeof copy - 1);
    snprintf(copy, sizeof copy, "%s", text);
    while (status == STATUS_OK && (part = strsep(&rest, ",")) != NULL)
        status = take_part(&reading, part, failure);
    if (status == STATUS_OK)
        status = settle(&reading.profile.up, failure);
    if (status == STATUS_OK)
        status = settle(&reading.profile.down, failure);
    if (status != STATUS_OK)
        return status;
    snprintf(reading.profile.text, sizeof reading.profile.text, "%s", text);
    if (reading.parts != 1 || reading.profile.name[0] == '\0')
        snprintf(reading.profile.name, sizeof reading.profile.name, "custom");
    *ret_profile = reading.profile;
    return STATUS_OK;
}

bool net_conditions_clear(const struct net_conditions *conditions)
{
    return conditions->delay_us == 0 && conditions->jitter_us == 0 && conditions->rate_bps == 0 &&
           conditions->loss <= 0 && conditions->duplicate <= 0 && conditions->reorder <= 0;
}
