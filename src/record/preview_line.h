// preview_line: the lines of a plan: a word, and what it is about.
#pragma once

#include "record/screen.h"

enum { WORD_INDENT = 6, WORD_COLUMNS = 7 };

// A line that begins with the word.
struct ink word_line(const struct screen *, enum tone tone, const char *word);
// Prints a text, when there is one, below what follows the word.
void line_below(struct screen *, enum tone tone, const struct value *text);
