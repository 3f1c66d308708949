#include <stdlib.h>

#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "common/webrtc/codec/opus_codec.h"
#include "engine/media/audio_level.h"
#include "engine/media/clip.h"
#include "engine/media/clip_file_ogg.h"
#include "engine/media/clip_file_wav.h"
#include "engine/media/clip_file_webm.h"
#include "engine/media/sound_mark.h"
#include "engine/media/test_speech.h"

enum {
    LOOP_PACKETS = CLIP_LOOP_S * CLIP_PACKETS_PER_S,
    /* An hour of a user's own packets. */
    FILE_PACKETS_MAX = 3600 * CLIP_PACKETS_PER_S,
    /* The encoder hears the end of the loop before its begin, so that going round makes no step. */
    WARM_UP_PACKETS = 25,
    /* Packets that say no more than "silence": not sent under DTX (RFC 6716 §2.1.9). */
    DTX_SIZE_MAX = 2,
    ENCODER_COMPLEXITY = 5,
    /* In-band redundancy is made for this loss. */
    FEC_LOSS_PERCENT = 10,
    /* Sound as loud as this counts as voice where nobody says (user files), in -dBov. */
    VOICE_LEVEL_MAX = 50,
};

void audio_clip_destroy(struct audio_clip *clip)
{
    if (!clip)
        return;
    free(clip->packets);
    free(clip->bytes);
    free(clip->quiet);
    free(clip->quiet_bytes);
    free(clip);
}

/* Average of what goes out, and the times. */
static void measure(struct audio_clip *clip, int64_t begin_us)
{
    uint64_t total = 0;
    for (size_t i = 0; i < clip->packet_count; i++)
        total += clip->packets[i].send ? clip->packets[i].size : 0;
    clip->bitrate_bps = (uint32_t)(total * 8 * CLIP_PACKETS_PER_S / clip->packet_count);
    clip->encode_us = clock_monotonic_us() - begin_us;
}

static enum status encode_one(struct audio_encoder *encoder, const int16_t *pcm,
                              struct buffer *bytes, uint16_t *ret_size)
{
    uint8_t packet[AUDIO_PACKET_SIZE_MAX];
    size_t size = 0;
    enum status status = audio_encoder_encode(encoder, pcm, packet, &size);
    if (status != STATUS_OK)
        return status;
    buffer_append(bytes, packet, size);
    *ret_size = (uint16_t)size;
    return STATUS_OK;
}

/* Encode a loop of `clip->packet_count` frames; `voice` may be NULL. */
static enum status encode_loop(struct audio_clip *clip, struct audio_encoder *encoder,
                               const int16_t *pcm, const bool *voice, bool dtx)
{
    size_t count = clip->packet_count;
    struct buffer bytes;
    buffer_init(&bytes, (count + WARM_UP_PACKETS) * AUDIO_PACKET_SIZE_MAX);
    enum status status = STATUS_OK;
    uint16_t size;
    for (size_t i = count - WARM_UP_PACKETS; i < count && status == STATUS_OK; i++)
        status = encode_one(encoder, pcm + i * AUDIO_FRAME_SAMPLES, &bytes, &size);
    buffer_clear(&bytes);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const int16_t *frame = pcm + i * AUDIO_FRAME_SAMPLES;
        struct clip_packet *packet = &clip->packets[i];
        status = encode_one(encoder, frame, &bytes, &packet->size);
        packet->level = audio_level(frame, AUDIO_FRAME_SAMPLES);
        packet->voice = voice ? voice[i] : packet->level <= VOICE_LEVEL_MAX;
        packet->send = !dtx || packet->size > DTX_SIZE_MAX;
    }
    if (status == STATUS_OK && bytes.failed)
        status = STATUS_NO_MEMORY;
    if (status != STATUS_OK) {
        buffer_finish(&bytes);
        return status;
    }
    clip->bytes = bytes.data;
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        clip->packets[i].data = clip->bytes + offset;
        offset += clip->packets[i].size;
    }
    return STATUS_OK;
}

/* `clip->packet_count` is set. */
static enum status encode(const struct clip_settings *settings, const int16_t *pcm,
                          const bool *voice, struct audio_clip *clip)
{
    const struct audio_encoder_settings encoder_settings = {
        .channels = 1,
        .bitrate_bps = settings->audio_bitrate_bps,
        .dtx = settings->audio_dtx,
        .fec = settings->audio_fec,
        .loss_percent = settings->audio_fec ? FEC_LOSS_PERCENT : 0,
        .complexity = ENCODER_COMPLEXITY,
        .speech = true,
    };
    clip->packets = calloc(clip->packet_count, sizeof(*clip->packets));
    if (!clip->packets)
        return STATUS_NO_MEMORY;
    struct audio_encoder *encoder;
    enum status status = audio_encoder_create(&encoder_settings, &encoder);
    if (status != STATUS_OK)
        return status;
    clip->delay_samples = audio_encoder_delay_samples(encoder);
    clip->bitrate_asked_bps = settings->audio_bitrate_bps;
    status = encode_loop(clip, encoder, pcm, voice, settings->audio_dtx);
    audio_encoder_destroy(encoder);
    return status;
}

