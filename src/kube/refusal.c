#include "kube/refusal.h"

#include <string.h>

#include "base/code.h"
#include "base/duration.h"

enum { CAUSES_SHOWN = 8 };

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

// "ingresses.networking.k8s.io", with the subresource as RBAC writes it.
static const char *rbac_resource(struct arena *a, const struct kube_attempt *t)
{
    const struct kube_resource *r = t->resource;
    return arena_printf(a, "%s%s%s%s%s", r->plural, t->subresource ? "/" : "",
                        t->subresource ? t->subresource : "", *r->group ? "." : "", r->group);
}

static const char *who(struct arena *a, const struct kube_config *c)
{
    return c->user ? arena_printf(a, "user '%s' (%s)", c->user, c->where) : c->where;
}

static const char *advice_stranger(struct arena *a, const struct kube_config *c)
{
    return arena_printf(a, "Is %s (%s) really a Kubernetes API server?", c->server, c->where);
}

static bool is(const char *code, const char *other)
{
    return strcmp(code, other) == 0;
}

static const char *advice_no_answer(struct arena *a, const struct kube_config *c, const char *code)
{
    if (is(code, CODE_TLS_EXPIRED))
        return arena_printf(a, "Is this machine's clock right? If so, renew the certificate (%s)",
                            c->where);
    if (is(code, CODE_TLS_UNTRUSTED) || is(code, CODE_TLS_NAME))
        return arena_printf(a,
                            "Put the CA that signed the server's certificate into the cluster's "
                            "certificate-authority-data, or the name it is made out to into "
                            "tls-server-name (%s)",
                            c->where);
    if (is(code, CODE_TLS_NO_CA))
        return arena_printf(a, "Mend the cluster's certificate-authority-data (%s)", c->where);
    if (is(code, CODE_PROXY) || is(code, CODE_PROXY_REFUSED))
        return arena_printf(a,
                            "Mend the cluster's proxy-url (%s), or HTTPS_PROXY and NO_PROXY where "
                            "it has none",
                            c->where);
    if (is(code, CODE_TLS_CLIENT))
        return arena_printf(a, "Check client-certificate and client-key of %s", who(a, c));
    if (is(code, CODE_BAD_ANSWER) || is(code, CODE_TOO_LARGE))
        return advice_stranger(a, c);
    return arena_printf(a, "Is %s (%s) the right address, and is the API server up?", c->server,
                        c->where);
}

static const char *advice_forbidden(struct arena *a, const struct kube_config *c,
                                    const struct kube_attempt *t, const char *message)
{
    if (t->resource == NULL)
        return arena_printf(a, "Let %s read /api and /apis (the ClusterRole system:discovery)",
                            who(a, c));
    if (*message && !has(message, " cannot "))
        return "A rule of the cluster refuses it (admission, quota): meet it, or ask who made the "
               "rule";
    return arena_printf(a, "Grant the verb '%s' on '%s'%s%s to %s", t->verb, rbac_resource(a, t),
                        t->namespace ? " in namespace " : " in the whole cluster",
                        t->namespace ? t->namespace : "", who(a, c));
}

static const char *advice_conflict(const struct kube_attempt *t, const char *reason)
{
    if (strcmp(reason, "AlreadyExists") == 0)
        return "Patch or apply what is there, or delete it first";
    if (t->apply)
        return "Leave these fields out of what is applied, or take them over with force = true";
    return "It was changed in the meantime: read it again and decide anew";
}

static const char *advice_not_found(struct arena *a, const struct kube_attempt *t,
                                    const struct value *details)
{
    if (strcmp(value_get_text(details, "kind"), "namespaces") == 0 &&
        strcmp(t->resource->plural, "namespaces") != 0)
        return "Create the namespace first, or name another";
    if (*value_get_text(details, "name") == '\0')
        return "The server does not serve this type under this path";
    if (t->namespace == NULL)
        return "Check the name";
    return arena_printf(a, "Check the name, and whether it stands in another namespace than %s",
                        t->namespace);
}

