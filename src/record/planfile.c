#include "record/planfile.h"

#include <string.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "net/signature.h"

static const char algorithm[] = "Ed25519";

static bool sign(struct arena *a, struct value *document, const char *path, struct error *err)
{
    struct buf text = {0};
    unsigned char signature[SIGNATURE_SIZE], key[SIGNATURE_KEY_SIZE];
    json_write(&text, document, JSON_CANONICAL);
    bool ok = signature_make(path, buf_text(&text), text.len, signature, key, err);
    buf_free(&text);
    if (!ok)
        return false;
    struct value *v = value_object(a);
    value_set(a, v, "algorithm", value_string(a, algorithm));
    value_set(a, v, "key", value_string(a, base64_encode(a, (const char *)key, sizeof key)));
    value_set(a, v, "value",
              value_string(a, base64_encode(a, (const char *)signature, sizeof signature)));
    value_set(a, document, "signature", v);
    return true;
}

bool planfile_write(const char *path, const struct value *report, const struct value *plan,
                    const char *key, struct error *err)
{
    struct arena a = {0};
    struct buf text = {0};
    struct value *document = value_copy(&a, report);
    value_set(&a, document, "plan", value_copy(&a, plan));
    bool ok = key == NULL || sign(&a, document, key, err);
    if (ok) {
        json_write(&text, document, JSON_CANONICAL);
        buf_putc(&text, '\n');
        ok = file_write(path, buf_text(&text), text.len, err);
    }
    buf_free(&text);
    arena_free(&a);
    return ok;
}

static bool is_type(const struct value *v, const char *key, enum value_type type)
{
    const struct value *member = value_get(v, key);
    return member && member->type == type;
}

// Every member that is read without another look.
static bool is_whole(const struct value *plan)
{
    static const struct {
        const char *name;
        enum value_type type;
    } members[] = {{"id", VALUE_STRING},      {"seed", VALUE_INT},       {"made", VALUE_INT},
                   {"user", VALUE_STRING},    {"host", VALUE_STRING},    {"file", VALUE_STRING},
                   {"name", VALUE_STRING},    {"options", VALUE_OBJECT}, {"params", VALUE_OBJECT},
                   {"sources", VALUE_OBJECT}, {"writes", VALUE_ARRAY},   {"readings", VALUE_ARRAY},
                   {"foreseen", VALUE_ARRAY}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (!is_type(plan, members[i].name, members[i].type))
            return false;
    const char *id = value_get_text(plan, "id");
    return *id && strspn(id, "0123456789abcdef-") == strlen(id) && strlen(id) < 40;
}

static bool has_sources(const struct value *plan)
{
    const struct value *sources = value_get(plan, "sources");
    for (size_t i = 0; i < value_count(sources); i++) {
        const struct value *source = sources->object.members[i].value;
        if (!is_type(source, "chunk", VALUE_STRING) || !is_type(source, "text", VALUE_STRING))
            return false;
    }
    return value_get(sources, "") != NULL;
}

static bool is_text_list(const struct value *v)
{
    for (size_t i = 0; i < value_count(v); i++)
        if (v->type != VALUE_ARRAY || value_at(v, i)->type != VALUE_STRING)
            return false;
    return true;
}

static bool is_form(const struct value *plan)
{
    const struct value *options = value_get(plan, "options"), *set = value_get(options, "set");
    if (!is_whole(plan) || !has_sources(plan) || !is_text_list(set) ||
        !is_text_list(value_get(options, "phases")))
        return false;
    for (size_t i = 0; i < value_count(set); i++)
        if (strchr(value_text(value_at(set, i)), '=') == NULL)
            return false;
    return true;
}

// Bytes of just that length out of base64, or NULL; also when they could be written in another way.
static const unsigned char *bytes_of(struct arena *a, const struct value *v, const char *name,
                                     size_t size)
{
    size_t len = 0;
    const char *text = value_get_text(v, name), *bytes = base64_decode(a, text, &len, NULL);
    bool fits = bytes && len == size && strcmp(base64_encode(a, bytes, len), text) == 0;
    return fits ? (const unsigned char *)bytes : NULL;
}

static void judge(struct arena *a, struct value *document, struct planfile *p)
{
    const struct value *v = value_get(document, "signature");
    if (v == NULL)
        return;
    struct buf text = {0};
    const unsigned char *key = bytes_of(a, v, "key", SIGNATURE_KEY_SIZE),
                        *signature = bytes_of(a, v, "value", SIGNATURE_SIZE);
    bool known = strcmp(value_get_text(v, "algorithm"), algorithm) == 0 && key && signature;
    p->key = arena_dup(a, value_get_text(v, "key"));
    value_remove(document, "signature");
    json_write(&text, document, JSON_CANONICAL);
    p->signature = known && signature_holds(key, buf_text(&text), text.len, signature)
                       ? PLANFILE_SIGNED
                       : PLANFILE_FORGED;
    buf_free(&text);
}

static bool is_canonical(const struct value *document, const char *text, size_t len)
{
    struct buf again = {0};
    json_write(&again, document, JSON_CANONICAL);
    buf_putc(&again, '\n');
    bool same = again.len == len && memcmp(again.data, text, len) == 0;
    buf_free(&again);
    return same;
}

bool planfile_read(struct arena *a, const char *text, size_t len, struct planfile *p,
                   struct error *err)
{
    error_local(why);
    struct value *document = json_parse(a, text, len, &why);
    *p = (struct planfile){.plan = value_get(document, "plan")};
    if (document == NULL)
        return error_set(err, "is no plan, or not the whole of one: %s", error_text(&why));
    if (p->plan == NULL || p->plan->type != VALUE_OBJECT)
        return error_set(err, "is no plan; one is made with: runbook plan FILE -o PLAN.json");
    int64_t format = value_get_int(p->plan, "format", 0);
    if (format > PLANFILE_FORMAT)
        return error_set(err,
                         "was made by a newer runbook (format %lld, and this one knows %d); apply "
                         "it with that one, or plan anew",
                         (long long)format, PLANFILE_FORMAT);
    if (format != PLANFILE_FORMAT || !is_form(p->plan))
        return error_set(err, "is no plan that can be applied: something is missing in it");
    if (!is_canonical(document, text, len))
        return error_set(err, "was changed after it was made: it is not as runbook writes plans");
    judge(a, document, p);
    return true;
}

bool planfile_signed_by(const struct planfile *p, const char *path, struct error *err)
{
    unsigned char key[SIGNATURE_KEY_SIZE];
    struct arena a = {0};
    if (p->signature == PLANFILE_UNSIGNED)
        return error_set(err, "is not signed, and a signature is required");
    if (!signature_key(path, key, err))
        return false;
    bool same = strcmp(base64_encode(&a, (const char *)key, sizeof key), p->key) == 0;
    arena_free(&a);
    if (p->signature == PLANFILE_FORGED)
        return error_set(err, "has a signature that does not fit it: it was changed after it was "
                              "signed");
    return same || error_set(err, "is signed by another key than the one in %s", path);
}
