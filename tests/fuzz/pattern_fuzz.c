/* String patterns of stories: the first byte says how much of the input is the pattern. */
#include <assert.h>

#include "engine/script/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t steps = 100000;
    struct pattern_match match;
    size_t pattern_size;

    if (size < 1)
        return 0;
    pattern_size = data[0] < size - 1 ? data[0] : size - 1;
    const char *pattern = (const char *)data + 1, *subject = pattern + pattern_size;
    size_t subject_size = size - 1 - pattern_size;
    if (pattern_find(subject, subject_size, 0, false, pattern, pattern_size, &steps, &match) !=
        PATTERN_MATCHED)
        return 0;
    assert(match.start <= match.end && match.end <= subject_size);
    for (size_t i = 0; i < match.capture_count; i++)
        assert(match.captures[i].start + match.captures[i].length <= subject_size);
    return 0;
}
