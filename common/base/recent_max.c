#include "common/base/recent_max.h"

#include <assert.h>

#include "common/base/clock.h"

void recent_max_note(struct recent_max *recent, int64_t now_us, int64_t value)
{
    int64_t second = now_us / US_PER_S;
    unsigned place = (unsigned)(second % RECENT_SECONDS);

    assert(now_us >= 0 && value >= 0);
    if (recent->second[place] != second || value > recent->value[place])
        recent->value[place] = value;
    recent->second[place] = second;
}

int64_t recent_max_get(const struct recent_max *recent, int64_t now_us)
{
    int64_t oldest = now_us / US_PER_S - RECENT_SECONDS, largest = 0;

    for (unsigned i = 0; i < RECENT_SECONDS; i++)
        if (recent->second[i] > oldest && recent->value[i] > largest)
            largest = recent->value[i];
    return largest;
}
