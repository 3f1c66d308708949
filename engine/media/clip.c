#include "engine/media/clip.h"

#include "engine/media/clip_file.h"

struct clip_settings clip_settings_default(void)
{
    return (struct clip_settings){
        .width = 640,
        .height = 360,
        .fps = 15,
        .video_bitrate_bps = 500000,
        .audio_bitrate_bps = 32000,
    };
}

enum { CLIP_WIDTH_MIN = 256, CLIP_HEIGHT_MIN = 144 };

unsigned clip_encodings_possible(uint16_t width, uint16_t height)
{
    unsigned count = 1;

    while (count < CLIP_ENCODINGS_MAX && width >> count >= CLIP_WIDTH_MIN &&
           height >> count >= CLIP_HEIGHT_MIN && (width >> count) % 2 == 0 &&
           (height >> count) % 2 == 0)
        count++;
    return count;
}

struct clip_settings clip_settings_encoding(const struct clip_settings *settings, unsigned n)
{
    static const uint32_t share[CLIP_ENCODINGS_MAX] = {1, 3, 10};
    struct clip_settings encoding = *settings;

    encoding.width = (uint16_t)(settings->width >> n);
    encoding.height = (uint16_t)(settings->height >> n);
    encoding.video_bitrate_bps = settings->video_bitrate_bps / share[n];
    encoding.stream = (uint8_t)(settings->stream + n);
    if (settings->encodings > 1)
        encoding.spatial = (uint8_t)(settings->encodings - 1U - n);
    return encoding;
}

bool clip_file_parts(const char *path, struct clip_file_parts *ret_parts)
{
    static const struct {
        const char *ending;
        struct clip_file_parts parts;
    } known[] = {
        {".ivf", {.video = true}},  {".webm", {.video = true, .audio = true}},
        {".y4m", {.video = true}},  {".wav", {.audio = true}},
        {".opus", {.audio = true}},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (clip_file_ends(path, known[i].ending)) {
            *ret_parts = known[i].parts;
            return true;
        }
    }
    return false;
}

size_t video_clip_next_key_frame(const struct video_clip *clip, size_t index)
{
    for (size_t at = index; at < clip->frame_count; at++)
        if (clip->frames[at].key_frame)
            return at;
    return 0; /* the first frame always is one */
}

size_t video_clip_nth_key_frame(const struct video_clip *clip, uint64_t number)
{
    size_t count = 0, at = 0;

    for (size_t i = 0; i < clip->frame_count; i++)
        count += clip->frames[i].key_frame;
    for (number %= count; number > 0; number--)
        at = video_clip_next_key_frame(clip, at + 1);
    return at;
}

size_t video_clip_frame_at(const struct video_clip *clip, int64_t at_us)
{
    size_t low = 0, high = clip->frame_count; /* frames[low] is due by then, frames[high] not */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (clip->frames[middle].at_us <= at_us)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Packets with a voice in the second from there. */
static size_t voice_from(const struct audio_clip *clip, size_t position)
{
    size_t voiced = 0;

    for (size_t i = 0; i < CLIP_PACKETS_PER_S; i++)
        voiced += clip->packets[(position + i) % clip->packet_count].voice;
    return voiced;
}

size_t audio_clip_speech_from(const struct audio_clip *clip, size_t position)
{
    size_t best = position, most = voice_from(clip, position);

    if (clip->packet_count % CLIP_PACKETS_PER_S != 0)
        return position;
    for (size_t skip = CLIP_PACKETS_PER_S; skip < clip->packet_count; skip += CLIP_PACKETS_PER_S) {
        size_t later = (position + skip) % clip->packet_count;
        size_t voiced = voice_from(clip, later);
        if (voiced > most) {
            best = later;
            most = voiced;
        }
    }
    return best;
}
