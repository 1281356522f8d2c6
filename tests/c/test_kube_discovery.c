#include <criterion/criterion.h>

#include <string.h>

#include "base/json.h"
#include "kube/discovery.h"

static struct arena memory;
static struct error err;

static void clean(void)
{
    arena_free(&memory);
}

TestSuite(kube_discovery, .fini = clean);

// JSON with single quotes, for reading.
static struct value *json(const char *text)
{
    char *copy = arena_dup(&memory, text);
    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    struct value *v = json_parse(&memory, copy, strlen(copy), &err);
    cr_assert(v, "%s in %s", error_text(&err), text);
    return v;
}

static void check(const struct value *table, const char *words, const char *path)
{
    struct kube_resource r;
    bool found = kube_discovery_find(&memory, table, words, &r);
    const char *got = found ? arena_printf(&memory, "%s/%s/%s %s%s", r.group, r.version, r.plural,
                                           r.kind, r.namespaced ? "" : " *")
                            : "none";
    cr_assert_str_eq(got, path, "'%s' is %s, not %s", words, got, path);
}

// What both formats say about one and the same server.
static void check_all(const struct value *table)
{
    check(table, "pods", "/v1/pods Pod");
    check(table, "pod", "/v1/pods Pod");
    check(table, "po", "/v1/pods Pod");
    check(table, "Pod", "/v1/pods Pod");
    check(table, "PODS", "/v1/pods Pod");
    check(table, "ns", "/v1/namespaces Namespace *");
    check(table, "pods.v1.", "/v1/pods Pod");
    check(table, "deploy", "apps/v1/deployments Deployment");
    check(table, "Deployment.v1.apps", "apps/v1/deployments Deployment");
    check(table, "deployments.apps", "apps/v1/deployments Deployment");
    check(table, "deployments.v1beta1.apps", "apps/v1beta1/deployments Deployment");
    check(table, "certificates", "cert-manager.io/v1/certificates Certificate");
    check(table, "cert", "cert-manager.io/v1/certificates Certificate");
    check(table, "certificates.cert-manager.io", "cert-manager.io/v1/certificates Certificate");
    check(table, "certificates.cert-manager", "cert-manager.io/v1/certificates Certificate");
    check(table, "cert.cert-manager.io", "cert-manager.io/v1/certificates Certificate");
    check(table, "certificates.v1.cert-manager.io", "cert-manager.io/v1/certificates Certificate");
    check(table, "certificates.v1alpha2.cert-manager.io",
          "cert-manager.io/v1alpha2/certificates Certificate");
    // The earlier group counts; the other is reached by its name.
    check(table, "events", "/v1/events Event");
    check(table, "ev", "/v1/events Event");
    check(table, "events.events.k8s.io", "events.k8s.io/v1/events Event");
    check(table, "event.v1.events.k8s.io", "events.k8s.io/v1/events Event");
    // A short name of one type that is the plural of another: the plural counts.
    check(table, "cs", "shop.example/v1/cs Customer");
    // Only an older version of the group has it.
    check(table, "oldthings", "apps/v1beta1/oldthings OldThing");
    check(table, "widgets", "none");
    check(table, "pods.apps", "none");
    check(table, "deployments.v2.apps", "none");
    check(table, "deployments/scale", "none");
    check(table, "scale", "none");
    check(table, "", "none");
    check(table, ".", "none");
    check(table, "..", "none");
}

