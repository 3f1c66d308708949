#include "common/webrtc/sdp/sdp.h"
#include "sdp_vectors.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"

START_TEST(reads_a_call_offer_of_chromium)
{
    struct sdp *sdp = vector_sdp("chromium-call-offer");
    ck_assert_str_eq(sdp->session_id, "6316776190056991978");
    ck_assert_uint_eq(sdp->session_version, 2);
    ck_assert(sdp->bundle && !sdp->ice_lite);
    ck_assert_uint_eq(sdp->media_count, 2);
    ck_assert_uint_eq(sdp->bundle_count, 2);

    const struct sdp_media *audio = &sdp->media[0];
    ck_assert_int_eq(audio->kind, SDP_AUDIO);
    ck_assert_str_eq(audio->protocol, "UDP/TLS/RTP/SAVPF");
    ck_assert_str_eq(audio->ice_ufrag, "YUtU");
    ck_assert_str_eq(audio->ice_pwd, "siS9mNyajHYlKdBzCX2U2xvB");
    ck_assert(audio->trickle && audio->rtcp_mux && audio->rtcp_rsize && !audio->rejected);
    ck_assert(audio->extmap_allow_mixed); /* copied down from the session */
    ck_assert_int_eq(audio->setup, SDP_SETUP_ACTPASS);
    ck_assert_int_eq(audio->direction, SDP_SENDRECV);
    ck_assert_str_eq(audio->fingerprint_hash, "sha-256");
    ck_assert_uint_eq(strlen(audio->fingerprint), 95);
    ck_assert_uint_eq(audio->candidate_count, 2);
    ck_assert_str_eq(audio->candidates[0], "candidate:2334441773 1 udp 2122260223 127.0.0.1 56617 "
                                           "typ host generation 0 network-id 1 network-cost 50");
    ck_assert_uint_eq(audio->codec_count, 8);
    const struct sdp_codec *opus = sdp_find_codec(audio, "OPUS");
    ck_assert_ptr_nonnull(opus);
    ck_assert_uint_eq(opus->payload_type, 111);
    ck_assert_uint_eq(opus->channels, 2);
    ck_assert_str_eq(opus->parameters, "minptime=10;useinbandfec=1");
    ck_assert(opus->transport_cc && !opus->nack);
    ck_assert_uint_eq(audio->ssrc_count, 1);
    ck_assert_uint_eq(audio->ssrcs[0].ssrc, 1772283383);
    ck_assert_str_eq(audio->ssrcs[0].cname, "iCNxGBdVmFYeLW3s");
    free(sdp);
}
END_TEST

START_TEST(reads_video_codecs_and_repair)
{
    struct sdp *sdp = vector_sdp("chromium-slots-offer");
    const struct sdp_media *video = sdp_find_mid(sdp, "1");
    ck_assert_ptr_nonnull(video);
    const struct sdp_codec *vp8 = sdp_find_codec(video, "VP8");
    ck_assert(vp8->nack && vp8->nack_pli && vp8->ccm_fir && vp8->transport_cc && vp8->goog_remb);
    const struct sdp_codec *rtx = sdp_find_rtx(video, vp8->payload_type);
    ck_assert_ptr_nonnull(rtx);
    ck_assert_uint_eq(rtx->payload_type, 97);
    ck_assert_uint_eq(video->ssrc_count, 1);
    ck_assert_uint_eq(video->ssrcs[0].ssrc, 1266358184);
    ck_assert_uint_eq(video->ssrcs[0].rtx_ssrc, 6116231);
    ck_assert_uint_eq(sdp->media_count, 13);
    ck_assert_int_eq(sdp->media[2].direction, SDP_RECVONLY);
    ck_assert_int_eq(sdp->media[12].kind, SDP_AUDIO);
    ck_assert_uint_eq(sdp->media[2].ssrc_count, 0);
    free(sdp);
}
END_TEST

