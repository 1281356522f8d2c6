#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ocsp.h>

#include "base/buf.h"
#include "base/duration.h"
#include "base/file.h"
#include "net/dial.h"
#include "net/handshake.h"
#include "net/loop.h"

#include "certs.h"

enum { ROOT, INTER, GOOD, EXPIRED, SELF, STAPLE, LOOPBACK, CERTS };
static struct made made[CERTS];
static const struct recipe recipes[CERTS] = {
    [ROOT] = {CA, .cn = "Test Root"},
    [INTER] = {CA, .cn = "Test Intermediate", .issuer = &made[ROOT]},
    [GOOD] = {SERVER, FOR("DNS:shop.test,DNS:localhost"), .issuer = &made[INTER]},
    [EXPIRED] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[INTER], .from = -90, .to = -3},
    [SELF] = {SERVER, FOR("DNS:shop.test")},
    [STAPLE] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[INTER], .feature = "status_request"},
    [LOOPBACK] = {SERVER, FOR("IP:127.0.0.1,IP:::1"), .issuer = &made[INTER]},
};

// What nginx serves, each on a port of its own.
enum {
    AT_GOOD,
    AT_EXPIRED,
    AT_INCOMPLETE,
    AT_SELF,
    AT_STAPLED,
    AT_LOOPBACK,
    AT_OLD,
    AT_PLAIN,
    PORTS
};
static const struct site {
    int leaf;
    bool lone;           // without the intermediate
    const char *listen;  // more listen parameters
    const char *options; // more directives
} sites[PORTS] = {
    [AT_GOOD] = {GOOD, .listen = "ssl http2", .options = "ssl_protocols TLSv1.2 TLSv1.3;"},
    [AT_EXPIRED] = {EXPIRED, .listen = "ssl"},
    [AT_INCOMPLETE] = {GOOD, .lone = true, .listen = "ssl"},
    [AT_SELF] = {SELF, .lone = true, .listen = "ssl"},
    [AT_STAPLED] = {STAPLE, .listen = "ssl",
                    .options = "ssl_stapling on; ssl_stapling_file staple.der;"},
    [AT_LOOPBACK] = {LOOPBACK, .listen = "ssl"},
    [AT_OLD] = {GOOD, .listen = "ssl",
                .options = "ssl_protocols TLSv1.1; ssl_ciphers AES128-SHA:ECDHE-ECDSA-AES128-SHA:"
                           "@SECLEVEL=0;"},
    [AT_PLAIN] = {GOOD, .listen = ""},
};
static int ports[PORTS];

static char dir[] = "/tmp/handshake-XXXXXX";
static pid_t nginx;
static struct loop *loop;
static struct error err;

static char *path_of(const char *name)
{
    return arena_printf(&arena, "%s/%s", dir, name);
}

static void write_bytes(const char *name, const char *bytes, size_t len)
{
    cr_assert(file_write(path_of(name), bytes, len, &err), "%s", error_text(&err));
}

// A listening socket on loopback that nobody serves; its port.
static int listen_anywhere(int *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    cr_assert(bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 16) == 0);
    getsockname(fd, (struct sockaddr *)&at, &(socklen_t){sizeof at});
    *port = ntohs(at.sin_port);
    return fd;
}

// The same port of ::1; -1 when somebody has it.
static int listen_too(int port)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in6 at = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)port),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int));
    if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 16) == 0)
        return fd;
    close(fd);
    return -1;
}

static unsigned char *staple_make(int status, OCSP_RESPONSE **out, int *len)
{
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), made[STAPLE].cert, made[INTER].cert);
    ASN1_TIME *from = X509_gmtime_adj(NULL, -3600), *to = X509_gmtime_adj(NULL, 7 * DAY);
    OCSP_basic_add1_status(basic, id, status, 0, from, from, to);
    OCSP_basic_sign(basic, made[INTER].cert, made[INTER].key, EVP_sha256(), NULL, 0);
    *out = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char *der = NULL;
    *len = i2d_OCSP_RESPONSE(*out, &der);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    OCSP_CERTID_free(id);
    OCSP_BASICRESP_free(basic);
    return der;
}

