#include "engine/media/sink_slot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "engine/media/stamp.h"

enum {
    AUDIO_HZ = 48000,
    VIDEO_HZ = 90000,
    PROBE_FRAME_MAX = 1 << 20, /* bytes of a frame that is kept whole */
};

#define CAPTURE_BEFORE_MAX_US (10 * US_PER_S) /* older than this: another media clock */

static void measure_jitter(struct sink_slot *slot, const struct endpoint_media *media)
{
    uint32_t clock_hz = slot->kind == SDP_VIDEO ? VIDEO_HZ : AUDIO_HZ;

    if (media->repaired || media->packet->payload_size == 0)
        return;
    arrival_jitter_packet(&slot->jitter, media->packet->timestamp, clock_hz, media->arrival_us);
    slot->jitter_is_new = true;
}

/* ---- video ---- */

static void take_complete_frame(struct sink_slot *slot, const struct assembled_frame *frame,
                                const struct stamp *stamp)
{
    const struct media_sink_config *config = &slot->sink->config;
    struct sink_sender *sender = slot->sender;
    int64_t latency_us = frame->last_arrival_us - stamp->capture_us;

    sender->frames++;
    sender->key_frames += frame->key_frame;
    sender->video_latency.sum_us += latency_us;
    sender->video_latency.count++;
    metric_record(config->metrics, METRIC_FRAME_LATENCY, latency_us, config->role_tag, 0);
    if (config->simulcast)
        metric_record(config->metrics, METRIC_LAYER_SPATIAL, stamp->spatial, config->role_tag, 0);
    if (config->temporal_layers > 1)
        metric_record(config->metrics, METRIC_LAYER_TEMPORAL, stamp->temporal, config->role_tag, 0);
    if (frame->decodable)
        sink_sender_show(sender, stamp->number, stamp->capture_us, frame->decodable_us);
}

/* What comes in two encodings is one frame, but decoders need both. */
static void decode_frame(struct sink_slot *slot, const struct assembled_frame *frame,
                         const struct stamp *stamp)
{
    const struct media_sink_config *config = &slot->sink->config;
    struct layer_gap gap = {0};

    if (frame->decodable)
        gap = sink_layers_frame(&slot->sender->layers, frame, stamp, config->temporal_layers,
                                config->simulcast);
    if (config->probes)
        sink_probe_video(slot->sink, slot->sender, frame, stamp, gap.thinned);
}

/* Late frames of a permission that has ended still count as received. */
static bool is_new_frame(struct sink_sender *sender, const struct assembled_frame *frame,
                         const struct stamp *stamp)
{
    return frame->complete && number_ledger_came(&sender->video, stamp->number, stamp->capture_us,
                                                 frame->incomplete_before);
}

/* When a frame without a stamp was captured, by the media clock of the last one that had one; never
 * later than it began to come. */
static int64_t capture_of_unstamped(const struct sink_slot *slot,
                                    const struct assembled_frame *frame)
{
    int64_t capture_us = slot->stamped_capture_us +
                         (frame->timestamp - slot->stamped_timestamp) * US_PER_S / VIDEO_HZ;

    if (!slot->has_stamped || capture_us > frame->first_arrival_us ||
        frame->first_arrival_us - capture_us > CAPTURE_BEFORE_MAX_US)
        return frame->first_arrival_us;
    return capture_us;
}

static void note_stamped(struct sink_slot *slot, const struct assembled_frame *frame,
                         const struct stamp *stamp)
{
    slot->has_stamped = true;
    slot->stamped_timestamp = frame->timestamp;
    slot->stamped_capture_us = stamp->capture_us;
}

static void count_unstamped_frame(struct sink_slot *slot, const struct assembled_frame *frame)
{
    struct unstamped what = {.track = slot->track,
                             .kind = SDP_VIDEO,
                             .packets = frame->packets,
                             .complete = frame->complete,
                             .repaired = frame->repaired,
                             .captured_us = capture_of_unstamped(slot, frame),
                             .begun_us = frame->first_arrival_us,
                             .arrival_us = frame->last_arrival_us};

    if (frame->complete)
        sink_count_unattributed(slot->sink, &what);
    else
        sink_cut_take(slot->sink, &what);
}

