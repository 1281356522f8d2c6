#include "record/markup.h"

#include <string.h>

#include "base/glyph.h"
#include "base/utf8.h"
#include "record/words.h"

static const char *entity_of(uint32_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void markup_add(struct buf *out, const char *text, size_t len)
{
    while (len) {
        uint32_t c;
        size_t used = glyph_read(text, len, &c);
        const char *entity = entity_of(c);
        bool space = c == '\n' || c == '\t' || c == '\r';
        if (entity)
            buf_puts(out, entity);
        else if ((glyph_hostile(c) && !space) || (c & 0xFFFE) == 0xFFFE)
            utf8_put(out, 0xFFFD);
        else
            buf_add(out, text, used);
        text += used;
        len -= used;
    }
}

void markup_puts(struct buf *out, const char *text)
{
    markup_add(out, text, strlen(text));
}

void markup_value(struct buf *out, const struct value *v)
{
    struct buf text = {0};
    words_value(&text, v);
    markup_add(out, buf_text(&text), text.len);
    buf_free(&text);
}

void markup_member(struct buf *out, const struct value *object, const char *key)
{
    const struct value *v = value_get(object, key);
    if (v && v->type != VALUE_NULL && !(v->type == VALUE_STRING && v->string.len == 0))
        markup_value(out, v);
}
