#include "engine/media/clip_file_webm.h"

#include "engine/media/ebml.h"

/* Identifiers of RFC 9559. */
enum {
    ID_EBML = 0x1A45DFA3,
    ID_DOC_TYPE = 0x4282,
    ID_SEGMENT = 0x18538067,
    ID_INFO = 0x1549A966,
    ID_TIMESTAMP_SCALE = 0x2AD7B1,
    ID_TRACKS = 0x1654AE6B,
    ID_TRACK_ENTRY = 0xAE,
    ID_TRACK_NUMBER = 0xD7,
    ID_CODEC_ID = 0x86,
    ID_CONTENT_ENCODINGS = 0x6D80,
    ID_VIDEO = 0xE0,
    ID_PIXEL_WIDTH = 0xB0,
    ID_PIXEL_HEIGHT = 0xBA,
    ID_CLUSTER = 0x1F43B675,
    ID_TIMESTAMP = 0xE7,
    ID_SIMPLE_BLOCK = 0xA3,
    ID_BLOCK_GROUP = 0xA0,
    ID_BLOCK = 0xA1,
    ID_SEEK_HEAD = 0x114D9B74,
    ID_CUES = 0x1C53BB6B,
    ID_ATTACHMENTS = 0x1941A469,
    ID_CHAPTERS = 0x1043A770,
    ID_TAGS = 0x1254C367,
};

enum {
    SCALE_DEFAULT_NS = 1000000,
    LACING_BITS = 0x06,
    BLOCK_HEADER_REST = 3, /* relative time 2, flags 1 */
};

struct reader {
    const char *name;
    struct failure *failure;
    uint64_t scale_ns;                 /* nanoseconds per unit of time */
    uint64_t video_track, audio_track; /* 0: none yet */
    struct clip_file_webm webm;
};

static enum status malformed(const struct reader *reader, const char *what)
{
    return failure_set(reader->failure, STATUS_MALFORMED, "%s: %s", reader->name, what);
}

static enum status read_doc_type(struct reader *reader, struct ebml_cursor *file)
{
    struct ebml_element element;
    if (!ebml_next(file, &element) || element.id != ID_EBML || element.unknown_size)
        return malformed(reader, "no EBML header");
    struct ebml_cursor header = element.body;
    while (ebml_next(&header, &element))
        if (element.id == ID_DOC_TYPE)
            return ebml_text_is(&element, "webm") || ebml_text_is(&element, "matroska")
                       ? STATUS_OK
                       : malformed(reader, "neither WebM nor Matroska");
    return malformed(reader, "EBML header without a document type");
}

static void read_info(struct reader *reader, struct ebml_cursor info)
{
    struct ebml_element element;
    while (ebml_next(&info, &element))
        if (element.id == ID_TIMESTAMP_SCALE)
            reader->scale_ns = ebml_unsigned(&element);
}

static void read_picture_size(struct reader *reader, struct ebml_cursor video)
{
    struct ebml_element element;
    while (ebml_next(&video, &element)) {
        uint64_t value = ebml_unsigned(&element);
        uint16_t side = value <= UINT16_MAX ? (uint16_t)value : 0;
        if (element.id == ID_PIXEL_WIDTH)
            reader->webm.width = side;
        else if (element.id == ID_PIXEL_HEIGHT)
            reader->webm.height = side;
    }
}

static enum status read_track(struct reader *reader, struct ebml_cursor track)
{
    struct ebml_element element;
    struct ebml_cursor video = {0};
    uint64_t number = 0;
    bool is_vp8 = false, is_opus = false, encoded = false;
    while (ebml_next(&track, &element)) {
        if (element.id == ID_TRACK_NUMBER)
            number = ebml_unsigned(&element);
        else if (element.id == ID_CONTENT_ENCODINGS)
            encoded = true;
        else if (element.id == ID_VIDEO)
            video = element.body;
        else if (element.id == ID_CODEC_ID) {
            is_vp8 = ebml_text_is(&element, "V_VP8");
            is_opus = ebml_text_is(&element, "A_OPUS");
        }
    }
    if (track.failed || number == 0)
        return malformed(reader, "a track that cannot be read");
    if (encoded && (is_vp8 || is_opus))
        return failure_set(reader->failure, STATUS_UNSUPPORTED,
                           "%s: a compressed or encrypted track", reader->name);
    if (is_vp8 && reader->video_track == 0) {
        reader->video_track = number;
        read_picture_size(reader, video);
    } else if (is_opus && reader->audio_track == 0) {
        reader->audio_track = number;
    }
    return STATUS_OK;
}

