/* capacity.json: what results/schema/capacity.schema.json describes. */
#include <string.h>

#include "common/base/clock.h"
#include "engine/capacity/capacity.h"
#include "engine/result/json_member.h"
#include "engine/result/result_file.h"
#include "engine/result/result_json.h"
#include "engine/result/run_json.h"

static void set_integer_or_null(json_t *object, const char *name, int64_t value)
{
    json_object_set_new(object, name, value >= 0 ? json_integer(value) : json_null());
}

static void set_number_or_null(json_t *object, const char *name, double value)
{
    json_object_set_new(object, name, value >= 0 ? json_real(value) : json_null());
}

static json_t *percentiles_to_json(const struct step_percentiles *values)
{
    json_t *object = json_object();

    if (values->p50 < 0) {
        json_decref(object);
        return json_null();
    }
    json_object_set_new(object, "p50", json_integer(values->p50));
    json_object_set_new(object, "p95", json_integer(values->p95));
    json_object_set_new(object, "p99", json_integer(values->p99));
    return object;
}

static json_t *objectives_to_json(const struct capacity_step *step)
{
    json_t *array = json_array();

    for (size_t i = 0; i < step->objective_count; i++) {
        const struct step_objective *objective = &step->objectives[i];
        json_t *object = json_object();
        member_set_text(object, "text", objective->text);
        member_set_text(object, "unit", objective->unit);
        member_set_text(object, "outcome", threshold_outcome_word(objective->outcome));
        member_set_number(object, "limit", objective->limit);
        member_set_number(object, "measured", objective->measured);
        member_set_count(object, "samples", objective->samples);
        member_set_count(object, "samples_needed", objective->samples_needed);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *target_to_json(const struct target_use *target)
{
    json_t *object = json_object();

    if (!target->seen) {
        json_decref(object);
        return json_null();
    }
    set_number_or_null(object, "cpu_mean", target->cpu_mean);
    set_number_or_null(object, "cpu_max", target->cpu_max);
    set_number_or_null(object, "cpu_limit", target->cpu_limit);
    set_number_or_null(object, "throttled", target->throttled);
    set_number_or_null(object, "busiest_thread", target->busiest);
    set_number_or_null(object, "loop_lag_ms", target->loop_lag_ms);
    set_number_or_null(object, "drops", target->drops);
    set_number_or_null(object, "packets_per_s", target->packets_per_s);
    set_number_or_null(object, "drops_per_s", target->drops_per_s);
    return object;
}

static json_t *generator_to_json(const struct capacity_step *step)
{
    json_t *object = json_object();

    json_object_set_new(object, "fit", json_boolean(step->generator_fit));
    member_set_number(object, "cpu_mean", step->generator_cpu_mean);
    member_set_number(object, "cpu_max", step->generator_cpu_max);
    set_integer_or_null(object, "send_slip_p99_us", step->send_slip_p99_us);
    member_set_count(object, "seconds", step->seconds);
    member_set_count(object, "unfit_seconds", step->unfit_seconds);
    return object;
}

/* What stood in the hold; null when it was not reached. */
static json_t *hold_to_object(const struct capacity_step *step)
{
    json_t *object = json_object(), *running = json_object();

    if (step->to_us == 0) {
        json_decref(object);
        json_decref(running);
        return json_null();
    }
    json_object_set_new(object, "from_us", json_integer(step->from_us));
    json_object_set_new(object, "to_us", json_integer(step->to_us));
    member_set_number(running, "mean", step->running_mean);
    member_set_count(running, "max", step->running_max);
    json_object_set_new(object, "running", running);
    member_set_count(object, "participants", step->participants);
    json_object_set_new(object, "sessions", counts_to_json(&step->counts));
    json_object_set_new(object, "objectives", objectives_to_json(step));
    member_set_number(object, "goodput_bps", step->goodput_bps);
    member_set_number(object, "completed_per_s", step->completed_per_s);
    member_set_number(object, "packets_per_s", step->packets_per_s);
    json_object_set_new(object, "join_us", percentiles_to_json(&step->join));
    json_object_set_new(object, "frame_latency_us", percentiles_to_json(&step->frame));
    json_object_set_new(object, "audio_latency_us", percentiles_to_json(&step->audio));
    set_integer_or_null(object, "rtt_p50_us", step->rtt_p50_us);
    set_number_or_null(object, "freeze_ratio", step->freeze_ratio);
    set_number_or_null(object, "frame_loss_ratio", step->frame_loss_ratio);
    json_object_set_new(object, "generator", generator_to_json(step));
    json_object_set_new(object, "target", target_to_json(&step->target));
    return object;
}

static json_t *step_to_json(const struct capacity_step *step)
{
    json_t *object = json_object();

    member_set_count(object, "number", step->number);
    member_set_count(object, "load", step->load);
    member_set_number(object, "planned_at_once", step->planned);
    member_set_number(object, "rate_per_s", step->rate_per_s);
    member_set_text(object, "folder", step->folder);
    json_object_set_new(object, "exit_code", json_integer(step->exit_code));
    member_set_text(object, "outcome", trial_outcome_word(step->outcome));
    member_set_text(object, "why", step->why);
    member_set_text(object, "cause", cause_word(step->cause));
    member_set_text(object, "because", step->cause == CAUSE_NONE ? "" : step->because);
    json_object_set_new(object, "isolation_broken", json_boolean(step->isolation));
    json_object_set_new(object, "start_skew_us",
                        step->timed ? json_integer(step->start.skew_us) : json_null());
    json_object_set_new(object, "hold", hold_to_object(step));
    return object;
}

static json_t *plan_to_json(const struct capacity *capacity)
{
    const struct capacity_settings *settings = capacity->settings;
    const struct capacity_times *times = &capacity->times;
    json_t *object = json_object(), *steps = json_array(), *objectives = json_array();
    char seed[24];

    member_set_text(object, "by", settings->by_rate ? "rate" : "sessions");
    member_set_text(object, "unit", capacity_unit(settings));
    for (size_t i = 0; i < settings->run.thresholds.count; i++)
        json_array_append_new(objectives, json_string(settings->run.thresholds.items[i]));
    json_object_set_new(object, "objectives", objectives);
    member_set_count(object, "from", settings->from);
    member_set_count(object, "to", settings->to);
    for (size_t i = 0; i < settings->step_count; i++)
        json_array_append_new(steps, json_integer((json_int_t)settings->steps[i]));
    json_object_set_new(object, "steps", steps);
    member_set_count(object, "steps_max", capacity->search.trials_max);
    json_object_set_new(object, "session_us", json_integer(times->session_us));
    json_object_set_new(object, "rise_us", json_integer(times->rise_us));
    json_object_set_new(object, "hold_us", json_integer(times->hold_us));
    json_object_set_new(object, "hold_limit_us", json_integer(times->hold_limit_us));
    json_object_set_new(object, "wall_us", json_integer(times->wall_us));
    json_object_set_new(object, "period_us", json_integer(times->period_us));
    json_object_set_new(object, "start_at_us",
                        times->period_us > 0 ? json_integer(settings->run.start_at_us)
                                             : json_null());
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)settings->run.seed);
    member_set_text(object, "seed", seed);
    return object;
}

