#include "kube/warning.h"

#include <string.h>

#include "base/utf8.h"
#include "net/fetch.h"

enum { MOST = 50 };

static bool is_seen(const struct value *seen, const char *text)
{
    for (size_t i = 0; i < value_count(seen); i++)
        if (strcmp(value_text(value_at(seen, i)), text) == 0)
            return true;
    return false;
}

static void tell(struct kube_warnings *w, const char *text)
{
    if (w->seen == NULL)
        w->seen = value_array(&w->memory);
    if (*text == '\0' || value_count(w->seen) == MOST || is_seen(w->seen, text))
        return;
    value_push(&w->memory, w->seen, value_string(&w->memory, text));
    w->told(text, w->arg);
}

// Reads a quoted string, and appends what it says without control characters. Returns what comes
// behind it; NULL when it does not begin or end with a quote.
static const char *quoted_read(const char *at, const char *end, struct buf *out)
{
    if (at == end || *at++ != '"')
        return NULL;
    for (; at < end && *at != '"'; at++) {
        if (*at == '\\' && at + 1 < end)
            at++;
        bool control = (unsigned char)*at < ' ' || *at == 0x7f;
        buf_putc(out, control ? ' ' : *at);
    }
    return at < end ? at + 1 : NULL;
}

static const char *blanks_skip(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

// Passes over what stands before the next blank, and over that. NULL when there is none.
static const char *word_skip(const char *at, const char *end)
{
    const char *blank = memchr(at, ' ', (size_t)(end - at));
    return blank ? blank + 1 : NULL;
}

// One of a list: CODE AGENT "TEXT" or CODE AGENT "TEXT" "DATE". Returns where the next begins; NULL
// when there is none.
static const char *warning_read(struct kube_warnings *w, const char *at, const char *end)
{
    struct buf text = {0}, date = {0}, clean = {0};
    const char *agent = word_skip(at, end), *quoted = agent ? word_skip(agent, end) : NULL;
    const char *rest = quoted ? quoted_read(quoted, end, &text) : NULL;
    if (rest && agent - at == 4 && memcmp(at, "299", 3) == 0) {
        utf8_add(&clean, buf_text(&text), text.len);
        tell(w, buf_text(&clean));
    }
    rest = rest ? blanks_skip(rest, end) : NULL;
    if (rest && rest < end && *rest == '"')
        rest = quoted_read(rest, end, &date);
    rest = rest ? blanks_skip(rest, end) : NULL;
    buf_free(&text);
    buf_free(&date);
    buf_free(&clean);
    return rest && rest < end && *rest == ',' ? blanks_skip(rest + 1, end) : NULL;
}

void kube_warnings_read(struct kube_warnings *w, const char *headers)
{
    size_t len;
    const char *line;
    while (w->told && (line = fetch_header_next(&headers, "warning", &len))) {
        const char *end = line + len;
        for (const char *at = line; at;)
            at = warning_read(w, at, end);
    }
}

void kube_warnings_free(struct kube_warnings *w)
{
    arena_free(&w->memory);
}