static const char *advice(struct arena *a, const struct kube_config *c,
                          const struct kube_attempt *t, const struct kube_answer *answer,
                          const char *reason, const char *message)
{
    switch (answer->status) {
    case 400:
        if (has(message, "HTTP request to an HTTPS server"))
            return arena_printf(a, "Let the cluster's server begin with https:// (%s)", c->where);
        return has(message, "dry run") ? "A webhook that has side effects keeps the server from "
                                         "checking this in advance"
                                       : "Correct what is sent";
    case 401:
        return arena_printf(a, "Refresh the credentials of %s", who(a, c));
    case 403:
        return advice_forbidden(a, c, t, message);
    case 404:
        return t->resource ? advice_not_found(a, t, value_get(answer->value, "details"))
                           : advice_stranger(a, c);
    case 405:
        return "The type does not take this verb";
    case 409:
        return advice_conflict(t, reason);
    case 410:
        return "It is gone: start again";
    case 413:
        return "Make the object smaller";
    case 415:
        return t->patch_strategic ? "Use a merge or a JSON patch: custom resources know no other"
                                  : "The server does not take this form of patch";
    case 422:
        return "Correct the fields it names";
    case 429:
        return "The server is asked too much: try again later, or with fewer at once";
    default:
        if (has(message, "failed to create typed patch object")) // a 500 before Kubernetes 1.25
            return "Correct the fields it names";
        if (has(message, "failed calling webhook"))
            return "Look at the admission webhook that it names: it does not answer as it should";
        return answer->status / 100 == 5 ? "Look at the API server's health (kubectl get --raw "
                                           "/readyz?verbose), then try again"
                                         : advice_stranger(a, c);
    }
}

// The other manager of a field stands in quotes: conflict with "kubectl" using v1.
static const char *manager_of(struct arena *a, const char *message)
{
    const char *open = strchr(message, '"'), *close = open ? strchr(open + 1, '"') : NULL;
    return close ? arena_copy(a, open + 1, (size_t)(close - open) - 1) : NULL;
}

// The Status' causes, those of an apply with the manager that owns the field.
static struct value *causes_read(struct arena *a, const struct value *status)
{
    const struct value *list = value_path(status, "details.causes");
    struct value *causes = value_array(a);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *c = value_at(list, i);
        struct value *cause = value_object(a);
        const char *message = value_get_text(c, "message");
        value_set(a, cause, "reason", value_string(a, value_get_text(c, "reason")));
        value_set(a, cause, "message", value_string(a, message));
        value_set(a, cause, "field", value_string(a, value_get_text(c, "field")));
        if (strcmp(value_get_text(c, "reason"), "FieldManagerConflict") == 0 &&
            manager_of(a, message))
            value_set(a, cause, "manager", value_string(a, manager_of(a, message)));
        value_push(a, causes, cause);
    }
    return causes;
}

// ".spec.replicas is owned by "kubectl", ..." for the conflicts of an apply; "" without any.
static const char *conflicts_text(struct arena *a, const struct value *causes)
{
    const char *text = "";
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < value_count(causes); i++) {
        const struct value *c = value_at(causes, i);
        if (value_get(c, "manager") == NULL)
            continue;
        if (shown == CAUSES_SHOWN) {
            more++;
            continue;
        }
        text = arena_printf(a, "%s%s%s is owned by \"%s\"", text, shown++ ? ", " : "",
                            value_get_text(c, "field"), value_get_text(c, "manager"));
    }
    return more ? arena_printf(a, "%s, and %zu more", text, more) : text;
}

static bool is_in_doubt(const struct kube_attempt *t, const struct kube_answer *answer,
                        const char *reason, const char *message)
{
    if (!t->write)
        return false;
    if (answer->error)
        return answer->sent;
    // The server, or a proxy before it, gave up waiting for a change that may still be made.
    return answer->status == 502 || answer->status == 504 || strcmp(reason, "Timeout") == 0 ||
           has(message, "etcdserver: ");
}

