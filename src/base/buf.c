#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static bool make_room(struct buf *b, size_t more)
{
    if (more > (size_t)-1 / 4 || (b->max && b->len + more > b->max))
        return false;
    size_t need = b->len + more + 1;
    if (need > b->room) {
        size_t room = b->room ? b->room : 64;
        while (room < need)
            room *= 2;
        b->data = mem_grow(b->data, room);
        b->room = room;
    }
    return true;
}

bool buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (!make_room(b, len))
        return false;
    if (len)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
    return true;
}

bool buf_puts(struct buf *b, const char *text)
{
    return buf_add(b, text, strlen(text));
}

bool buf_putc(struct buf *b, char c)
{
    if (!make_room(b, 1))
        return false;
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
    return true;
}

bool buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    bool ok = len >= 0 && make_room(b, (size_t)len);
    if (ok) {
        vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
        b->len += (size_t)len;
    }
    va_end(again);
    return ok;
}

bool buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool ok = buf_vprintf(b, format, args);
    va_end(args);
    return ok;
}

const char *buf_text(const struct buf *b)
{
    return b->data ? b->data : "";
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

void buf_free(struct buf *b)
{
    free(b->data);
    b->data = NULL;
    b->len = b->room = 0;
}

char *buf_take(struct buf *b)
{
    char *data = b->data ? b->data : mem_dup("");
    b->data = NULL;
    b->len = b->room = 0;
    return data;
}
