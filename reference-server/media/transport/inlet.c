#include "reference-server/media/transport/inlet.h"

#include <stdlib.h>
#include <string.h>

enum status inlet_init(struct inlet *inlet, const struct stream_terms *terms, uint32_t epoch)
{
    struct nack_tracker *nacks = NULL;

    if (terms->active && terms->nack) {
        nacks = malloc(sizeof *nacks);
        if (!nacks)
            return STATUS_NO_MEMORY;
        nack_tracker_init(nacks);
    }
    *inlet = (struct inlet){
        .ssrc = terms->ssrc,
        .rtx_ssrc = terms->rtx_ssrc,
        .clock_hz = terms->clock_hz,
        .epoch = epoch,
        .nacks = nacks,
    };
    return STATUS_OK;
}

void inlet_finish(struct inlet *inlet)
{
    free(inlet->nacks);
    inlet->nacks = NULL;
}

void inlet_renew(struct inlet *inlet)
{
    inlet->epoch++;
    if (inlet->nacks)
        nack_tracker_init(inlet->nacks); /* what was not wanted is not missed either */
}

/* Forget the numbering; statistics go on only within one SSRC. */
static void restart_numbering(struct inlet *inlet)
{
    inlet->started = false;
    inlet->restarted = true;
    inlet->unwrapper = (struct sequence_unwrapper){0};
    memset(inlet->seen, 0, sizeof inlet->seen);
    receive_stats_init(&inlet->stats, inlet->ssrc, inlet->clock_hz);
    inlet_renew(inlet);
}

void inlet_bind(struct inlet *inlet, uint32_t ssrc)
{
    inlet->bound = true;
    inlet->ssrc = ssrc;
    restart_numbering(inlet);
}

static uint64_t *seen_word(struct inlet *inlet, int64_t sequence)
{
    return &inlet->seen[((uint64_t)sequence % INLET_WINDOW) / 64];
}

static uint64_t seen_bit(int64_t sequence)
{
    return 1ULL << ((uint64_t)sequence % 64);
}

static void advance_window(struct inlet *inlet, int64_t sequence)
{
    if (sequence - inlet->highest >= INLET_WINDOW)
        memset(inlet->seen, 0, sizeof inlet->seen);
    else
        for (int64_t entering = inlet->highest + 1; entering <= sequence; entering++)
            *seen_word(inlet, entering) &= ~seen_bit(entering);
    inlet->highest = sequence;
}

static enum inlet_verdict mark(struct inlet *inlet, int64_t sequence)
{
    if (!inlet->started || sequence > inlet->highest) {
        if (!inlet->started)
            inlet->highest = sequence - 1;
        inlet->started = true;
        advance_window(inlet, sequence);
    } else if (sequence <= inlet->highest - INLET_WINDOW) {
        return INLET_TOO_OLD;
    } else if (*seen_word(inlet, sequence) & seen_bit(sequence)) {
        return INLET_DUPLICATE;
    }
    *seen_word(inlet, sequence) |= seen_bit(sequence);
    return INLET_FRESH;
}

enum inlet_verdict inlet_packet(struct inlet *inlet, const struct rtp_packet *packet, bool repaired,
                                int64_t arrival_us, int64_t *ret_sequence)
{
    struct sequence_unwrapper before = inlet->unwrapper;
    int64_t sequence = sequence_unwrap(&inlet->unwrapper, packet->sequence);
    int64_t jump = inlet->started ? sequence - inlet->highest : 0;

    if (repaired) { /* old numbers: they must not pull the unwrapper back */
        inlet->unwrapper = before;
        if (!inlet->started || jump > 0)
            return INLET_TOO_OLD;
    } else if (jump > INLET_JUMP_MAX || jump < -INLET_JUMP_MAX) {
        restart_numbering(inlet);
        sequence = sequence_unwrap(&inlet->unwrapper, packet->sequence);
    }
    enum inlet_verdict verdict = mark(inlet, sequence);
    if (!repaired)
        receive_stats_packet(&inlet->stats, packet, arrival_us);
    if (verdict != INLET_FRESH)
        return verdict;
    if (inlet->nacks)
        nack_tracker_received(inlet->nacks, sequence, arrival_us);
    *ret_sequence = sequence;
    return INLET_FRESH;
}

/* The kind whose media or retransmission payload type this is. */
static bool find_payload_type(const struct media_terms *terms, uint8_t payload_type,
                              enum media_kind *ret_kind, bool *ret_rtx)
{
    for (int kind = 0; kind < MEDIA_KINDS; kind++) {
        const struct stream_terms *stream = &terms->streams[kind];
        if (!stream->active)
            continue;
        *ret_kind = (enum media_kind)kind;
        *ret_rtx = stream->rtx_payload_type != 0 && payload_type == stream->rtx_payload_type;
        if (*ret_rtx || payload_type == stream->payload_type)
            return true;
    }
    return false;
}

static bool carries(const struct inlet *inlet, uint32_t ssrc, bool rtx)
{
    return rtx ? inlet->rtx_ssrc == ssrc : inlet->bound && inlet->ssrc == ssrc;
}

/* Simulcast: a RID names the encoding until its SSRC is known, and may move it to another one. */
static bool find_encoding(struct inlet *inlets, const struct stream_terms *stream,
                          const struct rtp_packet *packet,
                          const struct rtp_extension_values *values, struct inlet_place *place)
{
    const char *rid = place->rtx ? values->repaired_rid : values->rid;
    unsigned encoding = 0;

    if (rid[0] == '\0')
        while (encoding < stream->encoding_count &&
               !carries(&inlets[encoding], packet->ssrc, place->rtx))
            encoding++;
    else
        while (encoding < stream->encoding_count && strcmp(rid, stream->rids[encoding]) != 0)
            encoding++;
    if (encoding == stream->encoding_count)
        return false;
    place->encoding = encoding;
    if (place->rtx)
        inlets[encoding].rtx_ssrc = packet->ssrc;
    else if (!carries(&inlets[encoding], packet->ssrc, false))
        inlet_bind(&inlets[encoding], packet->ssrc);
    return true;
}

static bool find_alone(struct inlet *inlet, uint32_t signalled, const struct rtp_packet *packet,
                       bool named, bool rtx)
{
    if (rtx) {
        if (packet->ssrc != inlet->rtx_ssrc && inlet->rtx_ssrc != 0 && !named)
            return false;
        inlet->rtx_ssrc = packet->ssrc;
        return true;
    }
    if (inlet->bound && packet->ssrc == inlet->ssrc)
        return true;
    /* A new SSRC: the one that was signalled, the first one, or one that says its MID. */
    if (inlet->bound && !named && packet->ssrc != signalled)
        return false;
    inlet_bind(inlet, packet->ssrc);
    return true;
}

bool inlet_find(struct inlet inlets[MEDIA_STREAMS], const struct media_terms *terms,
                const struct rtp_packet *packet, const struct rtp_extension_values *values,
                struct inlet_place *ret_place)
{
    ret_place->encoding = 0;
    if (!find_payload_type(terms, packet->payload_type, &ret_place->kind, &ret_place->rtx))
        return false;
    const struct stream_terms *stream = &terms->streams[ret_place->kind];
    struct inlet *inlet = &inlets[ret_place->kind];
    bool named = values->mid[0] != '\0';

    if (named && strcmp(values->mid, stream->mid) != 0)
        return false;
    if (stream->encoding_count > 1)
        return find_encoding(inlet, stream, packet, values, ret_place);
    return find_alone(inlet, stream->ssrc, packet, named, ret_place->rtx);
}