// The Status' own reason, save for what it has none for and only its words tell: that a custom
// resource leaves the number of its replicas open, and that the server has not come to a place yet.
static const char *code_of(struct arena *a, const struct kube_answer *answer, const char *reason,
                           const char *message)
{
    if (answer->error)
        return answer->code;
    if (has(message, "replicas field") && has(message, "does not exist"))
        return CODE_K8S "NoReplicas";
    if (has(message, "Too large resource version"))
        return CODE_K8S "ResourceVersionTooLarge";
    return code_k8s(a, reason, answer->status);
}

// Without the end of its last sentence, which what is said next brings along.
static const char *trimmed(struct arena *a, const char *text)
{
    size_t len = strlen(text);
    while (len && strchr(". \n", text[len - 1]))
        len--;
    return arena_copy(a, text, len);
}

void kube_refusal_explain(struct arena *a, const struct kube_config *c,
                          const struct kube_attempt *t, const struct kube_answer *answer,
                          struct kube_result *out)
{
    bool is_status = strcmp(value_get_text(answer->value, "kind"), "Status") == 0;
    const struct value *status = is_status ? answer->value : NULL;
    const char *message = trimmed(a, status ? value_get_text(status, "message") : answer->text);
    out->reason = arena_dup(a, value_get_text(status, "reason"));
    out->causes = causes_read(a, status);
    out->status = answer->status;
    out->code = code_of(a, answer, out->reason, message);
    out->retry_after_ms = answer->retry_after_ms;
    out->attempts = answer->attempts;
    out->no_dry_run = answer->status == 400 && has(message, "does not support dry run");
    out->in_doubt = is_in_doubt(t, answer, out->reason, message);
    const char *doubt = out->in_doubt ? ". The change may have been made: read the object before "
                                        "trying again"
                                      : "";
    if (answer->stranger) {
        out->error = arena_printf(a, "%s: %s", t->tried, answer->error);
        return;
    }
    if (answer->error) {
        out->error = arena_printf(a, "%s: %s. %s%s", t->tried, answer->error,
                                  advice_no_answer(a, c, answer->code), doubt);
        return;
    }
    const char *conflicts = conflicts_text(a, out->causes);
    const char *said = *conflicts ? conflicts : *message ? message : "no reason given";
    const char *times =
        answer->attempts > 1 ? arena_printf(a, " after %d attempts", answer->attempts) : "";
    out->error = arena_printf(a, "%s: the server answered %d%s%s%s: %s. %s%s", t->tried,
                              answer->status, *out->reason ? " " : "", out->reason, times, said,
                              advice(a, c, t, answer, out->reason, message), doubt);
}

const char *kube_refusal_unknown(struct arena *a, const struct kube_config *c, const char *tried,
                                 const char *resource, const char *missing)
{
    return *missing ? arena_printf(a,
                                   "%s: %s (%s) lists no resource type '%s', but these API groups "
                                   "could not be read: %s. Try again when they answer",
                                   tried, c->server, c->where, resource, missing)
                    : arena_printf(a,
                                   "%s: %s (%s) knows no resource type '%s'. Check the spelling "
                                   "(kubectl api-resources lists them), and whether the operator "
                                   "that brings it is installed",
                                   tried, c->server, c->where, resource);
}

const char *kube_refusal_late(struct arena *a, const struct kube_config *c, const char *tried,
                              int64_t timeout_ms, const char *doing)
{
    char limit[32];
    return arena_printf(a,
                        "%s: timed out after %s while %s %s (%s). Is it overloaded? Try again, or "
                        "with a longer timeout",
                        tried, duration_format(timeout_ms, limit, sizeof limit), doing, c->server,
                        c->where);
}
