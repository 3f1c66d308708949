/* A file of known failures. What is taken is within its bounds, can be judged on any day and told
 * in a sentence; what is refused says why. */
#include <assert.h>
#include <string.h>

#include "engine/conform/known_failures.h"

static const char *const days[] = {"0000-01-01", "2026-01-31", "2028-02-29", "9999-12-31"};

static void judge(const struct known_failures *known, size_t index, uint8_t choice)
{
    const struct known_failure *entry = known_failures_at(known, index);
    char said[KNOWN_SAID_SIZE];

    assert(strlen(entry->expires) == strlen(days[0]));
    assert(*entry->requirement && strlen(entry->requirement) <= KNOWN_TEXT_MAX);
    assert(*entry->reason && strlen(entry->reason) <= KNOWN_TEXT_MAX);
    enum known_outcome outcome = known_failure_judge(
        entry, choice & 0x40, (enum check_verdict)(choice % CHECK_VERDICT_COUNT),
        days[(choice >> 4) % 4]);
    known_failure_say(known, index, outcome, said, sizeof said);
    assert(strstr(said, "entry "));
    known_failure_say(known, index, outcome, said, 1 + choice);
    assert(strlen(said) <= choice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct known_failures *known = NULL;
    struct failure failure = {0};

    if (size == 0)
        return 0;
    if (known_failures_parse((const char *)data + 1, size - 1, "f", &known, &failure) !=
        STATUS_OK) {
        assert(!known && strncmp(failure.message, "f:", 2) == 0);
        return 0;
    }
    assert(known_failures_count(known) <= KNOWN_FAILURES_MAX);
    for (size_t i = 0; i < known_failures_count(known); i++)
        judge(known, i, data[0]);
    known_failures_destroy(known);
    return 0;
}
