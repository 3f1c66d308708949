#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/webrtc/sdp/sdp_parser.h"

static enum status malformed(struct sdp_parser *parser, const char *why)
{
    return sdp_parser_fail(parser, STATUS_MALFORMED, why);
}

static enum status too_large(struct sdp_parser *parser, const char *why)
{
    return sdp_parser_fail(parser, STATUS_TOO_LARGE, why);
}

static struct sdp_codec *find_payload_type(struct sdp_media *media, uint64_t payload_type)
{
    for (size_t i = 0; i < media->codec_count; i++) {
        if (media->codecs[i].payload_type == payload_type) {
            return &media->codecs[i];
        }
    }
    return NULL;
}

/* Direction attributes have no value: one row of the table each. */
static enum status parse_sendrecv(struct sdp_parser *parser, struct sdp_span value)
{
    (void)value;
    parser->media->direction = SDP_SENDRECV;
    return STATUS_OK;
}

static enum status parse_sendonly(struct sdp_parser *parser, struct sdp_span value)
{
    (void)value;
    parser->media->direction = SDP_SENDONLY;
    return STATUS_OK;
}

static enum status parse_recvonly(struct sdp_parser *parser, struct sdp_span value)
{
    (void)value;
    parser->media->direction = SDP_RECVONLY;
    return STATUS_OK;
}

static enum status parse_inactive(struct sdp_parser *parser, struct sdp_span value)
{
    (void)value;
    parser->media->direction = SDP_INACTIVE;
    return STATUS_OK;
}

static enum status parse_rtcp_mux(struct sdp_parser *parser, struct sdp_span value)
{
    (void)value;
    parser->media->rtcp_mux = true;
    return STATUS_OK;
}

static enum status parse_rtcp_rsize(struct sdp_parser *parser, struct sdp_span value)
{
    (void)value;
    parser->media->rtcp_rsize = true;
    return STATUS_OK;
}

static enum status parse_allow_mixed(struct sdp_parser *parser, struct sdp_span value)
{
    (void)value;
    parser->media->extmap_allow_mixed = true;
    return STATUS_OK;
}

static enum status parse_bundle_only(struct sdp_parser *parser, struct sdp_span value)
{
    (void)value;
    parser->media->bundle_only = true;
    return STATUS_OK;
}

static enum status parse_end_of_candidates(struct sdp_parser *parser, struct sdp_span value)
{
    (void)value;
    parser->media->end_of_candidates = true;
    return STATUS_OK;
}

static enum status parse_ice_lite(struct sdp_parser *parser, struct sdp_span value)
{
    (void)value;
    parser->sdp->ice_lite = true;
    return STATUS_OK;
}

/* a=group:BUNDLE 0 1 … (RFC 8843 §5). Of several bundles the first is used; other semantics are
 * not ours. */
static enum status parse_group(struct sdp_parser *parser, struct sdp_span value)
{
    struct sdp *sdp = parser->sdp;
    if (!sdp_span_is(sdp_span_next(&value, ' '), "BUNDLE") || sdp->bundle) {
        return STATUS_OK;
    }
    sdp->bundle = true;
    while (value.size > 0) {
        struct sdp_span mid = sdp_span_next(&value, ' ');
        if (!sdp_span_is_token(mid)) {
            return malformed(parser, "a=group: not a list of mids");
        }
        if (sdp->bundle_count == SDP_MEDIA_MAX ||
            !sdp_span_copy(mid, sdp->bundle_mids[sdp->bundle_count], sizeof sdp->bundle_mids[0])) {
            return too_large(parser, "a=group: too many mids or one too long");
        }
        sdp->bundle_count++;
    }
    return STATUS_OK;
}

/* RFC 5888 §4; 16 characters because the RTP header extension carries it in its one-byte form. */
static enum status parse_mid(struct sdp_parser *parser, struct sdp_span value)
{
    if (!sdp_span_is_token(value)) {
        return malformed(parser, "a=mid: not a token");
    }
    if (!sdp_span_copy(value, parser->media->mid, sizeof parser->media->mid)) {
        return too_large(parser, "a=mid: longer than 16 characters");
    }
    for (struct sdp_media *other = parser->sdp->media; other < parser->media; other++) {
        if (strcmp(other->mid, parser->media->mid) == 0) {
            return malformed(parser, "a=mid: used by an earlier section");
        }
    }
    return STATUS_OK;
}

