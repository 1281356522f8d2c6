#include "record/pulse.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "record/words.h"

enum { DRAW_EVERY = 100, CALM_FOR = 3000, BAR = 12, REST_COLUMNS = 24 };

static struct ink pulse_line(const struct pulse *p, const struct event *e)
{
    struct ink line = screen_ink(p->screen);
    if (p->undoing)
        ink_puts(&line, TONE_BAD, "  undo  ");
    else if (p->steps)
        ink_say(&line, TONE_DIM, "  %" PRId64 "/%" PRId64 "  ", p->step, p->steps);
    ink_puts(&line, TONE_BOLD, e->step ? e->step : "");
    return line;
}

static void pulse_step(struct pulse *p, const struct event *e)
{
    p->begun = p->ended = p->drawn = p->waited = 0;
    p->asking = false;
    p->undoing = e->type == EVENT_UNDO_STARTED;
    p->step += !p->undoing && value_get_int(e->data, "attempt", 1) == 1;
    if (!p->screen->live) {
        p->screen->progress_at = e->at; // a short step needs no word about its progress
        return;
    }
    struct ink line = pulse_line(p, e);
    screen_progress(p->screen, e->at, &line);
}

static void pulse_effect(struct pulse *p, const struct event *e)
{
    bool human = strcmp(value_get_text(e->data, "access"), "human") == 0;
    if (e->type == EVENT_EFFECT_ENDED) {
        p->ended++;
        p->asking &= !human;
        return;
    }
    p->begun++;
    if (!p->screen->live || p->asking || human || value_get_bool(e->data, "quiet", false))
        return;
    bool many = p->begun - p->ended > 1;
    if (e->at - p->waited < CALM_FOR || (many && e->at - p->drawn < DRAW_EVERY))
        return;
    p->drawn = e->at;
    struct ink line = pulse_line(p, e);
    if (many)
        ink_say(&line, TONE_DIM, "  %" PRId64 " done, %" PRId64 " under way", p->ended,
                p->begun - p->ended);
    else
        ink_say(&line, TONE_DIM, "  %s", value_get_text(e->data, "summary"));
    screen_progress(p->screen, e->at, &line);
}

static void add_bar(struct ink *line, double part)
{
    int full = part >= 1 ? BAR : part > 0 ? (int)(part * BAR) : 0;
    ink_puts(line, TONE_PLAIN, "  ");
    for (int i = 0; i < BAR; i++)
        ink_puts(line, i < full ? TONE_GOOD : TONE_DIM,
                 i < full ? (line->utf8 ? "━" : "#") : (line->utf8 ? "─" : "."));
}

static void add_time(struct pulse *p, struct ink *line, const struct value *data)
{
    char text[WORDS_SIZE];
    double elapsed = words_number(value_get(data, "elapsed"));
    double remaining = words_number(value_get(data, "remaining"));
    double total = elapsed + remaining;
    if (remaining >= 0 && total > 0 && p->screen->live)
        add_bar(line, elapsed / total);
    ink_say(line, TONE_PLAIN, "  %s", words_seconds(value_get(data, "elapsed"), text));
    if (remaining >= 0)
        ink_say(line, TONE_DIM, " of %s", words_length(floor(total + 0.5), text));
}

static void add_figure(struct ink *line, const struct value *figure, bool ok)
{
    ink_say(line, TONE_PLAIN, "  %s ", value_get_text(figure, "name"));
    ink_value(line, ok ? TONE_GOOD : TONE_BAD, value_get(figure, "value"));
    if (*value_get_text(figure, "limit"))
        ink_say(line, TONE_DIM, ok ? " (%s)" : " (must be %s)", value_get_text(figure, "limit"));
}

static void pulse_progress(struct pulse *p, const struct event *e)
{
    const struct value *figures = value_get(e->data, "figures");
    struct ink line = pulse_line(p, e);
    size_t left_out = 0;
    p->waited = e->at;
    if (*value_get_text(e->data, "label"))
        ink_say(&line, TONE_PLAIN, "  %s", value_get_text(e->data, "label"));
    add_time(p, &line, e->data);
    for (int ok = 0; ok < 2; ok++) { // those that do not hold come first
        for (size_t i = 0; i < value_count(figures); i++) {
            const struct value *figure = value_at(figures, i);
            if (value_get_bool(figure, "ok", true) != ok)
                continue;
            bool full = ink_columns(&line, 0, line.text.len) > p->screen->err_width - REST_COLUMNS;
            if (ok && full && p->screen->live)
                left_out++;
            else
                add_figure(&line, figure, ok);
        }
    }
    if (left_out)
        ink_say(&line, TONE_GOOD, "  +%zu ok", left_out);
    screen_progress(p->screen, e->at, &line);
}

void pulse_hear(struct pulse *p, const struct event *e)
{
    switch (e->type) {
    case EVENT_STEP_STARTED:
    case EVENT_UNDO_STARTED:
        pulse_step(p, e);
        break;
    case EVENT_STEP_ENDED:
        p->step += strcmp(value_get_text(e->data, "outcome"), "skipped") == 0; // it never started
        break;
    case EVENT_ASKED:
        p->asking = true;
        break;
    case EVENT_EFFECT_STARTED:
    case EVENT_EFFECT_ENDED:
        pulse_effect(p, e);
        break;
    case EVENT_PROGRESS:
        if (!p->asking)
            pulse_progress(p, e);
        break;
    default:
        break;
    }
}
