#include "engine/likeness.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"

enum { DATE_LEN = 10, STAMP_LEN = 19, SECONDS_DIGITS = 10, MILLISECONDS_DIGITS = 13 };
static const int64_t year_ms = INT64_C(366) * 24 * 3600 * 1000;

// Two texts, and how far they have been found alike.
struct pair {
    const char *planned, *wanted, *planned_end, *wanted_end;
    const char *p, *w;
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static size_t digits(const char *at, const char *end)
{
    size_t n = 0;
    while (at + n < end && isdigit((unsigned char)at[n]))
        n++;
    return n;
}

// How long the time in digits at `at` is, seconds or milliseconds since 1970; 0: it is none.
static size_t unix_time(const char *at, const char *end, int64_t now)
{
    char text[MILLISECONDS_DIGITS + 1] = "";
    size_t n = digits(at, end);
    if (n != SECONDS_DIGITS && n != MILLISECONDS_DIGITS)
        return 0;
    memcpy(text, at, n);
    int64_t ms = strtoll(text, NULL, 10) * (n == SECONDS_DIGITS ? 1000 : 1);
    if (ms < now - year_ms || ms > now + year_ms)
        return 0;
    return n + (at + n < end && at[n] == '.' ? 1 + digits(at + n + 1, end) : 0);
}

// The same for a date or date-time as RFC 3339, section 5.6 writes it, without its offset.
static size_t written_time(const char *at, const char *end, int64_t now)
{
    static const char form[] = "0000-00-00T00:00:00";
    size_t n = 0;
    time_t seconds = (time_t)(now / 1000);
    struct tm t;
    while (n < STAMP_LEN && at + n < end &&
           (form[n] == '0' ? isdigit((unsigned char)at[n]) : at[n] == form[n]))
        n++;
    if (n < DATE_LEN || gmtime_r(&seconds, &t) == NULL || labs(atol(at) - t.tm_year - 1900) > 1)
        return 0;
    if (n < STAMP_LEN)
        return DATE_LEN;
    return n + (at + n < end && at[n] == '.' ? 1 + digits(at + n + 1, end) : 0);
}

// How many bytes back both sides go.
static size_t far_back(const struct pair *c)
{
    ptrdiff_t p = c->p - c->planned, w = c->w - c->wanted;
    return (size_t)(p < w ? p : w);
}

// Steps over a time that began a few bytes ago on both sides.
static bool pass_time(const struct likeness *l, struct pair *c,
                      size_t (*length)(const char *, const char *, int64_t))
{
    for (size_t back = 0; back <= STAMP_LEN && back <= far_back(c); back++) {
        const char *p = c->p - back, *w = c->w - back;
        if (p > c->planned && isdigit((unsigned char)p[-1]))
            continue; // not where the number begins
        size_t p_len = length(p, c->planned_end, l->planned_at),
               w_len = length(w, c->wanted_end, l->now);
        bool same = digits(p, c->planned_end) == digits(w, c->wanted_end) &&
                    (p_len == DATE_LEN) == (w_len == DATE_LEN); // the form of it
        if (!same || p_len <= back || w_len <= back)
            continue;
        c->p = p + p_len;
        c->w = w + w_len;
        return true;
    }
    return false;
}

static bool stands_alone(const char *at, size_t len, const char *start, const char *end)
{
    return (at == start || !is_word(at[-1])) && (at + len == end || !is_word(at[len]));
}

static bool starts_with(const char *at, const char *end, const struct value *text)
{
    return (size_t)(end - at) >= text->string.len &&
           memcmp(at, text->string.text, text->string.len) == 0;
}

// What stands in a text for an answer that nobody kept: one word, as ids are.
static size_t any_word(const char *at, const char *end)
{
    size_t n = 0;
    while (at + n < end && (is_word(at[n]) || at[n] == '-'))
        n++;
    return n;
}

// Steps over an answer's field that began `back` bytes ago on both sides.
static bool pass_answer_at(struct pair *c, const struct value *answer, size_t back)
{
    const struct value *planned = value_get(answer, "planned"),
                       *actual = value_get(answer, "actual");
    const char *p = c->p - back, *w = c->w - back;
    if (!starts_with(p, c->planned_end, planned) ||
        (actual && !starts_with(w, c->wanted_end, actual)))
        return false;
    size_t p_len = planned->string.len,
           w_len = actual ? actual->string.len : any_word(w, c->wanted_end);
    if ((p_len <= back && w_len <= back) || w_len == 0 ||
        !stands_alone(p, p_len, c->planned, c->planned_end) ||
        !stands_alone(w, w_len, c->wanted, c->wanted_end))
        return false;
    c->p = p + p_len;
    c->w = w + w_len;
    return true;
}

static bool pass_answer(const struct likeness *l, struct pair *c)
{
    for (size_t i = 0; i < value_count(l->answers); i++) {
        const struct value *answer = value_at(l->answers, i);
        size_t len = value_get(answer, "planned")->string.len;
        for (size_t back = 0; back <= len && back <= far_back(c); back++)
            if (pass_answer_at(c, answer, back))
                return true;
    }
    return false;
}

static bool texts_alike(const struct likeness *l, const struct value *planned,
                        const struct value *wanted)
{
    struct pair c = {.planned = planned->string.text,
                     .wanted = wanted->string.text,
                     .planned_end = planned->string.text + planned->string.len,
                     .wanted_end = wanted->string.text + wanted->string.len};
    c.p = c.planned;
    c.w = c.wanted;
    while (c.p < c.planned_end || c.w < c.wanted_end) {
        if (c.p < c.planned_end && c.w < c.wanted_end && *c.p == *c.w) {
            c.p++;
            c.w++;
        } else if (!pass_time(l, &c, written_time) && !pass_time(l, &c, unix_time) &&
                   !pass_answer(l, &c)) {
            return false;
        }
    }
    return true;
}

static bool is_scalar(const struct value *v)
{
    return v && (v->type == VALUE_STRING || v->type == VALUE_INT || v->type == VALUE_FLOAT);
}

// A text, or a number as a text.
static const struct value *as_text(struct arena *a, const struct value *v)
{
    struct buf text = {0};
    if (v->type == VALUE_STRING)
        return v;
    json_write(&text, v, JSON_CANONICAL);
    const struct value *s = value_bytes(a, buf_text(&text), text.len);
    buf_free(&text);
    return s;
}

static const char *shown(struct arena *a, const struct value *v)
{
    struct buf text = {0};
    if (v == NULL)
        return "nothing";
    json_write(&text, v, JSON_CANONICAL);
    const char *copy = arena_copy(a, buf_text(&text), text.len);
    buf_free(&text);
    return copy;
}

static bool differ(struct likeness *l, const char *path, const struct value *planned,
                   const struct value *wanted)
{
    l->path = path;
    l->planned = shown(l->arena, planned);
    l->wanted = shown(l->arena, wanted);
    return false;
}

static bool alike(struct likeness *l, const char *path, const struct value *planned,
                  const struct value *wanted)
{
    struct arena *a = l->arena;
    if (value_equal(planned, wanted))
        return true;
    if (is_scalar(planned) && is_scalar(wanted))
        return texts_alike(l, as_text(a, planned), as_text(a, wanted)) ||
               differ(l, path, planned, wanted);
    if (planned == NULL || wanted == NULL || planned->type != wanted->type ||
        (planned->type == VALUE_ARRAY && value_count(planned) != value_count(wanted)))
        return differ(l, path, planned, wanted);
    for (size_t i = 0; planned->type == VALUE_ARRAY && i < value_count(planned); i++)
        if (!alike(l, arena_printf(a, "%s[%zu]", path, i), value_at(planned, i),
                   value_at(wanted, i)))
            return false;
    if (planned->type == VALUE_ARRAY)
        return true;
    if (planned->type != VALUE_OBJECT)
        return differ(l, path, planned, wanted);
    for (size_t i = 0; i < value_count(planned); i++) {
        const struct value_member *m = &planned->object.members[i];
        if (!alike(l, arena_printf(a, "%s%s%s", path, *path ? "." : "", m->key), m->value,
                   value_get(wanted, m->key)))
            return false;
    }
    for (size_t i = 0; i < value_count(wanted); i++) {
        const struct value_member *m = &wanted->object.members[i];
        if (value_get(planned, m->key) == NULL)
            return differ(l, arena_printf(a, "%s%s%s", path, *path ? "." : "", m->key), NULL,
                          m->value);
    }
    return true;
}

bool likeness_holds(struct likeness *l, const struct value *planned, const struct value *wanted)
{
    return alike(l, "", planned, wanted);
}

// The body of an answer is often JSON in a text.
static const struct value *opened(struct arena *a, const struct value *v)
{
    bool document = v && v->type == VALUE_STRING && v->string.len &&
                    (*v->string.text == '{' || *v->string.text == '[');
    const struct value *inner =
        document ? json_parse(a, v->string.text, v->string.len, NULL) : NULL;
    return inner ? inner : v;
}

// An answer that steps up in a path would make a write to another place than the plan's of it.
static bool steps_up(const struct value *planned, const struct value *actual)
{
    return actual && strstr(value_text(actual), "../") && !strstr(value_text(planned), "../");
}

static void learn_field(struct arena *a, struct value *answers, const struct value *planned,
                        const struct value *actual)
{
    const struct value *text = as_text(a, planned);
    if (text->string.len < LIKENESS_SHORTEST || (actual && !is_scalar(actual)) ||
        steps_up(text, actual))
        return;
    struct value *row = value_object(a);
    value_set(a, row, "planned", value_copy(a, text));
    if (actual)
        value_set(a, row, "actual", value_copy(a, as_text(a, actual)));
    for (size_t i = 0; i < value_count(answers); i++)
        if (value_equal(value_at(answers, i), row))
            return; // a poll hears the same again and again
    value_push(a, answers, row);
}

void likeness_learn(struct arena *a, struct value *answers, const struct value *planned,
                    const struct value *actual)
{
    planned = opened(a, planned);
    actual = opened(a, actual);
    if (planned == NULL || (actual && value_equal(planned, actual)))
        return;
    if (is_scalar(planned))
        learn_field(a, answers, planned, actual);
    for (size_t i = 0; planned->type == VALUE_ARRAY && i < value_count(planned); i++) {
        const struct value *other = value_at(actual, i);
        if (actual == NULL || other)
            likeness_learn(a, answers, value_at(planned, i), other);
    }
    for (size_t i = 0; planned->type == VALUE_OBJECT && i < value_count(planned); i++) {
        const struct value_member *m = &planned->object.members[i];
        const struct value *other = value_get(actual, m->key);
        if (actual == NULL || other)
            likeness_learn(a, answers, m->value, other);
    }
}