static enum status create_synthetic(const struct clip_settings *settings, struct audio_clip *clip,
                                    struct failure *failure)
{
    const size_t samples = (size_t)LOOP_PACKETS * AUDIO_FRAME_SAMPLES;
    bool voice[LOOP_PACKETS];
    int16_t *pcm = malloc(samples * sizeof(*pcm));
    enum status status = STATUS_NO_MEMORY;
    if (pcm)
        status = test_speech_render(settings->seed, pcm, LOOP_PACKETS, voice);
    if (status == STATUS_OK) {
        sound_mark_add(pcm, samples);
        clip->marked = true;
        clip->packet_count = LOOP_PACKETS;
        status = encode(settings, pcm, voice, clip);
    }
    free(pcm);
    if (status != STATUS_OK)
        return failure_set(failure, status, "synthetic speech at %u bit/s: %s",
                           settings->audio_bitrate_bps, status_text(status));
    return STATUS_OK;
}

/* Whole seconds, at least one, at most the loop; what the file does not fill is silence. */
static enum status encode_wav(const struct clip_settings *settings, const struct clip_file_wav *wav,
                              struct audio_clip *clip)
{
    size_t seconds = (clip_file_wav_length(wav) + AUDIO_RATE_HZ - 1) / AUDIO_RATE_HZ;
    seconds = seconds < 1 ? 1 : seconds > CLIP_LOOP_S ? CLIP_LOOP_S : seconds;
    size_t samples = seconds * AUDIO_RATE_HZ, left_out = 0;
    int16_t *pcm = malloc(samples * sizeof(*pcm));
    if (!pcm)
        return STATUS_NO_MEMORY;
    clip->packet_count = seconds * CLIP_PACKETS_PER_S;
    enum status status = clip_file_wav_render(wav, pcm, samples, &left_out);
    clip->packets_left_out = left_out / (wav->rate_hz / CLIP_PACKETS_PER_S);
    if (status == STATUS_OK)
        status = encode(settings, pcm, NULL, clip);
    free(pcm);
    return status;
}

static enum status create_from_wav(const struct clip_settings *settings, struct audio_clip *clip,
                                   struct failure *failure)
{
    const char *path = settings->audio_path;
    uint8_t *data = NULL;
    size_t size = 0;
    struct clip_file_wav wav;
    enum status status = clip_file_load(path, &data, &size, failure);
    if (status != STATUS_OK)
        return status;
    status = clip_file_wav_read(data, size, path, &wav, failure);
    if (status == STATUS_OK) {
        status = encode_wav(settings, &wav, clip);
        if (status != STATUS_OK)
            failure_set(failure, status, "%s: encoding at %u bit/s: %s", path,
                        settings->audio_bitrate_bps, status_text(status));
    }
    free(data);
    return status;
}

/* Decode every packet once, to see that it is sound and how loud it is. */
static enum status judge_packets(struct audio_clip *clip, const char *path, struct failure *failure)
{
    struct audio_decoder *decoder;
    enum status status = audio_decoder_create(1, &decoder);
    if (status != STATUS_OK)
        return failure_set(failure, status, "%s: %s", path, status_text(status));
    for (size_t i = 0; i < clip->packet_count; i++) {
        struct clip_packet *packet = &clip->packets[i];
        int16_t pcm[AUDIO_PACKET_SAMPLES_MAX];
        size_t samples = 0;
        status = audio_decoder_decode(decoder, packet->data, packet->size, pcm, &samples);
        if (status == STATUS_OK && samples != AUDIO_FRAME_SAMPLES)
            status = STATUS_UNSUPPORTED;
        if (status != STATUS_OK) {
            failure_set(failure, status, "%s: packet %zu: %s", path, i,
                        status == STATUS_UNSUPPORTED ? "does not last 20 ms" : "is not Opus");
            break;
        }
        packet->level = audio_level(pcm, samples);
        packet->voice = packet->level <= VOICE_LEVEL_MAX;
        packet->send = packet->size > DTX_SIZE_MAX;
    }
    audio_decoder_destroy(decoder);
    return status;
}

