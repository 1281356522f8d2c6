#include "apiserver.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "nginx.h"

static void exec_begin(void)
{
    apiserver_begin();
    int none = open("/dev/null", O_RDONLY);
    cr_assert(none >= 0 && dup2(none, 0) == 0); // no terminal, wherever the test runs
    close(none);
}

TestSuite(kube_exec, .init = exec_begin, .fini = apiserver_end, .timeout = 60);

static const char *path(const char *name)
{
    return arena_printf(&memory, "%s/%s", folder, name);
}

static void write_text(const char *name, const char *text)
{
    cr_assert(file_write(path(name), text, strlen(text), &err), "%s", error_text(&err));
}

// What a file in the folder holds, "" when there is none.
static const char *text_of(const char *name)
{
    struct buf text = {0};
    file_read(path(name), &text, NULL);
    const char *copy = arena_copy(&memory, buf_text(&text), text.len);
    buf_free(&text);
    return copy;
}

static int runs(void)
{
    int count = 0;
    for (const char *p = text_of("runs"); *p; p++)
        count += *p == '\n';
    return count;
}

// The plugin of a test: a shell script in the folder, which counts its runs in the file `runs`.
static void plugin(const char *script)
{
    write_text("plugin",
               arena_printf(&memory, "#!/bin/sh\ncd '%s'\necho run >>runs\n%s\n", folder, script));
    chmod(path("plugin"), 0755);
    unlink(path("runs"));
}

// A plugin that prints this status, in which single quotes stand for double ones.
static void plugin_says(const char *status)
{
    plugin(arena_printf(&memory,
                        "cat <<'END'\n{\"kind\":\"ExecCredential\",\"apiVersion\":"
                        "\"client.authentication.k8s.io/v1\",\"status\":%s}\nEND",
                        quoted(status)));
}

#define V1 "exec: {command: ./plugin, apiVersion: client.authentication.k8s.io/v1, "

static struct kube *open_exec(void)
{
    return open_with(NULL, NULL, V1 "interactiveMode: IfAvailable}");
}

static void rules_of_ingress(void)
{
    rules_aggregated();
    rule(
        (struct rule){.match = "GET " INGRESSES "/x", .status = 200, .body = "{'kind':'Ingress'}"});
    rule((struct rule){.match = "PATCH *", .status = 200, .body = "{'kind':'Ingress'}"});
}

static const struct kube_request get = {.resource = "ing/x"};

Test(kube_exec, a_token_is_asked_for_once)
{
    enum { CALLS = 20 };
    rules_of_ingress();
    plugin("env >environment; echo \"$# $1 $2\" >arguments\n"
           "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
           "\"status\":{\"token\":\"t-1\"}}'");
    struct kube *k = open_with(NULL, NULL,
                               V1 "interactiveMode: IfAvailable, args: [one, 'two $HOME'], env: "
                                  "[{name: EXTRA, value: a b}]}");
    struct outcome o[CALLS] = {0};
    for (int i = 0; i < CALLS; i++)
        kube_call_start(k, &get, &memory, note, &o[i]);
    for (int i = 0; i < CALLS; i++) {
        wait_for(&o[i].calls);
        cr_assert(o[i].result.error == NULL, "%s", o[i].result.error);
    }
    check_sent("Authorization: Bearer t-1\n");
    cr_assert_eq(runs(), 1, "%d runs", runs());
    cr_assert_str_eq(text_of("arguments"), "2 one two $HOME\n");
    const char *env = text_of("environment");
    cr_assert(strstr(env, "\nEXTRA=a b\n") || strncmp(env, "EXTRA=a b\n", 10) == 0, "%s", env);
    cr_assert(strstr(env, "PATH="), "ours is passed on");
    cr_assert(strstr(env,
                     "KUBERNETES_EXEC_INFO={\"kind\":\"ExecCredential\",\"apiVersion\":"
                     "\"client.authentication.k8s.io/v1\",\"spec\":{\"interactive\":false}}\n"),
              "%s", env);
    kube_close(k);
}

