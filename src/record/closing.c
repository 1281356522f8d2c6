#include "record/closing.h"

#include <string.h>

#include "record/words.h"

static void stays_print(struct screen *s, const struct value *stays)
{
    struct ink line = screen_ink(s);
    if (value_count(stays) == 0)
        return;
    ink_say(&line, TONE_WARN, "%s:", words_stand(stays));
    screen_print(s, 2, MARK_NONE, &line, "");
    for (size_t i = 0; i < value_count(stays); i++) {
        const struct value *row = value_at(stays, i);
        bool lasting = value_get_bool(row, "lasting", false);
        line = screen_ink(s);
        ink_value(&line, TONE_BOLD, value_get(row, "step"));
        ink_puts(&line, TONE_PLAIN, ": ");
        ink_value(&line, TONE_PLAIN, value_get(row, "text"));
        screen_print(s, 4, lasting ? MARK_NOTE : MARK_WRITE, &line, lasting ? "on purpose" : "");
    }
}

static void counts_print(struct screen *s, const struct value *data, bool planned)
{
    char exit_code[WORDS_SIZE], text[WORDS_SIZE];
    struct buf counts = {0};
    struct ink line = screen_ink(s);
    words_counts(&counts, value_get(data, "counts"));
    ink_puts(&line, TONE_DIM, buf_text(&counts));
    buf_free(&counts);
    if (planned && *words_seconds(value_get(data, "planned_seconds"), text))
        ink_say(&line, TONE_DIM, "; a run is expected to take %s", text);
    snprintf(exit_code, sizeof exit_code, "exit %d", (int)value_get_int(data, "exit", 0));
    screen_print(s, 2, MARK_NONE, &line, exit_code);
}

void closing_print(struct screen *s, const struct value *data, bool planned)
{
    char seconds[WORDS_SIZE];
    const char *outcome = value_get_text(data, "outcome");
    bool good = value_get_int(data, "exit", 0) == 0, stopped = strcmp(outcome, "stopped") == 0;
    struct ink line = screen_ink(s);
    screen_blank(s);
    ink_value(&line,
              good      ? TONE_BOLD
              : stopped ? TONE_WARN
                        : TONE_BAD,
              value_get(data, "headline"));
    screen_print(s, 0,
                 good      ? MARK_OK
                 : stopped ? MARK_WARN
                           : MARK_FAIL,
                 &line, words_seconds(value_get(data, "seconds"), seconds));
    stays_print(s, value_get(data, "not_undone"));
    counts_print(s, data, planned);
    if (planned) {
        line = screen_ink(s);
        ink_puts(&line, TONE_BOLD, "This was a plan: nothing was changed.");
        screen_print(s, 2, MARK_NONE, &line, "");
    }
    if (*value_get_text(data, "next")) {
        line = screen_ink(s);
        ink_puts(&line, TONE_DIM, "next: ");
        ink_hang(&line);
        ink_value(&line, TONE_LINK, value_get(data, "next"));
        const bool wrap = s->wrap;
        s->wrap = false; // a command is copied from here: a line break would part it
        screen_print(s, 2, MARK_NONE, &line, "");
        s->wrap = wrap;
    }
}
