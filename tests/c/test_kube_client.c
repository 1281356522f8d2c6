#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
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
};

static struct arena memory;
static struct error err;
static struct loop *loop;
static struct fetcher *fetcher;
static struct server *server;
static struct mint pems;
static struct rule rules[64];
static size_t rule_count;
static struct buf seen;      // "METHOD target\n" of every request
static struct buf seen_last; // headers and body of the last one
static int open_exchanges;   // that are never answered
static char folder[64];
static char *cache; // XDG_CACHE_HOME

static void note_header(const char *name, const char *value, void *arg)
{
    (void)arg;
    buf_printf(&seen_last, "%s: %s\n", name, value);
}

static void gone(void *arg)
{
    (void)arg;
    open_exchanges--;
}

static const char *quoted(const char *text)
{
    char *copy = arena_dup(&memory, text);
    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    return copy;
}

static bool fits(const struct rule *r, const char *what)
{
    size_t len = strlen(r->match);
    bool starts = r->match[len - 1] == '*';
    return r->times >= 0 &&
           (starts ? strncmp(what, r->match, len - 1) == 0 : strcmp(what, r->match) == 0);
}

static void answer(struct exchange *x, void *arg)
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
        if (r->status == 0) {
            open_exchanges++;
            exchange_on_gone(x, gone, NULL);
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

static void rule(struct rule r)
{
    rules[rule_count++] = r;
}

static void rule_first(struct rule r)
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

static void rules_aggregated(void)
{
    rule((struct rule){.match = "GET /apis", .status = 200, .body = groups});
    rule((struct rule){.match = "GET /api", .status = 200, .body = core});
}

static void begin(void)
{
    memset(rules, 0, sizeof rules);
    rule_count = 0;
    strcpy(folder, "/tmp/kube-client-test-XXXXXX");
    cr_assert(mkdtemp(folder));
    loop = loop_new();
    fetcher = fetcher_new(loop);
    cr_assert(mint_certificate(&pems, "localhost,127.0.0.1,api.example.com", -3600, 86400, &err));
    server = server_start(loop, "127.0.0.1", 0, pems.cert_pem, pems.key_pem, answer, NULL, &err);
    cr_assert(server, "%s", err.text);
}

static void remove_all(const char *path)
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

static void end(void)
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

TestSuite(kube_client, .init = begin, .fini = end, .timeout = 60);

static char *fake_env(const char *name)
{
    return strcmp(name, "XDG_CACHE_HOME") == 0 ? cache : NULL;
}

// A client for our server. `cluster` and `user` are more fields of those entries, in YAML; without
// `url` it is https://localhost with the server's port.
static struct kube *open_with(const char *url, const char *cluster, const char *user)
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
    cr_assert(file_write(ca, pems.ca_pem, strlen(pems.ca_pem), &err), "%s", err.text);
    cr_assert(file_write(file, text, strlen(text), &err), "%s", err.text);
    struct kube_config_options o = {.path = file, .env = fake_env};
    struct kube_config *config = kube_config_load(&o, &err);
    cr_assert(config, "%s", err.text);
    return kube_open(loop, fetcher, config);
}

static struct kube *open_kube(void)
{
    return open_with(NULL, NULL, NULL);
}

struct outcome {
    int calls;
    struct kube_result result;
};

static void note(const struct kube_result *r, void *arg)
{
    struct outcome *o = arg;
    o->calls++;
    o->result = *r;
}

static void wait_for(const int *calls)
{
    int64_t until = clock_steady() + PATIENCE_MS;
    while (*calls == 0) {
        cr_assert(clock_steady() < until && loop_once(loop), "the call never ended");
    }
}

static struct kube_result call(struct kube *k, struct kube_request q)
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

static struct kube_result call_well(struct kube *k, struct kube_request q)
{
    struct kube_result r = call(k, q);
    cr_assert(r.error == NULL, "%s", r.error);
    return r;
}

