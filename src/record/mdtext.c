#include "record/mdtext.h"

#include <ctype.h>
#include <string.h>

#include "base/glyph.h"
#include "base/utf8.h"
#include "record/words.h"

void mdtext_add(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0, used; i < len; i += used) {
        uint32_t c;
        used = glyph_read(text + i, len - i, &c);
        bool in_word = i > 0 && i + 1 < len && isalnum((unsigned char)text[i - 1]) &&
                       isalnum((unsigned char)text[i + 1]);
        if (c == '\n' || c == '\t' || c == '\r')
            buf_putc(out, ' ');
        else if (glyph_hostile(c))
            utf8_put(out, 0xFFFD);
        else if (c == '<' || c == '&')
            buf_puts(out, c == '<' ? "&lt;" : "&amp;");
        else if (c && c < 0x80 && strchr("\\`*[]|~$", (int)c))
            buf_printf(out, "\\%c", (int)c);
        else if (c == '_' && !in_word)
            buf_puts(out, "\\_");
        else
            buf_add(out, text + i, used);
    }
}

void mdtext_value(struct buf *out, const struct value *v)
{
    struct buf text = {0};
    if (v && v->type != VALUE_NULL)
        words_value(&text, v);
    mdtext_add(out, buf_text(&text), text.len);
    buf_free(&text);
}

void mdtext_member(struct buf *out, const struct value *item, const char *key)
{
    mdtext_value(out, value_get(item, key));
}

void mdtext_block(struct buf *out, const struct value *text)
{
    const char *at = value_text(text);
    while (*at) {
        size_t len = strcspn(at, "\n");
        buf_puts(out, "    ");
        for (size_t i = 0, used; i < len; i += used) {
            uint32_t c;
            used = glyph_read(at + i, len - i, &c);
            if (glyph_hostile(c) && c != '\t')
                utf8_put(out, 0xFFFD);
            else
                buf_add(out, at + i, used);
        }
        buf_putc(out, '\n');
        at += len + (at[len] == '\n');
    }
    buf_putc(out, '\n');
}
