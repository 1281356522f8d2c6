#include "engine/need.h"

#include <string.h>

#include "engine/effect.h"

static void add(struct effect *e, struct need need)
{
    struct need *kept = arena_alloc(&e->arena, sizeof *kept);
    const struct need **at = &e->needs;
    *kept = need;
    while (*at)
        at = (const struct need **)&(*at)->next;
    *at = kept;
}

void need_add(struct effect *e, const char *kind, const char *verb, const char *what,
              const char *place)
{
    add(e, (struct need){.kind = kind,
                         .verb = arena_dup(&e->arena, verb),
                         .what = arena_dup(&e->arena, what),
                         .place = arena_dup(&e->arena, place)});
}

void need_add_object(struct effect *e, const char *verb, const char *what, const char *part,
                     const char *namespace)
{
    add(e, (struct need){.kind = "k8s",
                         .verb = arena_dup(&e->arena, verb),
                         .what = arena_dup(&e->arena, what),
                         .part = arena_dup(&e->arena, part),
                         .place = arena_dup(&e->arena, namespace)});
}

void need_add_words(struct effect *e, const char *kind, const struct value *words,
                    const char *folder)
{
    add(e, (struct need){.kind = kind, .words = words, .place = arena_dup(&e->arena, folder)});
}

void need_set_type(struct effect *e, const struct object_type *type)
{
    const struct need **at = &e->needs;
    for (; *at; at = (const struct need **)&(*at)->next) {
        if (strcmp((*at)->kind, "k8s") != 0 || (*at)->what == NULL)
            continue;
        struct need *typed = arena_alloc(&e->arena, sizeof *typed);
        *typed = **at;
        typed->type = type;
        *at = typed;
    }
}

const struct need *need_of(const struct effect *e, const char *kind)
{
    const struct need *n = e->needs;
    while (n && strcmp(n->kind, kind) != 0)
        n = n->next;
    return n;
}
