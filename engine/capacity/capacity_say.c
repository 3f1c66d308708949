#include <string.h>

#include "common/base/clock.h"
#include "engine/capacity/capacity.h"
#include "engine/measure/measure_unit.h"

/* ---- what it says ---- */

const char *capacity_unit(const struct capacity_settings *settings)
{
    return settings->by_rate ? "starts a minute" : "sessions at once";
}

const struct capacity_step *capacity_breaking_step(const struct capacity *capacity)
{
    struct search_interval interval;

    search_interval(&capacity->search, &interval);
    for (size_t i = capacity->step_count; i-- > 0;) {
        const struct capacity_step *step = &capacity->steps[i];
        enum trial_outcome wanted = interval.fail_is_generator ? TRIAL_UNFIT : TRIAL_FAILED;
        if (interval.fail > 0 && step->load == interval.fail && step->outcome == wanted)
            return step;
    }
    return NULL;
}

const struct capacity_step *capacity_shown_step(const struct capacity *capacity)
{
    const struct capacity_step *shown = NULL;
    struct search_interval found;

    search_interval(&capacity->search, &found);
    for (size_t i = 0; i < capacity->step_count; i++) {
        const struct capacity_step *step = &capacity->steps[i];
        if (step->to_us == 0)
            continue;
        if (found.pass_holds ? step->load == found.pass && step->outcome == TRIAL_PASSED
                             : !shown || step->load >= shown->load)
            shown = step;
    }
    return shown;
}

double capacity_packets_per_s(const struct capacity *capacity)
{
    const struct capacity_step *step = capacity_shown_step(capacity);

    return step ? step->packets_per_s : -1;
}

const struct generator_use *capacity_busiest_use(const struct capacity *capacity,
                                                 const struct capacity_shard **ret_shard)
{
    double packets_per_s = capacity_packets_per_s(capacity), most = -2;
    const struct generator_use *busiest = &capacity->use;

    *ret_shard = NULL;
    for (unsigned i = 0; i < capacity->shard_count; i++) {
        const struct capacity_shard *shard = &capacity->shards[i];
        double share = generator_use_share(&shard->use, packets_per_s);
        if (shard->folder[0] == '\0' || share <= most)
            continue;
        most = share;
        busiest = &shard->use;
        *ret_shard = shard;
    }
    return busiest;
}

static void describe_load(const struct capacity *capacity, char *text, size_t size)
{
    const struct run_info *info = &capacity->info;
    int at = 0;

    if (strcmp(info->media, "full") == 0)
        at = snprintf(text, size, "at %s and %s, %s", info->video, info->audio, info->send);
    else if (strcmp(info->media, "audio") == 0)
        at = snprintf(text, size, "at %s, %s", info->audio, info->send);
    else
        at = snprintf(text, size, "with signalling only");
    if (info->cpu_limit > 0 && at > 0 && (size_t)at < size)
        snprintf(text + at, size - (size_t)at, ", server held to %.0f %% of a core",
                 info->cpu_limit * 100);
}

static size_t headline_figure(const struct capacity *capacity, char *text, size_t size)
{
    struct search_interval found;
    char load[200];
    const char *story = capacity->info.story;
    const char *unit = capacity_unit(capacity->settings);
    int at;

    search_interval(&capacity->search, &found);
    describe_load(capacity, load, sizeof load);
    if (found.pass > 0 && found.pass_holds == 0)
        at = snprintf(text, size, "nothing is certain of %s %s %s: up to %llu held on too little",
                      story, unit, load, (unsigned long long)found.pass);
    else if (found.pass > 0 && found.fail > 0)
        at = snprintf(text, size, "carries %s%llu (%llu–%llu) %s %s %s",
                      found.fail_is_generator ? "at least " : "", (unsigned long long)found.pass,
                      (unsigned long long)found.pass, (unsigned long long)found.fail, story, unit,
                      load);
    else if (found.pass > 0)
        at = snprintf(text, size, "carries at least %llu %s %s %s", (unsigned long long)found.pass,
                      story, unit, load);
    else if (found.fail_is_generator)
        at = snprintf(text, size, "nothing is known of %s %s %s: the generator was not fit at %llu",
                      story, unit, load, (unsigned long long)found.fail);
    else if (found.fail > 0)
        at = snprintf(text, size, "does not carry %llu %s %s %s", (unsigned long long)found.fail,
                      story, unit, load);
    else
        at = snprintf(text, size, "nothing is known of %s %s %s", story, unit, load);
    return at > 0 && (size_t)at < size ? (size_t)at : size - 1;
}

