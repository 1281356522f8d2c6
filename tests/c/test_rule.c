// Rules against needs: what a line covers, and that no other way of writing the same thing gets
// around it, neither into what is allowed nor out of what is denied.
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/rule.h"
#include "net/address.h"

static struct arena a;
static struct error err;

static void end(void)
{
    arena_free(&a);
}

TestSuite(rule, .fini = end);
TestSuite(address, .fini = end);

static struct need http(const char *verb, const char *url)
{
    return (struct need){.kind = "http", .verb = verb, .what = url};
}

static struct need k8s(const char *verb, const char *what, const char *place)
{
    return (struct need){.kind = "k8s", .verb = verb, .what = what, .place = place};
}

static struct need plain(const char *kind, const char *what)
{
    return (struct need){.kind = kind, .what = what};
}

static bool covers(const char *line, const struct need *need, bool every)
{
    struct rule rule;
    struct subject subject;
    cr_assert(rule_read(&a, line, NULL, NULL, &rule, &err), "%s", error_text(&err));
    return subject_read(&a, need, &subject, &err) && rule_covers(&rule, &subject, every);
}

static void refused(const char *line, const char *why)
{
    struct rule rule;
    error_local(said);
    cr_expect_not(rule_read(&a, line, NULL, NULL, &rule, &said), "\"%s\" is a rule", line);
    cr_expect(strstr(error_text(&said), why), "\"%s\" has \"%s\"", error_text(&said), why);
}

#define YES(line, ...)                                                                             \
    do {                                                                                           \
        const struct need need = __VA_ARGS__;                                                      \
        cr_expect(covers(line, &need, true), "\"%s\" allows %s", line, need.what);                 \
    } while (0)
#define NO(line, ...)                                                                              \
    do {                                                                                           \
        const struct need need = __VA_ARGS__;                                                      \
        cr_expect(!covers(line, &need, true), "\"%s\" does not allow %s", line, need.what);        \
    } while (0)
#define DENIES(line, ...)                                                                          \
    do {                                                                                           \
        const struct need need = __VA_ARGS__;                                                      \
        cr_expect(covers(line, &need, false), "\"%s\" denies %s", line, need.what);                \
    } while (0)

Test(rule, covers_hosts_and_methods)
{
    YES("http GET https://shop.test", http("GET", "https://shop.test/any/path?q=1"));
    YES("http GET, POST https://shop.test/", http("POST", "https://shop.test/x"));
    YES("http get,post https://shop.test", http("POST", "https://shop.test:443/x"));
    YES("http any https://SHOP.test", http("DELETE", "HTTPS://Shop.Test./x"));
    YES("http * *", http("PUT", "http://10.0.0.1/"));
    YES("*", http("PUT", "http://10.0.0.1/"));
    YES("http GET https://*.shop.test", http("GET", "https://a.b.shop.test/"));
    YES("http GET http://shop.test:8080", http("GET", "http://shop.test:8080/"));
    YES("http GET http://shop.test:*", http("GET", "http://shop.test:8080/"));
    NO("http GET https://shop.test", http("POST", "https://shop.test/"));
    NO("http GET https://shop.test", http("GET", "http://shop.test/"));
    NO("http GET https://shop.test", http("GET", "https://shop.test:8443/"));
    NO("http GET https://shop.test", http("GET", "https://shop.test.evil.test/"));
    NO("http GET https://shop.test", http("GET", "https://evilshop.test/"));
    NO("http GET https://*.shop.test", http("GET", "https://shop.test/"));
    NO("http GET https://*.shop.test", http("GET", "https://evil.test/.shop.test"));
    NO("metrics https://shop.test", http("GET", "https://shop.test/"));
}

// A method that cannot be told may be any.
Test(rule, covers_any_method_only_where_all_are)
{
    YES("http any https://shop.test", http(NEED_ANY, "https://shop.test/x"));
    YES("http ANY https://shop.test", http(NEED_ANY, "https://shop.test/x"));
    YES("http ANY https://shop.test", http("DELETE", "https://shop.test/x"));
    YES("http * *", http(NEED_ANY, "https://shop.test/x"));
    NO("http GET, POST, PUT, PATCH, DELETE https://shop.test",
       http(NEED_ANY, "https://shop.test/x"));
    DENIES("http DELETE https://shop.test", http(NEED_ANY, "https://shop.test/x"));
    DENIES("http any https://shop.test", http(NEED_ANY, "https://shop.test/x"));
}

