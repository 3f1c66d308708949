#include "engine/media/probe_audio.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/codec/opus_codec.h"
#include "engine/media/audio_level.h"
#include "engine/media/clip_file_wav.h"
#include "engine/media/sound_mark.h"

enum {
    FRAME_US = 20000,
    /* A longer gap (half a second; DTX says something every 400 ms) is not filled: what was heard
     * before is forgotten. */
    FILL_FRAMES_MAX = 25,
    /* Frames remembered by what their packets said; the detector answers within 6. */
    RECENT_FRAMES = 16,
    /* From a chirp's begin to where it must have been heard: its length and the detector's time. */
    VERDICT_SAMPLES = SOUND_MARK_SAMPLES + 3000 + AUDIO_FRAME_SAMPLES,
    /* A chirp further away than this from its place is another sound, or really elsewhere. */
    NEAR_SAMPLES = 2400,
    /* Frames before a chirp's begin that must be sound for a verdict: the tone that announces it.
     */
    LEAD_FRAMES = 4,
    /* A chirp begins where a packet does: its packet is looked for by a place inside. */
    INSIDE_SAMPLES = AUDIO_FRAME_SAMPLES / 2,
};

struct heard_frame {
    int64_t frame; /* of the axis; -1: nothing */
    uint32_t number;
    int64_t capture_us, arrival_us;
};

/* The axis counts samples (and frames of 960) so that a packet's place on it follows from what its
 * stamp says. Decoded sound lies `delay_samples` later on it than its source. */
struct probe_audio {
    struct probe_audio_settings settings;
    struct audio_decoder *decoder;
    struct sound_mark_detector *detector;
    struct probe_audio_counts counts;

    bool started;
    uint32_t last_number;
    int64_t next_frame;       /* of the axis */
    int64_t first_capture_us; /* DTX: frame 0 of the axis */
    int64_t sound_since;      /* first frame of an unbroken run of received ones */
    bool anchored;            /* `anchor` is known */
    double anchor;            /* samples from the axis to the clip's seconds */
    int64_t judged_until;     /* sample of the axis up to which missing chirps were judged */
    double last_heard;        /* place of the last chirp, in samples of the axis */
    struct heard_frame recent[RECENT_FRAMES];

    double squares; /* of the samples since the last result */
    uint64_t samples;

    struct wav_writer *writer;
    bool save_failed;
};

enum status probe_audio_create(const struct probe_audio_settings *settings,
                               struct probe_audio **ret_audio)
{
    struct probe_audio *audio = calloc(1, sizeof(*audio));
    if (!audio)
        return STATUS_NO_MEMORY;
    audio->settings = *settings;
    audio->settings.save_path = NULL; /* opened at once, below */
    audio->detector = sound_mark_detector_create();
    enum status status = audio->detector ? STATUS_OK : STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = audio_decoder_create(1, &audio->decoder);
    if (status != STATUS_OK) {
        probe_audio_destroy(audio);
        return status;
    }
    if (settings->save_path && wav_writer_create(settings->save_path, &audio->writer) != STATUS_OK)
        audio->save_failed = true;
    *ret_audio = audio;
    return STATUS_OK;
}

enum status probe_audio_destroy(struct probe_audio *audio)
{
    if (!audio)
        return STATUS_OK;
    bool failed = audio->save_failed;
    if (wav_writer_destroy(audio->writer) != STATUS_OK)
        failed = true;
    sound_mark_detector_destroy(audio->detector);
    audio_decoder_destroy(audio->decoder);
    free(audio);
    return failed ? STATUS_IO : STATUS_OK;
}

const struct probe_audio_counts *probe_audio_counts(const struct probe_audio *audio)
{
    return &audio->counts;
}

/* Sample of the clip's axis (seconds begin at multiples of 48000) where decoded sound comes from.
 */
static double source_position(const struct probe_audio *audio, double position)
{
    return position - (double)audio->settings.delay_samples - audio->anchor;
}

