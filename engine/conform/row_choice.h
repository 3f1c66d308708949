/* Which rows of the catalogue somebody asked for: of profiles, by id, or both. Pure. */
#ifndef CASELOAD_ROW_CHOICE_H
#define CASELOAD_ROW_CHOICE_H

#include "engine/catalogue/catalogue.h"

/* Words with commas between, as of --profile and --requirement; borrowed. NULL: all. */
struct row_choice {
    const char *profiles, *requirements;
};

/* NOT_FOUND: a word is no profile, or no id, of the catalogue: an empty choice is a mistake, not a
 * success. The failure names option and word. */
MUST_CHECK enum status row_choice_check(const struct row_choice *choice,
                                        const struct catalogue *catalogue, struct failure *failure);
bool row_is_chosen(const struct row_choice *choice, const struct requirement *row);

#endif
