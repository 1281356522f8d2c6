#include "base/number.h"

#include <ctype.h>
#include <locale.h>
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

char *number_format(double n, char out[NUMBER_SIZE])
{
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
