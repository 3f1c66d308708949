/* Test support: a recorded description from tests/vectors/sdp as text, and edits of it. */
#ifndef CASELOAD_TESTS_SDP_VECTORS_H
#define CASELOAD_TESTS_SDP_VECTORS_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/sdp/sdp.h"

/* Owned by the caller; terminated. */
static inline char *vector_text(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/sdp/%s.sdp", CASELOAD_VECTORS, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    char *text = calloc(1, SDP_TEXT_MAX + 1);
    ck_assert_ptr_nonnull(text);
    size_t size = fread(text, 1, SDP_TEXT_MAX, file);
    fclose(file);
    ck_assert_uint_gt(size, 0);
    return text;
}

static inline struct sdp *parse_text(const char *text)
{
    struct sdp *sdp = calloc(1, sizeof *sdp);
    struct failure failure = {0};
    enum status status = sdp_parse(text, strlen(text), sdp, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    return sdp;
}

static inline struct sdp *vector_sdp(const char *name)
{
    char *text = vector_text(name);
    struct sdp *sdp = parse_text(text);
    free(text);
    return sdp;
}

/* A new text with the first `from` replaced by `to`; `from` must be there. */
static inline char *replaced(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    ck_assert_msg(at != NULL, "the text has no \"%s\"", from);
    size_t size = strlen(text) + strlen(to) + 1;
    char *result = malloc(size);
    snprintf(result, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return result;
}

#endif
