/* Private to probe.c: one audio stream of a probe, on the helper thread. Decodes, hears the chirp,
 * saves. Knows no threads; the clock is handed in. */
#ifndef CASELOAD_PROBE_AUDIO_H
#define CASELOAD_PROBE_AUDIO_H

#include "engine/media/probe.h"

struct probe_audio;

struct probe_audio_settings {
    bool marked, dtx;      /* see struct probe_settings */
    size_t delay_samples;  /* by which decoded sound lags */
    const char *save_path; /* copied; NULL: none */
    int64_t (*now_us)(void);
    /* Called from probe_audio_take; all but receiver, sender and user is filled. */
    void (*emit)(void *arg, const struct probe_audio_result *result);
    void *arg;
};

struct probe_audio_counts {
    uint64_t late, concealed, recovered, bad;
};

MUST_CHECK enum status probe_audio_create(const struct probe_audio_settings *settings,
                                          struct probe_audio **ret_audio);
/* IO: the saved file is not complete. NULL is allowed. */
enum status probe_audio_destroy(struct probe_audio *audio);
void probe_audio_take(struct probe_audio *audio, const struct probe_audio_packet *packet);
const struct probe_audio_counts *probe_audio_counts(const struct probe_audio *audio);

#endif