static void check_says(struct kube_result r, const char *part)
{
    cr_assert(r.error && strstr(r.error, part), "says: %s\nnot: %s",
              r.error ? r.error : "(no error)", part);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The lines in the order of their text.
static const char *sorted(const char *lines)
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
static void check_seen(const char *lines)
{
    const char *got = sorted(buf_text(&seen)), *want = sorted(lines);
    cr_assert_str_eq(got, want, "the server saw\n%snot\n%s", got, want);
    buf_clear(&seen);
}

static void check_sent(const char *part)
{
    cr_assert(strstr(buf_text(&seen_last), quoted(part)), "sent:\n%s\nwithout: %s",
              buf_text(&seen_last), part);
}

static struct value *json(const char *text)
{
    const char *copy = quoted(text);
    struct value *v = json_parse(&memory, copy, strlen(copy), &err);
    cr_assert(v, "%s in %s", err.text, text);
    return v;
}

#define INGRESSES "/apis/networking.k8s.io/v1/namespaces/scholarlink-prod/ingresses"

Test(kube_client, gets_an_object)
{
    rules_aggregated();
    rule((struct rule){.match = "GET " INGRESSES "/billing-canary",
                       .status = 200,
                       .body = "{'kind':'Ingress','metadata':{'name':'billing-canary','generation':"
                               "9223372036854775807},'spec':{'rules':[],'x':{}}}"});
    struct kube *k = open_kube();
    struct kube_result r =
        call_well(k, (struct kube_request){.resource = "ingress/billing-canary"});
    check_seen("GET /api\nGET /apis\nGET " INGRESSES "/billing-canary\n");
    check_sent("Authorization: Bearer secret-token\n");
    check_sent("Accept: application/json\n");
    cr_assert_str_eq(r.tried, "GET ingresses/billing-canary in scholarlink-prod");
    cr_assert_eq(r.status, 200);
    cr_assert_eq(value_path(r.value, "metadata.generation")->integer, INT64_MAX);
    cr_assert_eq(value_path(r.value, "spec.rules")->type, VALUE_ARRAY);
    cr_assert_eq(value_path(r.value, "spec.x")->type, VALUE_OBJECT);

    // What was learnt once is not asked again, and names are escaped.
    rule((struct rule){
        .match = "GET /api/v1/namespaces/other", .status = 200, .body = "{'kind':'Namespace'}"});
    rule((struct rule){.match = "GET /apis/apps/v1/namespaces/other/deployments/a%3Ab%20c/status",
                       .status = 200,
                       .body = "{'kind':'Deployment'}"});
    call_well(k, (struct kube_request){.resource = "ns", .name = "other", .namespace = "ignored"});
    call_well(k, (struct kube_request){.resource = "deployments",
                                       .name = "a:b c",
                                       .namespace = "other",
                                       .subresource = "status"});
    check_seen("GET /api/v1/namespaces/other\n"
               "GET /apis/apps/v1/namespaces/other/deployments/a%3Ab%20c/status\n");
    kube_close(k);
}

static void rules_older(void)
{
    rule((struct rule){
        .match = "GET /api", .status = 200, .body = "{'kind':'APIVersions','versions':['v1']}"});
    rule((struct rule){
        .match = "GET /apis",
        .status = 200,
        .body = "{'kind':'APIGroupList','groups':[{'name':'apps','versions':[{'version':'v1'}]"
                "},{'name':'metrics.k8s.io','versions':[{'version':'v1beta1'}]}]}"});
    rule((struct rule){
        .match = "GET /api/v1",
        .status = 200,
        .body = "{'kind':'APIResourceList','resources':[{'name':'pods','singularName':'',"
                "'namespaced':true,'kind':'Pod','shortNames':['po']}]}"});
    rule((struct rule){.match = "GET /apis/apps/v1",
                       .status = 200,
                       .body =
                           "{'kind':'APIResourceList','resources':[{'name':'deployments',"
                           "'singularName':'','namespaced':true,'kind':'Deployment','shortNames':"
                           "['deploy']}]}"});
    rule((struct rule){.match = "GET /apis/metrics.k8s.io/v1beta1",
                       .status = 503,
                       .body = "{'kind':'Status','reason':'ServiceUnavailable'}"});
    rule((struct rule){.match = "GET /apis/apps/v1/namespaces/scholarlink-prod/deployments/web",
                       .status = 200,
                       .body = "{'kind':'Deployment'}"});
}

Test(kube_client, older_servers_and_broken_groups)
{
    rules_older();
    struct kube *k = open_kube();
    call_well(k, (struct kube_request){.resource = "deploy", .name = "web"});
    check_seen(
        "GET /api\nGET /apis\nGET /api/v1\nGET /apis/apps/v1\nGET /apis/metrics.k8s.io/v1beta1\n"
        "GET /apis/apps/v1/namespaces/scholarlink-prod/deployments/web\n");
    struct kube_result r = call(k, (struct kube_request){.resource = "nodemetrics", .name = "x"});
    check_says(r, "lists no resource type 'nodemetrics', but these API groups could not be read: "
                  "metrics.k8s.io/v1beta1");
    kube_close(k);
}

Test(kube_client, a_full_name_costs_one_request)
{
    rules_older();
    struct kube *k = open_kube();
    call_well(k, (struct kube_request){.resource = "Deployment.v1.apps", .name = "web"});
    call_well(k, (struct kube_request){.resource = "deployments.v1.apps", .name = "web"});
    check_seen("GET /apis/apps/v1\nGET /apis/apps/v1/namespaces/scholarlink-prod/deployments/web\n"
               "GET /apis/apps/v1/namespaces/scholarlink-prod/deployments/web\n");
    kube_close(k);
}

Test(kube_client, a_miss_asks_once_more)
{
    rules_aggregated();
    struct kube *k = open_kube();
    struct kube_result r = call(k, (struct kube_request){.resource = "widget/x"});
    check_says(r, "GET widget/x in scholarlink-prod: https://localhost:");
    check_says(
        r,
        "knows no resource type 'widget'. Check the spelling (kubectl api-resources lists them)");
    check_seen("GET /api\nGET /apis\n");
    // Meanwhile the operator is installed.
    rule_first((struct rule){
        .match = "GET /apis",
        .status = 200,
        .body = "{'kind':'APIGroupDiscoveryList','items':[{'metadata':{'name':'x.io'},'versions':[{"
                "'version':'v1','resources':[{'resource':'widgets','singularResource':'widget',"
                "'responseKind':{'kind':'Widget'},'scope':'Cluster'}]}]}]}"});
    rule((struct rule){
        .match = "GET /apis/x.io/v1/widgets/x", .status = 200, .body = "{'kind':'Widget'}"});
    call_well(k, (struct kube_request){.resource = "widget/x"});
    check_seen("GET /api\nGET /apis\nGET /apis/x.io/v1/widgets/x\n");

    // It moves to a new version: a 404 of the path, not of the object, asks anew, once.
    rule_first((struct rule){
        .match = "GET /apis",
        .status = 200,
        .body = "{'kind':'APIGroupDiscoveryList','items':[{'metadata':{'name':'x.io'},'versions':[{"
                "'version':'v2','resources':[{'resource':'widgets','singularResource':'widget',"
                "'responseKind':{'kind':'Widget'},'scope':'Cluster'}]}]}]}"});
    rule_first(
        (struct rule){.match = "GET /apis/x.io/v1/widgets/x", .status = 404, .body = "gone"});
    rule((struct rule){
        .match = "GET /apis/x.io/v2/widgets/x", .status = 200, .body = "{'kind':'Widget'}"});
    call_well(k, (struct kube_request){.resource = "widget/x"});
    check_seen("GET /apis/x.io/v1/widgets/x\nGET /api\nGET /apis\nGET /apis/x.io/v2/widgets/x\n");
    rule_first(
        (struct rule){.match = "GET /apis/x.io/v2/widgets/x", .status = 404, .body = "gone"});
    r = call(k, (struct kube_request){.resource = "widget/x"});
    check_says(
        r, "the server answered 404: gone. The server does not serve this type under this path");
    check_seen("GET /apis/x.io/v2/widgets/x\nGET /api\nGET /apis\nGET /apis/x.io/v2/widgets/x\n");
    kube_close(k);
}

Test(kube_client, discovery_is_kept_on_disk)
{
    cache = folder;
    rules_aggregated();
    rule((struct rule){
        .match = "GET /api/v1/namespaces/*", .status = 200, .body = "{'kind':'Pod'}"});
    for (int i = 0; i < 2; i++) {
        struct kube *k = open_kube();
        call_well(k, (struct kube_request){.resource = "po/x"});
        check_seen(i ? "GET /api/v1/namespaces/scholarlink-prod/pods/x\n"
                     : "GET /api\nGET /apis\nGET /api/v1/namespaces/scholarlink-prod/pods/x\n");
        kube_close(k);
    }
    // Whatever is wrong with the file, the server is asked.
    const char *discovery = arena_printf(&memory, "%s/runbook/discovery", folder);
    DIR *dir = opendir(discovery);
    const char *file = NULL;
    for (struct dirent *e = readdir(dir); e; e = readdir(dir))
        if (strstr(e->d_name, ".json"))
            file = arena_printf(&memory, "%s/%s", discovery, e->d_name);
    closedir(dir);
    cr_assert(file, "there is a file");
    struct buf text = {0};
    cr_assert(file_read(file, &text, &err), "%s", err.text);
    struct value *doc = json_parse(&memory, text.data, text.len, &err);
    int64_t at = value_get_int(doc, "at", 0);
    static const char *const spoilt[] = {"", "{", "[]", "null", "{'at':1}"};
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt + 3; i++) {
        struct buf out = {0};
        if (i < sizeof spoilt / sizeof *spoilt) {
            buf_puts(&out, spoilt[i]);
        } else {
            size_t which = i - sizeof spoilt / sizeof *spoilt;
            value_set(&memory, doc, "at",
                      value_int(&memory, which == 0 ? at - 601000 : at + 600000));
            if (which == 2) {
                value_set(&memory, doc, "at", value_int(&memory, at));
                value_set(&memory, doc, "server", value_string(&memory, "https://another"));
            }
            json_write(&out, doc, JSON_COMPACT);
        }
        cr_assert(file_write(file, buf_text(&out), out.len, &err));
        buf_free(&out);
        struct kube *k = open_kube();
        call_well(k, (struct kube_request){.resource = "po/x"});
        check_seen("GET /api\nGET /apis\nGET /api/v1/namespaces/scholarlink-prod/pods/x\n");
        kube_close(k);
    }
    buf_free(&text);
    cache = NULL;
}

