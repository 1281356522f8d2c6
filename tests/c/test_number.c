#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

// What number_format promises, the slow way.
static void shortest(double n, char out[64])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, 64, "%.*g", digits, n);
        if (strtod(out, NULL) == n)
            break;
    }
    size_t whole = strspn(out, "-0123456789");
    if (out[whole] == '.')
        return;
    char rest[64];
    snprintf(rest, sizeof rest, ".0%s", out + whole);
    memcpy(out + whole, rest, strlen(rest) + 1);
}

Test(number, floats_are_written_as_people_write_them)
{
    static const struct {
        double n;
        const char *text;
    } rows[] = {{0, "0.0"},
                {-0.0, "-0.0"},
                {1, "1.0"},
                {-1.5, "-1.5"},
                {0.1, "0.1"},
                {0.002143, "0.002143"},
                {1e-4, "0.0001"},
                {1.3e-05, "1.3e-05"},
                {0.1 + 0.2, "0.30000000000000004"},
                {123456789.25, "123456789.25"},
                {999999999.999999, "999999999.999999"},
                {1e9, "1000000000.0"},
                {1e300, "1.0e+300"},
                {5e-324, "4.94065645841247e-324"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[NUMBER_SIZE];
        cr_expect_str_eq(number_format(rows[i].n, out), rows[i].text);
    }
}

Test(number, every_float_is_the_shortest_text_that_reads_back)
{
    srandom(7);
    for (int i = 0; i < 200000; i++) {
        char out[NUMBER_SIZE], expected[64];
        double n = (double)(random() % 2000000000 - 1000000000) / (double)(1 + random() % 3000000);
        if (i % 2)
            n = (double)(random() * 1000L + random() % 1000) / 1e6;
        shortest(n, expected);
        cr_assert_str_eq(number_format(n, out), expected);
        cr_assert_eq(strtod(out, NULL), n);
    }
}

Test(number, whole_numbers)
{
    static const struct {
        int64_t n;
        const char *text;
    } rows[] = {{0, "0"},
                {7, "7"},
                {-10, "-10"},
                {INT64_MAX, "9223372036854775807"},
                {INT64_MIN, "-9223372036854775808"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[NUMBER_SIZE];
        cr_expect_str_eq(number_format_whole(rows[i].n, out), rows[i].text);
    }
}