/* a=msid:STREAM [TRACK] (RFC 8830 §2); several lines name further streams: the first counts. */
static enum status parse_msid(struct sdp_parser *parser, struct sdp_span value)
{
    struct sdp_media *media = parser->media;
    if (media->stream_id[0] != '\0') {
        return STATUS_OK;
    }
    struct sdp_span stream = sdp_span_next(&value, ' ');
    if (stream.size == 0) {
        return malformed(parser, "a=msid: empty");
    }
    if (!sdp_span_copy(stream, media->stream_id, sizeof media->stream_id) ||
        !sdp_span_copy(sdp_span_next(&value, ' '), media->track_id, sizeof media->track_id)) {
        return too_large(parser, "a=msid: an id is longer than 63 characters");
    }
    return STATUS_OK;
}

/* RFC 8839 §5.4: ALPHA / DIGIT / "+" / "/", 4 to 256 (user) or 22 to 256 (password). */
static enum status parse_ice_text(struct sdp_parser *parser, struct sdp_span value, size_t min,
                                  char ret_text[257])
{
    for (size_t i = 0; i < value.size; i++) {
        if (!isalnum((unsigned char)value.at[i]) && value.at[i] != '+' && value.at[i] != '/') {
            return malformed(parser, "ICE credentials: a character that is not allowed");
        }
    }
    if (value.size < min) {
        return malformed(parser, "ICE credentials: too short");
    }
    if (!sdp_span_copy(value, ret_text, 257)) {
        return too_large(parser, "ICE credentials: longer than 256 characters");
    }
    return STATUS_OK;
}

static enum status parse_ice_ufrag(struct sdp_parser *parser, struct sdp_span value)
{
    return parse_ice_text(parser, value, 4, parser->media->ice_ufrag);
}

static enum status parse_ice_pwd(struct sdp_parser *parser, struct sdp_span value)
{
    return parse_ice_text(parser, value, 22, parser->media->ice_pwd);
}

static enum status parse_ice_options(struct sdp_parser *parser, struct sdp_span value)
{
    while (value.size > 0) {
        if (sdp_span_is(sdp_span_next(&value, ' '), "trickle")) {
            parser->media->trickle = true;
        }
    }
    return STATUS_OK;
}

static enum status parse_candidate(struct sdp_parser *parser, struct sdp_span value)
{
    struct sdp_media *media = parser->media;
    char *slot = media->candidates[media->candidate_count];
    if (value.size == 0) {
        return malformed(parser, "a=candidate: empty");
    }
    if (media->candidate_count == SDP_CANDIDATES_MAX) {
        return too_large(parser, "more candidates in a section than we keep");
    }
    static const char prefix[] = "candidate:";
    memcpy(slot, prefix, sizeof prefix);
    if (!sdp_span_copy(value, slot + sizeof prefix - 1, SDP_CANDIDATE_SIZE - sizeof prefix + 1)) {
        return too_large(parser, "a=candidate: too long");
    }
    media->candidate_count++;
    return STATUS_OK;
}

/* Bytes of a digest by its name (RFC 8122 §5); 0: not one of ours, any length. */
static size_t digest_bytes(const char *hash)
{
    static const struct {
        const char *name;
        size_t bytes;
    } digests[] = {
        {"sha-1", 20}, {"sha-224", 28}, {"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}};
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        if (strcmp(digests[i].name, hash) == 0) {
            return digests[i].bytes;
        }
    }
    return 0;
}

/* "AB:CD:…" in upper case. */
static bool read_hex_pairs(struct sdp_span text, char *ret_text, size_t size)
{
    if (text.size % 3 != 2 || !sdp_span_copy(text, ret_text, size)) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        bool fits = i % 3 == 2 ? ret_text[i] == ':' : isxdigit((unsigned char)ret_text[i]) != 0;
        if (!fits) {
            return false;
        }
        ret_text[i] = (char)toupper((unsigned char)ret_text[i]);
    }
    return true;
}

