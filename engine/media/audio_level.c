#include "engine/media/audio_level.h"

#include <math.h>

double audio_level_dbov(const int16_t *pcm, size_t samples)
{
    double sum = 0;
    for (size_t i = 0; i < samples; i++)
        sum += (double)pcm[i] * pcm[i];
    if (sum == 0)
        return -INFINITY;
    return 10 * log10(sum / (double)samples / (32768.0 * 32768.0));
}

uint8_t audio_level(const int16_t *pcm, size_t samples)
{
    double level = -audio_level_dbov(pcm, samples);
    return level >= AUDIO_LEVEL_SILENCE ? AUDIO_LEVEL_SILENCE : (uint8_t)lrint(level);
}