START_TEST(maps_extensions_of_ours)
{
    struct sdp *sdp = vector_sdp("chromium-call-offer");
    struct rtp_extension_map map;
    sdp_extension_map(&sdp->media[1], &map);
    ck_assert_uint_eq(map.id[RTP_EXTENSION_MID], 4);
    ck_assert_uint_eq(map.id[RTP_EXTENSION_TRANSPORT_CC], 3);
    ck_assert_uint_eq(map.id[RTP_EXTENSION_ABS_SEND_TIME], 2);
    ck_assert_uint_eq(map.id[RTP_EXTENSION_RID], 10);
    ck_assert_uint_eq(map.id[RTP_EXTENSION_AUDIO_LEVEL], 0);
    ck_assert_uint_eq(map.id[RTP_EXTENSION_ABS_CAPTURE_TIME], 0);
    free(sdp);
}
END_TEST

START_TEST(leaves_two_byte_ids_out_of_the_map)
{
    struct sdp *sdp = parse_text(HEAD AUDIO "a=extmap:200 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
                                            "a=extmap:4096 urn:ietf:params:rtp-hdrext:toffset\r\n");
    struct rtp_extension_map map;
    sdp_extension_map(&sdp->media[0], &map);
    ck_assert_uint_eq(map.id[RTP_EXTENSION_MID], 0);
    ck_assert_uint_eq(sdp->media[0].extension_count, 1);
    free(sdp);
}
END_TEST

START_TEST(reads_rejected_and_data_sections)
{
    struct sdp *sdp = vector_sdp("chromium-again-answer");
    ck_assert_uint_eq(sdp->media_count, 3);
    ck_assert(!sdp->media[0].rejected && sdp->media[1].rejected);
    ck_assert_int_eq(sdp->media[1].direction, SDP_INACTIVE);
    ck_assert_int_eq(sdp->media[2].kind, SDP_APPLICATION);
    ck_assert_int_eq(sdp->media[2].setup, SDP_SETUP_ACTIVE);
    ck_assert_uint_eq(sdp->media[2].codec_count, 0);
    free(sdp);
}
END_TEST

START_TEST(reads_simulcast)
{
    struct sdp *sdp = vector_sdp("chromium-simulcast-offer");
    const struct sdp_media *video = &sdp->media[0];
    ck_assert_uint_eq(video->rid_count, 3);
    ck_assert_str_eq(video->rids[1].id, "h");
    ck_assert(video->rids[1].send && video->simulcast_send && !video->simulcast_receive);
    ck_assert(video->rids[0].simulcast && video->rids[1].simulcast && video->rids[2].simulcast);
    ck_assert_int_eq(video->direction, SDP_SENDONLY);
    free(sdp);
}
END_TEST

START_TEST(copies_session_level_values_down)
{
    struct sdp *sdp = parse_text(HEAD "a=ice-lite\r\na=ice-ufrag:abcd\r\n"
                                      "a=ice-pwd:0123456789012345678901\r\na=setup:passive\r\n"
                                      "a=recvonly\r\n" AUDIO AUDIO "a=ice-ufrag:wxyz\r\n"
                                      "a=sendonly\r\n");
    ck_assert(sdp->ice_lite);
    ck_assert_str_eq(sdp->media[0].ice_ufrag, "abcd");
    ck_assert_str_eq(sdp->media[1].ice_ufrag, "wxyz");
    ck_assert_str_eq(sdp->media[1].ice_pwd, "0123456789012345678901");
    ck_assert_int_eq(sdp->media[1].setup, SDP_SETUP_PASSIVE);
    ck_assert_int_eq(sdp->media[0].direction, SDP_RECVONLY);
    ck_assert_int_eq(sdp->media[1].direction, SDP_SENDONLY);
    free(sdp);
}
END_TEST

START_TEST(copies_the_bundles_transport_down)
{
    struct sdp *sdp = parse_text(
        HEAD "a=group:BUNDLE a v\r\n" AUDIO "a=mid:a\r\na=ice-ufrag:abcd\r\na=rtcp-mux\r\n"
             "a=ice-pwd:0123456789012345678901\r\na=setup:active\r\na=fingerprint:sha-1 "
             "00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13\r\n"
             "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\na=bundle-only\r\n");
    const struct sdp_media *video = sdp_find_mid(sdp, "v");
    ck_assert(!video->rejected && video->bundle_only && video->rtcp_mux);
    ck_assert_str_eq(video->ice_ufrag, "abcd");
    ck_assert_str_eq(video->fingerprint_hash, "sha-1");
    ck_assert_str_eq(video->fingerprint,
                     "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13");
    ck_assert_int_eq(video->setup, SDP_SETUP_ACTIVE);
    free(sdp);
}
END_TEST

