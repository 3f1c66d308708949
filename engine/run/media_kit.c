#include "engine/run/media_kit.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/certificate.h"
#include "common/webrtc/transport/media_crypto.h"
#include "common/webrtc/transport/media_ring.h"
#include "common/webrtc/transport/shared_socket.h"
#include "engine/media/probe.h"

#define CERTIFICATES 16
#define TURNS_MAX 8 /* in one tick: then the loop has its turn */
#define TURN_US 500 /* of taking what has come, before what is due leaves again */

struct media_kit {
    struct media_kit_settings settings;
    struct media_context context;
    struct media_ring *ring;      /* NULL: system calls, or light clients */
    struct shared_socket *shared; /* of light clients; NULL: full ones */
    struct shared_counters shared_before;
    struct net_pool *network_pool;                 /* of emulated networks */
    struct video_clip *videos[CLIP_ENCODINGS_MAX]; /* NULL: no more */
    struct audio_clip *audio;
    struct probe_pool *probes;
    struct certificate *certificates[CERTIFICATES];
};

static enum status make_clips(struct media_kit *kit, struct failure *failure)
{
    unsigned encodings = kit->settings.clip.encodings > 1 ? kit->settings.clip.encodings : 1;
    enum status status = STATUS_OK;

    for (unsigned i = 0; status == STATUS_OK && kit->settings.mode == MEDIA_FULL && i < encodings;
         i++) {
        struct clip_settings encoding = clip_settings_encoding(&kit->settings.clip, i);
        status = video_clip_create(&encoding, &kit->videos[i], failure);
    }
    if (status == STATUS_OK)
        status = audio_clip_create(&kit->settings.clip, &kit->audio, failure);
    return status;
}

static enum status make_probes(struct media_kit *kit, struct failure *failure)
{
    const struct clip_settings *clip = &kit->settings.clip;
    enum status status;

    if (kit->settings.probe_share <= 0)
        return STATUS_OK;
    status = probe_pool_create(
        &(struct probe_settings){.audio_marked = kit->audio->marked,
                                 .audio_delay_samples = kit->audio->delay_samples,
                                 .audio_dtx = clip->audio_dtx && !clip->audio_path},
        &kit->probes);
    for (size_t i = 0; status == STATUS_OK && i < CLIP_ENCODINGS_MAX && kit->videos[i]; i++)
        status = probe_pool_add_clip(kit->probes, kit->videos[i]);
    return status == STATUS_OK ? STATUS_OK
                               : failure_set(failure, status, "probes: %s", status_text(status));
}

static enum status make_certificates(struct media_kit *kit, struct failure *failure)
{
    for (size_t i = 0; i < CERTIFICATES; i++)
        if (certificate_create("caseload", NULL, 2, &kit->certificates[i]) != STATUS_OK)
            return failure_set(failure, STATUS_CRYPTO, "a certificate could not be made");
    return media_crypto_start() == STATUS_OK
               ? STATUS_OK
               : failure_set(failure, STATUS_CRYPTO, "libsrtp2 does not start");
}

static enum status make_ring(struct media_kit *kit, struct failure *failure)
{
    enum status status = media_ring_create(&kit->ring);

    return status == STATUS_OK
               ? STATUS_OK
               : failure_set(failure, status, "io_uring: %s; try --io calls", status_text(status));
}

static enum status make_sockets(struct media_kit *kit, struct failure *failure)
{
    const struct media_kit_settings *settings = &kit->settings;

    if (settings->light)
        return shared_socket_create(settings->addresses, settings->burst, &kit->shared, failure);
    return settings->io_uring ? make_ring(kit, failure) : STATUS_OK;
}

static void fill_context(struct media_kit *kit, struct loop *loop, struct timer_wheel *wheel,
                         struct metrics *metrics)
{
    const struct media_kit_settings *settings = &kit->settings;

    kit->context = (struct media_context){
        .loop = loop,
        .wheel = wheel,
        .ring = kit->ring,
        .shared = kit->shared,
        .network_pool = kit->network_pool,
        .network = settings->network,
        .metrics = metrics,
        .certificates = kit->certificates,
        .certificate_count = CERTIFICATES,
        .video = kit->videos[0],
        .lower_video = {kit->videos[1], kit->videos[2]},
        .audio = kit->audio,
        .probes = kit->probes,
        .probe_share = settings->probe_share,
        .mode = settings->mode,
        .burst = settings->burst,
        .run = settings->run,
        .seed = settings->seed,
        .address = settings->address,
        .evidence_folder = settings->evidence_folder,
        .keep_keys = settings->keep_keys,
        .next_sender = settings->first_sender,
    };
}

enum status media_kit_create(const struct media_kit_settings *settings, struct loop *loop,
                             struct timer_wheel *wheel, struct metrics *metrics,
                             struct media_kit **ret_kit, struct failure *failure)
{
    struct media_kit *kit = calloc(1, sizeof *kit);
    enum status status = STATUS_OK;

    if (!kit)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    kit->settings = *settings;
    kit->network_pool = net_pool_create(NET_POOL_MAX);
    if (!kit->network_pool) {
        media_kit_destroy(kit);
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    }
    if (settings->mode != MEDIA_NONE && ((status = make_clips(kit, failure)) != STATUS_OK ||
                                         (status = make_probes(kit, failure)) != STATUS_OK ||
                                         (status = make_certificates(kit, failure)) != STATUS_OK ||
                                         (status = make_sockets(kit, failure)) != STATUS_OK)) {
        media_kit_destroy(kit);
        return status;
    }
    fill_context(kit, loop, wheel, metrics);
    *ret_kit = kit;
    return STATUS_OK;
}

void media_kit_destroy(struct media_kit *kit)
{
    if (!kit)
        return;
    probe_pool_destroy(kit->probes);
    shared_socket_destroy(kit->shared);
    media_ring_destroy(kit->ring);
    net_pool_destroy(kit->network_pool);
    for (size_t i = 0; i < CERTIFICATES; i++)
        certificate_destroy(kit->certificates[i]);
    for (size_t i = 0; i < CLIP_ENCODINGS_MAX; i++)
        video_clip_destroy(kit->videos[i]);
    audio_clip_destroy(kit->audio);
    free(kit);
}

struct media_context *media_kit_context(struct media_kit *kit)
{
    return &kit->context;
}

/* True: more has come. */
static bool take_what_came(struct media_kit *kit, int64_t until_us)
{
    if (kit->shared)
        return shared_socket_turn(kit->shared, until_us);
    return kit->ring && media_ring_turn(kit->ring, until_us);
}

void media_kit_pace(struct media_kit *kit, int64_t now_us)
{
    bool more = true;

    /* What is due to leave does not wait behind a heap of what has come. */
    for (int i = 0; more && i < TURNS_MAX; i++) {
        timer_wheel_advance(kit->context.wheel, i == 0 ? now_us : clock_monotonic_us());
        more = take_what_came(kit, clock_monotonic_us() + TURN_US);
    }
}

void media_kit_second(struct media_kit *kit)
{
    struct shared_counters now, before = kit->shared_before;

    if (!kit->shared)
        return;
    shared_socket_counters(kit->shared, &now);
    kit->shared_before = now;
    if (now.kernel_drops > before.kernel_drops)
        metric_record(kit->context.metrics, METRIC_KERNEL_DROPS,
                      (int64_t)(now.kernel_drops - before.kernel_drops), 0, 0);
    if (now.nobodys > before.nobodys)
        metric_record(kit->context.metrics, METRIC_STRANGERS,
                      (int64_t)(now.nobodys - before.nobodys), 0, 0);
}