static const struct heard_frame *find_recent(const struct probe_audio *audio, double source)
{
    int64_t frame = (int64_t)floor((source + INSIDE_SAMPLES) / AUDIO_FRAME_SAMPLES);
    for (size_t i = 0; i < RECENT_FRAMES; i++)
        if (audio->recent[i].frame == frame)
            return &audio->recent[i];
    return NULL;
}

/* A result about a chirp that begins at `position` of the decoded axis. */
static void emit(struct probe_audio *audio, double position, struct probe_audio_result result)
{
    double source = position - (double)audio->settings.delay_samples;
    const struct heard_frame *frame = find_recent(audio, source);
    if (!frame)
        return; /* DTX left its packet out: there is nothing to say about a stamp */
    double into_us = (source - (double)frame->frame * AUDIO_FRAME_SAMPLES) * 1e6 / AUDIO_RATE_HZ;
    result.number = frame->number;
    result.capture_us = frame->capture_us + llrint(into_us);
    result.arrival_us = frame->arrival_us;
    result.decoded_us = audio->settings.now_us();
    double power = audio->samples ? audio->squares / (double)audio->samples : 0;
    result.level_dbov = power > 0 ? 10 * log10(power / (32768.0 * 32768.0)) : -127;
    audio->squares = 0;
    audio->samples = 0;
    audio->settings.emit(audio->settings.arg, &result);
}

/* Was everything received from the announcing tone of a chirp on? */
static bool sound_before(const struct probe_audio *audio, double position)
{
    double frame = (position - (double)audio->settings.delay_samples) / AUDIO_FRAME_SAMPLES;
    return frame - LEAD_FRAMES >= (double)audio->sound_since;
}

static void take_chirp(struct probe_audio *audio, const struct sound_mark_found *found)
{
    if (!audio->settings.marked || !sound_before(audio, found->position))
        return; /* what was made up around a gap is no witness */
    if (!audio->anchored) {
        audio->anchor = sound_mark_offset(source_position(audio, found->position));
        audio->anchored = true;
        audio->last_heard = found->position;
        return;
    }
    double offset = sound_mark_offset(source_position(audio, found->position));
    audio->last_heard = found->position;
    int32_t difference_us = (int32_t)lrint(offset * 1e6 / AUDIO_RATE_HZ);
    emit(audio, found->position,
         (struct probe_audio_result){.heard = true,
                                     .difference_us = difference_us,
                                     .agrees = abs(difference_us) <= PROBE_AUDIO_AGREE_US,
                                     .match = found->match});
}

/* Judge the chirp that must have been heard by now, if one must. */
static void judge_missing(struct probe_audio *audio)
{
    int64_t now = audio->next_frame * AUDIO_FRAME_SAMPLES;
    if (!audio->settings.marked || !audio->anchored || now <= audio->judged_until)
        return;
    double latest = (double)now - VERDICT_SAMPLES;
    double place = latest - sound_mark_offset(source_position(audio, latest));
    if (place > latest)
        place -= SOUND_MARK_PERIOD_SAMPLES;
    if (place + VERDICT_SAMPLES <= (double)audio->judged_until)
        return;
    audio->judged_until = now;
    if (fabs(place - audio->last_heard) > NEAR_SAMPLES && sound_before(audio, place))
        emit(audio, place, (struct probe_audio_result){.heard = false});
}

/* One decoded frame of 20 ms goes to the file and to the ear. */
static void take_sound(struct probe_audio *audio, const int16_t *pcm)
{
    if (audio->writer && !audio->save_failed &&
        wav_writer_add(audio->writer, pcm, AUDIO_FRAME_SAMPLES) != STATUS_OK)
        audio->save_failed = true;
    for (size_t i = 0; i < AUDIO_FRAME_SAMPLES; i++)
        audio->squares += (double)pcm[i] * pcm[i];
    audio->samples += AUDIO_FRAME_SAMPLES;
    audio->next_frame++;
    struct sound_mark_found found;
    if (sound_mark_detector_push(audio->detector, pcm, AUDIO_FRAME_SAMPLES, &found))
        take_chirp(audio, &found);
    judge_missing(audio);
}

