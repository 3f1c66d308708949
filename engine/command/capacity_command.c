/* caseload capacity STORY LOAD --objective EXPR … */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "engine/capacity/capacity.h"
#include "engine/command/command.h"
#include "engine/command/load_options.h"
#include "engine/measure/verdict.h"

#define DEFAULT_FROM 10
#define DEFAULT_TO 2000
#define DEFAULT_HOLD_US (30 * US_PER_S)
#define DEFAULT_GAP_US (20 * US_PER_S)
#define GAP_LEAST_US (2 * US_PER_S)
#define LOAD_MAX 1000000
#define TRIALS_MAX 24

static const char more[] =
    "Raises the load until an objective breaks: doubled from --from, then halved between the last\n"
    "that passed and the first that failed, down to a twentieth; both are held again until two "
    "holds\n"
    "agree. Every step is a run of its own below the capacity folder, of which only the hold "
    "counts:\n"
    "sessions start at N / planned length of the story (open model), so that N run at once. A "
    "hold\n"
    "waits for 200 samples of every p95 and 1,000 of every p99, at most four times --hold. More "
    "than\n"
    "1.1 N at once fails a step as unstable. Where the generator was not fit, nothing is said of "
    "the\n"
    "target. Every step has the same seed.\n"
    "--steps N,N,… --start-at TIME holds a fixed staircase by the clock: every step begins at an\n"
    "instant that follows from TIME alone, with a hold of exactly --hold, so that N hosts with\n"
    "--shard i/N hold the same loads at the same time without talk; caseload merge of their "
    "folders\n"
    "says what is carried. A step that begins more than 100 ms from its instant is inconclusive.\n"
    "Longest wall time: printed at the start.\n"
    "Exit codes: 0 found, or not reached up to --to; 1 isolation broke; 2 usage; 3 the lowest "
    "load\n"
    "fails; 4 inconclusive or generator limited; 5 target unreachable; 9 target died; 130/143\n"
    "interrupted.\n";

struct capacity_options {
    struct load_options load;
    struct arg_list objectives;
    const char *by, *from, *to, *steps;
    int64_t hold_us, gap_us;
};

static void add(struct capacity_options *o, struct arg_option option)
{
    if (o->load.count < LOAD_OPTIONS_MAX)
        o->load.table[o->load.count++] = option;
}

static void options_init(struct capacity_options *o)
{
    *o = (struct capacity_options){.hold_us = DEFAULT_HOLD_US, .gap_us = DEFAULT_GAP_US};
    load_options_init(&o->load, false);
    add(o, (struct arg_option){.name = "objective",
                               .operand = "EXPR",
                               .kind = ARG_LIST,
                               .value = &o->objectives,
                               .help = "what must hold, e.g. 'm.join_media.p95<500ms' or "
                                       "'freeze.ratio<1%'; may be repeated"});
    add(o, (struct arg_option){.name = "by",
                               .operand = "sessions|rate",
                               .kind = ARG_TEXT,
                               .value = &o->by,
                               .choices = "sessions|rate",
                               .help = "what is raised: sessions at once (default), or starts"});
    add(o, (struct arg_option){.name = "from",
                               .operand = "N",
                               .kind = ARG_TEXT,
                               .value = &o->from,
                               .help = "lowest load (10; with --by rate as 30/m, 2/s or 500/h)"});
    add(o, (struct arg_option){.name = "to",
                               .operand = "N",
                               .kind = ARG_TEXT,
                               .value = &o->to,
                               .help = "highest load (2000)"});
    add(o, (struct arg_option){.name = "steps",
                               .operand = "N,N,…",
                               .kind = ARG_TEXT,
                               .value = &o->steps,
                               .help = "hold exactly these loads, each in all over all shards, in "
                                       "this order instead of searching"});
    add(o, (struct arg_option){.name = "hold",
                               .operand = "D",
                               .kind = ARG_DURATION,
                               .value = &o->hold_us,
                               .help = "how long a load is held at least (30s); with --start-at "
                                       "exactly"});
    add(o,
        (struct arg_option){.name = "gap",
                            .operand = "D",
                            .kind = ARG_DURATION,
                            .value = &o->gap_us,
                            .help = "with --start-at: from the end of a hold to the begin of the "
                                    "next step, to close and to prepare (20s)"});
}

/* Sessions at once as a number, starts a minute from a rate. `text` ends at a zero or a comma. */
static enum status read_load(const char *option, const char *text, bool by_rate, uint64_t *ret_load,
                             struct failure *failure)
{
    size_t length = strcspn(text, ",");
    char word[32], *end;
    double value;

    snprintf(word, sizeof word, "%.*s", (int)length, text);
    if (by_rate) {
        if (length < sizeof word && parse_rate(word, &value) == STATUS_OK)
            value *= 60;
        else
            value = 0;
    } else {
        value = strtod(word, &end);
        if (*end || value != (double)(uint64_t)(value > 0 && value < 1e9 ? value : 0))
            value = 0;
    }
    if (length >= sizeof word || value < 1 || value > LOAD_MAX)
        return failure_set(failure, STATUS_INVALID, "--%s %.40s: takes %s", option, text,
                           by_rate ? "rates of at least 1/m, as 30/m, 2/s or 500/h"
                                   : "whole numbers from 1 to 1000000");
    *ret_load = (uint64_t)(value + 0.5);
    return STATUS_OK;
}

