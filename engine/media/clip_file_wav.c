#include "engine/media/clip_file_wav.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/codec/opus_codec.h"
#include "engine/media/resample.h"

enum {
    RIFF_HEADER_SIZE = 12,
    CHUNK_HEADER_SIZE = 8,
    FORMAT_SIZE = 16,
    FORMAT_PCM = 1,
    FORMAT_EXTENSIBLE = 0xfffe,
    WRITE_HEADER_SIZE = RIFF_HEADER_SIZE + CHUNK_HEADER_SIZE + FORMAT_SIZE + CHUNK_HEADER_SIZE,
};

static enum status read_format(const uint8_t *chunk, size_t size, const char *name,
                               struct clip_file_wav *wav, struct failure *failure)
{
    if (size < FORMAT_SIZE)
        return failure_set(failure, STATUS_MALFORMED, "%s: \"fmt \" of %zu bytes", name, size);
    unsigned format = load_little_u16(chunk);
    if (format == FORMAT_EXTENSIBLE && size >= 26)
        format = load_little_u16(chunk + 24); /* the first field of the sub-format's identifier */
    unsigned bits = load_little_u16(chunk + 14);
    if (format != FORMAT_PCM || bits != 16)
        return failure_set(failure, STATUS_UNSUPPORTED,
                           "%s: format %u with %u bits; only 16-bit PCM is read", name, format,
                           bits);
    wav->channels = load_little_u16(chunk + 2);
    wav->rate_hz = load_little_u32(chunk + 4);
    if (wav->channels == 0 || wav->channels > WAV_CHANNELS_MAX)
        return failure_set(failure, STATUS_UNSUPPORTED, "%s: %u channels", name, wav->channels);
    if (wav->rate_hz < WAV_RATE_MIN_HZ || wav->rate_hz > WAV_RATE_MAX_HZ)
        return failure_set(failure, STATUS_UNSUPPORTED, "%s: sample rate %u Hz", name,
                           wav->rate_hz);
    return STATUS_OK;
}

enum status clip_file_wav_read(const uint8_t *data, size_t size, const char *name,
                               struct clip_file_wav *ret_wav, struct failure *failure)
{
    if (size < RIFF_HEADER_SIZE || memcmp(data, "RIFF", 4) != 0 || memcmp(data + 8, "WAVE", 4) != 0)
        return failure_set(failure, STATUS_MALFORMED, "%s: no RIFF/WAVE header", name);

    struct clip_file_wav wav = {0};
    size_t at = RIFF_HEADER_SIZE;
    while (size - at >= CHUNK_HEADER_SIZE) {
        const uint8_t *chunk = data + at;
        size_t left = size - at - CHUNK_HEADER_SIZE, length = load_little_u32(chunk + 4);
        bool cut = length > left; /* programs that were killed leave a size of 0 or 2^32-1 */
        if (memcmp(chunk, "fmt ", 4) == 0 && !cut) {
            enum status status =
                read_format(chunk + CHUNK_HEADER_SIZE, length, name, &wav, failure);
            if (status != STATUS_OK)
                return status;
        } else if (memcmp(chunk, "data", 4) == 0 && wav.channels > 0) {
            wav.samples = chunk + CHUNK_HEADER_SIZE;
            wav.frames = (cut ? left : length) / (2 * wav.channels);
            break;
        }
        if (cut)
            break;
        at += CHUNK_HEADER_SIZE + length;
        at += at < size ? length & 1 : 0; /* chunks are padded to an even size */
    }
    if (wav.channels == 0)
        return failure_set(failure, STATUS_MALFORMED, "%s: no \"fmt \" before the data", name);
    if (wav.frames == 0)
        return failure_set(failure, STATUS_MALFORMED, "%s: no sound in it", name);
    *ret_wav = wav;
    return STATUS_OK;
}

static int16_t *mix_to_mono(const struct clip_file_wav *wav, size_t frames)
{
    int16_t *mono = malloc(frames * sizeof(*mono));
    for (size_t i = 0; mono && i < frames; i++) {
        const uint8_t *at = wav->samples + i * wav->channels * 2;
        int sum = 0;
        for (unsigned channel = 0; channel < wav->channels; channel++)
            sum += (int16_t)load_little_u16(at + 2 * channel);
        mono[i] = (int16_t)(sum / (int)wav->channels);
    }
    return mono;
}

enum status clip_file_wav_render(const struct clip_file_wav *wav, int16_t *pcm, size_t count,
                                 size_t *ret_left_out)
{
    size_t wanted = (size_t)((uint64_t)count * wav->rate_hz / AUDIO_RATE_HZ) + 1;
    size_t used = wav->frames < wanted ? wav->frames : wanted;
    int16_t *mono = mix_to_mono(wav, used);
    if (!mono)
        return STATUS_NO_MEMORY;
    resample(mono, used, wav->rate_hz, pcm, count, AUDIO_RATE_HZ);
    free(mono);
    *ret_left_out = wav->frames - used;
    return STATUS_OK;
}

size_t clip_file_wav_length(const struct clip_file_wav *wav)
{
    return (size_t)((uint64_t)wav->frames * AUDIO_RATE_HZ / wav->rate_hz);
}

struct wav_writer {
    FILE *file;
    uint32_t data_size;
};

static bool write_header(struct wav_writer *writer)
{
    uint8_t header[WRITE_HEADER_SIZE] = "RIFF";
    store_little_u32(header + 4, WRITE_HEADER_SIZE - CHUNK_HEADER_SIZE + writer->data_size);
    memcpy(header + 8, "WAVEfmt ", 8);
    store_little_u32(header + 16, FORMAT_SIZE);
    store_little_u16(header + 20, FORMAT_PCM);
    store_little_u16(header + 22, 1);
    store_little_u32(header + 24, AUDIO_RATE_HZ);
    store_little_u32(header + 28, AUDIO_RATE_HZ * 2);
    store_little_u16(header + 32, 2);
    store_little_u16(header + 34, 16);
    memcpy(header + 36, "data", 4);
    store_little_u32(header + 40, writer->data_size);
    return fwrite(header, 1, sizeof(header), writer->file) == sizeof(header);
}

enum status wav_writer_create(const char *path, struct wav_writer **ret_writer)
{
    struct wav_writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
        return STATUS_NO_MEMORY;
    writer->file = fopen(path, "wbe");
    if (!writer->file || !write_header(writer)) {
        wav_writer_destroy(writer);
        return STATUS_IO;
    }
    *ret_writer = writer;
    return STATUS_OK;
}

enum status wav_writer_add(struct wav_writer *writer, const int16_t *pcm, size_t count)
{
    if (count > (UINT32_MAX - WRITE_HEADER_SIZE - writer->data_size) / 2)
        return STATUS_TOO_LARGE;
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[2];
        store_little_u16(bytes, (uint16_t)pcm[i]);
        if (fwrite(bytes, 1, 2, writer->file) != 2)
            return STATUS_IO;
    }
    writer->data_size += (uint32_t)count * 2;
    return STATUS_OK;
}

enum status wav_writer_destroy(struct wav_writer *writer)
{
    if (!writer)
        return STATUS_OK;
    bool complete = writer->file && fseek(writer->file, 0, SEEK_SET) == 0 && write_header(writer);
    if (writer->file && fclose(writer->file) != 0)
        complete = false;
    free(writer);
    return complete ? STATUS_OK : STATUS_IO;
}
