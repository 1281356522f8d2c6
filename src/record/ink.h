// ink: the text of a line for a terminal, in tones. Whatever is put in, nothing that steers a
// terminal comes out: such characters show as \x1b or \u202e.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/value.h"

enum tone {
    TONE_PLAIN = 1,
    TONE_BOLD,
    TONE_DIM,
    TONE_GOOD,
    TONE_BAD,
    TONE_WARN,
    TONE_LINK,
    TONE_ALARM, // inverse; for what nobody may miss
};

struct ink {
    struct buf text; // harmless characters, line feeds, and bytes that are a tone to go on in
    int hang;        // columns by which rows after the first are indented
    bool utf8;       // whether the terminal shows UTF-8; if not, other than ASCII is spelled out
};

// A longer text is cut, and says how much it leaves out.
enum { INK_MOST_BYTES = 2000, INK_MOST_LINES = 40 };

// These append. A line feed in the text begins a new row; at its end it is dropped.
void ink_add(struct ink *line, enum tone tone, const char *text, size_t len);
void ink_puts(struct ink *line, enum tone tone, const char *text);
void ink_say(struct ink *line, enum tone tone, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ink_value(struct ink *line, enum tone tone, const struct value *v); // nothing unless a string
void ink_break(struct ink *line);                                        // begins a new row
void ink_pad(struct ink *line, int columns); // spaces until the last row is so wide

// Rows after this one begin where the text ends now.
void ink_hang(struct ink *line);

int ink_columns(const struct ink *line, size_t from, size_t to); // width of text[from..to)

// Finds where the row of at most `columns` that begins at `from` ends, at a space if it can; *next
// is where the following one begins, or the end of the text.
size_t ink_row(const struct ink *line, size_t from, int columns, size_t *next);

// Appends text[from..to) to `out`, tones as escape codes when `color`. *tone is the one to begin
// with and, afterwards, to go on with.
void ink_paint(const struct ink *line, size_t from, size_t to, bool color, enum tone *tone,
               struct buf *out);