Test(kube_exec, the_cluster_is_told_when_it_is_wanted)
{
    rules_of_ingress();
    plugin("printf %s \"$KUBERNETES_EXEC_INFO\" >info\n"
           "printf 'kind: ExecCredential\\napiVersion: client.authentication.k8s.io/v1beta1\\n"
           "status:\\n  token: from-yaml\\n'");
    struct kube *k = open_with(
        NULL,
        ", certificate-authority: ca.pem, tls-server-name: api.example.com, extensions: [{name: "
        "other, extension: 1}, {name: client.authentication.k8s.io/exec, extension: {audience: "
        "me}}]",
        "exec: {command: ./plugin, apiVersion: client.authentication.k8s.io/v1beta1, "
        "provideClusterInfo: true}");
    call_well(k, get);
    check_sent("Authorization: Bearer from-yaml\n");
    const char *info = text_of("info");
    struct value *cluster = value_get(value_get(json(info), "spec"), "cluster");
    cr_assert_str_eq(value_get_text(cluster, "server"),
                     arena_printf(&memory, "https://localhost:%d", server_port(server)));
    cr_assert_str_eq(value_get_text(cluster, "tls-server-name"), "api.example.com");
    cr_assert_str_eq(value_text(value_path(cluster, "config.audience")), "me");
    cr_assert(strlen(value_get_text(cluster, "certificate-authority-data")) > 100);
    cr_assert_eq(value_count(cluster), 4, "%s", info);
    kube_close(k);
}

Test(kube_exec, what_goes_wrong_is_told_with_the_remedy)
{
    static const char v1[] = "\"apiVersion\":\"client.authentication.k8s.io/v1\"";
    const struct {
        const char *script, *says;
    } cases[] = {
        {"exit 3", "ended with status 3; what it said stands on stderr. Log in again"},
        {"kill -9 $$", "ended with status 137"},
        {"echo nonsense", "did not print an ExecCredential: run it by hand"},
        {"", "did not print an ExecCredential"},
        {"echo '{\"kind\":\"Secret\"}'", "did not print an ExecCredential"},
        {"head -c 2000000 /dev/zero", "printed more than 1 MiB"},
        {"echo "
         "'{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\","
         "\"status\":{\"token\":\"t\"}}'",
         "speaks 'client.authentication.k8s.io/v1beta1', and the kubeconfig says "
         "'client.authentication.k8s.io/v1': make 'apiVersion' of its exec section the plugin's"},
        {"status", "printed an ExecCredential without a status"},
        {"status ',\"status\":null'", "printed an ExecCredential without a status"},
        {"status ',\"status\":{}'", "gave neither a token nor a client certificate"},
        {"status ',\"status\":{\"clientCertificateData\":\"x\"}'",
         "gave a client certificate without its key"},
        {"status ',\"status\":{\"clientKeyData\":\"x\",\"token\":\"t\"}'",
         "gave a client key without its certificate"},
        {"status ',\"status\":{\"token\":\"a\\\\nX: y\"}'", "gave a token with a line break in it"},
        {"status ',\"status\":{\"token\":\"t\",\"expirationTimestamp\":\"soon\"}'",
         "gave the expirationTimestamp 'soon', which is no moment"},
        {"status ',\"status\":{\"token\":\"t\",\"expirationTimestamp\":7}'", "which is no moment"},
    };
    rules_of_ingress();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        plugin(arena_printf(&memory,
                            "status() { printf '{\"kind\":\"ExecCredential\",%s'\"$1\"'}'; }\n%s",
                            v1, cases[i].script));
        struct kube *k = open_exec();
        struct kube_result r = call(k, get);
        check_says(r, "GET ing/x in scholarlink-prod: the credential plugin ");
        check_says(r, "/plugin (user 'ana' of ");
        check_says(r, cases[i].says);
        kube_close(k);
    }
    cr_assert_eq(buf_text(&seen)[0], '\0', "nothing was sent");

    struct kube *k = open_with(NULL, NULL,
                               "exec: {command: no-such-plugin, apiVersion: "
                               "client.authentication.k8s.io/v1, interactiveMode: Never, "
                               "installHint: \"Get it\\e at example.com\"}");
    check_says(call(k, get),
               "could not be run: the program 'no-such-plugin' was not found in PATH. "
               "Get it  at example.com");
    kube_close(k);
    k = open_with(NULL, NULL, V1 "interactiveMode: Always}");
    check_says(call(k, get), "must ask a person, and standard input is not a terminal");
    kube_close(k);
    cr_assert_eq(runs(), 1, "it was not run for that");
}