#define PODS "/api/v1/namespaces/scholarlink-prod/pods"

Test(kube_client, lists_in_chunks)
{
    rules_aggregated();
    rule((struct rule){
        .match = "GET " PODS "?labelSelector=app%3Dweb%2Ctier%21%3Ddb&fieldSelector=status.phase"
                 "%3DRunning&limit=2",
        .status = 200,
        .body = "{'kind':'PodList','apiVersion':'v1','metadata':{'resourceVersion':'7','continue'"
                ":'a b','remainingItemCount':1},'items':[{'metadata':{'name':'a'}},{'kind':'Own',"
                "'metadata':{'name':'b'}}]}"});
    rule((struct rule){
        .match = "GET " PODS "?labelSelector=app%3Dweb%2Ctier%21%3Ddb&fieldSelector=status.phase"
                 "%3DRunning&limit=2&continue=a%20b",
        .status = 200,
        .body = "{'kind':'PodList','apiVersion':'v1','metadata':{'resourceVersion':'7'},'items':["
                "{'metadata':{'name':'c'}}]}"});
    struct kube *k = open_kube();
    struct kube_result r =
        call_well(k, (struct kube_request){.verb = KUBE_LIST,
                                           .resource = "pods",
                                           .label_selector = "app=web,tier!=db",
                                           .field_selector = "status.phase=Running",
                                           .limit = 2});
    cr_assert_str_eq(r.tried, "LIST pods with app=web,tier!=db in scholarlink-prod");
    struct value *want = json("{'kind':'PodList','apiVersion':'v1','metadata':{'resourceVersion':'"
                              "7'},'items':[{'metadata':{"
                              "'name':'a'},'apiVersion':'v1','kind':'Pod'},{'kind':'Own','metadata'"
                              ":{'name':'b'},'apiVersion':"
                              "'v1'},{'metadata':{'name':'c'},'apiVersion':'v1','kind':'Pod'}]}");
    cr_assert(value_equal(r.value, want), "the chunks are joined");

    rule((struct rule){.match = "GET /api/v1/pods?limit=500",
                       .status = 200,
                       .body = "{'kind':'PodList','metadata':{},'items':null}"});
    rule((struct rule){.match = "GET /api/v1/namespaces?limit=500",
                       .status = 200,
                       .body = "{'kind':'NamespaceList','items':[]}"});
    r = call_well(
        k, (struct kube_request){.verb = KUBE_LIST, .resource = "pods", .all_namespaces = true});
    cr_assert_str_eq(r.tried, "LIST pods in all namespaces");
    cr_assert_eq(value_get(r.value, "items")->type, VALUE_ARRAY);
    r = call_well(k, (struct kube_request){.verb = KUBE_LIST, .resource = "ns"});
    cr_assert_str_eq(r.tried, "LIST namespaces");
    kube_close(k);
}

Test(kube_client, an_expired_chunk_starts_again)
{
    rules_aggregated();
    rule((struct rule){
        .match = "GET " PODS "?limit=1",
        .status = 200,
        .body = "{'kind':'PodList','apiVersion':'v1','metadata':{'continue':'t'},'items':[{"
                "'metadata':{'name':'old'}}]}"});
    rule((struct rule){.match = "GET " PODS "?limit=1&continue=t",
                       .status = 410,
                       .body =
                           "{'kind':'Status','code':410,'reason':'Expired','message':'too old'}"});
    rule((struct rule){
        .match = "GET " PODS,
        .status = 200,
        .body = "{'kind':'PodList','apiVersion':'v1','metadata':{},'items':[{'metadata':{"
                "'name':'new'}}]}",
        .times = 1});
    rule((struct rule){.match = "GET " PODS,
                       .status = 410,
                       .body =
                           "{'kind':'Status','code':410,'reason':'Expired','message':'too old'}"});
    struct kube *k = open_kube();
    struct kube_result r =
        call_well(k, (struct kube_request){.verb = KUBE_LIST, .resource = "pods", .limit = 1});
    cr_assert_eq(value_count(value_get(r.value, "items")), 1);
    cr_assert_str_eq(
        value_text(value_path(value_at(value_get(r.value, "items"), 0), "metadata.name")), "new");
    r = call(k, (struct kube_request){.verb = KUBE_LIST, .resource = "pods", .limit = 1});
    check_says(r, "LIST pods in scholarlink-prod: the server answered 410 Expired: too old");
    kube_close(k);
}

