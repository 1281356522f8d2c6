// Secrets in every coat: each by itself, and at random against a search that is written plainly: it
// encodes, where what is tested decodes, and tries every way at every place.
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "record/redact.h"

enum { WAYS = 160, WAY_SIZE = 48, ROUNDS = 5000 };

// What one character may be written as.
struct ways {
    char texts[WAYS][WAY_SIZE];
    size_t count;
};

static void add(struct ways *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    cr_assert_lt(w->count, (size_t)WAYS);
    cr_assert_lt(vsnprintf(w->texts[w->count++], WAY_SIZE, format, args), WAY_SIZE);
    va_end(args);
}

// Appends the text as it is written within JSON, a URL or a page.
static void coat(struct buf *out, const char *text, size_t len, const char *how)
{
    for (const char *c = text; c < text + len; c++) {
        bool special = !isalnum((unsigned char)*c);
        if (strcmp(how, "json") == 0 && (*c == '"' || *c == '\\'))
            buf_printf(out, "\\%c", *c);
        else if (strcmp(how, "json") == 0 && *c == '\n')
            buf_puts(out, "\\n");
        else if (strcmp(how, "percent") == 0 && special)
            buf_printf(out, "%%%02X", (unsigned char)*c);
        else if (strcmp(how, "html") == 0 && strchr("&<>\"'", *c))
            buf_puts(out, *c == '&'   ? "&amp;"
                          : *c == '<' ? "&lt;"
                          : *c == '>' ? "&gt;"
                          : *c == '"' ? "&quot;"
                                      : "&#39;");
        else
            buf_putc(out, *c);
    }
}

static const char *const coats[] = {"json", "percent", "html"};

static void ways_of(struct ways *w, unsigned char c)
{
    w->count = 0;
    for (int upper = 0; upper < 2; upper++) {
        add(w, upper ? "%%%02X" : "%%%02x", c);
        add(w, upper ? "\\x%02X" : "\\x%02x", c);
        if (c < 0x80) {
            add(w, upper ? "\\u%04X" : "\\u%04x", c);
            add(w, upper ? "&#x%X;" : "&#x%02x;", c);
        }
    }
    add(w, "\\%03d", c);
    add(w, "\\%03o", c);
    if (c < 0x80)
        add(w, "&#%d;", c);
    if (c == '\n')
        add(w, "\\n");
    if (ispunct(c))
        add(w, "\\%c", c);
    if (c == ' ')
        add(w, "+");
    if (c == '\'')
        add(w, "'\\''"), add(w, "'\"'\"'"), add(w, "''");
    if (c == '"')
        add(w, "\"\"");
    if (strchr("&<>\"'", c) && c)
        add(w, "%s",
            c == '&'   ? "&amp;"
            : c == '<' ? "&lt;"
            : c == '>' ? "&gt;"
            : c == '"' ? "&quot;"
                       : "&apos;");
    for (size_t once = w->count, i = 0; i < once; i++)
        for (size_t k = 0; k < sizeof coats / sizeof *coats; k++) {
            struct buf twice = {0};
            coat(&twice, w->texts[i], strlen(w->texts[i]), coats[k]);
            if (strcmp(twice.data, w->texts[i]) != 0)
                add(w, "%s", twice.data);
            buf_free(&twice);
        }
}

static const struct ways *cached_ways(unsigned char c)
{
    static struct ways all[256];
    if (all[c].count == 0)
        ways_of(&all[c], c);
    return &all[c];
}

