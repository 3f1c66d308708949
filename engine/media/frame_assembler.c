#include "engine/media/frame_assembler.h"

#include <stdlib.h>
#include <string.h>

#include "common/webrtc/codec/vp8_payload.h"
#include "common/webrtc/rtp/rtp_sequence.h"

enum {
    PADDING_MAX = 16, /* padding-only packets ahead of the next frame that are remembered */
    DATA_GRANULE = 4096,
};
#define NO_SEQUENCE INT64_MIN

/* Where one packet's bytes lie in a frame that is kept whole. */
struct piece {
    uint32_t offset;
    uint16_t sequence, size;
};

struct picture_number {
    bool known;
    uint16_t id, mask; /* 7 or 15 bits */
};

struct pending {
    struct assembled_frame frame;
    int64_t low, high;  /* sequence numbers that came */
    int64_t start, end; /* of the first and last packet; NO_SEQUENCE while unknown */
    uint64_t seen[ASSEMBLER_PACKETS_MAX / 64]; /* by sequence modulo */
    bool given_up;                             /* nothing waits for it any more */
    bool in_order;                             /* pieces came by rising number */
    struct picture_number picture;
    struct piece *pieces; /* owned; the rest too; kept from frame to frame */
    size_t piece_capacity;
    uint8_t *data;
    size_t data_capacity;
};

struct frame_assembler {
    struct assembler_events events;
    struct assembler_counts counts;
    struct timestamp_unwrapper unwrapper;
    bool keep_data;
    size_t frame_size_max;
    size_t count;
    struct pending
        *pending[ASSEMBLER_FRAMES_MAX]; /* owned; the first `count` by rising timestamp */
    int64_t next;                       /* sequence after the last frame delivered as decodable */
    struct picture_number picture;      /* of that frame */
    int64_t released;                   /* newest timestamp of the frames delivered in order */
    bool has_released;
    bool need_key;        /* nothing is decodable before a key frame */
    int64_t decodable_us; /* of the last decodable frame */
    int64_t blocked_us;   /* since when a hole is open; -1: no hole */
    int64_t wanted_us;    /* when a key frame was wanted last; -1: not since the last one */
    int64_t padding[PADDING_MAX];
    size_t padding_at;
    uint8_t *scratch; /* owned; for frames whose packets came out of order */
    size_t scratch_capacity;
};

struct frame_assembler *frame_assembler_create(const struct assembler_events *events,
                                               bool keep_data, size_t frame_size_max)
{
    struct frame_assembler *assembler = calloc(1, sizeof *assembler);

    if (!assembler)
        return NULL;
    assembler->events = *events;
    assembler->keep_data = keep_data;
    assembler->frame_size_max = frame_size_max;
    frame_assembler_reset(assembler);
    return assembler;
}

void frame_assembler_destroy(struct frame_assembler *assembler)
{
    if (!assembler)
        return;
    for (size_t i = 0; i < ASSEMBLER_FRAMES_MAX; i++) {
        if (assembler->pending[i]) {
            free(assembler->pending[i]->pieces);
            free(assembler->pending[i]->data);
        }
        free(assembler->pending[i]);
    }
    free(assembler->scratch);
    free(assembler);
}

const struct assembler_counts *frame_assembler_counts(const struct frame_assembler *assembler)
{
    return &assembler->counts;
}

/* ---- the list of pending frames ---- */

static bool grow(void **memory, size_t *capacity, size_t needed, size_t unit)
{
    if (needed <= *capacity)
        return true;
    void *grown = realloc(*memory, needed * unit);
    if (!grown)
        return false;
    *memory = grown;
    *capacity = needed;
    return true;
}

/* Takes entry `index` out of the list; its memory stays for the next frame. */
static struct pending *take_out(struct frame_assembler *assembler, size_t index)
{
    struct pending *pending = assembler->pending[index];

    assembler->count--;
    memmove(&assembler->pending[index], &assembler->pending[index + 1],
            (assembler->count - index) * sizeof assembler->pending[0]);
    assembler->pending[assembler->count] = pending;
    return pending;
}

