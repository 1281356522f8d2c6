// In what is kept "[secret" is followed by ":" where a mark begins, "[secret:9f3a:NAME]", by "~"
// where it is the text's own, and by "!" where a reason stands for a value that was not kept. So a
// text that looks like a mark is never taken for one. This wants nothing kept beside the value that
// could be lost or mixed up, as a nonce would be, and it holds for certain, not most probably. What
// people see stays "[secret NAME]".
//
// The four digits are of a digest of the secret. They tell the secret from another one of the same
// name, of which a run may meet several (a key that was rotated between two reads, or before a
// resume), and are too few to find one by.
#include "record/keep.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/number.h"
#include "base/utf8.h"

static const char opening[] = "[secret";
static const char other_form[] = "it holds a secret in another form";
static const char as_number[] = "it holds a secret as a number";
static const char no_text[] = "it holds bytes that are no text";
static const char not_finite[] = "it holds a number that is not finite";
static const char no_way_back[] = "it does not come back from JSON as it is";
static const char unknown[] = "it holds a secret that is not known any more, or is another one now";
const char keep_older[] = "it was kept by an older runbook, which did not tell the mark of a "
                          "secret from a text that looks like one";

// A value on its way into the journal or out of it. `why` is NULL while all is well.
struct passage {
    struct arena *arena;
    const struct redact *secrets;
    const char *why;
    void (*text)(struct passage *, struct buf *out, const char *text, size_t len);
};

static void refuse(struct passage *p, const char *why)
{
    if (p->why == NULL)
        p->why = why;
}

static void put_mark(struct buf *out, const struct secret *s)
{
    buf_printf(out, "%s:%s:%s]", opening, s->check, s->name);
}

static const char *find_opening(const char *at, const char *end)
{
    return at < end ? memmem(at, (size_t)(end - at), opening, sizeof opening - 1) : NULL;
}

static void put_escaped(struct buf *out, const char *text, const char *end)
{
    for (const char *found; (found = find_opening(text, end)); text = found + sizeof opening - 1) {
        buf_add(out, text, (size_t)(found - text));
        buf_printf(out, "%s~", opening);
    }
    buf_add(out, text, (size_t)(end - text));
}

// Where one secret overlaps another, or stands in hex, base64 or with escapes, no mark can say how
// it was written.
static void put_marked(struct passage *p, struct buf *out, const char *text, size_t len)
{
    const char *end = text + len, *covered = text;
    for (size_t rest = len, size; rest; rest -= size) {
        size = utf8_size(end - rest, rest);
        if (size == 0) {
            refuse(p, no_text);
            return;
        }
    }
    struct finds finds = redact_finds(p->secrets, text, len);
    for (size_t i = 0; i < finds.count && p->why == NULL; i++) {
        const char *at = text + finds.items[i].from, *behind = text + finds.items[i].to;
        const struct secret *s = redact_find(p->secrets, at, (size_t)(behind - at));
        if (s == NULL || at < covered) {
            refuse(p, other_form);
        } else {
            put_escaped(out, covered, at);
            put_mark(out, s);
            covered = behind;
        }
    }
    finds_free(&finds);
    put_escaped(out, covered, end);
}

// Appends the secret whose mark stands at `at`. Returns the mark's bytes, 0 when nobody knows it.
static size_t put_secret(const struct redact *secrets, struct buf *out, const char *at,
                         const char *end)
{
    size_t taken = 0;
    const struct secret *s;
    const char *check = at + sizeof opening; // behind the colon
    for (size_t i = 0; taken == 0 && (s = redact_at(secrets, i)); i++) {
        if ((size_t)(end - at) < sizeof opening + SECRET_CHECK ||
            memcmp(check, s->check, SECRET_CHECK) != 0)
            continue;
        struct buf mark = {0};
        put_mark(&mark, s);
        if ((size_t)(end - at) >= mark.len && memcmp(at, mark.data, mark.len) == 0) {
            buf_add(out, s->bytes, s->len);
            taken = mark.len;
        }
        buf_free(&mark);
    }
    return taken;
}

static void put_restored(struct passage *p, struct buf *out, const char *text, size_t len)
{
    const char *end = text + len;
    for (const char *found; p->why == NULL && (found = find_opening(text, end));) {
        const char *next = found + sizeof opening - 1;
        buf_add(out, text, (size_t)(found - text));
        text = next + 1;
        if (next < end && *next == '~') {
            buf_puts(out, opening);
        } else if (next < end && *next == ':') {
            size_t taken = put_secret(p->secrets, out, found, end);
            text = found + taken;
            if (taken == 0)
                refuse(p, unknown);
        } else if (next < end && *next == '!') {
            refuse(p, arena_copy(p->arena, next + 1, (size_t)(end - next - 1)));
        } else {
            refuse(p, keep_older);
        }
    }
    if (p->why == NULL)
        buf_add(out, text, (size_t)(end - text));
}

