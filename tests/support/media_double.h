/* A media plane without media: it remembers what the live layer asked of it. Stands in for
 * reference-server/media in tests of signalling. Mids: "2"…"7" video, "8"…"12" audio. */
#ifndef CASELOAD_TEST_MEDIA_DOUBLE_H
#define CASELOAD_TEST_MEDIA_DOUBLE_H

#include "reference-server/media/media_plane.h"

#define MEDIA_DOUBLE_MAX 4096

struct media_double_transport {
    bool exists;
    unsigned worker_hint, offers;
    bool audio, video;                     /* taken from it */
    uint64_t video_from[6], audio_from[5]; /* fed to it; 0: empty */
    bool paused;                           /* its first picture is withheld */
    unsigned loudness;                     /* what it is said to be */
};

struct media_plane {
    struct media_plane_config config;
    struct media_double_transport transports[MEDIA_DOUBLE_MAX]; /* by participant number */
    enum status next_offer; /* what the next offer answers; OK at first */
    uint64_t leak_from, leak_to;
    unsigned leaks, removed;
};

/* Whether media of `from` reaches `to`: taken and routed. */
bool media_double_flows(const struct media_plane *plane, uint64_t from, uint64_t to);

#endif