static json_t *interval_to_json(const struct search *search)
{
    struct search_interval found;
    json_t *object = json_object();

    search_interval(search, &found);
    json_object_set_new(object, "passed",
                        found.pass ? json_integer((json_int_t)found.pass) : json_null());
    member_set_count(object, "passed_holds", found.pass_holds);
    json_object_set_new(object, "passed_confirmed", json_boolean(found.pass_confirmed));
    json_object_set_new(object, "failed",
                        found.fail ? json_integer((json_int_t)found.fail) : json_null());
    member_set_count(object, "failed_holds", found.fail_holds);
    json_object_set_new(object, "failed_confirmed", json_boolean(found.fail_confirmed));
    json_object_set_new(object, "failed_is_generator", json_boolean(found.fail_is_generator));
    return object;
}

static json_t *breaking_to_json(const struct capacity *capacity)
{
    const struct capacity_step *step = capacity_breaking_step(capacity);
    json_t *object;

    if (!step)
        return json_null();
    object = json_object();
    member_set_count(object, "step", step->number);
    member_set_text(object, "why", step->why);
    member_set_text(object, "cause", cause_word(step->cause));
    member_set_text(object, "because", step->because);
    return object;
}

/* null for a shard or step that is not there. */
static json_t *skews_to_json(const struct capacity *capacity, const struct capacity_shard *shard)
{
    json_t *array = json_array();

    for (size_t i = 0; i < capacity->step_count; i++)
        json_array_append_new(array,
                              shard->held[i] ? json_integer(shard->skew_us[i]) : json_null());
    return array;
}

