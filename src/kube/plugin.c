#include "kube/plugin.h"

#include <ctype.h>
#include <string.h>

#include "base/base64.h"

static const char group[] = "client.authentication.k8s.io/";

// Here `exec` is the exec section, as if it were an entry of its own.
static bool required_read(const struct kube_entry *exec, const char *field, const char **out,
                          struct error *err)
{
    return kube_entry_text(exec, field, out, err) &&
           (*out || error_set(err, "kubeconfig: %s has no '%s': add it", exec->what, field));
}

static bool version_read(const struct kube_entry *exec, struct kube_plugin *p, struct error *err)
{
    if (!required_read(exec, "apiVersion", &p->api_version, err))
        return false;
    size_t len = sizeof group - 1;
    const char *version = strncmp(p->api_version, group, len) == 0 ? p->api_version + len : "";
    if (strcmp(version, "v1") == 0 || strcmp(version, "v1beta1") == 0)
        return true;
    return error_set(err,
                     "kubeconfig: %s: apiVersion is '%s', and only %sv1 and %sv1beta1 are "
                     "supported: update the plugin, and write one of these",
                     exec->what, p->api_version, group, group);
}

static bool interaction_read(const struct kube_entry *exec, struct kube_plugin *p,
                             struct error *err)
{
    static const char *const names[] = {[KUBE_ASKS_NEVER] = "Never",
                                        [KUBE_ASKS_IF_AVAILABLE] = "IfAvailable",
                                        [KUBE_ASKS_ALWAYS] = "Always"};
    const char *mode;
    if (!kube_entry_text(exec, "interactiveMode", &mode, err))
        return false;
    bool beta = strstr(p->api_version, "beta") != NULL;
    if (mode == NULL && beta)
        mode = "IfAvailable";
    for (size_t i = 0; mode && i < sizeof names / sizeof *names; i++) {
        p->asks = (enum kube_interaction)i;
        if (strcmp(mode, names[i]) == 0)
            return true;
    }
    return error_set(
        err, "kubeconfig: %s: interactiveMode %s%s: write Never, IfAvailable or Always", exec->what,
        mode ? "cannot be " : "is missing, and v1 requires it", mode ? mode : "");
}

// argv: the command and its args. A command with a slash is relative to the kubeconfig's folder.
static bool command_read(struct kube_config *c, const struct kube_entry *exec,
                         struct kube_plugin *p, struct error *err)
{
    const char *command;
    const struct value *args = value_get(exec->fields, "args");
    if (!required_read(exec, "command", &command, err))
        return false;
    if (!kube_is_null(args) && args->type != VALUE_ARRAY)
        return error_set(err, "kubeconfig: %s: 'args' must be a list of texts", exec->what);
    const char **argv = arena_alloc(&c->memory, (value_count(args) + 2) * sizeof *argv);
    argv[0] = strchr(command, '/') ? kube_entry_path(&c->memory, exec, command) : command;
    for (size_t i = 0; i < value_count(args); i++) {
        const struct value *arg = value_at(args, i);
        if (arg->type != VALUE_STRING || strlen(arg->string.text) != arg->string.len)
            return error_set(err,
                             "kubeconfig: %s: item %zu of 'args' is %s, not text: put it in quotes",
                             exec->what, i + 1, kube_type_name(arg));
        argv[i + 1] = arg->string.text;
    }
    p->argv = argv;
    return true;
}

static bool env_read(struct kube_config *c, const struct kube_entry *exec, struct kube_plugin *p,
                     struct error *err)
{
    const struct value *list = value_get(exec->fields, "env");
    if (!kube_is_null(list) && list->type != VALUE_ARRAY)
        return error_set(err, "kubeconfig: %s: 'env' must be a list of name and value", exec->what);
    const char **env = arena_alloc(&c->memory, (value_count(list) + 1) * sizeof *env);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *name = value_get(value_at(list, i), "name");
        const struct value *text = value_get(value_at(list, i), "value");
        bool plain = *value_text(name) && strchr(name->string.text, '=') == NULL &&
                     (kube_is_null(text) || text->type == VALUE_STRING);
        if (!plain)
            return error_set(err,
                             "kubeconfig: %s: item %zu of 'env' must have a name and a value, both "
                             "text",
                             exec->what, i + 1);
        env[i] = arena_printf(&c->memory, "%s=%s", name->string.text, value_text(text));
    }
    p->env = env;
    return true;
}