Test(kube_client, patches)
{
    rules_aggregated();
    rule((struct rule){.match = "PATCH *", .status = 200, .body = "{'kind':'Ingress'}"});
    struct kube *k = open_kube();
    struct kube_request q = {.verb = KUBE_PATCH,
                             .resource = "ing/billing-canary",
                             .body = json("{'metadata':{'annotations':{'w':'20'}}}")};
    call_well(k, q);
    check_seen("GET /api\nGET /apis\nPATCH " INGRESSES "/billing-canary?fieldManager=runbook\n");
    check_sent("Content-Type: application/merge-patch+json\n");
    check_sent("\n\n{'metadata':{'annotations':{'w':'20'}}}");

    q.if_uid = "u-1";
    q.if_resource_version = "42";
    q.dry_run = true;
    q.field_manager = "me & you";
    struct kube_result r = call_well(k, q);
    cr_assert_str_eq(r.tried, "PATCH (dry run) ingresses/billing-canary in scholarlink-prod");
    check_seen("PATCH " INGRESSES "/billing-canary?fieldManager=me%20%26%20you&dryRun=All\n");
    check_sent("{'metadata':{'annotations':{'w':'20'},'uid':'u-1','resourceVersion':'42'}}");
    cr_assert_eq(value_count(value_get(q.body, "metadata")), 1,
                 "the caller's value is not touched");

    q = (struct kube_request){.verb = KUBE_PATCH,
                              .resource = "ing/billing-canary",
                              .patch_type = KUBE_PATCH_JSON,
                              .if_resource_version = "42",
                              .body = json("[{'op':'remove','path':'/spec/x'}]")};
    call_well(k, q);
    check_sent("Content-Type: application/json-patch+json\n");
    check_sent("\n\n[{'op':'replace','path':'/metadata/resourceVersion','value':'42'},"
               "{'op':'remove','path':'/spec/x'}]");
    q.patch_type = KUBE_PATCH_STRATEGIC;
    q.body = json("{'spec':{'x':[]}}");
    q.if_resource_version = NULL;
    call_well(k, q);
    check_sent("Content-Type: application/strategic-merge-patch+json\n");
    check_sent("\n\n{'spec':{'x':[]}}");
    kube_close(k);
}

Test(kube_client, applies_creates_and_deletes)
{
    rules_aggregated();
    rule((struct rule){.match = "PATCH *", .status = 201, .body = "{'kind':'Deployment'}"});
    rule((struct rule){.match = "POST *", .status = 201, .body = "{'kind':'Deployment'}"});
    rule((struct rule){
        .match = "DELETE *", .status = 200, .body = "{'kind':'Status','status':'Success'}"});
    rule((struct rule){
        .match = "GET /apis/apps/v1",
        .status = 200,
        .body = "{'kind':'APIResourceList','resources':[{'name':'deployments','namespaced':true,"
                "'kind':'Deployment'}]}"});
    struct kube *k = open_kube();
    struct value *object = json(
        "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'web','namespace':'shop',"
        "'managedFields':[{'manager':'x'}]},'spec':{'replicas':3}}");
    struct kube_result r =
        call_well(k, (struct kube_request){.verb = KUBE_APPLY, .body = object, .force = true});
    cr_assert_str_eq(r.tried, "APPLY deployments/web in shop");
    check_seen("GET /apis/apps/v1\nPATCH "
               "/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=runbook&"
               "fieldValidation=Strict&force=true\n");
    check_sent("Content-Type: application/apply-patch+yaml\n");
    check_sent("\n\n{'apiVersion':'apps/"
               "v1','kind':'Deployment','metadata':{'name':'web','namespace':'shop'},"
               "'spec':{'replicas':3}}");
    cr_assert(value_path(object, "metadata.managedFields"), "the caller's value is not touched");

    // What the object leaves out is filled in.
    call_well(k, (struct kube_request){.verb = KUBE_APPLY,
                                       .resource = "deployments.v1.apps/web",
                                       .body = json("{'spec':{'replicas':1}}"),
                                       .if_resource_version = "9"});
    check_sent("{'spec':{'replicas':1},'apiVersion':'apps/"
               "v1','kind':'Deployment','metadata':{'name':'web',"
               "'resourceVersion':'9'}}");
    buf_clear(&seen);

    call_well(k, (struct kube_request){.verb = KUBE_CREATE, .body = object, .dry_run = true});
    check_seen(
        "POST "
        "/apis/apps/v1/namespaces/shop/deployments?fieldManager=runbook&fieldValidation=Strict&"
        "dryRun=All\n");
    check_sent("Content-Type: application/json\n");
    call_well(
        k, (struct kube_request){.verb = KUBE_CREATE,
                                 .resource = "deployments.v1.apps",
                                 .body = json("{'metadata':{'generateName':'web-'},'spec':{}}")});
    check_sent("{'metadata':{'generateName':'web-'},'spec':{},'apiVersion':'apps/"
               "v1','kind':'Deployment'}");
    buf_clear(&seen);

    r = call_well(k, (struct kube_request){.verb = KUBE_DELETE,
                                           .resource = "deployments.v1.apps/web",
                                           .if_uid = "u-1",
                                           .propagation = "Foreground",
                                           .dry_run = true});
    check_seen("DELETE /apis/apps/v1/namespaces/scholarlink-prod/deployments/web?dryRun=All\n");
    check_sent("\n\n{'apiVersion':'v1','kind':'DeleteOptions','propagationPolicy':'Foreground',"
               "'preconditions':{'uid':'u-1'},'dryRun':['All']}");
    call_well(k, (struct kube_request){.verb = KUBE_DELETE, .resource = "deployments.v1.apps/web"});
    check_sent("\n\n{'apiVersion':'v1','kind':'DeleteOptions','propagationPolicy':'Background'}");
    kube_close(k);
}

