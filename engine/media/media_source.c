#include "engine/media/media_source.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/webrtc/codec/opus_codec.h"
#include "engine/media/frame_cutter.h"
#include "engine/media/send_schedule.h"
#include "engine/media/stamp.h"

enum {
    AUDIO_INTERVAL_US = US_PER_S / CLIP_PACKETS_PER_S,
    FRAME_INTERVAL_MIN_US = 1000, /* frames of a file may claim the same instant */
    AUDIO_PACKET_MAX = AUDIO_PACKET_SIZE_MAX * 2 + STAMP_AUDIO_SIZE + 4,
    PACKETS_PER_TURN = 4, /* of one late frame, in one turn of the wheel */
    VIDEO_KHZ = 90,
    AUDIO_KHZ = 48,
};

/* What is drawn from the seed. */
enum purpose {
    PURPOSE_PHASE,
    PURPOSE_START,
    PURPOSE_PICTURE,
    PURPOSE_VIDEO_CLOCK,
    PURPOSE_AUDIO_CLOCK
};

struct audio_stream {
    bool running;
    bool sent;      /* the last packet was sent: no marker */
    bool listening; /* silence instead of the clip */
    struct wheel_timer timer;
    int64_t next_us; /* when packet `position` is due */
    size_t position; /* in the clip */
    uint32_t number;
    uint32_t clock; /* RTP timestamp at time 0 */
};

struct video_stream {
    bool running;
    struct wheel_timer frame_timer;
    int64_t next_us; /* when the next frame is due */
    int64_t lead_us; /* first frame after the origin, so that it fits the audio */
    uint32_t number; /* of the next frame, in all its encodings */
    uint32_t clock;
    int64_t due_us, interval_us; /* of the frame being sent */
};

/* Each encoding walks its own clip: a key frame that is asked of one is none of the others. */
struct video_encoding {
    struct media_source *source;
    const struct video_clip *clip;
    unsigned index;
    bool key_wanted;
    uint8_t tl0_pic_idx; /* of the last frame of temporal layer 0 */
    uint16_t picture_id;
    size_t position; /* in the clip */
    struct wheel_timer packet_timer;
    struct frame_cut cut; /* the frame being sent */
    size_t sent;          /* of its payloads */
};

struct media_source {
    struct media_source_config config;
    struct media_source_counts counts;
    unsigned audio_tag, video_tag;
    bool begun;
    int64_t origin_us; /* of both grids */
    struct audio_stream audio;
    struct video_stream video;
    unsigned encoding_count;
    struct video_encoding encodings[];
};

static uint64_t draw(const struct media_source *source, enum purpose purpose)
{
    return random_mix(source->config.seed, purpose);
}

static void hand_over(struct media_source *source, const struct endpoint_outgoing *outgoing,
                      int64_t due_us, unsigned tag)
{
    int64_t now_us = source->config.now_us();

    if (endpoint_send(source->config.endpoint, outgoing, now_us) == STATUS_OK)
        source->counts.packets++;
    else
        source->counts.refused++;
    metric_record(source->config.metrics, METRIC_SEND_SLIP, now_us > due_us ? now_us - due_us : 0,
                  source->config.role_tag, tag);
}

/* Leave out what is too late; the clip goes on where it was. Returns the next due time. */
static int64_t catch_up(struct media_source *source, int64_t due_us, int64_t interval_us,
                        unsigned late_max, int64_t now_us, unsigned tag)
{
    uint64_t skipped = schedule_skip(due_us, interval_us, now_us, late_max);

    if (skipped == 0)
        return due_us;
    source->counts.skipped += skipped;
    metric_record(source->config.metrics, METRIC_SEND_SLIP, now_us - due_us,
                  source->config.role_tag, tag);
    return due_us + (int64_t)skipped * interval_us;
}

/* ---- audio ---- */