/* A shard alone can say nothing of the whole load. */
static bool is_part(const struct capacity *capacity)
{
    return !capacity->shards && capacity->settings->run.shard_count > 1;
}

void capacity_headline(const struct capacity *capacity, char *text, size_t size)
{
    const struct capacity_step *step = capacity_breaking_step(capacity);
    const struct run_settings *run = &capacity->settings->run;
    size_t at;

    if (is_part(capacity)) {
        snprintf(text, size,
                 "share %u of %u of a staircase of %s: caseload merge says what is carried",
                 run->shard_index, run->shard_count, capacity->info.story);
        return;
    }
    at = headline_figure(capacity, text, size);
    if (step && step->outcome == TRIAL_UNFIT)
        snprintf(text + at, size - at, "; generator limited: %s", step->why);
    else if (step)
        snprintf(text + at, size - at, "; first broken: %s; because %s", step->why, step->because);
    else if (capacity->end == SEARCH_NOT_REACHED)
        snprintf(text + at, size - at, "; nothing broke up to the highest load asked for");
    else
        snprintf(text + at, size - at, "; inconclusive%s%.300s",
                 capacity->verdict.count ? ": " : "", verdict_main_reason(&capacity->verdict));
}

/* ---- as it goes on ---- */

static void announce_timetable(const struct capacity *capacity, FILE *out)
{
    const struct capacity_times *times = &capacity->times;
    const struct capacity_settings *settings = capacity->settings;
    char first[32];

    clock_format_utc(settings->run.start_at_us, first, sizeof first);
    fprintf(out,
            "share %u of %u of %zu steps of %s in all, the first at %.19sZ, one every %.1f s (%.0f "
            "s to rise, %.0f s to hold, %.1f s between); all at most %.0f min; seed %llu; results "
            "in %s\n",
            settings->run.shard_index, settings->run.shard_count, settings->step_count,
            capacity_unit(settings), first, (double)times->period_us / US_PER_S,
            (double)times->rise_us / US_PER_S, (double)times->hold_us / US_PER_S,
            (double)settings->gap_us / US_PER_S, (double)times->wall_us / US_PER_S / 60,
            (unsigned long long)settings->run.seed, capacity->folder);
}

void capacity_announce(const struct capacity *capacity, FILE *out)
{
    const struct capacity_times *times = &capacity->times;
    const struct capacity_settings *settings = capacity->settings;
    double typical_s = (double)(times->rise_us + times->hold_us) / US_PER_S + 5;

    if (capacity_by_clock(settings)) {
        announce_timetable(capacity, out);
        return;
    }
    if (settings->step_count)
        fprintf(out, "%zu steps of %s", settings->step_count, capacity_unit(settings));
    else
        fprintf(out, "from %llu to %llu %s in at most %u steps", (unsigned long long)settings->from,
                (unsigned long long)settings->to, capacity_unit(settings),
                capacity->search.trials_max);
    fprintf(out,
            "; a step takes about %.0f s (%.0f s to rise, %.0f s or more to hold, at most %.0f s), "
            "all at most %.0f min; seed %llu; results in %s\n",
            typical_s, (double)times->rise_us / US_PER_S, (double)times->hold_us / US_PER_S,
            (double)times->hold_limit_us / US_PER_S, (double)times->wall_us / US_PER_S / 60,
            (unsigned long long)settings->run.seed, capacity->folder);
}

static void print_measured(const struct capacity_step *step, FILE *out)
{
    char measured[48];

    for (size_t i = 0; i < step->objective_count; i++) {
        const struct step_objective *objective = &step->objectives[i];
        int name = (int)strcspn(objective->text, "<>=! ");
        if (strncmp(objective->text, "sessions.", 9) == 0 && objective->outcome == THRESHOLD_PASSED)
            continue;
        measure_format(objective->measured, objective->unit, measured, sizeof measured);
        fprintf(out, "  %.*s %s", name, objective->text,
                objective->outcome == THRESHOLD_NO_SAMPLES ? "-" : measured);
    }
}

