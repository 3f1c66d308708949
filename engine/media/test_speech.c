#include "engine/media/test_speech.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"
#include "common/webrtc/codec/opus_codec.h"

enum {
    FORMANTS = 3,
    /* Filters follow the moving formants every 5 ms. */
    STEP_SAMPLES = AUDIO_RATE_HZ / 200,
    FADE_SAMPLES = AUDIO_RATE_HZ / 50,
    FRAME_MS = 20,
    /* No spurt is longer than five times the mean. */
    PART_MAX_MEANS = 5,
    SPURT_FRAMES_MAX = PART_MAX_MEANS * TEST_SPEECH_SPURT_MEAN_MS / FRAME_MS + 1,
};

/* First three formants of some vowels in Hz: means of men's voices, rounded. */
static const double vowels[][FORMANTS] = {
    {270, 2290, 3010}, {390, 1990, 2550}, {530, 1840, 2480}, {660, 1720, 2410},
    {730, 1090, 2440}, {570, 840, 2410},  {300, 870, 2240},  {490, 1350, 1690},
};
static const double bandwidths[FORMANTS] = {70, 100, 140};

/* A two-pole resonator: y = gain·x + b·y[-1] + c·y[-2], gain 1 at zero frequency. */
struct resonator {
    double gain, b, c, last, before;
};

struct voice {
    struct random_stream random;
    double pitch_hz; /* of this speaker */
    double size;     /* of the throat: scales formants */
    struct resonator resonators[FORMANTS];
    double formants[FORMANTS], goals[FORMANTS];
    double cycle;      /* position in the pitch period, 0…1 */
    double tilt;       /* state of the filter that softens the pulses */
    double last_noise; /* for the breath's difference filter */
};

struct syllable {
    size_t length, breath;        /* samples; the first `breath` are unvoiced */
    double pitch_hz, pitch_slope; /* slope in Hz per sample */
    double loudness;
};

static double between(struct random_stream *random, double low, double high)
{
    return low + (high - low) * random_unit(random);
}

static void tune(struct resonator *resonator, double hz, double bandwidth)
{
    resonator->c = -exp(-2 * M_PI * bandwidth / AUDIO_RATE_HZ);
    resonator->b = 2 * exp(-M_PI * bandwidth / AUDIO_RATE_HZ) * cos(2 * M_PI * hz / AUDIO_RATE_HZ);
    resonator->gain = 1 - resonator->b - resonator->c;
}

static double resonate(struct resonator *resonator, double in)
{
    double out =
        resonator->gain * in + resonator->b * resonator->last + resonator->c * resonator->before;
    resonator->before = resonator->last;
    resonator->last = out;
    return out;
}

static void voice_init(struct voice *voice, uint32_t seed)
{
    *voice = (struct voice){0};
    random_stream_init(&voice->random, random_mix(random_hash_text("test_speech"), seed));
    bool high = random_below(&voice->random, 2) != 0;
    voice->pitch_hz = high ? between(&voice->random, 180, 230) : between(&voice->random, 95, 135);
    voice->size = high ? 1.15 : 1.0;
    memcpy(voice->formants, vowels[0], sizeof(voice->formants));
}

static struct syllable next_syllable(struct voice *voice, size_t left)
{
    struct random_stream *random = &voice->random;
    size_t length = (size_t)(between(random, 0.12, 0.27) * AUDIO_RATE_HZ);
    const double *vowel = vowels[random_below(random, sizeof(vowels) / sizeof(vowels[0]))];
    for (int i = 0; i < FORMANTS; i++)
        voice->goals[i] = vowel[i] * voice->size;
    struct syllable syllable = {
        .length = length < left ? length : left,
        .pitch_hz = voice->pitch_hz * between(random, 0.85, 1.25),
        .loudness = between(random, 0.5, 1),
    };
    syllable.pitch_slope = -syllable.pitch_hz * between(random, 0, 0.2) / (double)length;
    if (random_below(random, 3) != 0)
        syllable.breath = (size_t)(syllable.length * between(random, 0.15, 0.4));
    return syllable;
}

/* Pulses of the vocal cords with some breath. */
static double voiced_source(struct voice *voice, double pitch_hz)
{
    voice->cycle += pitch_hz / AUDIO_RATE_HZ;
    double pulse = 0;
    if (voice->cycle >= 1) {
        voice->cycle -= 1;
        pulse = 60;
    }
    voice->tilt += 0.08 * (pulse - voice->tilt);
    return voice->tilt + 0.15 * between(&voice->random, -1, 1);
}

