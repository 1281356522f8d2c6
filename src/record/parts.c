// Secrets come one by one, with texts to mask between. The automata are of ranges of them, each
// more than twice the next in bytes: new ones make a range of their own, which takes in those
// before it that are not. So each secret is built in a logarithm of times, and a text is read as
// often at most; when all are known before the first text, once.
#include "record/parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "record/automaton.h"
#include "record/coat.h"

enum { PARTS_MOST = 64, SHORTEST_FOLDED = 8 };

struct part {
    struct automaton *exact, *folded; // of short and long ones; either may be NULL
    size_t first, until;              // of the secrets
    size_t weight;                    // their bytes
};

struct parts {
    struct part items[PARTS_MOST];
    size_t count;
};

struct parts *parts_new(void)
{
    return mem_alloc(sizeof(struct parts));
}

static void part_clear(struct part *p)
{
    automaton_free(p->exact);
    automaton_free(p->folded);
}

void parts_free(struct parts *all)
{
    for (size_t i = 0; i < all->count; i++)
        part_clear(&all->items[i]);
    free(all);
}

static void pattern_add(struct buf *patterns, const char *bytes, size_t len, size_t id)
{
    const struct pattern p = {.bytes = bytes, .len = (uint32_t)len, .id = (uint32_t)id};
    buf_add(patterns, &p, sizeof p);
}

// The automaton of the texts that are read in either case or not: hosts, types and methods are
// written in one case, and an exponent in either; a short secret would be found in plain words.
static struct automaton *build(const struct ledger *l, const struct part *p, bool fold)
{
    struct buf patterns = {0};
    for (size_t i = p->first; i < p->until; i++) {
        const struct secret *s = &l->secrets[i];
        if (fold == (s->len >= SHORTEST_FOLDED))
            pattern_add(&patterns, s->bytes, s->len, i);
        for (size_t k = 0; fold && s->forms[k]; k++)
            pattern_add(&patterns, s->forms[k], strlen(s->forms[k]), i);
    }
    size_t count = patterns.len / sizeof(struct pattern);
    struct automaton *a =
        count ? automaton_new((const struct pattern *)(const void *)patterns.data, count, fold)
              : NULL;
    buf_free(&patterns);
    return a;
}

// Adds what the ledger has more of.
static void build_all(struct parts *all, const struct ledger *l)
{
    struct part new = {.first = all->count ? all->items[all->count - 1].until : 0,
                       .until = l->count};
    if (new.first == new.until)
        return;
    for (size_t i = new.first; i < new.until; i++)
        new.weight += l->secrets[i].len;
    while (all->count && all->items[all->count - 1].weight <= 2 * new.weight) {
        const struct part *last = &all->items[--all->count];
        new.first = last->first;
        new.weight += last->weight;
        part_clear(&all->items[all->count]);
    }
    new.exact = build(l, &new, false);
    new.folded = build(l, &new, true);
    assert(all->count < PARTS_MOST);
    all->items[all->count++] = new;
}

void parts_read(struct parts *all, const struct ledger *l, const char *text, size_t len,
                size_t shortest, struct finds *finds)
{
    build_all(all, l);
    for (size_t i = 0; i < all->count; i++) {
        const struct part *p = &all->items[i];
        if (p->exact)
            coat_read(p->exact, text, len, shortest, finds);
        if (p->folded)
            coat_read(p->folded, text, len, shortest, finds);
    }
}
