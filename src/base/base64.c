#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_decode(struct arena *a, const char *text, size_t *len, struct error *err)
{
    char *out = arena_alloc(a, strlen(text) / 4 * 3 + 4);
    uint32_t group = 0;
    size_t digits = 0, padding = 0;
    *len = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '\n' || *p == '\r')
            continue;
        const char *digit = *p == '=' ? NULL : strchr(alphabet, *p);
        if (*p == '=' && digits % 4 + padding >= 2 && digits % 4 + padding < 4) {
            padding++;
            continue;
        }
        if (digit == NULL || padding) {
            error_set(err, "not base64: character %zu is not allowed there",
                      (size_t)(p - text) + 1);
            return NULL;
        }
        group = group << 6 | (uint32_t)(digit - alphabet);
        if (++digits % 4 == 0)
            for (int shift = 16; shift >= 0; shift -= 8)
                out[(*len)++] = (char)(group >> shift & 0xff);
    }
    size_t rest = digits % 4;
    if ((rest + padding) % 4 != 0) {
        error_set(err, "not base64: it ends too early");
        return NULL;
    }
    if (rest >= 2)
        out[(*len)++] = (char)(group >> (rest == 2 ? 4 : 10) & 0xff);
    if (rest == 3)
        out[(*len)++] = (char)(group >> 2 & 0xff);
    out[*len] = '\0';
    return out;
}

char *base64_encode(struct arena *a, const char *bytes, size_t len)
{
    char *out = arena_alloc(a, (len + 2) / 3 * 4 + 1), *to = out;
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (k < have ? (unsigned char)bytes[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            *to++ = k <= have ? alphabet[group >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}