/* RFC 8122 §5 allows several: SHA-256 is preferred, else the first counts. */
static enum status parse_fingerprint(struct sdp_parser *parser, struct sdp_span value)
{
    struct sdp_media *media = parser->media;
    char hash[sizeof media->fingerprint_hash] = "";
    char digits[sizeof media->fingerprint] = "";
    if (!sdp_span_copy(sdp_span_next(&value, ' '), hash, sizeof hash)) {
        return malformed(parser, "a=fingerprint: unknown hash");
    }
    for (char *c = hash; *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    size_t bytes = digest_bytes(hash);
    if (!read_hex_pairs(value, digits, sizeof digits) ||
        (bytes > 0 && value.size != 3 * bytes - 1)) {
        return malformed(parser, "a=fingerprint: not a digest of that hash");
    }
    bool better = strcmp(hash, "sha-256") == 0 && strcmp(media->fingerprint_hash, "sha-256") != 0;
    if (!parser->own_fingerprint || better) {
        memcpy(media->fingerprint_hash, hash, sizeof hash);
        memcpy(media->fingerprint, digits, sizeof digits);
        parser->own_fingerprint = true;
    }
    return STATUS_OK;
}

static enum status parse_setup(struct sdp_parser *parser, struct sdp_span value)
{
    if (sdp_span_is(value, "actpass")) {
        parser->media->setup = SDP_SETUP_ACTPASS;
    } else if (sdp_span_is(value, "active")) {
        parser->media->setup = SDP_SETUP_ACTIVE;
    } else if (sdp_span_is(value, "passive")) {
        parser->media->setup = SDP_SETUP_PASSIVE;
    } else {
        return malformed(parser, "a=setup: neither actpass nor active nor passive");
    }
    return STATUS_OK;
}

/* a=rtpmap:96 VP8/90000[/2]. A payload type that the m= line lacks means nothing: skipped. */
static enum status parse_rtpmap(struct sdp_parser *parser, struct sdp_span value)
{
    uint64_t payload_type, clock_hz, channels = 1;
    if (!sdp_span_number(sdp_span_next(&value, ' '), 127, &payload_type)) {
        return malformed(parser, "a=rtpmap: not a payload type");
    }
    struct sdp_span name = sdp_span_next(&value, '/');
    struct sdp_span clock = sdp_span_next(&value, '/');
    if (!sdp_span_is_token(name) || !sdp_span_number(clock, UINT32_MAX, &clock_hz) ||
        clock_hz == 0 || (value.size > 0 && !sdp_span_number(value, 255, &channels)) ||
        channels == 0) {
        return malformed(parser, "a=rtpmap: not NAME/CLOCK[/CHANNELS]");
    }
    struct sdp_codec *codec = find_payload_type(parser->media, payload_type);
    if (codec == NULL) {
        return STATUS_OK;
    }
    if (!sdp_span_copy(name, codec->name, sizeof codec->name)) {
        return too_large(parser, "a=rtpmap: name longer than 23 characters");
    }
    codec->clock_hz = (uint32_t)clock_hz;
    codec->channels = (uint8_t)channels;
    return STATUS_OK;
}

static enum status parse_fmtp(struct sdp_parser *parser, struct sdp_span value)
{
    uint64_t payload_type;
    if (!sdp_span_number(sdp_span_next(&value, ' '), 127, &payload_type) || value.size == 0) {
        return malformed(parser, "a=fmtp: not PAYLOAD-TYPE PARAMETERS");
    }
    struct sdp_codec *codec = find_payload_type(parser->media, payload_type);
    if (codec != NULL && !sdp_span_copy(value, codec->parameters, sizeof codec->parameters)) {
        return too_large(parser, "a=fmtp: longer than 191 characters");
    }
    return STATUS_OK;
}

static void set_feedback(struct sdp_codec *codec, struct sdp_span feedback)
{
    codec->nack |= sdp_span_is(feedback, "nack");
    codec->nack_pli |= sdp_span_is(feedback, "nack pli");
    codec->ccm_fir |= sdp_span_is(feedback, "ccm fir");
    codec->transport_cc |= sdp_span_is(feedback, "transport-cc");
    codec->goog_remb |= sdp_span_is(feedback, "goog-remb");
}

/* a=rtcp-fb:96 nack pli, or * for all (RFC 4585 §4.2). */
static enum status parse_rtcp_fb(struct sdp_parser *parser, struct sdp_span value)
{
    uint64_t payload_type = 0;
    struct sdp_span who = sdp_span_next(&value, ' ');
    bool all = sdp_span_is(who, "*");
    if ((!all && !sdp_span_number(who, 127, &payload_type)) || value.size == 0) {
        return malformed(parser, "a=rtcp-fb: not PAYLOAD-TYPE FEEDBACK");
    }
    for (size_t i = 0; i < parser->media->codec_count; i++) {
        struct sdp_codec *codec = &parser->media->codecs[i];
        if (all || codec->payload_type == payload_type) {
            set_feedback(codec, value);
        }
    }
    return STATUS_OK;
}

/* a=extmap:ID[/DIRECTION] URI [attributes] (RFC 8285 §8). 4096…4351 are provisional ids of an offer
 * (§7) that never reach the wire; 15 is reserved (§4.2). */
static enum status parse_extmap(struct sdp_parser *parser, struct sdp_span value)
{
    struct sdp_media *media = parser->media;
    struct sdp_span head = sdp_span_next(&value, ' ');
    struct sdp_span uri = sdp_span_next(&value, ' ');
    uint64_t id;
    if (!sdp_span_number(sdp_span_next(&head, '/'), 4351, &id) || id == 0 || id == 15 ||
        (id > 255 && id < 4096) || uri.size == 0) {
        return malformed(parser, "a=extmap: not ID URI");
    }
    if (id > 255) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < media->extension_count; i++) {
        if (media->extensions[i].id == id) {
            return malformed(parser, "a=extmap: id used twice in a section");
        }
    }
    if (media->extension_count == SDP_EXTENSIONS_MAX) {
        return too_large(parser, "more header extensions in a section than we keep");
    }
    struct sdp_extension *extension = &media->extensions[media->extension_count];
    if (!sdp_span_copy(uri, extension->uri, sizeof extension->uri)) {
        return too_large(parser, "a=extmap: URI longer than 95 characters");
    }
    extension->id = (uint8_t)id;
    media->extension_count++;
    return STATUS_OK;
}

