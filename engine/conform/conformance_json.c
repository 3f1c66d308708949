/* conformance.json: what results/schema/conformance.schema.json describes. */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "engine/conform/conformance_files.h"
#include "engine/result/json_member.h"
#include "engine/result/result_json.h"

/* null: the run did not begin. */
static void set_time(json_t *object, const char *name, int64_t realtime_us)
{
    char utc[32];

    if (realtime_us == 0) {
        json_object_set_new(object, name, json_null());
        return;
    }
    clock_format_utc(realtime_us, utc, sizeof utc);
    member_set_text(object, name, utc);
}

/* "core,clinic" → ["core", "clinic"]; NULL → []. */
static json_t *words_to_json(const char *words)
{
    json_t *array = json_array();

    while (words) {
        size_t length = strcspn(words, ",");
        json_array_append_new(array, json_stringn(words, length));
        words = words[length] == ',' ? words + length + 1 : NULL;
    }
    return array;
}

/* ---- a row ---- */

static json_t *entry_to_json(const struct conformance_story *story, const struct check_entry *entry)
{
    const struct examined_session *session = examined_sessions_at(story->sessions, entry->session);
    json_t *object = json_object();

    member_set_text(object, "verdict", check_verdict_word(entry->verdict));
    json_object_set_new(object, "session",
                        entry->session >= 0 ? json_integer(entry->session) : json_null());
    member_set_text(object, "check", session ? session->check : "");
    json_object_set_new(object, "at_us", json_integer(entry->at_us));
    set_time(object, "at", story->run->info.start_realtime_us + entry->at_us);
    member_set_text(object, "message", entry->message);
    member_set_text(object, "evidence", entry->evidence);
    return object;
}

static json_t *kept_to_json(const struct conformance_story *story,
                            const struct check_requirement *observed)
{
    json_t *array = json_array();

    for (size_t i = 0; observed && i < observed->kept_count; i++)
        json_array_append_new(array, entry_to_json(story, &observed->kept[i]));
    return array;
}

static json_t *observations_to_json(const struct check_requirement *observed)
{
    json_t *object = json_object();

    for (int verdict = 0; observed && verdict < CHECK_VERDICT_COUNT; verdict++)
        if (observed->counts[verdict] > 0)
            member_set_count(object, check_verdict_word((enum check_verdict)verdict),
                             observed->counts[verdict]);
    return object;
}

/* The checks that are about a row, by name. */
static json_t *checks_to_array(const struct coverage *coverage, const char *id)
{
    json_t *array = json_array();

    for (size_t i = 0; i < coverage_link_count(coverage); i++) {
        const struct coverage_link *link = coverage_link_at(coverage, i);
        if (!link->fault && strcmp(link->requirement, id) == 0)
            json_array_append_new(array, json_string(link->check));
    }
    return array;
}

static json_t *excuse_to_json(const struct known_failure *entry)
{
    json_t *object;

    if (!entry)
        return json_null();
    object = json_object();
    member_set_text(object, "ticket", entry->ticket);
    member_set_text(object, "owner", entry->owner);
    member_set_text(object, "expires", entry->expires);
    member_set_text(object, "reason", entry->reason);
    return object;
}

static json_t *row_to_json(const struct conformance_story *story, const struct conformance_row *row)
{
    const struct conformance_result *result = story->result;
    const struct requirement *requirement = row->requirement;
    json_t *object = json_object();
    char command[CONFORMANCE_COMMAND_SIZE];

    conformance_reproduce(story, row, command, sizeof command);
    member_set_text(object, "id", requirement->id);
    member_set_text(object, "chapter", catalogue_chapter(result->input.catalogue, requirement));
    member_set_text(object, "text", requirement->text);
    member_set_text(object, "level", requirement_level_word(requirement->level));
    member_set_text(object, "severity", requirement_severity_word(requirement->severity));
    member_set_text(object, "profile", requirement->profile);
    json_object_set_new(object, "asked", json_boolean(row < result->rows + result->asked));
    member_set_text(object, "verdict", check_verdict_word(row->verdict));
    member_set_text(object, "message", row->message);
    json_object_set_new(object, "observations", observations_to_json(row->observed));
    json_object_set_new(object, "checks", checks_to_array(result->input.coverage, requirement->id));
    json_object_set_new(object, "known", excuse_to_json(conformance_excuse(result, row)));
    json_object_set_new(object, "kept", kept_to_json(story, row->observed));
    member_set_text(object, "reproduce", command);
    return object;
}

