#include "record/find.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"

void finds_add(struct finds *f, struct find new)
{
    new.longest = new.to - new.from;
    if (f->count == f->room) {
        f->room = f->room ? 2 * f->room : 16;
        f->items = mem_grow(f->items, f->room * sizeof *f->items);
    }
    struct find *last = f->count ? &f->items[f->count - 1] : NULL;
    if (last && last->id == new.id && last->begun == new.begun &&
        last->from < new.from &&new.from < last->to && last->to <= new.to) {
        last->to = new.to;
        if (last->longest < new.longest)
            last->longest = new.longest;
        return;
    }
    assert(f->items);
    f->items[f->count++] = new;
}

// Of the same place what is whole comes before what is only begun.
static int find_order(const void *left, const void *right)
{
    const struct find *a = left, *b = right;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    if (a->longest != b->longest)
        return a->longest > b->longest ? -1 : 1;
    if (a->begun != b->begun)
        return a->begun ? 1 : -1;
    return (a->id > b->id) - (a->id < b->id);
}

void finds_settle(struct finds *f)
{
    size_t kept = 0;
    if (f->count > 1)
        qsort(f->items, f->count, sizeof *f->items, find_order);
    for (size_t i = 0; i < f->count; i++)
        if (kept == 0 || f->items[i].to > f->items[kept - 1].to)
            f->items[kept++] = f->items[i];
    f->count = kept;
}

void finds_free(struct finds *f)
{
    free(f->items);
    *f = (struct finds){0};
}
