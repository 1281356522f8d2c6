#include "record/reader.h"

enum { TRIM_AT_LEAST = 1 << 16 };

void reader_move(struct reader *r, struct place *p, char byte, size_t from, size_t to)
{
    p->at = to;
    p->state = automaton_step(r->automaton, p->state, (unsigned char)byte);
    if (p->state == AUTOMATON_ROOT) {
        p->step = TRAIL_NONE;
        return;
    }
    if (automaton_depth(r->automaton, p->state) == 1)
        p->step = TRAIL_NONE;
    p->step = trail_add(&r->trail, p->step, from);
    const struct pattern *found = automaton_match(r->automaton, p->state);
    if (found)
        finds_add(r->finds, (struct find){.from = trail_from(&r->trail, p->step, found->len - 1),
                                          .to = to,
                                          .id = found->id});
}

void reader_end(struct reader *r, const struct place *p)
{
    uint32_t state = automaton_begun(r->automaton, p->state);
    size_t depth = automaton_depth(r->automaton, state);
    if (r->shortest && depth >= r->shortest)
        finds_add(r->finds, (struct find){.from = trail_from(&r->trail, p->step, depth - 1),
                                          .to = r->len,
                                          .id = automaton_pattern(r->automaton, state)->id,
                                          .begun = true});
}

static bool is_begun(const struct reader *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->places[i].state != AUTOMATON_ROOT)
            return true;
    return false;
}

void reader_trim(struct reader *r)
{
    uint32_t steps[READER_PLACES];
    size_t lens[READER_PLACES], needed = 0;
    if (r->trail.count && !is_begun(r))
        trail_clear(&r->trail);
    if (r->trail.count < TRIM_AT_LEAST)
        return;
    for (size_t i = 0; i < r->count; i++) {
        steps[i] = r->places[i].step;
        lens[i] = automaton_depth(r->automaton, r->places[i].state);
        needed += lens[i];
    }
    if (r->trail.count < 4 * needed)
        return;
    trail_trim(&r->trail, steps, lens, r->count);
    for (size_t i = 0; i < r->count; i++)
        r->places[i].step = steps[i];
}
