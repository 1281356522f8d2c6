// memory: what is done when the system has none left. A reserve is set aside at the start; the
// first allocation that fails gives it away and is made once more, and from then on memory is
// short: a run changes nothing more and ends in order, by what the reserve has room for. Where not
// even that is enough the process ends at once, by a code that says what stands.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Sets the reserve aside: address space that nothing is written to, so it takes no memory. To be
// called once, first of all.
void memory_reserve(void);
// Whether the reserve was given away.
bool memory_is_short(void);
// Gives it away, where a megabyte could not be had otherwise: for what libraries need that have
// allocators of their own.
void memory_make_room(void);

// Whether so many bytes could be had now, the reserve left alone. To be asked before what a script
// asks for makes much of C: it may be refused, where there is no way to do so halfway.
bool memory_has_room(size_t size);

// As malloc and realloc; NULL only when the reserve is gone, too.
void *memory_try(size_t size);
void *memory_try_grow(void *old, size_t size);
// As realloc: what a script asks for may fail, and the reserve is not for that.
void *memory_for_script(void *old, size_t size);

// Ends the process: there is no memory, and no way to do without. Says so, and what
// memory_end_tells.
_Noreturn void memory_end(void);
// The same where something else leaves no way to go on, and who calls has said what.
_Noreturn void memory_exit(void);
// The exit code for such an end, 1 before the first call: by what would stand if it came now.
void memory_end_code(int code);
// What to say besides, or NULL: it is copied, and may be cut.
void memory_end_tells(const char *text);