/* Begin anew at a frame of the axis: at first, and after a gap too long to fill. */
static void restart(struct probe_audio *audio, const struct probe_audio_packet *packet)
{
    audio->first_capture_us = packet->capture_us;
    audio->next_frame = audio->settings.dtx ? 0 : packet->number;
    audio->anchored = !audio->settings.dtx;
    audio->anchor = 0;
    audio->sound_since = audio->next_frame;
    audio->judged_until = audio->next_frame * AUDIO_FRAME_SAMPLES;
    audio->last_heard = -1e18;
    for (size_t i = 0; i < RECENT_FRAMES; i++)
        audio->recent[i].frame = -1;
    sound_mark_detector_reset(audio->detector, audio->next_frame * AUDIO_FRAME_SAMPLES);
}

static int64_t frame_of(const struct probe_audio *audio, const struct probe_audio_packet *packet)
{
    if (!audio->settings.dtx)
        return packet->number;
    return (packet->capture_us - audio->first_capture_us + FRAME_US / 2) / FRAME_US;
}

/* Fill the frames before `frame`: lost ones, or silence that was not sent. The last lost one may be
 * inside `packet` once more. */
static void fill_gap(struct probe_audio *audio, int64_t frame,
                     const struct probe_audio_packet *packet)
{
    uint32_t lost = packet->number - audio->last_number - 1;
    while (audio->next_frame < frame) {
        int16_t pcm[AUDIO_PACKET_SAMPLES_MAX];
        bool last = audio->next_frame + 1 == frame;
        bool again = last && lost > 0 && audio_packet_has_redundancy(packet->data, packet->size);
        enum status status =
            again ? audio_decoder_recover(audio->decoder, packet->data, packet->size, pcm)
                  : audio_decoder_conceal(audio->decoder, pcm);
        if (status != STATUS_OK)
            memset(pcm, 0, sizeof(pcm));
        take_sound(audio, pcm);
        audio->counts.recovered += again;
    }
    if (lost > 0) {
        bool again = audio_packet_has_redundancy(packet->data, packet->size);
        audio->counts.concealed += lost - (again ? 1 : 0);
        audio->sound_since = frame;
    }
}

static void remember(struct probe_audio *audio, int64_t frame,
                     const struct probe_audio_packet *packet)
{
    audio->recent[frame % RECENT_FRAMES] =
        (struct heard_frame){frame, packet->number, packet->capture_us, packet->arrival_us};
}

void probe_audio_take(struct probe_audio *audio, const struct probe_audio_packet *packet)
{
    if (audio->started && packet->number <= audio->last_number) {
        audio->counts.late++;
        return;
    }
    if (!audio->started) {
        restart(audio, packet);
        audio->started = true;
        audio->last_number = packet->number - 1;
    }
    int64_t frame = frame_of(audio, packet);
    if (frame < audio->next_frame || frame - audio->next_frame > FILL_FRAMES_MAX) {
        audio->counts.concealed += packet->number - audio->last_number - 1;
        restart(audio, packet);
        frame = audio->next_frame;
    } else {
        fill_gap(audio, frame, packet);
    }
    audio->last_number = packet->number;
    remember(audio, frame, packet);

    int16_t pcm[AUDIO_PACKET_SAMPLES_MAX];
    size_t samples = 0;
    enum status status =
        audio_decoder_decode(audio->decoder, packet->data, packet->size, pcm, &samples);
    if (status != STATUS_OK || samples != AUDIO_FRAME_SAMPLES) {
        audio->counts.bad++;
        audio->sound_since = frame + 1;
        memset(pcm, 0, AUDIO_FRAME_SAMPLES * sizeof(*pcm));
    }
    take_sound(audio, pcm);
}
