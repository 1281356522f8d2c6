// screen: lines on a terminal, with a mark, a hanging indent and something aligned to the right;
// and the one progress line.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "record/ink.h"
#include "record/terminal.h"

enum mark {
    MARK_NONE,
    MARK_OK,
    MARK_FAIL,
    MARK_WARN,
    MARK_SKIP,
    MARK_RETRY,
    MARK_OPEN,
    MARK_WRITE,
    MARK_ASK,
    MARK_LINK,
    MARK_NOTE,
};

struct screen {
    FILE *out, *err;
    int width, err_width;
    bool utf8;
    bool wrap; // out is a terminal: long lines are wrapped
    bool live; // err is a terminal: progress is one rewritten line
    bool out_color, err_color;
    bool holding; // lines are kept in `held` instead of printed
    struct buf held;
    bool progress_shown;
    int64_t progress_at; // when progress was last printed, by the events' clock
};

void screen_open(struct screen *s, const struct terminal_options *options);
void screen_close(struct screen *s);

struct ink screen_ink(const struct screen *s); // an empty line
const char *screen_arrow(const struct screen *s);

// Prints a line and frees its text: `indent` spaces, the mark, the text; `right` ("" for none) ends
// at the right edge of the first row. Further rows are indented as far as the text.
void screen_print(struct screen *s, int indent, enum mark mark, struct ink *line,
                  const char *right);
void screen_blank(struct screen *s);
// Prints a line across the screen that nobody may miss.
void screen_alarm(struct screen *s, const char *text);

// From screen_hold on, lines are kept; screen_unhold prints the next ones at once again, before
// those kept, until screen_held prints these. screen_drop forgets them.
void screen_hold(struct screen *s);
void screen_unhold(struct screen *s);
void screen_held(struct screen *s);
void screen_drop(struct screen *s);

// Rewrites the progress line, clipped to the width; without a terminal, prints it when the last one
// is 30 seconds old. `at`: the event's time. Frees the text of `line`.
void screen_progress(struct screen *s, int64_t at, struct ink *line);
void screen_clear(struct screen *s); // takes the progress line away and flushes