static struct pending *put_in(struct frame_assembler *assembler, size_t index)
{
    struct pending *pending = assembler->pending[assembler->count];

    if (!pending)
        pending = calloc(1, sizeof *pending);
    if (!pending)
        return NULL;
    memmove(&assembler->pending[index + 1], &assembler->pending[index],
            (assembler->count - index) * sizeof assembler->pending[0]);
    assembler->pending[index] = pending;
    assembler->count++;
    return pending;
}

static void begin_frame(struct pending *pending, int64_t timestamp,
                        const struct assembler_packet *packet)
{
    memset(&pending->frame, 0, sizeof pending->frame);
    memset(pending->seen, 0, sizeof pending->seen);
    pending->frame.timestamp = timestamp;
    pending->frame.sequence = packet->sequence;
    pending->frame.first_arrival_us = packet->arrival_us;
    pending->low = pending->high = packet->sequence;
    pending->start = pending->end = NO_SEQUENCE;
    pending->in_order = true;
    pending->given_up = false;
    pending->picture.known = false;
}

/* ---- delivery ---- */

static int compare_pieces(const void *a, const void *b)
{
    const struct piece *left = a, *right = b;

    if (left->sequence == right->sequence)
        return 0;
    return sequence_newer(left->sequence, right->sequence) ? 1 : -1;
}

/* The frame's bytes in order; NULL when they were not kept. */
static const uint8_t *frame_data(struct frame_assembler *assembler, struct pending *pending)
{
    if (!assembler->keep_data || !pending->frame.complete)
        return NULL;
    if (pending->in_order)
        return pending->data;
    if (!grow((void **)&assembler->scratch, &assembler->scratch_capacity, pending->frame.size, 1))
        return NULL;
    qsort(pending->pieces, pending->frame.packets, sizeof pending->pieces[0], compare_pieces);
    size_t at = 0;
    for (size_t i = 0; i < pending->frame.packets; i++) {
        if (pending->pieces[i].size > 0)
            memcpy(assembler->scratch + at, pending->data + pending->pieces[i].offset,
                   pending->pieces[i].size);
        at += pending->pieces[i].size;
    }
    return assembler->scratch;
}

/* What came of it has no hole, and `next` begins where its own next packet would. */
static bool is_cut_by(const struct pending *pending, const struct pending *next)
{
    return !pending->frame.complete && pending->start != NO_SEQUENCE &&
           pending->start == pending->low && pending->end == NO_SEQUENCE &&
           pending->frame.packets == (uint64_t)(pending->high - pending->low + 1) &&
           next->frame.key_frame && next->start == pending->high + 1;
}

static bool continues(const struct picture_number *before, const struct picture_number *picture)
{
    return !before->known || !picture->known || before->mask != picture->mask ||
           ((picture->id - before->id) & picture->mask) == 1;
}

/* Does this one, about to be delivered as decodable, come right behind what was before? */
static void note_order(struct frame_assembler *assembler, struct pending *pending)
{
    struct assembled_frame *frame = &pending->frame;

    frame->follows = pending->start == assembler->next;
    frame->misnumbered = frame->follows && !continues(&assembler->picture, &pending->picture);
}

static void deliver(struct frame_assembler *assembler, size_t index, bool decodable)
{
    struct pending *pending = take_out(assembler, index);
    struct assembled_frame *frame = &pending->frame;

    frame->decodable = decodable;
    if (decodable) {
        note_order(assembler, pending);
        assembler->picture = pending->picture;
        if (frame->last_arrival_us > assembler->decodable_us)
            assembler->decodable_us = frame->last_arrival_us;
        frame->decodable_us = assembler->decodable_us;
        assembler->next = pending->end + 1;
        assembler->need_key = false;
        assembler->wanted_us = -1;
    }
    if (frame->complete && (!assembler->has_released || frame->timestamp > assembler->released)) {
        assembler->released = frame->timestamp;
        assembler->has_released = true;
    }
    frame->data = frame_data(assembler, pending);
    assembler->events.on_frame(assembler->events.arg, frame);
    frame->data = NULL;
}