Test(kube_exec, is_asked_again_once_it_has_expired)
{
    static const struct {
        const char *moment;
        int runs;
    } cases[] = {{"2001-01-01T00:00:00Z", 3},
                 {"2999-12-31T23:59:59Z", 1},
                 {"2999-12-31T23:59:59.123+05:30", 1},
                 {"2001-01-01T00:00:00.9-08:00", 3}};
    rules_of_ingress();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        plugin_says(
            arena_printf(&memory, "{'token':'t','expirationTimestamp':'%s'}", cases[i].moment));
        struct kube *k = open_exec();
        call_well(k, get); // which needs the types, too: two questions, one run
        call_well(k, get);
        call_well(k, get);
        int least = cases[i].runs;
        cr_assert(least == 1 ? runs() == 1 : runs() >= least, "row %zu: %d runs", i, runs());
        kube_close(k);
    }
    // Written out, for the zone: an hour from now, as it is told in two zones.
    for (int zone = -11; zone <= 11; zone += 11) {
        time_t now = time(NULL) + 3600 + (time_t)zone * 3600;
        char text[64];
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime(&now));
        plugin_says(
            arena_printf(&memory, "{'token':'t','expirationTimestamp':'%s%+03d:00'}", text, zone));
        struct kube *k = open_exec();
        call_well(k, get);
        call_well(k, get);
        cr_assert_eq(runs(), 1, "%s%+03d:00", text, zone);
        kube_close(k);
    }
}

Test(kube_exec, after_a_401_it_is_asked_once_more)
{
    rules_of_ingress();
    plugin_says("{'token':'t-1'}");
    struct kube *k = open_exec();
    call_well(k, get);
    buf_clear(&seen);

    // The credentials are still the same: there is no use in asking the server again.
    rule_first((struct rule){.match = "GET " INGRESSES "/no", .status = 401, .body = "{}"});
    struct kube_result r = call(k, (struct kube_request){.resource = "ing/no"});
    cr_assert_eq(r.status, 401);
    cr_assert_eq(runs(), 2);
    check_seen("GET " INGRESSES "/no\n");

    // Others by now: a read is asked again, a write is not.
    plugin_says("{'token':'t-2'}");
    rule_first((struct rule){
        .match = "GET " INGRESSES "/x", .status = 401, .body = "{'kind':'Status'}", .times = 1});
    call_well(k, get);
    check_seen("GET " INGRESSES "/x\nGET " INGRESSES "/x\n");
    check_sent("Authorization: Bearer t-2\n");
    cr_assert_eq(runs(), 1);
    plugin_says("{'token':'t-3'}");
    rule_first(
        (struct rule){.match = "PATCH *", .status = 401, .body = "{'kind':'Status'}", .times = 1});
    struct kube_request patch = {.verb = KUBE_PATCH, .resource = "ing/x", .body = json("{}")};
    r = call(k, patch);
    cr_assert_eq(r.status, 401);
    check_says(r, "Refresh the credentials of user 'ana'");
    cr_assert_eq(runs(), 0, "only when they are needed");
    call_well(k, patch);
    check_sent("Authorization: Bearer t-3\n");

    // A plugin that fails then says so.
    plugin("exit 1");
    rule_first(
        (struct rule){.match = "GET " INGRESSES "/x", .status = 401, .body = "{}", .times = 1});
    check_says(call(k, get), "ended with status 1");
    plugin_says("{'token':'t-3'}");
    call_well(k, get);
    kube_close(k);
}

