#include "engine/catalogue/weight.h"

void catalogue_weigh(const struct catalogue *catalogue, struct check_log *checks)
{
    for (size_t i = 0; i < check_log_count(checks); i++) {
        const char *id = check_log_requirement(checks, i)->id;
        const struct requirement *row = catalogue_find(catalogue, id);
        if (row && row->level != REQUIREMENT_MUST)
            check_log_soften(checks, id);
    }
}
