#include "engine/measure/ledger.h"

#include <stdio.h>
#include <string.h>

const struct ledger_row *ledger_find(const struct ledger *ledger, const char *name)
{
    for (size_t i = 0; i < ledger->count; i++) {
        if (strcmp(ledger->rows[i].name, name) == 0) {
            return &ledger->rows[i];
        }
    }
    return NULL;
}

static struct ledger_row *find_or_add(struct ledger *ledger, const char *name)
{
    struct ledger_row *row = (struct ledger_row *)ledger_find(ledger, name);
    if (row != NULL) {
        return row;
    }
    if (ledger->count == LEDGER_ROWS_MAX || strlen(name) >= sizeof row->name) {
        ledger->refused++;
        return NULL;
    }
    row = &ledger->rows[ledger->count++];
    *row = (struct ledger_row){0};
    snprintf(row->name, sizeof row->name, "%s", name);
    return row;
}

static void explain(struct ledger_row *row, const char *explanation)
{
    if (explanation != NULL && row->explanation[0] == '\0') {
        snprintf(row->explanation, sizeof row->explanation, "%s", explanation);
    }
}

void ledger_add(struct ledger *ledger, const char *name, uint64_t expected, uint64_t seen,
                uint64_t explained, const char *explanation)
{
    struct ledger_row *row = find_or_add(ledger, name);
    if (row == NULL) {
        return;
    }
    uint64_t absent = expected > seen ? expected - seen : 0;
    row->expected += expected;
    row->seen += seen;
    row->explained += explained < absent ? explained : absent;
    row->missing += absent > explained ? absent - explained : 0;
    explain(row, explanation);
}

void ledger_merge(struct ledger *into, const struct ledger *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct ledger_row *other = &from->rows[i];
        struct ledger_row *row = find_or_add(into, other->name);
        if (row == NULL) {
            continue;
        }
        row->expected += other->expected;
        row->seen += other->seen;
        row->explained += other->explained;
        row->missing += other->missing;
        explain(row, other->explanation[0] != '\0' ? other->explanation : NULL);
    }
    into->refused += from->refused;
}