// Its digits are of no interest to a person.
static void put_shown(struct passage *p, struct buf *out, const char *text, size_t len)
{
    static const size_t digits = SECRET_CHECK + 2; // and the colons around them
    const char *end = text + len;
    (void)p;
    for (const char *found; (found = find_opening(text, end));) {
        const char *next = found + sizeof opening - 1;
        buf_add(out, text, (size_t)(next - text));
        text = next;
        if (next < end && *next == '~') {
            text = next + 1;
        } else if (next < end && *next == ':' && (size_t)(end - next) > digits) {
            buf_putc(out, ' ');
            text = next + digits;
        } else if (next < end && *next == '!') {
            out->len -= sizeof opening - 1;
            text = next + 1;
        }
    }
    buf_add(out, text, (size_t)(end - text));
}

static struct value *pass(struct passage *p, const struct value *v);

static struct value *pass_text(struct passage *p, const char *text, size_t len)
{
    struct buf out = {0};
    p->text(p, &out, text, len);
    struct value *v = value_bytes(p->arena, buf_text(&out), out.len);
    buf_free(&out);
    return v;
}

static struct value *pass_array(struct passage *p, const struct value *v)
{
    struct value *copy = value_array(p->arena);
    for (size_t i = 0; i < v->array.count && p->why == NULL; i++)
        value_push(p->arena, copy, pass(p, v->array.items[i]));
    return copy;
}

static struct value *pass_object(struct passage *p, const struct value *v)
{
    struct value *copy = value_object(p->arena);
    for (size_t i = 0; i < v->object.count && p->why == NULL; i++) {
        const struct value_member *m = &v->object.members[i];
        const struct value *key = pass_text(p, m->key, m->key_len);
        value_append(p->arena, copy, key->string.text, key->string.len, pass(p, m->value));
    }
    return copy;
}

// Numbers are no texts that could hold a mark, and so one that is a secret is not kept.
static struct value *pass_number(struct passage *p, const struct value *v)
{
    if (v->type == VALUE_FLOAT && !isfinite(v->number))
        refuse(p, not_finite);
    else if (redact_has_number(p->secrets, v))
        refuse(p, as_number);
    return value_copy(p->arena, v);
}

static struct value *pass(struct passage *p, const struct value *v)
{
    switch (v ? v->type : VALUE_NULL) {
    case VALUE_NULL:
        return value_null(p->arena);
    case VALUE_BOOL:
        return value_bool(p->arena, v->boolean);
    case VALUE_INT:
    case VALUE_FLOAT:
        return pass_number(p, v);
    case VALUE_STRING:
        return pass_text(p, v->string.text, v->string.len);
    case VALUE_ARRAY:
        return pass_array(p, v);
    case VALUE_OBJECT:
        return pass_object(p, v);
    }
    return NULL;
}

struct value *keep_restore(struct arena *a, const struct redact *secrets, const struct value *kept,
                           const char **why)
{
    struct passage p = {.arena = a, .secrets = secrets, .text = put_restored};
    struct value *v = pass(&p, kept);
    *why = p.why;
    return p.why ? NULL : v;
}

// Does for once what a resume will do, and compares.
static bool comes_back(const struct redact *secrets, const struct value *kept,
                       const struct value *v)
{
    struct arena a = {0};
    struct buf text = {0};
    const char *why;
    bool same = json_write(&text, kept, JSON_CANONICAL);
    const struct value *read = same ? json_parse(&a, buf_text(&text), text.len, NULL) : NULL;
    const struct value *back = read ? keep_restore(&a, secrets, read, &why) : NULL;
    same = back && (v ? value_equal(back, v) : back->type == VALUE_NULL);
    buf_free(&text);
    arena_free(&a);
    return same;
}

struct value *keep_value(struct arena *a, const struct redact *secrets, const struct value *v,
                         const char **why)
{
    struct passage p = {.arena = a, .secrets = secrets, .text = put_marked};
    struct value *kept = pass(&p, v);
    if (p.why == NULL && !comes_back(secrets, kept, v))
        refuse(&p, no_way_back);
    *why = p.why;
    return p.why ? NULL : kept;
}

struct value *keep_withheld(struct arena *a, const char *why)
{
    return value_printf(a, "%s!%s", opening, why);
}

bool keep_is_withheld(const struct value *kept)
{
    return strncmp(value_text(kept), opening, sizeof opening - 1) == 0 &&
           value_text(kept)[sizeof opening - 1] == '!';
}

struct value *keep_shown(struct arena *a, const struct value *kept)
{
    struct passage p = {.arena = a, .text = put_shown};
    return pass(&p, kept);
}