Test(kube_exec, is_not_run_beside_other_credentials)
{
    rules_of_ingress();
    plugin_says("{'token':'plugin'}");
    write_text("token", "file");
    const struct {
        const char *beside, *sent;
    } cases[] = {{"token: own", "Authorization: Bearer own\n"},
                 {"tokenFile: token", "Authorization: Bearer file\n"},
                 {"username: ana, password: p", "Authorization: Basic YW5hOnA=\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kube *k = open_with(
            NULL, NULL, arena_printf(&memory, V1 "interactiveMode: Never}, %s", cases[i].beside));
        call_well(k, get);
        check_sent(cases[i].sent);
        kube_close(k);
    }
    cr_assert_eq(runs(), 0);
}

static bool is_alive(const char *pid_file)
{
    long pid = strtol(text_of(pid_file), NULL, 10);
    return pid > 0 && kill((pid_t)pid, 0) == 0;
}

Test(kube_exec, what_it_says_on_stderr_passes_through)
{
    rules_of_ingress();
    plugin("echo 'open https://login.test' >&2\necho '{\"kind\":\"ExecCredential\",\"apiVersion\":"
           "\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t\"}}'");
    int said = open(path("said"), O_RDWR | O_CREAT, 0600), ours = dup(2);
    cr_assert(said >= 0 && ours >= 0 && dup2(said, 2) == 2);
    struct kube *k = open_exec();
    call_well(k, get);
    dup2(ours, 2);
    close(ours);
    close(said);
    cr_assert_str_eq(text_of("said"), "open https://login.test\n");
    kube_close(k);
}

Test(kube_exec, ends_with_the_last_call_that_waits_for_it)
{
    rules_of_ingress();
    plugin("echo $$ >pid; exec sleep 1000");
    struct kube *k = open_exec();
    struct outcome o = {0};
    struct kube_call *one = kube_call_start(k, &get, &memory, note, &o);
    struct kube_call *two = kube_call_start(k, &get, &memory, note, &o);
    while (!is_alive("pid"))
        turn(10);
    kube_call_cancel(one);
    turn(20);
    cr_assert(is_alive("pid"), "the other still waits");
    kube_call_cancel(two);
    cr_assert(!is_alive("pid"));
    kube_call_start(k, &get, &memory, note, &o);
    turn(50);
    kube_close(k);
    cr_assert_eq(o.calls, 0);
    cr_assert(!is_alive("pid"));
}

Test(kube_exec, its_time_is_not_the_calls)
{
    rules_of_ingress();
    plugin("sleep 3\necho '{\"kind\":\"ExecCredential\",\"apiVersion\":"
           "\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"slow\"}}'");
    struct kube *k = open_exec();
    call_well(k, (struct kube_request){.resource = "ing/x", .timeout_ms = 2500});
    kube_close(k);
}

Test(kube_exec, may_ask_at_a_terminal)
{
    rules_of_ingress();
    int person = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert(person >= 0 && grantpt(person) == 0 && unlockpt(person) == 0);
    int terminal = open(ptsname(person), O_RDWR | O_NOCTTY);
    cr_assert(terminal >= 0 && dup2(terminal, 0) == 0);
    plugin("read line\nprintf %s \"$KUBERNETES_EXEC_INFO\" >info\n"
           "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
           "\"status\":{\"token\":\"'$line'\"}}'");
    cr_assert_eq(write(person, "typed\n", 6), 6);
    struct kube *k = open_with(NULL, NULL, V1 "interactiveMode: Always}");
    call_well(k, get);
    check_sent("Authorization: Bearer typed\n");
    cr_assert(strstr(text_of("info"), "\"interactive\":true"));
    kube_close(k);
    k = open_with(NULL, NULL, V1 "interactiveMode: Never}");
    check_says(call(k, get), "/plugin (user 'ana' of "); // it had nothing to read
    cr_assert(strstr(text_of("info"), "\"interactive\":false"));
    kube_close(k);
    close(person);
    close(terminal);
}

// nginx tells who the client is, as an API server would see it.
static const char whoami[] =
    "server { listen 127.0.0.1:$PORT0 ssl; ssl_certificate server.pem; ssl_certificate_key "
    "server.key; ssl_verify_client optional_no_ca; default_type application/json;\n"
    "location = /api { return 200 '{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}'; }\n"
    "location = /apis { return 200 '{\"kind\":\"APIGroupList\",\"groups\":[]}'; }\n"
    "location = /api/v1 { return 200 '{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":"
    "\"pods\",\"kind\":\"Pod\",\"namespaced\":true}]}'; }\n"
    "location /api/v1/ { return 200 '{\"who\":\"$ssl_client_s_dn\",\"connection\":"
    "$connection}'; }\n"
    "location /api/v1/namespaces/scholarlink-prod/pods/no { return 401 '{}'; } }\n";

