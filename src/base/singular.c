#include "base/singular.h"

#include <ctype.h>
#include <string.h>

const char *singular_of(struct arena *a, const char *words)
{
    static const struct {
        const char *brief, *name;
    } shorts[] = {{"po", "pod"},
                  {"deploy", "deployment"},
                  {"sts", "statefulset"},
                  {"ds", "daemonset"},
                  {"rs", "replicaset"},
                  {"rc", "replicationcontroller"},
                  {"svc", "service"},
                  {"ep", "endpoint"},
                  {"endpoints", "endpoint"},
                  {"cm", "configmap"},
                  {"ing", "ingress"},
                  {"netpol", "networkpolicy"},
                  {"ns", "namespace"},
                  {"no", "node"},
                  {"sa", "serviceaccount"},
                  {"ev", "event"},
                  {"cj", "cronjob"},
                  {"hpa", "horizontalpodautoscaler"},
                  {"pdb", "poddisruptionbudget"},
                  {"quota", "resourcequota"},
                  {"limits", "limitrange"},
                  {"pv", "persistentvolume"},
                  {"pvc", "persistentvolumeclaim"},
                  {"pc", "priorityclass"},
                  {"sc", "storageclass"},
                  {"crd", "customresourcedefinition"},
                  {"csr", "certificatesigningrequest"},
                  {"cert", "certificate"},
                  {"cr", "certificaterequest"}};
    char *s = arena_copy(a, words, strcspn(words, "."));
    size_t len = strlen(s);
    for (char *p = s; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++)
        if (strcmp(s, shorts[i].brief) == 0)
            return shorts[i].name;
    if (len > 4 && strcmp(s + len - 3, "ies") == 0)
        memcpy(s + len - 3, "y", 2);
    else if (len > 4 && strcmp(s + len - 4, "sses") == 0)
        s[len - 2] = '\0';
    else if (len > 2 && s[len - 1] == 's' && s[len - 2] != 's')
        s[len - 1] = '\0';
    return s;
}

const char *plural_of(struct arena *a, const char *words)
{
    const char *s = singular_of(a, words);
    size_t len = strlen(s);
    if (len > 1 && s[len - 1] == 'y' && !strchr("aeiou", s[len - 2]))
        return arena_printf(a, "%.*sies", (int)len - 1, s);
    return arena_printf(a, "%s%s", s, len && s[len - 1] == 's' ? "es" : "s");
}