Test(rule, covers_paths)
{
    const char *line = "http GET https://shop.test/v1/*";
    YES(line, http("GET", "https://shop.test/v1/a/b?c=d"));
    YES(line, http("GET", "https://shop.test//v1//a"));
    YES(line, http("GET", "https://shop.test/v1/a%20b"));
    YES(line, http("GET", "https://shop.test/v1/x/../a"));
    NO(line, http("GET", "https://shop.test/v2/a"));
    NO(line, http("GET", "https://shop.test/v1/../admin"));
    NO(line, http("GET", "https://shop.test/v1/%2e%2e/admin"));
    NO(line, http("GET", "https://shop.test/v1/%2E%2e%2fadmin"));
    NO(line, http("GET", "https://shop.test/v1/..;/admin"));
    NO(line, http("GET", "https://shop.test/v1/%2e%2e%3bx/admin"));
    NO(line, http("GET", "https://shop.test/v1/..%2fadmin"));
    NO(line, http("GET", "https://shop.test/v1/%252e%252e/admin"));
    NO(line, http("GET", "https://shop.test/v1/..%5cadmin"));
    NO(line, http("GET", "https://shop.test/v1/%25252525252e%25252525252e/admin"));
    NO("http GET https://shop.test/v1", http("GET", "https://shop.test/v1/a"));
    DENIES("http * https://shop.test/admin/*", http("GET", "https://shop.test/%61dmin/x"));
    DENIES("http * https://shop.test/admin/*", http("GET", "https://shop.test/v1/%2e%2e/admin/x"));
    DENIES("http * https://shop.test/admin/*", http("GET", "https://shop.test/v1/..;a=b/admin/x"));
    DENIES("http * https://shop.test/admin/*", http("GET", "https://shop.test/%2561dmin/x"));
}

Test(rule, knows_an_address_in_every_form)
{
    const char *const forms[] = {"http://127.0.0.1/",
                                 "http://127.0.0.1./",
                                 "http://2130706433/",
                                 "http://0x7f000001/",
                                 "http://0177.0.0.1/",
                                 "http://127.1/",
                                 "http://0x7f.1/",
                                 "http://[::ffff:127.0.0.1]/",
                                 "http://[::FFFF:7f00:1]/",
                                 "http://user@127.0.0.1/",
                                 "http://a:b@127.0.0.1:80/",
                                 "HTTP://127.0.0.1:080/",
                                 "http://[0:0:0:0:0:ffff:127.0.0.1]/"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        DENIES("http * http://127.0.0.1", http("GET", forms[i]));
        DENIES("http * http://[::ffff:127.0.0.1]", http("GET", forms[i]));
        DENIES("http * http://2130706433", http("GET", forms[i]));
        NO("http * http://shop.test", http("GET", forms[i]));
        NO("http * http://*.1", http("GET", forms[i]));
        NO("http * http://1*", http("GET", forms[i]));
    }
    DENIES("http * http://[::1]", http("GET", "http://[0:0:0:0:0:0:0:1]/"));
    DENIES("http * http://[::1]:8080", http("GET", "http://[::0001]:8080/"));
    NO("http GET http://[::1]", http("GET", "http://[::2]/"));
    NO("http GET http://shop.test", http("GET", "http://shop.test@evil.test/"));
    NO("http GET http://shop.test", http("GET", "http://evil.test/@shop.test"));
    NO("http GET http://shop.test", http("GET", "http://evil.test#@shop.test/"));
    NO("http GET http://shop.test", http("GET", "http://evil.test\\@shop.test/"));
    NO("http * *", http("GET", "http://ｓhop.test/")); // an IDNA mapping would make "shop" of it
    NO("http * *", http("GET", "file:///etc/passwd"));
    NO("http GET https://shop.test", http("GET", "https://shop.test%2eevil.test/"));
}

