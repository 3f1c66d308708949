#include "engine/media/sound_mark.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/codec/opus_codec.h"

enum {
    /* The filter runs at 8 kHz: the sweep ends at 3 kHz, and a sixth of the rate is a sixth of the
     * taps times a sixth of the places. */
    DECIMATION = 6,
    CHIRP_LENGTH = SOUND_MARK_SAMPLES / DECIMATION,
    LOW_PASS_TAPS = 60,
    /* Before the sweep a soft tone of 60 ms wakes the encoder's silence detection, which would
     * otherwise swallow the sweep's begin under DTX. (A longer one passes for steady noise.) */
    LEAD_SAMPLES = 2880,
    LEAD_HZ = 600,
    PUSH_MAX = AUDIO_PACKET_SAMPLES_MAX,
    /* A peak is reported when nothing better came in this many places (20 ms). */
    SETTLE = 160,
};

/* Noise and speech stay below 0.35, a chirp through Opus at 24 kbit/s above 0.7 (measured by the
 * unit tests). */
static const double match_min = 0.5;
/* Mean square below which nothing counts as sound: -60 dBov. */
static const double loudness_min = 32768.0 * 32768.0 * 1e-6;
static const double chirp_amplitude = 0.28 * 32768;
static const double lead_amplitude = 0.1 * 32768;
static const double lowered = 0.2;

struct sound_mark_detector {
    float low_pass[LOW_PASS_TAPS];
    float chirp_cosine[CHIRP_LENGTH], chirp_sine[CHIRP_LENGTH];
    double chirp_energy; /* of either */

    float input[LOW_PASS_TAPS + PUSH_MAX]; /* the last LOW_PASS_TAPS samples, then the new ones */
    float heard[CHIRP_LENGTH + PUSH_MAX / DECIMATION]; /* the same at 8 kHz */
    int64_t places;                                    /* at 8 kHz, seen since `origin` */
    int64_t origin;                                    /* position of the first sample pushed */

    double last; /* match at the last place */
    double best, best_before, best_after;
    int64_t best_place; /* -1: none */
};

/* Phase of the sweep `t` seconds after its begin, in radians. */
static double chirp_phase(double t)
{
    const double rate =
        (SOUND_MARK_HIGH_HZ - SOUND_MARK_LOW_HZ) / ((double)SOUND_MARK_SAMPLES / AUDIO_RATE_HZ);
    return 2 * M_PI * (SOUND_MARK_LOW_HZ * t + rate * t * t / 2);
}

/* Full in the middle, fading over an eighth at both ends. */
static double chirp_envelope(double at, double length)
{
    double edge = length / 8, from_end = fmin(at, length - at);
    return from_end >= edge ? 1 : 0.5 - 0.5 * cos(M_PI * fmax(from_end, 0) / edge);
}

static void mix(int16_t *sample, double gain, double added)
{
    double sum = *sample * gain + added;
    *sample = (int16_t)lrint(fmax(-32768, fmin(32767, sum)));
}

void sound_mark_add(int16_t *pcm, size_t samples)
{
    _Static_assert(LEAD_SAMPLES < SOUND_MARK_PHASE_SAMPLES, "the tone begins in the same second");
    for (size_t at = SOUND_MARK_PHASE_SAMPLES; at + SOUND_MARK_SAMPLES <= samples;
         at += SOUND_MARK_PERIOD_SAMPLES) {
        for (size_t i = 0; i < LEAD_SAMPLES; i++) {
            double tone = sin(2 * M_PI * LEAD_HZ * (double)i / AUDIO_RATE_HZ);
            double envelope = chirp_envelope((double)i, LEAD_SAMPLES);
            mix(&pcm[at - LEAD_SAMPLES + i], 1, lead_amplitude * envelope * tone);
        }
        for (size_t i = 0; i < SOUND_MARK_SAMPLES; i++) {
            double envelope = chirp_envelope((double)i, SOUND_MARK_SAMPLES);
            double chirp = chirp_amplitude * sin(chirp_phase((double)i / AUDIO_RATE_HZ));
            mix(&pcm[at + i], 1 - (1 - lowered) * envelope, envelope * chirp);
        }
    }
}

double sound_mark_offset(double position)
{
    double offset = fmod(position - SOUND_MARK_PHASE_SAMPLES, SOUND_MARK_PERIOD_SAMPLES);
    if (offset < -SOUND_MARK_PERIOD_SAMPLES / 2.0)
        offset += SOUND_MARK_PERIOD_SAMPLES;
    else if (offset >= SOUND_MARK_PERIOD_SAMPLES / 2.0)
        offset -= SOUND_MARK_PERIOD_SAMPLES;
    return offset;
}

/* Windowed sinc, cut off at 3.7 kHz: what folds back from above 4 kHz lands above the sweep. */
static void make_low_pass(float *taps)
{
    const double cut = 3700.0 / AUDIO_RATE_HZ;
    double sum = 0, raw[LOW_PASS_TAPS];
    for (int i = 0; i < LOW_PASS_TAPS; i++) {
        double x = i - (LOW_PASS_TAPS - 1) / 2.0;
        double window = 0.54 - 0.46 * cos(2 * M_PI * i / (LOW_PASS_TAPS - 1));
        raw[i] = sin(2 * M_PI * cut * x) / (M_PI * x) * window;
        sum += raw[i];
    }
    for (int i = 0; i < LOW_PASS_TAPS; i++)
        taps[i] = (float)(raw[i] / sum);
}