START_TEST(prefers_sha_256_among_fingerprints)
{
    struct sdp *sdp = vector_sdp("chromium-call-offer");
    char *text = vector_text("chromium-call-offer");
    char *edited = replaced(
        text, "a=fingerprint:sha-256",
        "a=fingerprint:sha-1 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13\r\n"
        "a=fingerprint:SHA-256");
    struct sdp *both = parse_text(edited);
    ck_assert_str_eq(both->media[0].fingerprint_hash, "sha-256");
    ck_assert_str_eq(both->media[0].fingerprint, sdp->media[0].fingerprint);
    free(sdp);
    free(both);
    free(text);
    free(edited);
}
END_TEST

START_TEST(takes_line_feeds_alone_and_no_final_line_end)
{
    struct sdp *sdp = parse_text("v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nt=0 0\n"
                                 "m=audio 9 UDP/TLS/RTP/SAVPF 0 101\na=fmtp:101 0-15\n"
                                 "a=rtpmap:101 telephone-event/8000\na=rtpmap:99 strange/1\n"
                                 "a=x-unknown:value\nb=AS:300");
    ck_assert_uint_eq(sdp->media[0].codec_count, 2);
    ck_assert_str_eq(sdp->media[0].codecs[0].name, "PCMU"); /* RFC 3551: no rtpmap needed */
    ck_assert_uint_eq(sdp->media[0].codecs[0].clock_hz, 8000);
    ck_assert_str_eq(sdp->media[0].codecs[1].parameters, "0-15");
    free(sdp);
}
END_TEST

START_TEST(reads_fid_groups_in_any_order)
{
    struct sdp *sdp = parse_text(HEAD "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
                                      "a=ssrc:12 cname:c\r\na=ssrc:11 cname:c\r\n"
                                      "a=ssrc:10 cname:c\r\na=ssrc-group:FID 11 12\r\n"
                                      "a=ssrc-group:SIM 10 11\r\n");
    const struct sdp_media *video = &sdp->media[0];
    ck_assert_uint_eq(video->ssrc_count, 2);
    ck_assert_uint_eq(video->ssrcs[0].ssrc, 11);
    ck_assert_uint_eq(video->ssrcs[0].rtx_ssrc, 12);
    ck_assert_uint_eq(video->ssrcs[1].ssrc, 10);
    ck_assert_uint_eq(video->ssrcs[1].rtx_ssrc, 0);
    free(sdp);
}
END_TEST