// Stands before the C library's own: "two.test" has two addresses, the first of them IPv6,
// "nowhere.test" has none, nor has "localhost", as on a machine without a hosts file.
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (name && (strcmp(name, "nowhere.test") == 0 || strcmp(name, "localhost") == 0))
        return EAI_NONAME;
    if (!name || strcmp(name, "two.test") != 0)
        return real(name, service, hints, out);
    int failed = real("::1", service, hints, out);
    return failed ? failed : real("127.0.0.1", service, hints, &(*out)->ai_next);
}

static void write_config(void)
{
    struct buf conf = {0};
    buf_printf(&conf,
               "daemon off; worker_processes 1; pid %s/pid; error_log %s/error.log;\n"
               "events {}\nhttp { access_log off; client_body_temp_path %s; proxy_temp_path %s;\n"
               "fastcgi_temp_path %s; uwsgi_temp_path %s; scgi_temp_path %s;\n",
               dir, dir, dir, dir, dir, dir, dir);
    for (int i = 0; i < PORTS; i++) {
        const struct made *leaf = &made[sites[i].leaf];
        char *pem = arena_printf(&arena, "%s%s", leaf->pem, sites[i].lone ? "" : made[INTER].pem);
        char *name = arena_printf(&arena, "%d.pem", i), *key = arena_printf(&arena, "%d.key", i);
        write_bytes(name, pem, strlen(pem));
        write_bytes(key, leaf->key_pem, strlen(leaf->key_pem));
        buf_printf(&conf,
                   "server { listen 127.0.0.1:%1$d %2$s; listen [::1]:%1$d %2$s; %3$s\n"
                   "ssl_certificate %4$s/%5$s; ssl_certificate_key %4$s/%6$s; }\n",
                   ports[i], sites[i].listen, sites[i].options ? sites[i].options : "", dir, name,
                   key);
    }
    buf_puts(&conf, "}\n");
    write_bytes("nginx.conf", conf.data, conf.len);
    buf_free(&conf);
}

static void set_up(void)
{
    cr_assert(mkdtemp(dir) != NULL);
    setenv("SSL_CERT_FILE", path_of("system.pem"), 1);
    setenv("SSL_CERT_DIR", dir, 1);
    for (int i = 0; i < CERTS; i++)
        made[i] = make(&recipes[i]);
    write_bytes("root.pem", made[ROOT].pem, strlen(made[ROOT].pem));
    write_bytes("system.pem", made[SELF].pem, strlen(made[SELF].pem));
    OCSP_RESPONSE *staple;
    int len;
    unsigned char *der = staple_make(V_OCSP_CERTSTATUS_GOOD, &staple, &len);
    write_bytes("staple.der", (char *)der, (size_t)len);
    OPENSSL_free(der);
    OCSP_RESPONSE_free(staple);

    // nginx takes over sockets that listen already, so nobody else can have them in between.
    struct buf inherited = {0};
    int v4[PORTS], v6[PORTS];
    buf_puts(&inherited, "NGINX=");
    for (int i = 0; i < PORTS; i++) {
        while (v4[i] = listen_anywhere(&ports[i]), (v6[i] = listen_too(ports[i])) < 0)
            close(v4[i]);
        buf_printf(&inherited, "%d;%d;", v4[i], v6[i]);
    }
    write_config();
    nginx = fork();
    if (nginx == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); // a test that crashes leaves no server behind
        for (int i = 0; i < PORTS; i++) {
            fcntl(v4[i], F_SETFD, 0);
            fcntl(v6[i], F_SETFD, 0);
        }
        putenv(inherited.data);
        execl("/usr/sbin/nginx", "nginx", "-e", path_of("error.log"), "-c", path_of("nginx.conf"),
              "-p", dir, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < PORTS; i++) {
        close(v4[i]);
        close(v6[i]);
    }
    buf_free(&inherited);
    loop = loop_new();
}