// Whether the secret stands at `at`, with any of its characters as they are or coated.
static bool is_escaped_at(const char *at, const char *end, const char *secret, size_t len,
                          bool fold)
{
    if (len == 0)
        return true;
    bool same = at < end && (*at == *secret || (fold && tolower((unsigned char)*at) ==
                                                            tolower((unsigned char)*secret)));
    if (same && is_escaped_at(at + 1, end, secret + 1, len - 1, fold))
        return true;
    const struct ways *w = cached_ways((unsigned char)*secret);
    for (size_t i = 0; i < w->count; i++) {
        size_t size = strlen(w->texts[i]);
        if ((size_t)(end - at) >= size && memcmp(at, w->texts[i], size) == 0 &&
            is_escaped_at(at + size, end, secret + 1, len - 1, fold))
            return true;
    }
    return false;
}

static bool is_hex_at(const char *at, const char *end, const char *secret, size_t len)
{
    for (size_t i = 0; i < len; i++, at += 2) {
        char pair[3];
        if (end - at < 2)
            return false;
        snprintf(pair, sizeof pair, "%02x", (unsigned char)secret[i]);
        if (tolower((unsigned char)at[0]) != pair[0] || tolower((unsigned char)at[1]) != pair[1])
            return false;
    }
    return true;
}

static int base64_value(char c)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (c == '-')
        c = '+';
    if (c == '_')
        c = '/';
    const char *found = c ? strchr(letters, c) : NULL;
    return found ? (int)(found - letters) : -1;
}

// Whether the bits from bit `skip` of the characters at `at` on are the secret's.
static bool is_base64_at(const char *at, const char *end, const char *secret, size_t len,
                         size_t skip)
{
    for (size_t bit = 0; bit < len * 8; bit++) {
        size_t place = (skip + bit) / 6;
        int value = at + place < end ? base64_value(at[place]) : -1;
        if (value < 0 || (value >> (5 - (skip + bit) % 6) & 1) !=
                             ((unsigned char)secret[bit / 8] >> (7 - bit % 8) & 1))
            return false;
    }
    return true;
}

static bool holds(const char *text, size_t len, const char *secret, size_t secret_len)
{
    const char *end = text + len;
    bool found = false;
    for (const char *at = text; at < end && !found; at++) {
        found = is_escaped_at(at, end, secret, secret_len, secret_len >= 8) ||
                is_hex_at(at, end, secret, secret_len);
        for (size_t skip = 0; skip < 6 && !found; skip += 2)
            found = is_base64_at(at, end, secret, secret_len, skip);
    }
    return found;
}

static void base64_add(struct buf *out, const char *text, size_t len, bool url)
{
    const char *letters = url ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                              : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t bit = 0; bit < len * 8; bit += 6) {
        unsigned pair = (unsigned)(unsigned char)text[bit / 8] << 8;
        if (bit / 8 + 1 < len)
            pair |= (unsigned char)text[bit / 8 + 1];
        buf_putc(out, letters[pair >> (10 - bit % 8) & 63]);
    }
    while (!url && out->len % 4)
        buf_putc(out, '=');
}

static size_t below(size_t n)
{
    return (size_t)rand() % n;
}

static void filler(struct buf *out, size_t most)
{
    static const char letters[] = "abAB01%+\\\"'&#;xu/ \n=-_{}<.";
    for (size_t len = below(most + 1); len; len--)
        buf_putc(out, letters[below(sizeof letters - 1)]);
}

static size_t random_secret(char out[32])
{
    static const char letters[] = "abABab01%+\\\"'&/ \n<\xc3\xa9_";
    size_t len = REDACT_SHORTEST + below(8);
    out[0] = (char)('a' + below(2)); // no number
    for (size_t i = 1; i < len; i++)
        out[i] = letters[below(sizeof letters - 1)];
    return len;
}

// Writes the secret with some of its characters in some way, `often` in four; the places at which
// each of them ends go to ends[].
static void write_escaped(struct buf *out, const char *secret, size_t len, size_t often,
                          size_t *ends)
{
    for (size_t i = 0; i < len; i++) {
        const struct ways *w = cached_ways((unsigned char)secret[i]);
        if (below(4) < often)
            buf_puts(out, w->texts[below(w->count)]);
        else
            buf_putc(out, secret[i]);
        ends[i] = out->len;
    }
}

