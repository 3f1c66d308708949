/* Private to probe.c: one video stream of a probe, on the helper thread. Decodes, compares with the
 * exact source, reads the block strip, saves. Knows no threads; the clock is handed in. */
#ifndef CASELOAD_PROBE_VIDEO_H
#define CASELOAD_PROBE_VIDEO_H

#include "engine/media/clip.h"
#include "engine/media/probe.h"

struct probe_video;

struct probe_video_settings {
    const struct video_clip *const *clips; /* borrowed */
    size_t clip_count;
    unsigned quality_every;
    const char *save_path; /* copied; NULL: none */
    int64_t (*now_us)(void);
};

MUST_CHECK enum status probe_video_create(const struct probe_video_settings *settings,
                                          struct probe_video **ret_video);
/* IO: the saved file is not complete. NULL is allowed. */
enum status probe_video_destroy(struct probe_video *video);
/* Fills everything of the result but receiver, sender and user. */
void probe_video_take(struct probe_video *video, const struct probe_video_frame *frame,
                      struct probe_video_result *ret_result);

#endif