/* Hiss: noise with its low part taken away. */
static double unvoiced_source(struct voice *voice)
{
    double noise = between(&voice->random, -1, 1);
    double high = noise - 0.9 * voice->last_noise;
    voice->last_noise = noise;
    return 0.7 * high;
}

static void move_formants(struct voice *voice)
{
    for (int i = 0; i < FORMANTS; i++) {
        voice->formants[i] += 0.12 * (voice->goals[i] - voice->formants[i]);
        tune(&voice->resonators[i], voice->formants[i], bandwidths[i]);
    }
}

static void speak_syllable(struct voice *voice, const struct syllable *syllable, float *out)
{
    for (size_t i = 0; i < syllable->length; i++) {
        if (i % STEP_SAMPLES == 0)
            move_formants(voice);
        double pitch_hz = syllable->pitch_hz + syllable->pitch_slope * (double)i;
        double sound = voiced_source(voice, pitch_hz);
        for (int n = 0; n < FORMANTS; n++)
            sound = resonate(&voice->resonators[n], sound);
        if (i < syllable->breath)
            sound = unvoiced_source(voice);
        double swell = sin(M_PI * ((double)i + 0.5) / (double)syllable->length);
        out[i] = (float)(syllable->loudness * sqrt(swell) * sound);
    }
}

static void speak_spurt(struct voice *voice, float *out, size_t samples)
{
    size_t at = 0;
    while (at < samples) {
        struct syllable syllable = next_syllable(voice, samples - at);
        speak_syllable(voice, &syllable, out + at);
        at += syllable.length;
    }
    for (size_t i = 0; i < FADE_SAMPLES && i < samples; i++) {
        float part = (float)i / FADE_SAMPLES;
        out[i] *= part;
        out[samples - 1 - i] *= part;
    }
}

static size_t part_frames(struct voice *voice, double mean_ms)
{
    double ms = random_exponential(&voice->random, mean_ms);
    ms = fmax(TEST_SPEECH_PART_MIN_MS, fmin(ms, PART_MAX_MEANS * mean_ms));
    return (size_t)(ms / FRAME_MS);
}

/* Bring one spurt to the level of talk and add it to the room's noise. */
static void mix_spurt(const float *speech, size_t samples, int16_t *pcm)
{
    double sum = 0;
    for (size_t i = 0; i < samples; i++)
        sum += (double)speech[i] * speech[i];
    double goal = 32768 * pow(10, TEST_SPEECH_LEVEL_DBOV / 20.0);
    double gain = sum > 0 ? goal / sqrt(sum / (double)samples) : 0;
    for (size_t i = 0; i < samples; i++) {
        double value = pcm[i] + gain * speech[i];
        pcm[i] = (int16_t)lrint(fmax(-32768, fmin(32767, value)));
    }
}

static void fill_room(struct random_stream *random, int16_t *pcm, size_t samples)
{
    /* A uniform value in ±a has the mean square a²/3. */
    double amplitude = 32768 * pow(10, TEST_SPEECH_ROOM_DBOV / 20.0) * sqrt(3);
    for (size_t i = 0; i < samples; i++)
        pcm[i] = (int16_t)lrint(between(random, -amplitude, amplitude));
}

static void talk(struct voice *voice, float *speech, int16_t *pcm, size_t frames,
                 bool *voice_active)
{
    static const size_t edge_frames = TEST_SPEECH_PART_MIN_MS / FRAME_MS;
    size_t at = edge_frames;
    while (at + 2 * edge_frames <= frames) {
        size_t length = part_frames(voice, TEST_SPEECH_SPURT_MEAN_MS);
        if (length > frames - edge_frames - at)
            length = frames - edge_frames - at;
        speak_spurt(voice, speech, length * AUDIO_FRAME_SAMPLES);
        mix_spurt(speech, length * AUDIO_FRAME_SAMPLES, pcm + at * AUDIO_FRAME_SAMPLES);
        for (size_t i = 0; voice_active && i < length; i++)
            voice_active[at + i] = true;
        at += length + part_frames(voice, TEST_SPEECH_PAUSE_MEAN_MS);
    }
}

enum status test_speech_render(uint32_t seed, int16_t *pcm, size_t frames, bool *voice_active)
{
    float *speech = malloc(SPURT_FRAMES_MAX * AUDIO_FRAME_SAMPLES * sizeof(*speech));
    if (!speech)
        return STATUS_NO_MEMORY;

    struct voice voice;
    voice_init(&voice, seed);
    fill_room(&voice.random, pcm, frames * AUDIO_FRAME_SAMPLES);
    if (voice_active)
        memset(voice_active, 0, frames * sizeof(*voice_active));
    talk(&voice, speech, pcm, frames, voice_active);
    free(speech);
    return STATUS_OK;
}
