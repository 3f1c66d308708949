/* Any bytes as a description: what is taken must be writable, read the same again, and be
 * answerable or refused, in both directions. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/sdp/sdp_negotiate.h"

static struct sdp first, second, answer;
static struct sdp_agreed agreed[SDP_MEDIA_MAX];

static void check_round_trip(void)
{
    struct buffer text;
    buffer_init(&text, 4 * SDP_TEXT_MAX);
    assert(sdp_write(&first, &text) == STATUS_OK);
    if (text.size <= SDP_TEXT_MAX) {
        struct failure failure;
        if (sdp_parse(buffer_string(&text), text.size, &second, &failure) != STATUS_OK) {
            fprintf(stderr, "%s\n%s\n", failure.message, buffer_string(&text));
            abort();
        }
        assert(first.media_count == second.media_count);
    }
    buffer_finish(&text);
}

static void check_answer(void)
{
    static const struct sdp_local local = {.session_id = "1",
                                           .ice_ufrag = "abcd",
                                           .ice_pwd = "0123456789012345678901",
                                           .fingerprint_hash = "sha-256",
                                           .fingerprint = "00"};
    static const struct sdp_transceiver transceivers[] = {
        {.kind = SDP_AUDIO, .direction = SDP_SENDRECV, .ssrc = 1},
        {.kind = SDP_VIDEO, .direction = SDP_SENDRECV, .ssrc = 2, .rtx_ssrc = 3}};
    struct failure failure;
    size_t count;
    if (sdp_make_answer(&local, &first, transceivers, 2, SDP_SETUP_PASSIVE, &answer, &failure) ==
        STATUS_OK) {
        enum status status =
            sdp_agree(&first, &answer, false, agreed, SDP_MEDIA_MAX, &count, &failure);
        if (status != STATUS_OK) { /* our own answer always fits its offer */
            fprintf(stderr, "%s\n", failure.message);
            abort();
        }
    }
    /* The same text as an answer to something else: only no crash is promised. */
    if (sdp_agree(&answer, &first, true, agreed, SDP_MEDIA_MAX, &count, &failure) != STATUS_OK) {
        assert(failure.status != STATUS_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct failure failure;
    if (sdp_parse((const char *)data, size, &first, &failure) == STATUS_OK) {
        check_round_trip();
        check_answer();
    }
    return 0;
}
