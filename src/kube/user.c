#include "kube/user.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "kube/cluster.h"
#include "kube/plugin.h"

static bool is_header_text(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (iscntrl(*p))
            return false;
    return true;
}

// Impersonation headers as they are gathered.
struct headers {
    struct arena *arena;
    const struct kube_entry *entry;
    const char **lines; // NULL-terminated, with room for all
    size_t count;
};

static bool header_add(struct headers *h, const char *field, const char *name, const char *text,
                       struct error *err)
{
    if (!is_header_text(text))
        return error_set(err, "kubeconfig: %s: '%s' must be text of one line", h->entry->what,
                         field);
    h->lines[h->count++] = arena_printf(h->arena, "%s: %s", name, text);
    return true;
}

// Adds one header for each text of a list. A field that is absent is an empty list.
static bool headers_add(struct headers *h, const char *field, const char *name,
                        const struct value *list, struct error *err)
{
    if (kube_is_null(list))
        return true;
    if (list->type != VALUE_ARRAY)
        return error_set(err, "kubeconfig: %s: '%s' must be a list", h->entry->what, field);
    for (size_t i = 0; i < list->array.count; i++) {
        const struct value *text = list->array.items[i];
        if (text->type != VALUE_STRING)
            return error_set(err, "kubeconfig: %s: '%s' must be a list of texts", h->entry->what,
                             field);
        if (!header_add(h, field, name, text->string.text, err))
            return false;
    }
    return true;
}

// The key of an extra may be a URL: what no header name may hold is percent-encoded.
static const char *extra_header(struct arena *a, const char *key)
{
    struct buf name = {0};
    buf_puts(&name, "Impersonate-Extra-");
    for (const unsigned char *p = (const unsigned char *)key; *p; p++)
        if (isalnum(*p) || strchr("!#$&'*+-.^_`|~", *p))
            buf_putc(&name, (char)*p);
        else
            buf_printf(&name, "%%%02X", *p);
    const char *copy = arena_copy(a, name.data, name.len);
    buf_free(&name);
    return copy;
}

static bool impersonate_read(struct kube_config *c, const struct kube_entry *e, struct error *err)
{
    const char *as, *uid;
    if (!kube_entry_text(e, "as", &as, err) || !kube_entry_text(e, "as-uid", &uid, err))
        return false;
    const struct value *groups = value_get(e->fields, "as-groups");
    const struct value *extra = value_get(e->fields, "as-user-extra");
    if (!kube_is_null(extra) && extra->type != VALUE_OBJECT)
        return error_set(err, "kubeconfig: %s: 'as-user-extra' must map keys to lists", e->what);
    size_t count = value_count(groups), extras = value_count(extra);
    for (size_t i = 0; i < extras; i++)
        count += value_count(extra->object.members[i].value);
    if (as == NULL)
        return (uid == NULL && count == 0) ||
               error_set(err,
                         "kubeconfig: %s impersonates a uid, groups or extras without a user: add "
                         "'as: NAME'",
                         e->what);
    struct headers h = {.arena = &c->memory, .entry = e};
    h.lines = arena_alloc(&c->memory, (count + 3) * sizeof *h.lines);
    if (!header_add(&h, "as", "Impersonate-User", as, err) ||
        (uid && !header_add(&h, "as-uid", "Impersonate-Uid", uid, err)) ||
        !headers_add(&h, "as-groups", "Impersonate-Group", groups, err))
        return false;
    for (size_t i = 0; i < extras; i++) {
        const struct value_member *m = &extra->object.members[i];
        if (!headers_add(&h, "as-user-extra", extra_header(&c->memory, m->key), m->value, err))
            return false;
    }
    c->impersonate = h.lines;
    return true;
}

static bool certificate_read(struct kube_config *c, const struct kube_entry *e, struct error *err)
{
    if (!kube_entry_pem(&c->memory, e, "client-certificate", KUBE_PEM_CERTIFICATE, &c->cert_pem,
                        err))
        return false;
    if (c->cert_pem == NULL) // a key alone is not used, as with kubectl
        return true;
    if (!kube_entry_pem(&c->memory, e, "client-key", KUBE_PEM_KEY, &c->key_pem, err))
        return false;
    if (c->key_pem == NULL)
        return error_set(err,
                         "kubeconfig: %s has a client-certificate but no client-key: add "
                         "client-key or client-key-data",
                         e->what);
    if (!value_get(e->fields, "client-certificate-data") &&
        !value_get(e->fields, "client-key-data"))
        c->certificate_entry = e;
    return true;
}

bool kube_user_read(struct kube_config *c, const struct kube_entry *cluster,
                    const struct kube_entry *e, struct error *err)
{
    const char *token_file;
    if (!impersonate_read(c, e, err))
        return false;
    if (!kube_server_is_https(c))
        return true;
    if (!kube_plugin_read(c, cluster, e, err) || !kube_entry_text(e, "token", &c->token, err) ||
        !kube_entry_text(e, "tokenFile", &token_file, err) ||
        !kube_entry_text(e, "username", &c->username, err) ||
        !kube_entry_text(e, "password", &c->password, err) || !certificate_read(c, e, err))
        return false;
    if (c->token && (c->username || c->password))
        return error_set(err,
                         "kubeconfig: %s has both a token and a username or password: only one may "
                         "be used, remove the other",
                         e->what);
    if (c->token && !is_header_text(c->token))
        return error_set(err,
                         "kubeconfig: %s: 'token' holds a line break or another control character",
                         e->what);
    if (c->token || c->username || c->password || token_file || c->cert_pem)
        c->plugin = NULL; // what is written there counts, as it does for kubectl
    if (token_file == NULL)
        return true;
    c->token_file = kube_entry_path(&c->memory, e, token_file);
    size_t len;
    error_local(why);
    if (c->token == NULL && kube_file_text(&c->memory, c->token_file, &len, &why) == NULL)
        return error_set(err, "kubeconfig: %s: tokenFile: %s", e->what, error_text(&why));
    return true;
}