static void write_coated(struct buf *out, const char *secret, size_t len)
{
    struct buf once = {0};
    size_t ends[32];
    switch (below(6)) {
    case 0:
        for (size_t i = 0, upper = below(2); i < len; i++)
            buf_printf(out, upper ? "%02X" : "%02x", (unsigned char)secret[i]);
        break;
    case 1:
        filler(&once, 4);
        buf_add(&once, secret, len);
        filler(&once, 4);
        base64_add(out, once.data, once.len, below(2));
        break;
    case 2:
        coat(&once, secret, len, coats[below(3)]);
        coat(out, once.data, once.len, coats[below(3)]);
        break;
    default:
        write_escaped(out, secret, len, below(5), ends);
    }
    buf_free(&once);
}

static bool holds_any(const struct redact *r, const char *text, size_t len)
{
    const struct secret *s;
    bool found = false;
    for (size_t i = 0; len && !found && (s = redact_at(r, i)); i++)
        found = holds(text, len, s->bytes, s->len);
    return found;
}

// Asserts that between the marks of what comes out nothing is left, and that nothing was masked
// that holds nothing.
static void expect_masked(const struct redact *r, const char *text, size_t len, int round)
{
    struct finds finds = redact_finds(r, text, len);
    size_t at = 0;
    for (size_t i = 0; i <= finds.count; i++) {
        size_t from = i < finds.count ? finds.items[i].from : len;
        cr_assert_not(holds_any(r, text + at, from - at), "round %d: '%.*s' is left of '%s'", round,
                      (int)(from - at), text + at, text);
        if (i == finds.count)
            break;
        at = finds.items[i].to;
        cr_assert(holds_any(r, text + from, at - from), "round %d: '%.*s' of '%s' is no secret",
                  round, (int)(at - from), text + from, text);
    }
    finds_free(&finds);
}

Test(coats, leave_no_secret_at_random)
{
    srand(11);
    for (int round = 0; round < ROUNDS; round++) {
        struct redact *r = redact_new();
        struct buf text = {0};
        char secret[32];
        for (size_t i = 1 + below(4); i; i--) {
            size_t len = random_secret(secret);
            redact_add(r, "s", secret, len);
            if (below(3) == 0)
                expect_masked(r, buf_text(&text), text.len, round); // before the next is known
            filler(&text, 12);
            write_coated(&text, secret, len);
        }
        filler(&text, 12);
        expect_masked(r, text.data, text.len, round);
        buf_free(&text);
        redact_free(r);
    }
}

// Of a text that was cut within a secret what stands before it may be told at most.
Test(coats, leave_no_beginning_where_a_text_was_cut)
{
    srand(12);
    for (int round = 0; round < ROUNDS; round++) {
        struct redact *r = redact_new();
        struct buf text = {0};
        char secret[32];
        size_t ends[32], len = random_secret(secret);
        redact_add(r, "s", secret, len);
        if (len <= REDACT_SHORTEST)
            redact_add(r, "s", secret, len = 5);
        filler(&text, 12);
        size_t start = text.len;
        write_escaped(&text, secret, len, below(5), ends);
        for (size_t cut = ends[REDACT_SHORTEST - 1]; cut < ends[len - 1]; cut++) {
            size_t whole = redact_whole(r, text.data, cut);
            struct finds finds = redact_finds(r, text.data, whole);
            size_t told = finds.count && finds.items[finds.count - 1].to == whole ? start : whole;
            cr_assert_leq(told, start, "round %d: of '%s' (%s) cut at %zu %zu may be told", round,
                          text.data, secret, cut, whole);
            finds_free(&finds);
        }
        buf_free(&text);
        redact_free(r);
    }
}