/* Step over padding-only packets between frames. */
static void skip_padding(struct frame_assembler *assembler)
{
    for (size_t i = 0; i < PADDING_MAX && assembler->next != NO_SEQUENCE; i++)
        if (assembler->padding[i] == assembler->next) {
            assembler->padding[i] = NO_SEQUENCE;
            assembler->next++;
            i = SIZE_MAX; /* look at all again */
        }
}

static bool is_old(const struct frame_assembler *assembler, const struct pending *pending)
{
    return assembler->has_released && pending->frame.timestamp <= assembler->released;
}

static size_t newest_key_frame(const struct frame_assembler *assembler)
{
    for (size_t i = assembler->count; i-- > 0;) {
        const struct pending *pending = assembler->pending[i];
        if (pending->frame.complete && pending->frame.key_frame && !is_old(assembler, pending))
            return i;
    }
    return SIZE_MAX;
}

/* Could what is behind this incomplete frame become decodable by its repair? */
static bool is_awaited(const struct frame_assembler *assembler, const struct pending *pending)
{
    if (pending->given_up || is_old(assembler, pending))
        return false;
    return !assembler->need_key || pending->start == NO_SEQUENCE || pending->frame.key_frame;
}

/* Nothing more comes of what stands before entry `index`, a key frame: the stream goes on behind
 * it. Returns where the key frame stands now. */
static size_t deliver_cut(struct frame_assembler *assembler, size_t index)
{
    if (index == 0 || !is_cut_by(assembler->pending[index - 1], assembler->pending[index]))
        return index;
    index = deliver_cut(assembler, index - 1); /* one may have cut another */

    struct pending *cut = assembler->pending[index];
    if (cut->start == assembler->next) {
        assembler->next = cut->high + 1;
        assembler->picture = cut->picture;
    }
    cut->frame.cut = true;
    deliver(assembler, index, false);
    return index;
}

/* Deliver one frame if one is due; false: nothing to deliver now. */
static bool deliver_one(struct frame_assembler *assembler)
{
    size_t key = newest_key_frame(assembler);

    for (size_t i = 0; i < assembler->count; i++) {
        const struct pending *pending = assembler->pending[i];
        bool old = is_old(assembler, pending);
        bool follows = !assembler->need_key && pending->start == assembler->next;
        if (!pending->frame.complete) {
            if (key == SIZE_MAX && is_awaited(assembler, pending))
                return false;
            continue;
        }
        if (!old && (pending->frame.key_frame || follows))
            deliver(assembler, deliver_cut(assembler, i), true);
        else if (old || assembler->need_key || key != SIZE_MAX)
            deliver(assembler, i, false); /* too late, or a key frame is there already */
        else
            return false; /* a hole before it */
        return true;
    }
    return false;
}

/* A hole is open while something waits behind it. */
static bool has_hole(const struct frame_assembler *assembler)
{
    for (size_t i = 0; i < assembler->count; i++) {
        const struct pending *pending = assembler->pending[i];
        if (pending->frame.complete)
            return true;
        if (is_awaited(assembler, pending))
            return i + 1 < assembler->count;
    }
    return false;
}

static void want_key_frame(struct frame_assembler *assembler, int64_t now_us)
{
    assembler->wanted_us = now_us;
    assembler->events.on_want_key_frame(assembler->events.arg);
}

static void abandon_old(struct frame_assembler *assembler, int64_t now_us)
{
    for (size_t i = 0; i < assembler->count;) {
        const struct assembled_frame *frame = &assembler->pending[i]->frame;
        if (!frame->complete && now_us - frame->last_arrival_us > ASSEMBLER_ABANDON_US)
            deliver(assembler, i, false);
        else
            i++;
    }
}

static void drain(struct frame_assembler *assembler, int64_t now_us)
{
    bool progress = false;

    skip_padding(assembler);
    while (deliver_one(assembler)) {
        progress = true;
        skip_padding(assembler);
    }
    if (!has_hole(assembler))
        assembler->blocked_us = -1;
    else if (progress || assembler->blocked_us < 0)
        assembler->blocked_us = now_us;
}

