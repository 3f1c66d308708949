#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/webrtc/sdp/sdp_parser.h"

enum status sdp_parser_fail(struct sdp_parser *parser, enum status status, const char *why)
{
    return failure_set(parser->failure, status, "SDP line %zu: %s", parser->line, why);
}

static enum status malformed(struct sdp_parser *parser, const char *why)
{
    return sdp_parser_fail(parser, STATUS_MALFORMED, why);
}

static enum status parse_version(struct sdp_parser *parser, struct sdp_span value)
{
    return sdp_span_is(value, "0") ? STATUS_OK : malformed(parser, "v= is not 0");
}

/* o=USER SESSION VERSION IN IP4|IP6 ADDRESS (RFC 8866 §5.2). */
static enum status parse_origin(struct sdp_parser *parser, struct sdp_span value)
{
    struct sdp_span fields[6];
    for (size_t i = 0; i < 6; i++) {
        fields[i] = sdp_span_next(&value, ' ');
        if (fields[i].size == 0) {
            return malformed(parser, "o= has fewer than six fields");
        }
    }
    if (value.size > 0 || !sdp_span_is_token(fields[1]) ||
        !sdp_span_number(fields[2], UINT64_MAX, &parser->sdp->session_version)) {
        return malformed(parser, "o= has a wrong session id or version");
    }
    if (!sdp_span_copy(fields[1], parser->sdp->session_id, sizeof parser->sdp->session_id)) {
        return sdp_parser_fail(parser, STATUS_TOO_LARGE, "o= session id is too long");
    }
    return STATUS_OK;
}

/* rtx needs the payload type it repairs (RFC 4588 §8.1). Looked at when the section is complete,
 * because a=fmtp may stand before a=rtpmap. */
static enum status resolve_rtx(struct sdp_parser *parser, struct sdp_codec *codec)
{
    struct sdp_span rest = {codec->parameters, strlen(codec->parameters)};
    while (rest.size > 0) {
        struct sdp_span value = sdp_span_next(&rest, ';');
        while (value.size > 0 && value.at[0] == ' ') {
            value.at++;
            value.size--;
        }
        uint64_t payload_type;
        struct sdp_span name = sdp_span_next(&value, '=');
        if (sdp_span_is(name, "apt") && sdp_span_number(value, 127, &payload_type)) {
            codec->rtx_for = (uint8_t)payload_type;
            return STATUS_OK;
        }
    }
    return malformed(parser, "the section that begins here has an rtx without apt");
}

