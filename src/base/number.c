#include "base/number.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static locale_t plain_locale(void)
{
    static locale_t plain;
    if (plain == NULL)
        plain = newlocale(LC_ALL_MASK, "C", NULL);
    return plain;
}

bool number_whole(const char *text, size_t len, int base, int64_t *n)
{
    const char *end = text + len;
    bool minus = *text == '-';
    if (minus || *text == '+')
        text++;
    int64_t sum = 0; // kept below zero, where there is room for one more
    for (; text < end; text++) {
        int digit = isdigit((unsigned char)*text) ? *text - '0' : (*text | 0x20) - 'a' + 10;
        if (__builtin_mul_overflow(sum, base, &sum) || __builtin_sub_overflow(sum, digit, &sum))
            return false;
    }
    if (!minus && sum == INT64_MIN)
        return false;
    *n = minus ? sum : -sum;
    return true;
}

double number_parse(const char *text)
{
    return strtod_l(text, NULL, plain_locale());
}

char *number_format_whole(int64_t n, char out[NUMBER_SIZE])
{
    char digits[NUMBER_SIZE], *end = digits + sizeof digits, *p = end;
    uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (n < 0)
        *--p = '-';
    memcpy(out, p, (size_t)(end - p));
    out[end - p] = '\0';
    return out;
}

// Most numbers are whole millionths, as times in seconds are: the quotient is then the double
// nearest to that decimal, which has few enough digits to be the shortest. False when n is none, or
// wants an exponent.
static bool format_millionths(double n, char out[NUMBER_SIZE])
{
    static const double million = 1e6, least = 1e-4, most = 1e9;
    double size = fabs(n);
    if (n != 0 && !(size >= least && size < most))
        return false;
    int64_t millionths = llround(size * million);
    if ((double)millionths / million != size)
        return false;
    char *p = out;
    if (signbit(n))
        *p++ = '-';
    number_format_whole(millionths / 1000000, p);
    p += strlen(p);
    *p++ = '.';
    int64_t part = millionths % 1000000;
    do {
        *p++ = (char)('0' + part / 100000);
        part = part % 100000 * 10;
    } while (part);
    *p = '\0';
    return true;
}

char *number_format(double n, char out[NUMBER_SIZE])
{
    if (format_millionths(n, out))
        return out;
    locale_t before = uselocale(plain_locale());
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, NUMBER_SIZE, "%.*g", digits, n);
        if (number_parse(out) == n)
            break;
    }
    uselocale(before);
    size_t whole = strspn(out, "-0123456789");
    if (out[whole] != '.') {
        memmove(out + whole + 2, out + whole, strlen(out + whole) + 1);
        out[whole] = '.';
        out[whole + 1] = '0';
    }
    return out;
}
