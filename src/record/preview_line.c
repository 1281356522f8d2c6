#include "record/preview_line.h"

struct ink word_line(const struct screen *s, enum tone tone, const char *word)
{
    struct ink line = screen_ink(s);
    ink_puts(&line, tone, word);
    ink_pad(&line, WORD_COLUMNS);
    ink_hang(&line);
    return line;
}

void line_below(struct screen *s, enum tone tone, const struct value *text)
{
    if (*value_text(text) == '\0')
        return;
    struct ink line = screen_ink(s);
    ink_value(&line, tone, text);
    screen_print(s, WORD_INDENT + WORD_COLUMNS, MARK_NONE, &line, "");
}
