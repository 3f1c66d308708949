#include "engine/capacity/generator_use.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/media_ring.h"
#include "engine/result/json_member.h"

/* Light clients have no ring, whatever was asked for (media_kit.c). */
void generator_use_read(const struct run_settings *settings, struct generator_use *ret_use)
{
    struct ceiling_key key = {.light = settings->light,
                              .io_uring =
                                  !settings->light && settings->io_uring && media_ring_available(),
                              .burst = settings->burst};
    struct generator_use use = {.media = settings->media != MEDIA_NONE};

    snprintf(use.way, sizeof use.way, "%s clients, %s, %s", key.light ? "light" : "full",
             key.light      ? "sendmmsg"
             : key.io_uring ? "io_uring"
                            : "system calls",
             key.burst ? "burst" : "paced");
    use.calibrated = use.media && ceiling_read(&key, &use.ceiling) == STATUS_OK;
    *ret_use = use;
}

double generator_use_share(const struct generator_use *use, double packets_per_s)
{
    return use->calibrated && use->ceiling.packets_per_s > 0 && packets_per_s >= 0
               ? packets_per_s / use->ceiling.packets_per_s
               : -1;
}

void generator_use_describe(const struct generator_use *use, double packets_per_s, char *text,
                            size_t size)
{
    double share = generator_use_share(use, packets_per_s);
    char when[32];

    clock_format_utc(use->ceiling.measured_realtime_us, when, sizeof when);
    if (!use->media)
        snprintf(text, size, "signalling only: the calibration is of media");
    else if (share < 0)
        snprintf(text, size, "not calibrated for %s: run caseload doctor --calibrate", use->way);
    else
        snprintf(text, size,
                 "%.0f %% of this host's calibrated ceiling of %llu participants per core, %.0f "
                 "packets/s each way (%s, calibrated %.10s)%s",
                 share * 100, (unsigned long long)use->ceiling.participants,
                 use->ceiling.packets_per_s, use->way, when,
                 share >= GENERATOR_USE_NEAR ? ": close to it, the generator may be the limit"
                                             : "");
}

json_t *generator_use_to_json(const struct generator_use *use, double packets_per_s)
{
    json_t *object = json_object(), *ceiling = json_null();
    double share = generator_use_share(use, packets_per_s);
    char text[400];

    generator_use_describe(use, packets_per_s, text, sizeof text);
    if (use->calibrated)
        ceiling = json_pack("{s:I, s:f, s:I}", "participants_per_core",
                            (json_int_t)use->ceiling.participants, "packets_per_s",
                            use->ceiling.packets_per_s, "measured_us",
                            (json_int_t)use->ceiling.measured_realtime_us);
    member_set_text(object, "text", text);
    member_set_text(object, "way", use->way);
    json_object_set_new(object, "media", json_boolean(use->media));
    json_object_set_new(object, "packets_per_s",
                        packets_per_s >= 0 ? json_real(packets_per_s) : json_null());
    json_object_set_new(object, "ceiling", ceiling);
    json_object_set_new(object, "share", share >= 0 ? json_real(share) : json_null());
    return object;
}

void generator_use_from_json(const json_t *json, struct generator_use *ret_use)
{
    const json_t *ceiling = json_object_get(json, "ceiling");
    struct generator_use use = {.media = json_is_true(json_object_get(json, "media"))};
    const char *way = member_read_text(json, "way");

    snprintf(use.way, sizeof use.way, "%s", way ? way : "");
    use.calibrated =
        member_read_count(ceiling, "participants_per_core", &use.ceiling.participants) &&
        member_read_number(ceiling, "packets_per_s", &use.ceiling.packets_per_s) &&
        use.ceiling.packets_per_s > 0 &&
        member_read_integer(ceiling, "measured_us", &use.ceiling.measured_realtime_us);
    *ret_use = use;
}