static void expect(const char *secret, const char *text, const char *want)
{
    struct redact *r = redact_new();
    size_t len;
    redact_add(r, "s", secret, strlen(secret));
    char *out = redact_text(r, text, strlen(text), &len);
    cr_expect_str_eq(out, want, "%s in %s became %s, not %s", secret, text, out, want);
    free(out);
    redact_free(r);
}

Test(coats, each)
{
    static const char secret[] = "p<a>\"s&s'w\\d/\n";
    static const char *const texts[] = {
        "p&lt;a&gt;&quot;s&amp;s&#39;w\\d/\n", // a page
        "p&#60;a&#x3e;&#34;s&#38;s&#x27;w&#92;d&#x2F;&#10;",
        "p&LT;a&gt;&QUOT;s&amp;s&apos;w\\d/&#00010;",
        "p&amp;lt;a&amp;gt;&amp;quot;s&amp;amp;s&amp;#39;w\\d/\n",      // a page that quotes one
        "p\\u003ca\\u003e\\\"s\\u0026s'w\\\\d/\\n",                     // JSON for a page
        "p\\\\u003Ca\\\\u003E\\\\\\\"s\\\\u0026s'w\\\\\\\\d\\\\/\\\\n", // within JSON
        "p\\u0026lt;a\\u0026gt;\\u0026quot;s\\u0026amp;s\\u0026#39;w\\\\d\\/\\n",
        "p%3Ca%3E%22s%26s%27w%5cd%2F%0A",
        "p%253Ca%253E%2522s%2526s%2527w%255Cd%252F%250A",
        "p%3Ca%3E%5C%22s%26s'w%5C%5Cd/%5Cn", // JSON in a URL
        "p<a>\"s&s'\\''w\\d/\n",             // a shell's words
        "p<a>\"s&s'\"'\"'w\\d/\n",
        "p\\<a\\>\\\"s\\&s\\'w\\\\d/\n",
        "p<a>\"s&s''w\\d/\n",                             // YAML and SQL
        "p<a>\"\"s&s'w\\d/\n",                            // CSV
        "p\\x3ca\\x3E\\\"s\\x26s'w\\\\d/\\x0a",           // YAML, Lua
        "p\\060a\\062\\034s\\038s\\039w\\092d\\047\\010", // Lua's decimals
        "p\\074a\\076\\042s\\046s\\047w\\134d\\057\\012", // C's octals
        "p\\u{3c}a\\U0000003e\\\"s&s'w\\\\d/\\\n",
        "703C613E22732673277"
        "75C642F0A",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect(secret, texts[i], "[secret s]");
    expect("pa ss+word", "x=pa+ss%2bword&pa%20ss+word&pa+ss+word",
           "x=[secret s]&[secret s]&[secret s]");
    expect("hunter22", "x=aHVudGVyMjI%3D, aHVud\\r\\nGVyMjI= aHVudGVyMjI\\u003d",
           "x=[secret s], [secret s] [secret s]");
    expect("h\xc3\xbcnt\xf0\x9f\x98\x80r",
           "h&uuml; h&#252;nt&#x1F600;r h\\u00fcnt\\ud83d\\ude00r h\\195\\188nt\\u{1f600}r",
           "h&uuml; [secret s] [secret s] [secret s]");
}

Test(coats, numbers)
{
    expect("12345", "12345 12345.0 1.2345e+04 1.2345E4 1.2345e+4 12345.00",
           "[secret s] [secret s] [secret s] [secret s] [secret s] [secret s]0");
    expect("0042137", "0042137 42137 42137.0 4.2137e+04 042137",
           "[secret s] [secret s] [secret s] [secret s] 0[secret s]");
    expect("-73914", "-73914 73914.0 -7.3914e+04", "[secret s] [secret s] -[secret s]");
    expect("0042", "0042 42 42.0 4.2e+01", "[secret s] 42 42.0 4.2e+01"); // too short to be masked
    expect("0000", "0000 0 0.0 0e+00", "[secret s] 0 0.0 0e+00");
    expect("1000", "1000 1e+03 1.0e3 1e3", "[secret s] [secret s] [secret s] 1e3");
    expect("0.00012345", "1.2345e-04 1.2345e-4 0.00012345 .00012345",
           "[secret s] [secret s] [secret s] .00012345");
    expect("4111111111111111", "4.111111111111111e+15 4.1111111111111e+15 4111111111111111.0",
           "[secret s] [secret s] [secret s]");
    expect("12345678901234567890",
           "12345678901234567000 1.2345678901234567e+19 1.2345678901235e+19",
           "[secret s] [secret s] [secret s]");
    expect("1.2.3.4", "1.2.3.4 1.2", "[secret s] 1.2");
    expect("12ab", "12ab 12", "[secret s] 12");
}

// A number of a value is masked as a whole or not at all.
Test(coats, numbers_of_values)
{
    struct arena a = {0};
    struct redact *r = redact_new();
    const struct {
        struct value *v;
        bool secret;
    } rows[] = {{value_int(&a, 42137), true},      {value_float(&a, 42137), true},
                {value_int(&a, -42137), true},     {value_int(&a, 421370), false},
                {value_float(&a, 42137.5), false}, {value_int(&a, 42), false},
                {value_float(&a, 1e300), true},    {value_float(&a, 12345678901234567890.0), true}};
    redact_add(r, "pin", "0042137", 7);
    redact_add(r, "short", "0042", 4);
    redact_add(r, "wide", "1e300", 5);
    redact_add(r, "long", "12345678901234567890", 20);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(redact_has_number(r, rows[i].v), rows[i].secret, "row %zu", i);
    redact_free(r);
    arena_free(&a);
}

Test(coats, overlapping_and_adjoining_ones)
{
    struct redact *r = redact_new();
    size_t len;
    redact_add(r, "a", "hunter22", 8);
    redact_add(r, "b", "r22black", 8);
    redact_add(r, "c", "unter", 5);
    redact_add(r, "d", "black", 5);
    char *out = redact_text(r, "xhunter22blackhunter22y", 23, &len);
    cr_expect_str_eq(out, "x[secret a][secret b][secret a]y", "%s", out);
    free(out);
    // What is begun at the end may stand over the end of one that is whole.
    cr_expect_eq(redact_whole(r, "xhunter22bla", 12), 9u);
    cr_expect_eq(redact_whole(r, "xhunte", 6), 1u);
    cr_expect_eq(redact_whole(r, "black", 5), 5u);
    redact_free(r);
}

// One by one, with texts between, as long secrets, and as much of one letter: none takes its
// square.
Test(coats, many_secrets_and_long_ones, .timeout = 20)
{
    enum { LONG = 400000 };
    struct redact *r = redact_new();
    char *text = mem_alloc(LONG + 1);
    size_t len;
    for (int i = 0; i < 2000; i++) {
        char secret[32];
        snprintf(secret, sizeof secret, "%08x-secret", i * 2654435761u);
        redact_add(r, "s", secret, strlen(secret));
        char *out = redact_text(r, secret, strlen(secret), &len);
        cr_assert_str_eq(out, "[secret s]");
        free(out);
    }
    memset(text, 'x', LONG);
    redact_add(r, "x", "xxxxx", 5);
    redact_add(r, "long", text, LONG - 1);
    char *out = redact_text(r, text, LONG, &len);
    cr_expect_str_eq(out, "[secret long]");
    free(out);
    for (size_t i = 0; i + 3 <= LONG; i += 3)
        memcpy(text + i, "%78", 3);
    out = redact_text(r, text, LONG, &len);
    cr_expect_str_eq(out, "[secret x]");
    free(out);
    memset(text, '\\', LONG);
    out = redact_text(r, text, LONG, &len);
    cr_expect_str_eq(out, text);
    free(out);
    free(text);
    redact_free(r);
}