static void send_audio(struct media_source *source, const struct clip_packet *packet)
{
    struct audio_stream *audio = &source->audio;
    uint8_t payload[AUDIO_PACKET_MAX];
    struct stamp stamp = {.run = source->config.run,
                          .sender = source->config.sender,
                          .number = audio->number,
                          .capture_us = audio->next_us};
    struct endpoint_outgoing outgoing = {
        .track = source->config.audio_track,
        .marker = !audio->sent, /* RFC 3551 §4.1: the first packet after silence */
        .timestamp = audio->clock + (uint32_t)(audio->next_us * AUDIO_KHZ / US_PER_MS),
        .payload = payload,
        .has_audio_level = true,
        .audio_level = packet->level,
        .voice = packet->voice,
    };

    if (stamp_write_audio(&stamp, packet->data, packet->size, payload, sizeof payload,
                          &outgoing.payload_size) != STATUS_OK) {
        source->counts.refused++; /* a file whose packets are no Opus */
        return;
    }
    audio->number++;
    audio->sent = true;
    hand_over(source, &outgoing, audio->next_us, source->audio_tag);
}

static void on_audio_due(void *arg, int64_t now_us)
{
    struct media_source *source = arg;
    struct audio_stream *audio = &source->audio;

    audio->next_us = catch_up(source, audio->next_us, AUDIO_INTERVAL_US, SOURCE_LATE_PACKETS_MAX,
                              now_us, source->audio_tag);
    const struct clip_packet *packet =
        audio->listening ? &source->config.audio->quiet[audio->position % CLIP_PACKETS_PER_S]
                         : &source->config.audio->packets[audio->position];
    if (packet->send)
        send_audio(source, packet);
    else
        audio->sent = false;
    audio->position = (audio->position + 1) % source->config.audio->packet_count;
    audio->next_us += AUDIO_INTERVAL_US;
    wheel_start(source->config.wheel, &audio->timer, audio->next_us);
}

static void start_audio(struct media_source *source, bool first, int64_t now_us)
{
    struct audio_stream *audio = &source->audio;

    audio->running = true;
    audio->sent = false;
    audio->next_us =
        first ? source->origin_us : schedule_align(source->origin_us, AUDIO_INTERVAL_US, now_us);
    wheel_start(source->config.wheel, &audio->timer, audio->next_us);
}

static void stop_audio(struct media_source *source)
{
    source->audio.running = false;
    wheel_stop(source->config.wheel, &source->audio.timer);
}

/* ---- video ---- */

static int64_t packet_due_us(const struct video_encoding *encoding)
{
    const struct video_stream *video = &encoding->source->video;

    return video->due_us +
           pace_offset_us(encoding->sent, encoding->cut.split.count, video->interval_us);
}

static void send_video_packet(struct video_encoding *encoding)
{
    struct media_source *source = encoding->source;
    const struct video_stream *video = &source->video;
    uint8_t payload[FRAME_CUTTER_PAYLOAD_MAX];
    int64_t due_us = source->config.burst ? video->due_us : packet_due_us(encoding);
    struct endpoint_outgoing outgoing = {
        .track = source->config.video_track,
        .encoding = (uint8_t)encoding->index,
        .marker = encoding->sent + 1 == encoding->cut.split.count,
        .timestamp = video->clock + (uint32_t)(video->due_us * VIDEO_KHZ / US_PER_MS),
        .payload = payload,
    };
    outgoing.payload_size =
        frame_cut_payload(&encoding->cut, encoding->sent, payload, &outgoing.shared);

    encoding->sent++;
    hand_over(source, &outgoing, due_us, source->video_tag);
}

static bool frame_is_sent(const struct video_encoding *encoding)
{
    return encoding->sent == encoding->cut.split.count;
}

/* At least one packet, then those that are due as well, a few at a time. */
static void send_due_packets(struct video_encoding *encoding, int64_t now_us)
{
    for (int i = 0; i < PACKETS_PER_TURN && !frame_is_sent(encoding); i++) {
        if (i > 0 && packet_due_us(encoding) > now_us)
            break;
        send_video_packet(encoding);
    }
    if (!frame_is_sent(encoding))
        wheel_start(encoding->source->config.wheel, &encoding->packet_timer,
                    packet_due_us(encoding));
}

static void send_rest_of_frame(struct video_encoding *encoding)
{
    wheel_stop(encoding->source->config.wheel, &encoding->packet_timer);
    while (!frame_is_sent(encoding))
        send_video_packet(encoding);
}

static void on_packet_due(void *arg, int64_t now_us)
{
    send_due_packets(arg, now_us);
}

/* From frame `position` to the one after it, around the end of the loop. */
static int64_t frame_interval_us(const struct video_clip *clip, size_t position)
{
    int64_t interval_us = clip->loop_us - clip->frames[position].at_us + clip->frames[0].at_us;

    if (position + 1 < clip->frame_count)
        interval_us = clip->frames[position + 1].at_us - clip->frames[position].at_us;
    return interval_us > FRAME_INTERVAL_MIN_US ? interval_us : FRAME_INTERVAL_MIN_US;
}