static struct value *who(struct kube *k)
{
    return call_well(k, (struct kube_request){.resource = "pods/x"}).value;
}

static void copy_file(struct nginx *n, const char *from, const char *to)
{
    write_text(to, nginx_text(n, from));
}

Test(kube_exec, client_certificates_change_while_we_run)
{
    struct nginx n;
    nginx_start(&n, whoami);
    free(pems.ca_pem);
    pems.ca_pem = mem_dup(nginx_text(&n, "ca.pem"));
    const char *url = arena_printf(&memory, "https://localhost:%d", n.ports[0]);

    // Given by a plugin.
    const char *script = "for f in \"$(cat which)\".pem client.key; do jq -Rs . <$f; done | jq -s "
                         "'{kind: \"ExecCredential\", apiVersion: \"client.authentication.k8s.io/"
                         "v1\", status: {clientCertificateData: .[0], clientKeyData: .[1]}}'";
    copy_file(&n, "client.pem", "client.pem");
    copy_file(&n, "server.pem", "server.pem");
    copy_file(&n, "client.key", "client.key"); // of both
    write_text("which", "client");
    struct kube *k;

    // Keys of each kind and form, in the kubeconfig itself and beside it.
    static const char *const keys[] = {"genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384",
                                       "ecparam -name prime256v1 -genkey", // in its older form
                                       "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
                                       "genrsa -traditional 3072"};
    for (size_t i = 0; i < 2 * (sizeof keys / sizeof *keys); i++) {
        bool inside = i % 2;
        const char *make = arena_printf(
            &memory,
            "cd '%s' && openssl %s >a.key 2>/dev/null && openssl req -new -x509 -key a.key -subj "
            "/CN=kind-%zu -days 2 -out a.pem && base64 -w 0 a.key >key64 && base64 -w 0 a.pem "
            ">pem64",
            folder, keys[i / 2], i);
        cr_assert_eq(system(make), 0, "%s", make);
        k = open_with(url, NULL,
                      inside ? arena_printf(&memory,
                                            "client-certificate-data: %s, client-key-data: %s",
                                            text_of("pem64"), text_of("key64"))
                             : "client-certificate: a.pem, client-key: a.key");
        cr_assert_str_eq(value_get_text(who(k), "who"), arena_printf(&memory, "CN=kind-%zu", i));
        kube_close(k);
    }
    plugin(script);
    k = open_with(url, NULL, V1 "interactiveMode: Never}");
    struct value *first = who(k), *again = who(k);
    cr_assert_str_eq(value_get_text(first, "who"), "CN=client");
    cr_assert(value_equal(first, again), "the connection is used again");
    write_text("which", "server");
    cr_assert_str_eq(value_get_text(who(k), "who"), "CN=client", "nobody has refused it");
    call(k, (struct kube_request){.resource = "pods/no"});
    cr_assert_str_eq(value_get_text(who(k), "who"), "CN=server");
    kube_close(k);

    // Of files.
    copy_file(&n, "client.pem", "mine.pem");
    k = open_with(url, NULL, "client-certificate: mine.pem, client-key: client.key");
    cr_assert_str_eq(value_get_text(who(k), "who"), "CN=client");
    copy_file(&n, "server.pem", "mine.pem");
    cr_assert_str_eq(value_get_text(who(k), "who"), "CN=client", "a minute has not passed");
    call(k, (struct kube_request){.resource = "pods/no"});
    cr_assert_str_eq(value_get_text(who(k), "who"), "CN=server");
    // While they cannot be read, the last ones stay good.
    unlink(path("mine.pem"));
    call(k, (struct kube_request){.resource = "pods/no"});
    cr_assert_str_eq(value_get_text(who(k), "who"), "CN=server");
    kube_close(k);
    nginx_stop(&n);
}
