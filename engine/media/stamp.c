#include "engine/media/stamp.h"

#include <string.h>

#include "common/base/bytes.h"
#include "engine/media/audio_padding.h"
#include "engine/media/checksum.h"

enum {
    VIDEO_MAGIC = 0x434c5631, /* "CLV1" */
    AUDIO_MAGIC = 0x434c41,   /* "CLA" */
    VIDEO_CHECKED = STAMP_VIDEO_SIZE - 4,
    AUDIO_CHECKED = STAMP_AUDIO_SIZE - 2,
};
static const uint64_t capture_mask = (1ULL << 48) - 1;

void stamp_write_video(const struct stamp *stamp, uint8_t bytes[STAMP_VIDEO_SIZE])
{
    struct byte_writer writer = byte_writer(bytes, STAMP_VIDEO_SIZE);

    write_u32(&writer, VIDEO_MAGIC);
    write_u32(&writer, stamp->run);
    write_u32(&writer, stamp->sender);
    write_u8(&writer, stamp->stream);
    write_u8(&writer, (uint8_t)(stamp->spatial << 4 | (stamp->temporal & 15)));
    write_u16(&writer, stamp->source_frame);
    write_u32(&writer, stamp->number);
    write_u64(&writer, (uint64_t)stamp->capture_us);
    write_u32(&writer, checksum_crc32(bytes, VIDEO_CHECKED));
}

bool stamp_read_video(const uint8_t *frame, size_t size, uint32_t run, struct stamp *ret_stamp)
{
    if (size < STAMP_VIDEO_SIZE)
        return false;
    const uint8_t *bytes = frame + size - STAMP_VIDEO_SIZE;
    struct byte_reader reader = byte_reader(bytes, STAMP_VIDEO_SIZE);
    struct stamp stamp = {0};

    if (read_u32(&reader) != VIDEO_MAGIC || read_u32(&reader) != run ||
        load_u32(bytes + VIDEO_CHECKED) != checksum_crc32(bytes, VIDEO_CHECKED))
        return false;
    stamp.run = run;
    stamp.sender = read_u32(&reader);
    stamp.stream = read_u8(&reader);
    uint8_t layers = read_u8(&reader);
    stamp.spatial = layers >> 4;
    stamp.temporal = layers & 15;
    stamp.source_frame = read_u16(&reader);
    stamp.number = read_u32(&reader);
    stamp.capture_us = (int64_t)read_u64(&reader);
    *ret_stamp = stamp;
    return true;
}

enum status stamp_write_audio(const struct stamp *stamp, const uint8_t *opus, size_t size,
                              uint8_t *out, size_t out_size, size_t *ret_size)
{
    uint8_t bytes[STAMP_AUDIO_SIZE];
    struct byte_writer writer = byte_writer(bytes, sizeof bytes);

    write_u8(&writer, 0); /* extension 0: padding */
    write_u24(&writer, AUDIO_MAGIC);
    write_u16(&writer, (uint16_t)stamp->run);
    write_u32(&writer, stamp->sender);
    write_u32(&writer, stamp->number);
    write_u16(&writer, (uint16_t)((uint64_t)stamp->capture_us >> 32));
    write_u32(&writer, (uint32_t)stamp->capture_us);
    write_u16(&writer, checksum_crc16(bytes, AUDIO_CHECKED));
    return audio_padding_append(opus, size, bytes, sizeof bytes, out, out_size, ret_size);
}

/* The time near `now_us` whose low 48 bits are `low`. */
static int64_t complete_capture(uint64_t low, int64_t now_us)
{
    int64_t capture_us = (int64_t)(((uint64_t)now_us & ~capture_mask) | low);

    if (capture_us - now_us > 1LL << 47)
        capture_us -= 1LL << 48;
    else if (now_us - capture_us > 1LL << 47)
        capture_us += 1LL << 48;
    return capture_us;
}

bool stamp_read_audio(const uint8_t *packet, size_t size, uint32_t run, int64_t now_us,
                      struct stamp *ret_stamp)
{
    size_t count;
    const uint8_t *padding = audio_padding_find(packet, size, &count);

    if (!padding || count < STAMP_AUDIO_SIZE)
        return false;
    const uint8_t *bytes = padding + count - STAMP_AUDIO_SIZE;
    struct byte_reader reader = byte_reader(bytes, STAMP_AUDIO_SIZE);
    if (read_u8(&reader) != 0 || read_u24(&reader) != AUDIO_MAGIC ||
        read_u16(&reader) != (uint16_t)run ||
        load_u16(bytes + AUDIO_CHECKED) != checksum_crc16(bytes, AUDIO_CHECKED))
        return false;
    struct stamp stamp = {.run = run};
    stamp.sender = read_u32(&reader);
    stamp.number = read_u32(&reader);
    uint64_t high = read_u16(&reader);
    stamp.capture_us = complete_capture(high << 32 | read_u32(&reader), now_us);
    *ret_stamp = stamp;
    return true;
}