void capacity_print_step(const struct capacity_step *step, FILE *out)
{
    fprintf(out, "%3u  %6llu  %-9s", step->number, (unsigned long long)step->load,
            trial_outcome_word(step->outcome));
    if (step->to_us > 0)
        fprintf(out, "  %7.1f at once  generator %3.0f %%", step->running_mean,
                step->generator_cpu_mean * 100);
    if (step->target.seen && step->target.cpu_mean >= 0) {
        fprintf(out, "  target %.2f", step->target.cpu_mean);
        if (step->target.cpu_limit > 0)
            fprintf(out, " of %.2f", step->target.cpu_limit);
        fputs(" cores", out);
    }
    print_measured(step, out);
    if (step->timed)
        fprintf(out, "  began %+.1f ms", (double)step->start.skew_us / US_PER_MS);
    if (step->outcome != TRIAL_PASSED)
        fprintf(out, "\n     %s%s%s", step->why, step->outcome == TRIAL_FAILED ? "; because " : "",
                step->outcome == TRIAL_FAILED ? step->because : "");
    fputc('\n', out);
    fflush(out);
}

static void print_interval(const struct capacity *capacity, FILE *out)
{
    struct search_interval found;

    search_interval(&capacity->search, &found);
    if (found.pass > 0)
        fprintf(out, "  %llu passed in %u hold%s%s\n", (unsigned long long)found.pass,
                found.pass_holds, found.pass_holds == 1 ? "" : "s",
                found.pass_confirmed ? "" : " (not confirmed)");
    if (found.fail > 0)
        fprintf(out, "  %llu %s in %u hold%s%s\n", (unsigned long long)found.fail,
                found.fail_is_generator ? "was more than the generator could do" : "failed",
                found.fail_holds, found.fail_holds == 1 ? "" : "s",
                found.fail_confirmed ? "" : " (not confirmed)");
}

static void print_path(const struct idle_path *path, const char *who, FILE *out)
{
    if (path->sent == 0)
        fprintf(out, "  idle path%s: not measured\n", who);
    else if (path->rtt_p50_us < 0)
        fprintf(out, "  idle path%s: %u of %u handshakes lost\n", who, path->lost, path->sent);
    else
        fprintf(out, "  idle path%s: round trip %.3g ms (p50), %.3g ms (longest), %u of %u lost\n",
                who, (double)path->rtt_p50_us / US_PER_MS, (double)path->rtt_max_us / US_PER_MS,
                path->lost, path->sent);
}

/* What the number stands on. */
static void print_ground(const struct capacity *capacity, FILE *out)
{
    const struct capacity_shard *busiest;
    const struct generator_use *use = capacity_busiest_use(capacity, &busiest);
    char text[400], who[40] = "";

    if (busiest)
        snprintf(who, sizeof who, " of shard %u", busiest->index);
    generator_use_describe(use, capacity_packets_per_s(capacity), text, sizeof text);
    fprintf(out, "  generator%s: %s\n", who, text);
    if (!capacity->shards)
        print_path(&capacity->path, "", out);
    for (unsigned i = 0; i < capacity->shard_count; i++) {
        snprintf(who, sizeof who, " of shard %u", i);
        if (capacity->shards[i].folder[0])
            print_path(&capacity->shards[i].path, who, out);
    }
    fprintf(out, "  %s clients", capacity->info.client);
    if (strcmp(capacity->info.media, "none") != 0)
        fprintf(out, ", media through %s", capacity->info.io_path);
    fputc('\n', out);
}

void capacity_print(const struct capacity *capacity, FILE *out)
{
    char headline[800];

    capacity_headline(capacity, headline, sizeof headline);
    fprintf(out, "\n%s\n\n", headline);
    print_interval(capacity, out);
    fprintf(out, "  %s in %zu steps\n", search_end_word(capacity->end), capacity->step_count);
    if (capacity->info.media[0])
        print_ground(capacity, out);
    if (strcmp(capacity->info.client, "light") == 0)
        fprintf(out, "  " RUN_NOTE_LIGHT "\n");
    if (capacity->info.host_noisy)
        fprintf(out, "  the host was noisy: it took the processor away for %.1f ms (p99.9)\n",
                (double)capacity->info.stall_after_us / US_PER_MS);
    fprintf(out, "\n  %s/report.html\n", capacity->folder);
}
