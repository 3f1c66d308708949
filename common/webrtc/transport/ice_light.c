#include "common/webrtc/transport/ice_light.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/candidate_line.h"
#include "common/webrtc/transport/datagram_path.h"
#include "common/webrtc/transport/ice_controller.h"
#include "common/webrtc/transport/media_socket.h"
#include "common/webrtc/transport/packet_kind.h"
#include "common/webrtc/transport/shared_socket.h"

/* RFC 8445 §5.3: at least 24 and 128 bits, with 62 letters and digits. */
#define UFRAG_LENGTH 8
#define PWD_LENGTH 24
/* RFC 8445 §5.1.2.1: type preference 126 of a host, 110 of a peer-reflexive candidate; the only
 * local address, component 1. */
#define HOST_PRIORITY (126U << 24 | 65535U << 8 | 255U)
#define REFLEXIVE_PRIORITY (110U << 24 | 65535U << 8 | 255U)

struct ice_light {
    struct ice_config config; /* its strings are not kept */
    struct shared_client client;
    struct ice_controller controller;
    uint64_t send_refused, strangers;
};

/* ---- datagrams ---- */

static void on_datagram(void *arg, uint8_t *data, size_t size, const struct sockaddr_in *source,
                        int64_t arrival_us)
{
    struct ice_light *light = arg;
    const struct datagram_path *path = light->config.path;

    if (packet_kind(data, size) == PACKET_STUN && path != NULL)
        path->carry(path->arg, false, datagram_route_of(source), data, size, arrival_us);
    else if (packet_kind(data, size) == PACKET_STUN)
        ice_controller_receive(&light->controller, data, size, source, clock_monotonic_us());
    else if (ice_controller_knows(&light->controller, source))
        light->config.on_datagram(light->config.arg, data, size, arrival_us);
    else
        light->strangers++;
}

static void on_send(void *arg, const struct sockaddr_in *to, const void *data, size_t size)
{
    struct ice_light *light = arg;
    const struct datagram_path *path = light->config.path;

    if (path != NULL)
        path->carry(path->arg, true, datagram_route_of(to), (void *)data, size,
                    clock_monotonic_us());
    else
        shared_socket_send(light->config.shared, &light->client, to, data, size);
}

void ice_light_arrive(struct ice_light *light, bool out, uint64_t route, const void *data,
                      size_t size)
{
    struct sockaddr_in remote = datagram_remote_of(route);

    if (out)
        shared_socket_send(light->config.shared, &light->client, &remote, data, size);
    else
        ice_controller_receive(&light->controller, data, size, &remote, clock_monotonic_us());
}

static void on_state(void *arg, enum ice_state state)
{
    struct ice_light *light = arg;

    light->config.on_state(light->config.arg, state);
}

enum status ice_light_send(struct ice_light *light, const void *data, size_t size)
{
    const struct ice_controller *controller = &light->controller;

    if (!controller->has_selected || controller->state == ICE_FAILED || size > MEDIA_DATAGRAM_MAX) {
        light->send_refused++;
        return STATUS_AGAIN;
    }
    shared_socket_send(light->config.shared, &light->client, &controller->selected, data, size);
    return STATUS_OK;
}

/* ---- life ---- */

static enum status refuse_what_is_missing(const struct ice_config *config, struct failure *failure)
{
    const char *what = NULL;

    if (config->turn_address != NULL || config->relay_only)
        what = "TURN";
    else if (config->stun_address != NULL)
        what = "STUN server";
    else if (!config->controlling && !config->remote_lite)
        what = "controlled role: the platform offers and is no ICE-lite agent";
    return what == NULL ? STATUS_OK
                        : failure_set(failure, STATUS_UNSUPPORTED,
                                      "a light client has no %s (--client full has)", what);
}

static enum status draw_credentials(char *ufrag, char *pwd)
{
    enum status status = random_secret_text(ufrag, UFRAG_LENGTH);

    return status == STATUS_OK ? random_secret_text(pwd, PWD_LENGTH) : status;
}

static enum status init_controller(struct ice_light *light)
{
    char ufrag[UFRAG_LENGTH + 1], pwd[PWD_LENGTH + 1];
    uint64_t seed;
    enum status status = draw_credentials(ufrag, pwd);