static void begin_frame(struct video_encoding *encoding)
{
    struct media_source *source = encoding->source;
    const struct video_clip *clip = encoding->clip;
    const struct clip_frame *frame = &clip->frames[encoding->position];
    struct stamp stamp = {.run = source->config.run,
                          .sender = source->config.sender,
                          .stream = clip->stream,
                          .spatial = clip->spatial,
                          .temporal = frame->temporal,
                          .source_frame = (uint16_t)encoding->position,
                          .number = source->video.number,
                          .capture_us = source->video.due_us};

    encoding->tl0_pic_idx += frame->temporal == 0;
    struct frame_numbers numbers = {.picture_id = encoding->picture_id++,
                                    .layered = clip->temporal_layers > 1,
                                    .temporal = frame->temporal,
                                    .tl0_pic_idx = encoding->tl0_pic_idx,
                                    .layer_sync = frame->layer_sync,
                                    .non_reference = frame->non_reference};
    frame_cut_begin(&encoding->cut, frame->data, frame->size, &stamp, &numbers);
    encoding->sent = 0;
    encoding->position = (encoding->position + 1) % clip->frame_count;
}

static bool is_taken(const struct video_encoding *encoding)
{
    const struct media_source_config *config = &encoding->source->config;

    return encoding->index == 0 ||
           endpoint_takes_encoding(config->endpoint, config->video_track, encoding->index);
}

static void send_frame(struct video_encoding *encoding, int64_t now_us)
{
    if (!is_taken(encoding))
        return;
    begin_frame(encoding);
    if (encoding->source->config.burst)
        send_rest_of_frame(encoding);
    else
        send_due_packets(encoding, now_us);
}

static void jump_to_key_frame(struct video_encoding *encoding)
{
    if (encoding->key_wanted)
        encoding->position = video_clip_next_key_frame(encoding->clip, encoding->position);
    encoding->key_wanted = false;
}

static void on_frame_due(void *arg, int64_t now_us)
{
    struct media_source *source = arg;
    struct video_stream *video = &source->video;
    struct video_encoding *encodings = source->encodings;

    for (unsigned i = 0; i < source->encoding_count; i++) {
        send_rest_of_frame(&encodings[i]);
        jump_to_key_frame(&encodings[i]);
    }
    video->interval_us = frame_interval_us(encodings->clip, encodings->position);
    video->next_us = catch_up(source, video->next_us, video->interval_us, SOURCE_LATE_FRAMES_MAX,
                              now_us, source->video_tag);
    video->due_us = video->next_us;
    for (unsigned i = 0; i < source->encoding_count; i++)
        send_frame(&encodings[i], now_us);
    video->number++;
    video->next_us += video->interval_us;
    wheel_start(source->config.wheel, &video->frame_timer, video->next_us);
}

static void start_video(struct media_source *source, bool first, int64_t now_us)
{
    struct video_stream *video = &source->video;
    int64_t grid_us = llround(1e6 / source->config.video->fps);

    video->running = true;
    if (first) {
        video->next_us = source->origin_us + video->lead_us;
    } else {
        for (unsigned i = 0; i < source->encoding_count; i++)
            source->encodings[i].key_wanted = true;
        video->next_us = schedule_align(source->origin_us,
                                        grid_us > 0 ? grid_us : FRAME_INTERVAL_MIN_US, now_us);
    }
    wheel_start(source->config.wheel, &video->frame_timer, video->next_us);
}

static void stop_video(struct media_source *source)
{
    source->video.running = false;
    wheel_stop(source->config.wheel, &source->video.frame_timer);
    for (unsigned i = 0; i < source->encoding_count; i++)
        send_rest_of_frame(&source->encodings[i]);
}

/* ---- life ---- */

