#include "kube/entry.h"

#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/file.h"

enum { FILE_MAX = 1024 * 1024 };

const char *kube_type_name(const struct value *v)
{
    static const char *const names[] = {"null", "true or false", "a number", "a number",
                                        "text", "a list",        "a mapping"};
    return names[v->type];
}

bool kube_is_null(const struct value *v)
{
    return v == NULL || v->type == VALUE_NULL;
}

char *kube_file_text(struct arena *a, const char *path, size_t *len, struct error *err)
{
    struct buf all = {.max = FILE_MAX};
    char *text = file_read(path, &all, err) ? arena_copy(a, buf_text(&all), all.len) : NULL;
    *len = all.len;
    buf_free(&all);
    return text;
}

bool kube_entry_text(const struct kube_entry *e, const char *field, const char **out,
                     struct error *err)
{
    const struct value *v = value_get(e->fields, field);
    *out = *value_text(v) ? value_text(v) : NULL;
    if (!kube_is_null(v) && v->type != VALUE_STRING)
        return error_set(err, "kubeconfig: %s: '%s' is %s, not text: put it in quotes", e->what,
                         field, kube_type_name(v));
    if (*out && strlen(*out) != v->string.len)
        return error_set(err, "kubeconfig: %s: '%s' holds a NUL byte", e->what, field);
    return true;
}

bool kube_entry_flag(const struct kube_entry *e, const char *field, bool *out, struct error *err)
{
    const struct value *v = value_get(e->fields, field);
    const char *text = value_text(v);
    *out = false;
    if (kube_is_null(v) || strcasecmp(text, "no") == 0 || strcasecmp(text, "off") == 0)
        return true;
    *out = v->type == VALUE_BOOL ? v->boolean
                                 : strcasecmp(text, "yes") == 0 || strcasecmp(text, "on") == 0;
    return *out || v->type == VALUE_BOOL ||
           error_set(err, "kubeconfig: %s: '%s' must be true or false", e->what, field);
}

const char *kube_entry_path(struct arena *a, const struct kube_entry *e, const char *path)
{
    return *path == '/' ? path : arena_printf(a, "%s/%s", e->folder, path);
}

bool kube_entry_pem(struct arena *a, const struct kube_entry *e, const char *field,
                    enum kube_pem kind, const char **out, struct error *err)
{
    const char *data_field = arena_printf(a, "%s-data", field), *data, *path;
    error_local(why);
    size_t len = 0;
    *out = NULL;
    if (!kube_entry_text(e, data_field, &data, err) || !kube_entry_text(e, field, &path, err))
        return false;
    if (data == NULL && path == NULL)
        return true;
    const char *from = data ? data_field : field;
    const char *pem = data ? base64_decode(a, data, &len, &why)
                           : kube_file_text(a, kube_entry_path(a, e, path), &len, &why);
    if (pem == NULL)
        return error_set(err, "kubeconfig: %s: %s: %s", e->what, from, error_text(&why));
    const char *mark = kind == KUBE_PEM_KEY ? "PRIVATE KEY-----" : "-----BEGIN CERTIFICATE-----";
    if (strlen(pem) != len || strstr(pem, mark) == NULL)
        return error_set(err, "kubeconfig: %s: %s holds no PEM %s", e->what, from,
                         kind == KUBE_PEM_KEY ? "private key" : "certificate");
    if (kind == KUBE_PEM_KEY && strstr(pem, "ENCRYPTED"))
        return error_set(err,
                         "kubeconfig: %s: %s needs a passphrase, which is not supported: take it "
                         "off with 'openssl pkey -in KEY -out PLAIN_KEY'",
                         e->what, from);
    *out = pem;
    return true;
}