/* null: not a shard. */
static json_t *shard_to_json(const struct capacity *capacity)
{
    const struct run_settings *run = &capacity->settings->run;

    return run->sharded ? json_pack("{s:i, s:i}", "index", (int)run->shard_index, "count",
                                    (int)run->shard_count)
                        : json_null();
}

static json_t *shards_to_json(const struct capacity *capacity)
{
    double packets_per_s = capacity_packets_per_s(capacity);
    json_t *array = json_array();

    for (unsigned i = 0; i < capacity->shard_count; i++) {
        const struct capacity_shard *shard = &capacity->shards[i];
        json_t *object = json_object();
        member_set_count(object, "index", shard->index);
        member_set_text(object, "folder", shard->folder);
        member_set_text(object, "cpu", shard->cpu);
        member_set_count(object, "cores", shard->cores);
        member_set_text(object, "io_path", shard->io_path);
        json_object_set_new(object, "start_skews_us", skews_to_json(capacity, shard));
        member_set_text(object, "lost", shard->lost);
        json_object_set_new(object, "generator", generator_use_to_json(&shard->use, packets_per_s));
        json_object_set_new(object, "idle_path", run_idle_path_to_json(&shard->path));
        json_array_append_new(array, object);
    }
    return array;
}

/* The share of its ceiling that the busiest generator used, and how the path is with nothing on
 * it. */
static void set_ground(json_t *object, const struct capacity *capacity)
{
    const struct capacity_shard *busiest;
    const struct generator_use *use = capacity_busiest_use(capacity, &busiest);
    json_t *generator = generator_use_to_json(use, capacity_packets_per_s(capacity));

    json_object_set_new(generator, "shard", busiest ? json_integer(busiest->index) : json_null());
    json_object_set_new(object, "generator", generator);
    json_object_set_new(object, "idle_path",
                        run_idle_path_to_json(busiest ? &busiest->path : &capacity->path));
}

static void set_result(json_t *object, const struct capacity *capacity)
{
    struct search_interval found;
    char headline[800];

    search_interval(&capacity->search, &found);
    capacity_headline(capacity, headline, sizeof headline);
    member_set_text(object, "headline", headline);
    member_set_text(object, "outcome", search_end_word(capacity->end));
    json_object_set_new(object, "capacity",
                        found.pass_holds ? json_integer((json_int_t)found.pass) : json_null());
    json_object_set_new(object, "interval", interval_to_json(&capacity->search));
    json_object_set_new(object, "broken", breaking_to_json(capacity));
}

static void set_time(json_t *object, const char *name, int64_t realtime_us)
{
    char text[32];

    clock_format_utc(realtime_us, text, sizeof text);
    json_object_set_new(object, name, realtime_us ? json_string(text) : json_null());
}

static json_t *to_json(const struct capacity *capacity)
{
    json_t *object = json_object(), *steps = json_array();

    member_set_text(object, "schema", CAPACITY_SCHEMA);
    member_set_text(object, "program_version", capacity->info.program_version);
    member_set_text(object, "command", capacity->settings->run.command_line);
    member_set_text(object, "verdict", exit_code_verdict(capacity->verdict.code));
    json_object_set_new(object, "exit_code", json_integer(capacity->verdict.code));
    member_set_text(object, "reason", verdict_main_reason(&capacity->verdict));
    json_object_set_new(object, "reasons",
                        verdict_reasons_to_json(&capacity->verdict, capacity->verdict.count));
    set_result(object, capacity);
    json_object_set_new(object, "shard", shard_to_json(capacity));
    json_object_set_new(object, "shards", shards_to_json(capacity));
    json_object_set_new(object, "plan", plan_to_json(capacity));
    json_object_set_new(object, "story", run_story_to_json(&capacity->info));
    json_object_set_new(object, "media", run_media_to_json(&capacity->info));
    json_object_set_new(object, "target", run_target_to_json(&capacity->info));
    json_object_set_new(object, "host", run_host_to_json(&capacity->info));
    set_ground(object, capacity);
    set_time(object, "start", capacity->start_realtime_us);
    set_time(object, "end", capacity->end_realtime_us);
    for (size_t i = 0; i < capacity->step_count; i++)
        json_array_append_new(steps, step_to_json(&capacity->steps[i]));
    json_object_set_new(object, "steps", steps);
    return object;
}

enum status capacity_write(const struct capacity *capacity, struct failure *failure)
{
    json_t *json = to_json(capacity);
    enum status status =
        result_file_write_json(capacity->folder, CAPACITY_FILE, json, RESULT_DIGITS_SHOWN, failure);

    json_decref(json);
    return status;
}
