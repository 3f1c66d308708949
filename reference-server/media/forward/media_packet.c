#include "reference-server/media/forward/media_packet.h"

enum status media_packet_inspect(struct media_packet *packet)
{
    packet->starts_key_frame = false;
    if (packet->kind != MEDIA_VIDEO || packet->payload_size == 0)
        return STATUS_OK;
    enum status status = vp8_descriptor_parse(packet->payload, packet->payload_size, &packet->vp8);
    if (status == STATUS_OK && packet->vp8.start_of_partition && packet->vp8.partition == 0)
        packet->starts_key_frame =
            vp8_payload_starts_key_frame(packet->payload, packet->payload_size);
    return status;
}
