/* A media plane on loopback with a few light clients, driven turn by turn: what the integration
 * tests of the media plane stand on. */
#ifndef CASELOAD_TEST_PLANE_BENCH_H
#define CASELOAD_TEST_PLANE_BENCH_H

#include <check.h>
#include <stdbool.h>

#include "reference-server/media/media_plane.h"
#include "tests/unit/reference-server/media/light_client.h"

enum { CLIENTS_MAX = 6, WAIT_MS = 10000 };

/* Sections of an offer by light clients with two video and two audio slots. */
enum { OWN_AUDIO, OWN_VIDEO, VIDEO_SLOT_0, VIDEO_SLOT_1, AUDIO_SLOT_0, AUDIO_SLOT_1 };

struct plane_bench {
    struct loop *loop;
    struct loop_timer *timer;
    struct media_plane *plane;
    struct certificate *certificate;
    struct light_client *clients[CLIENTS_MAX];                  /* participant i + 1 */
    unsigned connected[CLIENTS_MAX + 1], lost[CLIENTS_MAX + 1]; /* by participant */
    unsigned pictures[CLIENTS_MAX + 1];
    int64_t give_up_us;
};

extern struct plane_bench bench;

void plane_bench_open(unsigned workers);
void plane_bench_close(void);
/* Client `index` (participant index + 1) offers; its worker is `index` modulo their number. */
struct light_client *plane_bench_join(size_t index, size_t video_slots, size_t audio_slots);
void plane_bench_offer(size_t index);
void plane_bench_route(uint64_t participant, size_t source_count, const uint64_t *sources);
/* The same, with the table of slots and their number. */
size_t plane_bench_slots(uint64_t participant, size_t count, const uint64_t *sources,
                         struct media_slot *ret_slots);
/* Let the loop and all clients work for about a millisecond. */
void plane_bench_turn(void);
void plane_bench_pass(unsigned milliseconds);
/* Sum over the workers of one sample of the metrics text, by its name without labels and, if not
 * NULL, something its labels contain. */
double plane_bench_metric(const char *name, const char *label);

/* Wait for something to become true, at most WAIT_MS. */
#define WAIT(condition)                                                                            \
    do {                                                                                           \
        bench.give_up_us = clock_monotonic_us() + WAIT_MS * US_PER_MS;                             \
        while (!(condition) && clock_monotonic_us() < bench.give_up_us)                            \
            plane_bench_turn();                                                                    \
        ck_assert_msg(condition, "in vain: %s", #condition);                                       \
    } while (0)

#endif
