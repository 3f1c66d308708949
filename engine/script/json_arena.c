#include "engine/script/json_arena.h"

#include <jansson.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum { BLOCK_SIZE = 64 * 1024 };

struct block {
    struct block *next;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

static struct block *blocks; /* the newest first; the first of all stays for the next message */
static size_t used;          /* of the newest one */
static json_malloc_t heap_malloc;
static json_free_t heap_free;

static bool add_block(size_t wanted)
{
    size_t bytes = wanted > BLOCK_SIZE ? wanted : BLOCK_SIZE;
    struct block *block = malloc(sizeof *block + bytes);

    if (!block)
        return false;
    block->next = blocks;
    block->size = bytes;
    blocks = block;
    used = 0;
    return true;
}

static void *take(size_t wanted)
{
    const size_t step = alignof(max_align_t);

    if (wanted > SIZE_MAX / 2)
        return NULL;
    wanted = (wanted + step - 1) / step * step;
    if ((!blocks || blocks->size - used < wanted) && !add_block(wanted))
        return NULL;
    void *piece = blocks->bytes + used;
    used += wanted;
    return piece;
}

static void keep(void *piece)
{
    (void)piece;
}

void json_arena_begin(void)
{
    json_get_alloc_funcs(&heap_malloc, &heap_free);
    json_set_alloc_funcs(take, keep);
}

void json_arena_end(void)
{
    json_set_alloc_funcs(heap_malloc, heap_free);
    while (blocks && (blocks->next || blocks->size > BLOCK_SIZE)) {
        struct block *next = blocks->next;
        free(blocks);
        blocks = next;
    }
    used = 0;
}