/* Each is one broken description with the line that the message must name. */
static const struct {
    const char *text;
    enum status status;
    const char *line;
} broken[] = {
    {"", STATUS_MALFORMED, "line 0:"},
    {"v=0\r\n", STATUS_MALFORMED, "line 1:"},
    {"v=1\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\n", STATUS_MALFORMED, "line 1:"},
    {"o=- 1 1 IN IP4 0.0.0.0\r\nv=0\r\ns=-\r\n", STATUS_MALFORMED, "line 1:"},
    {"v=0\r\no=- 1 x IN IP4 0.0.0.0\r\ns=-\r\n", STATUS_MALFORMED, "line 2:"},
    {"v=0\r\no=- 1 99999999999999999999 IN IP4 0.0.0.0\r\ns=-\r\n", STATUS_MALFORMED, "line 2:"},
    {"v=0\r\no=- 1 1 IN IP4\r\ns=-\r\n", STATUS_MALFORMED, "line 2:"},
    {HEAD "v=0\r\n", STATUS_MALFORMED, "line 5:"},
    {HEAD "\r\n" AUDIO, STATUS_MALFORMED, "line 5:"},
    {HEAD "q=1\r\n", STATUS_MALFORMED, "line 5:"},
    {HEAD "a x\r\n", STATUS_MALFORMED, "line 5:"},
    {HEAD "a=x\001y\r\n", STATUS_MALFORMED, "line 5:"},
    {HEAD "m=audio\r\n", STATUS_MALFORMED, "line 5:"},
    {HEAD "m=audio 65536 UDP/TLS/RTP/SAVPF 0\r\n", STATUS_MALFORMED, "line 5:"},
    {HEAD "m=audio -1 UDP/TLS/RTP/SAVPF 0\r\n", STATUS_MALFORMED, "line 5:"},
    {HEAD "m=audio 9 UDP/TLS/RTP/SAVPF\r\n", STATUS_MALFORMED, "line 5:"},
    {HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 128\r\n", STATUS_MALFORMED, "line 5:"},
    {HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 8 8\r\n", STATUS_MALFORMED, "line 5:"},
    {HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 8  9\r\n", STATUS_MALFORMED, "line 5:"},
    {HEAD AUDIO "a=rtpmap:111 opus\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=rtpmap:111 opus/48000/0\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=rtpmap:111 opus/0\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=rtpmap:x opus/48000\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=rtpmap:111 name-of-thirty-characters-----/48000\r\n", STATUS_TOO_LARGE,
     "line 6:"},
    {HEAD AUDIO "a=fmtp:111\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=rtpmap:111 rtx/90000\r\n", STATUS_MALFORMED, "line 5:"},
    {HEAD AUDIO "a=rtcp-fb:111\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=extmap:0 urn:x\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=extmap:15 urn:x\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=extmap:300 urn:x\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=extmap:1 urn:x\r\na=extmap:1 urn:y\r\n", STATUS_MALFORMED, "line 7:"},
    {HEAD AUDIO "a=ssrc:x cname:a\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=ssrc:4294967296 cname:a\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=ssrc-group:FID 1\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=ssrc-group:FID 1 1\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=mid:0\r\n" AUDIO "a=mid:0\r\n", STATUS_MALFORMED, "line 8:"},
    {HEAD AUDIO "a=mid:a b\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=mid:12345678901234567\r\n", STATUS_TOO_LARGE, "line 6:"},
    {HEAD AUDIO "a=ice-ufrag:abc\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=ice-ufrag:ab cd\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=ice-pwd:tooshort\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=setup:holdconn\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=fingerprint:sha-256 00:11\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO
     "a=fingerprint:sha-1 g0:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13\r\n",
     STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=fingerprint:sha-1\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=candidate:\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=rid:q\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD AUDIO "a=simulcast:both q\r\n", STATUS_MALFORMED, "line 6:"},
    {HEAD "a=group:BUNDLE 0  1\r\n", STATUS_MALFORMED, "line 5:"},
    {HEAD "a=group:BUNDLE 9\r\n" AUDIO "a=mid:0\r\n", STATUS_MALFORMED, "has mid 9"},
};

START_TEST(names_the_line_of_what_is_broken)
{
    struct sdp *sdp = malloc(sizeof *sdp);
    struct failure failure = {0};
    const char *text = broken[_i].text;
    enum status status = sdp_parse(text, strlen(text), sdp, &failure);
    ck_assert_msg(status == broken[_i].status, "case %d: %s %s", _i, status_text(status),
                  failure.message);
    ck_assert_int_eq(failure.status, status);
    ck_assert_msg(strstr(failure.message, broken[_i].line) != NULL, "case %d: %s", _i,
                  failure.message);
    free(sdp);
}
END_TEST

/* `count` times the same line behind one section: counts are bounded. */
static enum status parse_repeated(const char *head, const char *line, size_t count)
{
    struct buffer text;
    buffer_init(&text, SDP_TEXT_MAX + 1);
    buffer_text(&text, head);
    for (size_t i = 0; i < count; i++) {
        buffer_format(&text, line, i + 1);
    }
    struct sdp *sdp = malloc(sizeof *sdp);
    enum status status = sdp_parse(buffer_string(&text), text.size, sdp, NULL);
    free(sdp);
    buffer_finish(&text);
    return status;
}

START_TEST(bounds_every_count)
{
    static const struct {
        const char *head, *line;
        size_t max;
    } bounded[] = {
        {HEAD, "m=audio %zu RTP/AVP 0\r\n", SDP_MEDIA_MAX},
        {HEAD AUDIO, "a=candidate:%zu 1 udp 1 127.0.0.1 9 typ host\r\n", SDP_CANDIDATES_MAX},
        {HEAD AUDIO, "a=ssrc:%zu cname:x\r\n", SDP_SSRCS_MAX},
        {HEAD AUDIO, "a=rid:r%zu send\r\n", SDP_RIDS_MAX},
        {HEAD "m=audio 9 RTP/AVP 0", " %zu", SDP_CODECS_MAX - 1},
    };
    for (size_t i = 0; i < sizeof bounded / sizeof bounded[0]; i++) {
        enum status fits = parse_repeated(bounded[i].head, bounded[i].line, bounded[i].max);
        enum status more = parse_repeated(bounded[i].head, bounded[i].line, bounded[i].max + 1);
        ck_assert_msg(fits == STATUS_OK, "%s: %s", bounded[i].line, status_text(fits));
        ck_assert_msg(more == STATUS_TOO_LARGE, "%s: %s", bounded[i].line, status_text(more));
    }
}
END_TEST

START_TEST(refuses_a_text_beyond_the_limit)
{
    char *text = malloc(SDP_TEXT_MAX + 1);
    memset(text, 'a', SDP_TEXT_MAX + 1);
    struct sdp *sdp = malloc(sizeof *sdp);
    struct failure failure = {0};
    ck_assert_int_eq(sdp_parse(text, SDP_TEXT_MAX + 1, sdp, &failure), STATUS_TOO_LARGE);
    ck_assert_int_eq(sdp_parse(text, SDP_TEXT_MAX, sdp, &failure), STATUS_MALFORMED);
    free(sdp);
    free(text);
}
END_TEST

START_TEST(survives_every_cut)
{
    char *text = vector_text("chromium-call-offer");
    struct sdp *sdp = malloc(sizeof *sdp);
    for (size_t size = 0; size < strlen(text); size += 3) {
        char *cut = malloc(size > 0 ? size : 1); /* its own block: a read beyond it is seen */
        memcpy(cut, text, size);
        enum status status = sdp_parse(cut, size, sdp, NULL);
        ck_assert(status == STATUS_OK || status == STATUS_MALFORMED);
        free(cut);
    }
    free(sdp);
    free(text);
}
END_TEST

/* The list may stand before what it names, with alternatives and streams that begin paused; names
 * without a description and those of the other direction do not count. */
START_TEST(a_simulcast_list_names_rids)
{
    static const char text[] = HEAD "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
                                    "a=simulcast:send f,x;~q;none recv h\r\n"
                                    "a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\n"
                                    "a=rid:x send\r\n";
    struct sdp *sdp = malloc(sizeof *sdp);
    ck_assert_int_eq(sdp_parse(text, sizeof text - 1, sdp, NULL), STATUS_OK);
    const struct sdp_media *media = &sdp->media[0];
    ck_assert_str_eq(sdp_simulcast_rid(media, true, 0)->id, "q");
    ck_assert_str_eq(sdp_simulcast_rid(media, true, 1)->id, "f");
    ck_assert_ptr_null(sdp_simulcast_rid(media, true, 2));
    ck_assert_ptr_null(sdp_simulcast_rid(media, false, 0));
    free(sdp);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sdp_parse");
    TCase *cases = tcase_create("parse");
    tcase_add_test(cases, reads_a_call_offer_of_chromium);
    tcase_add_test(cases, reads_video_codecs_and_repair);
    tcase_add_test(cases, maps_extensions_of_ours);
    tcase_add_test(cases, leaves_two_byte_ids_out_of_the_map);
    tcase_add_test(cases, reads_rejected_and_data_sections);
    tcase_add_test(cases, reads_simulcast);
    tcase_add_test(cases, a_simulcast_list_names_rids);
    tcase_add_test(cases, copies_session_level_values_down);
    tcase_add_test(cases, copies_the_bundles_transport_down);
    tcase_add_test(cases, prefers_sha_256_among_fingerprints);
    tcase_add_test(cases, takes_line_feeds_alone_and_no_final_line_end);
    tcase_add_test(cases, reads_fid_groups_in_any_order);
    tcase_add_loop_test(cases, names_the_line_of_what_is_broken, 0,
                        (int)(sizeof broken / sizeof broken[0]));
    tcase_add_test(cases, bounds_every_count);
    tcase_add_test(cases, refuses_a_text_beyond_the_limit);
    tcase_add_test(cases, survives_every_cut);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
