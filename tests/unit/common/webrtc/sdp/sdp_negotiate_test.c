#include "common/webrtc/sdp/sdp_negotiate.h"
#include "sdp_vectors.h"

#define SLOTS 13

/* Chromium took the offer that this makes: tests/vectors/sdp/own-offer.sdp. */
static struct sdp_local local_side(void)
{
    return (struct sdp_local){
        .session_id = "4242424242",
        .session_version = 2,
        .ice_ufrag = "abcd",
        .ice_pwd = "0123456789012345678901",
        .fingerprint_hash = "sha-256",
        .fingerprint = "12:25:8F:14:1D:6C:BF:8A:DE:EE:59:23:92:94:5E:89:2A:C6:85:DB:F3:07:63:B3:"
                       "2F:84:5D:90:AB:F5:23:42",
        .trickle = true,
        .candidate_count = 1,
        .candidates = {"candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host"},
        .cname = "cname-of-ours",
    };
}

static void client_transceivers(struct sdp_transceiver transceivers[SLOTS])
{
    transceivers[0] = (struct sdp_transceiver){.kind = SDP_AUDIO,
                                               .mid = "0",
                                               .direction = SDP_SENDRECV,
                                               .stream_id = "stream",
                                               .track_id = "audio-track",
                                               .ssrc = 1111};
    transceivers[1] = (struct sdp_transceiver){.kind = SDP_VIDEO,
                                               .mid = "1",
                                               .direction = SDP_SENDRECV,
                                               .stream_id = "stream",
                                               .track_id = "video-track",
                                               .ssrc = 2222,
                                               .rtx_ssrc = 3333};
    for (int i = 2; i < SLOTS; i++) {
        enum sdp_kind kind = i < 8 ? SDP_VIDEO : SDP_AUDIO;
        transceivers[i] = (struct sdp_transceiver){.kind = kind, .direction = SDP_RECVONLY};
        snprintf(transceivers[i].mid, sizeof transceivers[i].mid, "%d", i);
    }
}

static struct sdp *own_offer(void)
{
    struct sdp_local local = local_side();
    struct sdp_transceiver transceivers[SLOTS];
    client_transceivers(transceivers);
    struct sdp *offer = malloc(sizeof *offer);
    sdp_make_offer(&local, transceivers, SLOTS, offer);
    return offer;
}

