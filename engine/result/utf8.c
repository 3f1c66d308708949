#include "engine/result/utf8.h"

#include <stdbool.h>

size_t utf8_character_size(const char *terminated)
{
    const unsigned char *text = (const unsigned char *)terminated;
    static const struct {
        unsigned char low, high, second_low, second_high;
        size_t size;
    } rows[] = {
        {0x00, 0x7f, 0x00, 0xff, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (text[0] < rows[i].low || text[0] > rows[i].high) {
            continue;
        }
        bool fits =
            rows[i].size == 1 || (text[1] >= rows[i].second_low && text[1] <= rows[i].second_high);
        for (size_t at = 2; fits && at < rows[i].size; at++) {
            fits = (text[at] & 0xc0) == 0x80; /* false at the final zero: no read beyond it */
        }
        return fits ? rows[i].size : 0;
    }
    return 0;
}
