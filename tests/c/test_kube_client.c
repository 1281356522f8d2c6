#include "apiserver.h"

TestSuite(kube_client, .init = apiserver_begin, .fini = apiserver_end, .timeout = 60);

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

    call_well(k, (struct kube_request){.verb = KUBE_DELETE,
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
        {{.verb = KUBE_DELETE, .resource = "services/a", .subresource = "proxy", .dry_run = true},
         "subresource 'proxy' is a connection"},
        {{.resource = "pods/a", .subresource = "exec"}, "subresource 'exec' is a connection"},
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
