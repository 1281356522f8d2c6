// automaton: finds many patterns in one pass (Aho and Corasick, Communications of the ACM 18, 1975).
// A state is the longest end of what was read that begins a pattern. Letters are read in lower case.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pattern {
    const char *bytes; // belongs to the caller, and outlives the automaton
    uint32_t len;      // > 0
    uint32_t id;       // the caller's
    bool exact;        // also in its case: for whoever gets the match to look at
};

struct automaton;

enum { AUTOMATON_ROOT = 0 }; // the state in which nothing is begun

// The patterns are copied, their bytes are not; count > 0. Takes time and memory (some 30 bytes a
// byte) in proportion to the bytes of all.
struct automaton *automaton_new(const struct pattern *, size_t count);
void automaton_free(struct automaton *);

// Whether some pattern starts with the byte, in either case.
bool automaton_starts(const struct automaton *, unsigned char byte);
// The state after another byte. Over a text its steps are linear, up to the logarithm of a pattern.
uint32_t automaton_step(const struct automaton *, uint32_t state, unsigned char byte);
// How many bytes of patterns the state holds.
uint32_t automaton_depth(const struct automaton *, uint32_t state);
// The longest end of the state that is a whole pattern, or AUTOMATON_ROOT; `shorter`: but the state
// itself.
uint32_t automaton_whole(const struct automaton *, uint32_t state, bool shorter);
// The longest end of the state that some pattern goes on from, or AUTOMATON_ROOT.
uint32_t automaton_begun(const struct automaton *, uint32_t state);
// The patterns that begin with the state's bytes, the shortest first, those of the least id first
// among equals; NULL behind the last of them.
const struct pattern *automaton_pattern(const struct automaton *, uint32_t state, size_t index);
