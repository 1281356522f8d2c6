// nginx: the real server on free loopback ports, in a folder of its own with certificates made by
// the openssl command:
//   ca.pem            a private CA
//   server.pem .key   for good.test, localhost, 127.0.0.1 and ::1
//   client.pem .key   for a client
//   old.pem           as server.pem, but expired
//   self.pem          as server.pem, but signed by itself
#pragma once

#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"

enum { NGINX_PORTS = 6 };

struct nginx {
    char folder[64];
    int ports[NGINX_PORTS];
    pid_t pid;
};

static const char nginx_certificates[] =
    "set -e; cd \"$FOLDER\"; exec 2> openssl.log\n"
    "key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key; }\n"
    "sign() { openssl req -new -key server.key -subj /CN=$1 | openssl x509 -req -CA ca.pem"
    " -CAkey ca.key -CAcreateserial -days $2 -extfile $3.ext -out $1.pem; }\n"
    "echo 'subjectAltName=DNS:good.test,DNS:localhost,IP:127.0.0.1,IP:::1' > server.ext\n"
    "echo 'extendedKeyUsage=clientAuth' > client.ext\n"
    "key ca; key server; cp server.key client.key\n"
    "openssl req -x509 -new -key ca.key -subj '/CN=Test CA' -days 30 -out ca.pem\n"
    "sign server 30 server; sign client 30 client\n"
    // x509 makes none that lies in the past (since OpenSSL 3.4); ca does.
    "printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\nserial=serial\\nnew_certs_dir=.\\n"
    "default_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' > ca.cnf; : > index; echo 77 > "
    "serial\n"
    "openssl req -new -key server.key -subj /CN=old | openssl ca -batch -config ca.cnf -cert ca.pem"
    " -keyfile ca.key -in /dev/stdin -out old.pem -extfile server.ext -notext"
    " -startdate 20240101000000Z -enddate 20240201000000Z\n"
    "openssl req -x509 -new -key server.key -subj /CN=self -days 30 -out self.pem"
    " -addext \"$(cat server.ext)\"\n";

static inline pid_t nginx_run(const char *const *argv)
{
    pid_t pid = 0;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    cr_assert_eq(posix_spawnp(&pid, argv[0], &quiet, NULL, (char *const *)argv, environ), 0);
    posix_spawn_file_actions_destroy(&quiet);
    return pid;
}

static inline int nginx_free_port(int family)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *at = family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t len = family == AF_INET ? sizeof four : sizeof six;
    int fd = socket(family, SOCK_STREAM, 0);
    cr_assert(fd >= 0 && bind(fd, at, len) == 0 && getsockname(fd, at, &len) == 0);
    close(fd);
    return ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
}

static inline void nginx_wait_for(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons((uint16_t)port)};
    for (int i = 0; i < 500; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        int refused = connect(fd, (struct sockaddr *)&to, sizeof to);
        close(fd);
        if (!refused)
            return;
        usleep(10000);
    }
    cr_assert_fail("nobody listens on port %d", port);
}

// Text of a file in the folder, in one of a few static buffers.
static inline const char *nginx_text(const struct nginx *n, const char *name)
{
    static char texts[4][8192];
    static int next;
    char path[128], *text = texts[next++ % 4];
    snprintf(path, sizeof path, "%s/%s", n->folder, name);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    text[fread(text, 1, sizeof texts[0] - 1, file)] = '\0';
    fclose(file);
    return text;
}

// `servers`: the server blocks, in which $FOLDER and $PORT0 to $PORT5 stand for what they say; port
// 0 is waited for, port 5 is one of ::1.
static inline void nginx_start(struct nginx *n, const char *servers)
{
    *n = (struct nginx){.folder = "/tmp/test_nginx_XXXXXX"};
    cr_assert_not_null(mkdtemp(n->folder));
    setenv("FOLDER", n->folder, 1);
    cr_assert_eq(system(nginx_certificates), 0);
    for (int i = 0; i < NGINX_PORTS; i++)
        n->ports[i] = nginx_free_port(i == 5 ? AF_INET6 : AF_INET);

    struct buf text = {0};
    buf_printf(&text,
               "daemon off; master_process off; %s pid nginx.pid; error_log error.log;\n"
               "events {} http { access_log off; client_max_body_size 0;\n",
               geteuid() == 0 ? "user root;" : "");
    const char *const places[] = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"};
    for (size_t i = 0; i < 5; i++)
        buf_printf(&text, "%s_temp_path %s/temp;\n", places[i], n->folder);
    for (const char *p = servers; *p; p++) {
        if (strncmp(p, "$PORT", 5) == 0) {
            buf_printf(&text, "%d", n->ports[p[5] - '0']);
            p += 5;
        } else if (strncmp(p, "$FOLDER", 7) == 0) {
            buf_puts(&text, n->folder);
            p += 6;
        } else {
            buf_putc(&text, *p);
        }
    }
    buf_puts(&text, "}\n");
    char path[128];
    snprintf(path, sizeof path, "%s/nginx.conf", n->folder);
    FILE *file = fopen(path, "w");
    fputs(buf_text(&text), file);
    fclose(file);
    buf_free(&text);

    const char *argv[] = {"/usr/sbin/nginx", "-p", n->folder, "-e", "error.log", "-c", path, NULL};
    n->pid = nginx_run(argv);
    nginx_wait_for(n->ports[0]);
}

static inline void nginx_stop(struct nginx *n)
{
    kill(n->pid, SIGTERM);
    waitpid(n->pid, NULL, 0);
    const char *argv[] = {"rm", "-rf", n->folder, NULL};
    waitpid(nginx_run(argv), NULL, 0);
}
