#include "engine/permit.h"

#include <stdlib.h>
#include <string.h>

#include "engine/run.h"
#include "net/address.h"

struct list {
    struct rule *rules;
    size_t count;
};

struct permit {
    struct arena arena;
    bool limited; // only what is allowed; else everything
    struct list allow, deny;
    struct value *learned; // addresses; NULL: none
};

static bool add(struct permit *p, struct list *list, const char *text, rule_fill *fill, void *arg,
                struct error *err)
{
    list->rules = mem_grow(list->rules, (list->count + 1) * sizeof *list->rules);
    return rule_read(&p->arena, text, fill, arg, &list->rules[list->count++], err);
}

static bool add_all(struct permit *p, struct list *list, const char *const *texts, rule_fill *fill,
                    void *arg, struct error *err)
{
    for (; texts && *texts; texts++)
        if (!add(p, list, *texts, fill, arg, err))
            return false;
    return true;
}

struct permit *permit_new(const struct value *declared, const char *const *allow,
                          const char *const *deny, rule_fill *fill, void *arg, struct error *err)
{
    struct permit *p = mem_alloc(sizeof *p);
    bool ok =
        add_all(p, &p->allow, allow, fill, arg, err) && add_all(p, &p->deny, deny, fill, arg, err);
    for (size_t i = 0; ok && i < value_count(declared); i++)
        ok = add(p, &p->allow, value_text(value_at(declared, i)), fill, arg, err);
    p->limited = declared || (allow && *allow);
    if (ok)
        return p;
    permit_free(p);
    return NULL;
}

void permit_free(struct permit *p)
{
    if (p == NULL)
        return;
    free(p->allow.rules);
    free(p->deny.rules);
    arena_free(&p->arena);
    free(p);
}

static const struct rule *denying(const struct permit *p, const struct subject *s)
{
    for (size_t i = 0; i < p->deny.count; i++)
        if (rule_covers(&p->deny.rules[i], s, false))
            return &p->deny.rules[i];
    return NULL;
}

// One that allows it, where there is a choice without the condition of a public address.
static const struct rule *allowing(const struct permit *p, const struct subject *s)
{
    const struct rule *found = NULL;
    for (size_t i = 0; i < p->allow.count; i++)
        if (rule_covers(&p->allow.rules[i], s, true) && (!found || found->public))
            found = &p->allow.rules[i];
    return found;
}

void permit_learn(struct run *run, const char *address)
{
    struct permit *p = run->permit;
    char plain[ADDRESS_TEXT];
    if (p == NULL || !address_read(address, plain))
        return;
    if (p->learned == NULL)
        p->learned = value_array(&p->arena);
    value_push(&p->arena, p->learned, value_string(&p->arena, plain));
}

static bool is_learned(const struct permit *p, const struct subject *s)
{
    bool connects = strcmp(s->need->kind, "connect") == 0 && s->address;
    for (size_t i = 0; connects && i < value_count(p->learned); i++)
        if (strcmp(value_text(value_at(p->learned, i)), s->host) == 0)
            return true;
    return false;
}

struct verdict {
    const char *why; // not; NULL: it may be
    bool public;     // only a public address will do
    bool guessed;    // of a type that is known by its name alone
};

static const char *guess_text(struct arena *a, const struct subject *s, const struct verdict *v)
{
    int len = v->guessed ? (int)strcspn(s->need->what, "/") : 0;
    return v->guessed
               ? arena_printf(a, "; only the cluster can tell what '%.*s' is, and nobody was asked",
                              len, s->need->what)
               : "";
}

static bool is_free(const struct run *run)
{
    const struct permit *p = run->permit;
    return p == NULL || run->touched || (!p->limited && p->deny.count == 0);
}

static const char *line_of(const struct run *run, struct arena *a, const struct value *parts)
{
    return run->rule ? run->rule(run->mask_arg, a, parts) : rule_line(a, parts);
}

static struct verdict judge(const struct run *run, struct arena *a, const struct need *need)
{
    const struct permit *p = run->permit;
    struct verdict v = {0};
    struct subject s;
    error_local(err);
    if (is_free(run))
        return v;
    if (!subject_read(a, need, &s, &err)) {
        v.why = arena_dup(a, error_text(&err));
        return v;
    }
    const struct rule *deny = denying(p, &s), *allow = deny ? NULL : allowing(p, &s);
    v.guessed = s.type && !s.type->known;
    v.public = allow && allow->public;
    if (deny)
        v.why =
            arena_printf(a, "it is denied by --deny \"%s\"%s", deny->text, guess_text(a, &s, &v));
    else if (!is_learned(p, &s) && !allow && p->limited)
        v.why = arena_printf(a, "to permit it, add this line to `allow`: \"%s\"%s",
                             line_of(run, a, rule_parts(a, &s)), guess_text(a, &s, &v));
    return v;
}

const char *permit_need(struct run *run, struct arena *a, const struct need *need)
{
    return judge(run, a, need).why;
}

static bool speaks_of_objects(const struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->rules[i].kind, "k8s") == 0 || strcmp(list->rules[i].kind, "*") == 0)
            return true;
    return false;
}

