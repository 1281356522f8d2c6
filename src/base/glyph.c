#include "base/glyph.h"

#include "base/utf8.h"

size_t glyph_read(const char *text, size_t len, uint32_t *c)
{
    size_t size = utf8_size(text, len);
    unsigned char first = (unsigned char)text[0];
    *c = size == 0 ? GLYPH_INVALID : size == 1 ? first : first & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++)
        *c = *c << 6 | ((unsigned char)text[i] & 0x3F);
    return size ? size : 1;
}

struct range {
    uint32_t first, last;
};

static bool within(const struct range *ranges, size_t count, uint32_t c)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

int glyph_width(uint32_t c)
{
    static const struct range none[] = {
        {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
        {0x064B, 0x065F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200D},
        {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
    };
    static const struct range wide[] = {
        {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
        {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
        {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD},
    };
    if (c < 0x0300)
        return 1;
    if (within(none, sizeof none / sizeof *none, c))
        return 0;
    return within(wide, sizeof wide / sizeof *wide, c) ? 2 : 1;
}

bool glyph_hostile(uint32_t c)
{
    static const struct range steering[] = {
        {0x00, 0x1F},       {0x7F, 0x9F},
        {0x061C, 0x061C},   {0x200E, 0x200F},
        {0x2028, 0x202E},   {0x2060, 0x206F},
        {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},
        {0xE0000, 0xE007F}, {GLYPH_INVALID, GLYPH_INVALID},
    };
    return within(steering, sizeof steering / sizeof *steering, c);
}

void glyph_spell(struct buf *out, uint32_t c, char byte)
{
    if (c < 0x80 || c == GLYPH_INVALID)
        buf_printf(out, "\\x%02x", (unsigned char)byte);
    else
        buf_printf(out, c > 0xFFFF ? "\\u{%x}" : "\\u%04x", (unsigned)c);
}
