#include "reference-server/media/slot_assign.h"

#include <stdbool.h>

static bool contains(const uint64_t *list, size_t count, uint64_t value)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == value)
            return true;
    return false;
}

static void free_leavers(uint64_t *pairs, size_t pair_count, const uint64_t *sources,
                         size_t source_count)
{
    for (size_t i = 0; i < pair_count; i++)
        if (!contains(sources, source_count, pairs[i]))
            pairs[i] = 0;
}

size_t slot_assign(uint64_t *pairs, size_t pair_count, uint64_t self, const uint64_t *sources,
                   size_t source_count)
{
    size_t next = 0, left_out = 0;

    free_leavers(pairs, pair_count, sources, source_count);
    for (size_t i = 0; i < source_count; i++) {
        uint64_t source = sources[i];
        if (source == 0 || source == self || contains(sources, i, source) ||
            contains(pairs, pair_count, source))
            continue;
        while (next < pair_count && pairs[next] != 0)
            next++;
        if (next < pair_count)
            pairs[next] = source;
        else
            left_out++;
    }
    return left_out;
}

size_t slot_assign_beside(uint64_t *audio, size_t audio_count, const uint64_t *video,
                          size_t video_count, uint64_t self, const uint64_t *sources,
                          size_t source_count)
{
    free_leavers(audio, audio_count, sources, source_count);
    for (size_t i = 0; i < video_count && i < audio_count; i++)
        if (audio[i] == 0 && video[i] != 0 && video[i] != self &&
            contains(sources, source_count, video[i]) && !contains(audio, audio_count, video[i]))
            audio[i] = video[i];
    return slot_assign(audio, audio_count, self, sources, source_count);
}
