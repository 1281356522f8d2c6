#include "kube/cluster.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kube/proxy.h"

bool kube_server_is_https(const struct kube_config *c)
{
    return strncasecmp(c->server, "https:", 6) == 0;
}

static bool is_host(const char *text)
{
    for (const char *p = text; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("-._:[]", *p))
            return false;
    return *text != '\0';
}

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits <= 5 && text[digits] == '\0' && strtol(text, NULL, 10) <= 65535;
}

// Parts "host:port", with the port NULL when there is none. An IPv6 address stands in brackets.
static bool authority_split(struct arena *a, const char *text, char **host, char **port)
{
    *host = arena_dup(a, text);
    char *colon = strrchr(*host, ':');
    *port = NULL;
    if (**host == '[') {
        char *end = strchr(*host, ']');
        if (end == NULL || (end[1] && end[1] != ':'))
            return false;
        colon = end[1] ? end + 1 : NULL;
    } else if (colon && strchr(*host, ':') != colon) {
        return false;
    }
    if (colon) {
        *colon = '\0';
        *port = colon + 1;
    }
    return is_host(*host) && (*port == NULL || is_port(*port));
}

bool kube_server_set(struct kube_config *c, const char *what, const char *url, const char *tls_name,
                     struct error *err)
{
    struct arena *a = &c->memory;
    // Without a scheme, kubectl speaks plain HTTP.
    char *text = arena_printf(a, "%s%s", strstr(url, "://") ? "" : "http://", url);
    text[strcspn(text, "?#")] = '\0';
    bool https = strncasecmp(text, "https://", 8) == 0;
    if (!https && strncasecmp(text, "http://", 7) != 0)
        return error_set(err, "kubeconfig: %s: server '%s' is neither an http nor an https URL",
                         what, url);
    const char *from = text + (https ? 8 : 7), *path = from + strcspn(from, "/");
    for (size_t len = strlen(text); text + len > from && text[len - 1] == '/'; len--)
        text[len - 1] = '\0';
    const char *authority = arena_copy(a, from, (size_t)(path - from));
    char *host, *port;
    if (strchr(authority, '@'))
        return error_set(err,
                         "kubeconfig: %s: the server's URL holds credentials: put them into the "
                         "user's 'username' and 'password'",
                         what);
    bool good = authority_split(a, authority, &host, &port);
    for (const char *p = path; *p; p++)
        good = good && *p > ' ' && *p < 0x7f;
    if (!good)
        return error_set(err,
                         "kubeconfig: %s: server '%s' is not a URL such as "
                         "https://10.0.0.1:6443",
                         what, url);
    c->server = c->base_url = text;
    c->proxy = kube_proxy_environment(a, https, host, port ? port : https ? "443" : "80");
    if (tls_name == NULL || !https)
        return true;
    if (!is_host(tls_name) || strchr(tls_name, '['))
        return error_set(err, "kubeconfig: %s: tls-server-name '%s' is not a host name", what,
                         tls_name);
    bool ipv6 = strchr(tls_name, ':') != NULL;
    c->base_url = arena_printf(a, "https://%s%s%s%s%s%s", ipv6 ? "[" : "", tls_name,
                               ipv6 ? "]" : "", port ? ":" : "", port ? port : "", path);
    c->connect_to = arena_printf(a, "%s:%s", host, port ? port : "443");
    c->host_header = arena_printf(a, "Host: %s", authority);
    return true;
}

static bool proxy_set(struct kube_config *c, const struct kube_entry *e, const char *url,
                      struct error *err)
{
    static const char *const schemes[] = {"http://", "https://", "socks5://", "socks5h://"};
    bool known = false;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        known = known || strncasecmp(url, schemes[i], strlen(schemes[i])) == 0;
    if (!known)
        return error_set(err,
                         "kubeconfig: %s: proxy-url '%s' must start with http://, https:// or "
                         "socks5://",
                         e->what, url);
    c->proxy = kube_proxy_url(&c->memory, url);
    return true;
}

bool kube_cluster_read(struct kube_config *c, const struct kube_entry *e, struct error *err)
{
    const char *server, *tls_name, *proxy;
    bool insecure;
    if (!kube_entry_text(e, "server", &server, err) ||
        !kube_entry_text(e, "tls-server-name", &tls_name, err) ||
        !kube_entry_text(e, "proxy-url", &proxy, err) ||
        !kube_entry_flag(e, "insecure-skip-tls-verify", &insecure, err))
        return false;
    if (server == NULL)
        return error_set(err,
                         "kubeconfig: %s has no server: give it one, such as "
                         "'server: https://10.0.0.1:6443'",
                         e->what);
    if (!kube_server_set(c, e->what, server, tls_name, err) ||
        (proxy && !proxy_set(c, e, proxy, err)))
        return false;
    if (!kube_server_is_https(c))
        return true;
    c->insecure = insecure;
    if (!kube_entry_pem(&c->memory, e, "certificate-authority", KUBE_PEM_CERTIFICATE, &c->ca_pem,
                        err))
        return false;
    if (c->insecure && c->ca_pem)
        return error_set(err,
                         "kubeconfig: %s has both insecure-skip-tls-verify and a "
                         "certificate-authority: remove one (better the first)",
                         e->what);
    return true;
}
