/* Expected versus received, by the numbers in the stamps of one sender: how many of its frames (or
 * packets) were lost on the way to one receiver. Pure. Used by media sinks, once for video and once
 * for audio of each sender.
 *
 * An interval begins and ends when somebody outside learns that the receiver may (must no longer)
 * receive, not in the instant in which the platform starts (stops) to forward. So what was captured
 * before the first one that came, at most LEDGER_HEAD_US after the interval's beginning, is not
 * expected; nor is what was captured in the last LEDGER_TAIL_US and behind the last one that came.
 */
#ifndef CASELOAD_NUMBER_LEDGER_H
#define CASELOAD_NUMBER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#define LEDGER_HEAD_US 2000000
#define LEDGER_TAIL_US 300000
#define LEDGER_WINDOW 256 /* numbers back in which one that comes twice is recognised */

/* Zeroed memory has no interval yet. */
struct number_ledger {
    bool open;         /* the interval has no end yet */
    bool used;         /* there is an interval that is not settled */
    bool any;          /* something of it came */
    uint32_t from, to; /* numbers; `to` exclusive, when not open */
    int64_t from_us, to_us;
    uint32_t first, highest;      /* that came */
    int64_t first_us, highest_us; /* their capture */
    uint32_t begun_before;        /* of those before `first`, how many had begun to come */
    uint64_t came;                /* different numbers of the interval */
    uint64_t seen[LEDGER_WINDOW / 64];

    uint64_t expected, received; /* of settled intervals */
};

/* Opening an open interval does nothing, nor does closing one that is not open. */
void number_ledger_open(struct number_ledger *ledger, uint32_t from, int64_t at_us);
/* Late ones of the interval still count, until the next one opens. */
void number_ledger_close(struct number_ledger *ledger, uint32_t to, int64_t at_us);
/* `begun_before`: older ones of which something came, but not all. False: it came before. */
bool number_ledger_came(struct number_ledger *ledger, uint32_t number, int64_t capture_us,
                        uint32_t begun_before);
/* All intervals, the one that is not settled included. received <= expected. */
void number_ledger_totals(const struct number_ledger *ledger, uint64_t *ret_expected,
                          uint64_t *ret_received);

#endif
