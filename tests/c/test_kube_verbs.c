// What is asked of the server besides the objects themselves, and what only changes them.
#include "apiserver.h"

#include "kube/edit.h"

TestSuite(kube_verbs, .init = apiserver_begin, .fini = apiserver_end, .timeout = 60);

Test(kube_verbs, the_version)
{
    rule((struct rule){.match = "GET /version", .status = 200, .body = "{'gitVersion':'v1.32.1'}"});
    struct kube *k = open_kube();
    struct kube_result r = call_well(k, (struct kube_request){.verb = KUBE_VERSION});
    check_seen("GET /version\n");
    cr_assert_str_eq(value_get_text(r.value, "gitVersion"), "v1.32.1");
    cr_assert_str_eq(r.tried, "VERSION");
    rule_first((struct rule){.match = "GET /version", .status = 500, .body = "{}"});
    check_says(call(k, (struct kube_request){.verb = KUBE_VERSION}),
               "VERSION: the server answered 500");
    kube_close(k);
}

#define REVIEW "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

Test(kube_verbs, may_we)
{
    static const struct {
        struct kube_request q;
        const char *tried, *sent;
    } cases[] = {
        {{.resource = "deploy", .asked = "patch"}, NULL, NULL}, // not a name of this server's types
        {{.resource = "deployments", .asked = "patch"},
         "REVIEW patch deployments in scholarlink-prod",
         "{'resourceAttributes':{'verb':'patch','namespace':'scholarlink-prod','group':'apps',"
         "'resource':'deployments'}}"},
        {{.resource = "pod/x", .asked = "get", .subresource = "log", .namespace = "other"},
         "REVIEW get pods/x/log in other",
         "{'resourceAttributes':{'verb':'get','namespace':'other','group':'','resource':'pods',"
         "'subresource':'log','name':'x'}}"},
        {{.resource = "pod/x", .asked = "create", .subresource = "exec"},
         "REVIEW create pods/x/exec in scholarlink-prod",
         "{'resourceAttributes':{'verb':'create','namespace':'scholarlink-prod','group':'',"
         "'resource':'pods','subresource':'exec','name':'x'}}"},
        {{.resource = "pods", .asked = "list", .all_namespaces = true},
         "REVIEW list pods in all namespaces",
         "{'resourceAttributes':{'verb':'list','group':'','resource':'pods'}}"},
        {{.resource = "ns", .asked = "create"},
         "REVIEW create namespaces",
         "{'resourceAttributes':{'verb':'create','group':'','resource':'namespaces'}}"},
        {{.resource = "*", .asked = "*"},
         "REVIEW * * in scholarlink-prod",
         "{'resourceAttributes':{'verb':'*','namespace':'scholarlink-prod','resource':'*'}}"},
        {{.resource = "/healthz", .asked = "get"},
         "REVIEW get /healthz in scholarlink-prod",
         "{'nonResourceAttributes':{'verb':'get','path':'/healthz'}}"},
    };
    rules_aggregated();
    rule((struct rule){
        .match = "POST " REVIEW, .status = 201, .body = "{'status':{'allowed':true}}"});
    struct kube *k = open_kube();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kube_request q = cases[i].q;
        q.verb = KUBE_REVIEW;
        struct kube_result r = call(k, q);
        if (cases[i].tried == NULL) {
            check_says(r, "knows no resource type 'deploy'");
            continue;
        }
        cr_assert(r.error == NULL, "%s", r.error);
        cr_assert(value_path(r.value, "status.allowed")->boolean);
        cr_assert_str_eq(r.tried, cases[i].tried);
        check_sent(arena_printf(&memory,
                                "{'apiVersion':'authorization.k8s.io/"
                                "v1','kind':'SelfSubjectAccessReview','spec':%s}",
                                cases[i].sent));
    }
    check_says(call(k, (struct kube_request){.verb = KUBE_REVIEW, .resource = "pods"}),
               "no verb given");
    kube_close(k);
}

