#include "base/duration.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct unit {
    const char *name;
    int64_t ms;
} units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

static const int64_t longest = INT64_C(10) * 366 * 86400000;

// Reads decimal digits with an optional fraction; strtod would also take "inf", "0x1" and "1e9".
static bool number_parse(const char **at, double *number)
{
    const char *p = *at;
    if (!isdigit((unsigned char)*p))
        return false;
    double value = 0;
    for (; isdigit((unsigned char)*p); p++)
        value = value * 10 + (*p - '0');
    if (*p == '.') {
        if (!isdigit((unsigned char)*++p))
            return false;
        for (double place = 0.1; isdigit((unsigned char)*p); p++, place /= 10)
            value += (*p - '0') * place;
    }
    *at = p;
    *number = value;
    return true;
}

bool duration_parse(const char *text, int64_t *ms)
{
    const size_t count = sizeof units / sizeof *units;
    double total = 0;
    size_t next = 0; // units before this one were used already
    const char *p = text;
    if (*p == '\0')
        return false;
    while (*p) {
        double number;
        if (!number_parse(&p, &number))
            return false;
        size_t len = 0;
        while (isalpha((unsigned char)p[len]))
            len++;
        size_t i = next;
        if (len == 0 && *p == '\0' && next == 0) {
            total = number * 1000;
            break;
        }
        while (i < count && (strlen(units[i].name) != len || strncmp(units[i].name, p, len) != 0))
            i++;
        if (i == count)
            return false;
        total += number * (double)units[i].ms;
        next = i + 1;
        p += len;
    }
    if (total > (double)longest)
        return false;
    *ms = (int64_t)(total + 0.5);
    return true;
}

// Writes "5m", or with a rest "5m 03s", the rest in at least so many digits.
static void parts_write(char *out, size_t size, int64_t whole, char unit, int64_t rest, int digits,
                        char rest_unit)
{
    if (rest)
        snprintf(out, size, "%" PRId64 "%c %0*" PRId64 "%c", whole, unit, digits, rest, rest_unit);
    else
        snprintf(out, size, "%" PRId64 "%c", whole, unit);
}

char *duration_format(int64_t ms, char *out, size_t size)
{
    if (ms < 0)
        ms = 0;
    const int64_t s = ms / 1000 + (ms % 1000 >= 500), tenths = (ms % 60000 + 50) / 100;
    if (ms < 1000)
        snprintf(out, size, "%" PRId64 "ms", ms);
    else if (ms < 59950 && tenths % 10)
        snprintf(out, size, "%" PRId64 ".%" PRId64 "s", tenths / 10, tenths % 10);
    else if (ms < 59950)
        snprintf(out, size, "%" PRId64 "s", tenths / 10);
    else if (s < 3600)
        parts_write(out, size, s / 60, 'm', s % 60, 2, 's');
    else if (s < 86400)
        parts_write(out, size, s / 3600, 'h', s / 60 % 60, 2, 'm');
    else
        parts_write(out, size, s / 86400, 'd', s / 3600 % 24, 1, 'h');
    return out;
}

static int64_t clock_read(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_wall(void)
{
    return clock_read(CLOCK_REALTIME);
}

int64_t clock_steady(void)
{
    return clock_read(CLOCK_MONOTONIC);
}
