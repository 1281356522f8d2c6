#include "kube/proxy.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// An IPv4 address as the IPv6 one that it is mapped to.
struct ip {
    unsigned char bytes[16];
};

static bool ip_read(const char *text, struct ip *ip)
{
    static const struct ip mapped = {{[10] = 0xff, 0xff}};
    *ip = mapped;
    return inet_pton(AF_INET, text, ip->bytes + 12) == 1 ||
           inet_pton(AF_INET6, text, ip->bytes) == 1;
}

static bool is_loopback(const struct ip *ip)
{
    struct ip v6, v4;
    ip_read("::1", &v6);
    ip_read("127.0.0.1", &v4);
    return memcmp(ip, &v6, sizeof v6) == 0 || memcmp(ip, &v4, 13) == 0;
}

static bool has_prefix(const struct ip *ip, const struct ip *network, long bits)
{
    size_t whole = (size_t)bits / 8;
    int rest = 8 - (int)(bits % 8);
    return memcmp(ip, network, whole) == 0 &&
           (rest == 8 || ip->bytes[whole] >> rest == network->bytes[whole] >> rest);
}

// "10.0.0.0/8" or "fd00::/8"; `is` is NULL when the host is a name.
static bool network_holds(struct arena *a, const char *text, const struct ip *is)
{
    struct ip network;
    const char *slash = strchr(text, '/');
    bool good = slash && ip_read(arena_copy(a, text, (size_t)(slash - text)), &network);
    bool v4 = good && strchr(text, ':') == NULL;
    char *end = NULL;
    long bits = good ? strtol(slash + 1, &end, 10) : -1;
    good = good && slash[1] && *end == '\0' && bits >= 0 && bits <= (v4 ? 32 : 128);
    return good && is && has_prefix(is, &network, bits + (v4 ? 96 : 0));
}

// Takes ":port" off the end of the text, and an IPv6 address out of its brackets. Returns the port,
// "" when there is none.
static const char *port_take(char **text)
{
    char *close = **text == '[' ? strchr(*text, ']') : NULL;
    char *colon = close ? close + 1 : strchr(*text, ':');
    bool bare6 = !close && colon && strchr(colon + 1, ':');
    if (close) {
        *close = '\0';
        ++*text;
    }
    if (colon == NULL || bare6 || *colon != ':')
        return "";
    *colon = '\0';
    return colon + 1;
}

// "foo.com" is that and all below it, ".foo.com" and "*.foo.com" what is below it.
static bool name_fits(const char *pattern, const char *host)
{
    bool below = *pattern == '.' || strncmp(pattern, "*.", 2) == 0;
    pattern += strncmp(pattern, "*.", 2) == 0 ? 2 : *pattern == '.';
    size_t len = strlen(pattern), host_len = strlen(host);
    if (len == 0 || host_len < len || strcasecmp(host + host_len - len, pattern) != 0)
        return false;
    return host_len == len ? !below : host[host_len - len - 1] == '.';
}

// One of NO_PROXY's list.
static bool exempts(struct arena *a, char *text, const char *host, const struct ip *is,
                    const char *port)
{
    struct ip ip;
    text += strspn(text, " \t");
    for (size_t len = strlen(text); len && strchr(" \t", text[len - 1]); len--)
        text[len - 1] = '\0';
    if (strcmp(text, "*") == 0 || network_holds(a, text, is))
        return true;
    const char *only = port_take(&text);
    bool fits = ip_read(text, &ip) ? is && memcmp(is, &ip, sizeof ip) == 0 : name_fits(text, host);
    return fits && (*only == '\0' || strcmp(only, port) == 0);
}

// The first that is set and not empty.
static const char *environment(const char *upper, const char *lower)
{
    const char *text = getenv(upper);
    if (text == NULL || *text == '\0')
        text = getenv(lower);
    return text ? text : "";
}

const char *kube_proxy_url(struct arena *a, const char *url)
{
    bool socks = strncasecmp(url, "socks5://", 9) == 0;
    return socks ? arena_printf(a, "socks5h://%s", url + 9) : arena_dup(a, url);
}

const char *kube_proxy_environment(struct arena *a, bool https, const char *host, const char *port)
{
    const char *proxy =
        https ? environment("HTTPS_PROXY", "https_proxy") : environment("HTTP_PROXY", "http_proxy");
    char *name = arena_dup(a, host), *state = NULL;
    struct ip ip;
    if (*name == '[')
        port_take(&name);
    const struct ip *is = ip_read(name, &ip) ? &ip : NULL;
    if (*proxy == '\0' || strcasecmp(name, "localhost") == 0 || (is && is_loopback(is)))
        return "";
    char *list = arena_dup(a, environment("NO_PROXY", "no_proxy"));
    for (char *one = strtok_r(list, ",", &state); one; one = strtok_r(NULL, ",", &state))
        if (exempts(a, one, name, is, port))
            return "";
    return kube_proxy_url(a, strstr(proxy, "://") ? proxy : arena_printf(a, "http://%s", proxy));
}
