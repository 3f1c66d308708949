#include "reference-server/media/forward/media_packet.h"

static uint32_t read_pixels(const struct media_packet *packet)
{
    struct vp8_frame_header header = {0};

    vp8_frame_header_parse(packet->payload + packet->vp8.size,
                           packet->payload_size - packet->vp8.size, &header);
    return (uint32_t)header.width * header.height;
}

enum status media_packet_inspect(struct media_packet *packet)
{
    packet->starts_key_frame = false;
    packet->pixels = 0;
    if (packet->kind != MEDIA_VIDEO || packet->payload_size == 0)
        return STATUS_OK;
    enum status status = vp8_descriptor_parse(packet->payload, packet->payload_size, &packet->vp8);
    if (status == STATUS_OK && packet->vp8.start_of_partition && packet->vp8.partition == 0)
        packet->starts_key_frame =
            vp8_payload_starts_key_frame(packet->payload, packet->payload_size);
    if (packet->starts_key_frame)
        packet->pixels = read_pixels(packet);
    return status;
}
