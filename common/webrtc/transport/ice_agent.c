#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/ice_agent_private.h"

#define CANDIDATE_SIZE_MAX 512
#define GIVEN_MAX 64 /* libnice itself would take candidates without end */

/* -- What libnice tells us -- */

static void set_state(struct ice_agent *agent, enum ice_state state)
{
    if (agent->state == state)
        return;
    agent->state = state;
    agent->config.on_state(agent->config.arg, state);
}

static void on_component_state(NiceAgent *nice, guint stream, guint component, guint state,
                               gpointer arg)
{
    struct ice_agent *agent = arg;

    (void)nice;
    (void)stream;
    (void)component;
    switch (state) {
    case NICE_COMPONENT_STATE_DISCONNECTED:
        break;
    case NICE_COMPONENT_STATE_GATHERING: /* after a restart nothing is gathered again */
        set_state(agent, agent->gathered ? ICE_CHECKING : ICE_GATHERING);
        break;
    case NICE_COMPONENT_STATE_CONNECTING:
        set_state(agent, ICE_CHECKING);
        break;
    case NICE_COMPONENT_STATE_CONNECTED:
        set_state(agent, ICE_CONNECTED);
        break;
    case NICE_COMPONENT_STATE_READY:
        set_state(agent, ICE_READY);
        break;
    default:
        set_state(agent, ICE_FAILED);
    }
}

static void report_candidate(struct ice_agent *agent, NiceCandidate *candidate)
{
    NiceCandidate *told = nice_candidate_copy(candidate);
    gchar *text = NULL;

    if (agent->detour == NULL || ice_detour_lead_local(agent->detour, told))
        text = nice_agent_generate_local_candidate_sdp(agent->nice, told);
    if (text != NULL && g_str_has_prefix(text, "a="))
        agent->config.on_candidate(agent->config.arg, text + 2);
    g_free(text);
    nice_candidate_free(told);
}

static void on_new_candidate(NiceAgent *nice, NiceCandidate *candidate, gpointer arg)
{
    (void)nice;
    report_candidate(arg, candidate);
}

static void on_gathering_done(NiceAgent *nice, guint stream, gpointer arg)
{
    struct ice_agent *agent = arg;

    (void)nice;
    (void)stream;
    if (agent->gathered)
        return;
    agent->gathered = true;
    ice_traffic_watch_sockets(agent);
    agent->config.on_candidate(agent->config.arg, NULL);
}

static void on_selected_pair(NiceAgent *nice, guint stream, guint component, NiceCandidate *local,
                             NiceCandidate *remote, gpointer arg)
{
    (void)nice;
    (void)stream;
    (void)component;
    (void)local;
    ice_traffic_select_pair(arg, &remote->addr);
}

/* -- Life -- */

static enum status refresh_credentials(struct ice_agent *agent)
{
    gchar *ufrag = NULL, *pwd = NULL;
    enum status status = STATUS_INTERNAL;

    if (nice_agent_get_local_credentials(agent->nice, agent->stream, &ufrag, &pwd) &&
        strlen(ufrag) < CREDENTIAL_SIZE && strlen(pwd) < CREDENTIAL_SIZE) {
        memcpy(agent->ufrag, ufrag, strlen(ufrag) + 1);
        memcpy(agent->pwd, pwd, strlen(pwd) + 1);
        status = STATUS_OK;
    }
    g_free(ufrag);
    g_free(pwd);
    return status;
}

static enum status add_address(struct ice_agent *agent, const char *text, struct failure *failure)
{
    NiceAddress address;
    enum status status = STATUS_OK;

    if (text == NULL)
        return STATUS_OK;
    nice_address_init(&address);
    if (!nice_address_set_from_string(&address, text))
        status = failure_set(failure, STATUS_INVALID, "'%s' is not a local IP address", text);
    else
        nice_agent_add_local_address(agent->nice, &address);
    return status;
}

static enum status add_relay(struct ice_agent *agent, struct failure *failure)
{
    const struct ice_config *config = &agent->config;
    NiceRelayType type = config->turn_tcp ? NICE_RELAY_TYPE_TURN_TCP : NICE_RELAY_TYPE_TURN_UDP;

