#include "engine/measure/target_metric.h"

#include <string.h>

enum target_number target_number_by_word(const char *word)
{
    static const char *const words[] = {
#define X(name, word, meaning) word,
        TARGET_NUMBER_LIST(X)
#undef X
    };
    unsigned number = 0;

    while (number < TARGET_NUMBER_COUNT && strcmp(words[number], word) != 0)
        number++;
    return (enum target_number)number;
}
