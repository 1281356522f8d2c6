// Which of the environment's proxies is taken: one row a rule of Go's httpproxy.
#include <criterion/criterion.h>
#include <stdlib.h>

#include "kube/proxy.h"

static struct arena memory;

static void forget(void)
{
    static const char *const names[] = {"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy",
                                        "NO_PROXY",   "no_proxy",   "ALL_PROXY"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

static void end(void)
{
    arena_free(&memory);
}

TestSuite(kube_proxy, .init = forget, .fini = end);

Test(kube_proxy, is_the_environments)
{
    cr_expect_str_eq(kube_proxy_environment(&memory, true, "api.test", "443"), "");
    setenv("ALL_PROXY", "http://all:1", 1);
    cr_expect_str_eq(kube_proxy_environment(&memory, true, "api.test", "443"), "");
    setenv("http_proxy", "plain:1", 1);
    setenv("https_proxy", "http://low:1", 1);
    cr_expect_str_eq(kube_proxy_environment(&memory, true, "api.test", "443"), "http://low:1");
    setenv("HTTPS_PROXY", "", 1);
    cr_expect_str_eq(kube_proxy_environment(&memory, true, "api.test", "443"), "http://low:1");
    setenv("HTTPS_PROXY", "socks5://joe:x@up:1", 1);
    cr_expect_str_eq(kube_proxy_environment(&memory, true, "api.test", "443"),
                     "socks5h://joe:x@up:1");
    cr_expect_str_eq(kube_proxy_environment(&memory, false, "api.test", "80"), "http://plain:1");
    setenv("no_proxy", "api.test", 1);
    cr_expect_str_eq(kube_proxy_environment(&memory, true, "api.test", "443"), "");
    setenv("NO_PROXY", "else.test", 1);
    cr_expect_str_eq(kube_proxy_environment(&memory, true, "api.test", "443"),
                     "socks5h://joe:x@up:1");
}

Test(kube_proxy, has_exceptions)
{
    static const struct {
        const char *no_proxy, *host;
        bool exempt;
    } cases[] = {
        {"", "localhost", true},
        {"", "LocalHost", true},
        {"", "127.9.9.9", true},
        {"", "[::1]", true},
        {"", "[::ffff:127.0.0.1]", true},
        {"", "127.test", false},
        {"", "128.0.0.1", false},
        {"", "[::2]", false},
        {"*", "api.test", true},
        {"a.test,*", "[fd00::1]", true},
        {"api.test", "api.test", true},
        {"API.test", "api.TEST", true},
        {"test", "api.test", true},
        {"test", "test", true},
        {"est", "api.test", false},
        {".test", "api.test", true},
        {".test", "test", false},
        {"*.test", "api.test", true},
        {"*.test", "test", false},
        {" a , api.test\t", "api.test", true},
        {"a api.test", "api.test", false},
        {",,", "api.test", false},
        {".", "api.test", false},
        {":6443", "api.test", false},
        {"api.test:6443", "api.test", true},
        {"api.test:443", "api.test", false},
        {"api.test:443,test:6443", "api.test", true},
        {"10.0.0.5", "10.0.0.5", true},
        {"10.0.0.5", "10.0.0.50", false},
        {"10.0.0.5", "api.10.0.0.5", false},
        {"10.0.0.5:6443", "10.0.0.5", true},
        {"10.0.0.5:1", "10.0.0.5", false},
        {"::ffff:10.0.0.5", "10.0.0.5", true},
        {"fd00::5", "[fd00::5]", true},
        {"fd00::5", "[fd00:0::0005]", true},
        {"[fd00::5]", "[fd00::5]", true},
        {"[fd00::5]:6443", "[fd00::5]", true},
        {"[fd00::5]:1", "[fd00::5]", false},
        {"10.0.0.0/8", "10.200.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"10.0.0.0/9", "10.127.0.1", true},
        {"10.0.0.0/9", "10.128.0.1", false},
        {"10.0.0.5/32", "10.0.0.5", true},
        {"0.0.0.0/0", "10.0.0.5", true},
        {"0.0.0.0/0", "[fd00::5]", false},
        {"0.0.0.0/0", "api.test", false},
        {"10.0.0.0/33", "10.0.0.5", false},
        {"10.0.0.0/", "10.0.0.5", false},
        {"10.0.0.0/8x", "10.0.0.5", false},
        {"fd00::/8", "[fdff::1]", true},
        {"fd00::/8", "[fe00::1]", false},
        {"fd00::/128", "[fd00::]", true},
        {"::/0", "[fd00::1]", true},
    };
    setenv("HTTPS_PROXY", "http://proxy:1", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setenv("NO_PROXY", cases[i].no_proxy, 1);
        cr_expect_str_eq(kube_proxy_environment(&memory, true, cases[i].host, "6443"),
                         cases[i].exempt ? "" : "http://proxy:1", "NO_PROXY=%s for %s",
                         cases[i].no_proxy, cases[i].host);
    }
}