static void on_frame(void *arg, const struct assembled_frame *frame)
{
    struct sink_slot *slot = arg;
    struct media_sink *sink = slot->sink;
    const struct media_sink_config *config = &sink->config;
    struct stamp stamp;

    if (!stamp_read_video(frame->tail, frame->tail_size, sink->config.run, &stamp)) {
        if (sink_take_foreign(sink, SDP_VIDEO, frame->packets, frame->complete,
                              frame->last_arrival_us))
            return;
        if (frame->cut && config->simulcast) { /* another encoding takes its place */
            slot->cut_packets += frame->packets;
            return;
        }
        count_unstamped_frame(slot, frame);
        return;
    }
    note_stamped(slot, frame, &stamp);
    struct sink_sender *sender = sink_find_or_add(sink, stamp.sender);
    uint32_t packets = frame->packets + slot->cut_packets;
    enum permission_verdict verdict =
        permission_packets(&sender->permission, packets, stamp.capture_us, frame->last_arrival_us);
    slot->cut_packets = 0;
    sender->video_packets += packets;
    if (verdict == PERMISSION_GIVEN)
        sink_slot_switch(slot, sender);
    bool first_time = is_new_frame(sender, frame, &stamp);
    if (first_time && verdict == PERMISSION_GIVEN)
        take_complete_frame(slot, frame, &stamp);
    if ((first_time || (frame->complete && config->simulcast)) && verdict == PERMISSION_GIVEN)
        decode_frame(slot, frame, &stamp);
    if (verdict == PERMISSION_GRACE)
        return;
    sink_note_first(sink, sender, MEDIA_FIRST_RTP, frame->first_arrival_us);
    if (!frame->key_frame || !frame->decodable)
        return;
    sender->key_frame_us = frame->last_arrival_us;
    sink_note_first(sink, sender, MEDIA_FIRST_KEY_FRAME, frame->last_arrival_us);
    if (sender->asked_us != 0 && frame->first_arrival_us > sender->asked_us) {
        sender->asked_us = 0;
        sink_note_first(sink, sender, MEDIA_FIRST_REFRESH, frame->last_arrival_us);
    }
}

static void on_want_key_frame(void *arg)
{
    struct sink_slot *slot = arg;
    const struct media_sink_config *config = &slot->sink->config;

    if (config->on_want_key_frame)
        config->on_want_key_frame(config->arg, slot->track);
}

static void take_video(struct sink_slot *slot, const struct endpoint_media *media)
{
    const struct rtp_packet *packet = media->packet;

    frame_assembler_packet(slot->assembler,
                           &(struct assembler_packet){.sequence = media->sequence,
                                                      .timestamp = packet->timestamp,
                                                      .marker = packet->marker,
                                                      .repaired = media->repaired,
                                                      .payload = packet->payload,
                                                      .size = packet->payload_size,
                                                      .arrival_us = media->arrival_us});
}

/* ---- audio ---- */

static void on_played(void *arg, const struct playout_packet *packet, int64_t play_us)
{
    struct sink_slot *slot = arg;
    const struct media_sink_config *config = &slot->sink->config;

    metric_record(config->metrics, METRIC_M_MOUTH_EAR, play_us - packet->capture_us,
                  config->role_tag, 0);
    metric_record(config->metrics, METRIC_AUDIO_BUFFER_DELAY, play_us - packet->arrival_us,
                  config->role_tag, 0);
    if (slot->held)
        sink_probe_play(slot, packet);
}

static void take_permitted_audio(struct sink_slot *slot, const struct endpoint_media *media,
                                 const struct stamp *stamp)
{
    const struct media_sink_config *config = &slot->sink->config;
    struct sink_sender *sender = slot->sender;
    int64_t latency_us = media->arrival_us - stamp->capture_us;
    struct playout_packet packet = {
        .timestamp = timestamp_unwrap(&slot->unwrapper, media->packet->timestamp),
        .number = stamp->number,
        .capture_us = stamp->capture_us,
        .arrival_us = media->arrival_us,
    };

    sender->audio_latency.sum_us += latency_us;
    sender->audio_latency.count++;
    metric_record(config->metrics, METRIC_AUDIO_LATENCY, latency_us, config->role_tag, 0);
    if (config->probes)
        sink_probe_hold(slot, stamp->number, media->packet);
    audio_playout_packet(slot->playout, &packet);
}