Test(kube_discovery, older_format)
{
    static const struct {
        const char *group_version, *resources;
    } lists[] = {
        {"/v1",
         "{'name':'componentstatuses','singularName':'','namespaced':false,'kind':'ComponentStatus'"
         ","
         "'shortNames':['cs']},"
         "{'name':'pods','singularName':'','namespaced':true,'kind':'Pod','shortNames':['po']},"
         "{'name':'pods/log','singularName':'','namespaced':true,'kind':'Pod'},"
         "{'name':'namespaces','singularName':'','namespaced':false,'kind':'Namespace',"
         "'shortNames':['ns']},"
         "{'name':'events','singularName':'','namespaced':true,'kind':'Event','shortNames':['ev']"
         "}"},
        {"apps/v1",
         "{'name':'deployments','singularName':'','namespaced':true,'kind':'Deployment',"
         "'shortNames':['deploy']},"
         "{'name':'deployments/scale','singularName':'','namespaced':true,'group':'autoscaling',"
         "'version':'v1','kind':'Scale'}"},
        {"apps/v1beta1",
         "{'name':'deployments','singularName':'','namespaced':true,'kind':'Deployment',"
         "'shortNames':['deploy']},"
         "{'name':'oldthings','singularName':'','namespaced':true,'kind':'OldThing'}"},
        {"events.k8s.io/v1", "{'name':'events','singularName':'','namespaced':true,'kind':'Event','"
                             "shortNames':['ev']}"},
        {"cert-manager.io/v1",
         "{'name':'certificates','singularName':'certificate','namespaced':true,"
         "'kind':'Certificate','shortNames':['cert','certs']}"},
        {"cert-manager.io/v1alpha2",
         "{'name':'certificates','singularName':'certificate',"
         "'namespaced':true,'kind':'Certificate','shortNames':['cert']}"},
        {"shop.example/v1", "{'name':'cs','singularName':'c','namespaced':true,'kind':'Customer','"
                            "shortNames':['po']}"},
    };
    struct value *table = value_array(&memory);
    cr_assert(
        kube_discovery_add(&memory, table, json("{'kind':'APIVersions','versions':['v1']}"), &err));
    // The preferred version is not the first of its group.
    cr_assert(kube_discovery_add(
        &memory, table,
        json("{'kind':'APIGroupList','groups':["
             "{'name':'apps','versions':[{'groupVersion':'apps/v1beta1','version':'v1beta1'},"
             "{'groupVersion':'apps/v1','version':'v1'}],"
             "'preferredVersion':{'groupVersion':'apps/v1','version':'v1'}},"
             "{'name':'events.k8s.io','versions':[{'groupVersion':'events.k8s.io/"
             "v1','version':'v1'}],"
             "'preferredVersion':{'version':'v1'}},"
             "{'name':'cert-manager.io','versions':[{'version':'v1'},{'version':'v1alpha2'}],"
             "'preferredVersion':{'version':'v1'}},"
             "{'name':'broken.example','versions':[{'version':'v1'}]},"
             "{'name':'shop.example','versions':[{'version':'v1'}]}]}"),
        &err));
    cr_assert_eq(value_count(table), 8);
    size_t filled = 0;
    for (size_t i = 0; i < value_count(table); i++) {
        struct value *entry = value_at(table, i);
        const char *name = arena_printf(&memory, "%s/%s", value_get_text(entry, "group"),
                                        value_get_text(entry, "version"));
        for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
            if (strcmp(lists[k].group_version, name) == 0) {
                const char *text = arena_printf(
                    &memory, "{'kind':'APIResourceList','resources':[%s]}", lists[k].resources);
                cr_assert(kube_discovery_fill(&memory, entry, json(text), &err), "%s",
                          error_text(&err));
                filled++;
            }
    }
    cr_assert_eq(filled, 7);
    check_all(table);
}

