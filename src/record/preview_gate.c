// The gates of a plan: each with its query, its limit and what it gives now; one that gives the
// same as before is only counted.
#include <string.h>

#include "record/preview.h"
#include "record/preview_line.h"
#include "record/words.h"

// Was the same said of the gate before?
static bool is_new(struct preview *p, const struct value *gate)
{
    static const char *const said[] = {"name", "query", "limit", "value", "verdict"};
    struct value *now = value_object(&p->arena);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        value_set(&p->arena, now, said[i], value_string(&p->arena, value_get_text(gate, said[i])));
    if (p->gates == NULL)
        p->gates = value_array(&p->arena);
    for (size_t i = 0; i < value_count(p->gates); i++)
        if (value_equal(value_at(p->gates, i), now))
            return false;
    value_push(&p->arena, p->gates, now);
    return true;
}

// Tells of the gates that were not shown again.
void preview_gates_end(struct preview *p)
{
    char count[WORDS_SIZE];
    int same = p->same;
    p->same = 0;
    if (same == 0)
        return;
    struct ink line = word_line(p->screen, TONE_LINK, "gate");
    ink_say(&line, TONE_PLAIN, "the same %s as above", words_count(same, "gate", count));
    struct buf sure = {0};
    words_sure(&sure, p->last);
    screen_print(p->screen, WORD_INDENT, MARK_NONE, &line, buf_text(&sure));
    buf_free(&sure);
}

void preview_gate(struct preview *p, const struct value *data)
{
    struct buf now = {0};
    bool ok = value_get_bool(data, "ok", false), later = value_get_bool(data, "later", false);
    if (!is_new(p, data) && (ok || later)) {
        p->same++;
        p->last = value_copy(&p->arena, data);
        return;
    }
    struct ink line = word_line(p->screen, TONE_LINK, "gate");
    ink_value(&line, TONE_PLAIN, value_get(data, "name"));
    ink_say(&line, TONE_BOLD, "  %s", value_get_text(data, "limit"));
    words_gate(&now, data);
    screen_print(p->screen, WORD_INDENT, MARK_NONE, &line, buf_text(&now));
    buf_free(&now);
    line_below(p->screen, TONE_DIM, value_get(data, "query"));
    if (ok)
        return;
    line_below(p->screen, TONE_WARN, value_get(data, "text"));
    if (!later)
        preview_told(p, value_get_text(data, "text"));
}
