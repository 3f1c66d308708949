/* The emulated network between a participant's endpoint and its sockets. */
#include "engine/participant/participant_private.h"

#include <stdio.h>

#include "common/base/clock.h"

/* libnice 0.1.21 checks consent every 5 s, sends no check twice and gives up after 10 s, where RFC
 * 7675 §5.1 says 30 s: a lossy network would end calls that browsers keep. So the consent of an
 * established full client passes beside its network. */
static bool is_consent(const struct participant *participant, uint64_t route)
{
    return route != DATAGRAM_ROUTE_MEDIA && participant->was_connected &&
           participant->context->shared == NULL;
}

static void on_carry(void *arg, bool out, uint64_t route, void *data, size_t size, int64_t at_us)
{
    struct participant *participant = arg;

    if (is_consent(participant, route))
        endpoint_arrive(participant->endpoint, out, route, data, size, at_us);
    else
        net_link_carry(participant->link, out, route, data, size, at_us, clock_monotonic_us());
}

static void on_deliver(void *arg, bool up, uint64_t route, uint8_t *data, size_t size,
                       int64_t at_us)
{
    struct participant *participant = arg;

    endpoint_arrive(participant->endpoint, up, route, data, size, at_us);
}

/* What is recorded from now on has the tag net=, too. */
static void take_network_tag(struct participant *participant)
{
    struct metrics *metrics = participant->context->metrics;
    char tag[40];

    snprintf(tag, sizeof tag, "net=%s", net_link_profile(participant->link));
    participant->tag = metrics_tag_both(metrics, metrics_tag(metrics, tag), participant->role_tag);
}

enum status participant_create_network(struct participant *participant, struct failure *failure)
{
    static const struct net_profile none = {.name = "none"};
    struct media_context *context = participant->context;

    participant->path = (struct datagram_path){participant, on_carry};
    participant->link = net_link_create(&(struct net_link_config){.wheel = context->wheel,
                                                                  .pool = context->network_pool,
                                                                  .metrics = context->metrics,
                                                                  .seed = context->seed,
                                                                  .session = participant->session,
                                                                  .actor = participant->name,
                                                                  .arg = participant,
                                                                  .deliver = on_deliver},
                                        context->network ? context->network : &none);
    if (!participant->link)
        return failure_set(failure, STATUS_NO_MEMORY, "%s: out of memory", participant->name);
    take_network_tag(participant);
    return STATUS_OK;
}

enum status participant_network(struct participant *participant, const struct net_profile *profile)
{
    if (!participant->link)
        return STATUS_CONFLICT;
    net_link_change(participant->link, profile);
    take_network_tag(participant);
    media_sink_tag(participant->sink, participant->tag);
    return STATUS_OK;
}
