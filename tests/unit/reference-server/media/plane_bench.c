#include "tests/unit/reference-server/media/plane_bench.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"
#include "common/base/clock.h"

struct plane_bench bench;

static void on_connected(void *arg, uint64_t participant)
{
    (void)arg;
    bench.connected[participant]++;
}

static void on_lost(void *arg, uint64_t participant)
{
    (void)arg;
    bench.lost[participant]++;
}

static void on_pictures(void *arg, uint64_t participant)
{
    (void)arg;
    bench.pictures[participant]++;
}

static void on_time(void *arg, int64_t now_us)
{
    (void)arg;
    (void)now_us;
    loop_stop(bench.loop);
}

void plane_bench_open(unsigned workers)
{
    struct failure failure = {0};

    memset(&bench, 0, sizeof bench);
    bench.loop = loop_create();
    ck_assert_ptr_nonnull(bench.loop);
    bench.timer = loop_timer_create(bench.loop, on_time, NULL);
    ck_assert_int_eq(certificate_create("client", NULL, 1, &bench.certificate), STATUS_OK);
    struct media_plane_config config = {.loop = bench.loop,
                                        .address = "127.0.0.1",
                                        .workers = workers,
                                        .on_connected = on_connected,
                                        .on_lost = on_lost,
                                        .on_pictures = on_pictures};
    ck_assert_msg(media_plane_create(&config, &bench.plane, &failure) == STATUS_OK, "%s",
                  failure.message);
}

void plane_bench_close(void)
{
    media_plane_destroy(bench.plane);
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (bench.clients[i]) {
            light_client_finish(bench.clients[i]);
            free(bench.clients[i]);
        }
    certificate_destroy(bench.certificate);
    loop_timer_destroy(bench.timer);
    loop_destroy(bench.loop);
}

void plane_bench_offer(size_t index)
{
    struct light_client *client = bench.clients[index];
    struct failure failure = {0};
    char *answer = NULL;

    ck_assert_msg(media_plane_offer(bench.plane, index + 1, (unsigned)index,
                                    light_client_offer(client), &answer, &failure) == STATUS_OK,
                  "%s", failure.message);
    light_client_answer(client, answer);
    free(answer);
}

struct light_client *plane_bench_join(size_t index, size_t video_slots, size_t audio_slots)
{
    struct light_client *client = calloc(1, sizeof *client);

    ck_assert_ptr_nonnull(client);
    light_client_init(client, (uint8_t)(index + 1), bench.certificate, video_slots, audio_slots);
    if (bench.clients[index]) {
        light_client_finish(bench.clients[index]);
        free(bench.clients[index]);
    }
    bench.clients[index] = client;
    plane_bench_offer(index);
    return client;
}

size_t plane_bench_slots(uint64_t participant, size_t count, const uint64_t *sources,
                         struct media_slot *ret_slots)
{
    return media_plane_route(
        bench.plane, participant,
        &(struct media_sources){
            .video = sources, .video_count = count, .audio = sources, .audio_count = count},
        ret_slots);
}

void plane_bench_route(uint64_t participant, size_t source_count, const uint64_t *sources)
{
    struct media_slot slots[MEDIA_SLOTS_MAX];
    ck_assert_uint_gt(plane_bench_slots(participant, source_count, sources, slots), 0);
}

void plane_bench_turn(void)
{
    loop_timer_start(bench.timer, US_PER_MS, 0);
    loop_run(bench.loop);
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (bench.clients[i])
            light_client_turn(bench.clients[i]);
}

void plane_bench_pass(unsigned milliseconds)
{
    int64_t end_us = clock_monotonic_us() + milliseconds * US_PER_MS;
    while (clock_monotonic_us() < end_us)
        plane_bench_turn();
}

double plane_bench_metric(const char *name, const char *label)
{
    struct buffer text;
    double sum = 0;

    buffer_init(&text, 1 << 20);
    media_plane_metrics(bench.plane, &text);
    ck_assert(!text.failed);
    for (char *rest = (char *)text.data, *line; (line = strsep(&rest, "\n")) != NULL;) {
        size_t length = strlen(name);
        char *value = strrchr(line, ' ');
        if (strncmp(line, name, length) != 0 || line[length] != '{' || !value ||
            (label && !strstr(line, label)))
            continue;
        sum += strtod(value, NULL);
    }
    buffer_finish(&text);
    return sum;
}
