#include "prim/cjson_memory.h"

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"

// Stands before each block: its neighbours among those of a call under way, itself when there are
// none.
struct block {
    alignas(max_align_t) struct block *next;
    struct block *before;
};

static struct block taken = {.next = &taken, .before = &taken};
static bool under_way;

static void link_in(struct block *b)
{
    struct block *after = under_way ? taken.next : b;
    b->next = after;
    b->before = under_way ? &taken : b;
    if (!under_way)
        return;
    taken.next = b;
    after->before = b;
}

static void unlink_from(struct block *b)
{
    b->before->next = b->next;
    b->next->before = b->before;
    b->next = b->before = b;
}

void *cjson_malloc(size_t size)
{
    struct block *b = mem_alloc(sizeof *b + size);
    link_in(b);
    return b + 1;
}

void *cjson_realloc(void *old, size_t size)
{
    if (old == NULL)
        return cjson_malloc(size);
    struct block *b = (struct block *)old - 1;
    unlink_from(b);
    b = mem_grow(b, sizeof *b + size);
    link_in(b);
    return b + 1;
}

void cjson_free(void *block)
{
    if (block == NULL)
        return;
    struct block *b = (struct block *)block - 1;
    unlink_from(b);
    free(b);
}

void cjson_memory_begin(void)
{
    assert(!under_way && taken.next == &taken);
    under_way = true;
}

void cjson_memory_end(void)
{
    assert(under_way);
    for (struct block *b = taken.next, *next; b != &taken; b = next) {
        next = b->next;
        free(b);
    }
    taken.next = taken.before = &taken;
    under_way = false;
}
