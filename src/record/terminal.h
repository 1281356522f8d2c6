// terminal: the view for people of a run or a plan while it goes on.
#pragma once

#include <stdio.h>

#include "engine/event.h"

enum terminal_detail {
    TERMINAL_NORMAL,
    TERMINAL_QUIET,   // only failures and the end
    TERMINAL_VERBOSE, // every effect and every check
};

enum terminal_color {
    TERMINAL_AUTO, // when it is a terminal, TERM is not "dumb" and NO_COLOR is not set
    TERMINAL_ALWAYS,
    TERMINAL_NEVER,
};

struct terminal_options {
    FILE *out; // results; NULL: stdout
    FILE *err; // progress; NULL: stderr
    enum terminal_detail detail;
    enum terminal_color color;
};

// Marks are UTF-8 when LC_ALL, LC_CTYPE or LANG says so, else ASCII. Lines are as wide as the
// terminal (at most 110 columns); what is no terminal gets whole lines, however long, laid out for
// 100. Upon EVENT_ASKED the view has printed the question and all that leads up to it; whoever asks
// prints the prompt, and until the answer there is no progress line.
struct listener *terminal_new(const struct terminal_options *options);
void terminal_free(struct listener *terminal);