/* Take packets as they are; `bytes` is the clip's already. */
static enum status take_packets(struct audio_clip *clip, const struct clip_spans *spans,
                                const char *path, struct failure *failure)
{
    if (spans->count == 0)
        return failure_set(failure, STATUS_MALFORMED, "%s: no Opus packet in it", path);
    clip->packets = calloc(spans->count, sizeof(*clip->packets));
    if (!clip->packets)
        return failure_set(failure, STATUS_NO_MEMORY, "%s: no memory", path);
    clip->packet_count = spans->count;
    clip->packets_left_out = spans->left_out;
    for (size_t i = 0; i < spans->count; i++) {
        if (spans->items[i].size > AUDIO_PACKET_SIZE_MAX)
            return failure_set(failure, STATUS_TOO_LARGE, "%s: packet %zu is above %d bytes", path,
                               i, AUDIO_PACKET_SIZE_MAX);
        clip->packets[i].data = clip->bytes + spans->items[i].offset;
        clip->packets[i].size = (uint16_t)spans->items[i].size;
    }
    return judge_packets(clip, path, failure);
}

static enum status create_from_opus(const char *path, struct audio_clip *clip,
                                    struct failure *failure)
{
    uint8_t *data = NULL;
    size_t size = 0;
    struct clip_file_ogg ogg;
    enum status status = clip_file_load(path, &data, &size, failure);
    if (status != STATUS_OK)
        return status;
    status = clip_file_ogg_read(data, size, path, FILE_PACKETS_MAX, &ogg, failure);
    free(data);
    if (status != STATUS_OK)
        return status;
    clip->bytes = ogg.bytes.data; /* takes the bytes over */
    ogg.bytes.data = NULL;
    status = take_packets(clip, &ogg.packets, path, failure);
    clip_file_ogg_finish(&ogg);
    return status;
}

static enum status create_from_webm(const char *path, struct audio_clip *clip,
                                    struct failure *failure)
{
    size_t size = 0;
    struct clip_file_webm webm;
    enum status status = clip_file_load(path, &clip->bytes, &size, failure);
    if (status == STATUS_OK)
        status = clip_file_webm_read(clip->bytes, size, path, FILE_PACKETS_MAX, &webm, failure);
    if (status != STATUS_OK)
        return status;
    status = take_packets(clip, &webm.packets, path, failure);
    clip_file_webm_finish(&webm);
    return status;
}

static enum status make_quiet(const struct clip_settings *settings, struct audio_clip *clip)
{
    const size_t samples = (size_t)CLIP_PACKETS_PER_S * AUDIO_FRAME_SAMPLES;
    struct audio_clip quiet = {.packet_count = CLIP_PACKETS_PER_S};
    int16_t *pcm = calloc(samples, sizeof(*pcm));
    if (!pcm)
        return STATUS_NO_MEMORY;
    if (clip->marked)
        sound_mark_add(pcm, samples);
    enum status status = encode(settings, pcm, NULL, &quiet);
    free(pcm);
    for (size_t i = 0; quiet.packets && i < quiet.packet_count; i++) {
        quiet.packets[i].level = AUDIO_LEVEL_SILENCE; /* the chirp is ours, nobody's voice */
        quiet.packets[i].voice = false;
    }
    clip->quiet = quiet.packets;
    clip->quiet_bytes = quiet.bytes;
    return status;
}

enum status audio_clip_create(const struct clip_settings *settings, struct audio_clip **ret_clip,
                              struct failure *failure)
{
    int64_t begin_us = clock_monotonic_us();
    struct audio_clip *clip = calloc(1, sizeof(*clip));
    if (!clip)
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for an audio clip");

    const char *path = settings->audio_path;
    enum status status;
    if (!path)
        status = create_synthetic(settings, clip, failure);
    else if (clip_file_ends(path, ".wav"))
        status = create_from_wav(settings, clip, failure);
    else if (clip_file_ends(path, ".opus"))
        status = create_from_opus(path, clip, failure);
    else if (clip_file_ends(path, ".webm"))
        status = create_from_webm(path, clip, failure);
    else
        status = failure_set(failure, STATUS_UNSUPPORTED,
                             "%s: audio files end in .opus, .webm or .wav", path);
    if (status == STATUS_OK && make_quiet(settings, clip) != STATUS_OK)
        status = failure_set(failure, STATUS_INTERNAL, "silence at %u bit/s cannot be encoded",
                             settings->audio_bitrate_bps);
    if (status != STATUS_OK) {
        audio_clip_destroy(clip);
        return status;
    }
    measure(clip, begin_us);
    *ret_clip = clip;
    return STATUS_OK;
}
