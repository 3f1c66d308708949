#include "common/webrtc/sdp/sdp.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define COPY_LIST(to, from, count) memcpy((to), (from), (count) * sizeof *(from))

void sdp_media_begin(struct sdp_media *media, const struct sdp_media *like)
{
    size_t fixed = offsetof(struct sdp_media, codecs);
    if (like == NULL) {
        memset(media, 0, fixed);
        return;
    }
    memcpy(media, like, fixed);
    COPY_LIST(media->codecs, like->codecs, like->codec_count);
    COPY_LIST(media->extensions, like->extensions, like->extension_count);
    COPY_LIST(media->ssrcs, like->ssrcs, like->ssrc_count);
    COPY_LIST(media->candidates, like->candidates, like->candidate_count);
    COPY_LIST(media->rids, like->rids, like->rid_count);
}

const struct sdp_media *sdp_find_mid(const struct sdp *sdp, const char *mid)
{
    for (size_t i = 0; i < sdp->media_count; i++) {
        if (mid[0] != '\0' && strcmp(sdp->media[i].mid, mid) == 0) {
            return &sdp->media[i];
        }
    }
    return NULL;
}

bool sdp_is_bundled(const struct sdp *sdp, const char *mid)
{
    for (size_t i = 0; i < sdp->bundle_count; i++) {
        if (strcmp(sdp->bundle_mids[i], mid) == 0) {
            return mid[0] != '\0';
        }
    }
    return false;
}

const struct sdp_codec *sdp_find_codec(const struct sdp_media *media, const char *name)
{
    for (size_t i = 0; i < media->codec_count; i++) {
        if (strcasecmp(media->codecs[i].name, name) == 0) {
            return &media->codecs[i];
        }
    }
    return NULL;
}

const struct sdp_codec *sdp_find_rtx(const struct sdp_media *media, uint8_t payload_type)
{
    for (size_t i = 0; i < media->codec_count; i++) {
        if (strcasecmp(media->codecs[i].name, "rtx") == 0 &&
            media->codecs[i].rtx_for == payload_type) {
            return &media->codecs[i];
        }
    }
    return NULL;
}

void sdp_extension_map(const struct sdp_media *media, struct rtp_extension_map *ret_map)
{
    memset(ret_map, 0, sizeof *ret_map);
    for (size_t i = 0; i < media->extension_count; i++) {
        enum rtp_extension extension = rtp_extension_by_uri(media->extensions[i].uri);
        /* The map is for the one-byte form: ids 1…14 (RFC 8285 §4.2). */
        if (extension != RTP_EXTENSION_COUNT && media->extensions[i].id <= 14) {
            ret_map->id[extension] = media->extensions[i].id;
        }
    }
}

const struct sdp_rid *sdp_simulcast_rid(const struct sdp_media *media, bool send, size_t n)
{
    for (size_t i = 0; i < media->rid_count; i++) {
        if (media->rids[i].simulcast && media->rids[i].send == send && n-- == 0) {
            return &media->rids[i];
        }
    }
    return NULL;
}