    if (config->turn_address == NULL)
        return config->relay_only
                   ? failure_set(failure, STATUS_INVALID, "relay only, but no TURN server is given")
                   : STATUS_OK;
    if (config->turn_port == 0 || config->turn_user == NULL || config->turn_password == NULL ||
        !nice_agent_set_relay_info(agent->nice, agent->stream, COMPONENT, config->turn_address,
                                   config->turn_port, config->turn_user, config->turn_password,
                                   type))
        return failure_set(failure, STATUS_INVALID,
                           "TURN server %s needs a port, a user and a password",
                           config->turn_address);
    agent->has_turn = true;
    return STATUS_OK;
}

static NiceAgent *create_nice(const struct ice_config *config)
{
    NiceAgent *nice =
        nice_agent_new_full(ice_loop_context(), NICE_COMPATIBILITY_RFC5245,
                            NICE_AGENT_OPTION_ICE_TRICKLE | NICE_AGENT_OPTION_CONSENT_FRESHNESS);

    if (nice == NULL)
        return NULL;
    g_object_set(nice, "upnp", FALSE, "ice-tcp", FALSE, "controlling-mode",
                 config->controlling || config->remote_lite, "force-relay", config->relay_only,
                 NULL);
    if (config->stun_address != NULL)
        g_object_set(nice, "stun-server", config->stun_address, "stun-server-port",
                     (guint)config->stun_port, NULL);
    return nice;
}

static void connect_signals(struct ice_agent *agent)
{
    g_signal_connect(agent->nice, "component-state-changed", G_CALLBACK(on_component_state), agent);
    g_signal_connect(agent->nice, "new-candidate-full", G_CALLBACK(on_new_candidate), agent);
    g_signal_connect(agent->nice, "candidate-gathering-done", G_CALLBACK(on_gathering_done), agent);
    g_signal_connect(agent->nice, "new-selected-pair-full", G_CALLBACK(on_selected_pair), agent);
}

static void forget_strings(struct ice_config *config)
{
    config->address = config->stun_address = config->turn_address = NULL;
    config->turn_user = config->turn_password = NULL;
}

enum status ice_agent_create(const struct ice_config *config, struct ice_agent **ret_agent,
                             struct failure *failure)
{
    struct ice_agent *agent = calloc(1, sizeof(*agent));
    enum status status = STATUS_OK;

    assert(config->on_candidate && config->on_state && config->on_datagram && config->on_socket);
    if (agent == NULL)
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for an ICE agent");
    agent->config = *config;
    agent->media.fd = agent->pair_fd = -1;
    agent->nice = create_nice(config);
    agent->stream = agent->nice != NULL ? nice_agent_add_stream(agent->nice, COMPONENT) : 0;
    if (agent->stream == 0)
        status = failure_set(failure, STATUS_INTERNAL, "libnice refused an agent");
    if (status == STATUS_OK)
        status = add_address(agent, config->address, failure);
    if (status == STATUS_OK)
        status = add_relay(agent, failure);
    if (status == STATUS_OK && config->path != NULL)
        status = ice_traffic_open_detour(agent, config->address, failure);
    if (status == STATUS_OK)
        status = refresh_credentials(agent);
    forget_strings(&agent->config);
    if (status != STATUS_OK) {
        ice_agent_destroy(agent);
        return status;
    }
    connect_signals(agent);
    if (agent->has_turn && config->turn_tcp)
        ice_loop_poll(agent);
    *ret_agent = agent;
    return STATUS_OK;
}

void ice_agent_destroy(struct ice_agent *agent)
{
    if (agent == NULL)
        return;
    ice_traffic_finish(agent);
    ice_loop_forget(agent);
    if (agent->nice != NULL) {
        g_signal_handlers_disconnect_by_data(agent->nice, agent);
        if (agent->has_turn)
            ice_loop_close(agent->nice, agent->stream);
        else
            g_object_unref(agent->nice);
    }
    explicit_bzero(agent->pwd, sizeof(agent->pwd));
    free(agent);
}

const char *ice_agent_ufrag(const struct ice_agent *agent)
{
    return agent->ufrag;
}

const char *ice_agent_pwd(const struct ice_agent *agent)
{
    return agent->pwd;
}

enum ice_state ice_agent_state(const struct ice_agent *agent)
{
    return agent->state;
}

/* -- Negotiation -- */

