#include "reference-server/media/media_answer.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"

static struct sdp *offer, *answer;
static struct media_terms terms;
static struct media_local local;
static struct failure failure;

static void setup(void)
{
    offer = calloc(1, sizeof *offer);
    answer = calloc(1, sizeof *answer);
    ck_assert(offer && answer);
    local = (struct media_local){.fingerprint = "AA:BB",
                                 .address = "127.0.0.1",
                                 .port = 5004,
                                 .session_id = "4711",
                                 .ufrag = "ufragone",
                                 .pwd = "passwordpasswordpassword",
                                 .cname = "cname"};
    for (uint32_t i = 0; i < MEDIA_ANSWER_SSRCS; i++)
        local.ssrcs[i] = 1000 + i;
}

static void teardown(void)
{
    free(offer);
    free(answer);
}

/* The offer that docs/protocol.md describes, by the same code as our endpoints use. */
static void make_offer(size_t video_slots, size_t audio_slots)
{
    struct sdp_local client = {.session_id = "1",
                               .ice_ufrag = "peer",
                               .ice_pwd = "peerpeerpeerpeerpeerpeer",
                               .fingerprint_hash = "sha-256",
                               .fingerprint = "CC:DD",
                               .cname = "c"};
    struct sdp_transceiver sections[SDP_MEDIA_MAX] = {
        {.kind = SDP_AUDIO, .mid = "0", .direction = SDP_SENDONLY, .ssrc = 7},
        {.kind = SDP_VIDEO, .mid = "1", .direction = SDP_SENDRECV, .ssrc = 8, .rtx_ssrc = 9}};
    size_t count = 2;
    for (size_t i = 0; i < video_slots + audio_slots; i++, count++) {
        sections[count].kind = i < video_slots ? SDP_VIDEO : SDP_AUDIO;
        sections[count].direction = SDP_RECVONLY;
        snprintf(sections[count].mid, sizeof sections[count].mid, "%zu", count);
    }
    sdp_make_offer(&client, sections, count, offer);
}

static enum status make(const struct media_terms *previous)
{
    return media_answer_make(offer, &local, previous, answer, &terms, &failure);
}

START_TEST(the_offer_of_the_protocol_is_understood)
{
    make_offer(6, 5);
    ck_assert_int_eq(make(NULL), STATUS_OK);
    ck_assert(terms.streams[MEDIA_AUDIO].active);
    ck_assert_uint_eq(terms.streams[MEDIA_AUDIO].ssrc, 7);
    ck_assert_uint_eq(terms.streams[MEDIA_AUDIO].payload_type, 111);
    ck_assert(terms.streams[MEDIA_VIDEO].active);
    ck_assert_uint_eq(terms.streams[MEDIA_VIDEO].ssrc, 8);
    ck_assert_uint_eq(terms.streams[MEDIA_VIDEO].rtx_ssrc, 9);
    ck_assert_uint_eq(terms.streams[MEDIA_VIDEO].rtx_payload_type, 97);
    ck_assert(terms.streams[MEDIA_VIDEO].nack && terms.streams[MEDIA_VIDEO].pli);
    ck_assert_str_eq(terms.streams[MEDIA_VIDEO].mid, "1");
    ck_assert(terms.rtcp_rsize);
    ck_assert_uint_ne(terms.extensions.id[RTP_EXTENSION_TRANSPORT_CC], 0);
    ck_assert_uint_ne(terms.extensions.id[RTP_EXTENSION_AUDIO_LEVEL], 0);
    ck_assert_uint_eq(terms.slot_count, 11);
    ck_assert_str_eq(terms.slots[0].mid, "2");
    ck_assert_int_eq(terms.slots[0].kind, MEDIA_VIDEO);
    ck_assert_uint_eq(terms.slots[5].pair, 5);
    ck_assert_int_eq(terms.slots[6].kind, MEDIA_AUDIO);
    ck_assert_uint_eq(terms.slots[6].pair, 0);
    ck_assert_uint_eq(terms.slots[6].payload_type, 111);
    ck_assert_uint_eq(terms.slots[10].pair, 4);
}
END_TEST