/* A server that sends and receives everywhere it may. */
static struct sdp *answer_to(const struct sdp *offer, enum sdp_setup setup)
{
    struct sdp_local local = local_side();
    local.ice_lite = true;
    local.trickle = false;
    struct sdp_transceiver transceivers[SLOTS];
    for (uint32_t i = 0; i < SLOTS; i++) {
        transceivers[i] = (struct sdp_transceiver){.kind = SDP_AUDIO,
                                                   .direction = SDP_SENDRECV,
                                                   .stream_id = "s",
                                                   .track_id = "t",
                                                   .ssrc = 1000 + i,
                                                   .rtx_ssrc = 2000 + i};
    }
    struct sdp *answer = malloc(sizeof *answer);
    struct failure failure = {0};
    enum status status =
        sdp_make_answer(&local, offer, transceivers, SLOTS, setup, answer, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    return answer;
}

START_TEST(the_offer_is_the_one_that_chromium_took)
{
    struct sdp *offer = own_offer();
    struct buffer text;
    buffer_init(&text, SDP_TEXT_MAX);
    ck_assert_int_eq(sdp_write(offer, &text), STATUS_OK);
    char *recorded = vector_text("own-offer");
    ck_assert_str_eq(buffer_string(&text), recorded);
    free(recorded);
    buffer_finish(&text);
    free(offer);
}
END_TEST

START_TEST(agrees_with_chromiums_answer)
{
    struct sdp *offer = own_offer();
    struct sdp *answer = vector_sdp("chromium-answer-to-own-offer");
    struct sdp_agreed agreed[SDP_MEDIA_MAX];
    size_t count = 0;
    struct failure failure = {0};
    enum status status = sdp_agree(offer, answer, true, agreed, SDP_MEDIA_MAX, &count, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    ck_assert_uint_eq(count, SLOTS);
    ck_assert(agreed[1].active && agreed[1].may_send && agreed[1].may_receive);
    ck_assert_uint_eq(agreed[1].payload_type, 96);
    ck_assert_uint_eq(agreed[1].rtx_payload_type, 97);
    ck_assert(agreed[1].nack && agreed[1].nack_pli && agreed[1].ccm_fir && agreed[1].transport_cc);
    ck_assert_uint_eq(agreed[1].extensions.id[RTP_EXTENSION_MID], RTP_EXTENSION_MID + 1);
    ck_assert_uint_eq(agreed[1].remote_ssrc, answer->media[1].ssrcs[0].ssrc);
    ck_assert_uint_ne(agreed[1].remote_rtx_ssrc, 0);
    ck_assert_uint_eq(agreed[0].payload_type, 111);
    ck_assert_uint_eq(agreed[0].clock_hz, 48000);
    ck_assert_uint_eq(agreed[0].extensions.id[RTP_EXTENSION_AUDIO_LEVEL],
                      RTP_EXTENSION_AUDIO_LEVEL + 1);
    /* Chromium has nothing to send into the receive-only slots. */
    ck_assert(agreed[5].active && !agreed[5].may_send && !agreed[5].may_receive);
    free(offer);
    free(answer);
}
END_TEST

START_TEST(answers_chromiums_slots)
{
    struct sdp *offer = vector_sdp("chromium-slots-offer");
    struct sdp *answer = answer_to(offer, SDP_SETUP_PASSIVE);
    ck_assert(answer->ice_lite);
    ck_assert_uint_eq(answer->media_count, 13);
    ck_assert_uint_eq(answer->bundle_count, 13);
    const struct sdp_media *video = &answer->media[1];
    ck_assert_int_eq(video->setup, SDP_SETUP_PASSIVE);
    ck_assert_int_eq(video->direction, SDP_SENDRECV);
    ck_assert_uint_eq(video->codec_count, 2);
    ck_assert_str_eq(video->codecs[0].name, "VP8");
    ck_assert_uint_eq(video->codecs[0].payload_type, 96);
    ck_assert_uint_eq(video->codecs[1].rtx_for, 96);
    ck_assert_str_eq(video->codecs[1].parameters, "apt=96");
    ck_assert_uint_eq(video->ssrcs[0].ssrc, 1001);
    ck_assert_uint_eq(video->ssrcs[0].rtx_ssrc, 2001);
    ck_assert_uint_eq(answer->media[0].ssrcs[0].rtx_ssrc, 0); /* no rtx for audio */
    ck_assert_int_eq(answer->media[2].direction, SDP_SENDONLY);
    /* ids are the offerer's */
    struct rtp_extension_map offered, answered;
    sdp_extension_map(&offer->media[1], &offered);
    sdp_extension_map(video, &answered);
    ck_assert_uint_eq(answered.id[RTP_EXTENSION_TRANSPORT_CC],
                      offered.id[RTP_EXTENSION_TRANSPORT_CC]);
    ck_assert_uint_eq(answered.id[RTP_EXTENSION_RID], 0);
    /* the one transport's candidates stand in the first section only */
    ck_assert_uint_eq(answer->media[0].candidate_count, 1);
    ck_assert(answer->media[0].end_of_candidates);
    ck_assert_uint_eq(answer->media[1].candidate_count, 0);

    struct sdp_agreed agreed[SDP_MEDIA_MAX];
    size_t count = 0;
    struct failure failure = {0};
    ck_assert_int_eq(sdp_agree(offer, answer, false, agreed, SDP_MEDIA_MAX, &count, &failure),
                     STATUS_OK);
    ck_assert(agreed[2].may_send && !agreed[2].may_receive);
    ck_assert_uint_eq(agreed[1].remote_ssrc, 1266358184);
    ck_assert_uint_eq(agreed[1].remote_rtx_ssrc, 6116231);
    free(offer);
    free(answer);
}
END_TEST

START_TEST(directions_are_masked_by_the_offer)
{
    static const enum sdp_direction expected[4][4] = {
        /* offer: inactive, sendonly, recvonly, sendrecv; columns: what this side wants */
        {SDP_INACTIVE, SDP_INACTIVE, SDP_INACTIVE, SDP_INACTIVE},
        {SDP_INACTIVE, SDP_INACTIVE, SDP_RECVONLY, SDP_RECVONLY},
        {SDP_INACTIVE, SDP_SENDONLY, SDP_INACTIVE, SDP_SENDONLY},
        {SDP_INACTIVE, SDP_SENDONLY, SDP_RECVONLY, SDP_SENDRECV},
    };
    struct sdp_local local = local_side();
    struct sdp *offer = malloc(sizeof *offer), *answer = malloc(sizeof *answer);
    for (int offered = 0; offered < 4; offered++) {
        for (int wanted = 0; wanted < 4; wanted++) {
            struct sdp_transceiver transceiver = {
                .kind = SDP_AUDIO, .mid = "0", .direction = (enum sdp_direction)offered};
            sdp_make_offer(&local, &transceiver, 1, offer);
            transceiver.direction = (enum sdp_direction)wanted;
            ck_assert_int_eq(
                sdp_make_answer(&local, offer, &transceiver, 1, SDP_SETUP_ACTIVE, answer, NULL),
                STATUS_OK);
            ck_assert_msg(answer->media[0].direction == expected[offered][wanted], "%d %d: %d",
                          offered, wanted, answer->media[0].direction);
        }
    }
    free(offer);
    free(answer);
}
END_TEST

START_TEST(setup_follows_the_offer)
{
    struct sdp *offer = own_offer();
    static const struct {
        enum sdp_setup offered, wanted, answered;
    } rows[] = {
        {SDP_SETUP_ACTPASS, SDP_SETUP_PASSIVE, SDP_SETUP_PASSIVE},
        {SDP_SETUP_ACTPASS, SDP_SETUP_ACTIVE, SDP_SETUP_ACTIVE},
        {SDP_SETUP_ACTIVE, SDP_SETUP_ACTIVE, SDP_SETUP_PASSIVE},
        {SDP_SETUP_PASSIVE, SDP_SETUP_PASSIVE, SDP_SETUP_ACTIVE},
        {SDP_SETUP_NONE, SDP_SETUP_ACTIVE, SDP_SETUP_PASSIVE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        offer->media[0].setup = rows[i].offered;
        struct sdp *answer = answer_to(offer, rows[i].wanted);
        ck_assert_int_eq(answer->media[0].setup, rows[i].answered);
        free(answer);
    }
    free(offer);
}
END_TEST

START_TEST(rejects_what_it_cannot_use_and_keeps_the_place)
{
    struct sdp *offer = vector_sdp("chromium-again-offer"); /* audio, stopped video, data */
    struct sdp *answer = answer_to(offer, SDP_SETUP_PASSIVE);
    ck_assert_uint_eq(answer->media_count, 3);
    ck_assert(!answer->media[0].rejected);
    ck_assert(answer->media[1].rejected && answer->media[2].rejected);
    ck_assert_int_eq(answer->media[2].kind, SDP_APPLICATION);
    ck_assert_uint_eq(answer->bundle_count, 1);
    ck_assert_str_eq(answer->bundle_mids[0], "0");
    struct buffer text;
    buffer_init(&text, SDP_TEXT_MAX);
    ck_assert_int_eq(sdp_write(answer, &text), STATUS_OK);
    ck_assert_ptr_nonnull(
        strstr(buffer_string(&text), "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
    buffer_finish(&text);
    struct sdp_agreed agreed[SDP_MEDIA_MAX];
    size_t count = 0;
    ck_assert_int_eq(sdp_agree(offer, answer, false, agreed, SDP_MEDIA_MAX, &count, NULL),
                     STATUS_OK);
    ck_assert(agreed[0].active && !agreed[1].active && !agreed[2].active);
    free(offer);
    free(answer);
}
END_TEST

START_TEST(the_tag_moves_when_the_first_section_is_rejected)
{
    struct sdp *offer = own_offer();
    strcpy(offer->media[0].codecs[0].name, "G722");
    struct sdp *answer = answer_to(offer, SDP_SETUP_PASSIVE);
    ck_assert(answer->media[0].rejected);
    ck_assert_str_eq(answer->bundle_mids[0], "1");
    ck_assert_uint_eq(answer->media[0].candidate_count, 0);
    ck_assert_uint_eq(answer->media[1].candidate_count, 1);
    free(offer);
    free(answer);
}
END_TEST

START_TEST(sections_beyond_count_are_inactive)
{
    struct sdp_local local = local_side();
    struct sdp *offer = own_offer(), *answer = malloc(sizeof *answer);
    struct sdp_transceiver one = {.kind = SDP_AUDIO, .direction = SDP_SENDRECV};
    ck_assert_int_eq(sdp_make_answer(&local, offer, &one, 1, SDP_SETUP_ACTIVE, answer, NULL),
                     STATUS_OK);
    ck_assert_int_eq(answer->media[0].direction, SDP_SENDRECV);
    ck_assert(!answer->media[7].rejected);
    ck_assert_int_eq(answer->media[7].direction, SDP_INACTIVE);
    free(offer);
    free(answer);
}
END_TEST

START_TEST(answers_without_rtx_or_feedback_that_was_not_offered)
{
    struct sdp *offer = own_offer();
    struct sdp_media *video = &offer->media[1];
    video->codec_count = 1;
    video->codecs[0].goog_remb = video->codecs[0].ccm_fir = false;
    video->codecs[0].payload_type = 120;
    struct sdp *answer = answer_to(offer, SDP_SETUP_PASSIVE);
    ck_assert_uint_eq(answer->media[1].codec_count, 1);
    ck_assert_uint_eq(answer->media[1].codecs[0].payload_type, 120);
    ck_assert(!answer->media[1].codecs[0].goog_remb && !answer->media[1].codecs[0].ccm_fir);
    ck_assert(answer->media[1].codecs[0].nack);
    ck_assert_uint_eq(answer->media[1].ssrcs[0].rtx_ssrc, 0);
    free(offer);
    free(answer);
}
END_TEST

enum spoil { NO_BUNDLE, NO_MUX, NO_FINGERPRINT, NO_ICE, NOTHING_USABLE, SPOIL_COUNT };

START_TEST(refuses_an_offer_that_lacks_the_basics)
{
    static const char *const culprits[SPOIL_COUNT] = {"BUNDLE", "rtcp-mux", "fingerprint",
                                                      "ice-ufrag", "answered"};
    struct sdp *offer = own_offer(), *answer = malloc(sizeof *answer);
    struct sdp_media *media = &offer->media[3];
    offer->bundle = _i != NO_BUNDLE;
    media->rtcp_mux = _i != NO_MUX;
    if (_i == NO_FINGERPRINT) {
        media->fingerprint[0] = '\0';
    }
    if (_i == NO_ICE) {
        media->ice_pwd[0] = '\0';
    }
    if (_i == NOTHING_USABLE) {
        offer->bundle_count = 0;
    }
    struct sdp_local local = local_side();
    struct failure failure = {0};
    ck_assert_int_eq(sdp_make_answer(&local, offer, NULL, 0, SDP_SETUP_PASSIVE, answer, &failure),
                     STATUS_INVALID);
    ck_assert_msg(strstr(failure.message, culprits[_i]) != NULL, "%s", failure.message);
    free(offer);
    free(answer);
}
END_TEST

START_TEST(refuses_chromiums_data_only_offer)
{
    struct sdp *offer = vector_sdp("chromium-data-offer"), *answer = malloc(sizeof *answer);
    struct sdp_local local = local_side();
    ck_assert_int_eq(sdp_make_answer(&local, offer, NULL, 0, SDP_SETUP_PASSIVE, answer, NULL),
                     STATUS_INVALID);
    free(offer);
    free(answer);
}
END_TEST

enum lie {
    SECTION_MISSING,
    OTHER_KIND,
    OTHER_MID,
    OTHER_PAYLOAD_TYPE,
    OTHER_CODEC,
    OTHER_APT,
    OTHER_EXTENSION_ID,
    TOO_MUCH_DIRECTION,
    ACTPASS_ANSWER,
    REOPENED,
    NO_ANSWER_MUX,
    NO_ANSWER_ICE,
    STRANGE_BUNDLE,
    LIE_COUNT
};

static void tell_lie(enum lie lie, struct sdp *offer, struct sdp *answer)
{
    struct sdp_media *media = &answer->media[1];
    switch (lie) {
    case SECTION_MISSING:
        answer->media_count--;
        break;
    case OTHER_KIND:
        media->kind = SDP_AUDIO;
        break;
    case OTHER_MID:
        strcpy(media->mid, "x");
        break;
    case OTHER_PAYLOAD_TYPE:
        media->codecs[0].payload_type = 100;
        break;
    case OTHER_CODEC:
        strcpy(media->codecs[0].name, "VP9");
        break;
    case OTHER_APT:
        media->codecs[1].rtx_for = 98;
        break;
    case OTHER_EXTENSION_ID:
        media->extensions[0].id = 14;
        break;
    case TOO_MUCH_DIRECTION:
        offer->media[1].direction = SDP_RECVONLY;
        break;
    case ACTPASS_ANSWER:
        media->setup = SDP_SETUP_ACTPASS;
        break;
    case REOPENED:
        offer->media[1].rejected = true;
        break;
    case NO_ANSWER_MUX:
        media->rtcp_mux = false;
        break;
    case NO_ANSWER_ICE:
        media->ice_ufrag[0] = '\0';
        break;
    case STRANGE_BUNDLE:
        strcpy(offer->bundle_mids[1], "elsewhere");
        break;
    case LIE_COUNT:
        break;
    }
}

START_TEST(refuses_an_answer_that_does_not_fit)
{
    struct sdp *offer = own_offer(), *answer = answer_to(offer, SDP_SETUP_PASSIVE);
    struct sdp_agreed agreed[SDP_MEDIA_MAX];
    size_t count = 77;
    struct failure failure = {0};
    ck_assert_int_eq(sdp_agree(offer, answer, true, agreed, SDP_MEDIA_MAX, &count, &failure),
                     STATUS_OK);
    count = 77;
    tell_lie((enum lie)_i, offer, answer);
    ck_assert_int_eq(sdp_agree(offer, answer, true, agreed, SDP_MEDIA_MAX, &count, &failure),
                     STATUS_INVALID);
    ck_assert_uint_eq(count, 77);
    if (_i != SECTION_MISSING) {
        ck_assert_msg(strstr(failure.message, "section 2") != NULL, "%s", failure.message);
    }
    free(offer);
    free(answer);
}
END_TEST

START_TEST(agreement_is_mirrored)
{
    struct sdp *offer = own_offer(), *answer = answer_to(offer, SDP_SETUP_PASSIVE);
    struct sdp_agreed there[SDP_MEDIA_MAX], here[SDP_MEDIA_MAX];
    size_t count = 0;
    ck_assert_int_eq(sdp_agree(offer, answer, true, there, SDP_MEDIA_MAX, &count, NULL), STATUS_OK);
    ck_assert_int_eq(sdp_agree(offer, answer, false, here, SDP_MEDIA_MAX, &count, NULL), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(there[i].may_send, here[i].may_receive);
        ck_assert_int_eq(there[i].may_receive, here[i].may_send);
        ck_assert_uint_eq(there[i].payload_type, here[i].payload_type);
    }
    ck_assert_uint_eq(here[1].remote_ssrc, 2222);
    ck_assert_uint_eq(there[1].remote_ssrc, 1001);
    ck_assert_int_eq(sdp_agree(offer, answer, true, there, 3, &count, NULL), STATUS_TOO_LARGE);
    free(offer);
    free(answer);
}
END_TEST

/* An offer of simulcast and its answer by a side that takes `taken` encodings. */
static struct sdp_agreed agree_on(struct sdp *offer, struct sdp *answer, size_t taken,
                                  bool local_is_offerer)
{
    struct sdp_local local = local_side();
    struct sdp_transceiver own = {.kind = SDP_VIDEO,
                                  .mid = "0",
                                  .direction = SDP_SENDONLY,
                                  .ssrc = 7,
                                  .encoding_count = 3,
                                  .rids = {"f", "h", "q"}};
    struct sdp_transceiver other = {.direction = SDP_RECVONLY, .encoding_count = taken};
    struct sdp_agreed agreed[1];
    size_t count;
    sdp_make_offer(&local, &own, 1, offer);
    ck_assert_int_eq(sdp_make_answer(&local, offer, &other, 1, SDP_SETUP_PASSIVE, answer, NULL),
                     STATUS_OK);
    ck_assert_int_eq(sdp_agree(offer, answer, local_is_offerer, agreed, 1, &count, NULL),
                     STATUS_OK);
    return agreed[0];
}

START_TEST(simulcast_is_agreed_by_rid)
{
    struct sdp *offer = malloc(sizeof *offer), *answer = malloc(sizeof *answer);
    for (int offerer = 0; offerer < 2; offerer++) {
        struct sdp_agreed agreed = agree_on(offer, answer, 3, offerer == 1);
        ck_assert_uint_eq(agreed.rid_count, 3);
        ck_assert_str_eq(agreed.rids[0], "f");
        ck_assert_str_eq(agreed.rids[2], "q");
        ck_assert_uint_ne(agreed.extensions.id[RTP_EXTENSION_RID], 0);
        ck_assert_uint_ne(agreed.extensions.id[RTP_EXTENSION_REPAIRED_RID], 0);
    }
    ck_assert_uint_eq(offer->media[0].ssrc_count, 0); /* RIDs tell them apart */
    ck_assert(answer->media[0].simulcast_receive && !answer->media[0].simulcast_send);
    ck_assert_uint_eq(agree_on(offer, answer, 2, true).rid_count, 2);
    free(offer);
    free(answer);
}
END_TEST

START_TEST(simulcast_may_be_declined)
{
    struct sdp *offer = malloc(sizeof *offer), *answer = malloc(sizeof *answer);
    struct sdp_agreed agreed = agree_on(offer, answer, 0, true);
    ck_assert_uint_eq(agreed.rid_count, 0);
    ck_assert_uint_eq(agreed.extensions.id[RTP_EXTENSION_RID], 0);
    ck_assert(agreed.may_send);
    free(offer);
    free(answer);
}
END_TEST

START_TEST(simulcast_without_rids_in_packets_is_none)
{
    struct sdp *offer = malloc(sizeof *offer), *answer = malloc(sizeof *answer);
    struct sdp_local local = local_side();
    struct sdp_transceiver other = {.direction = SDP_RECVONLY, .encoding_count = 3};
    agree_on(offer, answer, 3, true);
    for (size_t i = 0; i < offer->media[0].extension_count; i++)
        if (strstr(offer->media[0].extensions[i].uri, "rtp-stream-id"))
            offer->media[0].extensions[i].uri[0] = 'x';
    ck_assert_int_eq(sdp_make_answer(&local, offer, &other, 1, SDP_SETUP_PASSIVE, answer, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(answer->media[0].rid_count, 0);
    free(offer);
    free(answer);
}
END_TEST

START_TEST(an_answer_may_send_what_the_offer_would_receive)
{
    struct sdp *offer = malloc(sizeof *offer), *answer = malloc(sizeof *answer);
    struct sdp_local local = local_side();
    struct sdp_transceiver own = {.direction = SDP_SENDONLY, .ssrc = 7, .encoding_count = 3};
    struct sdp_agreed agreed[1];
    size_t count;
    agree_on(offer, answer, 3, true);
    struct sdp_media *media = &offer->media[0]; /* turn it around */
    media->direction = SDP_RECVONLY;
    media->simulcast_send = false;
    media->simulcast_receive = true;
    for (size_t i = 0; i < media->rid_count; i++)
        media->rids[i].send = false;
    ck_assert_int_eq(sdp_make_answer(&local, offer, &own, 1, SDP_SETUP_PASSIVE, answer, NULL),
                     STATUS_OK);
    ck_assert(answer->media[0].simulcast_send);
    ck_assert_uint_eq(answer->media[0].ssrc_count, 0);
    ck_assert_int_eq(sdp_agree(offer, answer, false, agreed, 1, &count, NULL), STATUS_OK);
    ck_assert(agreed[0].may_send);
    ck_assert_uint_eq(agreed[0].rid_count, 3);
    free(offer);
    free(answer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sdp_negotiate");
    TCase *cases = tcase_create("negotiate");
    tcase_add_test(cases, the_offer_is_the_one_that_chromium_took);
    tcase_add_test(cases, agrees_with_chromiums_answer);
    tcase_add_test(cases, answers_chromiums_slots);
    tcase_add_test(cases, directions_are_masked_by_the_offer);
    tcase_add_test(cases, setup_follows_the_offer);
    tcase_add_test(cases, rejects_what_it_cannot_use_and_keeps_the_place);
    tcase_add_test(cases, the_tag_moves_when_the_first_section_is_rejected);
    tcase_add_test(cases, sections_beyond_count_are_inactive);
    tcase_add_test(cases, answers_without_rtx_or_feedback_that_was_not_offered);
    tcase_add_loop_test(cases, refuses_an_offer_that_lacks_the_basics, 0, SPOIL_COUNT);
    tcase_add_test(cases, refuses_chromiums_data_only_offer);
    tcase_add_loop_test(cases, refuses_an_answer_that_does_not_fit, 0, LIE_COUNT);
    tcase_add_test(cases, agreement_is_mirrored);
    tcase_add_test(cases, simulcast_is_agreed_by_rid);
    tcase_add_test(cases, simulcast_may_be_declined);
    tcase_add_test(cases, simulcast_without_rids_in_packets_is_none);
    tcase_add_test(cases, an_answer_may_send_what_the_offer_would_receive);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
