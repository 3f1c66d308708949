/* Any order of packets, lost, repeated, late or foreign: every frame is delivered at most once, in
 * order, decodable only behind what it builds on, and the bytes of complete ones are the ones that
 * were sent. Four input bytes make one packet: frame, part, flags, time. */
#include <assert.h>
#include <string.h>

#include "engine/media/frame_assembler.h"

enum { PARTS = 4, PART_SIZE = 40 };

static int64_t decodable_timestamp, now_us;
static bool decoding, foreign;

static void on_frame(void *arg, const struct assembled_frame *frame)
{
    (void)arg;
    assert(frame->packets >= 1 && frame->packets <= ASSEMBLER_PACKETS_MAX);
    assert(frame->last_arrival_us >= frame->first_arrival_us);
    assert(!frame->decodable || frame->complete);
    if (frame->decodable) {
        assert(frame->key_frame || decoding);
        assert(!decoding || frame->timestamp > decodable_timestamp);
        assert(frame->decodable_us >= frame->last_arrival_us && frame->decodable_us <= now_us);
        decodable_timestamp = frame->timestamp;
        decoding = true;
    }
    if (frame->data && !foreign && frame->size == frame->packets * PART_SIZE)
        for (size_t i = 0; i < frame->size; i++)
            assert(i % PART_SIZE == 0 || frame->data[i] == i / PART_SIZE);
}

static void on_want(void *arg)
{
    (void)arg;
}

static void give(struct frame_assembler *assembler, const uint8_t *bytes)
{
    unsigned frame = bytes[0], part = bytes[1] % PARTS;
    bool odd = bytes[2] >> 6 == 3; /* a number that does not belong to the frame */
    uint8_t payload[1 + PART_SIZE];

    payload[0] = part == 0 ? 0x10 : 0;
    memset(payload + 1, (int)part, PART_SIZE);
    payload[1] = bytes[2] & 1; /* key or not */
    if (bytes[2] & 2)
        payload[0] = 0x80; /* a descriptor of its own, perhaps with nothing behind it */
    struct assembler_packet packet = {
        .sequence = (int64_t)frame * PARTS + part - 100 + (odd ? bytes[2] : 0),
        .timestamp = frame * 3000U,
        .marker = part == PARTS - 1,
        .repaired = bytes[2] & 4,
        .payload = payload,
        .size = bytes[2] & 8   ? 0
                : bytes[2] & 2 ? 2
                               : sizeof payload,
        .arrival_us = now_us,
    };
    foreign |= odd;
    frame_assembler_packet(assembler, &packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct assembler_events events = {on_frame, on_want, NULL};
    struct frame_assembler *assembler =
        frame_assembler_create(&events, size % 2, 3 * PARTS * PART_SIZE);

    decoding = foreign = false;
    now_us = 1;
    for (; assembler && size >= 4; data += 4, size -= 4) {
        now_us += data[3] * data[3] * 10;
        if (data[2] >> 4 == 9) {
            frame_assembler_reset(assembler);
            decoding = false;
        }
        give(assembler, data);
    }
    frame_assembler_destroy(assembler);
    return 0;
}