// What the cluster's extension says to plugins, or NULL.
static const struct value *cluster_config(const struct kube_entry *cluster)
{
    const struct value *list = value_get(cluster->fields, "extensions");
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_get_text(value_at(list, i), "name"),
                   "client.authentication.k8s.io/exec") == 0)
            return value_get(value_at(list, i), "extension");
    return NULL;
}

// The Cluster of an ExecCredential's spec.
static const struct value *cluster_describe(struct kube_config *c, const struct kube_entry *cluster)
{
    struct arena *a = &c->memory;
    struct value *v = value_object(a);
    const struct value *tls_name = value_get(cluster->fields, "tls-server-name");
    const struct value *proxy = value_get(cluster->fields, "proxy-url");
    const struct value *config = cluster_config(cluster);
    value_set(a, v, "server", value_string(a, c->server));
    if (*value_text(tls_name))
        value_set(a, v, "tls-server-name", (struct value *)tls_name);
    if (c->insecure)
        value_set(a, v, "insecure-skip-tls-verify", value_bool(a, true));
    if (c->ca_pem)
        value_set(a, v, "certificate-authority-data",
                  value_string(a, base64_encode(a, c->ca_pem, strlen(c->ca_pem))));
    if (*value_text(proxy))
        value_set(a, v, "proxy-url", (struct value *)proxy);
    if (!kube_is_null(config))
        value_set(a, v, "config", (struct value *)config);
    return v;
}

// The hint is shown on a terminal: without escape sequences.
static char *harmless(char *text)
{
    for (char *p = text; *p; p++)
        if (iscntrl((unsigned char)*p))
            *p = ' ';
    return text;
}

static bool provider_refuse(const struct kube_entry *user, const struct value *provider,
                            struct error *err)
{
    const char *name = value_get_text(provider, "name");
    const char *successor = strcmp(name, "gcp") == 0     ? "gke-gcloud-auth-plugin"
                            : strcmp(name, "azure") == 0 ? "kubelogin (github.com/Azure/kubelogin)"
                                                         : NULL;
    if (successor)
        return error_set(err,
                         "kubeconfig: %s uses auth-provider '%s', which Kubernetes has removed in "
                         "favour of the exec plugin %s: install that, and write an 'exec' section "
                         "that runs it in place of auth-provider",
                         user->what, name, successor);
    return error_set(err,
                     "kubeconfig: %s uses auth-provider '%s', which is not supported: write an "
                     "'exec' section with a credential plugin, a 'token' or a client certificate "
                     "in its place",
                     user->what, name);
}

bool kube_plugin_read(struct kube_config *c, const struct kube_entry *cluster,
                      const struct kube_entry *user, struct error *err)
{
    const struct value *fields = value_get(user->fields, "exec");
    const struct value *provider = value_get(user->fields, "auth-provider");
    if (kube_is_null(fields))
        return kube_is_null(provider) || provider_refuse(user, provider, err);
    if (!kube_is_null(provider))
        return error_set(err, "kubeconfig: %s has both exec and auth-provider: remove one",
                         user->what);
    struct kube_entry exec = *user;
    exec.fields = fields;
    exec.what = arena_printf(&c->memory, "the exec plugin of %s", user->what);
    bool tells_cluster;
    const char *hint;
    struct kube_plugin *p = arena_alloc(&c->memory, sizeof *p);
    if (fields->type != VALUE_OBJECT)
        return error_set(err,
                         "kubeconfig: %s: 'exec' must be a mapping with command and apiVersion",
                         user->what);
    if (!command_read(c, &exec, p, err) || !version_read(&exec, p, err) ||
        !interaction_read(&exec, p, err) || !env_read(c, &exec, p, err) ||
        !kube_entry_flag(&exec, "provideClusterInfo", &tells_cluster, err) ||
        !kube_entry_text(&exec, "installHint", &hint, err))
        return false;
    p->what = user->what;
    p->hint = hint ? harmless(arena_dup(&c->memory, hint)) : "";
    p->cluster = tells_cluster ? cluster_describe(c, cluster) : NULL;
    c->plugin = p;
    return true;
}
