#include "engine/match.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "engine/state.h"

enum {
    MOST_DEEP = 200,      // calls of the matcher within itself, as in Lua
    LOOK_EVERY = 1 << 14, // steps between two looks at the clock
};

static const char *match_rest(struct match *m, const char *s, const char *p);

static void count_step(struct match *m)
{
    if (++m->steps % LOOK_EVERY == 0)
        state_look(m->L);
}

// Where the single item (a character, a class, a set) that begins at p ends.
static const char *item_end(const struct match *m, const char *p)
{
    if (*p == '%') {
        if (p + 1 == m->pattern_end)
            luaL_error(m->L, "malformed pattern (ends with '%%')");
        return p + 2;
    }
    if (*p != '[')
        return p + 1;
    p += p + 1 < m->pattern_end && p[1] == '^' ? 2 : 1;
    for (bool first = true; first || p == m->pattern_end || *p != ']'; first = false) {
        if (p == m->pattern_end)
            luaL_error(m->L, "malformed pattern (missing ']')");
        p += *p == '%' && p + 1 < m->pattern_end ? 2 : 1;
    }
    return p + 1;
}

static bool in_class(int c, int letter)
{
    static const struct {
        char letter;
        int (*holds)(int);
    } classes[] = {{'a', isalpha}, {'c', iscntrl}, {'d', isdigit}, {'g', isgraph}, {'l', islower},
                   {'p', ispunct}, {'s', isspace}, {'u', isupper}, {'w', isalnum}, {'x', isxdigit}};
    if (tolower(letter) == 'z') // of Lua 5.1, and still there
        return (c == 0) != (letter == 'Z');
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (classes[i].letter == tolower(letter))
            return (classes[i].holds(c) != 0) != (isupper(letter) != 0);
    return letter == c;
}

// Is c in the set from '[' at p to ']' at last?
static bool in_set(int c, const char *p, const char *last)
{
    bool found = true;
    if (p[1] == '^') {
        found = false;
        p++;
    }
    while (++p < last) {
        const unsigned char *u = (const unsigned char *)p;
        if (*p == '%') {
            p++;
            if (in_class(c, u[1]))
                return found;
        } else if (p[1] == '-' && p + 2 < last) {
            p += 2;
            if (u[0] <= c && c <= u[2])
                return found;
        } else if (*u == c) {
            return found;
        }
    }
    return !found;
}

static bool is_one(const struct match *m, const char *s, const char *p, const char *item)
{
    if (s >= m->end)
        return false;
    int c = (unsigned char)*s;
    switch (*p) {
    case '.':
        return true;
    case '%':
        return in_class(c, (unsigned char)p[1]);
    case '[':
        return in_set(c, p, item - 1);
    default:
        return (unsigned char)*p == c;
    }
}

// item*, item+ : as many as there are, then fewer.
static const char *match_most(struct match *m, const char *s, const char *p, const char *item,
                              ptrdiff_t least)
{
    ptrdiff_t n = 0;
    for (; is_one(m, s + n, p, item); n++)
        count_step(m);
    for (; n >= least; n--) {
        const char *end = match_rest(m, s + n, item + 1);
        if (end)
            return end;
    }
    return NULL;
}

// item- : none, then more.
static const char *match_least(struct match *m, const char *s, const char *p, const char *item)
{
    for (;; s++) {
        const char *end = match_rest(m, s, item + 1);
        if (end || !is_one(m, s, p, item))
            return end;
    }
}

static const char *capture_open(struct match *m, const char *s, const char *p, ptrdiff_t len)
{
    if (m->count >= MATCH_CAPTURES)
        luaL_error(m->L, "too many captures");
    m->captures[m->count++] = (struct capture){s, len};
    const char *end = match_rest(m, s, p);
    if (!end)
        m->count--;
    return end;
}

static const char *capture_close(struct match *m, const char *s, const char *p)
{
    int i = m->count - 1;
    while (i >= 0 && m->captures[i].len != CAPTURE_OPEN)
        i--;
    if (i < 0)
        luaL_error(m->L, "invalid pattern capture");
    m->captures[i].len = s - m->captures[i].start;
    const char *end = match_rest(m, s, p);
    if (!end)
        m->captures[i].len = CAPTURE_OPEN;
    return end;
}

