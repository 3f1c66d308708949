#include <string.h>

#include "common/base/clock.h"
#include "engine/capacity/capacity.h"
#include "engine/measure/measure_unit.h"

void capacity_announce(const struct capacity *capacity, FILE *out)
{
    const struct capacity_times *times = &capacity->times;
    const struct capacity_settings *settings = capacity->settings;
    double typical_s = (double)(times->rise_us + times->hold_us) / US_PER_S + 5;

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
    fprintf(out, "%3u  %6llu  %-9s  %7.1f at once  generator %3.0f %%", step->number,
            (unsigned long long)step->load, trial_outcome_word(step->outcome), step->running_mean,
            step->generator_cpu_mean * 100);
    if (step->target.seen)
        fprintf(out, "  target %.2f of %.2f cores", step->target.cpu_mean, step->target.cpu_limit);
    print_measured(step, out);
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

void capacity_print(const struct capacity *capacity, FILE *out)
{
    char headline[800];

    capacity_headline(capacity, headline, sizeof headline);
    fprintf(out, "\n%s\n\n", headline);
    print_interval(capacity, out);
    fprintf(out, "  %s in %zu steps\n", search_end_word(capacity->end), capacity->step_count);
    if (strcmp(capacity->info.media, "none") != 0)
        fprintf(out, "  media through %s\n", capacity->info.io_path);
    if (strcmp(capacity->info.client, "light") == 0)
        fprintf(out, "  " RUN_NOTE_LIGHT "\n");
    if (capacity->info.host_noisy)
        fprintf(out, "  the host was noisy: it took the processor away for %.1f ms (p99.9)\n",
                (double)capacity->info.stall_after_us / US_PER_MS);
    fprintf(out, "\n  %s/report.html\n", capacity->folder);
}