static void tear_down(void)
{
    kill(nginx, SIGTERM);
    waitpid(nginx, NULL, 0);
    loop_free(loop);
    for (int i = 0; i < CERTS; i++)
        made_free(&made[i]);
    char *command = arena_printf(&arena, "rm -r %s", dir);
    cr_assert(system(command) == 0);
    arena_free(&arena);
}

TestSuite(handshake, .init = set_up, .fini = tear_down);

struct outcome {
    struct handshake *asked; // while it is under way
    int calls;
    struct value *found;
    const char *error;
};

static void on_done(struct value *found, const char *error, const char *code, void *arg)
{
    bool both = (error == NULL) == (code == NULL);
    cr_expect(both, "a failure has a code");
    struct outcome *o = arg;
    o->asked = NULL;
    o->calls++;
    o->found = found;
    o->error = error;
}

// Asks and turns the loop until the answer is there, or nothing can come any more.
static struct outcome look(struct handshake_request ask)
{
    struct outcome o = {0};
    handshake_start(loop, &arena, &ask, on_done, &o);
    cr_assert(eq(int, o.calls, 0), "never from inside the call");
    while (o.calls == 0 && loop_once(loop))
        ;
    cr_assert(eq(int, o.calls, 1));
    cr_assert(o.found ? !o.error : o.error != NULL);
    cr_assert(not(loop_once(loop)), "nothing is left behind");
    return o;
}

// The server on a port, by the name it was made for, judged by the test's root.
static struct handshake_request at(int site)
{
    return (struct handshake_request){
        .host = "shop.test",
        .port = ports[site],
        .connect_to = "127.0.0.1",
        .ca_pem = made[ROOT].pem,
    };
}

static const char *cause(const struct outcome *o)
{
    cr_assert(o->found != NULL, "%s", o->error);
    return value_get_text(o->found, "cause");
}

static void expect_text(struct outcome o, const char *path, const char *wanted)
{
    const char *text = value_text(value_path(o.found, path));
    cr_expect(strcmp(text, wanted) == 0, "%s is %s, not %s", path, text, wanted);
}

static void expect_cause(struct outcome o, const char *wanted)
{
    cr_expect(strcmp(cause(&o), wanted) == 0, "cause is %s, not %s", cause(&o), wanted);
}

static void expect_error(struct outcome o, const char *wanted)
{
    const char *error = o.error ? o.error : "no error";
    cr_expect(strstr(error, wanted) != NULL, "no '%s' in: %s", wanted, error);
}

static void expect_ok(const struct outcome *o, bool wanted)
{
    cr_expect(value_get_bool(o->found, "ok", !wanted) == wanted, "ok");
}

Test(handshake, good)
{
    struct outcome o = look(at(AT_GOOD));
    expect_cause(o, "");
    expect_ok(&o, true);
    expect_text(o, "host", "shop.test");
    expect_text(o, "sni", "shop.test");
    expect_text(o, "ip", "127.0.0.1");
    expect_text(o, "protocol", "TLSv1.3");
    expect_text(o, "alpn", "h2");
    cr_expect(strncmp(value_get_text(o.found, "group"), "X25519", 6) == 0);
    cr_expect(strncmp(value_get_text(o.found, "cipher"), "TLS_", 4) == 0);
    cr_expect(eq(i64, value_get_int(o.found, "port", 0), ports[AT_GOOD]));
    cr_expect(eq(i64, value_get_int(o.found, "days_left", 0), 100));
    cr_expect(eq(sz, value_count(value_get(o.found, "chain")), 2));
    cr_expect(eq(sz, value_count(value_get(o.found, "verified")), 3));
    cr_expect(value_get(o.found, "ocsp")->type == VALUE_NULL);
    const struct value *times = value_get(o.found, "timings");
    double dns = value_get(times, "dns")->number, connected = value_get(times, "connect")->number,
           tls = value_get(times, "tls")->number;
    cr_expect(dns > 0 && dns < connected && connected < tls && tls < 10, "%f %f %f", dns, connected,
              tls);
}

