#include "engine/object_type.h"

#include <ctype.h>
#include <string.h>

#include "base/singular.h"
#include "engine/glob.h"

// An unknown word of that many letters may be a short name of any type.
enum { SHORT_NAME = 5 };

// The types that Kubernetes itself brings, as every version of it calls them; and cert-manager's,
// which our library reads.
static const struct builtin {
    const char *plural, *shorts, *group;
    bool cluster;
} builtins[] = {
    {"componentstatuses", "cs", "", true},
    {"configmaps", "cm", "", false},
    {"endpoints", "ep", "", false},
    {"events", "ev", "", false},
    {"limitranges", "limits", "", false},
    {"namespaces", "ns", "", true},
    {"nodes", "no", "", true},
    {"persistentvolumeclaims", "pvc", "", false},
    {"persistentvolumes", "pv", "", true},
    {"pods", "po", "", false},
    {"podtemplates", "", "", false},
    {"replicationcontrollers", "rc", "", false},
    {"resourcequotas", "quota", "", false},
    {"secrets", "", "", false},
    {"serviceaccounts", "sa", "", false},
    {"services", "svc", "", false},
    {"mutatingwebhookconfigurations", "", "admissionregistration.k8s.io", true},
    {"validatingwebhookconfigurations", "", "admissionregistration.k8s.io", true},
    {"validatingadmissionpolicies", "", "admissionregistration.k8s.io", true},
    {"validatingadmissionpolicybindings", "", "admissionregistration.k8s.io", true},
    {"customresourcedefinitions", "crd crds", "apiextensions.k8s.io", true},
    {"apiservices", "", "apiregistration.k8s.io", true},
    {"controllerrevisions", "", "apps", false},
    {"daemonsets", "ds", "apps", false},
    {"deployments", "deploy", "apps", false},
    {"replicasets", "rs", "apps", false},
    {"statefulsets", "sts", "apps", false},
    {"horizontalpodautoscalers", "hpa", "autoscaling", false},
    {"cronjobs", "cj", "batch", false},
    {"jobs", "", "batch", false},
    {"certificatesigningrequests", "csr", "certificates.k8s.io", true},
    {"leases", "", "coordination.k8s.io", false},
    {"endpointslices", "", "discovery.k8s.io", false},
    {"flowschemas", "", "flowcontrol.apiserver.k8s.io", true},
    {"prioritylevelconfigurations", "", "flowcontrol.apiserver.k8s.io", true},
    {"ingressclasses", "", "networking.k8s.io", true},
    {"ingresses", "ing", "networking.k8s.io", false},
    {"networkpolicies", "netpol", "networking.k8s.io", false},
    {"runtimeclasses", "", "node.k8s.io", true},
    {"poddisruptionbudgets", "pdb", "policy", false},
    {"podsecuritypolicies", "psp", "policy", true},
    {"clusterrolebindings", "", "rbac.authorization.k8s.io", true},
    {"clusterroles", "", "rbac.authorization.k8s.io", true},
    {"rolebindings", "", "rbac.authorization.k8s.io", false},
    {"roles", "", "rbac.authorization.k8s.io", false},
    {"priorityclasses", "pc", "scheduling.k8s.io", true},
    {"csidrivers", "", "storage.k8s.io", true},
    {"csinodes", "", "storage.k8s.io", true},
    {"csistoragecapacities", "", "storage.k8s.io", false},
    {"storageclasses", "sc", "storage.k8s.io", true},
    {"volumeattachments", "", "storage.k8s.io", true},
    {"certificates", "cert certs", "cert-manager.io", false},
    {"certificaterequests", "cr crs", "cert-manager.io", false},
    {"issuers", "iss", "cert-manager.io", false},
    {"clusterissuers", "", "cert-manager.io", true},
    {"orders", "", "acme.cert-manager.io", false},
    {"challenges", "", "acme.cert-manager.io", false},
};

