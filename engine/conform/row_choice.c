#include "engine/conform/row_choice.h"

#include <stdio.h>
#include <string.h>

/* Whether `word` is one of the words that commas separate. */
static bool is_in(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = words; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

bool row_is_chosen(const struct row_choice *choice, const struct requirement *row)
{
    return (!choice->profiles || is_in(choice->profiles, row->profile)) &&
           (!choice->requirements || is_in(choice->requirements, row->id));
}

static bool knows(const struct catalogue *catalogue, const char *word, bool is_profile)
{
    return is_profile ? catalogue_has_profile(catalogue, word)
                      : catalogue_find(catalogue, word) != NULL;
}

static enum status check_words(const struct catalogue *catalogue, const char *words,
                               bool is_profile, struct failure *failure)
{
    while (words) {
        char word[64];
        size_t length = strcspn(words, ",");
        snprintf(word, sizeof word, "%.*s", (int)length, words);
        if (!knows(catalogue, word, is_profile))
            return failure_set(
                failure, STATUS_NOT_FOUND,
                "--%s %s: the catalogue has none (caseload conform --list shows all)",
                is_profile ? "profile" : "requirement", word);
        words = words[length] == ',' ? words + length + 1 : NULL;
    }
    return STATUS_OK;
}

enum status row_choice_check(const struct row_choice *choice, const struct catalogue *catalogue,
                             struct failure *failure)
{
    enum status status = check_words(catalogue, choice->profiles, true, failure);

    return status == STATUS_OK ? check_words(catalogue, choice->requirements, false, failure)
                               : status;
}
