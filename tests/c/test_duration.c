#include <criterion/criterion.h>
#include <inttypes.h>
#include <locale.h>

#include "base/duration.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

Test(duration, parse)
{
    const struct {
        const char *text;
        int64_t ms;
    } cases[] = {{"15m", 900000},
                 {"1h30m", 5400000},
                 {"500ms", 500},
                 {"1.5s", 1500},
                 {"2d", 172800000},
                 {"0", 0},
                 {"0s", 0},
                 {"30", 30000},
                 {"0.25", 250},
                 {"1.005s", 1005},
                 {"0.0004s", 0},
                 {"0.0005s", 1},
                 {"007s", 7000},
                 {"90m", 5400000},
                 {"1d2h3m4s5ms", 93784005},
                 {"1.5h30s", 5430000},
                 {"1m1ms", 60001},
                 {"3650d", INT64_C(315360000000)},
                 {"3660d", INT64_C(316224000000)},
                 {"0.00000000000000000000000000000000000000000000000000000000000000000001d", 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ms = -1;
        cr_expect(duration_parse(cases[i].text, &ms), "%s is refused", cases[i].text);
        cr_expect_eq(ms, cases[i].ms, "%s is %" PRId64, cases[i].text, ms);
    }
}

Test(duration, parse_refuses)
{
    const char *cases[] = {
        "",     " ",     "s",      "m15",   "-1s",    "+1s",   "1 s",
        " 1s",  "1s ",   "1x",     "1S",    "1sec",   "1h30",  "30m1h",
        "1m1m", "1ms1s", "1..5s",  "1.s",   ".5s",    "1,5s",  "1e3",
        "1e3s", "0x10",  "inf",    "nan",   "1h 30m", "3661d", "99999999999999999999d",
        "1s\n", "1w",    "1.5.5s", "1m-30s"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ms = -1;
        cr_expect_not(duration_parse(cases[i], &ms), "%s is taken for %" PRId64, cases[i], ms);
        cr_expect_eq(ms, -1, "%s is refused, but left a figure", cases[i]);
    }
}

Test(duration, format)
{
    const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0ms"},
                 {-5, "0ms"},
                 {INT64_MIN, "0ms"},
                 {850, "850ms"},
                 {999, "999ms"},
                 {1000, "1s"},
                 {1049, "1s"},
                 {1050, "1.1s"},
                 {1999, "2s"},
                 {3200, "3.2s"},
                 {59949, "59.9s"},
                 {59950, "1m"},
                 {60499, "1m"},
                 {60500, "1m 01s"},
                 {900000, "15m"},
                 {3599499, "59m 59s"},
                 {3599500, "1h"},
                 {3900000, "1h 05m"},
                 {86399000, "23h 59m"},
                 {86400000, "1d"},
                 {90000000, "1d 1h"},
                 {INT64_C(316224000000), "3660d"},
                 {INT64_MAX, "106751991167d 7h"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[32];
        cr_expect_str_eq(duration_format(cases[i].ms, out, sizeof out), cases[i].text,
                         "%" PRId64 " is written %s", cases[i].ms, out);
    }
}

Test(duration, format_keeps_to_its_room)
{
    char out[5] = "abcd";
    cr_assert_str_eq(duration_format(3900000, out, 4), "1h ");
    cr_assert_eq(out[4], '\0');
}

Test(duration, clocks)
{
    int64_t steady = clock_steady();
    cr_assert_geq(clock_steady(), steady);
    cr_assert_gt(clock_wall(), INT64_C(1700000000000)); // in milliseconds, after 2023
}