Test(handshake, each_fault_has_its_cause)
{
    struct outcome o = look(at(AT_EXPIRED));
    expect_cause(o, "expired");
    expect_ok(&o, false);
    cr_expect(eq(i64, value_get_int(o.found, "days_left", 0), -3));

    o = look(at(AT_INCOMPLETE));
    expect_cause(o, "incomplete_chain");
    cr_expect(not(value_get_bool(o.found, "chain_complete", true)));

    o = look(at(AT_SELF));
    expect_cause(o, "self_signed");

    struct handshake_request ask = at(AT_GOOD);
    ask.host = "other.test";
    o = look(ask);
    expect_cause(o, "wrong_host");
    cr_expect(not(value_get_bool(o.found, "host_ok", true)));
    cr_expect(strstr(value_get_text(value_at(value_get(o.found, "errors"), 0), "message"),
                     "names DNS:shop.test, DNS:localhost, not other.test") != NULL);

    ask = at(AT_GOOD);
    ask.ca_pem = NULL; // the system knows nothing of the test's root
    o = look(ask);
    expect_cause(o, "untrusted_root");
    cr_expect(value_get_bool(o.found, "chain_complete", false));

    ask = at(AT_SELF);
    ask.ca_pem = NULL; // which the system trusts
    o = look(ask);
    expect_cause(o, "");
}

Test(handshake, judges_at_the_moment_asked_for)
{
    struct handshake_request ask = at(AT_GOOD);
    ask.at = time(NULL) + 200 * DAY;
    struct outcome o = look(ask);
    expect_cause(o, "expired");
    cr_expect(eq(i64, value_get_int(o.found, "days_left", 0), -100));
    ask = at(AT_EXPIRED);
    ask.at = time(NULL) - 10 * DAY;
    o = look(ask);
    expect_cause(o, "");
}

Test(handshake, takes_the_roots_from_a_file)
{
    struct handshake_request ask = at(AT_GOOD);
    ask.ca_pem = NULL;
    ask.ca_file = path_of("root.pem");
    struct outcome o = look(ask);
    expect_cause(o, "");
    ask.ca_file = "/no/such/roots.pem";
    o = look(ask);
    expect_error(o, "/no/such/roots.pem");
    ask.ca_file = NULL;
    ask.ca_pem = "rubbish";
    o = look(ask);
    expect_error(o, "no certificate");
}

