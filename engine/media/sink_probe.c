#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/media/probe.h"
#include "engine/media/sink_slot.h"

enum {
    HELD_PACKETS = PLAYOUT_AHEAD_MAX,
    HELD_SIZE_MAX = 1500,
};

/* Audio that waits in the jitter buffer until a probe may decode it. */
struct held_audio {
    uint32_t number;
    uint16_t size; /* 0: empty */
    uint8_t data[HELD_SIZE_MAX];
};

static struct probe_stream *open_stream(struct media_sink *sink, const struct sink_sender *sender,
                                        bool video)
{
    char path[1024];
    struct probe_stream *stream = NULL;
    struct probe_stream_settings settings = {.receiver = sink->config.receiver,
                                             .sender = sender->id,
                                             .tag = sink->config.role_tag,
                                             .user = sink};

    if (sink->config.save_prefix) {
        snprintf(path, sizeof path, "%s-%u.%s", sink->config.save_prefix, sender->id,
                 video ? "ivf" : "wav");
        settings.save_path = path;
    }
    enum status status = video ? probe_open_video(sink->config.probes, &settings, &stream)
                               : probe_open_audio(sink->config.probes, &settings, &stream);
    if (status != STATUS_OK) /* no more decoders: this is not decoded */
        metric_record(sink->config.metrics, METRIC_PROBE_REFUSED, 1, 0, 0);
    return stream;
}

void sink_probe_video(struct media_sink *sink, struct sink_sender *sender,
                      const struct assembled_frame *frame, const struct stamp *stamp,
                      uint32_t thinned)
{
    if (!frame->data)
        return;
    if (!sender->video_probe)
        sender->video_probe = open_stream(sink, sender, true);
    if (!sender->video_probe)
        return;
    /* What the pool refuses it counts itself. */
    probe_submit_video(sink->config.probes, sender->video_probe,
                       &(struct probe_video_frame){.data = frame->data,
                                                   .size = frame->size - STAMP_VIDEO_SIZE,
                                                   .key_frame = frame->key_frame,
                                                   .stream = stamp->stream,
                                                   .source_frame = stamp->source_frame,
                                                   .number = stamp->number,
                                                   .thinned = thinned,
                                                   .capture_us = stamp->capture_us,
                                                   .arrival_us = frame->last_arrival_us});
}

void sink_probe_hold(struct sink_slot *slot, uint32_t number, const struct rtp_packet *packet)
{
    if (!slot->held)
        slot->held = calloc(HELD_PACKETS, sizeof slot->held[0]);
    if (!slot->held || packet->payload_size > HELD_SIZE_MAX)
        return;
    struct held_audio *held = &slot->held[number % HELD_PACKETS];
    held->number = number;
    held->size = (uint16_t)packet->payload_size;
    memcpy(held->data, packet->payload, packet->payload_size);
}

void sink_probe_play(struct sink_slot *slot, const struct playout_packet *packet)
{
    struct media_sink *sink = slot->sink;
    struct sink_sender *sender = slot->sender;
    struct held_audio *held = &slot->held[packet->number % HELD_PACKETS];

    if (held->size == 0 || held->number != packet->number)
        return;
    if (!sender->audio_probe)
        sender->audio_probe = open_stream(sink, sender, false);
    if (sender->audio_probe)
        probe_submit_audio(sink->config.probes, sender->audio_probe,
                           &(struct probe_audio_packet){.data = held->data,
                                                        .size = held->size,
                                                        .number = packet->number,
                                                        .capture_us = packet->capture_us,
                                                        .arrival_us = packet->arrival_us});
    held->size = 0;
}

void sink_probe_close(struct media_sink *sink, struct sink_sender *sender)
{
    probe_close(sink->config.probes, sender->video_probe);
    probe_close(sink->config.probes, sender->audio_probe);
    sender->video_probe = sender->audio_probe = NULL;
}

void media_sink_probed_video(struct metrics *metrics, const struct probe_video_result *result)
{
    struct media_sink *sink = result->user;
    unsigned tag = result->tag;

    if (result->outcome == PROBE_UNDECODABLE)
        metric_record(metrics, METRIC_VIDEO_UNDECODABLE, 1, tag, 0);
    if (result->outcome != PROBE_DECODED)
        return;
    metric_record(metrics, METRIC_VIDEO_DECODED, 1, tag, 0);
    if (result->compared) {
        metric_record(metrics, METRIC_VIDEO_PSNR, llround(result->psnr_db * 1000), tag, 0);
        metric_record(metrics, METRIC_VIDEO_SSIM, llround(result->ssim * 1e6), tag, 0);
    }
    if (result->marked && result->mark_ok)
        metric_record(metrics, METRIC_WITNESS_VIDEO, labs(result->difference_frames), tag, 0);
    if (sink)
        sink_note_first(sink, sink_find_or_add(sink, result->sender), MEDIA_FIRST_DECODED,
                        result->decoded_us);
}

void media_sink_probed_audio(struct metrics *metrics, const struct probe_audio_result *result)
{
    if (result->heard)
        metric_record(metrics, METRIC_WITNESS_AUDIO, labs(result->difference_us), result->tag, 0);
}
