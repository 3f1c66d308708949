#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/measure/measure_unit.h"
#include "engine/result/markup.h"
#include "engine/result/report_page.h"

#define TEXT_SIZE 4096

void page_text(struct buffer *out, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    markup_text(out, text);
}

void page_value(struct buffer *out, double value, const char *unit)
{
    char text[64];
    measure_format(value, unit, text, sizeof text);
    /* A number and its unit stay on one line. */
    char *rest = text, *word;
    while ((word = strsep(&rest, " ")) != NULL) {
        markup_text(out, word);
        buffer_text(out, rest != NULL ? "&nbsp;" : "");
    }
}

void page_number_cell(struct buffer *out, double value, const char *unit)
{
    buffer_text(out, "<td class=\"number\">");
    page_value(out, value, unit);
    buffer_text(out, "</td>");
}

void page_empty_cell(struct buffer *out)
{
    buffer_text(out, "<td class=\"number soft\">–</td>");
}

void page_tag(struct buffer *out, const char *tone, const char *word)
{
    buffer_format(out, "<span class=\"tag %s\">", tone);
    markup_text(out, word);
    buffer_text(out, "</span>");
}

void page_heading(struct buffer *out, const char *id, const char *title, const char *lead)
{
    buffer_format(out, "<h2 id=\"%s\">", id);
    markup_text(out, title);
    buffer_text(out, "</h2>\n");
    if (lead[0] != '\0') {
        buffer_text(out, "<p class=\"lead\">");
        markup_text(out, lead);
        buffer_text(out, "</p>\n");
    }
}

void page_figure(struct buffer *out, const struct plot *plot)
{
    page_heading(out, plot->name, plot->title, "");
    if (plot->why[0] != '\0') {
        buffer_text(out, "<p class=\"note\">No drawing: ");
        markup_text(out, plot->why);
        buffer_text(out, ". Data and gnuplot script are in <code>plots/</code>.</p>\n");
        return;
    }
    buffer_text(out, "<figure>");
    buffer_append(out, buffer_string(&plot->svg), plot->svg.size);
    buffer_text(out, "<figcaption>");
    markup_text(out, plot->caption);
    buffer_text(out, "</figcaption></figure>\n");
}

void page_fact(struct buffer *out, const char *name, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (text[0] == '\0') {
        return;
    }
    buffer_text(out, "<dt>");
    markup_text(out, name);
    buffer_text(out, "</dt><dd>");
    markup_text(out, text);
    buffer_text(out, "</dd>\n");
}