// Offline a world file can be asked.
static bool may_ask(const struct run *run)
{
    return !run->options->offline || run->options->world;
}

bool permit_wants_type(const struct effect *e)
{
    const struct run *run = e->run;
    const struct permit *p = run->permit;
    const struct need *need = need_of(e, "k8s");
    if (need == NULL || need->what == NULL || !may_ask(run))
        return false;
    if (is_free(run))
        return run->touched != NULL;
    return !p->limited ? speaks_of_objects(&p->deny) : speaks_of_objects(&p->allow);
}

bool permit_type(const struct effect *e, const struct object_type *type, struct error *err)
{
    struct arena a = {0};
    const char *why = NULL;
    for (const struct need *n = e->needs; n && !why; n = n->next) {
        struct need typed = *n;
        typed.type = type;
        if (n->what && strcmp(n->kind, "k8s") == 0)
            why = judge(e->run, &a, &typed).why;
    }
    if (why)
        error_set(err, "%s", why);
    arena_free(&a);
    return why == NULL;
}

// Notes what the plan touches instead of judging it.
static void survey(struct run *run, const struct need *n)
{
    struct subject s;
    if (subject_read(&run->arena, n, &s, NULL))
        value_push(&run->arena, run->touched, rule_parts(&run->arena, &s));
}

bool permit_effect(struct effect *e, const char **text)
{
    struct verdict v = {0};
    bool guessed = false;
    for (const struct need *n = e->needs; n && e->run->touched; n = n->next)
        survey(e->run, n);
    for (const struct need *n = e->needs; n && !v.why; n = n->next) {
        v = judge(e->run, &e->arena, n);
        e->public_only = e->public_only || v.public;
        guessed = guessed || v.guessed;
        if (v.guessed && e->typeless) // who performs it has to ask, and permit_type judges
            v.why = NULL;
    }
    if (guessed && !v.why && !may_ask(e->run))
        e->note = "judged by the name of its type: nobody was asked what that is";
    *text = v.why ? arena_printf(&e->arena, "%s is not permitted; %s", e->summary, v.why) : NULL;
    return v.why == NULL;
}

// Each hop of a redirect is a request of its own, with all that goes along with it.
static bool may_follow(void *arg, const char *method, const char *url, struct error *err)
{
    struct effect *e = arg;
    const struct need *kept = e->needs, *n;
    const char *why = NULL;
    e->needs = NULL;
    if (e->kind->needs)
        e->kind->needs(e, method, url);
    else
        need_add(e, "http", method, url, NULL);
    for (n = e->needs; n && e->run->touched; n = n->next)
        survey(e->run, n);
    for (n = e->needs; n; n = n->next) {
        struct verdict v = judge(e->run, &e->arena, n);
        e->public_only = e->public_only || v.public;
        why = v.why;
        if (why)
            break;
    }
    e->hop = e->needs;
    e->needs = kept;
    return !why || error_set(err, "it was redirected to %s %s, which is not permitted; %s", n->verb,
                             n->what, why);
}

// Does the rule deny one of the needs if it named the address that it has come to?
static bool denies_moved(const struct rule *r, const struct need *n, struct arena *a,
                         const char *ip, int port)
{
    struct subject s;
    for (; n; n = n->next) {
        enum rule_shape shape = rule_shape(n->kind);
        if ((shape != SHAPE_URL && shape != SHAPE_ENDPOINT) || !subject_read(a, n, &s, NULL))
            continue;
        s.host = ip;
        s.address = true;
        s.port = port;
        if (rule_covers(r, &s, false))
            return true;
    }
    return false;
}

static bool denies_there(const struct rule *r, const struct effect *e, struct arena *a,
                         const char *ip, int port)
{
    struct subject s;
    if (denies_moved(r, e->needs, a, ip, port) || denies_moved(r, e->hop, a, ip, port))
        return true;
    struct need connection = {.kind = "connect",
                              .what =
                                  arena_printf(a, strchr(ip, ':') ? "[%s]:%d" : "%s:%d", ip, port)};
    return subject_read(a, &connection, &s, NULL) && rule_covers(r, &s, false);
}

// A name was judged by its own; what it stands for only shows here.
static bool may_reach(void *arg, const struct sockaddr *to, struct error *err)
{
    const struct effect *e = arg;
    const struct permit *p = e->run->permit;
    struct arena a = {0};
    const struct rule *denying = NULL;
    char ip[ADDRESS_TEXT];
    address_text(to, ip);
    if (e->public_only && !address_is_public(to))
        return error_set(err,
                         "%s is not a public address, and the rule that allows the host says "
                         "`public`; nothing was sent there",
                         ip);
    for (size_t i = 0; p && i < p->deny.count && !denying; i++)
        if (p->deny.rules[i].host && denies_there(&p->deny.rules[i], e, &a, ip, address_port(to)))
            denying = &p->deny.rules[i];
    arena_free(&a);
    return denying == NULL ||
           error_set(err, "%s is denied by --deny \"%s\"; nothing was sent there", ip,
                     denying->text);
}

struct guard permit_guard(struct effect *e)
{
    return (struct guard){.follow = may_follow, .reach = may_reach, .arg = e};
}