Test(handshake, reaches_addresses_and_names)
{
    struct handshake_request ask = at(AT_LOOPBACK);
    static const struct {
        const char *host, *connect_to, *ip;
    } rows[] = {
        {"127.0.0.1", NULL, "127.0.0.1"}, {"::1", NULL, "::1"},
        {"[::1]", NULL, "::1"},           {"127.0.0.1", "[::1]", "::1"},
        {"127.0.0.1", "::1", "::1"},      {"::1", "127.0.0.1", "127.0.0.1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ask.host = rows[i].host;
        ask.connect_to = rows[i].connect_to;
        struct outcome o = look(ask);
        expect_cause(o, "");
        expect_text(o, "ip", rows[i].ip);
        cr_expect(value_get(o.found, "sni")->type == VALUE_NULL, "no SNI for an address");
    }
    ask = at(AT_GOOD);
    ask.host = "localhost";
    ask.connect_to = NULL;
    struct outcome o = look(ask);
    expect_cause(o, "");
    expect_text(o, "sni", "localhost");
    ask.host = "shop.test.";
    ask.port = 1;
    ask.connect_to = arena_printf(&arena, "[::1]:%d", ports[AT_GOOD]);
    o = look(ask);
    expect_cause(o, "");
    expect_text(o, "host", "shop.test");
    ask.sni = "elsewhere.test";
    o = look(ask);
    expect_cause(o, "");
    expect_text(o, "sni", "elsewhere.test");
    ask.sni = "";
    o = look(ask);
    cr_expect(value_get(o.found, "sni")->type == VALUE_NULL);
}

Test(handshake, describes_what_a_careful_client_would_refuse)
{
    struct outcome o = look(at(AT_OLD));
    expect_cause(o, "");
    expect_text(o, "protocol", "TLSv1.1");
    expect_text(o, "cipher", "ECDHE-ECDSA-AES128-SHA");
    cr_expect(value_get(o.found, "alpn")->type == VALUE_STRING);
}

Test(handshake, reads_the_staple)
{
    struct outcome o = look(at(AT_STAPLED));
    expect_cause(o, "");
    expect_text(o, "ocsp.status", "good");
    cr_expect(value_get_bool(value_get(o.found, "ocsp"), "signature_ok", false));
    cr_expect(value_get_bool(value_get(o.found, "ocsp"), "fresh", false));
    cr_expect(strncmp(value_text(value_path(o.found, "ocsp.next_update")), "20", 2) == 0);
    cr_expect(value_get_bool(o.found, "must_staple", false));
}

Test(handshake, agrees_with_s_client)
{
    struct outcome o = look(at(AT_GOOD));
    struct buf said = {0};
    char *command =
        arena_printf(&arena,
                     "openssl s_client -brief -connect 127.0.0.1:%d -servername shop.test "
                     "-verify_hostname shop.test -CAfile %s </dev/null 2>&1",
                     ports[AT_GOOD], path_of("root.pem"));
    FILE *pipe = popen(command, "r");
    char bytes[4096];
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, pipe)) > 0;)
        buf_add(&said, bytes, n);
    pclose(pipe);
    const char *lines[] = {
        arena_printf(&arena, "Protocol version: %s\n", value_get_text(o.found, "protocol")),
        arena_printf(&arena, "Ciphersuite: %s\n", value_get_text(o.found, "cipher")),
        arena_printf(&arena, OPENSSL_VERSION_PREREQ(3, 5) ? "group: %s\n" : "Temp Key: %s,",
                     value_get_text(o.found, "group")),
        "Verification: OK\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_expect(strstr(buf_text(&said), lines[i]) != NULL, "no '%s' in %s", lines[i],
                  buf_text(&said));
    buf_free(&said);
}

Test(handshake, says_why_there_was_none)
{
    struct handshake_request ask = at(AT_PLAIN);
    struct outcome o = look(ask);
    expect_error(o, "TLS handshake with shop.test at 127.0.0.1 port ");
    expect_error(o, "the answer is not TLS; check that TLS is spoken on this port");

    int closed;
    close(listen_anywhere(&closed));
    ask.port = closed;
    o = look(ask);
    expect_error(o, "Connection refused; check that the server runs");

    ask.connect_to = "no.such.host.invalid";
    ask.timeout_ms = 5000;
    o = look(ask);
    expect_error(o, "host 'no.such.host.invalid'");

    static const char *const targets[] = {
        "", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:x", "[::1]:70000", "[::1]x", "127.0.0.1:1x"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        ask.connect_to = targets[i];
        o = look(ask);
        expect_error(o, "a port from 1 to 65535");
    }
    ask.connect_to = NULL;
    ask.port = 70000;
    o = look(ask);
    expect_error(o, "a port from 1 to 65535");
}

static int open_files(void)
{
    int count = 0;
    DIR *d = opendir("/proc/self/fd");
    while (readdir(d))
        count++;
    closedir(d);
    return count;
}

