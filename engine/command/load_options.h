/* The options that every command with a load understands (LOAD in the synopsis): one table, read by
 * run and script trace; and their translation into run_settings. */
#ifndef CASELOAD_LOAD_OPTIONS_H
#define CASELOAD_LOAD_OPTIONS_H

#include "common/base/args.h"
#include "engine/run/run_settings.h"

#define LOAD_OPTIONS_MAX 48

/* Raw values as parsed; the option table points into it. */
struct load_options {
    const char *target_metrics;
    const char *target, *target_config, *url, *ca, *shard, *start_at, *client, *client_addresses,
        *media, *video, *audio, *media_file, *net, *send, *io, *out;
    bool plain, pin, insecure, quiet, keep_keys;
    bool trace; /* no option: the command's own */
    uint64_t workers, seed, media_workers, capture, server_cpu;
    const char *probes, *rate, *arrivals, *compress;
    struct arg_list set, thresholds, faults;
    int64_t timeout_us, duration_us, ramp_us;
    uint64_t sessions, repeat;
    struct arg_option table[LOAD_OPTIONS_MAX];
    size_t count;
};

/* Fill defaults and the table. `with_shape`: also --sessions, --rate, --duration, --ramp, … */
void load_options_init(struct load_options *options, bool with_shape);

/* Check and translate; story and home are looked up too. The failure names the option. */
MUST_CHECK enum status load_options_settings(const struct load_options *options, const char *story,
                                             int argc, char **argv,
                                             struct run_settings *ret_settings,
                                             struct failure *failure);

/* "360p@500" into width, height and bit/s; UNSUPPORTED for a simulcast suffix (not yet). */
MUST_CHECK enum status parse_video(const char *text, struct clip_settings *clip,
                                   struct failure *failure);
/* "32" or "32,dtx" or "32,fec" in kbit/s. */
MUST_CHECK enum status parse_audio(const char *text, struct clip_settings *clip,
                                   struct failure *failure);
/* "1.5/s", "30/m", "60/h" → per second. */
MUST_CHECK enum status parse_rate(const char *text, double *ret_per_s);

#endif
