// apiserver: for a test of the Kubernetes client: a loop, a server on it that answers by rules and
// notes what it is asked, a kubeconfig that leads there, and calls that wait for their end.
#pragma once

#include <criterion/criterion.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/duration.h"
#include "base/file.h"
#include "base/json.h"
#include "kube/client.h"
#include "net/fetch.h"
#include "net/loop.h"
#include "net/mint.h"
#include "net/serve.h"

#define PODS      "/api/v1/namespaces/scholarlink-prod/pods"
#define INGRESSES "/apis/networking.k8s.io/v1/namespaces/scholarlink-prod/ingresses"

enum { PATIENCE_MS = 20000 };

// What the server does with the requests whose "METHOD target" is `match`, or starts with it when
// it ends in '*'; the first rule that fits and has `times` left (0: for ever) counts. JSON may be
// written with single quotes.
struct rule {
    const char *match;
    int status; // 0: never answers; -1: breaks the connection
    const char *body;
    const char *header, *header_value;
    int times;
    bool hold; // the answer begins with `body` and goes on: see `held`
};

static struct arena memory;
static struct error err;
static struct loop *loop;
static struct fetcher *fetcher;
static struct server *server;
static struct mint pems;
static struct rule rules[64];
static size_t rule_count;
static struct buf seen;       // "METHOD target\n" of every request
static struct buf seen_last;  // headers and body of the last one
static int open_exchanges;    // that are never answered, or held
static struct exchange *held; // the last answer that goes on, NULL once the client is gone
static char folder[64];
static char *cache; // XDG_CACHE_HOME

static inline void note_header(const char *name, const char *value, void *arg)
{
    (void)arg;
    buf_printf(&seen_last, "%s: %s\n", name, value);
}

static inline void gone(void *arg)
{
    if (arg == held)
        held = NULL;
    open_exchanges--;
}

static inline const char *quoted(const char *text)
{
    char *copy = arena_dup(&memory, text);
    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    return copy;
}

static inline bool fits(const struct rule *r, const char *what)
{
    size_t len = strlen(r->match);
    bool starts = r->match[len - 1] == '*';
    return r->times >= 0 &&
           (starts ? strncmp(what, r->match, len - 1) == 0 : strcmp(what, r->match) == 0);
}

static inline void answer(struct exchange *x, void *arg)
{
    (void)arg;
    size_t len;
    const char *body = exchange_body(x, &len);
    const char *what = arena_printf(&memory, "%s %s", exchange_method(x), exchange_target(x));
    buf_printf(&seen, "%s\n", what);
    buf_clear(&seen_last);
    exchange_headers(x, note_header, NULL);
    buf_printf(&seen_last, "\n%.*s", (int)len, body ? body : "");
    for (size_t i = 0; i < rule_count; i++) {
        struct rule *r = &rules[i];
        if (!fits(r, what))
            continue;
        if (r->times && --r->times == 0)
            r->times = -1;
        if (r->status == 0 || r->hold) {
            open_exchanges++;
            exchange_on_gone(x, gone, x);
            if (!r->hold)
                return;
            held = x;
            exchange_begin(x, r->status);
            exchange_chunk(x, quoted(r->body), strlen(r->body));
            return;
        }
        if (r->status < 0) {
            exchange_abort(x);
            return;
        }
        const char *text = *r->body == '{' ? quoted(r->body) : r->body;
        exchange_set_header(x, "Content-Type", *text == '{' ? "application/json" : "text/plain");
        if (r->header)
            exchange_set_header(x, r->header, r->header_value);
        exchange_reply(x, r->status, text, strlen(text));
        return;
    }
    exchange_set_header(x, "Content-Type", "text/plain");
    exchange_reply(x, 404, "404 page not found\n", 19);
}

static inline void rule(struct rule r)
{
    rules[rule_count++] = r;
}

static inline void rule_first(struct rule r)
{
    memmove(rules + 1, rules, rule_count * sizeof *rules);
    rules[0] = r;
    rule_count++;
}

static const char core[] =
    "{'kind':'APIGroupDiscoveryList','items':[{'metadata':{},'versions':[{'version':'v1','"
    "resources':["
    "{'resource':'pods','singularResource':'pod','responseKind':{'kind':'Pod'},'scope':'Namespaced'"
    ","
    "'shortNames':['po']},"
    "{'resource':'namespaces','singularResource':'namespace','responseKind':{'kind':'Namespace'},"
    "'scope':'Cluster','shortNames':['ns']}]}]}]}";
static const char groups[] =
    "{'kind':'APIGroupDiscoveryList','items':["
    "{'metadata':{'name':'apps'},'versions':[{'version':'v1','resources':[{'resource':'deployments'"
    ","
    "'singularResource':'deployment','responseKind':{'kind':'Deployment'},'scope':'Namespaced'}]}]}"
    ","
    "{'metadata':{'name':'networking.k8s.io'},'versions':[{'version':'v1','resources':["
    "{'resource':'ingresses','singularResource':'ingress','responseKind':{'kind':'Ingress'},"
    "'scope':'Namespaced','shortNames':['ing']}]}]},"
    "{'metadata':{'name':'cert-manager.io'},'versions':[{'version':'v1','resources':[{'resource':"
    "'certificates','singularResource':'certificate','responseKind':{'kind':'Certificate'},'scope':"
    "'Namespaced','shortNames':['cert']}]}]}]}";

// Goes on with the held answer.
static inline void tell(const char *text)
{
    cr_assert(held, "nobody listens");
    exchange_chunk(held, quoted(text), strlen(text));
}

static inline void tell_end(void)
{
    cr_assert(held, "nobody listens");
    open_exchanges--;
    exchange_end(held);
    held = NULL;
}

