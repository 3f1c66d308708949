#include "engine/result/plot_theme.h"

#include <stdio.h>
#include <string.h>

#include "engine/result/markup.h"

static const struct {
    const char *variable;
    int red, green, blue;
    const char *dark;
} theme[] = {
#define X(variable, red, green, blue, dark) {variable, red, green, blue, dark},
    PLOT_THEME_LIST(X)
#undef X
};
#define THEME_COUNT (sizeof theme / sizeof theme[0])

void plot_theme_variables(struct buffer *out, bool dark)
{
    for (size_t i = 0; i < THEME_COUNT; i++) {
        if (dark) {
            buffer_format(out, "--%s:%s;", theme[i].variable, theme[i].dark);
        } else {
            buffer_format(out, "--%s:#%02x%02x%02x;", theme[i].variable, theme[i].red,
                          theme[i].green, theme[i].blue);
        }
    }
}

/* `svg` at "rgb(": append the variable for that colour; the characters consumed, 0 when it is none
 * of ours. */
static size_t replace_colour(const char *svg, struct buffer *out)
{
    int red, green, blue, size = 0;
    if (sscanf(svg, "rgb(%d ,%d ,%d )%n", &red, &green, &blue, &size) != 3 || size == 0) {
        return 0;
    }
    for (size_t i = 0; i < THEME_COUNT; i++) {
        if (theme[i].red == red && theme[i].green == green && theme[i].blue == blue) {
            buffer_format(out, "var(--%s)", theme[i].variable);
            return (size_t)size;
        }
    }
    return 0;
}

/* What is left out of the drawing: point symbols (our plots have none) and ids. */
static size_t skip_unwanted(const char *svg)
{
    static const struct {
        const char *begin, *end;
    } unwanted[] = {{"<defs>", "</defs>"},
                    {"<title>", "</title>"},
                    {" id=\"", "\""},
                    {" font-family=\"", "\""},
                    {"<desc>", "</desc>"}};
    for (size_t i = 0; i < sizeof unwanted / sizeof unwanted[0]; i++) {
        size_t size = strlen(unwanted[i].begin);
        if (strncmp(svg, unwanted[i].begin, size) == 0) {
            const char *end = strstr(svg + size, unwanted[i].end);
            return end != NULL ? (size_t)(end - svg) + strlen(unwanted[i].end) : 0;
        }
    }
    return 0;
}

/* Everything behind the opening tag of the <svg>. */
static void copy_drawing(const char *svg, struct buffer *out)
{
    while (*svg != '\0') {
        size_t skipped = skip_unwanted(svg);
        if (skipped == 0 && *svg == 'r') {
            skipped = replace_colour(svg, out);
        }
        if (skipped == 0) {
            size_t plain = 1 + strcspn(svg + 1, "< r");
            buffer_append(out, svg, plain);
            skipped = plain;
        }
        svg += skipped;
    }
}

/* Opening tag with the drawing's own size; false: `svg` is no drawing of gnuplot's. */
static const char *open_tag(const char *svg, const char *label, struct buffer *out)
{
    float width, height;
    const char *box = strstr(svg, "viewBox=\"0 0 ");
    const char *end = box != NULL ? strchr(box, '>') : NULL;
    if (end == NULL || sscanf(box, "viewBox=\"0 0 %f %f", &width, &height) != 2) {
        return NULL;
    }
    buffer_format(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
                  "font-family=\"system-ui, sans-serif\" role=\"img\" aria-label=\"",
                  (double)width, (double)height);
    markup_text(out, label);
    buffer_text(out, "\">");
    return end + 1;
}

void plot_theme_inline(const char *svg, const char *label, struct buffer *out)
{
    const char *drawing = open_tag(svg, label, out);
    if (drawing != NULL) {
        copy_drawing(drawing, out);
    }
}

void plot_theme_standalone(const char *svg, const char *label, struct buffer *out)
{
    const char *drawing = open_tag(svg, label, out);
    if (drawing == NULL) {
        return;
    }
    buffer_text(out, "<style>:root{");
    plot_theme_variables(out, false);
    buffer_text(out, "background:#fff}@media(prefers-color-scheme:dark){:root{");
    plot_theme_variables(out, true);
    buffer_text(out, "background:#0d1117}}</style>");
    copy_drawing(drawing, out);
}