struct sound_mark_detector *sound_mark_detector_create(void)
{
    struct sound_mark_detector *detector = calloc(1, sizeof(*detector));
    if (!detector)
        return NULL;
    make_low_pass(detector->low_pass);
    for (int i = 0; i < CHIRP_LENGTH; i++) {
        double phase = chirp_phase((double)i * DECIMATION / AUDIO_RATE_HZ);
        double envelope = chirp_envelope(i, CHIRP_LENGTH);
        detector->chirp_cosine[i] = (float)(envelope * cos(phase));
        detector->chirp_sine[i] = (float)(envelope * sin(phase));
        detector->chirp_energy += envelope * envelope / 2;
    }
    sound_mark_detector_reset(detector, 0);
    return detector;
}

void sound_mark_detector_destroy(struct sound_mark_detector *detector)
{
    free(detector);
}

void sound_mark_detector_reset(struct sound_mark_detector *detector, int64_t position)
{
    memset(detector->input, 0, sizeof(detector->input));
    memset(detector->heard, 0, sizeof(detector->heard));
    detector->places = 0;
    detector->origin = position;
    detector->last = detector->best = 0;
    detector->best_place = -1;
}

/* Append `samples` to the filter's input and the thinned-out result to `heard`. */
static size_t decimate(struct sound_mark_detector *detector, const int16_t *pcm, size_t samples)
{
    for (size_t i = 0; i < samples; i++)
        detector->input[LOW_PASS_TAPS + i] = pcm[i];
    size_t count = samples / DECIMATION;
    for (size_t place = 0; place < count; place++) {
        /* The newest sample that this output sees is number place × DECIMATION of the new ones. */
        const float *window = detector->input + place * DECIMATION + 1;
        float sum = 0;
        for (int tap = 0; tap < LOW_PASS_TAPS; tap++)
            sum += window[tap] * detector->low_pass[tap];
        detector->heard[CHIRP_LENGTH + place] = sum;
    }
    memmove(detector->input, detector->input + samples, LOW_PASS_TAPS * sizeof(float));
    return count;
}

/* How much the CHIRP_LENGTH values at `heard` look like the chirp, whatever its phase. */
static double match_at(const struct sound_mark_detector *detector, const float *heard,
                       double energy)
{
    if (energy < loudness_min * CHIRP_LENGTH)
        return 0;
    float cosine = 0, sine = 0;
    for (int i = 0; i < CHIRP_LENGTH; i++) {
        cosine += heard[i] * detector->chirp_cosine[i];
        sine += heard[i] * detector->chirp_sine[i];
    }
    double product = (double)cosine * cosine + (double)sine * sine;
    return sqrt(product / (energy * detector->chirp_energy));
}

/* The samples that the low pass lags, and the top of the parabola through three places. */
static double exact_position(const struct sound_mark_detector *detector)
{
    double curve = detector->best_before - 2 * detector->best + detector->best_after;
    double shift = curve < 0 ? (detector->best_before - detector->best_after) / (2 * curve) : 0;
    double place = (double)detector->best_place + shift - (CHIRP_LENGTH - 1);
    double lag = (LOW_PASS_TAPS - 1) / 2.0;
    return (double)detector->origin + place * DECIMATION - lag;
}

/* Take the match at the newest place into account; true when an older peak is settled. */
static bool follow_peak(struct sound_mark_detector *detector, double match,
                        struct sound_mark_found *ret_found)
{
    int64_t place = detector->places++;
    if (detector->best_place >= 0 && place == detector->best_place + 1)
        detector->best_after = match;
    if (match >= match_min && match > detector->best) {
        detector->best_before = detector->last;
        detector->best = match;
        detector->best_after = 0;
        detector->best_place = place;
    }
    detector->last = match;
    if (detector->best_place < 0 || place < detector->best_place + SETTLE)
        return false;

    *ret_found = (struct sound_mark_found){exact_position(detector), detector->best};
    detector->best = 0;
    detector->best_place = -1;
    return true;
}

bool sound_mark_detector_push(struct sound_mark_detector *detector, const int16_t *pcm,
                              size_t samples, struct sound_mark_found *ret_found)
{
    assert(samples % AUDIO_FRAME_SAMPLES == 0 && samples <= PUSH_MAX);
    bool found = false;
    size_t count = decimate(detector, pcm, samples);
    const float *heard = detector->heard;
    double energy = 0;
    for (size_t i = 0; i < CHIRP_LENGTH; i++)
        energy += (double)heard[i] * heard[i];
    for (size_t place = 0; place < count; place++) {
        /* The window that ends with the new value. */
        double in = heard[CHIRP_LENGTH + place], out = heard[place];
        energy += in * in - out * out;
        double match = match_at(detector, heard + place + 1, energy);
        struct sound_mark_found one;
        if (follow_peak(detector, match, &one)) {
            *ret_found = one;
            found = true;
        }
    }
    memmove(detector->heard, detector->heard + count, CHIRP_LENGTH * sizeof(float));
    return found;
}
