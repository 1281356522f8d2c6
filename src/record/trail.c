// Each step knows the one before it and one further back, of which the distances are such that any
// is reached in a logarithm of steps (Myers, An applicative random-access stack, 1983).
#include "record/trail.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct trail_step {
    size_t from;
    uint32_t back, jump, count; // of steps up to it
};

uint32_t trail_add(struct trail *t, uint32_t back, size_t from)
{
    if (t->count + 1 >= t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        t->steps = mem_grow(t->steps, room * sizeof *t->steps);
        t->room = room;
    }
    if (t->count == 0)
        t->steps[t->count++] = (struct trail_step){0}; // TRAIL_NONE
    assert(t->count < UINT32_MAX && back < t->count);
    const struct trail_step *b = &t->steps[back], *j = &t->steps[b->jump];
    bool far = b->count - j->count == j->count - t->steps[j->jump].count;
    t->steps[t->count] = (struct trail_step){
        .from = from, .back = back, .jump = far ? j->jump : back, .count = b->count + 1};
    return (uint32_t)t->count++;
}

size_t trail_from(const struct trail *t, uint32_t step, size_t behind)
{
    const struct trail_step *s = &t->steps[step];
    assert(behind < s->count);
    for (uint32_t want = s->count - (uint32_t)behind; s->count > want;)
        s = &t->steps[t->steps[s->jump].count < want ? s->back : s->jump];
    return s->from;
}

// Appends the last `len` bytes up to `step` of the other trail, and returns the last of them.
static uint32_t add_last(struct trail *t, const struct trail *other, uint32_t step, size_t len)
{
    const struct trail_step **last = mem_alloc((len + 1) * sizeof(const struct trail_step *));
    uint32_t added = TRAIL_NONE;
    for (size_t i = len; i > 0; i--, step = other->steps[step].back)
        last[i - 1] = &other->steps[step];
    for (size_t i = 0; i < len; i++)
        added = trail_add(t, added, last[i]->from);
    free(last);
    return added;
}

void trail_trim(struct trail *t, uint32_t steps[], const size_t lens[], size_t count)
{
    struct trail kept = {0};
    for (size_t i = 0; i < count; i++)
        steps[i] = add_last(&kept, t, steps[i], lens[i]);
    trail_free(t);
    *t = kept;
}

void trail_clear(struct trail *t)
{
    t->count = 0;
}

void trail_free(struct trail *t)
{
    free(t->steps);
    *t = (struct trail){0};
}
