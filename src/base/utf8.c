#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

size_t utf8_size(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    if (len == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    size_t size = p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    if (size == 0 || size > len)
        return 0;
    // The second byte tells overlong forms, surrogates and code points past the last one.
    unsigned char low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return size;
}

size_t utf8_mark(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

bool utf8_add(struct buf *out, const char *text, size_t len)
{
    size_t run = 0; // where the characters begin that are not yet added
    for (size_t i = 0; i < len;) {
        size_t size = utf8_size(text + i, len - i);
        i += size ? size : 1;
        if (size == 0) {
            if (!buf_add(out, text + run, i - 1 - run) || !utf8_put(out, 0xFFFD))
                return false;
            run = i;
        }
    }
    return buf_add(out, text + run, len - run);
}

bool utf8_put(struct buf *out, uint32_t code)
{
    if (code < 0x80)
        return buf_putc(out, (char)code);
    char bytes[4];
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size; --i > 0; code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3F));
    bytes[0] = (char)((0xF00 >> size) | code);
    return buf_add(out, bytes, size);
}

struct utf8_place utf8_place(const char *text, size_t offset)
{
    struct utf8_place place = {1, 1};
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n')
            place = (struct utf8_place){place.line + 1, 1};
        else if (((unsigned char)text[i] & 0xC0) != 0x80)
            place.column++;
    }
    return place;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The bytes of the word that the text begins with, when it is one that other languages write where
// JSON and YAML do not take it; else 0.
static size_t known_word(const char *text, size_t len)
{
    static const char *const known[] = {"null", "nul",  "Null",     "NULL",  "nil",      "None",
                                        "true", "True", "TRUE",     "false", "False",    "FALSE",
                                        "NaN",  "nan",  "Infinity", "inf",   "undefined"};
    size_t word = 0;
    while (word < len && is_letter(text[word]))
        word++;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i]) == word && memcmp(known[i], text, word) == 0)
            return word;
    return 0;
}

char *utf8_name(const char *text, size_t len, char out[UTF8_NAME_SIZE])
{
    size_t size = utf8_size(text, len), word = known_word(text, len);
    if (word)
        size = word;
    unsigned first = len ? (unsigned char)*text : 0;
    if (len == 0)
        snprintf(out, UTF8_NAME_SIZE, "the end of the text");
    else if (size == 0)
        snprintf(out, UTF8_NAME_SIZE, "the byte 0x%02X, which is not UTF-8", first);
    else if (first == '\n' || first == '\t')
        snprintf(out, UTF8_NAME_SIZE, first == '\n' ? "a line break" : "a tab");
    else if (first < 0x20 || first == 0x7F)
        snprintf(out, UTF8_NAME_SIZE, "the control character 0x%02X", first);
    else
        snprintf(out, UTF8_NAME_SIZE, first == '\'' ? "\"%.*s\"" : "'%.*s'", (int)size, text);
    return out;
}
