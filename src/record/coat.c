// A text is read in all coats at once. Where an escape begins the readings part: one goes on with
// the escape as it stands, the others behind it with what it may stand for. Of two that are at the
// same place in the same state one is enough, and so is the text as it stands for one that holds
// nothing of an escape any more; so there are hardly ever more than two or three.
#include "record/coat.h"

#include <string.h>

#include "record/escape.h"
#include "record/reader.h"

// Places[0] reads the text as it stands; the others have come over an escape.

// Whether what the place holds is also held by places[0], which has read the same bytes.
static bool is_plain(const struct reader *r, const struct place *p)
{
    return automaton_depth(r->automaton, p->state) <= p->at - p->landed;
}

static size_t start_of(const struct reader *r, const struct place *p)
{
    size_t depth = automaton_depth(r->automaton, p->state);
    return depth ? trail_from(&r->trail, p->step, depth - 1) : p->at;
}

// Whether one of the places before is as far, and holds the same: it takes over the past that goes
// back further.
static bool is_doubled(struct reader *r, size_t index)
{
    const struct place *p = &r->places[index];
    for (size_t i = 0; i < index; i++) {
        struct place *other = &r->places[i];
        if (other->at != p->at || other->state != p->state)
            continue;
        if (start_of(r, p) < start_of(r, other))
            other->step = p->step;
        return true;
    }
    return false;
}

static void drop_needless(struct reader *r)
{
    size_t kept = 1;
    for (size_t i = 1; i < r->count; i++) {
        r->places[kept] = r->places[i];
        if (!is_plain(r, &r->places[kept]) && !is_doubled(r, kept))
            kept++;
    }
    r->count = kept;
}

// A place more; where there are too many the one that holds least gives way.
static void add_place(struct reader *r, const struct place *p)
{
    if (r->count == READER_PLACES)
        drop_needless(r);
    size_t least = r->count;
    for (size_t i = 1; r->count == READER_PLACES && i < r->count; i++)
        if (least == r->count || automaton_depth(r->automaton, r->places[i].state) <
                                     automaton_depth(r->automaton, r->places[least].state))
            least = i;
    r->places[least] = *p;
    if (least == r->count)
        r->count++;
}

static void fork_over(struct reader *r, const struct place *p, const struct escape *e)
{
    struct place fork = *p;
    size_t from = p->at, to = from + e->len;
    for (size_t i = 0; i < e->count; i++)
        reader_advance(r, &fork, e->bytes[i], from, to);
    fork.landed = to;
    if (fork.state != AUTOMATON_ROOT)
        add_place(r, &fork);
}

static void read_escapes_at(struct reader *r, size_t at)
{
    struct escape escapes[ESCAPE_MOST];
    struct place places[READER_PLACES];
    bool cut = false;
    size_t there = 0;
    size_t count = escape_read(r->text + at, r->text + r->len, escapes, &cut);
    for (size_t i = 0; i < r->count; i++)
        if (r->places[i].at == at)
            places[there++] = r->places[i];
    for (size_t i = 0; i < there; i++) {
        if (cut)
            reader_end(r, &places[i]);
        for (size_t k = 0; k < count; k++)
            fork_over(r, &places[i], &escapes[k]);
    }
}

// Has so many places, where nothing is begun.
static void reset(struct reader *r, size_t count)
{
    memset(r->places, 0, count * sizeof *r->places);
    r->count = count;
    trail_clear(&r->trail);
}

