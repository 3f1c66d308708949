/* Any bytes as an Opus packet and as the end of a frame: what is taken for an Opus packet carries a
 * stamp and keeps its frames; what is not stamped is not taken for stamped. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/media/audio_padding.h"
#include "engine/media/stamp.h"

static void check_audio(const uint8_t *data, size_t size)
{
    struct stamp stamp = {.run = 0x1234, .sender = 5, .number = 6, .capture_us = 7}, back;
    size_t room = size + STAMP_AUDIO_SIZE + 4, stamped_size, count;
    uint8_t *stamped = malloc(room);

    if (!stamped)
        return;
    enum status status = stamp_write_audio(&stamp, data, size, stamped, room, &stamped_size);
    assert(status == STATUS_OK || status == STATUS_MALFORMED); /* the room promised suffices */
    if (status == STATUS_OK) {
        bool read = stamp_read_audio(stamped, stamped_size, 0x1234, 9, &back);
        assert(read && back.sender == 5 && back.number == 6 && back.capture_us == 7);
        const uint8_t *padding = audio_padding_find(stamped, stamped_size, &count);
        assert(padding && count >= STAMP_AUDIO_SIZE);
        assert(padding + count == stamped + stamped_size);
        /* once more: the first stamp stays where it was, the second counts */
        stamp.number = 8;
        uint8_t *twice = malloc(stamped_size + STAMP_AUDIO_SIZE + 4);
        size_t twice_size;
        if (twice &&
            stamp_write_audio(&stamp, stamped, stamped_size, twice,
                              stamped_size + STAMP_AUDIO_SIZE + 4, &twice_size) == STATUS_OK) {
            read = stamp_read_audio(twice, twice_size, 0x1234, 9, &back);
            assert(read && back.number == 8);
        }
        free(twice);
    }
    free(stamped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stamp stamp;
    size_t count;

    check_audio(data, size);
    const uint8_t *padding = audio_padding_find(data, size, &count);
    assert(!padding || (padding > data && padding + count == data + size));
    if (stamp_read_audio(data, size, 1, 1, &stamp))
        assert(size > STAMP_AUDIO_SIZE);
    if (stamp_read_video(data, size, 1, &stamp))
        assert(size >= STAMP_VIDEO_SIZE);
    return 0;
}
