/* The parts of report.html, one function each, and what they share. Each appends its section, or
 * nothing when the run has nothing for it. Used by engine/result,
 * engine/capacity and engine/conform. */
#ifndef CASELOAD_REPORT_PAGE_H
#define CASELOAD_REPORT_PAGE_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "engine/result/plot.h"
#include "engine/result/report_source.h"

extern const char report_css[]; /* report.css, put in at build time */

/* report_head.c */
void report_verdict(struct buffer *out, const struct report_source *source);
void report_cards(struct buffer *out, const struct report_source *source);
void report_thresholds(struct buffer *out, const struct report_source *source);
void report_environment(struct buffer *out, const struct report_source *source);
/* report_tables.c */
void report_measures(struct buffer *out, const struct report_source *source);
void report_stories(struct buffer *out, const struct report_source *source);
void report_roles(struct buffer *out, const struct report_source *source);
void report_all_metrics(struct buffer *out, const struct report_source *source);
/* report_findings.c */
void report_checks(struct buffer *out, const struct report_source *source);
void report_ledger(struct buffer *out, const struct report_source *source);
void report_worst(struct buffer *out, const struct report_source *source);
void report_generator(struct buffer *out, const struct report_source *source);

/* report_markup.c: small pieces. Texts are escaped. */
/* Formatted; the result is escaped as a whole. */
void page_text(struct buffer *out, const char *format, ...) PRINTF_LIKE(2, 3);
/* A value for people, with its unit. */
void page_value(struct buffer *out, double value, const char *unit);
void page_number_cell(struct buffer *out, double value, const char *unit);
void page_empty_cell(struct buffer *out);
/* The sign beside a verdict's word, so that colour is never alone. */
void page_mark(struct buffer *out, const char *verdict);
/* Everything up to <body>, with style. */
void page_begin(struct buffer *out, const char *title);
/* FOLDER/NAME. TOO_LARGE: the buffer was too small; IO. */
MUST_CHECK enum status page_write(const struct buffer *page, const char *folder, const char *name,
                                  struct failure *failure);
/* A coloured word: `tone` is passed, failed, inconclusive or plain. */
void page_tag(struct buffer *out, const char *tone, const char *word);
/* <h2> with an id to link to, and one sentence below it ("" for none). */
void page_heading(struct buffer *out, const char *id, const char *title, const char *lead);
void page_figure(struct buffer *out, const struct plot *plot);
/* A row of a <dl>; nothing when the text is empty. */
void page_fact(struct buffer *out, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