/* ---- the whole ---- */

static json_t *rows_to_json(const struct conformance_story *story)
{
    json_t *array = json_array();

    for (size_t i = 0; i < story->result->count; i++)
        json_array_append_new(array, row_to_json(story, &story->result->rows[i]));
    return array;
}

/* Rows of profiles that the platform does not claim to have. */
static json_t *not_claimed_to_json(const struct conformance_input *input)
{
    const struct row_choice claimed = {.profiles = input->choice->profiles};
    json_t *array = json_array();

    for (size_t i = 0; i < catalogue_count(input->catalogue); i++) {
        const struct requirement *row = catalogue_at(input->catalogue, i);
        if (!row_is_chosen(&claimed, row))
            json_array_append_new(array,
                                  json_pack("{s:s, s:s}", "id", row->id, "profile", row->profile));
    }
    return array;
}

static json_t *counts_to_object(const struct conformance_result *result)
{
    json_t *object = json_object();

    for (int verdict = 0; verdict < CHECK_VERDICT_COUNT; verdict++)
        member_set_count(object, check_verdict_word((enum check_verdict)verdict),
                         result->counts[verdict]);
    return object;
}

/* null when no file was given. */
static json_t *known_to_json(const struct conformance_result *result)
{
    const struct known_failures *known = result->input.known;
    char said[KNOWN_SAID_SIZE];
    json_t *entries, *file;

    if (!known)
        return json_null();
    entries = json_array();
    for (size_t i = 0; i < known_failures_count(known); i++) {
        json_t *object = excuse_to_json(known_failures_at(known, i));
        known_failure_say(known, i, result->outcomes[i], said, sizeof said);
        member_set_text(object, "requirement", known_failures_at(known, i)->requirement);
        member_set_text(object, "outcome", known_outcome_word(result->outcomes[i]));
        json_object_set_new(object, "stale",
                            json_boolean(known_outcome_is_stale(result->outcomes[i])));
        member_set_text(object, "said", said);
        json_array_append_new(entries, object);
    }
    file = json_object();
    member_set_text(file, "file", known_failures_name(known));
    member_set_text(file, "day", result->input.today);
    json_object_set_new(file, "entries", entries);
    return file;
}

static json_t *target_to_object(const struct run_info *info)
{
    json_t *object = json_object();

    member_set_text(object, "name", info->target_name);
    member_set_text(object, "url", info->target_url);
    member_set_text(object, "version", info->target_version);
    return object;
}

static void set_head(json_t *object, const struct conformance_story *story)
{
    const struct run_info *info = &story->run->info;
    const struct conformance_input *input = &story->result->input;
    const struct verdict *verdict = &story->run->verdict;
    char seed[24];

    snprintf(seed, sizeof seed, "%llu", (unsigned long long)info->seed);
    member_set_text(object, "schema", CONFORMANCE_SCHEMA);
    member_set_text(object, "program_version", info->program_version);
    member_set_text(object, "command", info->command);
    member_set_text(object, "seed", seed); /* 64 bits: more than JSON numbers hold */
    set_time(object, "start", info->start_realtime_us);
    set_time(object, "end", info->end_realtime_us);
    json_object_set_new(object, "target", target_to_object(info));
    json_object_set_new(object, "catalogue",
                        json_pack("{s:s, s:s}", "version", catalogue_version(input->catalogue),
                                  "digest", catalogue_digest(input->catalogue)));
    json_object_set_new(object, "profiles", words_to_json(input->choice->profiles));
    json_object_set_new(object, "requirements", words_to_json(input->choice->requirements));
    member_set_text(object, "verdict", exit_code_verdict(verdict->code));
    json_object_set_new(object, "exit_code", json_integer(verdict->code));
    json_object_set_new(object, "reasons", verdict_reasons_to_json(verdict, verdict->count));
}

json_t *conformance_to_json(const struct conformance_story *story)
{
    const struct conformance_result *result = story->result;
    json_t *object = json_object();

    set_head(object, story);
    json_object_set_new(object, "counts", counts_to_object(result));
    member_set_count(object, "known", conformance_excused_count(result));
    json_object_set_new(object, "rows", rows_to_json(story));
    json_object_set_new(object, "not_claimed", not_claimed_to_json(&result->input));
    json_object_set_new(object, "known_failures", known_to_json(result));
    json_object_set(object, "permissions", story->permissions);
    return object;
}