/* Video begins with some key frame of its clip, audio with the whole second in which that lies. */
static void choose_start(struct media_source *source)
{
    const struct video_clip *video = source->config.video;
    const struct audio_clip *audio = source->config.audio;
    uint64_t second = draw(source, PURPOSE_START);

    if (video) {
        size_t position = video_clip_nth_key_frame(video, second);
        int64_t at_us = video->frames[position].at_us;
        for (unsigned i = 0; i < source->encoding_count; i++)
            source->encodings[i].position =
                video_clip_nth_key_frame(source->encodings[i].clip, second);
        second = (uint64_t)(at_us / US_PER_S);
        source->video.lead_us = at_us % US_PER_S;
    }
    if (audio) {
        size_t seconds = audio->packet_count / CLIP_PACKETS_PER_S;
        source->audio.position = seconds > 0 ? second % seconds * CLIP_PACKETS_PER_S : 0;
    }
}

static unsigned count_encodings(const struct media_source_config *config)
{
    unsigned count = config->video != NULL;

    while (count > 0 && count < CLIP_ENCODINGS_MAX && config->lower[count - 1])
        count++;
    return count;
}

static void prepare_encodings(struct media_source *source)
{
    uint16_t picture_id = (uint16_t)draw(source, PURPOSE_PICTURE);

    for (unsigned i = 0; i < source->encoding_count; i++) {
        struct video_encoding *encoding = &source->encodings[i];
        encoding->source = source;
        encoding->index = i;
        encoding->clip = i == 0 ? source->config.video : source->config.lower[i - 1];
        encoding->picture_id = (uint16_t)(picture_id + 5000 * i); /* nobody may take them for one */
        encoding->packet_timer.fire = on_packet_due;
        encoding->packet_timer.arg = encoding;
    }
}

struct media_source *media_source_create(const struct media_source_config *config)
{
    unsigned encodings = count_encodings(config);
    struct media_source *source =
        calloc(1, sizeof *source + encodings * sizeof source->encodings[0]);

    if (!source)
        return NULL;
    source->config = *config;
    source->encoding_count = encodings;
    if (!source->config.now_us)
        source->config.now_us = clock_monotonic_us;
    source->audio_tag = metrics_tag(config->metrics, "kind=audio");
    source->video_tag = metrics_tag(config->metrics, "kind=video");
    source->audio.timer.fire = on_audio_due;
    source->video.frame_timer.fire = on_frame_due;
    source->audio.timer.arg = source->video.frame_timer.arg = source;
    source->video.clock = (uint32_t)draw(source, PURPOSE_VIDEO_CLOCK);
    source->audio.clock = (uint32_t)draw(source, PURPOSE_AUDIO_CLOCK);
    prepare_encodings(source);
    choose_start(source);
    return source;
}

void media_source_destroy(struct media_source *source)
{
    if (!source)
        return;
    wheel_stop(source->config.wheel, &source->audio.timer);
    wheel_stop(source->config.wheel, &source->video.frame_timer);
    for (unsigned i = 0; i < source->encoding_count; i++)
        wheel_stop(source->config.wheel, &source->encodings[i].packet_timer);
    free(source);
}

void media_source_start(struct media_source *source, bool audio, bool video, int64_t now_us)
{
    bool first = !source->begun;

    audio = audio && source->config.audio;
    video = video && source->config.video;
    if (first && (audio || video)) {
        source->begun = true;
        source->origin_us = now_us + (int64_t)(draw(source, PURPOSE_PHASE) % AUDIO_INTERVAL_US);
    }
    if (audio && !source->audio.running)
        start_audio(source, first, now_us);
    else if (!audio && source->audio.running)
        stop_audio(source);
    if (video && !source->video.running)
        start_video(source, first, now_us);
    else if (!video && source->video.running)
        stop_video(source);
}

void media_source_talk(struct media_source *source, bool talks)
{
    const struct audio_clip *clip = source->config.audio;

    /* Whoever begins to talk has something to say. */
    if (talks && source->audio.listening && clip)
        source->audio.position = audio_clip_speech_from(clip, source->audio.position);
    source->audio.listening = !talks;
}

void media_source_stop(struct media_source *source)
{
    media_source_start(source, false, false, 0);
}

void media_source_key_frame(struct media_source *source, unsigned encoding)
{
    source->counts.key_frames_asked++;
    if (encoding < source->encoding_count)
        source->encodings[encoding].key_wanted = true;
}

uint32_t media_source_video_number(const struct media_source *source)
{
    return source->video.number;
}

uint32_t media_source_audio_number(const struct media_source *source)
{
    return source->audio.number;
}

void media_source_counts(const struct media_source *source, struct media_source_counts *ret_counts)
{
    *ret_counts = source->counts;
}