// One row a way to fail: what the server answers, and what the person is told.
Test(kube_client, says_what_went_wrong)
{
    static const struct {
        enum kube_verb verb;
        int status;
        const char *body;
        const char *reason;
        bool in_doubt;
        const char *says[3];
    } cases[] = {
        {KUBE_GET,
         404,
         "{'kind':'Status','reason':'NotFound','message':'ingresses.networking.k8s.io \\'x\\' not "
         "found',"
         "'details':{'name':'x','kind':'ingresses'}}",
         "NotFound",
         false,
         {"GET ingresses/x in scholarlink-prod: the server answered 404 NotFound: ingresses",
          "Check the name, and whether it stands in another namespace than scholarlink-prod"}},
        {KUBE_CREATE,
         404,
         "{'kind':'Status','reason':'NotFound','message':'namespaces n not "
         "found','details':{'name':'n','kind':"
         "'namespaces'}}",
         "NotFound",
         false,
         {"Create the namespace first, or name another"}},
        {KUBE_GET,
         401,
         "{'kind':'Status','reason':'Unauthorized','message':'Unauthorized'}",
         "Unauthorized",
         false,
         {"answered 401 Unauthorized: Unauthorized. Refresh the credentials of user 'ana' (context "
          "'shop' of "}},
        {KUBE_PATCH,
         403,
         "{'kind':'Status','reason':'Forbidden','message':'ingresses is forbidden: User x cannot "
         "patch "
         "resource'}",
         "Forbidden",
         false,
         {"Grant the verb 'patch' on 'ingresses.networking.k8s.io' in namespace scholarlink-prod "
          "to user 'ana'"}},
        {KUBE_DELETE,
         403,
         "",
         "",
         false,
         {"Grant the verb 'delete' on 'ingresses.networking.k8s.io' in"}},
        {KUBE_CREATE,
         403,
         "{'kind':'Status','reason':'Forbidden','message':'exceeded quota: small'}",
         "Forbidden",
         false,
         {"exceeded quota: small. A rule of the cluster refuses it"}},
        {KUBE_PATCH,
         409,
         "{'kind':'Status','reason':'Conflict','message':'the object has been modified'}",
         "Conflict",
         false,
         {"PATCH ingresses/x in scholarlink-prod: the server answered 409 Conflict: the object has "
          "been "
          "modified. It was changed in the meantime: read it again and decide anew"}},
        {KUBE_CREATE,
         409,
         "{'kind':'Status','reason':'AlreadyExists','message':'already exists'}",
         "AlreadyExists",
         false,
         {"Patch or apply what is there, or delete it first"}},
        {KUBE_PATCH, 415, "", "", false, {"The server does not take this form of patch"}},
        {KUBE_PATCH,
         422,
         "{'kind':'Status','reason':'Invalid','message':'spec.x: Required "
         "value.','details':{'causes':[{"
         "'reason':'FieldValueRequired','message':'Required value','field':'spec.x'}]}}",
         "Invalid",
         false,
         {"422 Invalid: spec.x: Required value. Correct the fields it names"}},
        {KUBE_CREATE,
         400,
         "{'kind':'Status','reason':'BadRequest','message':'admission webhook w does not support "
         "dry run'}",
         "BadRequest",
         false,
         {"A webhook that has side effects keeps the server from checking this in advance"}},
        {KUBE_GET,
         429,
         "{'kind':'Status','reason':'TooManyRequests','message':'slow down'}",
         "TooManyRequests",
         false,
         {"429 TooManyRequests: slow down. The server is asked too much"}},
        {KUBE_PATCH,
         500,
         "{'kind':'Status','reason':'InternalError','message':'boom'}",
         "InternalError",
         false,
         {"answered 500 InternalError: boom. Look at the API server's health"}},
        {KUBE_PATCH,
         500,
         "{'kind':'Status','reason':'InternalError','message':'etcdserver: request timed out'}",
         "InternalError",
         true,
         {"The change may have been made: read the object before trying again"}},
        {KUBE_DELETE,
         504,
         "{'kind':'Status','reason':'Timeout','message':'did not complete'}",
         "Timeout",
         true,
         {"The change may have been made: read the object before trying again"}},
        {KUBE_CREATE,
         502,
         "<html>Bad Gateway</html>",
         "",
         true,
         {"answered 502: <html>Bad Gateway</html>.", "The change may have been made"}},
        {KUBE_GET,
         504,
         "",
         "",
         false,
         {"answered 504: no reason given. Look at the API server's health"}},
        {KUBE_GET, 302, "", "", false, {"answered 302: no reason given. Is https://localhost:"}},
        {KUBE_GET,
         200,
         "<html>Welcome</html>",
         "",
         false,
         {"the answer with status 200 is not JSON", "<html>Welcome</html>", "(context 'shop' of "}},
        {KUBE_GET, 200, "", "", false, {"the answer with status 200 is not JSON (it is empty)"}},
        {KUBE_PATCH, 200, "{'kind':", "", true, {"is not JSON", "The change may have been made"}},
    };
    rules_aggregated();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const char *const methods[] = {"GET", "GET", "POST", "PATCH", "PATCH", "DELETE"};
        rule_count = 0;
        rules_aggregated();
        rule((struct rule){.match =
                               arena_printf(&memory, "%s " INGRESSES "*", methods[cases[i].verb]),
                           .status = cases[i].status,
                           .body = cases[i].body});
        struct kube *k = open_kube();
        struct kube_result r =
            call(k, (struct kube_request){.verb = cases[i].verb,
                                          .resource = "ingress/x",
                                          .body = json("{'metadata':{'labels':{'a':'b'}}}")});
        for (size_t p = 0; p < 3 && cases[i].says[p]; p++)
            check_says(r, cases[i].says[p]);
        cr_assert_eq(r.status, cases[i].status, "%s", r.error);
        cr_assert_eq(r.in_doubt, cases[i].in_doubt, "in doubt: %s", r.error);
        cr_assert_str_eq(r.reason, cases[i].reason);
        kube_close(k);
    }
}

