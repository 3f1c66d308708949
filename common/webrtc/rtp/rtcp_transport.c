#include "common/webrtc/rtp/rtcp_transport.h"

#include <stdbool.h>

enum {
    TICK_US = 250,        /* unit of a receive delta */
    REFERENCE_US = 64000, /* unit of the reference time */
    RUN_MAX = 0x1fff,     /* statuses in a run-length chunk */
    VECTOR_ONE_BIT = 14,  /* statuses in a vector of one bit each */
    VECTOR_TWO_BIT = 7,
    CHUNK_VECTOR = 0x8000,
    CHUNK_TWO_BIT = 0x4000,
};

enum symbol { NOT_RECEIVED, SMALL_DELTA, LARGE_DELTA, RESERVED };

/* Walks the statuses of all chunks one by one. */
struct chunk_cursor {
    struct byte_reader reader;
    uint16_t chunk;
    unsigned left; /* statuses of `chunk` not yet taken */
};

static void next_chunk(struct chunk_cursor *cursor)
{
    cursor->chunk = read_u16(&cursor->reader);
    if (!(cursor->chunk & CHUNK_VECTOR))
        cursor->left = cursor->chunk & RUN_MAX;
    else
        cursor->left = cursor->chunk & CHUNK_TWO_BIT ? VECTOR_TWO_BIT : VECTOR_ONE_BIT;
}

/* RESERVED when the chunks end too early. */
static enum symbol next_symbol(struct chunk_cursor *cursor)
{
    while (cursor->left == 0 && !cursor->reader.failed)
        next_chunk(cursor);
    if (cursor->reader.failed)
        return RESERVED;
    cursor->left--;
    if (!(cursor->chunk & CHUNK_VECTOR))
        return cursor->chunk >> 13 & 3;
    if (cursor->chunk & CHUNK_TWO_BIT)
        return cursor->chunk >> (2 * cursor->left) & 3;
    return cursor->chunk >> cursor->left & 1;
}

/* Checks the whole FCI and finds where the deltas begin. */
static bool find_deltas(struct chunk_cursor cursor, unsigned count, size_t *ret_at)
{
    size_t deltas = 0;

    for (unsigned i = 0; i < count; i++) {
        enum symbol symbol = next_symbol(&cursor);
        if (symbol == RESERVED)
            return false;
        deltas += symbol; /* not received 0 bytes, small 1, large 2 */
    }
    *ret_at = cursor.reader.at;
    return byte_reader_left(&cursor.reader) >= deltas;
}

enum status rtcp_transport_parse(const uint8_t *fci, size_t size, struct rtcp_item *item,
                                 rtcp_item_fn *on_item, void *arg)
{
    struct chunk_cursor cursor = {.reader = byte_reader(fci, size)};
    uint16_t sequence = read_u16(&cursor.reader);
    unsigned count = read_u16(&cursor.reader);
    int32_t reference = (int32_t)(read_u24(&cursor.reader) << 8) / 256; /* signed */
    uint8_t feedback_count = read_u8(&cursor.reader);
    size_t deltas_at;

    if (cursor.reader.failed || count == 0 || !find_deltas(cursor, count, &deltas_at))
        return STATUS_MALFORMED;
    struct byte_reader deltas = byte_reader(fci + deltas_at, size - deltas_at);
    int64_t arrival_us = 0;
    item->kind = RTCP_TRANSPORT;
    item->transport.feedback_count = feedback_count;
    item->transport.reference_time_us = (int64_t)reference * REFERENCE_US;
    item->transport.count = 0;
    for (unsigned i = 0; i < count; i++) {
        enum symbol symbol = next_symbol(&cursor);
        if (symbol == SMALL_DELTA)
            arrival_us += read_u8(&deltas) * TICK_US;
        else if (symbol == LARGE_DELTA)
            arrival_us += (int16_t)read_u16(&deltas) * TICK_US;
        item->transport.arrivals[item->transport.count++] =
            (struct rtcp_arrival){.sequence = sequence++,
                                  .received = symbol != NOT_RECEIVED,
                                  .arrival_us = symbol != NOT_RECEIVED ? arrival_us : 0};
        if (item->transport.count == RTCP_TRANSPORT_MAX || i + 1 == count) {
            on_item(arg, item);
            item->transport.count = 0;
        }
    }
    return STATUS_OK;
}