Test(rule, covers_endpoints)
{
    YES("tls shop.test", plain("tls", "shop.test:443"));
    YES("tls shop.test:465", plain("tls", "SHOP.test.:465"));
    YES("connect 10.0.0.7", plain("connect", "10.0.0.7:8443"));
    YES("connect 10.0.0.7:8443", plain("connect", "[::ffff:10.0.0.7]:8443"));
    DENIES("connect [::1]:443", plain("connect", "::1")); // whichever port that is
    NO("connect [::1]:443", plain("connect", "::1"));
    NO("tls shop.test:465", plain("tls", "shop.test:443"));
    NO("connect 10.0.0.7", plain("connect", "10.0.0.8"));
    NO("tls *.test", plain("tls", "10.0.0.8:443"));
    YES("dns *.shop.test", plain("dns", "a.Shop.test."));
    NO("dns *.shop.test", plain("dns", "shop.test.evil.test"));
}

Test(rule, covers_objects)
{
    YES("k8s get, patch ingresses in prod", k8s("patch", "Ingress/canary", "prod"));
    YES("k8s read ing in prod", k8s("watch", "ingresses.networking.k8s.io", "prod"));
    YES("k8s patch deploy/web in prod", k8s("patch", "deployments.v1.apps/web", "prod"));
    YES("k8s get pods", k8s("get", "po/x", "any"));
    YES("k8s read * in prod", k8s("logs", "pod/x", "prod"));
    YES("k8s get pods in team-*", k8s("get", "pod/x", "team-a"));
    YES("k8s get pods", k8s("version", NULL, "prod"));
    NO("k8s get ingresses in prod", k8s("patch", "ingress/canary", "prod"));
    NO("k8s read ingresses in prod", k8s("delete", "ingress/canary", "prod"));
    NO("k8s get pods in prod", k8s("get", "pod/x", "staging"));
    NO("k8s list pods in prod", k8s("list", "pods", "*"));
    NO("k8s get pods/web in prod", k8s("get", "pods", "prod"));
    NO("k8s get pods/web in prod", k8s("get", "pod/web2", "prod"));
    NO("k8s get pods in prod", k8s("get", "secret/x", "prod"));
    DENIES("k8s * secrets", k8s("get", "Secrets/x", "prod"));
    DENIES("k8s * secrets/x", k8s("list", "secret", "prod"));
    DENIES("k8s * configmaps in prod", k8s("list", "cm", "*"));
    DENIES("k8s * cronjobs", k8s("get", "cj/x", "prod"));
}

static struct need object(const char *verb, const char *what, const char *part,
                          const struct object_type *type)
{
    return (struct need){
        .kind = "k8s", .verb = verb, .what = what, .part = part, .place = "dev", .type = type};
}

// A pattern that denies is meant for addresses, too; one that allows is not.
Test(rule, denies_addresses_by_pattern)
{
    DENIES("http * http://127.*:*", http("GET", "http://127.0.0.1:8080/"));
    DENIES("http * http://10.0.0.*", http("GET", "http://10.0.0.7/"));
    DENIES("http * http://shop.test", http("GET", "http://shop.test:8080/")); // any port
    DENIES("connect 127.*", plain("connect", "127.0.0.1:80"));
    DENIES("tls 10.*", plain("tls", "10.1.2.3:443"));
    NO("connect 127.*", plain("connect", "127.0.0.1:80"));
    NO("http * http://127.*:*", http("GET", "http://127.0.0.1:8080/"));
    refused("connect 127.0.0.0/8", "is no host");
}

Test(rule, knows_the_verbs_of_kubernetes)
{
    refused("k8s delet issuers", "'delet' is no verb of k8s");
    refused("k8s update cm", "'update' is no verb of k8s");
    DENIES("k8s get pods/log", k8s("logs", "pods/x", "dev"));
    DENIES("k8s logs pods", k8s("logs", "pods/x", "dev"));
}