// The same for the question that comes before: which types the server knows.
Test(kube_client, says_what_went_wrong_with_the_types)
{
    static const struct {
        int status;
        const char *body, *says;
    } cases[] = {
        {401, "{'kind':'Status','reason':'Unauthorized','message':'Unauthorized'}",
         "PATCH ing/x in scholarlink-prod: the server answered 401 Unauthorized: Unauthorized. "
         "Refresh"},
        {403, "{'kind':'Status','reason':'Forbidden','message':'anonymous cannot get path /api'}",
         "Let user 'ana' (context 'shop' of "},
        {404, "not here", "answered 404: not here. Is https://localhost:"},
        {500, "", "answered 500: no reason given. Look at the API server's health"},
        {200, "{'kind':'Pod'}", "answered 200: no reason given. Is https://localhost:"},
        {200, "<html>", "is not JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rule_count = 0;
        rule((struct rule){.match = "GET /api*", .status = cases[i].status, .body = cases[i].body});
        struct kube *k = open_kube();
        struct kube_result r = call(
            k, (struct kube_request){.verb = KUBE_PATCH, .resource = "ing/x", .body = json("{}")});
        check_says(r, cases[i].says);
        cr_assert(!r.in_doubt, "the change was never sent: %s", r.error);
        kube_close(k);
    }
}

Test(kube_client, conflicts_of_an_apply_are_listed_by_field_and_owner)
{
    rules_aggregated();
    rule((struct rule){.match = "PATCH *",
                       .status = 409,
                       .body = "{'kind':'Status','reason':'Conflict','message':'Apply failed with "
                               "2 conflicts','details':{"
                               "'causes':[{'reason':'FieldManagerConflict','message':'conflict "
                               "with \\'kubectl\\' using v1',"
                               "'field':'.spec.replicas'},{'reason':'FieldManagerConflict','"
                               "message':'conflict with \\'hpa\\'"
                               "','field':'.spec.x'}]}}"});
    struct kube *k = open_kube();
    struct kube_result r =
        call(k, (struct kube_request){
                    .verb = KUBE_APPLY, .resource = "deployments/web", .body = json("{}")});
    check_says(r, "APPLY deployments/web in scholarlink-prod: the server answered 409 Conflict: "
                  ".spec.replicas is "
                  "owned by \"kubectl\", .spec.x is owned by \"hpa\". Leave these fields out of "
                  "what is applied, "
                  "or take them over with force = true");
    cr_assert_eq(value_count(r.causes), 2);
    cr_assert_str_eq(value_get_text(value_at(r.causes, 1), "manager"), "hpa");
    cr_assert_str_eq(value_get_text(value_at(r.causes, 1), "field"), ".spec.x");
    kube_close(k);
}

Test(kube_client, tries_again_only_when_told_or_reset)
{
    static const char busy[] = "{'kind':'Status','reason':'TooManyRequests','message':'slow down'}";
    static const struct {
        enum kube_verb verb;
        int status;
        const char *retry_after;
        int times, attempts, ends;
    } cases[] = {
        {KUBE_GET, 429, "0", 2, 3, 200},    {KUBE_PATCH, 429, "0", 2, 3, 200},
        {KUBE_PATCH, 503, "0", 1, 2, 200},  {KUBE_GET, 429, NULL, 1, 1, 429},
        {KUBE_GET, 500, NULL, 1, 1, 500},   {KUBE_PATCH, 409, "0", 1, 1, 409},
        {KUBE_GET, 429, "0", 10, 11, 200},  {KUBE_GET, 429, "0", 11, 11, 429},
        {KUBE_GET, 429, "3600", 1, 1, 429}, // later than the call may last
        {KUBE_GET, -1, NULL, 4, 0, 200},    {KUBE_PATCH, -1, NULL, 1, 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *match =
            cases[i].verb == KUBE_GET ? "GET " INGRESSES "/x" : "PATCH " INGRESSES "/x*";
        rule_count = 0;
        rules_aggregated();
        rule((struct rule){.match = match,
                           .status = cases[i].status,
                           .body = busy,
                           .header = cases[i].retry_after ? "Retry-After" : NULL,
                           .header_value = cases[i].retry_after,
                           .times = cases[i].times});
        rule((struct rule){.match = match, .status = 200, .body = "{'kind':'Ingress'}"});
        struct kube *k = open_kube();
        struct kube_result r = call(k, (struct kube_request){.verb = cases[i].verb,
                                                             .resource = "ingress/x",
                                                             .body = json("{'metadata':{}}")});
        cr_assert_eq(r.status, cases[i].ends, "row %zu: %d %s", i, r.status, r.error);
        if (cases[i].attempts)
            cr_assert_eq(r.attempts, cases[i].attempts, "row %zu: %d attempts", i, r.attempts);
        else // curl itself tries again when a pooled connection turns out dead
            cr_assert_gt(r.attempts, 1, "row %zu: %d attempts", i, r.attempts);
        cr_assert_eq(r.in_doubt, cases[i].ends == 0, "row %zu", i);
        if (r.attempts > 1 && r.error)
            check_says(r, "after 11 attempts");
        kube_close(k);
    }
}

Test(kube_client, tokens_from_a_file)
{
    const char *token = arena_printf(&memory, "%s/token", folder);
    cr_assert(file_write(token, " one\n", 5, &err));
    rules_aggregated();
    rule((struct rule){
        .match = "GET " INGRESSES "/ok", .status = 200, .body = "{'kind':'Ingress'}"});
    rule(
        (struct rule){.match = "GET " INGRESSES "/no", .status = 401, .body = "{'kind':'Status'}"});
    struct kube *k = open_with(NULL, NULL, "tokenFile: token");
    call_well(k, (struct kube_request){.resource = "ing/ok"});
    check_sent("Authorization: Bearer one\n");
    cr_assert(file_write(token, "two", 3, &err));
    call_well(k, (struct kube_request){.resource = "ing/ok"});
    check_sent("Authorization: Bearer one\n"); // read again only after a minute
    buf_clear(&seen);
    call(k, (struct kube_request){.resource = "ing/no"});
    check_seen("GET " INGRESSES "/no\n"); // or after a 401, which is itself not asked twice
    call_well(k, (struct kube_request){.resource = "ing/ok"});
    check_sent("Authorization: Bearer two\n");
    cr_assert(file_write(token, "\n", 1, &err));
    call(k, (struct kube_request){.resource = "ing/no"});
    check_says(call(k, (struct kube_request){.resource = "ing/ok"}),
               "is empty. Write a token into it");
    unlink(token);
    struct kube_result r = call(k, (struct kube_request){.resource = "ing/ok"});
    check_says(r, "could not open ");
    kube_close(k);

    k = open_with(NULL, NULL, "username: ana, password: 'p:w'");
    call_well(k, (struct kube_request){.resource = "ing/ok"});
    check_sent("Authorization: Basic YW5hOnA6dw==\n");
    kube_close(k);
    k = open_with(NULL, NULL, "as: admin, as-groups: [dev]");
    call_well(k, (struct kube_request){.resource = "ing/ok"});
    check_sent("Impersonate-User: admin\n");
    check_sent("Impersonate-Group: dev\n");
    cr_assert_null(strstr(buf_text(&seen_last), "Authorization"));
    kube_close(k);
}

Test(kube_client, certificates_are_verified)
{
    rules_aggregated();
    rule(
        (struct rule){.match = "GET " INGRESSES "/x", .status = 200, .body = "{'kind':'Ingress'}"});
    const struct kube_request q = {.resource = "ing/x"};
    int port = server_port(server);
    struct kube *k = open_with(NULL, "", NULL);
    struct kube_result r = call(k, q);
    check_says(r, "is not trusted");
    check_says(r, "Put the CA that signed the server's certificate into the cluster's "
                  "certificate-authority-data");
    cr_assert_eq(buf_text(&seen)[0], '\0', "nothing was sent");
    kube_close(k);

    struct mint other = {0};
    cr_assert(mint_certificate(&other, "elsewhere.example", -3600, 86400, &err));
    struct server *wrong =
        server_start(loop, "127.0.0.1", 0, other.cert_pem, other.key_pem, answer, NULL, &err);
    cr_assert(wrong, "%s", err.text);
    const char *at_wrong = arena_printf(&memory, "https://localhost:%d", server_port(wrong));
    free(pems.ca_pem);
    pems.ca_pem = mem_dup(other.ca_pem);
    k = open_with(at_wrong, NULL, NULL);
    check_says(call(k, q), "is not for 'localhost'");
    kube_close(k);
    k = open_with(at_wrong, ", certificate-authority: ca.pem, tls-server-name: elsewhere.example",
                  NULL);
    call_well(k, q);
    check_sent(arena_printf(&memory, "Host: localhost:%d\n", server_port(wrong)));
    kube_close(k);
    k = open_with(arena_printf(&memory, "https://127.0.0.1:%d", port),
                  ", insecure-skip-tls-verify: true", NULL);
    call_well(k, q);
    kube_close(k);
    server_stop(wrong);
    mint_free(&other);
}

// A port on which nobody listens.
static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(fd, (struct sockaddr *)&a, len) == 0 &&
              getsockname(fd, (struct sockaddr *)&a, &len) == 0);
    close(fd);
    return ntohs(a.sin_port);
}