START_TEST(the_answer_says_what_the_terms_say)
{
    make_offer(6, 5);
    ck_assert_int_eq(make(NULL), STATUS_OK);
    ck_assert(answer->ice_lite);
    ck_assert_uint_eq(answer->media_count, 13);
    for (size_t i = 0; i < answer->media_count; i++) {
        const struct sdp_media *media = &answer->media[i];
        /* The first speaks for the bundle's transport. */
        ck_assert_int_eq(media->setup, i == 0 ? SDP_SETUP_PASSIVE : SDP_SETUP_NONE);
        ck_assert_str_eq(media->ice_ufrag, i == 0 ? "ufragone" : "");
        ck_assert_str_eq(media->fingerprint, i == 0 ? "AA:BB" : "");
        ck_assert_int_eq(media->direction, i < 2 ? SDP_RECVONLY : SDP_SENDONLY);
        if (i < 2)
            continue;
        ck_assert_uint_eq(media->ssrc_count, 1);
        ck_assert_uint_eq(media->ssrcs[0].ssrc, terms.slots[i - 2].ssrc);
        ck_assert_str_eq(media->ssrcs[0].cname, "cname");
        if (media->kind == SDP_VIDEO)
            ck_assert_uint_eq(media->ssrcs[0].rtx_ssrc, terms.slots[i - 2].rtx_ssrc);
    }
    /* Lip sync: audio slot k and video slot k are one stream to a browser. */
    ck_assert_str_eq(answer->media[2].stream_id, answer->media[8].stream_id);
    ck_assert_str_ne(answer->media[2].stream_id, answer->media[3].stream_id);
    ck_assert_str_ne(answer->media[2].track_id, answer->media[8].track_id);
    ck_assert_str_eq(answer->media[0].candidates[0],
                     "candidate:1 1 udp 2130706431 127.0.0.1 5004 typ host");
    struct buffer text;
    buffer_init(&text, SDP_TEXT_MAX);
    ck_assert_int_eq(sdp_write(answer, &text), STATUS_OK);
    buffer_finish(&text);
}
END_TEST

START_TEST(too_many_slots_are_refused_by_name)
{
    make_offer(7, 0);
    ck_assert_int_eq(make(NULL), STATUS_FULL);
    ck_assert_ptr_nonnull(strstr(failure.message, "video"));
    make_offer(0, 6);
    ck_assert_int_eq(make(NULL), STATUS_FULL);
    ck_assert_ptr_nonnull(strstr(failure.message, "audio"));
}
END_TEST

START_TEST(a_peer_that_wants_to_be_passive_is_refused)
{
    make_offer(1, 1);
    for (size_t i = 0; i < offer->media_count; i++)
        offer->media[i].setup = SDP_SETUP_PASSIVE;
    ck_assert_int_eq(make(NULL), STATUS_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(failure.message, "a=setup"));
}
END_TEST

START_TEST(only_sha_256_is_taken)
{
    make_offer(1, 1);
    for (size_t i = 0; i < offer->media_count; i++)
        strcpy(offer->media[i].fingerprint_hash, "sha-1");
    ck_assert_int_eq(make(NULL), STATUS_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(failure.message, "sha-1"));
}
END_TEST

START_TEST(a_second_camera_is_answered_inactive)
{
    make_offer(1, 1);
    offer->media[2].direction = SDP_SENDONLY;
    ck_assert_int_eq(make(NULL), STATUS_OK);
    ck_assert_str_eq(terms.streams[MEDIA_VIDEO].mid, "1");
    ck_assert_uint_eq(terms.slot_count, 1);
    ck_assert_int_eq(answer->media[2].direction, SDP_INACTIVE);
}
END_TEST

START_TEST(an_offer_without_own_media_may_still_receive)
{
    make_offer(1, 1);
    offer->media[0].direction = offer->media[1].direction = SDP_INACTIVE;
    ck_assert_int_eq(make(NULL), STATUS_OK);
    ck_assert(!terms.streams[MEDIA_AUDIO].active && !terms.streams[MEDIA_VIDEO].active);
    ck_assert_uint_eq(terms.slot_count, 2);
}
END_TEST