/* The entry of an SSRC of this section, made when it is new; NULL: no room. */
static struct sdp_ssrc *note_ssrc(struct sdp_parser *parser, uint64_t ssrc)
{
    for (size_t i = 0; i < parser->seen_count; i++) {
        if (parser->seen[i].ssrc == ssrc) {
            return &parser->seen[i];
        }
    }
    if (parser->seen_count == SDP_SEEN_SSRCS_MAX) {
        return NULL;
    }
    struct sdp_ssrc *entry = &parser->seen[parser->seen_count++];
    *entry = (struct sdp_ssrc){.ssrc = (uint32_t)ssrc};
    return entry;
}

/* a=ssrc:N cname:… ; its older msid form counts where there is no a=msid (RFC 5576 §4.1). */
static enum status parse_ssrc(struct sdp_parser *parser, struct sdp_span value)
{
    uint64_t ssrc;
    if (!sdp_span_number(sdp_span_next(&value, ' '), UINT32_MAX, &ssrc)) {
        return malformed(parser, "a=ssrc: not an SSRC");
    }
    struct sdp_ssrc *entry = note_ssrc(parser, ssrc);
    if (entry == NULL) {
        return too_large(parser, "more SSRCs in a section than we keep");
    }
    struct sdp_span name = sdp_span_next(&value, ':');
    if (sdp_span_is(name, "cname") && !sdp_span_copy(value, entry->cname, sizeof entry->cname)) {
        return too_large(parser, "a=ssrc: cname longer than 63 characters");
    }
    if (sdp_span_is(name, "msid")) {
        return parse_msid(parser, value);
    }
    return STATUS_OK;
}

/* a=ssrc-group:FID ORIGINAL REPAIR (RFC 5576 §4.2); other semantics are not ours. */
static enum status parse_ssrc_group(struct sdp_parser *parser, struct sdp_span value)
{
    uint64_t original, repair;
    if (!sdp_span_is(sdp_span_next(&value, ' '), "FID")) {
        return STATUS_OK;
    }
    if (!sdp_span_number(sdp_span_next(&value, ' '), UINT32_MAX, &original) ||
        !sdp_span_number(sdp_span_next(&value, ' '), UINT32_MAX, &repair) || original == repair) {
        return malformed(parser, "a=ssrc-group: FID needs two different SSRCs");
    }
    if (parser->pair_count == SDP_SSRCS_MAX || note_ssrc(parser, original) == NULL ||
        note_ssrc(parser, repair) == NULL) {
        return too_large(parser, "more SSRCs in a section than we keep");
    }
    parser->pairs[parser->pair_count][0] = (uint32_t)original;
    parser->pairs[parser->pair_count][1] = (uint32_t)repair;
    parser->pair_count++;
    return STATUS_OK;
}

