#include "engine/result/markup.h"

#include "engine/result/utf8.h"

static const char *escape(char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void markup_text(struct buffer *out, const char *text)
{
    while (*text != '\0') {
        size_t size = utf8_character_size(text);
        const char *escaped = escape(*text);
        if (escaped != NULL) {
            buffer_text(out, escaped);
        } else if (size == 0 || ((unsigned char)*text < ' ' && *text != '\n' && *text != '\t')) {
            buffer_text(out, "?");
        } else {
            buffer_append(out, text, size);
        }
        text += size > 0 ? size : 1;
    }
}
