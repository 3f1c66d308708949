#include "engine/participant/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/webrtc/endpoint.h"

/* draft-ietf-opsawg-pcapng: block types and the link type of bare IP packets. */
#define BLOCK_SECTION 0x0A0D0D0Au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 6u
#define BYTE_ORDER_MAGIC 0x1A2B3C4Du
#define LINKTYPE_RAW 101u
#define IPV4_SIZE 20
#define UDP_SIZE 8
#define DATAGRAM_MAX 2048

enum { PORT_RTP = 5004, RTCP_OFFSET = 1, PORT_WIRE = 50000 };

struct capture {
    FILE *plain, *wire;
    char counts_path[1024];
    uint64_t packets;
    int64_t realtime_offset_us;
};

/* pcapng is written in the writer's byte order, announced by the magic. */
static void put_u32(FILE *file, uint32_t value)
{
    fwrite(&value, sizeof value, 1, file);
}

static void write_headers(FILE *file)
{
    put_u32(file, BLOCK_SECTION);
    put_u32(file, 28);
    put_u32(file, BYTE_ORDER_MAGIC);
    put_u32(file, 1); /* major 1, minor 0 */
    put_u32(file, 0xFFFFFFFFu);
    put_u32(file, 0xFFFFFFFFu); /* section length not given */
    put_u32(file, 28);
    put_u32(file, BLOCK_INTERFACE);
    put_u32(file, 20);
    put_u32(file, LINKTYPE_RAW);
    put_u32(file, 0); /* no snap length; time stamps in µs by default */
    put_u32(file, 20);
}

static enum status open_file(const char *folder, uint64_t session, const char *name,
                             const char *suffix, FILE **ret_file, struct failure *failure)
{
    char path[1024];

    snprintf(path, sizeof path, "%s/session-%llu-%s%s.pcapng", folder, (unsigned long long)session,
             name, suffix);
    *ret_file = fopen(path, "wb");
    if (!*ret_file)
        return failure_set(failure, STATUS_IO, "%s: %s", path, strerror(errno));
    write_headers(*ret_file);
    return STATUS_OK;
}

enum status capture_create(const char *folder, uint64_t session, const char *name,
                           struct capture **ret_capture, struct failure *failure)
{
    struct capture *capture = calloc(1, sizeof *capture);
    enum status status;

    if (!capture)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    capture->realtime_offset_us = clock_realtime_offset_us();
    snprintf(capture->counts_path, sizeof capture->counts_path, "%s/session-%llu-%s.json", folder,
             (unsigned long long)session, name);
    status = open_file(folder, session, name, "", &capture->plain, failure);
    if (status == STATUS_OK)
        status = open_file(folder, session, name, "-wire", &capture->wire, failure);
    if (status != STATUS_OK) {
        capture_destroy(capture);
        return status;
    }
    *ret_capture = capture;
    return STATUS_OK;
}

void capture_destroy(struct capture *capture)
{
    if (!capture)
        return;
    if (capture->plain)
        fclose(capture->plain);
    if (capture->wire)
        fclose(capture->wire);
    free(capture);
}

static uint16_t ipv4_checksum(const uint8_t *header)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < IPV4_SIZE; i += 2)
        sum += load_u16(header + i);
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}

/* IPv4 and UDP headers from 192.0.2.1 (we) to 192.0.2.2 (the peer), or back: RFC 5737 addresses. */
static void write_ip_udp(uint8_t *header, bool sent, uint16_t source, uint16_t destination,
                         size_t size)
{
    struct byte_writer writer = byte_writer(header, IPV4_SIZE + UDP_SIZE);

    write_u16(&writer, 0x4500);
    write_u16(&writer, (uint16_t)(IPV4_SIZE + UDP_SIZE + size));
    write_u32(&writer, 0x00004000); /* id 0, don't fragment */
    write_u16(&writer, 0x4011);     /* TTL 64, UDP */
    write_u16(&writer, 0);
    write_u32(&writer, sent ? 0xC0000201 : 0xC0000202);
    write_u32(&writer, sent ? 0xC0000202 : 0xC0000201);
    store_u16(header + 10, ipv4_checksum(header));
    write_u16(&writer, source);
    write_u16(&writer, destination);
    write_u16(&writer, (uint16_t)(UDP_SIZE + size));
    write_u16(&writer, 0); /* no checksum: allowed in IPv4 */
}

static void write_packet(struct capture *capture, FILE *file, bool sent, uint16_t port,
                         const void *data, size_t size, int64_t now_us)
{
    uint64_t at_us = (uint64_t)(now_us + capture->realtime_offset_us);
    uint8_t packet[IPV4_SIZE + UDP_SIZE + DATAGRAM_MAX + 4] = {0};
    size_t length = IPV4_SIZE + UDP_SIZE + size, padded = (length + 3) & ~(size_t)3;

    if (size > DATAGRAM_MAX || capture->packets >= CAPTURE_PACKETS_MAX)
        return;
    capture->packets++;
    write_ip_udp(packet, sent, port, port, size);
    memcpy(packet + IPV4_SIZE + UDP_SIZE, data, size);
    put_u32(file, BLOCK_PACKET);
    put_u32(file, (uint32_t)(32 + padded));
    put_u32(file, 0);
    put_u32(file, (uint32_t)(at_us >> 32));
    put_u32(file, (uint32_t)at_us);
    put_u32(file, (uint32_t)length);
    put_u32(file, (uint32_t)length);
    fwrite(packet, padded, 1, file);
    put_u32(file, (uint32_t)(32 + padded));
}

void capture_plain(struct capture *capture, bool sent, bool rtcp, const void *data, size_t size,
                   int64_t now_us)
{
    write_packet(capture, capture->plain, sent, PORT_RTP + (rtcp ? RTCP_OFFSET : 0), data, size,
                 now_us);
}

void capture_wire(struct capture *capture, bool sent, const void *data, size_t size, int64_t now_us)
{
    write_packet(capture, capture->wire, sent, PORT_WIRE, data, size, now_us);
}

static void write_track(FILE *file, const struct endpoint *endpoint, size_t track)
{
    struct endpoint_track_stats stats;

    endpoint_track_stats(endpoint, track, &stats);
    fprintf(file,
            "%s\n  {\"track\": %zu, \"send_ssrc\": %u, \"packets_sent\": %llu, "
            "\"retransmitted_packets_sent\": %llu, \"receive_ssrc\": %u, "
            "\"packets_received\": %llu, \"retransmitted_packets_received\": %llu, "
            "\"packets_lost\": %lld}",
            track ? "," : "", track, stats.send_ssrc, (unsigned long long)stats.packets_sent,
            (unsigned long long)stats.retransmitted_packets_sent, stats.receive_ssrc,
            (unsigned long long)stats.packets_received,
            (unsigned long long)stats.retransmitted_packets_received,
            (long long)stats.packets_lost);
}

void capture_counts(struct capture *capture, const struct endpoint *endpoint)
{
    FILE *file = fopen(capture->counts_path, "w");

    if (!file)
        return;
    fprintf(file, "{\"schema\": \"caseload/capture/1\", \"tracks\": [");
    for (size_t i = 0; i < endpoint_track_count(endpoint); i++)
        write_track(file, endpoint, i);
    fprintf(file, "\n]}\n");
    fclose(file);
}
