#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "net/fetch.h"

const char *fetch_header_next(const char **headers, const char *name, size_t *len)
{
    size_t name_len = strlen(name);
    for (const char *line = *headers ? *headers : "", *next; *line; line = next) {
        const char *end = line + strcspn(line, "\r\n"), *value = line + name_len + 1;
        next = end + strspn(end, "\r\n");
        if (value > end || value[-1] != ':' || strncasecmp(line, name, name_len) != 0)
            continue;
        while (value < end && strchr(" \t", *value))
            value++;
        while (end > value && strchr(" \t", end[-1]))
            end--;
        *len = (size_t)(end - value);
        *headers = next;
        return value;
    }
    return NULL;
}

static const char *header_last(const char *headers, const char *name, size_t *len)
{
    const char *found = NULL, *value;
    size_t value_len;
    while ((value = fetch_header_next(&headers, name, &value_len))) {
        found = value;
        *len = value_len;
    }
    return found;
}

const char *fetch_header_text(const char *headers, const char *name, struct arena *a)
{
    size_t len = 0;
    const char *found = header_last(headers, name, &len);
    return found ? arena_copy(a, found, len) : NULL;
}

bool fetch_header(const char *headers, const char *name, char *out, size_t size)
{
    size_t len = 0;
    const char *found = header_last(headers, name, &len);
    if (!found || len >= size)
        return false;
    memcpy(out, found, len);
    out[len] = '\0';
    return true;
}

void fetch_escape(struct buf *out, const char *text, size_t len)
{
    const char *unreserved = "0123456789-._~"
                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (size_t i = 0; i < len; i++) {
        if (text[i] && strchr(unreserved, text[i]))
            buf_putc(out, text[i]);
        else
            buf_printf(out, "%%%02X", (unsigned char)text[i]);
    }
}