// "deployments.v1.apps": the word before the first dot, in lower case, and the group behind it,
// without a version; NULL without one.
static const char *split(struct arena *a, const char *words, const char **group)
{
    char *text = arena_dup(a, words), *dot = strchr(text, '.');
    for (char *p = text; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    *group = NULL;
    if (dot == NULL)
        return text;
    *dot++ = '\0';
    const char *end = dot + strspn(dot, "abcdefghijklmnopqrstuvwxyz0123456789");
    bool versioned = *dot == 'v' && isdigit((unsigned char)dot[1]) && *end == '.';
    *group = versioned ? end + 1 : dot;
    return text;
}

static bool has_word(const char *words, const char *word)
{
    size_t len = strlen(word);
    for (; *words; words += strspn(words, " ")) {
        size_t n = strcspn(words, " ");
        if (n == len && memcmp(words, word, n) == 0)
            return true;
        words += n;
    }
    return false;
}

static const struct builtin *find(struct arena *a, const char *word, const char *group)
{
    const char *singular = singular_of(a, word);
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
        const struct builtin *b = &builtins[i];
        bool called = strcmp(b->plural, word) == 0 || has_word(b->shorts, word) ||
                      strcmp(singular_of(a, b->plural), singular) == 0;
        if (called && (group == NULL || strcmp(group, b->group) == 0))
            return b;
    }
    return NULL;
}

static void add(struct arena *a, struct value *list, const char *name)
{
    value_push(a, list, value_string(a, name));
}

// Is it no form of a word that is longer than short names are?
static bool is_brief(struct arena *a, const char *word)
{
    const char *singular = singular_of(a, word);
    return strlen(word) <= SHORT_NAME && strncmp(word, singular, strlen(singular)) == 0;
}

const struct object_type *object_type_guess(struct arena *a, const char *words)
{
    const char *group, *word = split(a, words, &group);
    const struct builtin *b = find(a, word, group);
    struct object_type *t = arena_alloc(a, sizeof *t);
    struct value *names = value_array(a);
    *t = (struct object_type){
        .plural = plural_of(a, word), .group = group, .names = names, .shared = value_array(a)};
    if (b) {
        t->plural = b->plural;
        t->group = b->group;
        t->scope = b->cluster ? SCOPE_CLUSTER : SCOPE_NAMESPACE;
    }
    t->known = b != NULL;
    t->brief = !b && is_brief(a, word);
    if (t->brief)
        t->plural = word;
    if (!b && group && find(a, word, NULL)) // that name alone means another type
        t->shared = names, t->names = value_array(a);
    add(a, names, t->plural);
    add(a, names, singular_of(a, t->plural));
    for (const char *s = b ? b->shorts : ""; *s; s += strspn(s, " ")) {
        size_t len = strcspn(s, " ");
        add(a, names, arena_copy(a, s, len));
        s += len;
    }
    return t;
}

static bool is_one_of(const struct value *names, const char *pattern)
{
    for (size_t i = 0; i < value_count(names); i++)
        if (glob_fits(pattern, value_text(value_at(names, i))))
            return true;
    return false;
}

static bool group_fits(const struct object_type *t, const char *group, bool certainly)
{
    if (t->group == NULL) // of an unknown type nobody has named one
        return true;
    return certainly ? glob_fits(group, t->group)
                     : glob_fits(group, t->group) || strncmp(t->group, group, strlen(group)) == 0;
}

// Words for an unknown type are read as Kubernetes forms them.
static bool is_called(const struct object_type *t, struct arena *a, const char *word, bool maybe)
{
    const char *singular = t->known ? word : singular_of(a, word);
    return is_one_of(t->names, word) || is_one_of(t->names, singular) ||
           (maybe && (is_one_of(t->shared, word) || is_one_of(t->shared, singular)));
}

bool object_type_fits(const struct object_type *t, const char *words, bool certainly)
{
    if (words == NULL)
        return true;
    struct arena a = {0};
    const char *group, *word = split(&a, words, &group);
    bool fits = is_called(t, &a, word, group || !certainly) &&
                (group == NULL || group_fits(t, group, certainly));
    const struct builtin *b = find(&a, word, group);
    bool settled = b && !strstr(b->group, "cert-manager.io"); // it has no other short names
    bool unclear = t->brief && !certainly && !settled;
    arena_free(&a);
    return fits || unclear;
}

const char *object_type_words(struct arena *a, const struct object_type *t)
{
    bool alone = t->group == NULL || (t->known && is_one_of(t->names, t->plural));
    return alone ? t->plural : arena_printf(a, "%s.%s", t->plural, t->group);
}
