#include <criterion/criterion.h>

#include "fetched.h"
#include "nginx.h"

static struct nginx nginx;

// Each says what it saw: the connection's number, the protocol, whether the TLS session was taken
// up again, the client's certificate, the names asked for, and the credentials.
static const char servers[] =
    "log_format unused ''; ssl_certificate_key server.key; ssl_client_certificate ca.pem;\n"
    "ssl_session_cache shared:c:1m; default_type text/plain;\n"
    "server { listen 127.0.0.1:$PORT0 ssl http2; listen [::1]:$PORT5 ssl http2;\n"
    "  ssl_certificate server.pem; ssl_verify_client optional;\n"
    "  location /big { alias $FOLDER/big; }\n"
    "  location / { return 200 '$connection $server_protocol $ssl_session_reused"
    " $ssl_client_verify $ssl_server_name $http_host [$http_authorization] $content_length'; } }\n"
    "server { listen 127.0.0.1:$PORT1 ssl; ssl_certificate server.pem; ssl_verify_client on;\n"
    "  location / { return 200 '$ssl_client_verify $server_protocol'; } }\n"
    "server { listen 127.0.0.1:$PORT2 ssl; ssl_certificate self.pem; return 200 'x'; }\n"
    "server { listen 127.0.0.1:$PORT3 ssl; ssl_certificate old.pem; return 200 'x'; }\n"
    "server { listen 127.0.0.1:$PORT4;\n"
    "  location /to0 { return 301 https://localhost:$PORT0/; }\n"
    "  location / { return 200 'plain'; } }\n";

static void open_all(void)
{
    fetched_open();
    nginx_start(&nginx, servers);
}

static void close_all(void)
{
    nginx_stop(&nginx);
    fetched_close();
}

TestSuite(fetch_tls, .init = open_all, .fini = close_all, .timeout = 120);

static const char *https(const char *host, int port, const char *path)
{
    static char texts[4][256];
    static int next;
    char *text = texts[next++ % 4];
    snprintf(text, sizeof texts[0], "https://%s:%d%s", host, nginx.ports[port], path);
    return text;
}

static const char *in_folder(const char *name)
{
    static char texts[4][128];
    static int next;
    char *text = texts[next++ % 4];
    snprintf(text, sizeof texts[0], "%s/%s", nginx.folder, name);
    return text;
}

static void expect_in_body(const char *text)
{
    cr_assert_null(got.result.error, "%s", got.result.error);
    cr_expect_eq(got.result.status, 200);
    cr_expect_not_null(strstr(got.result.body, text), "'%s' lacks '%s'", got.result.body, text);
}

Test(fetch_tls, verifies_unless_told_not_to)
{
    struct fetch_request r = {.url = https("localhost", 0, "/")};
    ask(&r);
    expect_error("the certificate of localhost:", false);
    expect_error("is not trusted: unable to get local issuer certificate", false);
    r.ca_file = in_folder("ca.pem");
    ask(&r);
    expect_in_body(" HTTP/2.0 ");
    cr_expect_eq(got.result.http_version, 20);
    cr_expect_gt(got.result.tls, got.result.connect);
    cr_expect_geq(got.result.first_byte, got.result.tls);
    cr_expect_str_eq(header("Content-Type"), "text/plain");
    r.ca_file = NULL;
    r.ca_pem = nginx_text(&nginx, "ca.pem");
    ask(&r);
    expect_in_body(" HTTP/2.0 ");
    r.ca_pem = NULL;
    ask(&r); // that others trusted it on this connection does not make it trusted
    expect_error("is not trusted", false);
    r.insecure = true;
    ask(&r);
    expect_in_body(" HTTP/2.0 ");
    r.insecure = false;
    ask(&r);
    expect_error("is not trusted", false);
    setenv("SSL_CERT_FILE", in_folder("ca.pem"), 1);
    ask(&r);
    expect_in_body(" HTTP/2.0 ");
}

Test(fetch_tls, says_why_a_certificate_is_not_trusted)
{
    struct fetch_request r = {.ca_file = in_folder("ca.pem"), .retries = 3};
    r.url = https("localhost", 2, "/");
    ask(&r);
    expect_error("is not trusted: self-signed certificate", false);
    cr_expect_eq(got.result.attempts, 1, "it is no better the next time");
    r.url = https("localhost", 3, "/");
    ask(&r);
    expect_error("is not trusted: certificate has expired", false);
    r.url = https("bad.test", 0, "/");
    r.connect_to = "127.0.0.1";
    ask(&r);
    expect_error("the certificate that bad.test:", false);
    expect_error("serves is not for 'bad.test'", false);
}