/* Deltas of one item, worked out once: chunks come first on the wire. */
struct encoding {
    unsigned count;
    uint8_t symbols[RTCP_TRANSPORT_MAX];
    int16_t deltas[RTCP_TRANSPORT_MAX];
};

static int64_t to_ticks(int64_t us)
{
    int64_t half = us < 0 ? -TICK_US / 2 : TICK_US / 2;

    return (us + half) / TICK_US;
}

static bool encode_deltas(const struct rtcp_item *item, struct encoding *encoding)
{
    int64_t last = 0;

    encoding->count = item->transport.count;
    for (unsigned i = 0; i < encoding->count; i++) {
        const struct rtcp_arrival *arrival = &item->transport.arrivals[i];
        if (arrival->sequence != (uint16_t)(item->transport.arrivals[0].sequence + i))
            return false;
        encoding->symbols[i] = NOT_RECEIVED;
        if (!arrival->received)
            continue;
        /* Ticks of the absolute time, so that rounding does not add up. */
        int64_t ticks = to_ticks(arrival->arrival_us);
        int64_t delta = ticks - last;
        if (delta < INT16_MIN || delta > INT16_MAX)
            return false;
        last = ticks;
        encoding->deltas[i] = (int16_t)delta;
        encoding->symbols[i] = delta >= 0 && delta <= UINT8_MAX ? SMALL_DELTA : LARGE_DELTA;
    }
    return true;
}

static unsigned run_length(const struct encoding *encoding, unsigned from)
{
    unsigned to = from;

    while (to < encoding->count && encoding->symbols[to] == encoding->symbols[from])
        to++;
    return to - from;
}

static bool fits_one_bit(const struct encoding *encoding, unsigned from)
{
    for (unsigned i = from; i < encoding->count && i < from + VECTOR_ONE_BIT; i++)
        if (encoding->symbols[i] == LARGE_DELTA)
            return false;
    return true;
}

static unsigned write_vector(const struct encoding *encoding, unsigned from, bool one_bit,
                             struct byte_writer *writer)
{
    unsigned capacity = one_bit ? VECTOR_ONE_BIT : VECTOR_TWO_BIT;
    unsigned bits = one_bit ? 1 : 2;
    unsigned chunk = one_bit ? CHUNK_VECTOR : CHUNK_VECTOR | CHUNK_TWO_BIT;
    unsigned taken = 0;

    for (; taken < capacity && from + taken < encoding->count; taken++)
        chunk |= (unsigned)encoding->symbols[from + taken] << (bits * (capacity - 1 - taken));
    write_u16(writer, (uint16_t)chunk);
    return taken;
}

/* The chunk that covers most statuses from `from` on; returns how many. */
static unsigned write_chunk(const struct encoding *encoding, unsigned from,
                            struct byte_writer *writer)
{
    unsigned run = run_length(encoding, from);
    bool one_bit = fits_one_bit(encoding, from);

    if (run >= (one_bit ? VECTOR_ONE_BIT : VECTOR_TWO_BIT) || from + run == encoding->count) {
        write_u16(writer, (uint16_t)(encoding->symbols[from] << 13 | run));
        return run;
    }
    return write_vector(encoding, from, one_bit, writer);
}

_Static_assert(RTCP_TRANSPORT_MAX <= RUN_MAX, "a run-length chunk holds a whole item");

enum status rtcp_transport_write(const struct rtcp_item *item, struct byte_writer *writer)
{
    struct encoding encoding;

    if (item->transport.count == 0 || item->transport.count > RTCP_TRANSPORT_MAX ||
        !encode_deltas(item, &encoding))
        return STATUS_INVALID;
    write_u16(writer, item->transport.arrivals[0].sequence);
    write_u16(writer, item->transport.count);
    write_u24(writer, (uint32_t)(item->transport.reference_time_us / REFERENCE_US) & 0xffffff);
    write_u8(writer, item->transport.feedback_count);
    for (unsigned i = 0; i < encoding.count;)
        i += write_chunk(&encoding, i, writer);
    for (unsigned i = 0; i < encoding.count; i++) {
        if (encoding.symbols[i] == SMALL_DELTA)
            write_u8(writer, (uint8_t)encoding.deltas[i]);
        else if (encoding.symbols[i] == LARGE_DELTA)
            write_u16(writer, (uint16_t)encoding.deltas[i]);
    }
    return STATUS_OK;
}