// What is in no namespace is in none, by whichever of its names.
Test(rule, covers_no_object_of_the_cluster_in_a_namespace)
{
    static const char *const all[] = {"namespace/evil",
                                      "ns/evil",
                                      "Namespace.v1./evil",
                                      "nodes",
                                      "no/x",
                                      "clusterroles/x",
                                      "pv/x",
                                      "crd/x",
                                      "StorageClass/x",
                                      "clusterrolebindings.rbac.authorization.k8s.io/x"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        NO("k8s * * in dev", k8s("delete", all[i], "dev"));
        NO("k8s * * in *ev", k8s("delete", all[i], "dev"));
        YES("k8s * *", k8s("delete", all[i], "dev"));
        YES("k8s * * in *", k8s("delete", all[i], "dev"));
    }
    YES("k8s * * in dev", k8s("delete", "po/x", "dev"));
    NO("k8s * namespaces in dev", k8s("delete", "ns/x", "dev"));
    YES("k8s * namespaces/x", k8s("delete", "ns/x", "dev"));
    DENIES("k8s delete * in prod", k8s("delete", "ns/prod", "dev"));
    NO("k8s * * in dev", k8s("delete", "widget/x", "dev")); // nobody knows where that stands
    YES("k8s * widgets in dev", k8s("delete", "widget/x", "dev"));
}

// A type as the cluster has told of it, by all that it is called.
Test(rule, covers_types_by_what_they_are)
{
    struct value *names = value_array(&a), *shared = value_array(&a);
    static const char *const own[] = {"issuers", "issuer", "iss"};
    for (size_t i = 0; i < 3; i++)
        value_push(&a, names, value_string(&a, own[i]));
    value_push(&a, shared, value_string(&a, "is"));
    struct object_type t = {.plural = "issuers",
                            .group = "cert-manager.io",
                            .scope = SCOPE_NAMESPACE,
                            .names = names,
                            .shared = shared,
                            .known = true};
    static const char *const lines[] = {"issuers",
                                        "issuer",
                                        "Issuer",
                                        "iss",
                                        "issuers.cert-manager.io",
                                        "ISS.v1.cert-manager.io",
                                        "is.cert-manager.io",
                                        "iss*",
                                        "*"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *line = arena_printf(&a, "k8s delete %s in dev", lines[i]);
        YES(line, object("delete", "anything/x", NULL, &t));
        DENIES(line, object("delete", "anything/x", NULL, &t));
    }
    NO("k8s delete is in dev", object("delete", "is/x", NULL, &t));
    DENIES("k8s delete is in dev", object("delete", "is/x", NULL, &t));
    NO("k8s delete issuers.other.io", object("delete", "iss/x", NULL, &t));
    NO("k8s delete issuers.cert", object("delete", "iss/x", NULL, &t));
    DENIES("k8s delete issuers.cert", object("delete", "iss/x", NULL, &t));
    t.scope = SCOPE_CLUSTER;
    NO("k8s delete issuers in dev", object("delete", "iss/x", NULL, &t));
    YES("k8s delete issuers", object("delete", "iss/x", NULL, &t));
    t.names = shared; // another type is called so first
    NO("k8s delete issuers", object("delete", "issuers.cert-manager.io/x", NULL, &t));
    YES("k8s delete is", object("delete", "issuers.cert-manager.io/x", NULL, &t));
}

// Without a cluster a short word may be any type that rules speak of.
Test(rule, denies_what_may_be_meant)
{
    DENIES("k8s delete widgets", k8s("delete", "wd/x", "dev"));
    DENIES("k8s delete clusterissuers", k8s("delete", "ci/x", "dev"));
    DENIES("k8s delete issuers", k8s("delete", "Issuer.v1.cert-manager.io/x", "dev"));
    DENIES("k8s patch deployments", k8s("apply", "Deployment.v1.apps/x", "dev"));
    NO("k8s delete widgets", k8s("delete", "wd/x", "dev"));
    NO("k8s delete ingresses", k8s("delete", "ingresses.v1.evil.example/x", "dev"));
    struct need other = k8s("delete", "certificates/x", "dev"), pods = k8s("delete", "po/x", "dev");
    cr_assert(!covers("k8s delete issuers", &other, false));
    cr_assert(!covers("k8s delete issuers", &pods, false));
}

