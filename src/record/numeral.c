#include "record/numeral.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/number.h"

enum { LONGEST = 64, FLOAT_LEAST = 14, FLOAT_MOST = 17, FIXED_LEAST = -7, FIXED_MOST = 30 };

// The digits without zeros around them; their first is worth 10 to the power `exponent`.
struct numeral {
    char digits[LONGEST + 1];
    int count, exponent;
};

static const char *skip_digits(const char *at)
{
    while (isdigit((unsigned char)*at))
        at++;
    return at;
}

// Reads the whole text; false when it is no number, or zero.
static bool numeral_read(const char *text, struct numeral *n)
{
    *n = (struct numeral){0};
    const char *at = text + (*text == '-' || *text == '+');
    const char *point = skip_digits(at), *end = *point == '.' ? skip_digits(point + 1) : point;
    if (point == at || end == point + 1)
        return false;
    n->exponent = (int)(point - at) - 1;
    for (; at < end; at++) {
        if (n->count == 0 && *at == '0')
            n->exponent--;
        else if (*at != '.')
            n->digits[n->count++] = *at;
    }
    if (n->count == 0)
        return false;
    while (n->count && n->digits[n->count - 1] == '0')
        n->digits[--n->count] = '\0';
    if (*end == 'e' || *end == 'E') {
        const char *power = end + 1 + (end[1] == '-' || end[1] == '+');
        if (power == skip_digits(power) || strlen(power) > 4)
            return false;
        n->exponent += atoi(end + 1);
        end = skip_digits(power);
    }
    return *end == '\0';
}

static void put(struct arena *a, struct value *into, size_t shortest, const char *text)
{
    if (strlen(text) >= shortest)
        value_push(a, into, value_string(a, text));
}

// Writes it without an exponent. Returns whether it is whole.
static bool write_fixed(const struct numeral *n, struct buf *out)
{
    if (n->exponent < 0)
        buf_printf(out, "0.%.*s", -n->exponent - 1, "000000");
    for (int i = 0; i < n->count || i <= n->exponent; i++) {
        if (i > 0 && i == n->exponent + 1)
            buf_putc(out, '.');
        buf_putc(out, i < n->count ? n->digits[i] : '0');
    }
    return n->count <= n->exponent + 1;
}

static bool is_fixed(const struct numeral *n)
{
    return n->exponent >= FIXED_LEAST && n->exponent <= FIXED_MOST;
}

static void add_fixed(struct arena *a, struct value *into, size_t shortest, const struct numeral *n)
{
    struct buf text = {0};
    bool whole = is_fixed(n) && write_fixed(n, &text);
    put(a, into, shortest, buf_text(&text));
    if (whole) {
        buf_puts(&text, ".0");
        put(a, into, shortest, text.data);
    }
    buf_free(&text);
}

// As "1.2345e+04", "1.2345e+4" and "1.2345e4"; letters count in either case.
static void add_powers(struct arena *a, struct value *into, size_t shortest,
                       const struct numeral *n)
{
    struct buf text = {0};
    for (int way = 0; way < 6; way++) {
        bool zero = way % 2 && n->count == 1; // "1.0e4"
        if (way % 2 && !zero)
            continue;
        buf_clear(&text);
        buf_printf(&text, "%c%s%s%s", n->digits[0], n->count > 1 || zero ? "." : "", n->digits + 1,
                   zero ? "0" : "");
        if (way / 2 == 2)
            buf_printf(&text, "e%d", n->exponent);
        else
            buf_printf(&text, "e%c%0*d", n->exponent < 0 ? '-' : '+', way / 2 ? 1 : 2,
                       abs(n->exponent));
        put(a, into, shortest, text.data);
    }
    buf_free(&text);
}

static void add_forms(struct arena *a, struct value *into, size_t shortest, const struct numeral *n)
{
    add_fixed(a, into, shortest, n);
    add_powers(a, into, shortest, n);
}

// How many bytes are left of it without leading zeros.
static size_t fixed_size(const struct numeral *n)
{
    struct buf text = {0};
    write_fixed(n, &text);
    size_t size = text.len;
    buf_free(&text);
    return size;
}

// As a float has it, of so many digits.
static bool round_to(struct numeral *n, const char *text, int digits)
{
    char as_float[LONGEST];
    double number = fabs(number_parse(text));
    if (!isfinite(number))
        return false;
    snprintf(as_float, sizeof as_float, "%.*e", digits - 1, number);
    as_float[1] = '.'; // in every locale
    return numeral_read(as_float, n);
}

struct value *numeral_forms(struct arena *a, const char *text, size_t len, size_t shortest)
{
    struct value *forms = value_array(a);
    struct numeral n, rounded;
    char copy[LONGEST + 1] = "";
    if (len > LONGEST || memchr(text, '\0', len))
        return forms;
    memcpy(copy, text, len);
    if (!numeral_read(copy, &n) || (is_fixed(&n) && fixed_size(&n) < shortest))
        return forms;
    add_forms(a, forms, shortest, &n);
    for (int digits = FLOAT_LEAST; digits <= FLOAT_MOST && n.count > digits; digits++)
        if (round_to(&rounded, copy, digits))
            add_forms(a, forms, shortest, &rounded);
    return forms;
}
