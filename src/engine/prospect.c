#include "engine/prospect.h"

#include <stdlib.h>
#include <string.h>

void prospect_free(struct prospect *p)
{
    arena_free(&p->arena);
    free(p->objects);
    free(p->systems);
}

struct prospect *prospect_copy(const struct prospect *p)
{
    struct prospect *copy = mem_alloc(sizeof *copy); // what it points to stays in p's arena
    *copy = (struct prospect){.count = p->count, .systems_count = p->systems_count};
    copy->objects = mem_alloc((p->count + 1) * sizeof *p->objects);
    copy->systems = mem_alloc((p->systems_count + 1) * sizeof *p->systems);
    if (p->count)
        memcpy(copy->objects, p->objects, p->count * sizeof *p->objects);
    if (p->systems_count)
        memcpy(copy->systems, p->systems, p->systems_count * sizeof *p->systems);
    return copy;
}

void prospect_restore(struct prospect *p, struct prospect *copy)
{
    free(p->objects);
    free(p->systems);
    copy->arena = p->arena;
    *p = *copy;
    free(copy);
}

static struct would_be *find(const struct prospect *p, const char *target)
{
    for (size_t i = 0; target && i < p->count; i++)
        if (strcmp(p->objects[i].target, target) == 0)
            return &p->objects[i];
    return NULL;
}

const struct would_be *prospect_find(const struct prospect *p, const char *target)
{
    return find(p, target);
}

void prospect_keep(struct prospect *p, const struct would_be *kept)
{
    struct would_be *w = find(p, kept->target);
    if (w == NULL) {
        p->objects = mem_grow(p->objects, (p->count + 1) * sizeof *w);
        w = &p->objects[p->count++];
        w->target = arena_dup(&p->arena, kept->target);
        w->system = kept->system ? arena_dup(&p->arena, kept->system) : "";
    }
    w->object = value_copy(&p->arena, kept->object);
    w->partial = kept->partial;
}

void prospect_forget(struct prospect *p, const char *target)
{
    struct would_be *w = find(p, target);
    if (w)
        *w = p->objects[--p->count];
}

bool prospect_touched(const struct prospect *p, const char *system)
{
    for (size_t i = 0; system && i < p->systems_count; i++)
        if (strcmp(p->systems[i], system) == 0)
            return true;
    return false;
}

bool prospect_touched_any(const struct prospect *p)
{
    return p->systems_count > 0;
}

void prospect_touch(struct prospect *p, const char *system)
{
    if (system == NULL || prospect_touched(p, system))
        return;
    p->systems = mem_grow(p->systems, (p->systems_count + 1) * sizeof *p->systems);
    p->systems[p->systems_count++] = arena_dup(&p->arena, system);
}
