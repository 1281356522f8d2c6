#include <criterion/criterion.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "kube/kubeconfig.h"
#include "net/mint.h"

static struct arena memory;
static struct error err;
static char folder[64];
static struct mint pems; // a CA, a certificate and a key, as files ca.pem, cert.pem and key.pem too
static const char *ca64, *cert64, *key64;

// The environment of a test: "NAME=value" lines, ended by NULL.
static char *settings[8];

static char *fake_env(const char *name)
{
    size_t len = strlen(name);
    for (char **line = settings; *line; line++)
        if (strncmp(*line, name, len) == 0 && (*line)[len] == '=')
            return *line + len + 1;
    return NULL;
}

static void set(const char *format, const char *text)
{
    char **line = settings;
    while (*line)
        line++;
    *line = arena_printf(&memory, "%s%s", format, text);
}

static const char *path(const char *name)
{
    return arena_printf(&memory, "%s/%s", folder, name);
}

// Writes a file in which @FOLDER, @CA, @CERT and @KEY are filled in; ' is " in none of them.
static const char *write_file(const char *name, const char *text)
{
    struct buf out = {0};
    for (const char *p = text; *p;) {
        const char *fill = strncmp(p, "@FOLDER", 7) == 0 ? folder
                           : strncmp(p, "@CA", 3) == 0   ? ca64
                           : strncmp(p, "@CERT", 5) == 0 ? cert64
                           : strncmp(p, "@KEY", 4) == 0  ? key64
                                                         : NULL;
        if (fill) {
            buf_puts(&out, fill);
            p += 1 + strspn(p + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        } else {
            buf_putc(&out, *p++);
        }
    }
    const char *full = path(name);
    cr_assert(file_write(full, buf_text(&out), out.len, &err), "%s", error_text(&err));
    buf_free(&out);
    return full;
}

static void begin(void)
{
    strcpy(folder, "/tmp/kubeconfig-test-XXXXXX");
    cr_assert(mkdtemp(folder));
    cr_assert(mint_certificate(&pems, "billing", 0, 86400, &err), "%s", error_text(&err));
    ca64 = base64_encode(&memory, pems.ca_pem, strlen(pems.ca_pem));
    cert64 = base64_encode(&memory, pems.cert_pem, strlen(pems.cert_pem));
    key64 = base64_encode(&memory, pems.key_pem, strlen(pems.key_pem));
    file_write(path("ca.pem"), pems.ca_pem, strlen(pems.ca_pem), NULL);
    file_write(path("cert.pem"), pems.cert_pem, strlen(pems.cert_pem), NULL);
    file_write(path("key.pem"), pems.key_pem, strlen(pems.key_pem), NULL);
    memset(settings, 0, sizeof settings);
}

static void end(void)
{
    DIR *dir = opendir(folder);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
        if (e->d_name[0] != '.')
            unlink(path(e->d_name));
    if (dir)
        closedir(dir);
    rmdir(folder);
    mint_free(&pems);
    arena_free(&memory);
}

TestSuite(kubeconfig, .init = begin, .fini = end);

static struct kube_config *load(const char *file, const char *context)
{
    struct kube_config_options o = {
        .path = file, .context = context, .env = fake_env, .pod_folder = folder};
    return kube_config_load(&o, &err);
}

static struct kube_config *load_well(const char *file, const char *context)
{
    struct kube_config *c = load(file, context);
    cr_assert(c, "%s", error_text(&err));
    return c;
}

#define CONTEXT "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
#define CLUSTER "clusters: [{name: k, cluster: {server: 'https://10.0.0.1:6443'}}]\n"
#define USER    "users: [{name: u, user: {token: secret}}]\n"
#define EXEC                                                                                       \
    "users: [{name: u, user: {exec: {command: a, apiVersion: client.authentication.k8s.io/"        \
    "v1beta1, "

Test(kubeconfig, reads_every_field)
{
    write_file("token", " from-the-file \n");
    const char *file = write_file(
        "config",
        "apiVersion: v1\nkind: Config\npreferences: {}\n"
        "current-context: prod\n"
        "contexts:\n"
        "- name: prod\n  context: {cluster: k, user: u, namespace: scholarlink-prod}\n"
        "- name: files\n  context: {cluster: files, user: files}\n"
        "- name: named\n  context: {cluster: named, user: basic}\n"
        "- name: plain\n  context: {cluster: plain, user: u}\n"
        "- name: anonymous\n  context: {cluster: k}\n"
        "clusters:\n"
        "- name: k\n  cluster: {server: 'https://10.0.0.1:6443/', certificate-authority-data: "
        "@CA,\n"
        "    certificate-authority: /nowhere, proxy-url: 'socks5://127.0.0.1:1080'}\n"
        "- name: files\n  cluster: {server: 'https://[::1]:6443/k8s/c1?x#y', "
        "certificate-authority: ca.pem}\n"
        "- name: named\n  cluster: {server: 'https://10.0.0.1', tls-server-name: api.example.com,\n"
        "    insecure-skip-tls-verify: yes}\n"
        "- name: plain\n  cluster: {server: '127.0.0.1:8001', certificate-authority: /nowhere}\n"
        "users:\n"
        "- name: u\n  user: {client-certificate-data: @CERT, client-key-data: @KEY, token: "
        "secret,\n"
        "    client-certificate: /nowhere, as: admin, as-uid: '7', as-groups: [dev, ops],\n"
        "    as-user-extra: {'example.com/scope': [view, 'edit all']}}\n"
        "- name: files\n  user: {client-certificate: cert.pem, client-key: @FOLDER/key.pem, "
        "tokenFile: token}\n"
        "- name: basic\n  user: {username: ana, password: 'pa:ss'}\n");

    struct kube_config *c = load_well(file, NULL);
    cr_assert_str_eq(c->context, "prod");
    cr_assert_str_eq(c->namespace, "scholarlink-prod");
    cr_assert_str_eq(c->server, "https://10.0.0.1:6443");
    cr_assert_str_eq(c->base_url, "https://10.0.0.1:6443");
    cr_assert_str_eq(c->proxy, "socks5h://127.0.0.1:1080");
    cr_assert_str_eq(c->ca_pem, pems.ca_pem);
    cr_assert_str_eq(c->cert_pem, pems.cert_pem);
    cr_assert_str_eq(c->key_pem, pems.key_pem);
    cr_assert_str_eq(c->token, "secret");
    cr_assert_str_eq(c->user, "u");
    cr_assert(strstr(c->where, "context 'prod' of /tmp/"), "%s", c->where);
    static const char *const headers[] = {"Impersonate-User: admin",
                                          "Impersonate-Uid: 7",
                                          "Impersonate-Group: dev",
                                          "Impersonate-Group: ops",
                                          "Impersonate-Extra-example.com%2Fscope: view",
                                          "Impersonate-Extra-example.com%2Fscope: edit all"};
    for (size_t i = 0; i < 6; i++)
        cr_assert_str_eq(c->impersonate[i], headers[i]);
    cr_assert_null(c->impersonate[6]);
    kube_config_free(c);

    c = load_well(file, "files");
    cr_assert_str_eq(c->server, "https://[::1]:6443/k8s/c1");
    cr_assert_str_eq(c->namespace, "default");
    cr_assert_str_eq(c->proxy, "", "a loopback server is never asked through a proxy");
    cr_assert_str_eq(c->ca_pem, pems.ca_pem);
    cr_assert_str_eq(c->cert_pem, pems.cert_pem);
    cr_assert_str_eq(c->key_pem, pems.key_pem);
    cr_assert_str_eq(c->token_file, path("token"));
    kube_config_free(c);

    setenv("HTTPS_PROXY", "http://proxy.test:1", 1);
    setenv("NO_PROXY", "api.example.com", 1);
    c = load_well(file, "named");
    cr_assert_str_eq(c->base_url, "https://api.example.com");
    cr_assert_str_eq(c->connect_to, "10.0.0.1:443");
    cr_assert_str_eq(c->host_header, "Host: 10.0.0.1");
    cr_assert(c->insecure);
    cr_assert_str_eq(c->proxy, "http://proxy.test:1", "NO_PROXY is about the real host");
    cr_assert_str_eq(c->username, "ana");
    cr_assert_str_eq(c->password, "pa:ss");
    kube_config_free(c);

    // To a plain http server neither credentials nor a CA count, but impersonation does.
    c = load_well(file, "plain");
    cr_assert_str_eq(c->server, "http://127.0.0.1:8001");
    cr_assert_null(c->ca_pem);
    cr_assert_null(c->cert_pem);
    cr_assert_null(c->token);
    cr_assert_str_eq(c->impersonate[0], "Impersonate-User: admin");
    kube_config_free(c);

    c = load_well(file, "anonymous");
    cr_assert_null(c->user);
    cr_assert_null(c->token);
    kube_config_free(c);
}

// Each names the file, the entry and the field, and says what to write instead.
Test(kubeconfig, refuses_with_the_remedy)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"{", "does not parse"},
        {"just text", "is not a kubeconfig: it holds text, not a mapping"},
        {"[1]", "is not a kubeconfig: it holds a list"},
        {"kind: Pod", "is not a kubeconfig: its kind is 'Pod', not 'Config'"},
        {"apiVersion: v2", "its apiVersion is 'v2', not 'v1'"},
        {"apiVersion: 1", "'apiVersion' is a number, not text"},
        {"clusters: {}", "'clusters' is a mapping, not a list"},
        {"users: [{user: {}}]", "entry 1 of 'users' has no name that is text"},
        {"users: [null]", "entry 1 of 'users' has no name that is text"},
        {"users: [{name: 7}]", "entry 1 of 'users' has no name that is text"},
        {"users: [{name: u, user: x}]", "'user' of 'u' is text, not a mapping"},
        {"users: [{name: u}, {name: v}, {name: u}]", "two users have the name 'u'"},
        {"current-context: [c]", "'current-context' is a list, not text"},
        {"contexts: [{name: a}, {name: b}]", "no context chosen"},
        {"contexts: [{name: a}, {name: b}]", "(there are: a, b)"},
        {"current-context: x\ncontexts: [{name: a}]", "context 'x' is not in the kubeconfig"},
        {"current-context: c\ncontexts: [{name: c}]", "names no cluster: add 'cluster: NAME'"},
        {CONTEXT USER, "names the cluster 'k', which"},
        {CONTEXT CLUSTER "users: [{name: v}]", "names the user 'u', which"},
        {"current-context: c\ncontexts: [{name: c, context: {cluster: 5}}]",
         "context 'c' of @FOLDER/config: 'cluster' is a number, not text"},
        {"current-context: c\ncontexts: [{name: c, context: {cluster: k, namespace: "
         "A_b}}]\n" CLUSTER,
         "namespace 'A_b' is not a valid name"},

        {CONTEXT USER "clusters: [{name: k}]", "cluster 'k' of @FOLDER/config has no server"},
        {CONTEXT USER "clusters: [{name: k, cluster: {server: 7}}]", "'server' is a number"},
        {CONTEXT USER "clusters: [{name: k, cluster: {server: 'ftp://x'}}]", "neither an http nor"},
        {CONTEXT USER "clusters: [{name: k, cluster: {server: 'https://'}}]",
         "is not a URL such as"},
        {CONTEXT USER "clusters: [{name: k, cluster: {server: 'https://a b'}}]",
         "is not a URL such as"},
        {CONTEXT USER "clusters: [{name: k, cluster: {server: 'https://h:99999'}}]",
         "is not a URL"},
        {CONTEXT USER "clusters: [{name: k, cluster: {server: 'https://::1:6443'}}]",
         "is not a URL"},
        {CONTEXT USER "clusters: [{name: k, cluster: {server: 'https://me:pw@h'}}]",
         "the server's URL holds credentials"},
        {CONTEXT USER
         "clusters: [{name: k, cluster: {server: 'https://h', tls-server-name: 'a/b'}}]",
         "tls-server-name 'a/b' is not a host name"},
        {CONTEXT USER "clusters: [{name: k, cluster: {server: 'https://h', proxy-url: 'h:3128'}}]",
         "proxy-url 'h:3128' must start with http://"},
        {CONTEXT USER
         "clusters: [{name: k, cluster: {server: 'https://h', insecure-skip-tls-verify: 'so'}}]",
         "'insecure-skip-tls-verify' must be true or false"},
        {CONTEXT USER
         "clusters: [{name: k, cluster: {server: 'https://h', insecure-skip-tls-verify: true,"
         " certificate-authority-data: @CA}}]",
         "has both insecure-skip-tls-verify and a certificate-authority: remove one"},
        {CONTEXT USER
         "clusters: [{name: k, cluster: {server: 'https://h', certificate-authority: no.pem}}]",
         "cluster 'k' of @FOLDER/config: certificate-authority: could not open @FOLDER/no.pem"},
        {CONTEXT USER "clusters: [{name: k, cluster: {server: 'https://h', "
                      "certificate-authority-data: 'a*b='}}]",
         "certificate-authority-data: not base64: character 2 is not allowed there"},
        {CONTEXT USER "clusters: [{name: k, cluster: {server: 'https://h', "
                      "certificate-authority-data: 'aGVsbG8'}}]",
         "certificate-authority-data: not base64: it ends too early"},
        {CONTEXT USER "clusters: [{name: k, cluster: {server: 'https://h', "
                      "certificate-authority-data: aGVsbG8=}}]",
         "certificate-authority-data holds no PEM certificate"},

        {CONTEXT CLUSTER "users: [{name: u, user: {token: 12345}}]",
         "'token' is a number, not text"},
        {CONTEXT CLUSTER "users: [{name: u, user: {token: \"a\\nb\"}}]",
         "'token' holds a line break"},
        {CONTEXT CLUSTER "users: [{name: u, user: {tokenFile: gone}}]",
         "tokenFile: could not open @FOLDER/gone"},
        {CONTEXT CLUSTER "users: [{name: u, user: {token: a, username: b}}]",
         "has both a token and a username or password"},
        {CONTEXT CLUSTER "users: [{name: u, user: {client-certificate: cert.pem}}]",
         "has a client-certificate but no client-key"},
        {CONTEXT CLUSTER
         "users: [{name: u, user: {client-certificate-data: @CERT, client-key: ca.pem}}]",
         "client-key holds no PEM private key"},
        {CONTEXT CLUSTER "users: [{name: u, user: {client-certificate: ., client-key: key.pem}}]",
         "client-certificate: could not read"},
        {CONTEXT CLUSTER "users: [{name: u, user: {as-groups: [a]}}]",
         "without a user: add 'as: NAME'"},
        {CONTEXT CLUSTER "users: [{name: u, user: {as-uid: a}}]", "without a user: add 'as: NAME'"},
        {CONTEXT CLUSTER "users: [{name: u, user: {as: a, as-groups: b}}]",
         "'as-groups' must be a list"},
        {CONTEXT CLUSTER "users: [{name: u, user: {as: \"a\\r\\nX: y\"}}]",
         "'as' must be text of one line"},
        {CONTEXT CLUSTER "users: [{name: u, user: {exec: aws}}]",
         "'exec' must be a mapping with command and apiVersion"},
        {CONTEXT CLUSTER "users: [{name: u, user: {exec: {args: [a]}}}]",
         "has no 'command': add it"},
        {CONTEXT CLUSTER "users: [{name: u, user: {exec: {command: aws}}}]",
         "has no 'apiVersion': add it"},
        {CONTEXT CLUSTER "users: [{name: u, user: {exec: {command: a, apiVersion: "
                         "client.authentication.k8s.io/v1alpha1}}}]",
         "only client.authentication.k8s.io/v1 and client.authentication.k8s.io/v1beta1 are"},
        {CONTEXT CLUSTER "users: [{name: u, user: {exec: {command: a, apiVersion: v1}}}]",
         "apiVersion is 'v1'"},
        {CONTEXT CLUSTER "users: [{name: u, user: {exec: {command: a, apiVersion: "
                         "client.authentication.k8s.io/v1}}}]",
         "interactiveMode is missing, and v1 requires it: write Never, IfAvailable or Always"},
        {CONTEXT CLUSTER EXEC "interactiveMode: never}}}]", "interactiveMode cannot be never"},
        {CONTEXT CLUSTER EXEC "args: a}}}]", "'args' must be a list of texts"},
        {CONTEXT CLUSTER EXEC "args: [a, 7]}}}]", "item 2 of 'args' is a number, not text"},
        {CONTEXT CLUSTER EXEC "env: {A: b}}}}]", "'env' must be a list of name and value"},
        {CONTEXT CLUSTER EXEC "env: [{value: b}]}}}]", "item 1 of 'env' must have a name"},
        {CONTEXT CLUSTER EXEC "env: [{name: A, value: 1}]}}}]", "item 1 of 'env' must have a name"},
        {CONTEXT CLUSTER EXEC "provideClusterInfo: 7}}}]",
         "'provideClusterInfo' must be true or false"},
        {CONTEXT CLUSTER
         "users: [{name: u, user: {exec: {command: a}, auth-provider: {name: gcp}}}]",
         "has both exec and auth-provider"},
        {CONTEXT CLUSTER "users: [{name: u, user: {auth-provider: {name: gcp}}}]",
         "in favour of the exec plugin gke-gcloud-auth-plugin"},
        {CONTEXT CLUSTER "users: [{name: u, user: {auth-provider: {name: azure}}}]",
         "in favour of the exec plugin kubelogin"},
        {CONTEXT CLUSTER "users: [{name: u, user: {auth-provider: {name: oidc}}}]",
         "uses auth-provider 'oidc', which is not supported"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *file = write_file("config", cases[i].text);
        const char *at = strstr(cases[i].says, "@FOLDER");
        const char *says = cases[i].says;
        if (at) // the folder, for one or two marks
            says = arena_printf(&memory, "%.*s%s", (int)(at - says), says, folder);
        struct kube_config *c = load(file, NULL);
        cr_assert_null(c, "taken: %s", cases[i].text);
        cr_assert(strstr(error_text(&err), says), "%s\nsays: %s\nnot: %s", cases[i].text,
                  error_text(&err), says);
        cr_assert(strstr(error_text(&err), folder), "the file is not named: %s", error_text(&err));
    }
}