START_TEST(the_same_credentials_keep_everything)
{
    make_offer(2, 2);
    ck_assert_int_eq(make(NULL), STATUS_OK);
    struct media_terms before = terms;
    strcpy(local.ufrag, "ufragtwo");
    for (uint32_t i = 0; i < MEDIA_ANSWER_SSRCS; i++)
        local.ssrcs[i] = 9000 + i;
    ck_assert(media_answer_continues(offer, &before));
    ck_assert_int_eq(make(&before), STATUS_OK);
    ck_assert_str_eq(terms.ufrag, "ufragone");
    ck_assert_uint_eq(terms.slots[3].ssrc, before.slots[3].ssrc);
    ck_assert_uint_eq(terms.feedback_ssrc, before.feedback_ssrc);
    ck_assert_str_eq(terms.local_session_id, before.local_session_id);
    ck_assert_uint_gt(answer->session_version, before.local_version);
}
END_TEST

START_TEST(new_credentials_restart_ice_and_nothing_else)
{
    make_offer(2, 2);
    ck_assert_int_eq(make(NULL), STATUS_OK);
    struct media_terms before = terms;
    strcpy(local.ufrag, "ufragtwo");
    for (size_t i = 0; i < offer->media_count; i++)
        strcpy(offer->media[i].ice_ufrag, "othr");
    ck_assert_int_eq(make(&before), STATUS_OK);
    ck_assert_str_eq(terms.ufrag, "ufragtwo");
    ck_assert_str_eq(terms.remote_ufrag, "othr");
    ck_assert_uint_eq(terms.slots[0].ssrc, before.slots[0].ssrc);
}
END_TEST

START_TEST(a_later_offer_may_add_and_close_slots_but_not_lose_them)
{
    make_offer(1, 1);
    ck_assert_int_eq(make(NULL), STATUS_OK);
    struct media_terms before = terms;
    make_offer(2, 1); /* mid 3 was an audio slot and is a video section now, mid 4 is new */
    offer->media[3].kind = SDP_AUDIO;
    offer->media[3].codec_count = 0;
    offer->media[3].rejected = true; /* closed */
    ck_assert_int_eq(make(&before), STATUS_OK);
    ck_assert_uint_eq(terms.slot_count, 3);
    ck_assert_uint_eq(terms.slots[1].ssrc, before.slots[1].ssrc);
    ck_assert_uint_eq(terms.slots[1].payload_type, 0);
    ck_assert_str_eq(terms.slots[2].mid, "4");
    before = terms;
    make_offer(0, 0);
    ck_assert_int_eq(make(&before), STATUS_INVALID);
    ck_assert_ptr_nonnull(strstr(failure.message, "mid 2"));
}
END_TEST

START_TEST(another_session_is_another_connection)
{
    make_offer(1, 1);
    ck_assert_int_eq(make(NULL), STATUS_OK);
    strcpy(offer->session_id, "2");
    ck_assert(!media_answer_continues(offer, &terms));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/media_answer");
    TCase *cases = tcase_create("media_answer");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, the_offer_of_the_protocol_is_understood);
    tcase_add_test(cases, the_answer_says_what_the_terms_say);
    tcase_add_test(cases, too_many_slots_are_refused_by_name);
    tcase_add_test(cases, a_peer_that_wants_to_be_passive_is_refused);
    tcase_add_test(cases, only_sha_256_is_taken);
    tcase_add_test(cases, a_second_camera_is_answered_inactive);
    tcase_add_test(cases, an_offer_without_own_media_may_still_receive);
    tcase_add_test(cases, the_same_credentials_keep_everything);
    tcase_add_test(cases, new_credentials_restart_ice_and_nothing_else);
    tcase_add_test(cases, a_later_offer_may_add_and_close_slots_but_not_lose_them);
    tcase_add_test(cases, another_session_is_another_connection);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
