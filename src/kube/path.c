#include "kube/path.h"

#include <string.h>

#include "net/fetch.h"

static void segment_add(struct buf *out, const char *text)
{
    buf_putc(out, '/');
    fetch_escape(out, text, strlen(text));
}

void kube_path_version(struct buf *out, const char *group, const char *version)
{
    buf_puts(out, *group ? "/apis" : "/api");
    if (*group)
        segment_add(out, group);
    segment_add(out, version);
}

void kube_path_object(struct buf *out, const struct kube_resource *r, const char *namespace,
                      const char *name, const char *subresource)
{
    kube_path_version(out, r->group, r->version);
    if (namespace && r->namespaced) {
        buf_puts(out, "/namespaces");
        segment_add(out, namespace);
    }
    segment_add(out, r->plural);
    if (name)
        segment_add(out, name);
    if (subresource)
        segment_add(out, subresource);
}

void kube_path_query(struct buf *out, const char *name, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    buf_printf(out, "%c%s=", strchr(buf_text(out), '?') ? '&' : '?', name);
    fetch_escape(out, value, strlen(value));
}