static inline void rules_aggregated(void)
{
    rule((struct rule){.match = "GET /apis", .status = 200, .body = groups});
    rule((struct rule){.match = "GET /api", .status = 200, .body = core});
}

static inline void apiserver_begin(void)
{
    memset(rules, 0, sizeof rules);
    rule_count = 0;
    strcpy(folder, "/tmp/kube-client-test-XXXXXX");
    cr_assert(mkdtemp(folder));
    loop = loop_new();
    fetcher = fetcher_new(loop);
    cr_assert(mint_certificate(&pems, "localhost,127.0.0.1,api.example.com", -3600, 86400, &err));
    server = server_start(loop, "127.0.0.1", 0, pems.cert_pem, pems.key_pem, answer, NULL, &err);
    cr_assert(server, "%s", error_text(&err));
}

static inline void remove_all(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        const char *inner = arena_printf(&memory, "%s/%s", path, e->d_name);
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && unlink(inner) != 0)
            remove_all(inner);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

static inline void apiserver_end(void)
{
    fetcher_free(fetcher);
    server_stop(server);
    loop_free(loop);
    remove_all(folder);
    mint_free(&pems);
    buf_free(&seen);
    buf_free(&seen_last);
    arena_free(&memory);
}

static inline char *fake_env(const char *name)
{
    return strcmp(name, "XDG_CACHE_HOME") == 0 ? cache : NULL;
}

// A client for our server. `cluster` and `user` are more fields of those entries, in YAML; without
// `url` it is https://localhost with the server's port.
static inline struct kube *open_with(const char *url, const char *cluster, const char *user)
{
    const char *file = arena_printf(&memory, "%s/config", folder);
    const char *ca = arena_printf(&memory, "%s/ca.pem", folder);
    const char *here = arena_printf(&memory, "https://localhost:%d", server_port(server));
    const char *text = arena_printf(
        &memory,
        "current-context: shop\n"
        "contexts: [{name: shop, context: {cluster: k, user: ana, namespace: scholarlink-prod}}]\n"
        "clusters: [{name: k, cluster: {server: '%s'%s}}]\n"
        "users: [{name: ana, user: {%s}}]\n",
        url ? url : here, cluster ? cluster : ", certificate-authority: ca.pem",
        user ? user : "token: secret-token");
    cr_assert(file_write(ca, pems.ca_pem, strlen(pems.ca_pem), &err), "%s", error_text(&err));
    cr_assert(file_write(file, text, strlen(text), &err), "%s", error_text(&err));
    struct kube_config_options o = {.path = file, .env = fake_env};
    struct kube_config *config = kube_config_load(&o, &err);
    cr_assert(config, "%s", error_text(&err));
    return kube_open(loop, fetcher, config);
}

static inline struct kube *open_kube(void)
{
    return open_with(NULL, NULL, NULL);
}

struct outcome {
    int calls;
    struct kube_result result;
};

static inline void note(const struct kube_result *r, void *arg)
{
    struct outcome *o = arg;
    o->calls++;
    o->result = *r;
}

static inline void wait_for(const int *calls)
{
    int64_t until = clock_steady() + PATIENCE_MS;
    while (*calls == 0) {
        cr_assert(clock_steady() < until && loop_once(loop), "the call never ended");
    }
}

static inline struct kube_result call(struct kube *k, struct kube_request q)
{
    struct outcome o = {0};
    kube_call_start(k, &q, &memory, note, &o);
    cr_assert_eq(o.calls, 0, "done was called from inside the start");
    wait_for(&o.calls);
    cr_assert_eq(o.calls, 1);
    cr_assert_eq(o.result.error == NULL, o.result.value != NULL,
                 "error or value, not both nor none");
    return o.result;
}

static inline struct kube_result call_well(struct kube *k, struct kube_request q)
{
    struct kube_result r = call(k, q);
    cr_assert(r.error == NULL, "%s", r.error);
    return r;
}

static inline void check_says(struct kube_result r, const char *part)
{
    cr_assert(r.error && strstr(r.error, part), "says: %s\nnot: %s",
              r.error ? r.error : "(no error)", part);
}

static inline int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The lines in the order of their text.
static inline const char *sorted(const char *lines)
{
    const char *all[64];
    size_t count = 0;
    const char *text = "";
    for (const char *p = lines; *p; p += strcspn(p, "\n") + 1)
        all[count++] = arena_copy(&memory, p, strcspn(p, "\n"));
    qsort(all, count, sizeof *all, by_text);
    for (size_t i = 0; i < count; i++)
        text = arena_printf(&memory, "%s%s\n", text, all[i]);
    return text;
}

// The requests since the last time, as "METHOD target" lines; several that are under way at once
// come in any order.
static inline void check_seen(const char *lines)
{
    const char *got = sorted(buf_text(&seen)), *want = sorted(lines);
    cr_assert_str_eq(got, want, "the server saw\n%snot\n%s", got, want);
    buf_clear(&seen);
}

static inline void check_sent(const char *part)
{
    cr_assert(strstr(buf_text(&seen_last), quoted(part)), "sent:\n%s\nwithout: %s",
              buf_text(&seen_last), part);
}

static inline struct value *json(const char *text)
{
    const char *copy = quoted(text);
    struct value *v = json_parse(&memory, copy, strlen(copy), &err);
    cr_assert(v, "%s in %s", error_text(&err), text);
    return v;
}

static inline void stop_waiting(void *arg)
{
    *(bool *)arg = true;
}

static inline void turn(int64_t ms)
{
    bool over = false;
    timer_start(loop, ms, stop_waiting, &over);
    while (!over)
        loop_once(loop);
}