Test(kubeconfig, an_encrypted_key_is_refused)
{
    write_file(
        "key.pem",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
    const char *file =
        write_file("config", CONTEXT CLUSTER
                   "users: [{name: u, user: {client-certificate: cert.pem, client-key: "
                   "key.pem}}]");
    cr_assert_null(load(file, NULL));
    cr_assert(strstr(error_text(&err), "needs a passphrase"), "%s", error_text(&err));
}

Test(kubeconfig, merges_files_by_whole_entries)
{
    const char *one = write_file("one", "clusters: [{name: k, cluster: {server: 'https://one'}}]\n"
                                        "users: [{name: u}]\n");
    const char *two =
        write_file("two", CONTEXT "clusters: [{name: k, cluster: {server: 'https://two', "
                                  "tls-server-name: two}}]\n" USER);
    const char *three =
        write_file("three", "current-context: other\n"
                            "contexts: [{name: other, context: {cluster: k, user: u}}]");
    set("KUBECONFIG=",
        arena_printf(&memory, "::%s/missing:%s:%s:%s:%s", folder, one, two, three, one));
    struct kube_config *c = load_well(NULL, NULL);
    cr_assert_str_eq(c->context, "c", "the first current-context counts");
    cr_assert_str_eq(c->server, "https://one", "the first file's cluster counts");
    cr_assert_null(c->connect_to, "and its fields are not mixed with another file's");
    cr_assert_null(c->token, "an empty entry is an entry");
    kube_config_free(c);

    cr_assert_null(load(path("missing"), NULL), "--kubeconfig must exist");
    cr_assert(strstr(error_text(&err), "could not open"), "%s", error_text(&err));
    cr_assert_null(load(one, NULL), "--kubeconfig counts alone");

    write_file("two", "{");
    cr_assert_null(load(NULL, NULL), "a file that does not parse is an error");
    cr_assert(strstr(error_text(&err), "/two does not parse"), "%s", error_text(&err));
}

Test(kubeconfig, looks_into_the_home_folder)
{
    char *kube = arena_printf(&memory, "%s/.kube", folder);
    set("HOME=", folder);
    cr_assert_null(load(NULL, NULL));
    cr_assert(strstr(error_text(&err), "no kubeconfig found (looked for /tmp/"), "%s",
              error_text(&err));
    mkdir(kube, 0700);
    write_file(".kube/config", CONTEXT CLUSTER USER);
    struct kube_config *c = load_well(NULL, NULL);
    cr_assert_str_eq(c->token, "secret");
    cr_assert_str_eq(c->cache_folder, path(".cache/runbook"));
    kube_config_free(c);
    set("XDG_CACHE_HOME=", "/var/cache/me");
    c = load_well(NULL, NULL);
    cr_assert_str_eq(c->cache_folder, "/var/cache/me/runbook");
    kube_config_free(c);
    unlink(path(".kube/config"));
    rmdir(kube);
}

Test(kubeconfig, without_a_home_it_says_so)
{
    cr_assert_null(load(NULL, NULL));
    cr_assert(strstr(error_text(&err), "HOME is not set"), "%s", error_text(&err));
}

Test(kubeconfig, in_a_pod)
{
    set("KUBERNETES_SERVICE_HOST=", "fd00::1");
    set("KUBERNETES_SERVICE_PORT=", "443");
    cr_assert_null(load(NULL, NULL), "there is no token yet");
    write_file("token", "pod-token");
    struct kube_config *c = load_well(NULL, NULL);
    cr_assert_str_eq(c->server, "https://[fd00::1]:443");
    cr_assert_str_eq(c->token_file, path("token"));
    cr_assert_null(c->ca_pem);
    cr_assert_str_eq(c->namespace, "default");
    kube_config_free(c);

    write_file("namespace", "from-file\n");
    file_write(path("ca.crt"), pems.ca_pem, strlen(pems.ca_pem), NULL);
    c = load_well(NULL, NULL);
    cr_assert_str_eq(c->ca_pem, pems.ca_pem);
    cr_assert_str_eq(c->namespace, "from-file");
    kube_config_free(c);

    set("POD_NAMESPACE=", "from-env");
    c = load_well(NULL, NULL);
    cr_assert_str_eq(c->namespace, "from-env");
    kube_config_free(c);

    // A kubeconfig wins over the pod, but the pod still tells the namespace it leaves out.
    set("KUBECONFIG=", write_file("config", CONTEXT CLUSTER USER));
    c = load_well(NULL, NULL);
    cr_assert_str_eq(c->server, "https://10.0.0.1:6443");
    cr_assert_str_eq(c->namespace, "from-env");
    kube_config_free(c);

    struct kube_config_options o = {.namespace = "flag", .env = fake_env, .pod_folder = folder};
    c = kube_config_load(&o, &err);
    cr_assert(c, "%s", error_text(&err));
    cr_assert_str_eq(c->namespace, "flag");
    kube_config_free(c);
    cr_assert_null(load(NULL, "elsewhere"), "a context that is asked for must exist");
}

// What kubectl makes of the same files, as JSON; NULL when it refuses them.
static struct value *kubectl_view(const char *env, const char *arguments)
{
    char command[4096];
    struct buf out = {0};
    snprintf(
        command, sizeof command,
        "env -i PATH=\"$PATH\" HOME=%s %s kubectl config view --minify --raw --flatten -o json %s "
        "2>/dev/null",
        folder, env, arguments);
    FILE *pipe = popen(command, "r");
    char piece[4096];
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, pipe)) > 0)
        buf_add(&out, piece, got);
    bool good = pclose(pipe) == 0;
    struct value *view = good ? json_parse(&memory, buf_text(&out), out.len, NULL) : NULL;
    buf_free(&out);
    return view;
}