// %1: what a capture before has caught.
static const char *match_again(struct match *m, const char *s, int digit)
{
    int i = digit - '1';
    if (i < 0 || i >= m->count || m->captures[i].len == CAPTURE_OPEN)
        luaL_error(m->L, "invalid capture index %%%d", i + 1);
    size_t len = m->captures[i].len < 0 ? (size_t)-1 : (size_t)m->captures[i].len;
    bool same = (size_t)(m->end - s) >= len && memcmp(m->captures[i].start, s, len) == 0;
    return same ? s + len : NULL;
}

// %bxy: from an x to the y that closes it.
static const char *match_balance(struct match *m, const char *s, const char *p)
{
    if (p + 1 >= m->pattern_end)
        luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    if (s >= m->end || *s != p[0])
        return NULL;
    ptrdiff_t open = 1;
    while (++s < m->end) {
        count_step(m);
        if (*s == p[1] && --open == 0)
            return s + 1;
        if (*s == p[0] && *s != p[1])
            open++;
    }
    return NULL;
}

// %f[set]: between a character outside of the set and one inside; the ends count as '\0'.
static const char *match_frontier(struct match *m, const char *s, const char *p)
{
    if (p >= m->pattern_end || *p != '[')
        luaL_error(m->L, "missing '[' after '%%f' in pattern");
    const char *item = item_end(m, p);
    int before = s == m->text ? 0 : (unsigned char)s[-1];
    int after = s == m->end ? 0 : (unsigned char)*s;
    bool there = !in_set(before, p, item - 1) && in_set(after, p, item - 1);
    return there ? match_rest(m, s, item) : NULL;
}

// One item and what says how often. Returns where the match ends, or NULL; or sets *next and *on to
// go on behind an item that matched once.
static const char *match_item(struct match *m, const char *s, const char *p, const char **next,
                              const char **on)
{
    const char *item = item_end(m, p), *end;
    bool one = is_one(m, s, p, item);
    switch (item < m->pattern_end ? *item : '\0') {
    case '?':
        if (one && (end = match_rest(m, s + 1, item + 1)) != NULL)
            return end;
        *next = s;
        *on = item + 1;
        return NULL;
    case '*':
        return match_most(m, s, p, item, 0);
    case '+':
        return match_most(m, s, p, item, 1);
    case '-':
        return match_least(m, s, p, item);
    default:
        *next = one ? s + 1 : NULL;
        *on = item;
        return NULL;
    }
}

// As match_item, for what begins with '%' and is no class.
static const char *match_escape(struct match *m, const char *s, const char *p, const char **next,
                                const char **on)
{
    int letter = p + 1 < m->pattern_end ? p[1] : '\0';
    if (letter == 'f')
        return match_frontier(m, s, p + 2);
    if (letter != 'b' && !isdigit((unsigned char)letter))
        return match_item(m, s, p, next, on);
    *next = letter == 'b' ? match_balance(m, s, p + 2) : match_again(m, s, letter);
    *on = letter == 'b' ? p + 4 : p + 2;
    return NULL;
}

static const char *match_loop(struct match *m, const char *s, const char *p)
{
    while (p < m->pattern_end) {
        const char *next = NULL, *on = NULL, *end = NULL;
        count_step(m);
        if (*p == '(' && p + 1 < m->pattern_end && p[1] == ')')
            return capture_open(m, s, p + 2, CAPTURE_POSITION);
        if (*p == '(')
            return capture_open(m, s, p + 1, CAPTURE_OPEN);
        if (*p == ')')
            return capture_close(m, s, p + 1);
        if (*p == '$' && p + 1 == m->pattern_end)
            return s == m->end ? s : NULL;
        end = *p == '%' ? match_escape(m, s, p, &next, &on) : match_item(m, s, p, &next, &on);
        if (end || !next)
            return end;
        s = next;
        p = on;
    }
    return s;
}

static const char *match_rest(struct match *m, const char *s, const char *p)
{
    if (++m->depth > MOST_DEEP)
        luaL_error(m->L, "pattern too complex");
    const char *end = match_loop(m, s, p);
    m->depth--;
    return end;
}

const char *match_at(struct match *m, const char *at, const char *pattern)
{
    m->count = 0;
    m->depth = 0;
    return match_rest(m, at, pattern);
}
