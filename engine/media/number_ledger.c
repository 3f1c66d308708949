#include "engine/media/number_ledger.h"

#include <string.h>

/* Numbers per microsecond, from what came; 0: not known. */
static double rate_of(const struct number_ledger *ledger)
{
    int64_t time_us = ledger->highest_us - ledger->first_us;

    if (!ledger->any || time_us <= 0)
        return 0;
    return (double)(ledger->highest - ledger->first) / (double)time_us;
}

/* Of the numbers before the first that came, those that should have come. */
static uint32_t missing_head(const struct number_ledger *ledger)
{
    uint32_t before = ledger->first - ledger->from;
    int64_t late_us = ledger->first_us - ledger->from_us - LEDGER_HEAD_US;
    double missing = late_us > 0 ? (double)late_us * rate_of(ledger) : 0;

    if (missing < ledger->begun_before)
        missing = ledger->begun_before;
    return missing < before ? (uint32_t)missing : before;
}

/* Of the numbers behind the last that came, those that should have come. */
static uint32_t missing_tail(const struct number_ledger *ledger)
{
    if (ledger->open)
        return 0; /* they may be on their way */
    uint32_t behind = ledger->to > ledger->highest ? ledger->to - ledger->highest - 1 : 0;
    int64_t time_us = ledger->to_us - LEDGER_TAIL_US - ledger->highest_us;
    double missing = time_us > 0 ? (double)time_us * rate_of(ledger) : 0;

    return missing < behind ? (uint32_t)missing : behind;
}

/* Nothing came of an interval: all of it is missing but what belongs to its two ends. */
static uint64_t missing_all(const struct number_ledger *ledger)
{
    int64_t length_us = ledger->to_us - ledger->from_us;
    int64_t due_us = length_us - LEDGER_HEAD_US - LEDGER_TAIL_US;

    if (ledger->open || due_us <= 0 || ledger->to <= ledger->from)
        return 0;
    return (uint64_t)((double)(ledger->to - ledger->from) * (double)due_us / (double)length_us);
}

static uint64_t expected_of(const struct number_ledger *ledger)
{
    if (!ledger->used)
        return 0;
    if (!ledger->any)
        return missing_all(ledger);
    return (uint64_t)missing_head(ledger) + (ledger->highest - ledger->first + 1) +
           missing_tail(ledger);
}

static uint64_t received_of(const struct number_ledger *ledger)
{
    uint64_t expected = expected_of(ledger);

    return ledger->came < expected ? ledger->came : expected;
}

void number_ledger_totals(const struct number_ledger *ledger, uint64_t *ret_expected,
                          uint64_t *ret_received)
{
    *ret_expected = ledger->expected + expected_of(ledger);
    *ret_received = ledger->received + received_of(ledger);
}

void number_ledger_open(struct number_ledger *ledger, uint32_t from, int64_t at_us)
{
    struct number_ledger next = {
        .open = true, .used = true, .from = from, .from_us = at_us, .first = from};

    if (ledger->open)
        return;
    number_ledger_totals(ledger, &next.expected, &next.received);
    *ledger = next;
}

void number_ledger_close(struct number_ledger *ledger, uint32_t to, int64_t at_us)
{
    if (!ledger->open)
        return;
    ledger->open = false;
    ledger->to = to;
    ledger->to_us = at_us;
}

/* False: seen before. Numbers behind the window are taken as new. */
static bool mark_seen(struct number_ledger *ledger, uint32_t number)
{
    uint64_t bit = 1ULL << number % 64;
    uint64_t *word = &ledger->seen[number % LEDGER_WINDOW / 64];

    if (ledger->any && number <= ledger->highest) {
        if (ledger->highest - number >= LEDGER_WINDOW)
            return true;
        bool new = !(*word & bit);
        *word |= bit;
        return new;
    }
    if (!ledger->any || number - ledger->highest >= LEDGER_WINDOW)
        memset(ledger->seen, 0, sizeof ledger->seen);
    else
        for (uint32_t entering = ledger->highest + 1; entering < number; entering++)
            ledger->seen[entering % LEDGER_WINDOW / 64] &= ~(1ULL << entering % 64);
    *word |= bit;
    return true;
}

bool number_ledger_came(struct number_ledger *ledger, uint32_t number, int64_t capture_us,
                        uint32_t begun_before)
{
    if (!ledger->used || number < ledger->from || (!ledger->open && number >= ledger->to))
        return true; /* outside of what is expected */
    if (!mark_seen(ledger, number))
        return false;
    if (!ledger->any || number < ledger->first) {
        ledger->first = number;
        ledger->first_us = capture_us;
        ledger->begun_before = begun_before;
    }
    if (!ledger->any || number > ledger->highest) {
        ledger->highest = number;
        ledger->highest_us = capture_us;
    }
    ledger->any = true;
    ledger->came++;
    return true;
}