Test(fetch_tls, what_is_no_tls)
{
    ask(&(struct fetch_request){.url = https("localhost", 4, "/")});
    expect_error("the TLS handshake with localhost:", false);
    expect_error("failed: wrong version number", false);
    struct fetch_request r = {.url = https("localhost", 0, "/"), .ca_file = "/nowhere/ca.pem"};
    ask(&r);
    expect_error("no CA certificates could be read from /nowhere/ca.pem", false);
    r = (struct fetch_request){.url = https("localhost", 0, "/"), .ca_pem = "garbage"};
    ask(&r);
    expect_error("no CA certificates could be read from the given PEM text", false);
}

Test(fetch_tls, connect_to_keeps_the_names)
{
    struct fetch_request r = {.url = "https://good.test/", .ca_file = in_folder("ca.pem")};
    char to[64];
    snprintf(to, sizeof to, "127.0.0.1:%d", nginx.ports[0]);
    r.connect_to = to;
    ask(&r);
    expect_in_body(" good.test good.test ");
    cr_expect_str_eq(got.result.ip, "127.0.0.1");
    snprintf(to, sizeof to, "[::1]:%d", nginx.ports[5]);
    ask(&r);
    expect_in_body(" good.test good.test ");
    cr_expect_str_eq(got.result.ip, "::1");
    r.url = https("good.test", 5, "/");
    r.connect_to = "::1";
    ask(&r);
    expect_in_body(" good.test good.test:");
    r.url = https("[::1]", 5, "/");
    r.connect_to = NULL;
    ask(&r);
    expect_in_body(" HTTP/2.0 ");
}

Test(fetch_tls, client_certificates)
{
    struct fetch_request r = {.url = https("localhost", 1, "/"), .ca_file = in_folder("ca.pem")};
    ask(&r);
    cr_expect_eq(got.result.status, 400);
    r.cert_pem = nginx_text(&nginx, "client.pem");
    r.key_pem = nginx_text(&nginx, "ca.key");
    ask(&r);
    expect_error("cannot use the client certificate for localhost:", false);
    r.cert_pem = r.key_pem = NULL;
    r.cert_file = in_folder("client.pem");
    r.key_file = in_folder("client.key");
    ask(&r);
    expect_in_body("SUCCESS HTTP/1.1");
    r.cert_file = r.key_file = NULL;
    r.cert_pem = nginx_text(&nginx, "client.pem");
    r.key_pem = nginx_text(&nginx, "client.key");
    ask(&r);
    expect_in_body("SUCCESS HTTP/1.1");
    char both[16384];
    snprintf(both, sizeof both, "%s%s", r.cert_pem, r.key_pem);
    r.cert_pem = both;
    r.key_pem = NULL;
    ask(&r);
    expect_in_body("SUCCESS HTTP/1.1");
    r.cert_pem = NULL;
    ask(&r); // the connections of the others are not for this one
    cr_expect_eq(got.result.status, 400);
    r.cert_file = "/nowhere/client.pem";
    ask(&r);
    expect_error("cannot use the client certificate for localhost:", false);
}

