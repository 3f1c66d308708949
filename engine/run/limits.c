#include "engine/run/limits.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "engine/run/client_addresses.h"

static unsigned descriptors_of(const struct run_settings *settings)
{
    if (settings->media == MEDIA_NONE)
        return LIMITS_DESCRIPTORS_SIGNALLING;
    if (settings->light)
        return LIMITS_DESCRIPTORS_LIGHT;
    return LIMITS_DESCRIPTORS_MEDIA + (settings->has_network ? LIMITS_DESCRIPTORS_NETWORK : 0);
}

static bool is_plain(const struct run_settings *settings)
{
    return settings->plain || (settings->url && strncmp(settings->url, "http:", 5) == 0);
}

static unsigned bytes_of(const struct run_settings *settings)
{
    if (settings->media != MEDIA_NONE)
        return LIMITS_BYTES_MEDIA;
    return is_plain(settings) ? LIMITS_BYTES_PLAIN : LIMITS_BYTES_TLS;
}

/* While the load rises; all within one second when it does not. */
static uint64_t connections_per_s(const struct run_settings *settings, uint64_t people,
                                  uint64_t people_per_session)
{
    double rise_s = (double)settings->ramp_us / US_PER_S;

    if (settings->rate_per_s > 0)
        return (uint64_t)(settings->rate_per_s * (double)people_per_session);
    return (uint64_t)((double)people / (rise_s > 1 ? rise_s : 1));
}

void limits_of_run(const struct run_settings *settings, const struct story_outline *outline,
                   struct limits_demand *ret_demand)
{
    const struct story *story = &outline->story;
    uint64_t per_clinic = story->sessions_per_clinic ? story->sessions_per_clinic : 10;
    uint64_t shards = (uint64_t)settings->workers * settings->shard_count;
    uint64_t sessions = outline->sessions_at_once / shards + 1;
    uint64_t people = sessions * story->participants_per_session +
                      (sessions / per_clinic + 1) * LIMITS_BYSTANDERS_PER_CLINIC;
    bool here = client_addresses_near(settings);

    *ret_demand = (struct limits_demand){
        .shards = settings->workers,
        .people = people,
        .descriptors_per_person = descriptors_of(settings),
        .connections_per_s = connections_per_s(settings, people * settings->workers,
                                               story->participants_per_session),
        .bytes_per_person = bytes_of(settings) * (here ? 2U : 1U),
        .flows_per_person = settings->media == MEDIA_NONE ? 1 : 2,
        .server_here = here,
        .shared_media_socket = settings->light && settings->media != MEDIA_NONE,
    };
}

enum status limits_check(const struct run_settings *settings, const struct story_outline *outline,
                         struct failure *failure)
{
    struct system_limits limits;
    struct limits_demand demand;
    struct limits_report report;
    enum status status;

    limits_of_run(settings, outline, &demand);
    status = client_addresses_check(settings, demand.people, demand.shards * settings->shard_count,
                                    failure);
    if (status != STATUS_OK)
        return status;
    system_limits_read(&limits);
    system_limits_judge(&limits, &demand, &report);
    for (size_t i = 0; i < report.count; i++) {
        const struct limit_finding *finding = &report.findings[i];
        if (finding->fatal)
            return failure_set(failure, STATUS_INVALID, "%s: %s", finding->limit, finding->text);
        fprintf(stderr, "caseload: %s: %s\n", finding->limit, finding->text);
    }
    return STATUS_OK;
}