static void cancel(void *arg)
{
    struct outcome *o = arg;
    handshake_cancel(o->asked);
    o->asked = NULL;
}

Test(handshake, a_server_that_never_answers_times_out)
{
    struct handshake_request ask = at(AT_GOOD);
    int fd = listen_anywhere(&ask.port);
    ask.timeout_ms = 300;
    int64_t start = clock_steady();
    struct outcome o = look(ask);
    int64_t took = clock_steady() - start;
    expect_error(o, "timed out after 300ms");
    expect_error(o, "did not answer the TLS handshake");
    cr_expect(took >= 290 && took < 3000, "took %d ms", (int)took);
    close(fd);
}

Test(handshake, an_address_that_never_answers_times_out)
{
    // A queue that is full already: the kernel drops what comes next, as a firewall would.
    struct handshake_request ask = at(AT_GOOD);
    int fd = listen_anywhere(&ask.port), waiting[4];
    listen(fd, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)ask.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < 4; i++) {
        waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        cr_assert(connect(waiting[i], (struct sockaddr *)&to, sizeof to) == 0 ||
                  errno == EINPROGRESS);
    }
    ask.timeout_ms = 300;
    int64_t start = clock_steady();
    struct outcome o = look(ask);
    int64_t took = clock_steady() - start;
    expect_error(o, "could not connect to 127.0.0.1 port ");
    expect_error(o, ": timed out; check");
    cr_expect(took >= 290 && took < 3000, "took %d ms", (int)took);
    int before = open_files();
    o.asked = handshake_start(loop, &arena, &ask, on_done, &o);
    timer_start(loop, 100, cancel, &o);
    while (loop_once(loop))
        ;
    cr_expect(eq(int, open_files(), before));
    for (int i = 0; i < 4; i++)
        close(waiting[i]);
    close(fd);
}

struct rude {
    int fd;
    const char *says;
};

static void be_rude(void *arg)
{
    struct rude *r = arg;
    int fd = accept(r->fd, NULL, NULL);
    if (r->says)
        cr_assert(write(fd, r->says, strlen(r->says)) == (ssize_t)strlen(r->says));
    else
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1},
                   sizeof(struct linger));
    close(fd);
}

Test(handshake, survives_rude_servers)
{
    static const char *const says[] = {
        "",
        NULL,
        "SSH-2.0-OpenSSH_9.2\r\n",
        "220 mail.test ESMTP\r\n",
        "\x15\x03\x03\x01\x02\x02\x28",
        "\x16\x03\x03",
        "\x16\x03\x03\x40\x01garbage",
    };
    for (size_t i = 0; i < sizeof says / sizeof *says; i++) {
        struct handshake_request ask = at(AT_GOOD);
        struct rude rude = {.says = says[i]};
        rude.fd = listen_anywhere(&ask.port);
        struct watch *w = watch_readable(loop, rude.fd, be_rude, &rude);
        struct outcome o = {0};
        handshake_start(loop, &arena, &ask, on_done, &o);
        while (o.calls == 0)
            loop_once(loop);
        expect_error(o, "127.0.0.1 port "); // a reset may come before the connection is noticed
        watch_stop(w);
        close(rude.fd);
    }
}

Test(handshake, the_next_address_is_tried)
{
    struct handshake_request ask = at(AT_GOOD);
    struct rude rude = {.says = ""};
    rude.fd = listen_anywhere(&ask.port); // on 127.0.0.1 only
    struct watch *w = watch_readable(loop, rude.fd, be_rude, &rude);
    struct outcome o = {0};
    ask.connect_to = "two.test";
    handshake_start(loop, &arena, &ask, on_done, &o);
    while (o.calls == 0)
        loop_once(loop);
    expect_error(o, "TLS handshake with shop.test at 127.0.0.1 port ");
    watch_stop(w);
    close(rude.fd);
    o = look(ask); // now on neither
    expect_error(o, "could not connect to two.test at 127.0.0.1 port ");
    ask.port = ports[AT_GOOD];
    o = look(ask);
    expect_text(o, "ip", "::1");
}