static void take_audio(struct sink_slot *slot, const struct endpoint_media *media)
{
    struct media_sink *sink = slot->sink;
    const struct rtp_packet *packet = media->packet;
    struct stamp stamp;

    if (packet->payload_size == 0)
        return; /* padding is not media */
    if (!stamp_read_audio(packet->payload, packet->payload_size, sink->config.run,
                          media->arrival_us, &stamp)) {
        if (!sink_take_foreign(sink, SDP_AUDIO, 1, false, media->arrival_us))
            sink_count_unattributed(sink, &(struct unstamped){.track = slot->track,
                                                              .kind = SDP_AUDIO,
                                                              .packets = 1,
                                                              .captured_us = media->arrival_us,
                                                              .begun_us = media->arrival_us,
                                                              .arrival_us = media->arrival_us,
                                                              .repaired = media->repaired});
        return;
    }
    struct sink_sender *sender = sink_find_or_add(sink, stamp.sender);
    enum permission_verdict verdict =
        permission_packets(&sender->permission, 1, stamp.capture_us, media->arrival_us);
    sender->audio_packets++;
    bool new = verdict != PERMISSION_SUSPECT &&number_ledger_came(&sender->audio, stamp.number,
                                                                  stamp.capture_us, 0);
    if (verdict == PERMISSION_GIVEN && new) {
        sink_slot_switch(slot, sender);
        take_permitted_audio(slot, media, &stamp);
    }
    if (verdict == PERMISSION_GRACE)
        return;
    sink_note_first(sink, sender, MEDIA_FIRST_RTP, media->arrival_us);
    sender->audio_us = media->arrival_us;
    sink_note_first(sink, sender, MEDIA_FIRST_AUDIO, media->arrival_us);
}

/* ---- the slot ---- */

void sink_slot_switch(struct sink_slot *slot, struct sink_sender *sender)
{
    struct sink_sender *before = slot->sender;

    if (before == sender)
        return;
    if (before && slot->playout) {
        audio_playout_break(slot->playout);
        sink_sender_take_playout(before, slot->playout);
    } else if (before) {
        sink_sender_break_video(before);
    }
    slot->sender = sender;
}

void sink_slot_restart(struct sink_slot *slot, uint32_t ssrc)
{
    if (slot->assembler)
        frame_assembler_reset(slot->assembler);
    sink_slot_switch(slot, NULL);
    slot->ssrc = ssrc;
    slot->has_stamped = false;
    memset(&slot->unwrapper, 0, sizeof slot->unwrapper);
    memset(&slot->jitter, 0, sizeof slot->jitter);
}

void sink_slot_packet(struct sink_slot *slot, const struct endpoint_media *media)
{
    if (media->packet->ssrc != slot->ssrc)
        sink_slot_restart(slot, media->packet->ssrc);
    measure_jitter(slot, media);
    if (slot->kind == SDP_VIDEO)
        take_video(slot, media);
    else
        take_audio(slot, media);
}

void sink_slot_second(struct sink_slot *slot, int64_t now_us)
{
    const struct media_sink_config *config = &slot->sink->config;

    if (slot->assembler)
        frame_assembler_time(slot->assembler, now_us);
    else
        audio_playout_advance(slot->playout, now_us);
    if (slot->playout && slot->sender)
        sink_sender_take_playout(slot->sender, slot->playout);
    if (slot->jitter_is_new && slot->jitter.measured && slot->sender)
        metric_record(config->metrics,
                      slot->kind == SDP_VIDEO ? METRIC_VIDEO_JITTER : METRIC_AUDIO_JITTER,
                      llround(slot->jitter.jitter_us), config->role_tag, 0);
    slot->jitter_is_new = false;
}

void sink_slot_destroy(struct sink_slot *slot)
{
    if (!slot)
        return;
    frame_assembler_destroy(slot->assembler);
    free(slot->playout);
    free(slot->held);
    free(slot);
}

struct sink_slot *sink_slot_create(struct media_sink *sink, const struct endpoint_media *media)
{
    struct sink_slot *slot = calloc(1, sizeof *slot);

    if (!slot)
        return NULL;
    slot->sink = sink;
    slot->track = media->track;
    slot->kind = media->kind;
    slot->ssrc = media->packet->ssrc;
    if (media->kind == SDP_VIDEO) {
        struct assembler_events events = {on_frame, on_want_key_frame, slot};
        slot->assembler = frame_assembler_create(&events, sink->config.probes, PROBE_FRAME_MAX);
    } else {
        slot->playout = malloc(sizeof *slot->playout);
        if (slot->playout)
            audio_playout_init(slot->playout, on_played, slot);
    }
    if (!slot->assembler && !slot->playout) {
        sink_slot_destroy(slot);
        return NULL;
    }
    return slot;
}
