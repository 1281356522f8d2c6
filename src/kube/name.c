#include "kube/name.h"

#include <ctype.h>
#include <string.h>

bool kube_name_check(const char *what, const char *text, struct error *err)
{
    if (*text == '\0')
        return error_set(err, "%s is empty", what);
    if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
        return error_set(err, "%s '%s': no object can have that name", what, text);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (iscntrl(*p))
            return error_set(err, "%s '%s' holds a control character (byte %d)", what, text, *p);
        if (strchr("/%?#", *p))
            return error_set(err, "%s '%s' holds '%c', which no name may hold", what, text, *p);
    }
    return true;
}

bool kube_name_check_resource(const char *text, struct error *err)
{
    if (*text == '\0')
        return error_set(err, "no resource type given: name one, such as 'deployment' or "
                              "'certificates.cert-manager.io'");
    bool good = *text != '.' && strstr(text, "..") == NULL;
    for (const char *p = text; *p; p++)
        good = good && (isalnum((unsigned char)*p) || *p == '-' || *p == '.');
    if (good)
        return true;
    return error_set(err,
                     "'%s' is not a resource type: write a plural, singular, kind or short name, "
                     "with its group where needed ('deployment', 'certificates.cert-manager.io')",
                     text);
}

bool kube_name_check_namespace(const char *text, struct error *err)
{
    size_t len = strlen(text);
    bool good = len > 0 && len <= 63 && text[0] != '-' && text[len - 1] != '-';
    for (size_t i = 0; good && i < len; i++)
        good = islower((unsigned char)text[i]) || isdigit((unsigned char)text[i]) || text[i] == '-';
    if (good)
        return true;
    return error_set(err,
                     "namespace '%s' is not a valid name: at most 63 lower case letters, digits "
                     "and '-'",
                     text);
}

bool kube_name_parse(struct arena *a, const char *text, struct kube_name *out, struct error *err)
{
    *out = (struct kube_name){0};
    const char *from = text + strspn(text, " ");
    size_t end = strlen(from);
    while (end && from[end - 1] == ' ')
        end--;
    char *words = arena_copy(a, from, end);
    char *cut = words + strcspn(words, "/ ");
    char separator = *cut;
    if (strpbrk(words, ","))
        return error_set(err, "'%s' names several types: ask for one at a time", text);
    if (separator) {
        *cut = '\0';
        out->name = cut + 1 + strspn(cut + 1, " ");
        if (strchr(out->name, ' '))
            return error_set(err, "'%s' names several objects: ask for one at a time", text);
        if (!kube_name_check("name", out->name, err))
            return false;
    }
    out->resource = words;
    return kube_name_check_resource(words, err);
}

const char *kube_name_of_kind(struct arena *a, const char *kind, const char *api_version)
{
    const char *slash = strchr(api_version, '/');
    return slash ? arena_printf(a, "%s.%s.%.*s", kind, slash + 1, (int)(slash - api_version),
                                api_version)
                 : arena_printf(a, "%s.%s.", kind, api_version);
}
