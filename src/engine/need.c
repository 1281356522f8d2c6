#include "engine/need.h"

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

void need_add_words(struct effect *e, const char *kind, const struct value *words)
{
    add(e, (struct need){.kind = kind, .words = words});
}
