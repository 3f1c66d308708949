/* conformance.tap, TAP version 14: a test point for the verdict of the run, for each row and for
 * each stale entry of the known failures. No times: a load is not what is judged. */
#include <stdio.h>
#include <string.h>

#include "engine/conform/conformance_files.h"
#include "engine/result/result_file.h"
#include "engine/result/utf8.h"

/* On one line, with a backslash before each of `special`; bytes that are no UTF-8 become '?'. */
static void print_escaped(FILE *out, const char *text, const char *special)
{
    while (*text) {
        size_t size = utf8_character_size(text);
        if (size == 0)
            fputc('?', out);
        else if ((unsigned char)*text < ' ' || *text == 0x7F)
            fputc(' ', out);
        else
            fprintf(out, "%s%.*s", strchr(special, *text) ? "\\" : "", (int)size, text);
        text += size > 0 ? size : 1;
    }
}

/* Of a description, which ends at '#'. */
static void print_text(FILE *out, const char *text)
{
    print_escaped(out, text, "#\\");
}

/* Of a YAML block, in quotes. */
static void print_field(FILE *out, const char *name, const char *text)
{
    fprintf(out, "  %s: \"", name);
    print_escaped(out, text, "\"\\");
    fputs("\"\n", out);
}

static void print_directive(FILE *out, const char *directive, const char *word, const char *reason)
{
    fprintf(out, " # %s ", directive);
    print_text(out, word);
    fputs(*reason ? ": " : "", out);
    print_text(out, reason);
}

static void print_details(FILE *out, const struct conformance_story *story,
                          const struct conformance_row *row)
{
    char command[CONFORMANCE_COMMAND_SIZE];

    conformance_reproduce(story, row, command, sizeof command);
    fputs("  ---\n", out);
    print_field(out, "verdict", check_verdict_word(row->verdict));
    print_field(out, "level", requirement_level_word(row->requirement->level));
    print_field(out, "severity", requirement_severity_word(row->requirement->severity));
    print_field(out, "message", row->message);
    print_field(out, "reproduce", command);
    fputs("  ...\n", out);
}

/* Why a row is neither held nor broken; NULL: it is one of them. */
static const char *skip_reason(const struct conformance_row *row)
{
    switch (row->verdict) {
    case CHECK_NOTRUN:
        return "nothing was observed about it";
    case CHECK_NA:
    case CHECK_DIFFERS:
        return row->message;
    default:
        return NULL;
    }
}

static void print_row(FILE *out, const struct conformance_story *story, size_t number,
                      const struct conformance_row *row)
{
    const struct known_failure *excuse = conformance_excuse(story->result, row);
    const char *skip = skip_reason(row);
    bool held = skip || row->verdict == CHECK_PASS || row->verdict == CHECK_WARN;

    fprintf(out, "%s %zu - %s ", held ? "ok" : "not ok", number, row->requirement->id);
    print_text(out, row->requirement->text);
    if (skip)
        print_directive(out, "SKIP", check_verdict_word(row->verdict), skip);
    else if (excuse && !held)
        print_directive(out, "TODO", excuse->ticket, excuse->reason);
    fputc('\n', out);
    if (!held)
        print_details(out, story, row);
    if (row->verdict == CHECK_WARN) {
        fprintf(out, "# WARN %s: ", row->requirement->id);
        print_text(out, row->message);
        fputc('\n', out);
    }
}

/* → the number of the last point. */
static size_t print_stale(FILE *out, const struct conformance_result *result, size_t number)
{
    const struct known_failures *known = result->input.known;
    char said[KNOWN_SAID_SIZE];

    for (size_t i = 0; known && i < known_failures_count(known); i++) {
        if (!known_outcome_is_stale(result->outcomes[i]))
            continue;
        known_failure_say(known, i, result->outcomes[i], said, sizeof said);
        fprintf(out, "not ok %zu - known failure ", ++number);
        print_text(out, said);
        fputc('\n', out);
    }
    return number;
}

static void print_verdict(FILE *out, const struct verdict *verdict)
{
    const char *reason = verdict_main_reason(verdict);

    fprintf(out, "%s 1 - verdict %s, exit %d%s",
            verdict->code == EXIT_CODE_PASSED ? "ok" : "not ok", exit_code_verdict(verdict->code),
            (int)verdict->code, *reason ? ": " : "");
    print_text(out, reason);
    fputc('\n', out);
}

static void print_all(FILE *out, const struct conformance_story *story)
{
    const struct conformance_result *result = story->result;
    size_t number = 1;

    fprintf(out, "TAP version 14\n# catalogue %s (%s)\n",
            catalogue_version(result->input.catalogue), catalogue_digest(result->input.catalogue));
    print_verdict(out, &story->run->verdict);
    for (size_t i = 0; i < result->count; i++)
        print_row(out, story, ++number, &result->rows[i]);
    fprintf(out, "1..%zu\n", print_stale(out, result, number));
}

enum status conformance_tap_write(const struct conformance_story *story, const char *folder,
                                  struct failure *failure)
{
    struct result_file file;
    enum status status = result_file_open(&file, failure, folder, "conformance.tap");

    if (status != STATUS_OK)
        return status;
    print_all(file.stream, story);
    return result_file_commit(&file, failure);
}
