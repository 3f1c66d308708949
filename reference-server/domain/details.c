#include "reference-server/domain/details.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum status details_copy(const struct details *details, struct details *ret_copy)
{
    assert(details->count <= DETAILS_MAX);
    struct details copy = {0};
    for (size_t i = 0; i < details->count; i++) {
        struct detail *item = &copy.items[copy.count++];
        item->name = strdup(details->items[i].name);
        item->value = strdup(details->items[i].value);
        if (!item->name || !item->value) {
            details_finish(&copy);
            return STATUS_NO_MEMORY;
        }
    }
    *ret_copy = copy;
    return STATUS_OK;
}

void details_finish(struct details *details)
{
    for (size_t i = 0; i < details->count; i++) {
        free((char *)details->items[i].name);
        free((char *)details->items[i].value);
    }
    *details = (struct details){0};
}