Test(fetch_tls, a_server_that_insists_on_a_client_certificate)
{
    int port = nginx_free_port(AF_INET);
    char accept[32], url[64];
    snprintf(accept, sizeof accept, "127.0.0.1:%d", port);
    snprintf(url, sizeof url, "https://localhost:%d/", port);
    const char *argv[] = {"openssl",
                          "s_server",
                          "-accept",
                          accept,
                          "-cert",
                          in_folder("server.pem"),
                          "-key",
                          in_folder("server.key"),
                          "-Verify",
                          "1",
                          "-verify_return_error",
                          "-CAfile",
                          in_folder("ca.pem"),
                          "-www",
                          "-quiet",
                          NULL};
    pid_t pid = nginx_run(argv);
    nginx_wait_for(port);
    struct fetch_request r = {
        .url = url, .method = "POST", .ca_pem = nginx_text(&nginx, "ca.pem"), .cert_pem = NULL};
    ask(&r);
    expect_error("did not accept our client certificate, or that we sent none: ", false);
    expect_error("alert certificate required", false);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

Test(fetch_tls, neither_certificate_nor_token_follows_to_another_scheme)
{
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%d/to0", nginx.ports[4]);
    const char *headers[] = {"Authorization: Bearer SECRET", NULL};
    struct fetch_request r = {.url = url,
                              .headers = headers,
                              .max_redirects = 2,
                              .ca_file = in_folder("ca.pem"),
                              .cert_file = in_folder("client.pem"),
                              .key_file = in_folder("client.key")};
    ask(&r);
    expect_in_body(" NONE localhost ");
    expect_in_body(" [] ");
    r.url = https("localhost", 0, "/");
    ask(&r);
    expect_in_body(" SUCCESS localhost ");
    expect_in_body(" [Bearer SECRET] ");
}

Test(fetch_tls, many_share_one_connection)
{
    enum { MANY = 60 };
    struct fetched all[MANY] = {0};
    struct fetch_request r = {.url = https("localhost", 0, "/"), .ca_file = in_folder("ca.pem")};
    for (int i = 0; i < MANY; i++)
        fetch_start(fetcher, &r, fetched_keep, &all[i]);
    run_loop();
    for (int i = 0; i < MANY; i++) {
        cr_assert_null(all[i].result.error, "%s", all[i].result.error);
        cr_expect_eq(strtol(all[i].result.body, NULL, 10), strtol(all[0].result.body, NULL, 10));
    }
    for (int i = 0; i < MANY; i++)
        arena_free(&all[i].arena);
}

Test(fetch_tls, what_may_not_happen_twice_has_a_connection_of_its_own_but_takes_the_session_up)
{
    struct fetch_request r = {.url = https("localhost", 0, "/"), .ca_file = in_folder("ca.pem")};
    ask(&r);
    long first = strtol(got.result.body, NULL, 10);
    r.method = "POST";
    struct fetched both[2] = {0};
    for (int i = 0; i < 2; i++)
        fetch_start(fetcher, &r, fetched_keep, &both[i]);
    run_loop();
    for (int i = 0; i < 2; i++) {
        cr_assert_null(both[i].result.error, "%s", both[i].result.error);
        cr_expect_neq(strtol(both[i].result.body, NULL, 10), first);
        cr_expect_not_null(strstr(both[i].result.body, " HTTP/2.0 r "), "%s", both[i].result.body);
        arena_free(&both[i].arena);
    }
    r.method = "GET";
    ask(&r);
    cr_expect_eq(strtol(got.result.body, NULL, 10), first);
}

Test(fetch_tls, large_bodies_pass_over_http_2)
{
    enum { LARGE = 30 << 20, MANY = 4 };
    struct fetched all[MANY] = {0};
    char *body = mem_alloc(LARGE);
    FILE *file = fopen(in_folder("big"), "w");
    for (size_t i = 0; i < LARGE; i++)
        body[i] = (char)(i * 7919 >> 8);
    fwrite(body, 1, LARGE, file);
    fclose(file);
    struct fetch_request r = {
        .url = https("localhost", 0, "/big"), .ca_file = in_folder("ca.pem"), .max_bytes = LARGE};
    for (int i = 0; i < MANY; i++)
        fetch_start(fetcher, &r, fetched_keep, &all[i]);
    run_loop();
    for (int i = 0; i < MANY; i++) {
        cr_assert_null(all[i].result.error, "%s", all[i].result.error);
        cr_assert_eq(all[i].result.body_len, LARGE);
        cr_expect_eq(memcmp(all[i].result.body, body, LARGE), 0);
        arena_free(&all[i].arena);
    }
    ask(&(struct fetch_request){.url = https("localhost", 0, "/"),
                                .method = "POST",
                                .ca_file = in_folder("ca.pem"),
                                .body = body,
                                .body_len = LARGE});
    expect_in_body(" 31457280");
    free(body);
}

Test(fetch_tls, cancel_during_the_handshake_and_over_http_2)
{
    for (int turns = 0; turns < 12; turns++) {
        struct fetch_request r = {.url = https("localhost", 0, "/"), .insecure = true};
        struct fetch *victim = fetch_start(fetcher, &r, fetched_keep, &got);
        int before = got.calls;
        for (int i = 0; i < turns && got.calls == before; i++)
            loop_once(loop);
        if (got.calls == before)
            fetch_cancel(victim);
        ask(&r);
        expect_in_body(" HTTP/2.0 ");
    }
}
