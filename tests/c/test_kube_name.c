#include <criterion/criterion.h>

#include <string.h>

#include "kube/name.h"

static struct arena memory;

static void clean(void)
{
    arena_free(&memory);
}

TestSuite(kube_name, .fini = clean);

Test(kube_name, reads_what_people_type)
{
    static const struct {
        const char *typed, *resource, *name;
    } cases[] = {
        {"deployment/billing", "deployment", "billing"},
        {"ingress billing-canary", "ingress", "billing-canary"},
        {"  po   web-0 ", "po", "web-0"},
        {"certificates.cert-manager.io/billing", "certificates.cert-manager.io", "billing"},
        {"deployments.v1.apps/x", "deployments.v1.apps", "x"},
        {"pods.v1./x", "pods.v1.", "x"},
        {"Deployment", "Deployment", NULL},
        {"clusterroles/system:node", "clusterroles", "system:node"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kube_name name;
        error_local(err);
        cr_assert(kube_name_parse(&memory, cases[i].typed, &name, &err), "%s: %s", cases[i].typed,
                  error_text(&err));
        cr_assert_str_eq(name.resource, cases[i].resource);
        if (cases[i].name)
            cr_assert_str_eq(name.name, cases[i].name);
        else
            cr_assert_null(name.name, "%s has no name", cases[i].typed);
    }
}

Test(kube_name, refuses_what_names_no_object)
{
    static const struct {
        const char *typed, *says;
    } cases[] = {
        {"", "no resource type given"},
        {"   ", "no resource type given"},
        {"/billing", "no resource type given"},
        {"pods/", "name is empty"},
        {"pods/..", "no object can have that name"},
        {"pods/.", "no object can have that name"},
        {"pods/a/b", "holds '/'"},
        {"pods/a?watch=1", "holds '?'"},
        {"pods/a%2fb", "holds '%'"},
        {"pods/a#b", "holds '#'"},
        {"pods/a\nb", "control character"},
        {"pods a b", "names several objects"},
        {"pods,services", "names several types"},
        {"../x", "is not a resource type"},
        {"pods.v1.../x", "is not a resource type"},
        {".apps/x", "is not a resource type"},
        {"po?ds/x", "is not a resource type"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kube_name name;
        error_local(err);
        cr_assert(!kube_name_parse(&memory, cases[i].typed, &name, &err), "'%s' was taken",
                  cases[i].typed);
        cr_assert(strstr(error_text(&err), cases[i].says), "'%s' says: %s", cases[i].typed,
                  error_text(&err));
    }
}

Test(kube_name, knows_namespaces)
{
    static const char sixty_four[] =
        "a234567890123456789012345678901234567890123456789012345678901234";
    static const char *const good[] = {"default", "scholarlink-prod", "a", "0x0"};
    static const char *const bad[] = {"",  "-a",  "a-",  "A",        "a.b",
                                      "é", "a_b", "a b", "kube/sys", sixty_four};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_assert(kube_name_check_namespace(good[i], NULL), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert(!kube_name_check_namespace(bad[i], NULL), "%s", bad[i]);
}
