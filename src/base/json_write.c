#include <stdlib.h>

#include "base/json.h"
#include "base/keys.h"
#include "base/number.h"
#include "base/utf8.h"

static bool escape_write(struct buf *out, unsigned char c)
{
    switch (c) {
    case '"':
        return buf_puts(out, "\\\"");
    case '\\':
        return buf_puts(out, "\\\\");
    case '\b':
        return buf_puts(out, "\\b");
    case '\f':
        return buf_puts(out, "\\f");
    case '\n':
        return buf_puts(out, "\\n");
    case '\r':
        return buf_puts(out, "\\r");
    case '\t':
        return buf_puts(out, "\\t");
    default:
        return buf_printf(out, "\\u%04x", c);
    }
}

// Whether it stands in JSON as it is, as most strings do: ASCII (as a signed char the rest is
// negative), and nothing to escape.
static bool is_plain(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((signed char)text[i] < 0x20 || text[i] == '"' || text[i] == '\\')
            return false;
    return true;
}

bool json_write_string(struct buf *out, const char *text, size_t len)
{
    size_t run = 0; // where the bytes begin that are not yet written
    bool ok = buf_putc(out, '"');
    if (is_plain(text, len))
        return ok && buf_add(out, text, len) && buf_putc(out, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        ok = ok && utf8_add(out, text + run, i - run) && escape_write(out, c);
        run = i + 1;
    }
    return ok && utf8_add(out, text + run, len - run) && buf_putc(out, '"');
}

static bool line_begin(struct buf *out, enum json_style style, int depth)
{
    bool ok = style != JSON_PRETTY || buf_putc(out, '\n');
    for (int i = 0; style == JSON_PRETTY && ok && i < depth; i++)
        ok = buf_puts(out, "  ");
    return ok;
}

static bool value_write(struct buf *out, const struct value *v, enum json_style style, int depth);

static bool items_write(struct buf *out, const struct value *v, enum json_style style, int depth)
{
    const size_t count = v->array.count;
    bool ok = buf_putc(out, '[');
    for (size_t i = 0; ok && i < count; i++)
        ok = (i == 0 || buf_putc(out, ',')) && line_begin(out, style, depth + 1) &&
             value_write(out, v->array.items[i], style, depth + 1);
    return ok && (count == 0 || line_begin(out, style, depth)) && buf_putc(out, ']');
}

static bool members_write(struct buf *out, const struct value *v, enum json_style style, int depth)
{
    const size_t count = v->object.count;
    struct value_member **sorted = style == JSON_CANONICAL ? keys_sorted(v) : NULL;
    bool ok = buf_putc(out, '{');
    for (size_t i = 0; ok && i < count; i++) {
        const struct value_member *m = sorted ? sorted[i] : &v->object.members[i];
        ok = (i == 0 || buf_putc(out, ',')) && line_begin(out, style, depth + 1) &&
             json_write_string(out, m->key, m->key_len) &&
             buf_puts(out, style == JSON_PRETTY ? ": " : ":") &&
             value_write(out, m->value, style, depth + 1);
    }
    free(sorted);
    return ok && (count == 0 || line_begin(out, style, depth)) && buf_putc(out, '}');
}

static bool value_write(struct buf *out, const struct value *v, enum json_style style, int depth)
{
    char number[NUMBER_SIZE];
    switch (v ? v->type : VALUE_NULL) {
    case VALUE_NULL:
        return buf_puts(out, "null");
    case VALUE_BOOL:
        return buf_puts(out, v->boolean ? "true" : "false");
    case VALUE_INT:
        return buf_puts(out, number_format_whole(v->integer, number));
    case VALUE_FLOAT:
        return buf_puts(out, number_format(v->number, number));
    case VALUE_STRING:
        return json_write_string(out, v->string.text, v->string.len);
    case VALUE_ARRAY:
        return items_write(out, v, style, depth);
    case VALUE_OBJECT:
        return members_write(out, v, style, depth);
    }
    return false;
}

bool json_write(struct buf *out, const struct value *v, enum json_style style)
{
    return value_write(out, v, style, 0);
}
