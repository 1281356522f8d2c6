// shown: what the view for people prints of events, when neither stream is a terminal.
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "record/terminal.h"
#include "telling.h"

// The same surroundings for every test.
static void shown_set_up(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TERM", "xterm", 1);
    setenv("TZ", "UTC", 1);
    unsetenv("NO_COLOR");
}

struct shown {
    char *out, *err;
    size_t out_len, err_len;
};

static struct shown show(enum terminal_detail detail, enum terminal_color color, const char *lines)
{
    struct shown s = {0};
    FILE *out = open_memstream(&s.out, &s.out_len), *err = open_memstream(&s.err, &s.err_len);
    struct terminal_options options = {out, err, detail, color};
    struct listener *t = terminal_new(&options);
    tell(t, lines);
    terminal_free(t);
    fclose(out);
    fclose(err);
    return s;
}

static void shown_free(struct shown *s)
{
    free(s->out);
    free(s->err);
}