Test(kube_client, servers_that_are_not_there)
{
    const struct kube_request q = {.verb = KUBE_DELETE, .resource = "pods/x"};
    struct kube *k =
        open_with(arena_printf(&memory, "https://127.0.0.1:%d", free_port()), NULL, NULL);
    struct kube_result r = call(k, q);
    check_says(r, "DELETE pods/x in scholarlink-prod: connection refused by 127.0.0.1:");
    check_says(r, "(context 'shop' of ");
    check_says(r, " the right address, and is the API server up?");
    cr_assert(!r.in_doubt, "it was never sent");
    cr_assert_eq(r.status, 0);
    kube_close(k);
}

Test(kube_client, servers_that_never_answer)
{
    rules_aggregated();
    rule((struct rule){.match = "PATCH *", .status = 0});
    rule((struct rule){.match = "GET " PODS "?limit=500",
                       .status = 200,
                       .body = "{'kind':'PodList','metadata':{'continue':'t'},'items':[]}"});
    rule((struct rule){.match = "GET " PODS "?limit=500&continue=t",
                       .status = 200,
                       .body = "{'kind':'PodList','metadata':{'continue':'t'},'items':[]}"});
    struct kube *k = open_kube();
    struct kube_request q = {
        .verb = KUBE_PATCH, .resource = "ing/x", .body = json("{}"), .timeout_ms = 300};
    int64_t began = clock_steady();
    struct kube_result r = call(k, q);
    cr_assert_leq(clock_steady() - began, 5000);
    check_says(r, "PATCH ingresses/x in scholarlink-prod: timed out after");
    check_says(r, "The change may have been made");
    cr_assert(r.in_doubt);

    // A list without an end.
    r = call(k, (struct kube_request){.verb = KUBE_LIST, .resource = "pods", .timeout_ms = 300});
    check_says(r, "timed out after 300ms while reading a long list from https://localhost:");
    kube_close(k);

    // Nor does it say what it knows.
    rule_first((struct rule){.match = "GET /apis", .status = 0});
    k = open_kube();
    r = call(k, q);
    check_says(r,
               "timed out after 300ms while asking for the resource types of https://localhost:");
    cr_assert(!r.in_doubt, "the change was never sent");
    kube_close(k);
}

static void stop_waiting(void *arg)
{
    *(bool *)arg = true;
}

static void turn(int64_t ms)
{
    bool over = false;
    timer_start(loop, ms, stop_waiting, &over);
    while (!over)
        loop_once(loop);
}