/* Nothing waits any longer for the holes there are. */
static void lose_track(struct frame_assembler *assembler, int64_t now_us)
{
    bool wanted_lately =
        assembler->wanted_us >= 0 && now_us - assembler->wanted_us < ASSEMBLER_WAIT_US;

    assembler->need_key = true;
    for (size_t i = 0; i < assembler->count; i++)
        if (now_us - assembler->pending[i]->frame.last_arrival_us >= ASSEMBLER_WAIT_US / 2)
            assembler->pending[i]->given_up = true; /* the others are still coming in */
    if (!wanted_lately)
        want_key_frame(assembler, now_us);
}

void frame_assembler_time(struct frame_assembler *assembler, int64_t now_us)
{
    if (assembler->blocked_us >= 0 && now_us - assembler->blocked_us >= ASSEMBLER_WAIT_US) {
        lose_track(assembler, now_us);
        drain(assembler, now_us);
    } else if (assembler->need_key && assembler->wanted_us >= 0 &&
               now_us - assembler->wanted_us >= ASSEMBLER_WAIT_US) {
        want_key_frame(assembler, now_us);
    }
    abandon_old(assembler, now_us);
}

void frame_assembler_reset(struct frame_assembler *assembler)
{
    while (deliver_one(assembler))
        skip_padding(assembler);
    while (assembler->count > 0)
        deliver(assembler, 0, false);
    memset(&assembler->unwrapper, 0, sizeof assembler->unwrapper);
    for (size_t i = 0; i < PADDING_MAX; i++)
        assembler->padding[i] = NO_SEQUENCE;
    assembler->need_key = true;
    assembler->has_released = false;
    assembler->next = NO_SEQUENCE;
    assembler->picture.known = false;
    assembler->blocked_us = assembler->wanted_us = -1;
    assembler->decodable_us = 0;
}

/* ---- packets ---- */

/* The pending frame of this timestamp, made when it is new; NULL: no memory. */
static struct pending *find_or_begin(struct frame_assembler *assembler, int64_t timestamp,
                                     const struct assembler_packet *packet)
{
    size_t at = assembler->count;

    while (at > 0 && assembler->pending[at - 1]->frame.timestamp > timestamp)
        at--;
    if (at > 0 && assembler->pending[at - 1]->frame.timestamp == timestamp)
        return assembler->pending[at - 1];
    if (assembler->count == ASSEMBLER_FRAMES_MAX) {
        lose_track(assembler, packet->arrival_us);
        deliver(assembler, 0, false);
        at -= at > 0;
    }
    struct pending *pending = put_in(assembler, at);
    if (pending)
        begin_frame(pending, timestamp, packet);
    return pending;
}

/* False: a duplicate, or a number too far from the frame's others. */
static bool mark_seen(struct frame_assembler *assembler, struct pending *pending, int64_t sequence)
{
    int64_t low = sequence < pending->low ? sequence : pending->low;
    int64_t high = sequence > pending->high ? sequence : pending->high;
    uint64_t index = (uint64_t)sequence % ASSEMBLER_PACKETS_MAX;

    if (high - low >= ASSEMBLER_PACKETS_MAX) {
        assembler->counts.oversized++;
        return false;
    }
    if (pending->seen[index / 64] >> index % 64 & 1) {
        assembler->counts.duplicates++;
        return false;
    }
    pending->seen[index / 64] |= 1ULL << index % 64;
    pending->in_order &= sequence >= pending->high;
    pending->low = low;
    pending->high = high;
    return true;
}

