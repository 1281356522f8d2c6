// automaton: finds many patterns in one pass (Aho and Corasick, Communications of the ACM 18,
// 1975). A state is the longest end of what was read that begins a pattern.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pattern {
    const char *bytes; // belongs to the caller, and outlives the automaton
    uint32_t len;      // > 0
    uint32_t id;       // the caller's
};

struct automaton;

enum { AUTOMATON_ROOT = 0 }; // the state in which nothing is begun

// With `fold` letters count in either case. The patterns are copied, their bytes are not; count >
// 0. Takes time and memory (some 30 bytes a byte) in proportion to the bytes of all.
struct automaton *automaton_new(const struct pattern *, size_t count, bool fold);
void automaton_free(struct automaton *);

// Of each byte whether some pattern starts with it.
const bool *automaton_starts(const struct automaton *);
// The state after another byte. Over a text its steps are linear, up to the logarithm of a pattern.
uint32_t automaton_step(const struct automaton *, uint32_t state, unsigned char byte);
// How many bytes of patterns the state holds.
uint32_t automaton_depth(const struct automaton *, uint32_t state);
// The longest pattern that ends with the state, of those that are equal that of the least id; NULL:
// there is none.
const struct pattern *automaton_match(const struct automaton *, uint32_t state);
// The longest end of the state that some pattern goes on from, or AUTOMATON_ROOT.
uint32_t automaton_begun(const struct automaton *, uint32_t state);
// One of the patterns that begin with the state's bytes.
const struct pattern *automaton_pattern(const struct automaton *, uint32_t state);
