#include "kube/kubeconfig.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kube/cluster.h"
#include "kube/kubefile.h"
#include "kube/name.h"
#include "kube/plugin.h"
#include "kube/user.h"

static const char pod_folder[] = "/var/run/secrets/kubernetes.io/serviceaccount";

// What loading looks at: the options with their defaults filled in.
struct source {
    const struct kube_config_options *options;
    char *(*env)(const char *name);
    const char *pod_token; // the service account's token file, or NULL: we run in no pod
};

static const char *setting(const struct source *s, const char *name)
{
    const char *value = s->env(name);
    return value && *value ? value : NULL;
}

static const char *pod_path(struct arena *a, const struct source *s, const char *name)
{
    return arena_printf(a, "%s/%s", s->options->pod_folder ? s->options->pod_folder : pod_folder,
                        name);
}

static void source_init(struct arena *a, struct source *s, const struct kube_config_options *o)
{
    struct stat info;
    *s = (struct source){.options = o, .env = o->env ? o->env : getenv};
    const char *token = pod_path(a, s, "token");
    if (setting(s, "KUBERNETES_SERVICE_HOST") && setting(s, "KUBERNETES_SERVICE_PORT") &&
        stat(token, &info) == 0 && !S_ISDIR(info.st_mode))
        s->pod_token = token;
}

static bool pod_read(struct kube_config *c, const struct source *s, struct error *err)
{
    struct arena *a = &c->memory;
    const char *host = setting(s, "KUBERNETES_SERVICE_HOST"),
               *port = setting(s, "KUBERNETES_SERVICE_PORT");
    const char *brackets = strchr(host, ':') && *host != '[' ? "[]" : "";
    size_t len;
    c->where = "the pod's service account";
    if (!kube_server_set(c, "KUBERNETES_SERVICE_HOST and _PORT",
                         arena_printf(a, "https://%.1s%s%s:%s", brackets, host,
                                      *brackets ? brackets + 1 : "", port),
                         NULL, err))
        return false;
    c->token_file = s->pod_token;
    c->ca_pem = kube_file_text(a, pod_path(a, s, "ca.crt"), &len, NULL);
    return true;
}

// The context that is wanted, or else the current one; NULL with `err` set.
static const struct kube_entry *context_choose(struct arena *a, const struct kube_files *files,
                                               const char *wanted, struct error *err)
{
    const char *name = wanted ? wanted : files->current;
    const char *names = kube_entry_names(a, files, KUBE_CONTEXTS);
    const struct kube_entry *context = name ? kube_entry_find(files, KUBE_CONTEXTS, name) : NULL;
    if (name == NULL)
        error_set(err,
                  "no context chosen: %s has no current-context; name one with --context or "
                  "'kubectl config use-context' (there are: %s)",
                  files->found, names);
    else if (context == NULL)
        error_set(err, "context '%s' is not in the kubeconfig %s (there are: %s)", name,
                  *files->found ? files->found : "files looked for", names);
    return context;
}

// Finds the cluster or user that a context names; *out stays NULL when it names none.
static bool part_find(struct kube_config *c, const struct kube_files *files,
                      const struct kube_entry *context, enum kube_section section,
                      const char *field, const struct kube_entry **out, struct error *err)
{
    const char *name;
    *out = NULL;
    if (!kube_entry_text(context, field, &name, err))
        return false;
    if (name == NULL)
        return true;
    *out = kube_entry_find(files, section, name);
    return *out || error_set(err,
                             "kubeconfig: %s names the %s '%s', which %s does not have (there "
                             "are: %s)",
                             context->what, field, name, files->found,
                             kube_entry_names(&c->memory, files, section));
}

static bool context_read(struct kube_config *c, const struct kube_files *files, const char *wanted,
                         struct error *err)
{
    const struct kube_entry *context = context_choose(&c->memory, files, wanted, err), *cluster,
                            *user;
    if (context == NULL || !part_find(c, files, context, KUBE_CLUSTERS, "cluster", &cluster, err) ||
        !part_find(c, files, context, KUBE_USERS, "user", &user, err) ||
        !kube_entry_text(context, "namespace", &c->namespace, err))
        return false;
    c->context = context->name;
    c->where = context->what;
    if (cluster == NULL)
        return error_set(err, "kubeconfig: %s names no cluster: add 'cluster: NAME'",
                         context->what);
    if (!kube_cluster_read(c, cluster, err))
        return false;
    c->user = user ? user->name : NULL;
    return user == NULL || kube_user_read(c, cluster, user, err);
}

static bool namespace_set(struct kube_config *c, const struct source *s, struct error *err)
{
    size_t len;
    if (s->options->namespace)
        c->namespace = arena_dup(&c->memory, s->options->namespace);
    if (c->namespace == NULL && s->pod_token) {
        c->namespace = arena_dup(&c->memory, setting(s, "POD_NAMESPACE"));
        char *text = kube_file_text(&c->memory, pod_path(&c->memory, s, "namespace"), &len, NULL);
        if (c->namespace == NULL && text && len)
            text[strcspn(text, " \t\r\n")] = '\0', c->namespace = *text ? text : NULL;
    }
    if (c->namespace == NULL)
        c->namespace = "default";
    error_local(why);
    return kube_name_check_namespace(c->namespace, &why) ||
           error_set(err, "%s (from %s)", error_text(&why),
                     s->options->namespace ? "the options" : c->where);
}

static bool config_read(struct kube_config *c, const struct kube_config_options *o,
                        struct error *err)
{
    struct source s;
    struct kube_files files;
    source_init(&c->memory, &s, o);
    const char *home = setting(&s, "HOME"), *cache = setting(&s, "XDG_CACHE_HOME");
    if (cache && *cache == '/')
        c->cache_folder = arena_printf(&c->memory, "%s/runbook", cache);
    else if (home)
        c->cache_folder = arena_printf(&c->memory, "%s/.cache/runbook", home);
    if (!kube_files_read(&c->memory, o->path, setting(&s, "KUBECONFIG"), home, &files, err))
        return false;
    bool empty = files.current == NULL && !files.sections[KUBE_CLUSTERS] &&
                 !files.sections[KUBE_USERS] && !files.sections[KUBE_CONTEXTS];
    if (!empty || o->path || o->context) {
        if (!context_read(c, &files, o->context, err))
            return false;
    } else if (s.pod_token) {
        if (!pod_read(c, &s, err))
            return false;
    } else if (o->stand_in) {
        c->where = "no kubeconfig";
        c->server = c->base_url = "https://cluster.invalid";
    } else {
        return error_set(err,
                         "no kubeconfig found (looked for %s), and this is no pod of a cluster: "
                         "name one with --kubeconfig or KUBECONFIG",
                         *files.looked ? files.looked : "$HOME/.kube/config, and HOME is not set");
    }
    if (c->plugin)
        c->plugin->no_input = o->no_input;
    return namespace_set(c, &s, err);
}

struct kube_config *kube_config_load(const struct kube_config_options *o, struct error *err)
{
    struct kube_config *c = mem_alloc(sizeof *c);
    if (config_read(c, o, err))
        return c;
    kube_config_free(c);
    return NULL;
}

void kube_config_free(struct kube_config *c)
{
    if (c == NULL)
        return;
    arena_free(&c->memory);
    free(c);
}