static bool keep_bytes(struct frame_assembler *assembler, struct pending *pending,
                       const struct assembler_packet *packet, size_t skip)
{
    struct assembled_frame *frame = &pending->frame;
    size_t size = packet->size - skip;
    size_t room = (frame->size + size + DATA_GRANULE - 1) / DATA_GRANULE * DATA_GRANULE;

    if (frame->size + size > assembler->frame_size_max ||
        !grow((void **)&pending->data, &pending->data_capacity, room, 1) ||
        !grow((void **)&pending->pieces, &pending->piece_capacity, frame->packets / 16 * 16 + 16,
              sizeof pending->pieces[0]))
        return false;
    if (size > 0)
        memcpy(pending->data + frame->size, packet->payload + skip, size);
    pending->pieces[frame->packets] =
        (struct piece){(uint32_t)frame->size, (uint16_t)packet->sequence, (uint16_t)size};
    return true;
}

static void note_ends(struct pending *pending, const struct assembler_packet *packet,
                      const struct vp8_descriptor *descriptor)
{
    struct assembled_frame *frame = &pending->frame;
    size_t size = packet->size - descriptor->size;

    if (descriptor->start_of_partition && descriptor->partition == 0) {
        pending->start = packet->sequence;
        frame->key_frame = vp8_payload_starts_key_frame(packet->payload, packet->size);
    }
    if (packet->marker) {
        pending->end = packet->sequence;
        frame->tail_size = size < sizeof frame->tail ? 0 : sizeof frame->tail;
        memcpy(frame->tail, packet->payload + packet->size - frame->tail_size, frame->tail_size);
    }
}

static unsigned incomplete_before(const struct frame_assembler *assembler,
                                  const struct pending *pending)
{
    unsigned count = 0;

    for (size_t i = 0; assembler->pending[i] != pending; i++)
        count += !assembler->pending[i]->frame.complete;
    return count;
}

static void add_packet(struct frame_assembler *assembler, struct pending *pending,
                       const struct assembler_packet *packet,
                       const struct vp8_descriptor *descriptor)
{
    struct assembled_frame *frame = &pending->frame;

    if (!mark_seen(assembler, pending, packet->sequence))
        return;
    if (assembler->keep_data && !keep_bytes(assembler, pending, packet, descriptor->size)) {
        assembler->counts.oversized++;
        return;
    }
    note_ends(pending, packet, descriptor);
    if (descriptor->has_picture_id)
        pending->picture = (struct picture_number){true, descriptor->picture_id,
                                                   descriptor->picture_id_15bit ? 0x7fff : 0x7f};
    frame->packets++;
    frame->size += packet->size - descriptor->size;
    frame->repaired |= packet->repaired;
    frame->sequence = pending->low;
    if (packet->arrival_us < frame->first_arrival_us)
        frame->first_arrival_us = packet->arrival_us;
    if (packet->arrival_us > frame->last_arrival_us)
        frame->last_arrival_us = packet->arrival_us;
    if (pending->start != NO_SEQUENCE && pending->end >= pending->start &&
        frame->packets == (uint64_t)(pending->end - pending->start + 1)) {
        frame->complete = true;
        frame->incomplete_before = incomplete_before(assembler, pending);
    }
    if (packet->repaired && assembler->blocked_us >= 0)
        assembler->blocked_us = packet->arrival_us; /* help is coming: wait on */
}

void frame_assembler_packet(struct frame_assembler *assembler,
                            const struct assembler_packet *packet)
{
    struct vp8_descriptor descriptor;

    if (packet->size == 0) {
        assembler->padding[assembler->padding_at++ % PADDING_MAX] = packet->sequence;
    } else if (vp8_descriptor_parse(packet->payload, packet->size, &descriptor) != STATUS_OK) {
        assembler->counts.malformed++;
        return;
    } else {
        if (assembler->need_key && assembler->wanted_us < 0)
            assembler->wanted_us = packet->arrival_us; /* a stream should begin with one */
        int64_t timestamp = timestamp_unwrap(&assembler->unwrapper, packet->timestamp);
        struct pending *pending = find_or_begin(assembler, timestamp, packet);
        if (pending && !pending->frame.complete)
            add_packet(assembler, pending, packet, &descriptor);
        else if (pending)
            assembler->counts.duplicates++;
        else
            assembler->counts.oversized++;
    }
    drain(assembler, packet->arrival_us);
    frame_assembler_time(assembler, packet->arrival_us);
}
