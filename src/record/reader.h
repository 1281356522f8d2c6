// reader: reads a text by one automaton at several places at once, each with a past of its own, and
// notes the secrets that it comes by.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/automaton.h"
#include "record/find.h"
#include "record/trail.h"

enum { READER_PLACES = 32 };

struct place {
    size_t at;     // in the text, where it goes on
    size_t landed; // where the last escape on its way ended
    uint32_t state, step;
};

struct reader {
    const struct automaton *automaton;
    const bool *starts; // automaton_starts
    const char *text;
    size_t len;
    struct finds *finds;
    size_t shortest; // of a beginning; 0: none are looked for
    struct trail trail;
    struct place places[READER_PLACES];
    size_t count; // of places
};

// As reader_advance, where something is begun already, or by this byte.
void reader_move(struct reader *, struct place *, char byte, size_t from, size_t to);
// Moves the place over a byte that stands in text[from..to); what ends there is noted.
static inline void reader_advance(struct reader *r, struct place *p, char byte, size_t from,
                                  size_t to)
{
    if (p->state == AUTOMATON_ROOT && !r->starts[(unsigned char)byte])
        p->at = to;
    else
        reader_move(r, p, byte, from, to);
}
// Notes, if `shortest` says so, what is begun at the place and goes on beyond the text's end.
void reader_end(struct reader *, const struct place *);
// Whether nothing is begun at any place, nor was since the last reader_trim: there is no trail.
static inline bool reader_is_idle(const struct reader *r)
{
    return r->trail.count == 0;
}
// Keeps what is remembered in proportion to what may be asked for: to be called now and then.
void reader_trim(struct reader *);