Test(rule, covers_parts_of_objects)
{
    YES("k8s patch deployments in dev", object("patch", "deploy/web", "scale", NULL));
    YES("k8s patch deployments/*/scale in dev", object("patch", "deploy/web", "scale", NULL));
    YES("k8s create pods/web/eviction in dev", object("create", "pod/web", "eviction", NULL));
    YES("k8s create * in dev", object("create", "pod/web", "eviction", NULL));
    NO("k8s patch deployments/*/scale in dev", object("patch", "deploy/web", NULL, NULL));
    NO("k8s create pods in dev", object("create", "pod/web", "eviction", NULL));
    NO("k8s create pods/eviction in dev", object("create", "pod/web", "eviction", NULL));
    NO("k8s create serviceaccounts", object("create", "sa/x", "token", NULL));
    DENIES("k8s * pods", object("create", "pod/web", "exec", NULL));
    DENIES("k8s * pods/exec", object("create", "pod/web", "exec", NULL));
    DENIES("k8s * pods/*/exec", object("create", "pod/web", "exec", NULL));
}

static struct value *words(const char *one, const char *two, const char *three)
{
    const char *const all[] = {one, two, three};
    struct value *list = value_array(&a);
    for (size_t i = 0; i < 3 && all[i]; i++)
        value_push(&a, list, value_string(&a, all[i]));
    return list;
}

static struct need exec(const char *one, const char *two, const char *three)
{
    return (struct need){.kind = "exec", .what = one, .words = words(one, two, three)};
}

Test(rule, covers_commands)
{
    YES("exec kubectl get *", exec("kubectl", "get", "pods"));
    YES("exec kubectl get *", exec("kubectl", "get", NULL));
    YES("exec sh -c 'echo hi'", exec("sh", "-c", "echo hi"));
    YES("exec cp *.txt /tmp", exec("cp", "a.txt", "/tmp"));
    NO("exec kubectl get *", exec("kubectl", "delete", "pods"));
    NO("exec kubectl get", exec("kubectl", "get", "pods"));
    NO("exec kubectl *", exec("/tmp/kubectl", "get", "pods"));
    YES("exec cat *", exec("cat", "/etc/passwd", NULL));
    YES("exec cat * x", exec("cat", "/etc/passwd", "x"));
    YES("exec cat /tmp/job-*", exec("cat", "/tmp/job-1", NULL));
    NO("exec cat /tmp/job-*", exec("cat", "/tmp/job-/../../etc/passwd", NULL));
    DENIES("exec cat /tmp/*", exec("cat", "/tmp/a/b", NULL));
    NO("exec sh -c 'echo hi'", exec("sh", "-c", "echo hi; rm -rf /"));
    NO("exec echo hi", exec("echo", "hi there", NULL));
    DENIES("exec rm *", exec("/bin/rm", "-rf", "/"));
    DENIES("exec *", exec("true", NULL, NULL));
}

static void make_program(const char *path)
{
    FILE *f = fopen(path, "w");
    cr_assert(f && fputs("#!/bin/sh\n", f) >= 0 && fclose(f) == 0 && chmod(path, 0700) == 0);
}

static struct need exec_in(const char *folder, const char *one)
{
    struct need need = exec(one, NULL, NULL);
    need.place = folder;
    return need;
}

