#include "common/webrtc/transport/ice_client.h"

static enum status create_full(const struct ice_config *config, struct ice_agent **ret_agent,
                               struct failure *failure)
{
    struct ice_agent *agent;
    enum status status = ice_agent_create(config, &agent, failure);

    if (status != STATUS_OK)
        return status;
    if (ice_agent_gather(agent) != STATUS_OK) {
        ice_agent_destroy(agent);
        return failure_set(failure, STATUS_IO, "ICE: no socket on local address %s",
                           config->address != NULL ? config->address : "(any)");
    }
    *ret_agent = agent;
    return STATUS_OK;
}

enum status ice_client_create(const struct ice_config *config, struct ice_client *ret_client,
                              struct failure *failure)
{
    enum status status;

    if (config->shared == NULL)
        return create_full(config, &ret_client->full, failure);
    status = ice_light_create(config, &ret_client->light, failure);
    if (status == STATUS_OK)
        ice_light_gather(ret_client->light);
    return status;
}

void ice_client_destroy(struct ice_client *client)
{
    ice_agent_destroy(client->full);
    ice_light_destroy(client->light);
    *client = (struct ice_client){0};
}

const char *ice_client_ufrag(const struct ice_client *client)
{
    return client->light != NULL ? ice_light_ufrag(client->light) : ice_agent_ufrag(client->full);
}

const char *ice_client_pwd(const struct ice_client *client)
{
    return client->light != NULL ? ice_light_pwd(client->light) : ice_agent_pwd(client->full);
}

void ice_client_set_remote_lite(const struct ice_client *client, bool lite)
{
    if (client->full != NULL) /* the other kind controls in any case */
        ice_agent_set_remote_lite(client->full, lite);
}

enum status ice_client_set_remote(const struct ice_client *client, const char *ufrag,
                                  const char *pwd)
{
    return client->light != NULL ? ice_light_set_remote(client->light, ufrag, pwd)
                                 : ice_agent_set_remote(client->full, ufrag, pwd);
}

enum status ice_client_add_candidate(const struct ice_client *client, const char *candidate)
{
    return client->light != NULL ? ice_light_add_candidate(client->light, candidate)
                                 : ice_agent_add_candidate(client->full, candidate);
}

enum status ice_client_restart(const struct ice_client *client)
{
    return client->light != NULL ? ice_light_restart(client->light)
                                 : ice_agent_restart(client->full);
}

void ice_client_readable(const struct ice_client *client, int fd)
{
    if (client->full != NULL) /* the other kind asks for no socket to be watched */
        ice_agent_readable(client->full, fd);
}

enum status ice_client_take_over(const struct ice_client *client)
{
    return client->light != NULL ? STATUS_OK : ice_agent_take_over(client->full);
}

bool ice_client_taken_over(const struct ice_client *client)
{
    return client->light != NULL || ice_agent_taken_over(client->full);
}

void ice_client_counters(const struct ice_client *client, struct ice_counters *ret_counters)
{
    if (client->light != NULL)
        ice_light_counters(client->light, ret_counters);
    else
        ice_agent_counters(client->full, ret_counters);
}

const char *ice_client_error(const struct ice_client *client)
{
    return client->light != NULL ? ice_light_error(client->light) : "";
}

int64_t ice_client_due_us(const struct ice_client *client)
{
    return client->light != NULL ? ice_light_due_us(client->light) : INT64_MAX;
}

void ice_client_on_timer(const struct ice_client *client, int64_t now_us)
{
    if (client->light != NULL)
        ice_light_on_timer(client->light, now_us);
}

void ice_client_arrive(const struct ice_client *client, bool out, uint64_t route, const void *data,
                       size_t size)
{
    if (client->light != NULL)
        ice_light_arrive(client->light, out, route, data, size);
    else
        ice_agent_arrive(client->full, out, route, data, size);
}
