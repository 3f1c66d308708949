#include "engine/participant/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/webrtc/endpoint.h"
#include "common/webrtc/transport/dtls_session.h"

/* draft-ietf-opsawg-pcapng: block types and the link type of bare IP packets. */
#define BLOCK_SECTION 0x0A0D0D0Au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 6u
#define BYTE_ORDER_MAGIC 0x1A2B3C4Du
#define LINKTYPE_RAW 101u
#define IPV4_SIZE 20
#define UDP_SIZE 8
#define DATAGRAM_MAX 2048
#define LIVES_MAX 100
#define STEM_SIZE 1000
#define PATH_SIZE (STEM_SIZE + 32)

enum { PORT_RTP = 5004, RTCP_OFFSET = 1, PORT_WIRE = 50000 };

struct capture {
    FILE *plain, *wire;
    char stem[STEM_SIZE]; /* every file's path up to its ending */
    bool keep_keys, keys_failed;
    uint64_t packets, left_out;
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

/* A new file, never an older one's replacement. The mode is that of secrets where it is asked for:
 * nobody else may read it even while it is empty. */
static FILE *create_file(const struct capture *capture, const char *ending, mode_t mode)
{
    char path[PATH_SIZE];
    FILE *file;
    int fd;

    snprintf(path, sizeof path, "%s%s", capture->stem, ending);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return NULL;
    file = fdopen(fd, "wb");
    if (!file)
        close(fd);
    return file;
}

/* An actor who comes back is a new participant: "session-0-patient", then "session-0-patient.2". */
static enum status open_files(struct capture *capture, const char *folder, uint64_t session,
                              const char *name, struct failure *failure)
{
    for (unsigned life = 1; life <= LIVES_MAX && !capture->plain; life++) {
        char suffix[16] = "";
        if (life > 1)
            snprintf(suffix, sizeof suffix, ".%u", life);
        int length = snprintf(capture->stem, sizeof capture->stem, "%s/session-%llu-%s%s", folder,
                              (unsigned long long)session, name, suffix);
        if (length < 0 || (size_t)length >= sizeof capture->stem)
            return failure_set(failure, STATUS_TOO_LARGE, "%s: the path is too long", folder);
        capture->plain = create_file(capture, ".pcapng", 0644);
        if (!capture->plain && errno != EEXIST)
            break;
    }
    if (capture->plain)
        capture->wire = create_file(capture, "-wire.pcapng", 0644);
    if (!capture->wire)
        return failure_set(failure, STATUS_IO, "%s.pcapng: %s", capture->stem, strerror(errno));
    write_headers(capture->plain);
    write_headers(capture->wire);
    return STATUS_OK;
}

enum status capture_create(const struct capture_config *config, struct capture **ret_capture,
                           struct failure *failure)
{
    struct capture *capture = calloc(1, sizeof *capture);
    enum status status;

    if (!capture)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    capture->keep_keys = config->keep_keys;
    capture->realtime_offset_us = clock_realtime_offset_us();
    status = open_files(capture, config->folder, config->session, config->name, failure);
    if (status != STATUS_OK) {
        capture_destroy(capture);
        return status;
    }
    *ret_capture = capture;
    return STATUS_OK;
}

const char *capture_stem(const struct capture *capture)
{
    return capture->stem;
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

    if (size > DATAGRAM_MAX || capture->packets >= CAPTURE_PACKETS_MAX) {
        capture->left_out++;
        return;
    }
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

static void write_hex(FILE *file, const char *name, const uint8_t *bytes, size_t size)
{
    fprintf(file, ", \"%s\": \"", name);
    for (size_t i = 0; i < size; i++)
        fprintf(file, "%02x", bytes[i]);
    fprintf(file, "\"");
}

void capture_keys(struct capture *capture, const char *suite, const struct srtp_keys *keys)
{
    FILE *file;

    if (!capture->keep_keys)
        return;
    file = create_file(capture, ".keys", 0600);
    if (!file) {
        capture->keys_failed = true;
        return;
    }
    setvbuf(file, NULL, _IONBF, 0); /* keys are not left behind in freed memory */
    fprintf(file, "{\"schema\": \"caseload/keys/1\", \"suite\": \"%s\"", suite);
    write_hex(file, "send", keys->send, keys->key_size + keys->salt_size);
    write_hex(file, "receive", keys->receive, keys->key_size + keys->salt_size);
    fprintf(file, "}\n");
    capture->keys_failed = ferror(file) != 0;
    if (fclose(file) != 0)
        capture->keys_failed = true;
}

static void write_track(FILE *file, const struct endpoint *endpoint, size_t track)
{
    struct endpoint_track_stats stats;

    endpoint_track_stats(endpoint, track, &stats);
    fprintf(file,
            "%s\n  {\"track\": %zu, \"send_ssrc\": %u, \"send_rtx_ssrc\": %u, "
            "\"packets_sent\": %llu, \"retransmitted_packets_sent\": %llu, ",
            track ? "," : "", track, stats.send_ssrc, stats.send_rtx_ssrc,
            (unsigned long long)stats.packets_sent,
            (unsigned long long)stats.retransmitted_packets_sent);
    fprintf(file,
            "\"receive_ssrc\": %u, \"receive_rtx_ssrc\": %u, \"packets_received\": %llu, "
            "\"retransmitted_packets_received\": %llu, \"duplicates\": %llu, \"packets_lost\": "
            "%lld}",
            stats.receive_ssrc, stats.receive_rtx_ssrc, (unsigned long long)stats.packets_received,
            (unsigned long long)stats.retransmitted_packets_received,
            (unsigned long long)stats.duplicates, (long long)stats.packets_lost);
}

/* What explains a difference between the packets and the tracks' counts. */
static void write_transport(FILE *file, const struct endpoint *endpoint)
{
    struct endpoint_stats stats;

    endpoint_stats(endpoint, &stats);
    fprintf(file,
            "\"send_refused\": %llu, \"unknown_ssrc\": %llu, \"malformed\": %llu, "
            "\"unauthentic\": %llu, \"replayed\": %llu",
            (unsigned long long)stats.send_refused, (unsigned long long)stats.unknown_ssrc,
            (unsigned long long)stats.malformed, (unsigned long long)stats.unauthentic,
            (unsigned long long)stats.replayed);
}

void capture_counts(struct capture *capture, const struct endpoint *endpoint)
{
    bool failed = fflush(capture->plain) != 0 || fflush(capture->wire) != 0 ||
                  ferror(capture->plain) || ferror(capture->wire) || capture->keys_failed;
    FILE *file = create_file(capture, ".json", 0644);

    if (!file)
        return;
    fprintf(file, "{\"schema\": \"caseload/capture/1\", \"written\": %s, \"left_out\": %llu, ",
            failed ? "false" : "true", (unsigned long long)capture->left_out);
    write_transport(file, endpoint);
    fprintf(file, ", \"tracks\": [");
    for (size_t i = 0; i < endpoint_track_count(endpoint); i++)
        write_track(file, endpoint, i);
    fprintf(file, "\n]}\n");
    fclose(file);
}