/* Payload types that need no a=rtpmap (RFC 3551 §6), as far as WebRTC still meets them. */
static void name_static_codec(struct sdp_codec *codec)
{
    static const struct {
        uint8_t payload_type;
        const char *name;
    } known[] = {{0, "PCMU"}, {8, "PCMA"}, {9, "G722"}, {13, "CN"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (codec->name[0] == '\0' && codec->payload_type == known[i].payload_type) {
            snprintf(codec->name, sizeof codec->name, "%s", known[i].name);
            codec->clock_hz = 8000;
        }
    }
}

static bool is_repair(const struct sdp_parser *parser, uint32_t ssrc)
{
    for (size_t i = 0; i < parser->pair_count; i++) {
        if (parser->pairs[i][1] == ssrc) {
            return true;
        }
    }
    return false;
}

/* Keep the original SSRCs; the ones that repair them become their `rtx_ssrc`. */
static enum status fold_ssrcs(struct sdp_parser *parser)
{
    struct sdp_media *media = parser->media;
    for (size_t i = 0; i < parser->seen_count; i++) {
        struct sdp_ssrc *seen = &parser->seen[i];
        if (is_repair(parser, seen->ssrc)) {
            continue;
        }
        for (size_t j = 0; j < parser->pair_count; j++) {
            if (parser->pairs[j][0] == seen->ssrc) {
                seen->rtx_ssrc = parser->pairs[j][1];
            }
        }
        if (media->ssrc_count == SDP_SSRCS_MAX) {
            return sdp_parser_fail(parser, STATUS_TOO_LARGE,
                                   "the section that begins here has more SSRCs than we keep");
        }
        media->ssrcs[media->ssrc_count++] = *seen;
    }
    parser->seen_count = 0;
    parser->pair_count = 0;
    return STATUS_OK;
}

/* LIST is "q;h,h2;~f": streams, of each its alternatives, "~": paused at first. A name without an
 * a=rid of that direction counts for nothing (RFC 8853 §5.2). */
static void mark_simulcast(struct sdp_parser *parser, bool send)
{
    struct sdp_media *media = parser->media;
    struct sdp_span list = parser->simulcast[send];
    while (list.size > 0) {
        struct sdp_span alternatives = sdp_span_next(&list, ';');
        struct sdp_span name = sdp_span_next(&alternatives, ',');
        if (name.size > 0 && name.at[0] == '~') {
            name.at++;
            name.size--;
        }
        for (size_t i = 0; i < media->rid_count; i++) {
            struct sdp_rid *rid = &media->rids[i];
            rid->simulcast |= rid->send == send && sdp_span_is(name, rid->id);
        }
    }
    parser->simulcast[send] = (struct sdp_span){0};
}

static enum status finish_section(struct sdp_parser *parser)
{
    if (parser->at_session_level) {
        return STATUS_OK;
    }
    struct sdp_media *media = parser->media;
    size_t line = parser->line;
    parser->line = parser->section_line;
    if (media->bundle_only) {
        media->rejected = false; /* port 0 means "only inside the bundle" then (RFC 8843 §6) */
    }
    mark_simulcast(parser, true);
    mark_simulcast(parser, false);
    enum status status = fold_ssrcs(parser);
    for (size_t i = 0; status == STATUS_OK && i < media->codec_count; i++) {
        name_static_codec(&media->codecs[i]);
        if (strcasecmp(media->codecs[i].name, "rtx") == 0) {
            status = resolve_rtx(parser, &media->codecs[i]);
        }
    }
    if (status == STATUS_OK) {
        parser->line = line;
    }
    return status;
}

static enum status parse_formats(struct sdp_parser *parser, struct sdp_span formats)
{
    struct sdp_media *media = parser->media;
    while (formats.size > 0) {
        uint64_t payload_type;
        if (!sdp_span_number(sdp_span_next(&formats, ' '), 127, &payload_type)) {
            return malformed(parser, "m= lists something that is no payload type");
        }
        for (size_t i = 0; i < media->codec_count; i++) {
            if (media->codecs[i].payload_type == payload_type) {
                return malformed(parser, "m= lists a payload type twice");
            }
        }
        if (media->codec_count == SDP_CODECS_MAX) {
            return sdp_parser_fail(parser, STATUS_TOO_LARGE,
                                   "m= lists more payload types than we keep");
        }
        media->codecs[media->codec_count++] =
            (struct sdp_codec){.payload_type = (uint8_t)payload_type, .channels = 1};
    }
    return STATUS_OK;
}

static enum status set_kind(struct sdp_parser *parser, struct sdp_span name)
{
    struct sdp_media *media = parser->media;
    if (sdp_span_is(name, "audio")) {
        media->kind = SDP_AUDIO;
    } else if (sdp_span_is(name, "video")) {
        media->kind = SDP_VIDEO;
    } else if (sdp_span_is(name, "application")) {
        media->kind = SDP_APPLICATION;
    } else {
        media->kind = SDP_OTHER;
        if (!sdp_span_is_token(name) ||
            !sdp_span_copy(name, media->other_name, sizeof media->other_name)) {
            return malformed(parser, "m= has an impossible media name");
        }
    }
    return STATUS_OK;
}

/* m=MEDIA PORT[/N] PROTOCOL FORMAT… (RFC 8866 §5.14): a new section begins. */
static enum status parse_media(struct sdp_parser *parser, struct sdp_span value)
{
    enum status status = finish_section(parser);
    if (status != STATUS_OK) {
        return status;
    }
    if (parser->sdp->media_count == SDP_MEDIA_MAX) {
        return sdp_parser_fail(parser, STATUS_TOO_LARGE, "more m= sections than we keep");
    }
    struct sdp_media *media = &parser->sdp->media[parser->sdp->media_count++];
    sdp_media_begin(media, parser->defaults);
    parser->media = media;
    parser->at_session_level = false;
    parser->own_fingerprint = false;
    parser->section_line = parser->line;

    uint64_t port;
    status = set_kind(parser, sdp_span_next(&value, ' '));
    if (status != STATUS_OK) {
        return status;
    }
    struct sdp_span ports = sdp_span_next(&value, ' ');
    struct sdp_span protocol = sdp_span_next(&value, ' ');
    if (!sdp_span_number(sdp_span_next(&ports, '/'), UINT16_MAX, &port)) {
        return malformed(parser, "m= has a wrong port");
    }
    if (protocol.size == 0 || !sdp_span_copy(protocol, media->protocol, sizeof media->protocol)) {
        return malformed(parser, "m= has a wrong protocol");
    }
    if (value.size == 0) {
        return malformed(parser, "m= has no format");
    }
    media->rejected = port == 0;
    return strstr(media->protocol, "RTP/") != NULL ? parse_formats(parser, value) : STATUS_OK;
}

static enum status parse_line(struct sdp_parser *parser, struct sdp_span line)
{
    for (size_t i = 0; i < line.size; i++) {
        if ((unsigned char)line.at[i] < ' ' && line.at[i] != '\t') {
            return malformed(parser, "a control character");
        }
    }
    if (line.size < 2 || line.at[1] != '=' || strchr("vosiuepcbtrzkam", line.at[0]) == NULL) {
        return malformed(parser, "not of the form LETTER=VALUE");
    }
    char type = line.at[0];
    struct sdp_span value = {line.at + 2, line.size - 2};
    /* v=, o=, s= come first and only there (RFC 8866 §5). */
    if (parser->line <= 3 ? type != "vos"[parser->line - 1] : strchr("vos", type) != NULL) {
        return malformed(parser, "a description begins with v=, o=, s=, once each");
    }
    switch (type) {
    case 'v':
        return parse_version(parser, value);
    case 'o':
        return parse_origin(parser, value);
    case 'm':
        return parse_media(parser, value);
    case 'a':
        return sdp_attribute_parse(parser, value);
    default:
        return STATUS_OK;
    }
}

static enum status parse_lines(struct sdp_parser *parser, struct sdp_span text)
{
    while (text.size > 0) {
        struct sdp_span line = sdp_span_next(&text, '\n');
        if (line.size > 0 && line.at[line.size - 1] == '\r') {
            line.size--;
        }
        parser->line++;
        enum status status = parse_line(parser, line);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (parser->line < 3) {
        return malformed(parser, "the description ends before s=");
    }
    return finish_section(parser);
}

/* Sections of a bundle may leave the transport to the first of them (RFC 8843 §7.1.3, RFC 8859):
 * copy it down, so that a reader finds it in each. */
static void share_transport(const struct sdp_media *tagged, struct sdp_media *media)
{
    if (media->ice_ufrag[0] == '\0' && media->ice_pwd[0] == '\0') {
        memcpy(media->ice_ufrag, tagged->ice_ufrag, sizeof media->ice_ufrag);
        memcpy(media->ice_pwd, tagged->ice_pwd, sizeof media->ice_pwd);
        media->trickle = tagged->trickle;
    }
    if (media->fingerprint[0] == '\0') {
        memcpy(media->fingerprint_hash, tagged->fingerprint_hash, sizeof media->fingerprint_hash);
        memcpy(media->fingerprint, tagged->fingerprint, sizeof media->fingerprint);
    }
    if (media->setup == SDP_SETUP_NONE) {
        media->setup = tagged->setup;
    }
    media->rtcp_mux |= tagged->rtcp_mux;
}

static enum status finish_bundle(struct sdp *sdp, struct failure *failure)
{
    const struct sdp_media *tagged = NULL;
    for (size_t i = 0; i < sdp->bundle_count; i++) {
        struct sdp_media *media = (struct sdp_media *)sdp_find_mid(sdp, sdp->bundle_mids[i]);
        if (media == NULL) {
            return failure_set(failure, STATUS_MALFORMED, "SDP a=group: no section has mid %s",
                               sdp->bundle_mids[i]);
        }
        if (media->rejected) {
            continue;
        }
        if (tagged == NULL) {
            tagged = media;
        } else {
            share_transport(tagged, media);
        }
    }
    return STATUS_OK;
}

enum status sdp_parse(const char *text, size_t size, struct sdp *ret_sdp, struct failure *failure)
{
    if (size > SDP_TEXT_MAX) {
        return failure_set(failure, STATUS_TOO_LARGE, "SDP of %zu bytes, the limit is %d", size,
                           SDP_TEXT_MAX);
    }
    memset(ret_sdp, 0, offsetof(struct sdp, media)); /* sections are written as they come */
    struct sdp_media defaults;
    sdp_media_begin(&defaults, NULL);
    defaults.direction = SDP_SENDRECV; /* RFC 8866 §6.7 */
    struct sdp_parser parser = {
        .sdp = ret_sdp,
        .defaults = &defaults,
        .media = &defaults,
        .at_session_level = true,
        .failure = failure,
    };
    enum status status = parse_lines(&parser, (struct sdp_span){text, size});
    return status == STATUS_OK ? finish_bundle(ret_sdp, failure) : status;
}
