#include <string.h>
#include <strings.h>

#include "net/fetch.h"

bool fetch_header(const char *headers, const char *name, char *out, size_t size)
{
    size_t name_len = strlen(name);
    const char *found = NULL;
    size_t found_len = 0;
    for (const char *line = headers ? headers : ""; *line;) {
        size_t len = strcspn(line, "\r\n");
        if (len > name_len && line[name_len] == ':' && strncasecmp(line, name, name_len) == 0) {
            found = line + name_len + 1;
            found_len = len - name_len - 1;
        }
        line += len;
        line += strspn(line, "\r\n");
    }
    while (found_len && strchr(" \t", *found))
        found++, found_len--;
    while (found_len && strchr(" \t", found[found_len - 1]))
        found_len--;
    if (!found || found_len >= size)
        return false;
    memcpy(out, found, found_len);
    out[found_len] = '\0';
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