/* a=rid:ID send|recv … (RFC 8851 §10). */
static enum status parse_rid(struct sdp_parser *parser, struct sdp_span value)
{
    struct sdp_media *media = parser->media;
    struct sdp_span id = sdp_span_next(&value, ' ');
    struct sdp_span direction = sdp_span_next(&value, ' ');
    bool send = sdp_span_is(direction, "send");
    if (!sdp_span_is_token(id) || (!send && !sdp_span_is(direction, "recv"))) {
        return malformed(parser, "a=rid: not ID send|recv");
    }
    struct sdp_rid rid = {.send = send};
    if (media->rid_count == SDP_RIDS_MAX || !sdp_span_copy(id, rid.id, sizeof rid.id)) {
        return too_large(parser, "a=rid: too many or one too long");
    }
    media->rids[media->rid_count++] = rid;
    return STATUS_OK;
}

/* a=simulcast:send LIST [recv LIST] (RFC 8853 §5.1). Its RIDs may be described further down. */
static enum status parse_simulcast(struct sdp_parser *parser, struct sdp_span value)
{
    do {
        struct sdp_span direction = sdp_span_next(&value, ' ');
        struct sdp_span list = sdp_span_next(&value, ' ');
        bool send = sdp_span_is(direction, "send");
        if (list.size == 0 || (!send && !sdp_span_is(direction, "recv"))) {
            return malformed(parser, "a=simulcast: not send|recv LIST");
        }
        parser->media->simulcast_send |= send;
        parser->media->simulcast_receive |= !send;
        parser->simulcast[send] = list;
    } while (value.size > 0);
    return STATUS_OK;
}

enum { AT_SESSION = 1, AT_MEDIA = 2 };

static const struct attribute {
    const char *name;
    unsigned levels;
    enum status (*parse)(struct sdp_parser *parser, struct sdp_span value);
} attributes[] = {
    {"bundle-only", AT_MEDIA, parse_bundle_only},
    {"candidate", AT_MEDIA, parse_candidate},
    {"end-of-candidates", AT_MEDIA, parse_end_of_candidates},
    {"extmap", AT_SESSION | AT_MEDIA, parse_extmap},
    {"extmap-allow-mixed", AT_SESSION | AT_MEDIA, parse_allow_mixed},
    {"fingerprint", AT_SESSION | AT_MEDIA, parse_fingerprint},
    {"fmtp", AT_MEDIA, parse_fmtp},
    {"group", AT_SESSION, parse_group},
    {"ice-lite", AT_SESSION, parse_ice_lite},
    {"ice-options", AT_SESSION | AT_MEDIA, parse_ice_options},
    {"ice-pwd", AT_SESSION | AT_MEDIA, parse_ice_pwd},
    {"ice-ufrag", AT_SESSION | AT_MEDIA, parse_ice_ufrag},
    {"inactive", AT_SESSION | AT_MEDIA, parse_inactive},
    {"mid", AT_MEDIA, parse_mid},
    {"msid", AT_MEDIA, parse_msid},
    {"recvonly", AT_SESSION | AT_MEDIA, parse_recvonly},
    {"rid", AT_MEDIA, parse_rid},
    {"rtcp-fb", AT_MEDIA, parse_rtcp_fb},
    {"rtcp-mux", AT_MEDIA, parse_rtcp_mux},
    {"rtcp-rsize", AT_MEDIA, parse_rtcp_rsize},
    {"rtpmap", AT_MEDIA, parse_rtpmap},
    {"sendonly", AT_SESSION | AT_MEDIA, parse_sendonly},
    {"sendrecv", AT_SESSION | AT_MEDIA, parse_sendrecv},
    {"setup", AT_SESSION | AT_MEDIA, parse_setup},
    {"simulcast", AT_MEDIA, parse_simulcast},
    {"ssrc", AT_MEDIA, parse_ssrc},
    {"ssrc-group", AT_MEDIA, parse_ssrc_group},
};

enum status sdp_attribute_parse(struct sdp_parser *parser, struct sdp_span value)
{
    struct sdp_span name = sdp_span_next(&value, ':');
    unsigned level = parser->at_session_level ? AT_SESSION : AT_MEDIA;
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        if ((attributes[i].levels & level) != 0 && sdp_span_is(name, attributes[i].name)) {
            return attributes[i].parse(parser, value);
        }
    }
    return STATUS_OK;
}
