#include "engine/lanes.h"

#include <stdlib.h>
#include <string.h>

struct place {
    const char *scope, *branch;
    size_t index;
};

static int order(const char *scope, const char *branch, const char *other_scope,
                 const char *other_branch)
{
    int by_scope = strcmp(scope, other_scope);
    return by_scope ? by_scope : strcmp(branch, other_branch);
}

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int by_lane = order(x->scope, x->branch, y->scope, y->branch);
    return by_lane ? by_lane : (x->index > y->index) - (x->index < y->index);
}

static int compare_lanes(const void *a, const void *b)
{
    const struct lane *x = a, *y = b;
    return order(x->scope, x->branch, y->scope, y->branch);
}

static struct place *sorted(struct arena *a, const struct value *list)
{
    size_t count = value_count(list);
    struct place *places = arena_alloc(a, (count + 1) * sizeof *places);
    for (size_t i = 0; i < count; i++)
        places[i] = (struct place){value_get_text(value_at(list, i), "scope"),
                                   value_get_text(value_at(list, i), "lane"), i};
    qsort(places, count, sizeof *places, compare_places);
    return places;
}

void lanes_fill(struct lanes *l, struct arena *a, const struct value *list)
{
    size_t count = value_count(list), lanes = 0;
    const struct place *places = sorted(a, list);
    const struct value **effects = arena_alloc(a, (count + 1) * sizeof(struct value *));
    struct lane *all = arena_alloc(a, (count + 1) * sizeof *all);
    for (size_t i = 0; i < count; i++) {
        const struct place *p = &places[i], *last = i ? &places[i - 1] : NULL;
        effects[i] = value_at(list, p->index);
        if (last == NULL || order(p->scope, p->branch, last->scope, last->branch) != 0)
            all[lanes++] = (struct lane){p->scope, p->branch, &effects[i], 0, "", 0};
        all[lanes - 1].count++;
    }
    *l = (struct lanes){all, lanes};
}

struct lane *lanes_find(const struct lanes *l, const struct value *identity)
{
    struct lane key = {.scope = value_get_text(identity, "scope"),
                       .branch = value_get_text(identity, "lane")};
    return l->count ? bsearch(&key, l->all, l->count, sizeof key, compare_lanes) : NULL;
}
