#include <stdlib.h>
#include <string.h>

#include "common/webrtc/endpoint_private.h"

void endpoint_collect_candidate(struct endpoint *endpoint, const char *candidate)
{
    if (candidate == NULL) {
        if (!endpoint->gathered)
            endpoint->stats.gathered_us = clock_monotonic_us();
        endpoint->gathered = true;
        endpoint->end_pending = endpoint->collecting;
        if (endpoint->collecting)
            endpoint->due_us = 0; /* told with the next timer: after the description */
        else
            endpoint->events.on_candidate(endpoint->arg, NULL);
        return;
    }
    if (endpoint->candidate_count < SDP_CANDIDATES_MAX && strlen(candidate) < SDP_CANDIDATE_SIZE) {
        endpoint->candidates[endpoint->candidate_count] = strdup(candidate);
        endpoint->candidate_count += endpoint->candidates[endpoint->candidate_count] != NULL;
    }
    if (!endpoint->collecting)
        endpoint->events.on_candidate(endpoint->arg, candidate);
}

static void forget_texts(char **texts, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        free(texts[i]);
    *count = 0;
}

void endpoint_forget_candidates(struct endpoint *endpoint)
{
    forget_texts(endpoint->candidates, &endpoint->candidate_count);
}

void endpoint_finish_negotiation(struct endpoint *endpoint)
{
    forget_texts(endpoint->candidates, &endpoint->candidate_count);
    forget_texts(endpoint->early_candidates, &endpoint->early_candidate_count);
}

enum status endpoint_give_candidate(struct endpoint *endpoint, const char *candidate)
{
    enum status status = ice_client_add_candidate(&endpoint->ice, candidate);

    endpoint->remote_candidate_count +=
        status == STATUS_OK && candidate != NULL && candidate[0] != '\0';
    return status;
}

/* Candidates may overtake their description in signalling. */
static enum status keep_candidate(struct endpoint *endpoint, const char *candidate)
{
    char *copy;

    if (endpoint->early_candidate_count == SDP_CANDIDATES_MAX)
        return STATUS_FULL;
    copy = strndup(candidate != NULL ? candidate : "", SDP_CANDIDATE_SIZE * 2);
    if (copy == NULL)
        return STATUS_NO_MEMORY;
    endpoint->early_candidates[endpoint->early_candidate_count++] = copy;
    return STATUS_OK;
}

enum status endpoint_add_candidate(struct endpoint *endpoint, const char *candidate)
{
    if (endpoint->remote_ufrag[0] == '\0')
        return keep_candidate(endpoint, candidate);
    return endpoint_give_candidate(endpoint, candidate);
}

void endpoint_give_early_candidates(struct endpoint *endpoint)
{
    for (size_t i = 0; i < endpoint->early_candidate_count; i++)
        endpoint_give_candidate(endpoint, endpoint->early_candidates[i]);
    forget_texts(endpoint->early_candidates, &endpoint->early_candidate_count);
}
