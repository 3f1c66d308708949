#include "engine/run/story_outline.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "common/base/digest.h"

#define TEXT_FILE_MAX (4 * 1024 * 1024)
#define DEFAULT_SESSIONS 10
#define DEFAULT_DURATION_US (30 * US_PER_S)
/* Closed model without --ramp: 10 starts a second, at most a fifth of the duration. */
#define RAMP_PER_SESSION_US (100 * US_PER_MS)

enum status read_text_file(const char *path, char **ret_text, struct failure *failure)
{
    struct buffer text;
    char chunk[16384];
    size_t got;
    FILE *file = fopen(path, "r");

    if (!file)
        return failure_set(failure, STATUS_NOT_FOUND, "%s: %s", path, strerror(errno));
    buffer_init(&text, TEXT_FILE_MAX);
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        buffer_append(&text, chunk, got);
    fclose(file);
    *ret_text = text.failed ? NULL : strdup(buffer_string(&text));
    buffer_finish(&text);
    if (!*ret_text)
        return failure_set(failure, STATUS_TOO_LARGE, "%s: larger than 4 MiB", path);
    return STATUS_OK;
}

/* The story's arrivals where the command line names none; a day's own rate where no rate is given.
 */
static enum status complete_arrivals(struct run_settings *settings, const struct story *story,
                                     bool given, struct failure *failure)
{
    const char *text = story->arrivals[0] && !given ? story->arrivals : "constant";
    bool asked = settings->arrivals.text[0] != '\0';
    char folder[RESOURCE_PATH_SIZE + 16];
    struct failure reason;

    snprintf(folder, sizeof folder, "%s/scenarios", settings->home);
    if (!asked && arrival_pattern_parse(text, settings->compress, folder, &settings->arrivals,
                                        &reason) != STATUS_OK)
        return settings->compress > 0
                   ? failure_set(failure, STATUS_INVALID, "--compress: %s", reason.message)
                   : failure_set(failure, STATUS_INVALID, "%s: story: load.arrivals: %s",
                                 story->path, reason.message);
    if (settings->rate_per_s <= 0 && settings->arrivals.own_rate_per_s > 0)
        settings->rate_per_s = settings->arrivals.own_rate_per_s;
    if (asked && settings->rate_per_s <= 0)
        return failure_set(failure, STATUS_INVALID,
                           "--arrivals %s needs --rate: without it sessions are replaced when they "
                           "end, whenever that is",
                           settings->arrivals.text);
    return STATUS_OK;
}

static int64_t default_duration_us(const struct run_settings *settings, const struct story *story)
{
    int64_t of_day_us = arrival_shape_length_us(&settings->arrivals.shape);

    if (of_day_us > 0)
        return of_day_us;
    return story->duration_us > 0 ? story->duration_us : DEFAULT_DURATION_US;
}

static int64_t default_ramp_us(const struct run_settings *settings, const struct story *story,
                               bool given)
{
    if (!given)
        return story->ramp_us;
    if (settings->rate_per_s > 0)
        return 0;
    return (int64_t)fmin((double)settings->sessions * RAMP_PER_SESSION_US,
                         (double)settings->duration_us / 5);
}

static enum status complete_shape(struct run_settings *settings, const struct story *story,
                                  struct failure *failure)
{
    bool given =
        settings->sessions > 0 || settings->rate_per_s > 0 || settings->arrivals.own_rate_per_s > 0;
    enum status status;

    if (!given) {
        settings->sessions = story->sessions;
        settings->rate_per_s = story->rate_per_s;
    }
    if ((status = complete_arrivals(settings, story, given, failure)) != STATUS_OK)
        return status;
    if (settings->sessions == 0 && settings->rate_per_s <= 0)
        settings->sessions = DEFAULT_SESSIONS;
    if (settings->duration_us < 0)
        settings->duration_us = default_duration_us(settings, story);
    if (settings->ramp_us < 0)
        settings->ramp_us = default_ramp_us(settings, story, given);
    return STATUS_OK;
}

/* Closed: what was asked for. Open: Little's law where most arrive, with room for the slow ones,
 * and never more than arrive at all. */
