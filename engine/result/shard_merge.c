#include <stdio.h>
#include <string.h>

#include "engine/result/json_member.h"
#include "engine/result/result_file.h"
#include "engine/result/result_json.h"
#include "engine/result/run_result.h"
#include "engine/result/session_index.h"
#include "engine/result/shard_files.h"
#include "engine/result/timeline.h"

/* Everything of state.json that is added up, read into values of their own first, so that a broken
 * shard leaves the run as it was. */
struct shard_state {
    uint64_t index, count;
    uint64_t session_lines, second_lines;
    struct refused refused;
    struct run_counts counts;
    struct ledger ledger;
    struct health health;
    struct metrics *metrics;
    struct check_log *checks;
    struct hold hold;
};

static enum status read_state(const json_t *json, struct shard_state *state)
{
    const char *schema = member_read_text(json, "schema");
    enum status status = STATUS_MALFORMED;
    if (schema == NULL || strcmp(schema, SHARD_STATE_SCHEMA) != 0 ||
        !member_read_count(json, "shard_index", &state->index) ||
        !member_read_count(json, "shard_count", &state->count) ||
        !member_read_count(json, "session_lines", &state->session_lines) ||
        !member_read_count(json, "second_lines", &state->second_lines) ||
        !member_read_count(json, "metrics_refused", &state->refused.metrics) ||
        !member_read_count(json, "checks_refused", &state->refused.checks) ||
        !member_read_count(json, "ledger_refused", &state->refused.ledger)) {
        return status;
    }
    if ((status = counts_from_json(json_object_get(json, "counts"), &state->counts)) != STATUS_OK ||
        (status = health_from_json(json_object_get(json, "health"), &state->health)) != STATUS_OK ||
        (status = ledger_from_json(json_object_get(json, "ledger"), &state->ledger)) != STATUS_OK ||
        (status = metrics_from_json(json_object_get(json, "metrics"), state->metrics)) !=
            STATUS_OK) {
        return status;
    }
    if ((status = hold_from_json(json_object_get(json, "hold"), &state->hold)) != STATUS_OK) {
        return status;
    }
    return checks_from_json(json_object_get(json, "checks"), state->checks);
}

static void merge_checks(struct check_log *into, const struct check_log *from)
{
    for (size_t i = 0; i < check_log_count(from); i++) {
        const struct check_requirement *requirement = check_log_requirement(from, i);
        for (unsigned verdict = 0; verdict < CHECK_VERDICT_COUNT; verdict++) {
            check_log_add_count(into, requirement->id, (enum check_verdict)verdict,
                                requirement->counts[verdict]);
        }
        for (size_t k = 0; k < requirement->kept_count; k++) {
            check_log_keep(into, requirement->id, &requirement->kept[k]);
        }
    }
}

static enum status merge_lines(struct run_result *result, const struct shard_state *state,
                               const char *folder, uint64_t late_s, struct failure *failure)
{
    enum status status = session_index_add(result->sessions, folder, state->session_lines, failure);
    if (status != STATUS_OK) {
        return status;
    }
    status = timeline_add_shard(result, folder, state->second_lines, late_s, failure);
    if (status != STATUS_OK) {
        session_index_forget_last(result->sessions);
    }
    return status;
}

static enum status merge_state(struct run_result *result, const struct shard_state *state,
                               const char *folder, uint64_t late_s, struct failure *failure)
{
    enum status status = merge_lines(result, state, folder, late_s, failure);
    if (status == STATUS_OK && hold_merge(&result->hold, &state->hold) != STATUS_OK) {
        status = failure_set(failure, STATUS_NO_MEMORY, "no memory for the results of a shard");
    }
    if (status != STATUS_OK) {
        return status;
    }
    result->refused.metrics += state->refused.metrics;
    result->refused.checks += state->refused.checks;
    result->refused.ledger += state->refused.ledger;
    run_counts_add(&result->counts, &state->counts);
    metrics_merge(result->metrics, state->metrics);
    ledger_merge(&result->ledger, &state->ledger);
    health_merge(&result->health, &state->health);
    merge_checks(result->checks, state->checks);
    result->shards_merged++;
    result->holds_merged += state->hold.measured;
    return STATUS_OK;
}

static enum status check_place(const struct shard_state *state, const struct shard_place *place,
                               const char *folder, struct failure *failure)
{
    if (place == NULL || (state->index == place->index && state->count == place->count)) {
        return STATUS_OK;
    }
    return failure_set(failure, STATUS_MALFORMED,
                       "%s is of process %llu of %llu, not %u of %u: folders were exchanged",
                       folder, (unsigned long long)state->index, (unsigned long long)state->count,
                       place->index, place->count);
}

enum status run_result_add_shard(struct run_result *result, const char *shard_folder,
                                 struct failure *failure)
{
    return run_result_add_shard_at(result, shard_folder, NULL, failure);
}

enum status run_result_add_shard_at(struct run_result *result, const char *shard_folder,
                                    const struct shard_place *place, struct failure *failure)
{
    json_t *json = NULL;
    enum status status = result_file_read_json(shard_folder, SHARD_STATE_FILE, &json, failure);
    if (status != STATUS_OK) {
        return status;
    }
    struct shard_state state = {.metrics = metrics_create(), .checks = check_log_create()};
    if (state.metrics == NULL || state.checks == NULL) {
        status = failure_set(failure, STATUS_NO_MEMORY, "no memory for the results of a shard");
    } else if ((status = read_state(json, &state)) != STATUS_OK) {
        failure_set(failure, status, "%s/%s is not the state of a shard: %s", shard_folder,
                    SHARD_STATE_FILE, status_text(status));
    } else if ((status = check_place(&state, place, shard_folder, failure)) == STATUS_OK) {
        status = merge_state(result, &state, shard_folder, place ? place->late_s : 0, failure);
    }
    hold_finish(&state.hold);
    metrics_destroy(state.metrics);
    check_log_destroy(state.checks);
    json_decref(json);
    return status;
}
