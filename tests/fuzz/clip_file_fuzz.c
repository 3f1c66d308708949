/* Any bytes as a media file; the first byte chooses the reader. What a reader accepts must lie
 * inside the file and keep what the headers promise. Ogg pages get their checksum put right, or
 * nothing would pass. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/webrtc/codec/opus_codec.h"
#include "engine/media/clip_file_ivf.h"
#include "engine/media/clip_file_ogg.h"
#include "engine/media/clip_file_wav.h"
#include "engine/media/clip_file_webm.h"
#include "engine/media/clip_file_y4m.h"

enum { LIMIT = 50 };

static struct failure failure;

/* Unlike assert, also there (and evaluated) when assertions are compiled out. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_spans(const struct clip_spans *spans, size_t size)
{
    int64_t last_us = 0;
    must(spans->count <= LIMIT);
    for (size_t i = 0; i < spans->count; i++) {
        const struct clip_span *span = &spans->items[i];
        must(span->size > 0 && span->offset <= size && span->size <= size - span->offset);
        must(span->at_us >= last_us && span->at_us <= CLIP_FILE_TIME_MAX_US);
        last_us = span->at_us;
    }
}

static void try_ivf(const uint8_t *data, size_t size)
{
    struct clip_file_ivf ivf;
    if (clip_file_ivf_read(data, size, "fuzz", LIMIT, &ivf, &failure) != STATUS_OK)
        return;
    check_spans(&ivf.frames, size);
    clip_spans_finish(&ivf.frames);
}

static void try_webm(const uint8_t *data, size_t size)
{
    struct clip_file_webm webm;
    if (clip_file_webm_read(data, size, "fuzz", LIMIT, &webm, &failure) != STATUS_OK)
        return;
    must(webm.frames.count + webm.packets.count > 0);
    check_spans(&webm.frames, size);
    check_spans(&webm.packets, size);
    clip_file_webm_finish(&webm);
}

static void try_wav(const uint8_t *data, size_t size)
{
    struct clip_file_wav wav;
    if (clip_file_wav_read(data, size, "fuzz", &wav, &failure) != STATUS_OK)
        return;
    must(wav.frames > 0 && wav.samples >= data);
    must(wav.samples + wav.frames * wav.channels * 2 <= data + size);
    int16_t pcm[2 * AUDIO_FRAME_SAMPLES];
    size_t left_out;
    must(clip_file_wav_render(&wav, pcm, 2 * AUDIO_FRAME_SAMPLES, &left_out) == STATUS_OK);
    must(left_out <= wav.frames);
}

static void mend_checksums(uint8_t *data, size_t size)
{
    for (size_t at = 0; at + 27 <= size;) {
        size_t page = 27u + data[at + 26];
        for (size_t i = 27; i < 27u + data[at + 26] && at + i < size; i++)
            page += data[at + i];
        if (page > size - at)
            return;
        store_little_u32(data + at + 22, ogg_page_checksum(data + at, page));
        at += page;
    }
}

static void try_ogg(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    struct clip_file_ogg ogg;
    memcpy(copy, data, size);
    mend_checksums(copy, size);
    if (clip_file_ogg_read(copy, size, "fuzz", LIMIT, &ogg, &failure) == STATUS_OK) {
        must(ogg.packets.count > 0 && ogg.bytes.size <= size);
        check_spans(&ogg.packets, ogg.bytes.size);
        clip_file_ogg_finish(&ogg);
    }
    free(copy);
}

static void try_y4m(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct clip_file_y4m y4m;
    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    if (clip_file_y4m_read(fd, "fuzz", 2, &y4m, &failure) != STATUS_OK)
        return;
    struct i420 picture;
    must(i420_init(&picture, y4m.width, y4m.height) == STATUS_OK);
    must(y4m.frame_count >= 1 && y4m.frame_count <= 240);
    must(clip_file_y4m_picture(&y4m, y4m.frame_count - 1, &picture) == STATUS_OK);
    must(clip_file_y4m_time_us(&y4m, y4m.frame_count - 1) >= 0);
    i420_finish(&picture);
    clip_file_y4m_finish(&y4m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(const uint8_t *, size_t) = {try_ivf, try_webm, try_wav, try_ogg,
                                                               try_y4m};
    if (size > 0)
        readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](data + 1, size - 1);
    return 0;
}
