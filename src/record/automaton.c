#include "record/automaton.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

// The nodes stand level by level, so that the children of one stand side by side, by their labels,
// and end where those of the next begin.
struct node {
    uint32_t child; // the first
    uint32_t fail;  // the longest proper end of this that is a node
    uint32_t jump;  // the first on the chain of fails that has a child which this has not
    uint32_t whole; // the first on the chain, from this on, that is a pattern
    uint32_t depth;
    uint32_t first, until; // the patterns that begin with it, as sorted
};

struct automaton {
    struct pattern *patterns;
    struct node *nodes;
    unsigned char *labels; // of the edge to each node
    size_t count;
    bool fold;
    uint32_t root[256]; // its children by byte
    bool starts[256];
};

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static int pattern_order(const struct pattern *a, const struct pattern *b, bool fold)
{
    size_t least = a->len < b->len ? a->len : b->len;
    int order = fold ? 0 : memcmp(a->bytes, b->bytes, least);
    for (size_t i = 0; fold && order == 0 && i < least; i++)
        order = lower((unsigned char)a->bytes[i]) - lower((unsigned char)b->bytes[i]);
    if (order)
        return order;
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static int exact_order(const void *left, const void *right)
{
    return pattern_order(left, right, false);
}

static int folded_order(const void *left, const void *right)
{
    return pattern_order(left, right, true);
}

// The byte as the automaton reads it.
static unsigned char read_as(const struct automaton *a, unsigned char byte)
{
    return a->fold ? lower(byte) : byte;
}

static unsigned char letter(const struct automaton *a, uint32_t pattern, uint32_t depth)
{
    return read_as(a, (unsigned char)a->patterns[pattern].bytes[depth]);
}

// Appends the children of node `s`: one for each letter with which its patterns go on.
static void add_children(struct automaton *a, uint32_t s)
{
    struct node *n = &a->nodes[s];
    n->child = (uint32_t)a->count;
    uint32_t at = n->first;
    while (at < n->until && a->patterns[at].len == n->depth)
        at++;
    while (at < n->until) {
        unsigned char label = letter(a, at, n->depth);
        struct node *child = &a->nodes[a->count];
        *child = (struct node){.depth = n->depth + 1, .first = at};
        while (at < n->until && letter(a, at, n->depth) == label)
            at++;
        child->until = at;
        a->labels[a->count++] = label;
    }
}

static uint32_t child_of(const struct automaton *a, uint32_t s, unsigned char label)
{
    uint32_t low = a->nodes[s].child, high = a->nodes[s + 1].child;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (a->labels[middle] == label)
            return middle;
        if (a->labels[middle] < label)
            low = middle + 1;
        else
            high = middle;
    }
    return AUTOMATON_ROOT;
}

// Whether each label of the children of `s` is one of `other`'s as well.
static bool is_within(const struct automaton *a, uint32_t s, uint32_t other)
{
    uint32_t at = a->nodes[other].child, end = a->nodes[other + 1].child;
    for (uint32_t i = a->nodes[s].child; i < a->nodes[s + 1].child; i++) {
        while (at < end && a->labels[at] < a->labels[i])
            at++;
        if (at == end || a->labels[at] != a->labels[i])
            return false;
    }
    return true;
}

static uint32_t step_read(const struct automaton *a, uint32_t state, unsigned char label)
{
    for (; state != AUTOMATON_ROOT; state = a->nodes[state].jump) {
        uint32_t next = child_of(a, state, label);
        if (next)
            return next;
    }
    return a->root[label];
}

// The chain of fails of a node: those of the nodes above are there.
static void link_child(struct automaton *a, uint32_t parent, uint32_t s)
{
    struct node *n = &a->nodes[s];
    n->fail = parent ? step_read(a, a->nodes[parent].fail, a->labels[s]) : AUTOMATON_ROOT;
    n->jump = n->fail && is_within(a, n->fail, s) ? a->nodes[n->fail].jump : n->fail;
    n->whole = a->patterns[n->first].len == n->depth ? s : a->nodes[n->fail].whole;
}

static void link_all(struct automaton *a)
{
    for (uint32_t c = a->nodes[0].child; c < a->nodes[1].child; c++)
        a->root[a->labels[c]] = c;
    for (unsigned byte = 0; byte < sizeof a->starts; byte++)
        a->starts[byte] = a->root[read_as(a, (unsigned char)byte)] != AUTOMATON_ROOT;
    for (uint32_t s = 0; s < a->count; s++)
        for (uint32_t c = a->nodes[s].child; c < a->nodes[s + 1].child; c++)
            link_child(a, s, c);
}

struct automaton *automaton_new(const struct pattern *patterns, size_t count, bool fold)
{
    size_t most = 2; // the root, and the end of the last one's children
    assert(count > 0);
    for (size_t i = 0; i < count; i++)
        most += patterns[i].len;
    assert(most < UINT32_MAX);
    struct automaton *a = mem_alloc(sizeof *a);
    a->fold = fold;
    a->patterns = mem_alloc(count * sizeof *patterns);
    memcpy(a->patterns, patterns, count * sizeof *patterns);
    qsort(a->patterns, count, sizeof *patterns, fold ? folded_order : exact_order);
    a->nodes = mem_alloc(most * sizeof *a->nodes);
    a->labels = mem_alloc(most);
    a->nodes[0] = (struct node){.until = (uint32_t)count};
    a->count = 1;
    for (uint32_t s = 0; s < a->count; s++)
        add_children(a, s);
    a->nodes[a->count] = (struct node){.child = (uint32_t)a->count};
    a->nodes = mem_grow(a->nodes, (a->count + 1) * sizeof *a->nodes);
    link_all(a);
    return a;
}

void automaton_free(struct automaton *a)
{
    if (a == NULL)
        return;
    free(a->patterns);
    free(a->nodes);
    free(a->labels);
    free(a);
}

const bool *automaton_starts(const struct automaton *a)
{
    return a->starts;
}

uint32_t automaton_step(const struct automaton *a, uint32_t state, unsigned char byte)
{
    return step_read(a, state, read_as(a, byte));
}

uint32_t automaton_depth(const struct automaton *a, uint32_t state)
{
    return a->nodes[state].depth;
}

const struct pattern *automaton_match(const struct automaton *a, uint32_t state)
{
    uint32_t whole = a->nodes[state].whole;
    return whole ? automaton_pattern(a, whole) : NULL;
}

uint32_t automaton_begun(const struct automaton *a, uint32_t state)
{
    while (state && a->nodes[state].child == a->nodes[state + 1].child)
        state = a->nodes[state].fail;
    return state;
}

const struct pattern *automaton_pattern(const struct automaton *a, uint32_t state)
{
    return &a->patterns[a->nodes[state].first];
}
