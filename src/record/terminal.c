#include "record/terminal.h"

#include <stdlib.h>
#include <string.h>

#include "record/block.h"
#include "record/closing.h"
#include "record/preview.h"
#include "record/pulse.h"
#include "record/screen.h"
#include "record/words.h"

struct terminal {
    struct listener listener;
    struct screen screen;
    enum terminal_detail detail;
    struct block block;
    struct pulse pulse;
    struct preview preview;
    bool planning;
    bool idle; // the rollback under way is about nothing
};

static void run_started(struct terminal *t, const struct event *e)
{
    const struct value *phases = value_get(e->data, "phases"),
                       *params = value_get(e->data, "params");
    for (size_t i = 0; i < value_count(phases); i++)
        t->pulse.steps += (int64_t)value_count(value_get(value_at(phases, i), "steps"));
    if (t->detail == TERMINAL_QUIET)
        return;
    struct ink line = screen_ink(&t->screen);
    ink_value(&line, TONE_BOLD, value_get(e->data, "name"));
    ink_puts(&line, TONE_PLAIN, "  ");
    ink_value(&line, TONE_PLAIN, value_get(e->data, "summary"));
    screen_print(&t->screen, 0, MARK_NONE, &line, "");
    line = screen_ink(&t->screen);
    ink_say(&line, TONE_DIM, "run %s of %s, by %s on %s", value_get_text(e->data, "run"),
            value_get_text(e->data, "file"), value_get_text(e->data, "user"),
            value_get_text(e->data, "host"));
    screen_print(&t->screen, 0, MARK_NONE, &line, "");
    bool told = t->detail == TERMINAL_VERBOSE && params && params->type == VALUE_OBJECT;
    for (size_t i = 0; told && i < value_count(params); i++) {
        line = screen_ink(&t->screen);
        ink_say(&line, TONE_DIM, "%s = ", params->object.members[i].key);
        ink_value(&line, TONE_DIM, params->object.members[i].value);
        screen_print(&t->screen, 2, MARK_NONE, &line, "");
    }
}

static void rollback_started(struct terminal *t, const struct event *e)
{
    char count[WORDS_SIZE];
    struct ink line = screen_ink(&t->screen);
    size_t steps = value_count(value_get(e->data, "steps"));
    t->idle = value_get_bool(e->data, "idle", false);
    if (t->idle) {
        ink_puts(&line, TONE_DIM, "nothing had been changed, so there is nothing to roll back");
        screen_print(&t->screen, 2, MARK_NONE, &line, "");
        return;
    }
    t->block.quiet = false; // nobody asked for this to be kept from them
    screen_blank(&t->screen);
    screen_alarm(&t->screen, "ROLLING BACK");
    ink_value(&line, TONE_BOLD, value_get(e->data, "cause"));
    screen_print(&t->screen, 2, MARK_NONE, &line, "");
    line = screen_ink(&t->screen);
    if (steps)
        ink_say(&line, TONE_DIM, "%s to undo, last first",
                words_count((int64_t)steps, "step", count));
    else
        ink_puts(&line, TONE_DIM, "no step has left anything to undo");
    screen_print(&t->screen, 2, MARK_NONE, &line, "");
}

static void rollback_ended(struct terminal *t, const struct event *e)
{
    char count[WORDS_SIZE];
    struct ink line = screen_ink(&t->screen);
    const struct value *failed = value_get(e->data, "failed");
    int64_t undone = value_get_int(e->data, "undone", 0);
    if (t->idle)
        return;
    if (value_count(failed) == 0 && strcmp(value_get_text(e->data, "outcome"), "ok") == 0) {
        ink_puts(&line, TONE_GOOD, "Everything was undone");
        if (undone)
            ink_say(&line, TONE_DIM, "  %s", words_count(undone, "step", count));
        screen_print(&t->screen, 2, MARK_OK, &line, "");
        return;
    }
    screen_blank(&t->screen);
    screen_alarm(&t->screen, "NOT EVERYTHING WAS UNDONE");
    for (size_t i = 0; i < value_count(failed); i++) {
        line = screen_ink(&t->screen);
        ink_value(&line, TONE_BOLD, value_get(value_at(failed, i), "step"));
        ink_puts(&line, TONE_PLAIN, ": ");
        ink_value(&line, TONE_BAD, value_get(value_at(failed, i), "error"));
        screen_print(&t->screen, 2, MARK_FAIL, &line, "");
    }
}

static void live_hear(struct terminal *t, const struct event *e)
{
    switch (e->type) {
    case EVENT_RUN_STARTED:
        run_started(t, e);
        break;
    case EVENT_PHASE_STARTED:
        block_phase(&t->block, e);
        break;
    case EVENT_STEP_STARTED:
    case EVENT_UNDO_STARTED:
        block_begin(&t->block, e, e->type == EVENT_UNDO_STARTED);
        break;
    case EVENT_STEP_ENDED:
    case EVENT_UNDO_ENDED:
        block_end(&t->block, e);
        break;
    case EVENT_ROLLBACK_STARTED:
        rollback_started(t, e);
        break;
    case EVENT_ROLLBACK_ENDED:
        rollback_ended(t, e);
        break;
    case EVENT_EFFECT_STARTED:
        block_touch(&t->block, e->at, false);
        break;
    case EVENT_PHASE_ENDED:
        break;
    case EVENT_RUN_ENDED:
        screen_unhold(&t->screen); // a step that was cut off
        screen_held(&t->screen);
        closing_print(&t->screen, e->data, false);
        break;
    default:
        block_hear(&t->block, e);
    }
}

static void terminal_hear(struct listener *self, const struct event *e)
{
    struct terminal *t = (struct terminal *)self;
    if (e->type == EVENT_RUN_STARTED)
        t->planning = strcmp(value_get_text(e->data, "mode"), "plan") == 0;
    if (t->planning) {
        preview_hear(&t->preview, e);
        return;
    }
    live_hear(t, e);
    if (t->detail != TERMINAL_QUIET)
        pulse_hear(&t->pulse, e);
}

struct listener *terminal_new(const struct terminal_options *options)
{
    struct terminal *t = mem_alloc(sizeof *t);
    bool quiet = options->detail == TERMINAL_QUIET;
    t->listener.hear = terminal_hear;
    t->detail = options->detail;
    screen_open(&t->screen, options);
    t->block = (struct block){
        .screen = &t->screen, .quiet = quiet, .verbose = options->detail == TERMINAL_VERBOSE};
    t->pulse = (struct pulse){.screen = &t->screen};
    t->preview = (struct preview){.screen = &t->screen, .quiet = quiet};
    return &t->listener;
}

void terminal_free(struct listener *terminal)
{
    struct terminal *t = (struct terminal *)terminal;
    if (t == NULL)
        return;
    block_free(&t->block);
    preview_free(&t->preview);
    screen_close(&t->screen);
    free(t);
}
