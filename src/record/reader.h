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
    const char *text;
    size_t len;
    struct finds *finds;
    size_t shortest; // of a beginning; 0: none are looked for
    struct trail trail;
    struct place places[READER_PLACES];
    size_t count; // of places
};

// Moves the place over a byte that stands in text[from..to); what ends there is noted. Forgets
// the past of all that has none left.
void reader_advance(struct reader *, struct place *, char byte, size_t from, size_t to);
// Notes, if `shortest` says so, what is begun at the place and goes on beyond the text's end.
void reader_end(struct reader *, const struct place *);
// Whether nothing is begun at any place.
bool reader_is_idle(const struct reader *);
// Keeps what is remembered in proportion to what may be asked for: to be called now and then.
void reader_trim(struct reader *);
