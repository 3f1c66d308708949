#include "common/webrtc/sdp/sdp.h"

#include <string.h>

static const char *direction_name(enum sdp_direction direction)
{
    static const char *const names[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
    return names[direction];
}

static const char *media_name(const struct sdp_media *media)
{
    static const char *const names[] = {"audio", "video", "application"};
    return media->kind == SDP_OTHER ? media->other_name : names[media->kind];
}

static void write_media_line(const struct sdp_media *media, struct buffer *out)
{
    bool no_port = media->rejected || media->bundle_only;
    buffer_format(out, "m=%s %d %s", media_name(media), no_port ? 0 : 9, media->protocol);
    for (size_t i = 0; i < media->codec_count; i++) {
        buffer_format(out, " %u", media->codecs[i].payload_type);
    }
    if (media->codec_count == 0) {
        buffer_text(out, media->kind == SDP_APPLICATION ? " webrtc-datachannel" : " 0");
    }
    /* RTCP's port is RTP's, and addresses come with the candidates (RFC 8829 §5.2.1). */
    buffer_text(out, "\r\nc=IN IP4 0.0.0.0\r\n");
    if (media->kind != SDP_APPLICATION) {
        buffer_text(out, "a=rtcp:9 IN IP4 0.0.0.0\r\n");
    }
}

static void write_transport(const struct sdp_media *media, struct buffer *out)
{
    static const char *const setups[] = {NULL, "actpass", "active", "passive"};
    for (size_t i = 0; i < media->candidate_count; i++) {
        buffer_format(out, "a=%s\r\n", media->candidates[i]);
    }
    if (media->end_of_candidates) {
        buffer_text(out, "a=end-of-candidates\r\n");
    }
    if (media->ice_ufrag[0] != '\0') {
        buffer_format(out, "a=ice-ufrag:%s\r\n", media->ice_ufrag);
    }
    if (media->ice_pwd[0] != '\0') {
        buffer_format(out, "a=ice-pwd:%s\r\n", media->ice_pwd);
    }
    if (media->trickle) {
        buffer_text(out, "a=ice-options:trickle\r\n");
    }
    if (media->fingerprint[0] != '\0') {
        buffer_format(out, "a=fingerprint:%s %s\r\n", media->fingerprint_hash, media->fingerprint);
    }
    if (media->setup != SDP_SETUP_NONE) {
        buffer_format(out, "a=setup:%s\r\n", setups[media->setup]);
    }
}

static void write_codec(const struct sdp_codec *codec, struct buffer *out)
{
    unsigned payload_type = codec->payload_type;
    if (codec->name[0] != '\0') {
        buffer_format(out, "a=rtpmap:%u %s/%u", payload_type, codec->name, codec->clock_hz);
        if (codec->channels > 1) {
            buffer_format(out, "/%u", codec->channels);
        }
        buffer_text(out, "\r\n");
    }
    const struct {
        bool present;
        const char *text;
    } feedback[] = {{codec->goog_remb, "goog-remb"},
                    {codec->transport_cc, "transport-cc"},
                    {codec->ccm_fir, "ccm fir"},
                    {codec->nack, "nack"},
                    {codec->nack_pli, "nack pli"}};
    for (size_t i = 0; i < sizeof feedback / sizeof feedback[0]; i++) {
        if (feedback[i].present) {
            buffer_format(out, "a=rtcp-fb:%u %s\r\n", payload_type, feedback[i].text);
        }
    }
    if (codec->parameters[0] != '\0') {
        buffer_format(out, "a=fmtp:%u %s\r\n", payload_type, codec->parameters);
    }
}

static void write_rid_list(const struct sdp_media *media, bool send, struct buffer *out)
{
    const char *separator = send ? " send " : " recv ";
    for (size_t i = 0; i < media->rid_count; i++) {
        if (media->rids[i].send == send && media->rids[i].simulcast) {
            buffer_format(out, "%s%s", separator, media->rids[i].id);
            separator = ";";
        }
    }
}

static void write_simulcast(const struct sdp_media *media, struct buffer *out)
{
    for (size_t i = 0; i < media->rid_count; i++) {
        buffer_format(out, "a=rid:%s %s\r\n", media->rids[i].id,
                      media->rids[i].send ? "send" : "recv");
    }
    if (!media->simulcast_send && !media->simulcast_receive) {
        return;
    }
    struct buffer lists;
    buffer_init(&lists, 256);
    if (media->simulcast_send) {
        write_rid_list(media, true, &lists);
    }
    if (media->simulcast_receive) {
        write_rid_list(media, false, &lists);
    }
    if (lists.size > 0) {
        buffer_format(out, "a=simulcast:%s\r\n", buffer_string(&lists) + 1);
    }
    buffer_finish(&lists);
}

static void write_cname(uint32_t ssrc, const char *cname, struct buffer *out)
{
    buffer_format(out, "a=ssrc:%u cname:%s\r\n", ssrc, cname);
}

static void write_ssrcs(const struct sdp_media *media, struct buffer *out)
{
    for (size_t i = 0; i < media->ssrc_count; i++) {
        const struct sdp_ssrc *ssrc = &media->ssrcs[i];
        if (ssrc->rtx_ssrc != 0) {
            buffer_format(out, "a=ssrc-group:FID %u %u\r\n", ssrc->ssrc, ssrc->rtx_ssrc);
        }
        write_cname(ssrc->ssrc, ssrc->cname, out);
        if (ssrc->rtx_ssrc != 0) {
            write_cname(ssrc->rtx_ssrc, ssrc->cname, out);
        }
    }
}

static void write_media(const struct sdp_media *media, struct buffer *out)
{
    write_media_line(media, out);
    write_transport(media, out);
    if (media->mid[0] != '\0') {
        buffer_format(out, "a=mid:%s\r\n", media->mid);
    }
    if (media->bundle_only) {
        buffer_text(out, "a=bundle-only\r\n");
    }
    for (size_t i = 0; i < media->extension_count; i++) {
        buffer_format(out, "a=extmap:%u %s\r\n", media->extensions[i].id, media->extensions[i].uri);
    }
    if (media->extmap_allow_mixed) {
        buffer_text(out, "a=extmap-allow-mixed\r\n");
    }
    buffer_format(out, "a=%s\r\n", direction_name(media->direction));
    if (media->stream_id[0] != '\0') {
        buffer_format(out, "a=msid:%s%s%s\r\n", media->stream_id,
                      media->track_id[0] != '\0' ? " " : "", media->track_id);
    }
    buffer_text(out, media->rtcp_mux ? "a=rtcp-mux\r\n" : "");
    buffer_text(out, media->rtcp_rsize ? "a=rtcp-rsize\r\n" : "");
    for (size_t i = 0; i < media->codec_count; i++) {
        write_codec(&media->codecs[i], out);
    }
    write_simulcast(media, out);
    write_ssrcs(media, out);
}

enum status sdp_write(const struct sdp *sdp, struct buffer *out)
{
    buffer_format(out, "v=0\r\no=- %s %llu IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", sdp->session_id,
                  (unsigned long long)sdp->session_version);
    if (sdp->bundle) {
        buffer_text(out, "a=group:BUNDLE");
        for (size_t i = 0; i < sdp->bundle_count; i++) {
            buffer_format(out, " %s", sdp->bundle_mids[i]);
        }
        buffer_text(out, "\r\n");
    }
    if (sdp->ice_lite) {
        buffer_text(out, "a=ice-lite\r\n");
    }
    /* libwebrtc looks for this line before it believes a=msid. */
    buffer_text(out, "a=msid-semantic: WMS *\r\n");
    for (size_t i = 0; i < sdp->media_count; i++) {
        write_media(&sdp->media[i], out);
    }
    return out->failed ? STATUS_TOO_LARGE : STATUS_OK;
}
