// arena: memory that is freed all at once. An effect owns one; so does a parsed document.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *head;
    size_t used; // bytes handed out so far
    size_t max;  // that what reads a foreign document may make of it; 0: no bound
    bool full;   // it was asked for more
};

// Memory never runs out halfway: when the system has none left, not even the reserve, the process
// says so and ends (base/memory.h).
void *mem_alloc(size_t size);               // zeroed
void *mem_grow(void *old, size_t new_size); // as realloc
char *mem_dup(const char *text);            // as strdup; NULL stays NULL

// Whether so many bytes more are within `max`, for what can still say no; notes it when they are
// not.
bool arena_has_room(struct arena *a, size_t more);
// Returns `size` zeroed bytes, aligned for any type, that live until arena_free.
void *arena_alloc(struct arena *a, size_t size);
// Returns a NUL-terminated copy of text[0..len), which may itself hold NUL bytes.
char *arena_copy(struct arena *a, const char *text, size_t len);
// Returns a copy of a C string; NULL stays NULL.
char *arena_dup(struct arena *a, const char *text);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *format, va_list args);
// Frees everything; the arena is empty and usable again.
void arena_free(struct arena *a);