static enum status read_steps(const char *text, struct capacity_settings *settings,
                              struct failure *failure)
{
    enum status status = STATUS_OK;

    for (const char *at = text; at && status == STATUS_OK;) {
        if (settings->step_count == SEARCH_TRIALS_MAX)
            return failure_set(failure, STATUS_INVALID, "--steps: at most %d", SEARCH_TRIALS_MAX);
        status = read_load("steps", at, settings->by_rate, &settings->steps[settings->step_count++],
                           failure);
        at = strchr(at, ',');
        at += at != NULL;
    }
    return status;
}

static enum status read_loads(const struct capacity_options *o, struct capacity_settings *settings,
                              struct failure *failure)
{
    enum status status = STATUS_OK;

    settings->by_rate = o->by && strcmp(o->by, "rate") == 0;
    settings->from = DEFAULT_FROM;
    settings->to = DEFAULT_TO;
    if (o->steps && (o->from || o->to))
        return failure_set(failure, STATUS_INVALID, "--steps says it all: no --from, no --to");
    if (o->steps)
        return read_steps(o->steps, settings, failure);
    if (o->from)
        status = read_load("from", o->from, settings->by_rate, &settings->from, failure);
    if (o->to && status == STATUS_OK)
        status = read_load("to", o->to, settings->by_rate, &settings->to, failure);
    if (status == STATUS_OK && settings->from > settings->to)
        status = failure_set(failure, STATUS_INVALID, "--from %llu is above --to %llu",
                             (unsigned long long)settings->from, (unsigned long long)settings->to);
    return status;
}

static enum status check_objectives(const struct arg_list *objectives, struct failure *failure)
{
    struct threshold threshold;
    enum status status = STATUS_OK;

    if (objectives->count == 0)
        return failure_set(failure, STATUS_INVALID,
                           "capacity for what? --objective EXPR, e.g. 'm.join_media.p95<500ms'");
    for (size_t i = 0; i < objectives->count && status == STATUS_OK; i++)
        status = threshold_parse(objectives->items[i], &threshold, failure);
    return status;
}

/* Shards cannot search: none knows what the others saw. */
static enum status check_clock(const struct capacity_options *o, struct failure *failure)
{
    if (o->load.shard && !o->steps)
        return failure_set(failure, STATUS_INVALID,
                           "--shard %s needs --steps: shards that know nothing of each other can "
                           "only hold loads that are fixed before",
                           o->load.shard);
    if (o->load.start_at && !o->steps)
        return failure_set(failure, STATUS_INVALID,
                           "--start-at needs --steps: when a search is at which load nobody knows "
                           "before");
    if (o->gap_us < GAP_LEAST_US)
        return failure_set(failure, STATUS_INVALID, "--gap: at least 2s");
    if (o->gap_us != DEFAULT_GAP_US && !o->load.start_at)
        return failure_set(failure, STATUS_INVALID, "--gap needs --steps and --start-at");
    return STATUS_OK;
}

static enum status read_settings(struct capacity_options *o, const char *story, int argc,
                                 char **argv, struct capacity_settings *settings,
                                 struct failure *failure)
{
    enum status status = check_objectives(&o->objectives, failure);

    if (status == STATUS_OK)
        status = load_options_settings(&o->load, story, argc, argv, &settings->run, failure);
    if (status == STATUS_OK)
        status = read_loads(o, settings, failure);
    if (status == STATUS_OK)
        status = check_clock(o, failure);
    if (status == STATUS_OK && o->hold_us < 2 * US_PER_S)
        status = failure_set(failure, STATUS_INVALID, "--hold: at least 2s");
    settings->run.thresholds = o->objectives;
    settings->trials_max = TRIALS_MAX;
    settings->hold_us = o->hold_us;
    settings->gap_us = o->gap_us;
    return status;
}

int command_capacity(int argc, char **argv)
{
    struct capacity_options options;
    struct capacity_settings settings = {0};
    struct failure failure = {0};
    const char *story = NULL;
    size_t count = 0;
    bool help = false;

    options_init(&options);
    struct arg_command line = {.name = "capacity",
                               .operands = "STORY",
                               .summary = "find the load at which an objective breaks",
                               .more = more,
                               .options = options.load.table,
                               .option_count = options.load.count};
    enum status status = args_parse(&line, argc, argv, &story, 1, &count, &help, &failure);
    if (status == STATUS_OK && help) {
        args_print_help(&line, "caseload", stdout);
        return EXIT_CODE_PASSED;
    }
    if (status == STATUS_OK && count != 1)
        status = failure_set(&failure, STATUS_INVALID,
                             "which story? caseload capacity STORY --objective EXPR");
    if (status == STATUS_OK)
        status = read_settings(&options, story, argc, argv, &settings, &failure);
    if (status != STATUS_OK) {
        fprintf(stderr, "caseload capacity: %s\n", failure.message);
        return EXIT_CODE_USAGE;
    }
    return capacity_execute(&settings);
}
