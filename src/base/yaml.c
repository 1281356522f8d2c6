#include "base/yaml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/keys.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "base/yaml_scalar.h"

struct reader {
    struct arena *arena;
    const char *text;
    size_t len;
    struct error *err;
    void (*scalar)(const char *text, size_t len, struct value *v);
    yaml_parser_t parser;
    yaml_event_t event;     // the one at hand
    struct key_set anchors; // of this document; without a value until that was read
    size_t unfolded;        // nodes that aliases brought so far
    int depth;
};

static struct value *node_read(struct reader *r);

static void *fail_at(const struct reader *r, size_t offset, const char *problem)
{
    struct utf8_place place = utf8_place(r->text, offset);
    error_set(r->err, "line %zu, column %zu: %s", place.line, place.column, problem);
    return NULL;
}

// libyaml counts characters.
static size_t mark_offset(const struct reader *r, const yaml_mark_t *mark)
{
    size_t offset = 0;
    for (size_t i = 0; i < mark->index && offset < r->len; i++) {
        size_t size = utf8_size(r->text + offset, r->len - offset);
        offset += size ? size : 1;
    }
    return offset;
}

// Says what is wrong with the event at hand, and where that begins; returns NULL.
__attribute__((format(printf, 2, 3))) static void *fail(const struct reader *r, const char *format,
                                                        ...)
{
    va_list args;
    va_start(args, format);
    char *problem = arena_vprintf(r->arena, format, args);
    va_end(args);
    return fail_at(r, mark_offset(r, &r->event.start_mark), problem);
}

// Goes to the next event; false with the error set when there is none.
static bool next(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    char found[UTF8_NAME_SIZE];
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return true;
    bool decoding = p->error == YAML_READER_ERROR;
    size_t offset = decoding ? p->problem_offset : mark_offset(r, &p->problem_mark);
    if (offset > r->len)
        offset = r->len;
    utf8_name(r->text + offset, r->len - offset, found);
    const char *context = "";
    if (p->context)
        context =
            arena_printf(r->arena, "%s from line %zu, ", p->context, p->context_mark.line + 1);
    fail_at(r, offset,
            arena_printf(r->arena, "%s%s; there stands %s", context,
                         p->problem ? p->problem : "no memory is left", found));
    return false;
}

// What is read may take no more memory than the arena may: an item of an array as it grows, or a
// key in the set of its mapping's.
static bool has_room(struct reader *r)
{
    enum { NODE = sizeof(struct value) + 2 * sizeof(struct value_member) };
    size_t text = r->event.type == YAML_SCALAR_EVENT ? r->event.data.scalar.length : 0;
    return arena_has_room(r->arena, NODE + text) ||
           fail(r, "what it holds takes more memory than is left");
}

static struct value_member *anchor_open(struct reader *r, const yaml_char_t *name)
{
    if (name == NULL)
        return NULL;
    const char *text = (const char *)name;
    struct value_member *anchor = key_set_add(&r->anchors, text, strlen(text));
    anchor->value = NULL;
    return anchor;
}

// Copies what an alias names, so that no two places share what can change.
static struct value *unfold(struct reader *r, struct value *v, int depth)
{
    if (++r->unfolded > YAML_MAX_NODES)
        return fail(r, "aliases unfold into more than %d nodes here", YAML_MAX_NODES);
    if (!has_room(r))
        return NULL;
    if (v->type != VALUE_ARRAY && v->type != VALUE_OBJECT)
        return v;
    if (depth == YAML_MAX_DEPTH)
        return fail(r, "what the alias names nests deeper here than %d levels", YAML_MAX_DEPTH);
    struct value *copy = v->type == VALUE_ARRAY ? value_array(r->arena) : value_object(r->arena);
    for (size_t i = 0; i < value_count(v); i++) {
        struct value_member m = {.value = value_at(v, i)};
        if (v->type == VALUE_OBJECT)
            m = v->object.members[i];
        m.value = unfold(r, m.value, depth + 1);
        if (m.value == NULL)
            return NULL;
        if (v->type == VALUE_OBJECT)
            value_append(r->arena, copy, m.key, m.key_len, m.value);
        else
            value_push(r->arena, copy, m.value);
    }
    return copy;
}

