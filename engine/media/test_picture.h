/* A synthetic person in front of a bookcase: talks, nods, blinks, waves, with the grain of a cheap
 * camera, so that an encoder has about as much to do as with a real call. Every picture follows
 * from size, seed and frame number alone (integers only), so it can be made again for comparison
 * instead of being stored. Pure. */
#ifndef CASELOAD_TEST_PICTURE_H
#define CASELOAD_TEST_PICTURE_H

#include <stdint.h>

#include "common/base/status.h"
#include "common/webrtc/codec/i420.h"

#define TEST_PICTURE_LOOP_MS 20000 /* all motion repeats after this */

struct test_picture;

/* Both sides even, 160×90 to I420_SIDE_MAX; fps 1 to 120. The same seed shows the same scene in
 * every size. */
MUST_CHECK enum status test_picture_create(uint16_t width, uint16_t height, uint16_t fps,
                                           uint32_t seed, struct test_picture **ret_source);
void test_picture_destroy(struct test_picture *source);
/* `picture` must have the source's size. In the frame that is due when a chirp begins (200 ms into
 * every second, sound_mark.h) a lamp is lit. */
void test_picture_render(struct test_picture *source, uint32_t frame, struct i420 *picture);

#endif