// A program is the file that would be run, whatever way leads there.
Test(rule, covers_programs_where_they_stand)
{
    char folder[] = "/tmp/runbook-rule-XXXXXX";
    cr_assert(mkdtemp(folder) && chdir(folder) == 0);
    cr_assert(mkdir("scripts", 0700) == 0 && mkdir("scripts/deep", 0700) == 0 &&
              mkdir("evil", 0700) == 0);
    make_program("deploy.sh");
    make_program("scripts/a.sh");
    make_program("scripts/deep/b.sh");
    make_program("evil/deploy.sh");
    make_program("evil/tool");
    cr_assert(symlink("/bin/sh", "scripts/link.sh") == 0 && symlink("scripts", "same") == 0);
    YES("exec ./scripts/* *", exec("./scripts/a.sh", "x", NULL));
    YES("exec scripts/*", exec(arena_printf(&a, "%s/scripts/a.sh", folder), NULL, NULL));
    YES("exec scripts/*", exec("same/../scripts/./a.sh", NULL, NULL));
    YES("exec same/a.sh", exec("scripts/a.sh", NULL, NULL));
    YES("exec ./scripts/link.sh *", exec("scripts/link.sh", NULL, NULL)); // it is named
    NO("exec ./scripts/* *", exec("./scripts/../../../bin/sh", NULL, NULL));
    NO("exec ./scripts/* *", exec("./scripts/deep/b.sh", NULL, NULL));
    NO("exec ./scripts/* *", exec("./scripts/link.sh", NULL, NULL));
    NO("exec ./scripts/* *", exec("sh", "-c", "x"));
    YES("exec ./deploy.sh", exec("./deploy.sh", NULL, NULL));
    YES("exec ./deploy.sh", exec_in("evil", "../deploy.sh"));
    YES("exec evil/deploy.sh", exec_in("evil", "./deploy.sh"));
    NO("exec ./deploy.sh", exec_in("evil", "./deploy.sh"));
    DENIES("exec evil/*", exec_in("evil", "./deploy.sh"));
    DENIES("exec evil/deploy.sh *", exec("scripts/../evil/deploy.sh", NULL, NULL));
    DENIES("exec /bin/sh *", exec("scripts/link.sh", NULL, NULL));
    DENIES("exec sh *", exec("/bin/sh", NULL, NULL));
    setenv("PATH", "evil:/usr/bin:/bin", 1);
    NO("exec tool", exec("tool", NULL, NULL)); // of whichever folder one happens to be in
    YES("exec sh", exec("sh", NULL, NULL));
    YES("exec evil/tool", exec("tool", NULL, NULL));
    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(system(arena_printf(&a, "/bin/rm -r %s", folder)), 0);
}

Test(rule, covers_files)
{
    char folder[] = "/tmp/runbook-rule-XXXXXX";
    cr_assert(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    cr_assert_eq(symlink("/etc", "out"), 0);
    const char *line = arena_printf(&a, "write %s/*.csv", folder);
    YES(line, plain("write", "a.csv"));
    YES("write *.csv", plain("write", arena_printf(&a, "%s/./a.csv", folder)));
    YES("write a.csv", plain("write", "./a.csv"));
    NO(line, plain("write", "out/a.csv")); // a link leads elsewhere
    NO(line, plain("write", "../a.csv"));
    NO(line, plain("write", "nowhere/../../../etc/a.csv"));
    NO(line, plain("read", "a.csv"));
    DENIES("read /etc/*", plain("read", "out/passwd"));
    DENIES("read /etc/*", plain("read", "out/../etc/passwd"));
    unlink("out");
    cr_assert_eq(chdir("/"), 0);
    rmdir(folder);
}

static const char *value_for(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "host") == 0    ? "shop.test"
           : strcmp(name, "evil") == 0  ? "shop.test/* public http GET https://evil.test"
           : strcmp(name, "empty") == 0 ? ""
                                        : NULL;
}

static bool filled(const char *line, struct rule *rule)
{
    return rule_read(&a, line, value_for, NULL, rule, &err);
}