static struct value *alias_read(struct reader *r)
{
    const char *name = (const char *)r->event.data.alias.anchor;
    const struct value_member *anchor = key_set_find(&r->anchors, name, strlen(name));
    if (anchor == NULL)
        return fail(r, "the alias *%s has no anchor &%s before it", name, name);
    if (anchor->value == NULL)
        return fail(r, "the alias *%s stands inside of what it names", name);
    return unfold(r, anchor->value, r->depth);
}

static void *tag_fail(const struct reader *r, const yaml_char_t *tag, const char *problem)
{
    const char *text = (const char *)tag;
    bool known = strncmp(text, YAML_CORE, strlen(YAML_CORE)) == 0;
    return fail(r, "the tag %s%s %s", known ? "!!" : "", text + (known ? strlen(YAML_CORE) : 0),
                problem);
}

static struct value *scalar_read(struct reader *r)
{
    const char *text = (const char *)r->event.data.scalar.value;
    const size_t len = r->event.data.scalar.length;
    const yaml_char_t *tag = r->event.data.scalar.tag;
    const bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    enum value_type wanted = VALUE_STRING;
    if (tag && !yaml_tag((const char *)tag, &wanted))
        return tag_fail(r, tag, "has no meaning here");
    struct value v = {.type = VALUE_STRING};
    if (wanted != VALUE_STRING || (plain && !tag))
        r->scalar(text, len, &v);
    if (wanted == VALUE_FLOAT && v.type == VALUE_INT)
        v = (struct value){.type = VALUE_FLOAT, .number = (double)v.integer};
    if (tag && v.type != wanted)
        return tag_fail(r, tag, "stands before something else");
    if (v.type == VALUE_FLOAT && !isfinite(v.number))
        return fail(r, "a number must be finite; put it in quotes to keep it as text");
    if (v.type == VALUE_STRING)
        return value_bytes(r->arena, text, len);
    struct value *kept = arena_alloc(r->arena, sizeof v);
    *kept = v;
    return kept;
}

// Enters an array or object; false with the error set when it may not stand here.
static bool container_enter(struct reader *r, const yaml_char_t *tag, enum value_type type)
{
    enum value_type wanted = type;
    if (tag && !yaml_tag((const char *)tag, &wanted))
        return tag_fail(r, tag, "has no meaning here");
    if (wanted != type)
        return tag_fail(r, tag, "stands before something else");
    if (r->depth == YAML_MAX_DEPTH)
        return fail(r, "nested deeper than %d levels", YAML_MAX_DEPTH);
    r->depth++;
    return true;
}

static struct value *array_read(struct reader *r)
{
    if (!container_enter(r, r->event.data.sequence_start.tag, VALUE_ARRAY))
        return NULL;
    struct value *array = value_array(r->arena);
    while (next(r) && r->event.type != YAML_SEQUENCE_END_EVENT) {
        struct value *item = node_read(r);
        if (item == NULL)
            return NULL;
        value_push(r->arena, array, item);
    }
    r->depth--;
    return r->event.type == YAML_SEQUENCE_END_EVENT ? array : NULL;
}

// Adds the members of `from`, an object or an array of objects, whose keys `object` does not have.
static bool merge(struct reader *r, struct value *object, struct key_set *keys,
                  const struct value *from)
{
    if (from->type == VALUE_ARRAY) {
        for (size_t i = 0; i < from->array.count; i++) {
            const struct value *item = from->array.items[i];
            if (item->type != VALUE_OBJECT || !merge(r, object, keys, item))
                return false;
        }
        return true;
    }
    for (size_t i = 0; i < value_count(from); i++) {
        const struct value_member *m = &from->object.members[i];
        struct value_member *key = key_set_add(keys, m->key, m->key_len);
        if (key->value == NULL)
            value_append(r->arena, object, m->key, m->key_len, m->value);
        key->value = m->value;
    }
    return from->type == VALUE_OBJECT;
}