static const char *only(const struct value *view, const char *list, const char *field)
{
    const struct value *v = value_path(value_at(value_get(view, list), 0), field);
    return *value_text(v) ? value_text(v) : NULL;
}

static void compare(const char *what, const char *field, const char *ours, const char *kubectls)
{
    bool same = ours && kubectls ? strcmp(ours, kubectls) == 0 : ours == kubectls;
    cr_assert(same, "%s: %s is '%s', kubectl says '%s'", what, field, ours ? ours : "(none)",
              kubectls ? kubectls : "(none)");
}

static void compare_pem(const char *what, const char *field, const char *ours, const char *kubectls)
{
    size_t len;
    compare(what, field, ours, kubectls ? base64_decode(&memory, kubectls, &len, NULL) : NULL);
}

Test(kubeconfig, resolves_as_kubectl_does, .timeout = 60)
{
    if (system("command -v kubectl >/dev/null") != 0)
        cr_skip_test("kubectl is not installed");
    mkdir(path("sub"), 0700);
    write_file("token", "t");
    write_file(
        "all",
        "current-context: a\n"
        "contexts:\n"
        "- {name: a, context: {cluster: data, user: data, namespace: one}}\n"
        "- {name: b, context: {cluster: file, user: file}}\n"
        "- {name: c, context: {cluster: plain, user: basic, namespace: two}}\n"
        "- {name: d, context: {cluster: prefix, user: token-file}}\n"
        "clusters:\n"
        "- {name: data, cluster: {server: 'https://10.0.0.1:6443', "
        "certificate-authority-data: @CA}}\n"
        "- {name: file, cluster: {server: 'https://[::1]:6443', certificate-authority: ca.pem,"
        " tls-server-name: kubernetes}}\n"
        "- {name: plain, cluster: {server: 'https://h', insecure-skip-tls-verify: yes, "
        "proxy-url: 'http://127.0.0.1:3128'}}\n"
        "- {name: prefix, cluster: {server: 'https://rancher/k8s/clusters/c-1'}}\n"
        "users:\n"
        "- {name: data, user: {client-certificate-data: @CERT, client-key-data: @KEY}}\n"
        "- {name: file, user: {client-certificate: cert.pem, client-key: @FOLDER/key.pem}}\n"
        "- {name: basic, user: {username: ana, password: pw}}\n"
        "- {name: token-file, user: {tokenFile: @FOLDER/token}}\n");
    write_file("first", "clusters: [{name: data, cluster: {server: 'https://first'}}]\n"
                        "users: [{name: data, user: {token: first}}]\n"
                        "contexts: [{name: x, context: {cluster: data, user: data}}]\n");
    write_file("second",
               "current-context: x\n"
               "contexts: [{name: x, context: {cluster: data, user: data, namespace: nope}}]\n");
    write_file("sub/relative", CONTEXT "clusters: [{name: k, cluster: {server: 'https://h', "
                                       "certificate-authority: ../ca.pem}}]\n" USER);
    write_file("documents", CONTEXT CLUSTER USER "---\nkind: Other\n");
    write_file(
        "json",
        "{\"kind\":\"Config\",\"apiVersion\":\"v1\",\"current-context\":\"c\",\"contexts\":[{"
        "\"name\":\"c\",\"context\":{\"cluster\":\"k\",\"user\":\"u\"}}],\"clusters\":[{\"name\":"
        "\"k\",\"cluster\":{\"server\":\"https://json\"}}],\"users\":[{\"name\":\"u\",\"user\":{"
        "\"token\":\"j\"}}]}");
    write_file("broken", "{");
    write_file("number", CONTEXT CLUSTER "users: [{name: u, user: {token: 5}}]");
    write_file("twice", CONTEXT CLUSTER USER "contexts: []\n");
    static const struct {
        const char *kubeconfig, *path, *context;
    } cases[] = {
        {NULL, "all", NULL},
        {NULL, "all", "b"},
        {NULL, "all", "c"},
        {NULL, "all", "d"},
        {NULL, "all", "nowhere"},
        {"all", NULL, NULL},
        {"first:all", NULL, NULL},
        {"first:all", NULL, "x"},
        {"all:first", NULL, "x"},
        {"second:first:all", NULL, NULL},
        {"gone::second:first:all", NULL, NULL},
        {"all:second", NULL, NULL},
        {"all:broken", NULL, NULL},
        {"sub/relative", NULL, NULL},
        {"sub/relative:all", NULL, "b"},
        {NULL, "documents", NULL},
        {NULL, "json", NULL},
        {NULL, "broken", NULL},
        {NULL, "number", NULL},
        {NULL, "gone", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf list = {0};
        for (const char *p = cases[i].kubeconfig ? cases[i].kubeconfig : ""; *p; p += *p == ':') {
            size_t len = strcspn(p, ":");
            buf_printf(&list, "%s%s%.*s%s", len ? folder : "", len ? "/" : "", (int)len, p,
                       p[len] ? ":" : "");
            p += len;
        }
        memset(settings, 0, sizeof settings);
        set("KUBECONFIG=", buf_text(&list));
        const char *file = cases[i].path ? path(cases[i].path) : NULL;
        const char *arguments = arena_printf(&memory, "%s%s %s%s", file ? "--kubeconfig=" : "",
                                             file ? file : "", cases[i].context ? "--context=" : "",
                                             cases[i].context ? cases[i].context : "");
        const char *what = arena_printf(&memory, "KUBECONFIG=%s %s", buf_text(&list), arguments);
        const struct value *view =
            kubectl_view(arena_printf(&memory, "KUBECONFIG=%s", buf_text(&list)), arguments);
        struct kube_config *c = load(file, cases[i].context);
        buf_free(&list);
        cr_assert_eq(c != NULL, view != NULL, "%s: %s", what,
                     c ? "kubectl refuses what we take" : error_text(&err));
        if (c == NULL)
            continue;
        const char *namespace = only(view, "contexts", "context.namespace");
        compare(what, "context", c->context, value_get_text(view, "current-context"));
        compare(what, "namespace", c->namespace, namespace ? namespace : "default");
        compare(what, "user", c->user, only(view, "users", "name"));
        compare(what, "server", c->server, only(view, "clusters", "cluster.server"));
        compare_pem(what, "CA", c->ca_pem,
                    only(view, "clusters", "cluster.certificate-authority-data"));
        compare_pem(what, "certificate", c->cert_pem,
                    only(view, "users", "user.client-certificate-data"));
        compare_pem(what, "key", c->key_pem, only(view, "users", "user.client-key-data"));
        compare(what, "token", c->token, only(view, "users", "user.token"));
        compare(what, "token file", c->token_file, only(view, "users", "user.tokenFile"));
        compare(what, "username", c->username, only(view, "users", "user.username"));
        compare(what, "password", c->password, only(view, "users", "user.password"));
        bool insecure =
            value_get_bool(value_get(value_at(value_get(view, "clusters"), 0), "cluster"),
                           "insecure-skip-tls-verify", false);
        cr_assert_eq(c->insecure, insecure, "%s: insecure", what);
        kube_config_free(c);
    }
    unlink(path("sub/relative"));
    rmdir(path("sub"));
}