Test(rule, takes_parameters_as_single_words)
{
    struct rule rule;
    struct subject subject;
    const struct need good = http("GET", "https://shop.test/"),
                      bad = http("GET", "https://evil.test/");
    cr_assert(filled("http GET https://${host}", &rule), "%s", error_text(&err));
    cr_assert(subject_read(&a, &good, &subject, &err) && rule_covers(&rule, &subject, true));
    cr_assert(subject_read(&a, &bad, &subject, &err) && !rule_covers(&rule, &subject, true));
    cr_assert(!filled("http GET https://${evil}", &rule) || !rule_covers(&rule, &subject, true));
    const char *const nothing[] = {"connect ${empty}", "http * ${unset}", "exec ${empty} *",
                                   "read ${empty}*"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        cr_assert(filled(nothing[i], &rule) && rule.void_, "%s stands for nothing", nothing[i]);
}

Test(rule, says_what_is_no_rule)
{
    const char *const wrong[] = {"",
                                 "GET https://x",
                                 "http https://x",
                                 "http GET",
                                 "http GET shop.test",
                                 "http GET ftp://x",
                                 "http GET https://u@x",
                                 "http GET https://x?q",
                                 "http GET https://x/a/../b",
                                 "http GET https://x:99999",
                                 "http GET https://x private",
                                 "k8s get",
                                 "k8s get pods of prod",
                                 "k8s get pods in",
                                 "k8s get a/b/c/d",
                                 "k8s get /b",
                                 "k8s get a//c",
                                 "exec",
                                 "exec 'open",
                                 "tls",
                                 "tls a b",
                                 "* *",
                                 "files x"};
    struct rule rule;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect(!rule_read(&a, wrong[i], NULL, NULL, &rule, &err), "\"%s\"", wrong[i]);
}

static void expect_line(const struct need need, const char *line)
{
    struct subject subject;
    struct rule rule;
    cr_assert(subject_read(&a, &need, &subject, &err), "%s", error_text(&err));
    const char *made = rule_line(&a, rule_parts(&a, &subject));
    cr_expect_str_eq(made, line);
    cr_expect(rule_read(&a, made, NULL, NULL, &rule, &err) && rule_covers(&rule, &subject, true),
              "the line to add covers it: %s", made);
}

Test(rule, makes_the_line_to_add)
{
    expect_line(http("GET", "https://u:p@Shop.test:443/a%20b?x=1"),
                "http GET https://shop.test/a%20b");
    expect_line(http("POST", "http://[::ffff:10.0.0.1]:8080"), "http POST http://10.0.0.1:8080/");
    expect_line(plain("metrics", "http://prom:9090/prefix"), "metrics http://prom:9090");
    expect_line(plain("tls", "shop.test:465"), "tls shop.test:465");
    expect_line(k8s("patch", "ing/canary", "prod"), "k8s patch ingresses/canary in prod");
    expect_line(k8s("list", "NetworkPolicies", "*"), "k8s list networkpolicies");
    expect_line(k8s("can_i", NULL, "prod"), "k8s can_i *");
    expect_line(k8s("delete", "ns/evil", "dev"), "k8s delete namespaces/evil");
    expect_line(object("create", "po/web", "eviction", NULL),
                "k8s create pods/web/eviction in dev");
    expect_line(exec("sh", "-c", "a \"b\" 'c' ${d}"), "exec sh -c \"a *b* 'c' *{d}\"");
    expect_line(exec_in("etc", "./x"), "exec etc/./x");
    expect_line(exec_in("etc", "/bin/true"), "exec /bin/true");
    expect_line(exec("sh", "-c", "it's"), "exec sh -c \"it's\"");
    expect_line(plain("env", "API_KEY"), "env API_KEY");
}

static bool is_public(const char *text)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        return address_is_public((struct sockaddr *)&four);
    cr_assert_eq(inet_pton(AF_INET6, text, &six.sin6_addr), 1, "%s", text);
    return address_is_public((struct sockaddr *)&six);
}

Test(address, is_public_or_not)
{
    const char *const open[] = {
        "8.8.8.8",        "1.1.1.1",          "172.15.0.1",     "172.32.0.1",      "100.63.0.1",
        "100.128.0.1",    "192.167.1.1",      "223.255.255.1",  "2606:4700::1111", "2a00:1450::1",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"};
    const char *const closed[] = {
        "0.0.0.0",         "10.1.2.3",         "100.64.0.1",  "127.0.0.1",
        "127.255.0.1",     "169.254.169.254",  "172.16.0.1",  "172.31.255.1",
        "192.168.0.1",     "192.0.2.1",        "198.18.0.1",  "203.0.113.1",
        "224.0.0.1",       "255.255.255.255",  "::",          "::1",
        "fe80::1",         "fc00::1",          "fd12::1",     "ff02::1",
        "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::a00:1",
        "2002:a00:1::1",   "2001:db8::1",      "2001::1"};
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        cr_expect(is_public(open[i]), "%s is public", open[i]);
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        cr_expect(!is_public(closed[i]), "%s is not public", closed[i]);
}