    if (status == STATUS_OK)
        status = random_secret(&seed, sizeof seed);
    if (status == STATUS_OK)
        ice_controller_init(&light->controller,
                            &(struct ice_controller_config){.ufrag = ufrag,
                                                            .pwd = pwd,
                                                            .check_priority = REFLEXIVE_PRIORITY,
                                                            .seed = seed,
                                                            .arg = light,
                                                            .on_send = on_send,
                                                            .on_state = on_state});
    explicit_bzero(pwd, sizeof pwd);
    return status;
}

static void forget_strings(struct ice_config *config)
{
    config->address = config->stun_address = config->turn_address = NULL;
    config->turn_user = config->turn_password = NULL;
}

enum status ice_light_create(const struct ice_config *config, struct ice_light **ret_light,
                             struct failure *failure)
{
    enum status status = refuse_what_is_missing(config, failure);
    struct ice_light *light;

    assert(config->shared && config->on_candidate && config->on_state && config->on_datagram);
    if (status != STATUS_OK)
        return status;
    light = calloc(1, sizeof *light);
    if (!light)
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for a light client");
    light->config = *config;
    forget_strings(&light->config);
    light->client = (struct shared_client){.on_datagram = on_datagram, .arg = light};
    status = init_controller(light);
    if (status != STATUS_OK)
        failure_set(failure, status, "no random numbers from the kernel");
    else if ((status = shared_socket_join(config->shared, &light->client)) != STATUS_OK)
        failure_set(failure, status, "no client address is left (--client-addresses)");
    if (status != STATUS_OK) {
        free(light);
        return status;
    }
    *ret_light = light;
    return STATUS_OK;
}

void ice_light_destroy(struct ice_light *light)
{
    if (!light)
        return;
    shared_socket_leave(light->config.shared, &light->client);
    ice_controller_finish(&light->controller);
    free(light);
}

const char *ice_light_ufrag(const struct ice_light *light)
{
    return light->controller.ufrag;
}

const char *ice_light_pwd(const struct ice_light *light)
{
    return light->controller.pwd;
}

enum ice_state ice_light_state(const struct ice_light *light)
{
    return light->controller.state;
}

const char *ice_light_error(const struct ice_light *light)
{
    return light->controller.error;
}

void ice_light_counters(const struct ice_light *light, struct ice_counters *ret_counters)
{
    *ret_counters =
        (struct ice_counters){.send_refused = light->send_refused + light->client.send_refused,
                              .strangers = light->strangers};
}

/* ---- negotiation ---- */

void ice_light_gather(struct ice_light *light)
{
    char address[ADDRESS_RANGE_TEXT_SIZE], line[96];

    address_range_text(light->client.address, address);
    snprintf(line, sizeof line, "candidate:1 1 UDP %u %s %u typ host", HOST_PRIORITY, address,
             shared_socket_port(light->config.shared));
    light->config.on_candidate(light->config.arg, line);
    light->config.on_candidate(light->config.arg, NULL);
}

enum status ice_light_set_remote(struct ice_light *light, const char *ufrag, const char *pwd)
{
    return ice_controller_set_remote(&light->controller, ufrag, pwd, clock_monotonic_us());
}

enum status ice_light_add_candidate(struct ice_light *light, const char *candidate)
{
    struct sockaddr_in remote;
    uint32_t priority;
    enum status status;

    if (candidate == NULL || candidate[0] == '\0') {
        ice_controller_end_remotes(&light->controller);
        return STATUS_OK;
    }
    status = candidate_line_parse(candidate, &remote, &priority);
    if (status != STATUS_OK)
        return status;
    return ice_controller_add_remote(&light->controller, &remote, priority, clock_monotonic_us());
}

enum status ice_light_restart(struct ice_light *light)
{
    char ufrag[UFRAG_LENGTH + 1], pwd[PWD_LENGTH + 1];
    enum status status = draw_credentials(ufrag, pwd);

    if (status != STATUS_OK)
        return status;
    ice_controller_restart(&light->controller, ufrag, pwd);
    explicit_bzero(pwd, sizeof pwd);
    ice_light_gather(light);
    return STATUS_OK;
}

/* ---- time ---- */

int64_t ice_light_due_us(const struct ice_light *light)
{
    return light->controller.due_us;
}

void ice_light_on_timer(struct ice_light *light, int64_t now_us)
{
    ice_controller_on_timer(&light->controller, now_us);
}
