#include "engine/capacity/cause.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct target_use target_use_unknown(void)
{
    return (struct target_use){.cpu_mean = -1,
                               .cpu_max = -1,
                               .cpu_limit = -1,
                               .throttled = -1,
                               .busiest = -1,
                               .loop_lag_ms = -1,
                               .drops = -1,
                               .packets_per_s = -1,
                               .drops_per_s = -1};
}

const char *cause_word(enum cause cause)
{
    static const char *const words[] = {
#define X(name, word) word,
        CAUSE_LIST(X)
#undef X
    };
    assert(cause < CAUSE_COUNT);
    return words[cause];
}

enum cause cause_by_word(const char *word)
{
    unsigned cause = 0;

    while (cause < CAUSE_COUNT && strcmp(cause_word((enum cause)cause), word) != 0)
        cause++;
    return (enum cause)cause;
}

static bool cpu_is_full(const struct target_use *target)
{
    return (target->cpu_limit > 0 && target->cpu_mean >= CAUSE_CPU_FULL * target->cpu_limit) ||
           target->throttled >= CAUSE_THROTTLED_FULL;
}

/* The processor comes first: whoever has none left is late and drops as a consequence. */
enum cause cause_find(const struct target_use *target, bool generator_fit)
{
    if (!generator_fit)
        return CAUSE_GENERATOR;
    if (!target->seen)
        return CAUSE_UNSEEN;
    if (cpu_is_full(target))
        return CAUSE_TARGET_CPU;
    if (target->busiest >= CAUSE_CPU_FULL || target->loop_lag_ms >= CAUSE_LOOP_LAG_MS)
        return CAUSE_TARGET_LOOP;
    if (target->drops > 0)
        return CAUSE_TARGET_DROPS;
    return CAUSE_NOTHING_EXHAUSTED;
}

static void describe_cpu(const struct target_use *target, char *text, size_t size)
{
    int at =
        target->cpu_limit > 0
            ? snprintf(text, size, "the target's processor: %.2f of %.2f cores used",
                       target->cpu_mean, target->cpu_limit)
            : snprintf(text, size, "the target's processor: %.2f cores used", target->cpu_mean);

    if (target->throttled >= 0 && at > 0 && (size_t)at < size)
        snprintf(text + at, size - (size_t)at, ", held back in %.0f %% of its periods",
                 target->throttled * 100);
}

static void describe_loop(const struct target_use *target, char *text, size_t size)
{
    if (target->busiest >= CAUSE_CPU_FULL)
        snprintf(text, size, "one thread of the target: %.0f %% of a core", target->busiest * 100);
    else
        snprintf(text, size, "the target's signalling loop: a turn of %.0f ms",
                 target->loop_lag_ms);
}

void cause_describe(enum cause cause, const struct target_use *target, char *text, size_t size)
{
    switch (cause) {
    case CAUSE_TARGET_CPU:
        describe_cpu(target, text, size);
        break;
    case CAUSE_TARGET_LOOP:
        describe_loop(target, text, size);
        break;
    case CAUSE_TARGET_DROPS:
        snprintf(text, size, "the target dropped %.0f packets", target->drops);
        break;
    case CAUSE_GENERATOR:
        snprintf(text, size, "the generator was not fit: not the target's limit");
        break;
    default:
        snprintf(text, size, "%s", cause_word(cause));
    }
}