Test(kube_verbs, all_types)
{
    rule((struct rule){
        .match = "GET /apis",
        .status = 200,
        .body = "{'kind':'APIGroupDiscoveryList','items':[{'metadata':{'name':'z.io'},'versions':["
                "{'version':'v2','resources':[{'resource':'bees','scope':'Namespaced','verbs':["
                "'get','list'],'shortNames':['b'],'responseKind':{'kind':'Bee'}},{'resource':"
                "'reviews','scope':'Cluster','verbs':[],'responseKind':{'kind':'R'}}]},{'version':"
                "'v1','resources':[{'resource':'bees','scope':'Namespaced','verbs':['get'],"
                "'responseKind':{'kind':'Bee'}},{'resource':'ants','scope':'Cluster','verbs':["
                "'get'],'responseKind':{'kind':'Ant'}}]}]}]}"});
    rule((struct rule){.match = "GET /api", .status = 200, .body = core});
    struct kube *k = open_kube();
    struct kube_result r = call_well(k, (struct kube_request){.verb = KUBE_TYPES});
    check_seen("GET /api\nGET /apis\n");
    static const char *const want[] = {"namespaces v1", "pods v1", "ants z.io/v1", "bees z.io/v2"};
    cr_assert_eq(value_count(r.value), 4, "%zu types", value_count(r.value));
    for (size_t i = 0; i < 4; i++)
        cr_assert_str_eq(arena_printf(&memory, "%s %s",
                                      value_get_text(value_at(r.value, i), "name"),
                                      value_get_text(value_at(r.value, i), "api_version")),
                         want[i]);
    cr_assert_eq(value_count(value_get(value_at(r.value, 3), "verbs")), 2);
    call_well(k, (struct kube_request){.verb = KUBE_TYPES});
    check_seen("GET /api\nGET /apis\n"); // what is known is not believed
    kube_close(k);
}

// What a stream has told, and after how many pieces it has enough.
struct told {
    struct outcome outcome; // first: `arg` of both
    struct buf text;
    int pieces, enough;
};

static bool take(const char *bytes, size_t len, void *arg)
{
    struct told *t = arg;
    buf_add(&t->text, bytes, len);
    return ++t->pieces != t->enough;
}

#define LOG PODS "/x/log"

Test(kube_verbs, streams)
{
    rules_aggregated();
    rule((struct rule){.match = "GET " LOG "?container=a%20b&tailLines=10&previous=true",
                       .status = 200,
                       .body = "one\ntwo\n"});
    rule((struct rule){
        .match = "GET " LOG "?follow=true", .status = 200, .hold = true, .body = "1"});
    rule((struct rule){
        .match = "GET " LOG,
        .status = 400,
        .body = "{'kind':'Status','reason':'BadRequest','message':'choose a container'}"});
    struct kube *k = open_kube();
    struct told t = {0};
    struct kube_request q = {
        .resource = "pod/x",
        .subresource = "log",
        .on_data = take,
        .query = json("{'container':'a b','tailLines':10,'previous':true}"),
    };
    kube_call_start(k, &q, &memory, note, &t);
    wait_for(&t.outcome.calls);
    cr_assert(t.outcome.result.error == NULL && t.outcome.result.value == NULL);
    cr_assert_str_eq(buf_text(&t.text), "one\ntwo\n");

    // A refusal is no piece of the stream.
    buf_free(&t.text);
    t = (struct told){0};
    q.query = NULL;
    kube_call_start(k, &q, &memory, note, &t);
    wait_for(&t.outcome.calls);
    check_says(t.outcome.result, "GET pods/x/log in scholarlink-prod: the server answered 400 "
                                 "BadRequest: choose a container");
    cr_assert_eq(t.pieces, 0);

    // Ended by us, and by silence.
    q.query = json("{'follow':true}");
    t = (struct told){.enough = 2};
    kube_call_start(k, &q, &memory, note, &t);
    while (!held)
        loop_once(loop);
    tell("2");
    wait_for(&t.outcome.calls);
    cr_assert(t.outcome.result.error == NULL);
    cr_assert_str_eq(buf_text(&t.text), "12");
    turn(50);
    cr_assert_eq(open_exchanges, 0, "the connection is closed");
    buf_free(&t.text);
    t = (struct told){0};
    q.idle_ms = 200;
    int64_t began = clock_steady();
    kube_call_start(k, &q, &memory, note, &t);
    for (int i = 0; i < 4; i++) { // as long as something comes, it is not silent
        turn(120);
        tell("3");
    }
    wait_for(&t.outcome.calls);
    cr_assert_geq(clock_steady() - began, 600);
    check_says(t.outcome.result, "nothing came for 200ms");
    turn(50);
    cr_assert_eq(open_exchanges, 0, "the connection is closed");
    buf_free(&t.text);
    kube_close(k);
}

