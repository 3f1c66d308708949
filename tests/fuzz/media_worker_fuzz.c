/* What one participant can do to a media worker: datagrams as they are on the wire, and RTP and
 * RTCP that authenticate, while it is both a source and a receiver. Input: records of one byte of
 * kind, two bytes of length, and that many bytes. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "reference-server/media/transport/server_transport.h"
#include "reference-server/media/worker/demultiplex.h"

enum { RAW, STRANGER, RTP, RTCP, WAIT, SWITCH, KINDS };

static struct worker_context context;
static struct media_counters counters;
static struct certificate *certificate;
static const struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = 0x0100},
                                stranger = {.sin_family = AF_INET, .sin_port = 0x0200};

static bool on_event(struct worker_context *from, const struct media_event *event)
{
    (void)from;
    return event->participant != 0;
}

static void prepare(void)
{
    struct failure failure;

    context.counters = &counters;
    context.on_event = on_event;
    context.links = worker_links_create(1);
    if (media_crypto_start() != STATUS_OK ||
        certificate_create("fuzz", NULL, 1, &certificate) != STATUS_OK ||
        udp_port_open("127.0.0.1", 0, &counters, &context.port, &failure) != STATUS_OK)
        abort();
    context.certificate = certificate;
}

static void begin(void)
{
    random_stream_init(&context.random, 1);
    worker_context_tell_time(&context, 1000 * US_PER_S, 0);
    context.transports = transport_table_create(1);
    context.sources = key_map_create(16, 1);
    context.wheel = timer_wheel_create(context.now_us);
    context.leak_count = 0;
}

static void end(void)
{
    source_destroy_all(&context);
    transport_table_destroy(context.transports);
    timer_wheel_destroy(context.wheel);
}

static struct media_terms *make_terms(bool simulcast)
{
    struct media_terms *terms = calloc(1, sizeof *terms);

    terms->participant = terms->incarnation = 1;
    strcpy(terms->ufrag, "ufragone");
    strcpy(terms->pwd, "passwordpasswordpassword");
    strcpy(terms->remote_fingerprint, "AA");
    strcpy(terms->cname, "cname");
    terms->rtcp_rsize = true;
    terms->feedback_ssrc = 9;
    for (uint8_t i = 0; i < RTP_EXTENSION_COUNT; i++)
        terms->extensions.id[i] = i + 1;
    terms->streams[MEDIA_AUDIO] =
        (struct stream_terms){.active = true, .mid = "0", .payload_type = 111, .clock_hz = 48000};
    terms->streams[MEDIA_VIDEO] = (struct stream_terms){.active = true,
                                                        .mid = "1",
                                                        .payload_type = 96,
                                                        .rtx_payload_type = 97,
                                                        .clock_hz = 90000,
                                                        .nack = true,
                                                        .pli = true,
                                                        .encoding_count = simulcast ? 3 : 1,
                                                        .rids = {"f", "h", "q"}};
    terms->slot_count = 2;
    terms->slots[0] = (struct slot_terms){.mid = "2",
                                          .kind = MEDIA_VIDEO,
                                          .payload_type = 96,
                                          .rtx_payload_type = 97,
                                          .clock_hz = 90000,
                                          .ssrc = 1,
                                          .rtx_ssrc = 2,
                                          .extensions = terms->extensions};
    terms->slots[1] = (struct slot_terms){.mid = "3",
                                          .kind = MEDIA_AUDIO,
                                          .payload_type = 111,
                                          .clock_hz = 48000,
                                          .ssrc = 3,
                                          .extensions = terms->extensions};
    return terms;
}

/* A participant that is connected, may send, and sees and hears itself. */
static struct server_transport *make_transport(bool simulcast, struct media_crypto **ret_other_side)
{
    struct srtp_keys keys = {.suite = SRTP_SUITE_AEAD_AES_128_GCM,
                             .key_size = 16,
                             .salt_size = 12,
                             .send = {1},
                             .receive = {2}};
    struct srtp_keys mirrored = keys;
    struct server_transport *transport, *former;

    memcpy(mirrored.send, keys.receive, sizeof keys.send);
    memcpy(mirrored.receive, keys.send, sizeof keys.send);
    if (server_transport_create(&context, make_terms(simulcast), &transport) != STATUS_OK ||
        media_crypto_create(&keys, &transport->crypto) != STATUS_OK ||
        media_crypto_create(&mirrored, ret_other_side) != STATUS_OK ||
        transport_table_add_address(context.transports, &peer, transport, &former) != STATUS_OK)
        abort();
    transport->addresses[transport->address_count++] = peer;
    transport->peer = peer;
    transport->has_peer = true;
    transport->state = TRANSPORT_CONNECTED;
    for (int kind = 0; kind < MEDIA_KINDS; kind++)
        server_transport_set_send(transport, (enum media_kind)kind, true);
    for (size_t i = 0; i < transport->outlet_count; i++)
        if (source_attach(transport->source, &transport->outlets[i]) != STATUS_OK)
            abort();
    /* Where numbers begin is random elsewhere; here a NACK must be able to guess them. */
    transport->outlets[0].slot.last_sequence = 0;
    return transport;
}

static void hand_in(const uint8_t *data, size_t size, const struct sockaddr_in *source)
{
    static uint8_t copy[UDP_DATAGRAM_MAX];
    struct udp_datagram datagram = {
        .data = copy, .size = size, .source = *source, .arrival_us = context.now_us};

    memcpy(copy, data, size);
    demultiplex_datagram(&context, &datagram);
}

static void hand_in_authentic(struct media_crypto *crypto, bool rtcp, const uint8_t *data,
                              size_t size)
{
    uint8_t packet[RTP_PACKET_MAX + MEDIA_CRYPTO_OVERHEAD];
    enum status status;

    if (size > RTP_PACKET_MAX)
        size = RTP_PACKET_MAX;
    memcpy(packet, data, size);
    status = rtcp ? media_crypto_protect_rtcp(crypto, packet, &size)
                  : media_crypto_protect_rtp(crypto, packet, &size);
    if (status == STATUS_OK && size <= UDP_DATAGRAM_MAX)
        hand_in(packet, size, &peer);
}

static void act(struct server_transport *transport, struct media_crypto *crypto, uint8_t kind,
                const uint8_t *data, size_t size)
{
    switch (kind % KINDS) {
    case RAW:
        hand_in(data, size, &peer);
        break;
    case STRANGER:
        hand_in(data, size, &stranger);
        break;
    case RTP:
    case RTCP:
        hand_in_authentic(crypto, kind % KINDS == RTCP, data, size);
        break;
    case WAIT:
        worker_context_tell_time(&context, context.now_us + (int64_t)size * 1000, 0);
        timer_wheel_advance(context.wheel, context.now_us);
        break;
    case SWITCH:
        server_transport_set_send(transport, size % MEDIA_KINDS, size & 2);
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct media_crypto *other_side = NULL;

    if (!context.port)
        prepare();
    begin();
    struct server_transport *transport = make_transport(size % 2 == 1, &other_side);
    while (size >= 3) {
        size_t length = (size_t)(data[1] << 8 | data[2]) % UDP_DATAGRAM_MAX;
        uint8_t kind = data[0];
        data += 3;
        size -= 3;
        if (length > size)
            length = size;
        act(transport, other_side, kind, data, length);
        data += length;
        size -= length;
    }
    udp_port_flush(context.port);
    server_transport_destroy(transport);
    media_crypto_destroy(other_side);
    end();
    return 0;
}
