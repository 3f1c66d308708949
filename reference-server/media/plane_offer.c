#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"
#include "common/base/random.h"
#include "reference-server/media/media_answer.h"
#include "reference-server/media/media_plane_private.h"

static bool ssrc_is_new(const struct media_local *local, size_t count, uint32_t ssrc)
{
    for (size_t i = 0; i < count; i++)
        if (local->ssrcs[i] == ssrc)
            return false;
    return ssrc != 0;
}

/* Fresh credentials and names; nobody can guess the password. */
static enum status fill_local(const struct media_plane *plane, unsigned worker,
                              struct media_local *local)
{
    uint64_t session;

    local->fingerprint = certificate_fingerprint(plane->certificate);
    local->address = plane->address;
    local->port = media_worker_port(plane->workers[worker]);
    if (random_secret_text(local->ufrag, MEDIA_UFRAG_LENGTH) != STATUS_OK ||
        random_secret_text(local->pwd, MEDIA_PWD_LENGTH) != STATUS_OK ||
        random_secret_text(local->cname, 16) != STATUS_OK ||
        random_secret(&session, sizeof session) != STATUS_OK)
        return STATUS_CRYPTO;
    snprintf(local->session_id, sizeof local->session_id, "%llu",
             (unsigned long long)(session >> 2)); /* RFC 8829 §5.2.1: 63 bits at most */
    for (size_t i = 0; i < MEDIA_ANSWER_SSRCS;) {
        if (random_secret(&local->ssrcs[i], sizeof local->ssrcs[i]) != STATUS_OK)
            return STATUS_CRYPTO;
        if (ssrc_is_new(local, i, local->ssrcs[i]))
            i++;
    }
    return STATUS_OK;
}

static enum status write_answer(const struct media_plane *plane, char **ret_text,
                                struct failure *failure)
{
    struct buffer out;

    buffer_init(&out, SDP_TEXT_MAX);
    enum status status = sdp_write(plane->answer, &out);
    char *text = status == STATUS_OK ? strdup(buffer_string(&out)) : NULL;
    buffer_finish(&out);
    if (status == STATUS_OK && !text)
        status = STATUS_NO_MEMORY;
    if (status != STATUS_OK)
        return failure_set(failure, status, "answer: %s", status_text(status));
    *ret_text = text;
    return STATUS_OK;
}

/* Hand the terms to the worker; the command is on its way before the answer is returned, and STUN
 * that overtakes it is sent again by the client. */
static enum status install_terms(struct media_plane *plane, struct plane_participant *participant,
                                 const struct media_terms *terms, bool continues)
{
    struct media_command command = {
        .kind = continues ? MEDIA_COMMAND_UPDATE : MEDIA_COMMAND_ADD,
        .participant = participant->id,
        .terms = malloc(sizeof *terms),
    };
    size_t before[MEDIA_KINDS];

    memcpy(before, participant->pair_count, sizeof before);
    if (!command.terms || plane_participant_set_terms(participant, terms) != STATUS_OK) {
        free(command.terms);
        return STATUS_NO_MEMORY;
    }
    *command.terms = *terms;
    command.meter = voice_meter_share(participant->meter);
    for (enum media_kind kind = 0; kind < MEDIA_KINDS; kind++)
        for (size_t i = participant->pair_count[kind]; i < before[kind]; i++)
            if (participant->pairs[kind][i] != 0)
                plane_disconnect(plane, participant, kind, i);
    plane_tell(plane, participant->worker, &command);
    if (!continues)
        plane_restore_routes(plane, participant);
    return STATUS_OK;
}

enum status media_plane_offer(struct media_plane *plane, uint64_t id, unsigned worker_hint,
                              const char *offer, char **ret_answer, struct failure *failure)
{
    struct plane_participant *participant = NULL;
    struct media_local local;
    struct media_terms terms;
    char *text = NULL;

    if (id == 0)
        return failure_set(failure, STATUS_INVALID, "offer: participant 0");
    enum status status = sdp_parse(offer, strlen(offer), plane->offer, failure);
    if (status != STATUS_OK)
        return status;
    participant = plane_obtain(plane, id);
    if (!participant)
        return failure_set(failure, STATUS_FULL, "no room for another participant");
    if (!participant->terms)
        participant->worker = worker_hint % plane->config.workers;
    bool continues = participant->terms && media_answer_continues(plane->offer, participant->terms);
    status = fill_local(plane, participant->worker, &local);
    if (status != STATUS_OK)
        failure_set(failure, status, "offer: no random numbers");
    if (status == STATUS_OK)
        status = media_answer_make(plane->offer, &local, continues ? participant->terms : NULL,
                                   plane->answer, &terms, failure);
    if (status == STATUS_OK)
        status = write_answer(plane, &text, failure);
    if (status == STATUS_OK) {
        terms.participant = id;
        terms.incarnation = continues ? participant->terms->incarnation : ++plane->incarnations;
        status = install_terms(plane, participant, &terms, continues);
    }
    if (status != STATUS_OK) {
        free(text);
        plane_forget_if_idle(plane, participant);
        return status;
    }
    *ret_answer = text;
    return STATUS_OK;
}
