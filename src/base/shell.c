#include "base/shell.h"

#include <string.h>

static bool is_plain(const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "@%+=:,./_-";
    return *word && word[strspn(word, plain)] == '\0';
}

void shell_word(struct buf *out, const char *word)
{
    if (out->len)
        buf_putc(out, ' ');
    if (is_plain(word)) {
        buf_puts(out, word);
        return;
    }
    buf_putc(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            buf_puts(out, "'\\''");
        else
            buf_putc(out, *word);
    }
    buf_putc(out, '\'');
}