Test(kube_client, cancels_at_any_place)
{
    rule((struct rule){.match = "GET /apis", .status = 0});
    rule((struct rule){.match = "GET /api", .status = 200, .body = core});
    struct kube *k = open_kube();
    struct outcome o = {0};
    const struct kube_request q = {.resource = "ing/x"};

    // Before anything happened, refused ones too.
    kube_call_cancel(kube_call_start(k, &q, &memory, note, &o));
    kube_call_cancel(
        kube_call_start(k, &(struct kube_request){.resource = "/"}, &memory, note, &o));

    // While the types are asked for: that ends when nobody waits for it any more.
    struct kube_call *one = kube_call_start(k, &q, &memory, note, &o);
    struct kube_call *two = kube_call_start(k, &q, &memory, note, &o);
    while (open_exchanges == 0)
        loop_once(loop);
    check_seen("GET /api\nGET /apis\n");
    kube_call_cancel(one);
    turn(50);
    cr_assert_eq(open_exchanges, 1);
    kube_call_cancel(two);
    turn(50);
    cr_assert_eq(open_exchanges, 0, "the connection is closed");

    // While the object is asked for.
    rule_first((struct rule){.match = "GET /apis", .status = 200, .body = groups});
    rule((struct rule){.match = "GET " INGRESSES "/x", .status = 0});
    one = kube_call_start(k, &q, &memory, note, &o);
    while (open_exchanges == 0)
        loop_once(loop);
    kube_call_cancel(one);
    turn(50);
    cr_assert_eq(open_exchanges, 0, "the connection is closed");

    // When the type is known already; and by closing the client.
    kube_call_cancel(kube_call_start(k, &q, &memory, note, &o));
    kube_call_start(k, &q, &memory, note, &o);
    struct outcome quick = {0}; // these two may well end before
    kube_call_start(k, &(struct kube_request){.resource = "never"}, &memory, note, &quick);
    kube_call_start(k, &(struct kube_request){.resource = "x.v1.never"}, &memory, note, &quick);
    while (open_exchanges == 0)
        loop_once(loop);
    kube_close(k);
    turn(50);
    cr_assert_eq(open_exchanges, 0);
    cr_assert_eq(o.calls, 0, "a cancelled call tells nothing");
}

static struct kube *shared;
static int finished;

// Starts another call from inside the first one's end, then closes the client from inside the
// second's.
static void chain(const struct kube_result *r, void *arg)
{
    (void)arg;
    cr_assert(r->error == NULL, "%s", r->error);
    if (++finished == 1)
        kube_call_start(shared, &(struct kube_request){.resource = "ing/x"}, &memory, chain, NULL);
    else
        kube_close(shared);
}

Test(kube_client, callbacks_may_start_and_close)
{
    rules_aggregated();
    rule(
        (struct rule){.match = "GET " INGRESSES "/x", .status = 200, .body = "{'kind':'Ingress'}"});
    shared = open_kube();
    finished = 0;
    struct outcome o = {0};
    kube_call_start(shared, &(struct kube_request){.resource = "ing/x"}, &memory, chain, NULL);
    while (finished < 2)
        loop_once(loop);
    turn(50);
    cr_assert_eq(o.calls, 0);
}

Test(kube_client, many_calls_share_one_discovery)
{
    enum { CALLS = 50 };
    rules_aggregated();
    rule(
        (struct rule){.match = "GET " INGRESSES "/x", .status = 200, .body = "{'kind':'Ingress'}"});
    struct kube *k = open_kube();
    struct outcome o[CALLS] = {0};
    for (int i = 0; i < CALLS; i++)
        kube_call_start(k, &(struct kube_request){.resource = "ing/x"}, &memory, note, &o[i]);
    for (int i = 0; i < CALLS; i++) {
        wait_for(&o[i].calls);
        cr_assert(o[i].result.error == NULL, "%s", o[i].result.error);
    }
    const char *p = strstr(buf_text(&seen), "GET /apis\n");
    cr_assert(p && strstr(p + 1, "GET /apis\n") == NULL, "asked once");
    kube_close(k);
}

Test(kube_client, refuses_what_makes_no_sense)
{
    const struct value *object =
        json("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a','namespace':'n'}}");
    const struct {
        struct kube_request q;
        const char *says;
    } cases[] = {
        {{.resource = NULL}, "GET an object in scholarlink-prod: no name given"},
        {{.resource = "pods"}, "no name given: say which object, as in 'pods/NAME'"},
        {{.resource = "pods/../x"}, "holds '/'"},
        {{.resource = "pods", .name = ".."}, "no object can have that name"},
        {{.resource = "pods", .name = "a/b"}, "holds '/'"},
        {{.resource = "p?", .name = "a"}, "is not a resource type"},
        {{.resource = "pods", .name = "a", .namespace = "../x"},
         "namespace '../x' is not a valid name"},
        {{.resource = "pods", .name = "a", .subresource = "a/b"}, "subresource 'a/b' holds '/'"},
        {{.resource = "pods", .name = "a", .label_selector = "x"}, "selectors are for lists only"},
        {{.verb = KUBE_LIST, .resource = "pods/x"}, "a list takes no name"},
        {{.verb = KUBE_LIST}, "no resource type given"},
        {{.verb = KUBE_LIST, .resource = "pods", .subresource = "log"},
         "a list has no subresource"},
        {{.verb = KUBE_DELETE, .resource = "pods/x", .propagation = "Cascade"},
         "propagation is 'Background'"},
        {{.verb = KUBE_PATCH, .resource = "pods/x"},
         "a patch is a mapping of the fields to change"},
        {{.verb = KUBE_PATCH, .resource = "pods/x", .patch_type = KUBE_PATCH_JSON, .body = object},
         "a JSON patch is a list of operations"},
        {{.verb = KUBE_APPLY}, "there is no object given"},
        {{.verb = KUBE_APPLY, .body = value_object(&memory)},
         "the object to patch has no apiVersion"},
        {{.verb = KUBE_CREATE, .body = json("{'apiVersion':'v1'}")},
         "the object to create has no kind"},
        {{.verb = KUBE_CREATE, .body = json("{'apiVersion':'v1','kind':'Pod'}")}, "no name given"},
        {{.verb = KUBE_APPLY, .resource = "pods/b", .body = object},
         "called 'a', but 'b' was asked for"},
        {{.verb = KUBE_APPLY, .namespace = "m", .body = object},
         "stands in namespace 'n', but 'm' was asked for"},
        {{.verb = KUBE_APPLY,
          .body = json("{'apiVersion':'../v1','kind':'P?d','metadata':{'name':'a'}}")},
         "is not a resource type"},
    };
    struct kube *k = open_kube();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_says(call(k, cases[i].q), cases[i].says);
    cr_assert_eq(buf_text(&seen)[0], '\0', "nothing was sent");
    kube_close(k);
}
