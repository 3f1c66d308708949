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
    uint64_t session_lines, second_lines;
    struct run_counts counts;
    struct ledger ledger;
    struct health health;
    struct metrics *metrics;
    struct check_log *checks;
};

static enum status read_state(const json_t *json, struct shard_state *state)
{
    const char *schema = member_read_text(json, "schema");
    enum status status = STATUS_MALFORMED;
    if (schema == NULL || strcmp(schema, SHARD_STATE_SCHEMA) != 0 ||
        !member_read_count(json, "session_lines", &state->session_lines) ||
        !member_read_count(json, "second_lines", &state->second_lines)) {
        return status;
    }
    if ((status = counts_from_json(json_object_get(json, "counts"), &state->counts)) != STATUS_OK ||
        (status = health_from_json(json_object_get(json, "health"), &state->health)) != STATUS_OK ||
        (status = ledger_from_json(json_object_get(json, "ledger"), &state->ledger)) != STATUS_OK ||
        (status = metrics_from_json(json_object_get(json, "metrics"), state->metrics)) !=
            STATUS_OK) {
        return status;
    }
    return checks_from_json(json_object_get(json, "checks"), state->checks);
}

static void add_counts(struct run_counts *into, const struct run_counts *from)
{
    into->planned += from->planned;
    into->started += from->started;
    into->completed += from->completed;
    into->failed += from->failed;
    into->late += from->late;
    into->dropped += from->dropped;
    into->cut += from->cut;
    into->participants_peak += from->participants_peak;
    into->participants_total += from->participants_total;
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

static enum status merge_state(struct run_result *result, const struct shard_state *state,
                               const char *folder, struct failure *failure)
{
    enum status status = session_index_add(result->sessions, folder, state->session_lines, failure);
    if (status == STATUS_OK) {
        status = timeline_add_shard(result, folder, state->second_lines, failure);
    }
    if (status != STATUS_OK) {
        return status;
    }
    add_counts(&result->counts, &state->counts);
    metrics_merge(result->metrics, state->metrics);
    ledger_merge(&result->ledger, &state->ledger);
    health_merge(&result->health, &state->health);
    merge_checks(result->checks, state->checks);
    result->shards_merged++;
    return STATUS_OK;
}

enum status run_result_add_shard(struct run_result *result, const char *shard_folder,
                                 struct failure *failure)
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
    } else {
        status = merge_state(result, &state, shard_folder, failure);
    }
    metrics_destroy(state.metrics);
    check_log_destroy(state.checks);
    json_decref(json);
    return status;
}