enum status ice_agent_gather(struct ice_agent *agent)
{
    if (!nice_agent_gather_candidates(agent->nice, agent->stream))
        return STATUS_IO;
    ice_traffic_watch_sockets(agent);
    return STATUS_OK;
}

void ice_agent_set_remote_lite(struct ice_agent *agent, bool lite)
{
    agent->config.remote_lite = lite;
    g_object_set(agent->nice, "controlling-mode", agent->config.controlling || lite, NULL);
}

enum status ice_agent_set_remote(struct ice_agent *agent, const char *ufrag, const char *pwd)
{
    /* RFC 8839 §5.4: 4…256 and 22…256 characters. */
    if (strlen(ufrag) < 4 || strlen(ufrag) > 256 || strlen(pwd) < 22 || strlen(pwd) > 256)
        return STATUS_MALFORMED;
    return nice_agent_set_remote_credentials(agent->nice, agent->stream, ufrag, pwd)
               ? STATUS_OK
               : STATUS_INTERNAL;
}

/* What libnice would misread or refuse silently. */
static enum status judge_candidate(const NiceCandidate *candidate)
{
    if (candidate->priority == 0 || nice_address_get_port(&candidate->addr) == 0)
        return STATUS_MALFORMED;
    if (candidate->transport != NICE_CANDIDATE_TRANSPORT_UDP ||
        candidate->component_id != COMPONENT)
        return STATUS_UNSUPPORTED;
    return STATUS_OK;
}

static enum status add_parsed(struct ice_agent *agent, NiceCandidate *candidate)
{
    GSList *list = g_slist_append(NULL, candidate);
    int added = 0;

    if (agent->given_count < GIVEN_MAX)
        added = nice_agent_set_remote_candidates(agent->nice, agent->stream, COMPONENT, list);
    g_slist_free(list);
    if (added != 1)
        return STATUS_FULL;
    agent->given_count++;
    ice_traffic_refresh_remotes(agent, clock_monotonic_us());
    return STATUS_OK;
}

enum status ice_agent_add_candidate(struct ice_agent *agent, const char *candidate)
{
    char line[CANDIDATE_SIZE_MAX];
    NiceCandidate *parsed;
    enum status status;

    if (candidate == NULL || candidate[0] == '\0') {
        nice_agent_peer_candidate_gathering_done(agent->nice, agent->stream);
        return STATUS_OK;
    }
    if (strncmp(candidate, "a=", 2) == 0)
        candidate += 2;
    if (strncmp(candidate, "candidate:", 10) != 0)
        return STATUS_MALFORMED;
    if ((size_t)snprintf(line, sizeof(line), "a=%s", candidate) >= sizeof(line))
        return STATUS_TOO_LARGE;
    parsed = nice_agent_parse_remote_candidate_sdp(agent->nice, agent->stream, line);
    if (parsed == NULL) /* a name in place of an address: mDNS candidates of browsers, and TCP */
        return strstr(line, ".local ") != NULL || strcasestr(line, " tcp ") != NULL
                   ? STATUS_UNSUPPORTED
                   : STATUS_MALFORMED;
    status = judge_candidate(parsed);
    if (status == STATUS_OK && agent->detour != NULL)
        status = ice_detour_lead_remote(agent->detour, &parsed->addr);
    if (status == STATUS_OK)
        status = add_parsed(agent, parsed);
    nice_candidate_free(parsed);
    return status;
}

enum status ice_agent_restart(struct ice_agent *agent)
{
    GSList *candidates;
    enum status status;

    if (!nice_agent_restart_stream(agent->nice, agent->stream))
        return STATUS_INTERNAL;
    agent->given_count = 0;
    status = refresh_credentials(agent);
    if (status != STATUS_OK || !agent->gathered)
        return status;
    /* The sockets stay; their candidates belong to the new generation too. */
    candidates = nice_agent_get_local_candidates(agent->nice, agent->stream, COMPONENT);
    for (GSList *item = candidates; item != NULL; item = item->next)
        if (((NiceCandidate *)item->data)->type != NICE_CANDIDATE_TYPE_PEER_REFLEXIVE)
            report_candidate(agent, item->data);
    g_slist_free_full(candidates, (GDestroyNotify)nice_candidate_free);
    agent->config.on_candidate(agent->config.arg, NULL);
    return STATUS_OK;
}
