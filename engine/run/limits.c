#include "engine/run/limits.h"

#include <sys/resource.h>

#include "engine/run/client_addresses.h"

static unsigned descriptors_of(const struct run_settings *settings)
{
    if (settings->media == MEDIA_NONE)
        return LIMITS_DESCRIPTORS_SIGNALLING;
    return settings->light ? LIMITS_DESCRIPTORS_LIGHT : LIMITS_DESCRIPTORS_MEDIA;
}

enum status limits_check(const struct run_settings *settings, const struct story_outline *outline,
                         struct failure *failure)
{
    unsigned per_participant = descriptors_of(settings);
    unsigned per_clinic =
        outline->story.sessions_per_clinic ? outline->story.sessions_per_clinic : 10;
    uint64_t shards = (uint64_t)settings->workers * settings->shard_count;
    uint64_t sessions = outline->sessions_at_once / shards + 1;
    uint64_t people = sessions * outline->story.participants_per_session +
                      (sessions / per_clinic + 1) * LIMITS_BYSTANDERS_PER_CLINIC;
    uint64_t needed = people * per_participant + LIMITS_DESCRIPTORS_RESERVE;
    struct rlimit limit;
    enum status status = client_addresses_check(settings, people, shards, failure);

    if (status != STATUS_OK)
        return status;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return STATUS_OK;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (needed <= limit.rlim_cur)
        return STATUS_OK;
    return failure_set(failure, STATUS_INVALID,
                       "%llu sessions at once need about %llu descriptors in each of %llu shard "
                       "processes, the limit is %llu: raise --workers to %llu or ulimit -n",
                       (unsigned long long)outline->sessions_at_once, (unsigned long long)needed,
                       (unsigned long long)shards, (unsigned long long)limit.rlim_cur,
                       (unsigned long long)(shards * needed / limit.rlim_cur + 1));
}