Test(kube_discovery, aggregated_format)
{
#define TYPE(plural, singular, kind, scope, shorts)                                                \
    "{'resource':'" plural "','singularResource':'" singular                                       \
    "','responseKind':{'group':'','version':'v1',"                                                 \
    "'kind':'" kind "'},'scope':'" scope "','verbs':['get'],'shortNames':[" shorts "],"            \
    "'subresources':[{'subresource':'status'}]}"
    struct value *table = value_array(&memory);
    cr_assert(kube_discovery_add(
        &memory, table,
        json(
            "{'kind':'APIGroupDiscoveryList','apiVersion':'apidiscovery.k8s.io/"
            "v2','items':[{'metadata':{},"
            "'versions':[{'version':'v1','freshness':'Current','resources':[" TYPE(
                "componentstatuses", "componentstatus", "ComponentStatus", "Cluster",
                "'cs'") "," TYPE("pods", "pod", "Pod", "Namespaced",
                                 "'po'") "," TYPE("namespaces", "namespace", "Namespace", "Cluster",
                                                  "'ns'") "," TYPE("events", "event", "Event",
                                                                   "Namespaced", "'ev'") "]}]}]}"),
        &err));
    cr_assert(kube_discovery_add(
        &memory, table,
        json(
            "{'kind':'APIGroupDiscoveryList','apiVersion':'apidiscovery.k8s.io/v2beta1','items':["
            "{'metadata':{'name':'apps'},'versions':[{'version':'v1','resources':[" TYPE(
                "deployments", "deployment", "Deployment", "Namespaced",
                "'deploy'") "]},"
                            "{'version':'v1beta1','resources':[" TYPE("deployments", "deployment", "Deployment", "Namespaced", "'deploy'") "," TYPE(
                                "oldthings", "oldthing", "OldThing", "Namespaced",
                                "") "]}]},"
                                    "{'metadata':{'name':'events.k8s.io'},'versions':[{'version':'"
                                    "v1','resources':[" TYPE(
                                        "events", "event", "Event", "Namespaced",
                                        "'ev'") "]}]},"
                                                "{'metadata':{'name':'cert-manager.io'},'versions':"
                                                "[{'version':'v1','resources':[" TYPE(
                                                    "certificates", "certificate", "Certificate",
                                                    "Namespaced",
                                                    "'cert','certs'") "]},"
                                                                      "{'version':'v1alpha2','"
                                                                      "resources':[" TYPE(
                                                                          "certificates",
                                                                          "certificate",
                                                                          "Certificate",
                                                                          "Namespaced",
                                                                          "'cert'") "]}]},"
                                                                                    "{'metadata':{'"
                                                                                    "name':'broken."
                                                                                    "example'},'"
                                                                                    "versions':[{'"
                                                                                    "version':'v1',"
                                                                                    "'freshness':'"
                                                                                    "Stale'}]},"
                                                                                    "{'metadata':{'"
                                                                                    "name':'shop."
                                                                                    "example'},'"
                                                                                    "versions':[{'"
                                                                                    "version':'v1',"
                                                                                    "'resources':"
                                                                                    "[" TYPE(
                                                                                        "cs", "c",
                                                                                        "Customer",
                                                                                        "Namespace"
                                                                                        "d",
                                                                                        "'po'") "]}"
                                                                                                "]}"
                                                                                                "]"
                                                                                                "}"),
        &err));
    check_all(table);
    cr_assert_null(value_get(value_at(table, 6), "resources"), "a stale version is not known");
}

Test(kube_discovery, garbage_is_an_error)
{
    static const char *const bad[] = {
        "null", "[]", "'x'", "{}", "{'kind':'Status'}", "{'kind':'APIResourceList'}"};
    struct value *table = value_array(&memory);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert(!kube_discovery_add(&memory, table, json(bad[i]), &err), "%s", bad[i]);
        cr_assert(!kube_discovery_fill(&memory, value_object(&memory), json(bad[i]), &err), "%s",
                  bad[i]);
    }
    // Lists whose parts are not what they should be are read as far as they go.
    static const char *const odd[] = {
        "{'kind':'APIVersions','versions':'v1'}", "{'kind':'APIVersions','versions':[1,null,{}]}",
        "{'kind':'APIGroupList','groups':[null,1,{'versions':[null]},{'name':'x','versions':{}}]}",
        "{'kind':'APIGroupDiscoveryList','items':[null,{'versions':[null,{'resources':{'a':1}}]}]"
        "}"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        cr_assert(kube_discovery_add(&memory, table, json(odd[i]), &err), "%s", odd[i]);
    check(table, "pods", "none");
}

Test(kube_discovery, versions_of_kubernetes)
{
    static const struct {
        const char *words, *version, *group;
    } cases[] = {
        {"deployments.v1.apps", "v1", "apps"},
        {"pods.v1.", "v1", ""},
        {"x.v2beta11.a.b", "v2beta11", "a.b"},
        {"x.v1alpha1.a", "v1alpha1", "a"},
        {"certificates.cert-manager.io", NULL, NULL},
        {"x.v1beta.a", NULL, NULL},
        {"x.v.a", NULL, NULL},
        {"x.version1.a", NULL, NULL},
        {"deployments.apps", NULL, NULL},
        {"deployments", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *version, *group;
        bool split = kube_discovery_split(&memory, cases[i].words, &version, &group);
        cr_assert_eq(split, cases[i].version != NULL, "%s", cases[i].words);
        if (split) {
            cr_assert_str_eq(version, cases[i].version);
            cr_assert_str_eq(group, cases[i].group);
        }
    }
}
