#include "reference-server/domain/plain_text.h"

size_t plain_text_characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool has_control_characters(const char *text, bool allow_lines)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == 0x7f || (byte < 0x20 && !(allow_lines && (byte == '\n' || byte == '\t'))))
            return true;
    }
    return false;
}

bool plain_text_fits(const char *text, size_t min, size_t max, bool allow_lines)
{
    size_t length = plain_text_characters(text);
    return length >= min && length <= max && !has_control_characters(text, allow_lines);
}