Test(handshake, many_at_once)
{
    enum { MANY = 100 };
    static struct outcome o[MANY];
    struct handshake_request ask = at(AT_GOOD);
    ask.host = "localhost";
    ask.connect_to = NULL;
    for (int i = 0; i < MANY; i++)
        handshake_start(loop, &arena, &ask, on_done, &o[i]);
    while (loop_once(loop))
        ;
    for (int i = 0; i < MANY; i++) {
        cr_expect(eq(int, o[i].calls, 1));
        expect_cause(o[i], "");
    }
}

Test(handshake, cancelling_closes_at_once_at_every_stage)
{
    int silent_port, silent = listen_anywhere(&silent_port);
    struct handshake_request ask = at(AT_GOOD);
    ask.port = silent_port;
    int before = open_files();
    for (int ms = -1; ms < 30; ms++) { // -1: before the loop turns at all
        struct outcome o = {0};
        ask.connect_to = ms % 2 ? "localhost" : "127.0.0.1";
        o.asked = handshake_start(loop, &arena, &ask, on_done, &o);
        if (ms < 0)
            cancel(&o);
        else
            timer_start(loop, ms, cancel, &o);
        while (loop_once(loop))
            ;
        cr_expect(eq(int, o.calls, 0));
    }
    for (int i = 0; i < 200 && open_files() > before; i++)
        usleep(10000); // a lookup that nobody waits for may take its time
    cr_expect(eq(int, open_files(), before));
    handshake_cancel(NULL);
    close(silent);
}

// Who asked hears of the end in `done`, and has nothing to cancel from then on.
Test(handshake, one_that_has_just_failed_is_cancelled)
{
    struct handshake_request ask = at(AT_GOOD);
    close(listen_anywhere(&ask.port));
    static const char *const nobody[] = {"nowhere.test", "127.0.0.1", "127.0.0.1:0"};
    int before = open_files();
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        int failed = 0;
        ask.connect_to = nobody[i];
        for (int ms = 0; ms < 100; ms += ms + 1) {
            struct outcome o = {0};
            o.asked = handshake_start(loop, &arena, &ask, on_done, &o);
            timer_start(loop, ms, cancel, &o);
            while (loop_once(loop))
                ;
            cr_expect(o.asked == NULL);
            failed += o.calls;
        }
        cr_expect(failed > 0, "%s: each was cancelled before it failed", nobody[i]);
    }
    for (int i = 0; i < 200 && open_files() > before; i++)
        usleep(10000);
    cr_expect(eq(int, open_files(), before));
}

Test(handshake, dial_targets)
{
    static const struct {
        const char *text, *host;
        int port; // 0: left alone, -1: refused
    } rows[] = {
        {"shop.test", "shop.test", 0},
        {"shop.test:8443", "shop.test", 8443},
        {"10.0.0.1:1", "10.0.0.1", 1},
        {"::1", "::1", 0},
        {"fe80::1:2:3", "fe80::1:2:3", 0},
        {"[::1]", "::1", 0},
        {"[::1]:443", "::1", 443},
        {"[::1]443", "::1", -1},
        {"a:0", "a", -1},
        {"a:65536", "a", -1},
        {"a:-1", "a", -1},
        {"a:4 4", "a", -1},
        {"a:", "a", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *host;
        int port = 7;
        bool ok = dial_target(&arena, rows[i].text, &host, &port);
        cr_expect(ok == (rows[i].port >= 0), "%s", rows[i].text);
        cr_expect(strcmp(host, rows[i].host) == 0 || !ok, "%s: %s", rows[i].text, host);
        cr_expect(port == (rows[i].port ? rows[i].port : 7) || !ok, "%s: %d", rows[i].text, port);
    }
}