// One row an edit: before, after, and the operations between.
Test(kube_verbs, edits)
{
    static const struct {
        const char *before, *after, *patch;
    } cases[] = {
        {"{'a':1}", "{'a':1}", "[]"},
        {"{'a':1,'b':2}", "{'b':2,'a':1}", "[]"},
        {"{'a':9223372036854775807}", "{'a':9223372036854775806}",
         "[{'op':'replace','path':'/a','value':9223372036854775806}]"},
        {"{'a':1}", "{'a':1.0}", "[{'op':'replace','path':'/a','value':1.0}]"},
        {"{'a':{'b':{'c':1,'d':[]}}}", "{'a':{'b':{'c':2,'d':[]}}}",
         "[{'op':'replace','path':'/a/b/c','value':2}]"},
        {"{'a':[]}", "{'a':{}}", "[{'op':'replace','path':'/a','value':{}}]"},
        {"{'a':1}", "{}", "[{'op':'remove','path':'/a'}]"},
        {"{'a':1}", "{'a':null}", "[{'op':'remove','path':'/a'}]"},
        {"{'a':null}", "{'b':null}", "[]"},
        {"{}", "{'x/y~z':[]}", "[{'op':'add','path':'/x~1y~0z','value':[]}]"},
        {"{'a':[1,2,3]}", "{'a':[1,5,3]}", "[{'op':'replace','path':'/a/1','value':5}]"},
        {"{'a':[1,2,3]}", "{'a':[1,3]}", "[{'op':'remove','path':'/a/1'}]"},
        {"{'a':[1,3]}", "{'a':[1,2,3]}", "[{'op':'add','path':'/a/1','value':2}]"},
        {"{'a':[1,2,3,4]}", "{'a':[]}",
         "[{'op':'remove','path':'/a/3'},{'op':'remove','path':'/a/2'},{'op':'remove','path':'/a/"
         "1'}"
         ",{'op':'remove','path':'/a/0'}]"},
        {"{'a':[]}", "{'a':[1,2]}",
         "[{'op':'add','path':'/a/0','value':1},{'op':'add','path':'/a/1','value':2}]"},
        {"{'a':[1,2]}", "{'a':[3]}",
         "[{'op':'replace','path':'/a/0','value':3},{'op':'remove','path':'/a/1'}]"},
        {"{'a':[{'n':'x','v':1},{'n':'y','v':[]}]}", "{'a':[{'n':'x','v':2},{'n':'y','v':[]}]}",
         "[{'op':'replace','path':'/a/0/v','value':2}]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct value *patch = kube_edit(&memory, json(cases[i].before), json(cases[i].after));
        struct buf text = {0};
        json_write(&text, patch, JSON_COMPACT);
        cr_assert_str_eq(buf_text(&text), quoted(cases[i].patch), "row %zu: %s", i,
                         buf_text(&text));
        buf_free(&text);
    }
}