static enum status read_tracks(struct reader *reader, struct ebml_cursor tracks)
{
    struct ebml_element element;
    while (ebml_next(&tracks, &element)) {
        enum status status =
            element.id == ID_TRACK_ENTRY ? read_track(reader, element.body) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    return tracks.failed ? malformed(reader, "tracks that cannot be read") : STATUS_OK;
}

/* Cluster time plus the block's own, in microseconds from 0; later than a file can be when it
 * does not fit. */
static int64_t block_time_us(const struct reader *reader, uint64_t cluster_time, int16_t relative)
{
    double units = (double)cluster_time + relative;
    double us = units * (double)reader->scale_ns / 1000;
    if (us > (double)CLIP_FILE_TIME_MAX_US)
        return CLIP_FILE_TIME_MAX_US + 1;
    return us < 0 ? 0 : (int64_t)(us + 0.5);
}

/* RFC 9559 §10: track number, relative time, flags, then the frame. */
static enum status read_block(struct reader *reader, struct ebml_cursor block,
                              uint64_t cluster_time)
{
    uint64_t track;
    if (!ebml_number(&block, &track) || block.end - block.at < BLOCK_HEADER_REST)
        return malformed(reader, "a block without its header");
    bool video = track == reader->video_track && track != 0;
    bool audio = track == reader->audio_track && track != 0;
    if (!video && !audio)
        return STATUS_OK;

    const uint8_t *header = block.data + block.at;
    if (header[2] & LACING_BITS)
        return failure_set(reader->failure, STATUS_UNSUPPORTED, "%s: laced blocks", reader->name);
    int16_t relative = (int16_t)(header[0] << 8 | header[1]);
    int64_t at_us = block_time_us(reader, cluster_time, relative);
    size_t offset = block.at + BLOCK_HEADER_REST;
    struct clip_spans *spans = video ? &reader->webm.frames : &reader->webm.packets;
    enum status status = clip_spans_add(spans, offset, block.end - offset, at_us);
    if (status != STATUS_OK)
        return failure_set(reader->failure, status, "%s: %s %zu: %s", reader->name,
                           video ? "frame" : "packet", spans->count + spans->left_out,
                           status_text(status));
    return STATUS_OK;
}

static enum status read_block_group(struct reader *reader, struct ebml_cursor group,
                                    uint64_t cluster_time)
{
    struct ebml_element element;
    while (ebml_next(&group, &element)) {
        enum status status =
            element.id == ID_BLOCK ? read_block(reader, element.body, cluster_time) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    return group.failed ? malformed(reader, "a block group that cannot be read") : STATUS_OK;
}

/* What can only stand beside a cluster, never in it: ends one of unknown size. */
static bool ends_cluster(uint32_t id)
{
    return id == ID_CLUSTER || id == ID_CUES || id == ID_TAGS || id == ID_SEEK_HEAD ||
           id == ID_INFO || id == ID_TRACKS || id == ID_ATTACHMENTS || id == ID_CHAPTERS ||
           id == ID_SEGMENT || id == ID_EBML;
}

/* `*ret_end`: where the cluster ended. */
static enum status read_cluster(struct reader *reader, const struct ebml_element *cluster,
                                size_t *ret_end)
{
    struct ebml_cursor body = cluster->body;
    struct ebml_element element;
    uint64_t cluster_time = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && ebml_next(&body, &element)) {
        if (cluster->unknown_size && ends_cluster(element.id)) {
            *ret_end = element.begin;
            return STATUS_OK;
        }
        if (element.unknown_size)
            return malformed(reader, "an element of unknown size inside a cluster");
        if (element.id == ID_TIMESTAMP)
            cluster_time = ebml_unsigned(&element);
        else if (element.id == ID_SIMPLE_BLOCK)
            status = read_block(reader, element.body, cluster_time);
        else if (element.id == ID_BLOCK_GROUP)
            status = read_block_group(reader, element.body, cluster_time);
    }
    if (body.failed)
        return malformed(reader, "cut off or damaged inside a cluster");
    *ret_end = cluster->body.end;
    return status;
}

static enum status read_segment(struct reader *reader, struct ebml_cursor segment)
{
    struct ebml_element element;
    while (ebml_next(&segment, &element)) {
        enum status status = STATUS_OK;
        size_t end = element.body.end;
        if (element.unknown_size && element.id != ID_CLUSTER)
            return malformed(reader, "an element of unknown size that is no cluster");
        if (element.id == ID_INFO)
            read_info(reader, element.body);
        else if (element.id == ID_TRACKS)
            status = read_tracks(reader, element.body);
        else if (element.id == ID_CLUSTER)
            status = read_cluster(reader, &element, &end);
        if (status != STATUS_OK)
            return status;
        segment.at = end;
    }
    return segment.failed ? malformed(reader, "cut off or damaged between its clusters")
                          : STATUS_OK;
}

static enum status read_file(struct reader *reader, const uint8_t *data, size_t size)
{
    struct ebml_cursor file = ebml_cursor(data, size);
    struct ebml_element element;
    enum status status = read_doc_type(reader, &file);
    if (status != STATUS_OK)
        return status;
    do {
        if (!ebml_next(&file, &element))
            return malformed(reader, "no segment");
    } while (element.id != ID_SEGMENT && !element.unknown_size);
    if (element.id != ID_SEGMENT)
        return malformed(reader, "no segment");

    status = read_segment(reader, element.body);
    if (status != STATUS_OK)
        return status;
    reader->webm.has_video = reader->webm.frames.count > 0;
    reader->webm.has_audio = reader->webm.packets.count > 0;
    if (!reader->webm.has_video && !reader->webm.has_audio)
        return failure_set(reader->failure, STATUS_UNSUPPORTED, "%s: neither VP8 nor Opus in it",
                           reader->name);
    return STATUS_OK;
}

enum status clip_file_webm_read(const uint8_t *data, size_t size, const char *name, size_t limit,
                                struct clip_file_webm *ret_webm, struct failure *failure)
{
    struct reader reader = {.name = name, .failure = failure, .scale_ns = SCALE_DEFAULT_NS};
    clip_spans_init(&reader.webm.frames, limit);
    clip_spans_init(&reader.webm.packets, limit);
    enum status status = read_file(&reader, data, size);
    if (status != STATUS_OK) {
        clip_file_webm_finish(&reader.webm);
        return status;
    }
    *ret_webm = reader.webm;
    return STATUS_OK;
}

void clip_file_webm_finish(struct clip_file_webm *webm)
{
    clip_spans_finish(&webm->frames);
    clip_spans_finish(&webm->packets);
}