static void read_escaped(struct reader *r)
{
    reset(r, 1);
    for (size_t at = 0; at < r->len; at++) {
        char byte = r->text[at];
        bool escape = escape_starts[(unsigned char)byte];
        if (r->count == 1 && r->places[0].state == AUTOMATON_ROOT && !escape &&
            !r->starts[(unsigned char)byte])
            continue;
        reader_trim(r);
        r->places[0].at = at;
        if (escape)
            read_escapes_at(r, at);
        for (size_t i = 0; i < r->count; i++)
            if (r->places[i].at == at)
                reader_advance(r, &r->places[i], byte, at, at + 1);
        if (r->count > 1)
            drop_needless(r);
    }
    for (size_t i = 0; i < r->count; i++)
        if (r->places[i].at == r->len)
            reader_end(r, &r->places[i]);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

// Pairs of digits may begin at an even or an odd place.
static void read_hex(struct reader *r)
{
    reset(r, 2);
    for (size_t at = 0; at < r->len; at++) {
        int high = hex_digit(r->text[at]);
        if (high < 0) {
            if (!reader_is_idle(r))
                reset(r, 2);
            continue;
        }
        int low = at + 1 < r->len ? hex_digit(r->text[at + 1]) : -1;
        if (low < 0)
            continue;
        reader_trim(r);
        reader_advance(r, &r->places[at % 2], (char)(high * 16 + low), at, at + 2);
    }
    for (size_t i = 0; i < r->count; i++)
        reader_end(r, &r->places[i]);
}

enum { BLANK = -1, PADDING = -2, OTHER = -3 };

static int base64_of(char c)
{
    static signed char values[256];
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_= \t\r\n";
    static const signed char others[] = {62, 63, PADDING, BLANK, BLANK, BLANK, BLANK};
    if (values[0] == 0) {
        memset(values, OTHER, sizeof values);
        for (int i = 0; letters[i]; i++)
            values[(unsigned char)letters[i]] = (signed char)(i < 64 ? i : others[i - 64]);
    }
    return values[(unsigned char)c];
}

// What stands at `at` in base64, of *size bytes: as it is or, `escapes`, as an escape.
static int base64_at(const struct reader *r, size_t at, bool escapes, size_t *size)
{
    struct escape found[ESCAPE_MOST];
    int value = base64_of(r->text[at]);
    *size = 1;
    if (value != OTHER || !escapes || !escape_starts[(unsigned char)r->text[at]] ||
        r->text[at] == '"' || r->text[at] == '\'')
        return value;
    size_t count = escape_read(r->text + at, r->text + r->len, found, NULL);
    for (size_t i = 0; i < count; i++) {
        value = found[i].count == 1 ? base64_of(found[i].bytes[0]) : OTHER;
        if (value != OTHER) {
            *size = found[i].len;
            return value;
        }
    }
    return OTHER;
}

// What was found last takes the padding along that follows it.
static void pad_last(struct reader *r, size_t at, bool escapes)
{
    struct find *last = &r->finds->items[r->finds->count - 1];
    if (last->to != at)
        return;
    size_t size;
    for (int value; at < r->len; at += size) {
        value = base64_at(r, at, escapes, &size);
        if (value == PADDING)
            last->to = at + size;
        else if (value != BLANK)
            break;
    }
}

// Each two characters that follow one another hold the bits of a byte, unless a group of four ends
// between them, of which nobody knows where it begins: there are four ways.
static void read_base64(struct reader *r, bool escapes)
{
    size_t size, last_at = 0, before = r->finds->count;
    size_t read = 0; // characters since the last that is none
    int last = 0;
    reset(r, 4);
    for (size_t at = 0; at < r->len; at += size) {
        int value = base64_at(r, at, escapes, &size);
        if (value == BLANK)
            continue;
        if (value < 0) {
            if (read && !reader_is_idle(r))
                reset(r, 4);
            read = 0;
            continue;
        }
        if (!reader_is_idle(r))
            reader_trim(r);
        for (size_t way = 0; read && way < 4; way++) {
            size_t in_group = (read + way) % 4;
            int bits = last << 6 | value;
            if (in_group == 0)
                continue;
            reader_advance(r, &r->places[way], (char)(bits >> (6 - 2 * in_group)), last_at,
                           at + size);
            if (in_group < 3 && r->finds->count > before)
                pad_last(r, at + size, escapes);
        }
        last = value;
        last_at = at;
        read++;
    }
    for (size_t i = 0; i < r->count; i++)
        reader_end(r, &r->places[i]);
}

void coat_read(const struct automaton *a, const char *text, size_t len, size_t shortest,
               struct finds *finds)
{
    struct reader r = {.automaton = a,
                       .starts = automaton_starts(a),
                       .text = text,
                       .len = len,
                       .finds = finds,
                       .shortest = shortest};
    read_escaped(&r);
    read_hex(&r);
    read_base64(&r, false);
    if (memchr(text, '%', len) || memchr(text, '\\', len) || memchr(text, '&', len))
        read_base64(&r, true);
    trail_free(&r.trail);
}
