#include "apiserver.h"

TestSuite(kube_types, .init = apiserver_begin, .fini = apiserver_end, .timeout = 60);

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

Test(kube_types, older_servers_and_broken_groups)
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

Test(kube_types, a_full_name_costs_one_request)
{
    rules_older();
    struct kube *k = open_kube();
    call_well(k, (struct kube_request){.resource = "Deployment.v1.apps", .name = "web"});
    call_well(k, (struct kube_request){.resource = "deployments.v1.apps", .name = "web"});
    check_seen("GET /apis/apps/v1\nGET /apis/apps/v1/namespaces/scholarlink-prod/deployments/web\n"
               "GET /apis/apps/v1/namespaces/scholarlink-prod/deployments/web\n");
    kube_close(k);
}

Test(kube_types, a_miss_asks_once_more)
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
    cr_assert(!r.missing, "whether the object is there is not known");
    check_seen("GET /apis/x.io/v2/widgets/x\nGET /api\nGET /apis\nGET /apis/x.io/v2/widgets/x\n");
    kube_close(k);
}

Test(kube_types, discovery_is_kept_on_disk)
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
    cr_assert(file_read(file, &text, &err), "%s", error_text(&err));
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