// Reads the members of a mapping; `keys` are those seen so far.
static struct value *members_read(struct reader *r, struct key_set *keys)
{
    struct value *object = value_object(r->arena), *merged = NULL;
    while (next(r) && r->event.type != YAML_MAPPING_END_EVENT) {
        if (r->event.type != YAML_SCALAR_EVENT)
            return fail(r, "a key must be a scalar");
        // A key is text whatever it means, but its tag must fit and its anchor names the meaning.
        bool marked = r->event.data.scalar.anchor || r->event.data.scalar.tag;
        if (marked && node_read(r) == NULL)
            return NULL;
        const char *text = (const char *)r->event.data.scalar.value;
        bool merging = strcmp(text, "<<") == 0 && r->event.data.scalar.plain_implicit &&
                       r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        struct value_member *key = key_set_add(keys, text, r->event.data.scalar.length);
        if (key->value)
            return fail(r, "the key \"%s\" stands twice in one mapping", key->key);
        key->value = next(r) ? node_read(r) : NULL;
        if (key->value == NULL)
            return NULL;
        if (merging)
            merged = key->value;
        else
            value_append(r->arena, object, key->key, key->key_len, key->value);
    }
    if (r->event.type != YAML_MAPPING_END_EVENT)
        return NULL;
    if (merged && !merge(r, object, keys, merged))
        return fail(r, "what << brings into this mapping is neither a mapping nor a list of such");
    return object;
}

static struct value *object_read(struct reader *r)
{
    struct key_set keys = {0};
    if (!container_enter(r, r->event.data.mapping_start.tag, VALUE_OBJECT))
        return NULL;
    struct value *object = members_read(r, &keys);
    key_set_free(&keys);
    r->depth--;
    return object;
}

// Reads the node that the event at hand begins; its last event is at hand afterwards.
static struct value *node_read(struct reader *r)
{
    struct value_member *anchor;
    struct value *v;
    if (!has_room(r))
        return NULL;
    switch (r->event.type) {
    case YAML_SCALAR_EVENT:
        anchor = anchor_open(r, r->event.data.scalar.anchor);
        v = scalar_read(r);
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = anchor_open(r, r->event.data.sequence_start.anchor);
        v = array_read(r);
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = anchor_open(r, r->event.data.mapping_start.anchor);
        v = object_read(r);
        break;
    default:
        return alias_read(r);
    }
    if (anchor)
        anchor->value = v;
    return v;
}

static struct value *stream_read(struct reader r)
{
    if (!yaml_parser_initialize(&r.parser))
        memory_end();
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const yaml_char_t *)r.text, r.len);
    struct value *documents = value_array(r.arena);
    while (documents && r.event.type != YAML_STREAM_END_EVENT) {
        struct value *v = NULL;
        bool ok = next(&r);
        if (ok && r.event.type == YAML_DOCUMENT_START_EVENT) {
            v = next(&r) ? node_read(&r) : NULL;
            key_set_free(&r.anchors);
            ok = v != NULL;
        }
        if (v)
            value_push(r.arena, documents, v);
        documents = ok ? documents : NULL;
    }
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return documents;
}

static struct reader reader_of(struct arena *a, const char *text, size_t len, struct error *err)
{
    const size_t mark = utf8_mark(text, len);
    return (struct reader){
        .arena = a, .text = text + mark, .len = len - mark, .err = err, .scalar = yaml_scalar};
}

struct value *yaml_parse(struct arena *a, const char *text, size_t len, struct error *err)
{
    return stream_read(reader_of(a, text, len, err));
}

struct value *yaml_parse_old(struct arena *a, const char *text, size_t len, struct error *err)
{
    struct reader r = reader_of(a, text, len, err);
    r.scalar = yaml_scalar_old;
    return stream_read(r);
}