static uint64_t sessions_at_once(const struct run_settings *settings, const struct story *story)
{
    const struct arrival_shape *shape = &settings->arrivals.shape;
    double mean;

    if (settings->rate_per_s <= 0)
        return settings->sessions;
    mean = settings->rate_per_s *
           fmin(arrival_shape_most(shape, story->planned_us + story->grace_us / 4),
                arrival_shape_expected(shape, 0, settings->duration_us));
    uint64_t count = (uint64_t)ceil(mean + 3 * sqrt(mean)) + 1;
    return settings->sessions > 0 && settings->sessions < count ? settings->sessions : count;
}

/* What a fixture of somebody else's must hold only the driver knows. */
static enum status read_fixture(const char *path, struct script *script, char **ret_fixture,
                                struct failure *failure)
{
    struct failure reason;
    char *text = NULL;
    enum status status = read_text_file(path, &text, failure);

    if (status != STATUS_OK)
        return status;
    status = script_check_fixture(script, text, &reason);
    if (status != STATUS_OK) {
        free(text);
        return failure_set(failure, status, "--target-config %s: %s", path, reason.message);
    }
    *ret_fixture = text;
    return STATUS_OK;
}

static enum status ask_script(struct run_settings *settings, struct script *script,
                              struct story_outline *outline, struct failure *failure)
{
    const char *fixture;
    enum status status;

    outline->story = *script_story(script);
    if ((status = complete_shape(settings, &outline->story, failure)) != STATUS_OK)
        return status;
    outline->sessions_at_once = sessions_at_once(settings, &outline->story);
    if (settings->target_config)
        return read_fixture(settings->target_config, script, &outline->fixture, failure);
    status = script_fixture(script, outline->sessions_at_once, settings->seed, &fixture, failure);
    if (status != STATUS_OK)
        return status;
    outline->fixture = strdup(fixture);
    return outline->fixture ? STATUS_OK : failure_set(failure, STATUS_NO_MEMORY, "out of memory");
}

static void describe_digests(const struct script *script, struct story_outline *outline)
{
    digest_format(script_digest(script), outline->story_digest);
    digest_format(digest_add(DIGEST_EMPTY, outline->fixture, strlen(outline->fixture)),
                  outline->fixture_digest);
}

/* The story alone: no platform is asked. */
static enum status load(const struct run_settings *settings, struct script **ret_script,
                        struct failure *failure)
{
    char folder[RESOURCE_PATH_SIZE + 16];

    snprintf(folder, sizeof folder, "%s/scenarios", settings->home);
    return script_create(
        &(struct script_config){.story_path = settings->story_path,
                                .target_path = settings->target_path,
                                .scenario_folder = folder,
                                .settings = settings->set.items,
                                .setting_count = settings->set.count,
                                .url = settings->url ? settings->url : "https://127.0.0.1:1",
                                .seed = settings->seed,
                                .shard_count = settings->workers * settings->shard_count,
                                .apart = settings->shard_count > 1,
                                .timeout_us = settings->timeout_us,
                                .capture_session = -1},
        ret_script, failure);
}

enum status story_outline_read(struct run_settings *settings, struct story_outline *ret_outline,
                               struct failure *failure)
{
    struct story_outline outline = {0};
    struct script *script = NULL;
    enum status status = load(settings, &script, failure);

    if (status == STATUS_OK)
        status = ask_script(settings, script, &outline, failure);
    if (status == STATUS_OK)
        describe_digests(script, &outline);
    script_destroy(script);
    if (status != STATUS_OK) {
        story_outline_finish(&outline);
        return status;
    }
    *ret_outline = outline;
    return STATUS_OK;
}

typedef enum status ask_fn(struct script *script, const char **ret_json, struct failure *failure);

/* One text of the script, which is loaded for it. */
static enum status ask(const struct run_settings *settings, ask_fn *question, char **ret_json,
                       struct failure *failure)
{
    struct script *script = NULL;
    const char *json = NULL;
    enum status status = load(settings, &script, failure);

    if (status == STATUS_OK)
        status = question(script, &json, failure);
    if (status == STATUS_OK && !(*ret_json = strdup(json)))
        status = failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    script_destroy(script);
    return status;
}

enum status story_checks_read(const struct run_settings *settings, char **ret_json,
                              struct failure *failure)
{
    return ask(settings, script_checks, ret_json, failure);
}

enum status story_absent_read(const struct run_settings *settings, char **ret_json,
                              struct failure *failure)
{
    return ask(settings, script_absent, ret_json, failure);
}

void story_outline_finish(struct story_outline *outline)
{
    free(outline->fixture);
    outline->fixture = NULL;
}
