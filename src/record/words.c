#include "record/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "base/json.h"

static const double LONGEST = 1e9; // seconds

char *words_count(int64_t n, const char *noun, char out[WORDS_SIZE])
{
    snprintf(out, WORDS_SIZE, "%" PRId64 " %s%s", n, noun, n == 1 ? "" : "s");
    return out;
}

char *words_length(double seconds, char out[WORDS_SIZE])
{
    out[0] = '\0';
    if (seconds >= 0)
        duration_format((int64_t)(fmin(seconds, LONGEST) * 1000 + 0.5), out, WORDS_SIZE);
    return out;
}

char *words_seconds(const struct value *seconds, char out[WORDS_SIZE])
{
    return words_length(words_number(seconds), out);
}

double words_number(const struct value *v)
{
    return v && v->type == VALUE_FLOAT ? v->number
           : v && v->type == VALUE_INT ? (double)v->integer
                                       : -1;
}

char *words_instant(int64_t ms, char out[WORDS_SIZE])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm t;
    gmtime_r(&seconds, &t);
    size_t len = strftime(out, WORDS_SIZE, "%Y-%m-%dT%H:%M:%S", &t);
    snprintf(out + len, WORDS_SIZE - len, ".%03dZ", (int)(ms % 1000));
    return out;
}

void words_value(struct buf *out, const struct value *v)
{
    if (v == NULL || v->type == VALUE_NULL)
        buf_puts(out, "(none)");
    else if (v->type == VALUE_STRING && v->string.len)
        buf_add(out, v->string.text, v->string.len);
    else
        json_write(out, v, JSON_COMPACT);
}

bool words_counts(struct buf *out, const struct value *counts)
{
    static const struct {
        const char *key, *noun;
    } kinds[] = {{"steps", "step"},   {"checks", "check"}, {"reads", "read"},
                 {"writes", "write"}, {"waits", "wait"},   {"asks", "question"}};
    size_t before = out->len;
    int64_t unchanged = value_get_int(counts, "unchanged", 0);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char text[WORDS_SIZE];
        int64_t n = value_get_int(counts, kinds[i].key, 0);
        if (n)
            buf_printf(out, "%s%s", out->len > before ? ", " : "",
                       words_count(n, kinds[i].noun, text));
        if (unchanged && strcmp(kinds[i].key, "writes") == 0)
            buf_printf(out, " (%lld unchanged)", (long long)unchanged);
    }
    return out->len > before;
}

void words_sure(struct buf *out, const struct value *effect)
{
    static const char *const bases[][2] = {{"declared", "as declared"},
                                           {"planned", "as planned so far"},
                                           {"world", "by the world file"}};
    const char *basis = value_get_text(effect, "basis");
    bool read = strcmp(value_get_text(effect, "access"), "read") == 0;
    if (read && *value_get_text(effect, "error"))
        buf_puts(out, "failed, ");
    if (value_get_bool(effect, "unchanged", false))
        buf_puts(out, "unchanged, ");
    buf_puts(out, value_get_text(effect, "sure"));
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (strcmp(basis, bases[i][0]) == 0)
            buf_printf(out, ": %s", bases[i][1]);
    if (value_get_bool(effect, "stale", false))
        buf_puts(out, ", before the change");
}

const char *words_check(const struct value *check)
{
    return value_get_bool(check, "later", false)     ? "to be checked after the change"
           : !value_get_bool(check, "ok", false)     ? "failed"
           : value_get_bool(check, "stale", false)   ? "holds before the change"
           : value_get_bool(check, "assumed", false) ? "holds as assumed"
                                                     : "holds";
}

void words_gate(struct buf *out, const struct value *gate)
{
    const char *value = value_get_text(gate, "value"), *verdict = value_get_text(gate, "verdict");
    words_sure(out, gate);
    if (strcmp(verdict, "not known") != 0)
        buf_printf(out, "%s%s", out->len ? ": " : "", *value ? value : verdict);
}

const char *words_stand(const struct value *rows)
{
    size_t doubts = 0, count = value_count(rows);
    for (size_t i = 0; i < count; i++)
        doubts += value_get_bool(value_at(rows, i), "in_doubt", false);
    return doubts == 0      ? "These changes stand"
           : doubts < count ? "These changes stand, or may stand"
                            : "These changes may stand";
}
