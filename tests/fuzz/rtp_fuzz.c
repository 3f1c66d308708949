/* Any bytes as an RTP packet, with the bytes before it choosing extension ids: what is taken must
 * survive writing, retransmission and back, and feed the statistics. */
#include <assert.h>
#include <string.h>

#include "common/webrtc/rtp/packet_history.h"
#include "common/webrtc/rtp/receive_stats.h"
#include "common/webrtc/rtp/rtp_extension.h"
#include "common/webrtc/rtp/rtp_packet.h"

static void check_extensions(const struct rtp_packet *packet, const struct rtp_extension_map *map)
{
    struct rtp_extension_values values, back;
    uint8_t block[RTP_EXTENSION_BLOCK_MAX];
    size_t offset;

    rtp_extension_read(packet, map, &values);
    struct rtp_packet again = {.extension_profile = 0xbede, .extensions = block};
    static const struct rtp_extension_map ours = {{1, 2, 3, 4, 5, 6, 7}};
    again.extensions_size = rtp_extension_write(&ours, &values, block, sizeof block, &offset);
    rtp_extension_read(&again, &ours, &back);
    assert(!strcmp(values.mid, back.mid) && !strcmp(values.rid, back.rid));
    assert(values.has_audio_level == back.has_audio_level);
    assert(values.audio_level == back.audio_level && values.voice == back.voice);
    assert(values.has_transport_sequence == (offset != 0));
    assert(values.transport_sequence == back.transport_sequence);
    assert(values.abs_send_time == back.abs_send_time);
    assert(values.abs_capture_time == back.abs_capture_time);
}

static void check_repeat(const uint8_t *data, size_t size, const struct rtp_packet *packet)
{
    static uint8_t repeat[70000];
    size_t repeat_size;
    struct rtp_packet back;

    if (rtx_wrap(data, size, 97, 77, 5, repeat, sizeof repeat, &repeat_size) != STATUS_OK)
        return;
    enum status status = rtx_unwrap(repeat, &repeat_size, packet->payload_type, packet->ssrc);
    assert(status == STATUS_OK && repeat_size == size - packet->padding_size);
    assert(!memcmp(repeat + 1, data + 1, repeat_size - 1));
    status = rtp_packet_parse(repeat, repeat_size, &back);
    assert(status == STATUS_OK && back.payload_size == packet->payload_size);
}

static void check_write(const struct rtp_packet *packet)
{
    static uint8_t bytes[70000];
    size_t size;
    struct rtp_packet back;

    if (rtp_packet_write(packet, bytes, sizeof bytes, &size) != STATUS_OK)
        return;
    enum status status = rtp_packet_parse(bytes, size, &back);
    assert(status == STATUS_OK);
    assert(back.sequence == packet->sequence && back.timestamp == packet->timestamp);
    assert(back.extensions_size == packet->extensions_size);
    assert(back.payload_size == packet->payload_size && back.padding_size == packet->padding_size);
    assert(!memcmp(back.payload, packet->payload, packet->payload_size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rtp_extension_map map;
    struct rtp_packet packet;

    if (size < sizeof map.id)
        return 0;
    for (size_t i = 0; i < sizeof map.id; i++)
        map.id[i] = data[i] & 15;
    data += sizeof map.id;
    size -= sizeof map.id;
    if (rtp_packet_parse(data, size, &packet) != STATUS_OK)
        return 0;
    assert(packet.header_size + packet.payload_size + packet.padding_size == size);
    check_extensions(&packet, &map);
    check_repeat(data, size, &packet);
    check_write(&packet);
    static struct receive_stats stats; /* a stream made of all inputs so far */
    if (stats.clock_hz == 0)
        receive_stats_init(&stats, 1, 90000);
    receive_stats_packet(&stats, &packet, packet.timestamp);
    struct rtcp_report_block block;
    receive_stats_report(&stats, packet.timestamp, &block);
    return 0;
}
