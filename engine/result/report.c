#include "engine/result/report.h"

#include <stdio.h>
#include <string.h>

#include "engine/result/plot_theme.h"
#include "engine/result/report_page.h"
#include "engine/result/result_file.h"

#define PAGE_LIMIT_BYTES ((size_t)64 * 1024 * 1024)

void page_begin(struct buffer *out, const char *title)
{
    buffer_text(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta "
                     "name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>");
    page_text(out, "%s", title);
    buffer_text(out, "</title>\n<style>\n:root{");
    plot_theme_variables(out, false);
    buffer_text(out, "}@media(prefers-color-scheme:dark){:root{");
    plot_theme_variables(out, true);
    buffer_text(out, "}}@media print{:root{");
    plot_theme_variables(out, false);
    buffer_text(out, "}}\n");
    buffer_text(out, report_css);
    buffer_text(out, "</style></head><body>\n");
}

static void write_footer(struct buffer *out, const struct report_source *source)
{
    buffer_text(out, "<footer>Everything on this page comes from the files beside it: "
                     "<code>run.json</code>, <code>summary.json</code>, <code>checks.jsonl</code>, "
                     "<code>sessions.jsonl</code>, <code>timeline.csv</code>, "
                     "<code>histograms/</code>; the drawings with data and gnuplot scripts are in "
                     "<code>plots/</code>. Made by Caseload ");
    page_text(out, "%s", report_text(source->run, "program_version"));
    buffer_text(out, ".</footer>\n</body></html>\n");
}

static void write_contents(struct buffer *out, const struct report_source *source)
{
    static const struct {
        const char *id, *name;
    } sections[] = {
        {"thresholds", "Thresholds"},
        {"environment", "What ran on what"},
        {"join", "Joins"},
        {"percentiles", "Latency"},
        {"measures", "Measures"},
        {"timeline", "Timeline"},
        {"roles", "Roles"},
        {"checks", "Requirements"},
        {"ledger", "Expected and seen"},
        {"worst", "Worst sessions"},
        {"generator", "Generator"},
        {"metrics", "All metrics"},
    };
    buffer_text(out, "<nav>");
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        bool empty =
            strcmp(sections[i].id, "checks") == 0 && json_array_size(source->requirements) == 0;
        if (!empty) {
            buffer_format(out, "<a href=\"#%s\">%s</a> ", sections[i].id, sections[i].name);
        }
    }
    buffer_text(out, "</nav>\n");
}

static void write_page(struct buffer *out, const struct report_source *source,
                       const struct plot_set *plots)
{
    char title[200];
    snprintf(title, sizeof title, "%s: %s", report_text(source->run, "story.name"),
             report_text(source->summary, "verdict"));
    page_begin(out, title);
    report_verdict(out, source);
    report_cards(out, source);
    write_contents(out, source);
    report_thresholds(out, source);
    report_environment(out, source);
    page_figure(out, &plots->plots[PLOT_JOIN]);
    page_figure(out, &plots->plots[PLOT_PERCENTILES]);
    report_measures(out, source);
    page_figure(out, &plots->plots[PLOT_TIMELINE]);
    page_figure(out, &plots->plots[PLOT_LOAD]);
    report_stories(out, source);
    report_roles(out, source);
    report_checks(out, source);
    report_ledger(out, source);
    report_worst(out, source);
    report_generator(out, source);
    report_all_metrics(out, source);
    write_footer(out, source);
}

enum status page_write(const struct buffer *page, const char *folder, const char *name,
                       struct failure *failure)
{
    struct result_file file;
    if (page->failed) {
        return failure_set(failure, STATUS_TOO_LARGE, "%s/%s would be too large", folder, name);
    }
    enum status status = result_file_open(&file, failure, folder, "%s", name);
    if (status != STATUS_OK) {
        return status;
    }
    fwrite(buffer_string(page), 1, page->size, file.stream);
    return result_file_commit(&file, failure);
}

enum status report_write(const char *run_folder, struct failure *failure)
{
    struct report_source source;
    struct plot_set plots;
    struct buffer page;
    enum status status = report_source_load(run_folder, &source, failure);
    if (status != STATUS_OK) {
        return status;
    }
    status = plot_set_make(&source, &plots, failure);
    if (status == STATUS_OK) {
        buffer_init(&page, PAGE_LIMIT_BYTES);
        write_page(&page, &source, &plots);
        status = page_write(&page, run_folder, "report.html", failure);
        buffer_finish(&page);
    }
    plot_set_finish(&plots);
    report_source_finish(&source);
    return status;
}
