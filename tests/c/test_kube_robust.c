// A server that misbehaves on the wire, and a network that falls silent.
#include "apiserver.h"

#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>

#include "nginx.h"

TestSuite(kube_robust, .init = apiserver_begin, .fini = apiserver_end, .timeout = 100);

// What a raw server answers to GET pods/x, once the types were told: `head`, then `body` again and
// again for as long as anybody listens, or (times) as often as it says; then it closes or hangs.
static struct {
    int fd, port;
    const char *head, *body;
    size_t body_len;
    int times;    // 0: for ever
    int pause_ms; // before each
    bool hangs;   // in the end
    int asked;    // for pods/x
    int stopping;
} raw;

static bool send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static void raw_answer(int fd)
{
    raw.asked++;
    bool listens = send_all(fd, raw.head, strlen(raw.head));
    for (int i = 0; listens && !raw.stopping && (!raw.times || i < raw.times); i++) {
        usleep((useconds_t)raw.pause_ms * 1000);
        listens = send_all(fd, raw.body, raw.body_len);
    }
    while (raw.hangs && !raw.stopping)
        usleep(10000);
}

static void *raw_connection(void *arg)
{
    int fd = *(int *)arg;
    free(arg);
    char request[4096];
    size_t len = 0;
    for (ssize_t n; (n = recv(fd, request + len, sizeof request - 1 - len, 0)) > 0;) {
        len += (size_t)n;
        request[len] = '\0';
        if (!strstr(request, "\r\n\r\n"))
            continue;
        if (strstr(request, "/pods")) {
            raw_answer(fd);
            break;
        }
        const char *body = strncmp(request, "GET /apis ", 10) == 0 ? groups : core;
        char *text = strdup(body), head[100];
        for (char *p = text; *p; p++)
            *p = *p == '\'' ? '"' : *p;
        snprintf(head, sizeof head,
                 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                 strlen(text));
        send_all(fd, head, strlen(head));
        send_all(fd, text, strlen(text));
        free(text);
        len = 0;
    }
    close(fd);
    return NULL;
}

static void *raw_accept(void *arg)
{
    int fd;
    while ((fd = accept(raw.fd, NULL, NULL)) >= 0) {
        pthread_t thread;
        int *copy = malloc(sizeof fd);
        *copy = fd;
        pthread_create(&thread, NULL, raw_connection, copy);
        pthread_detach(thread);
    }
    return arg;
}

static int listen_anywhere(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, 64) == 0 &&
              getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static pthread_t raw_start(void)
{
    pthread_t thread;
    raw.fd = listen_anywhere(&raw.port);
    pthread_create(&thread, NULL, raw_accept, NULL);
    return thread;
}

static void raw_stop(pthread_t thread)
{
    raw.stopping = 1;
    shutdown(raw.fd, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(raw.fd);
    usleep(100000);
}

static const char *repeated(const char *text, size_t times)
{
    size_t len = strlen(text);
    char *all = arena_alloc(&memory, len * times + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(all + i * len, text, len);
    return all;
}

static struct kube_result ask_raw(struct kube *k, int64_t timeout_ms)
{
    raw.asked = 0;
    return call(k, (struct kube_request){.resource = "pods/x", .timeout_ms = timeout_ms});
}

#define OK   "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define OPEN OK "\r\n"

Test(kube_robust, answers_that_are_no_good)
{
    const char *deep = repeated("[", 1000000), *megabyte = repeated(" ", 1 << 20);
    const struct {
        const char *head, *body;
        int times, pause_ms;
        bool hangs;
        int64_t timeout_ms;
        const char *says;
    } cases[] = {
        {OK "Content-Length: 100\r\n\r\n", "{\"kind\"", 1, 0, false, 1500, "broke"},
        {OK "Transfer-Encoding: chunked\r\n\r\n", "5\r\n{\"a\":\r\n", 1, 0, false, 1500, "broke"},
        {OK "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "x", 1, 0, false, 1500, ""},
        {"", "", 1, 0, false, 1500, "closed the connection without an answer"},
        {"HTP/9", "x", 1, 0, false, 1500, ""},
        {OK "Content-Length: 100\r\n\r\n", "{\"kind\"", 1, 0, true, 500, "timed out after"},
        {OK "Content-Length: 1000\r\n\r\n", "{", 0, 100, true, 700, "timed out after"},
        {"HTTP/1.1 200 OK\r\nX-A: ", "aaaa", 0, 0, false, 20000, ""}, // a header without an end
        {OPEN, megabyte, 0, 0, false, 60000, "the answer is larger than 64.0 MB"},
        {OPEN, deep, 1, 0, false, 20000, "the answer with status 200 is not JSON (line 1"},
        {OPEN, "[1,2]", 1, 0, false, 20000, NULL}, // JSON it is
        {OPEN, "{\"a\":1}}", 1, 0, false, 20000, "is not JSON"},
        {OPEN, "{\"a\":\"\xff\"}", 1, 0, false, 20000, "is not JSON"},
        {OPEN, "", 1, 0, false, 20000, "is not JSON (it is empty)"},
    };
    struct rusage usage;
    pthread_t thread = raw_start();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        raw.head = cases[i].head;
        raw.body = cases[i].body;
        raw.body_len = strlen(cases[i].body);
        raw.times = cases[i].times;
        raw.pause_ms = cases[i].pause_ms;
        raw.hangs = cases[i].hangs;
        struct kube *k =
            open_with(arena_printf(&memory, "http://127.0.0.1:%d", raw.port), "", NULL);
        int64_t began = clock_steady();
        struct kube_result r = ask_raw(k, cases[i].timeout_ms);
        cr_assert_leq(clock_steady() - began, cases[i].timeout_ms + 10000, "row %zu", i);
        if (cases[i].says)
            check_says(r, cases[i].says);
        else
            cr_assert(r.error == NULL, "row %zu: %s", i, r.error);
        kube_close(k);
    }
    raw_stop(thread);
    getrusage(RUSAGE_SELF, &usage);
    cr_assert_leq(usage.ru_maxrss >> 10, 700, "%ld MB", usage.ru_maxrss >> 10);
}

Test(kube_robust, a_bomb_that_unpacks_to_gigabytes)
{
    struct buf packed = {0};
    FILE *gzip = popen("head -c 300000000 /dev/zero | gzip -9", "r");
    char bytes[4096];
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, gzip)) > 0;)
        buf_add(&packed, bytes, n);
    pclose(gzip);
    pthread_t thread = raw_start();
    raw.head = OK "Content-Encoding: gzip\r\n\r\n";
    raw.body = packed.data;
    raw.body_len = packed.len;
    raw.times = 1;
    struct kube *k = open_with(arena_printf(&memory, "http://127.0.0.1:%d", raw.port), "", NULL);
    check_says(ask_raw(k, 60000), "the answer is larger than 64.0 MB");
    kube_close(k);
    raw_stop(thread);
    buf_free(&packed);
}

Test(kube_robust, a_list_without_an_end_is_bounded)
{
    const char *ballast = repeated("x", 20 << 20);
    rules_aggregated();
    rule((struct rule){
        .match = "GET " PODS "*",
        .status = 200,
        .body = arena_printf(&memory,
                             "{'kind':'PodList','metadata':{'continue':'t'},'items':[{'a':'%s'}]}",
                             ballast)});
    struct kube *k = open_kube();
    struct kube_result r =
        call(k, (struct kube_request){.verb = KUBE_LIST, .resource = "pods", .timeout_ms = 60000});
    check_says(r, "LIST pods in scholarlink-prod: the list has more than 128 MB. Ask for less");
    kube_close(k);
}

// A relay before nginx, which can let every connection that is open fall silent.
static struct {
    int fd, port, to;
    int frozen; // connections up to this number
    int count;
} relay;

static void *relay_connection(void *arg)
{
    int number = ++relay.count, ends[2] = {*(int *)arg, socket(AF_INET, SOCK_STREAM, 0)};
    free(arg);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons((uint16_t)relay.to)};
    bool open = connect(ends[1], (struct sockaddr *)&to, sizeof to) == 0;
    while (open) {
        struct pollfd both[2] = {{.fd = ends[0], .events = POLLIN},
                                 {.fd = ends[1], .events = POLLIN}};
        poll(both, 2, 100);
        for (int i = 0; i < 2 && open && number > relay.frozen; i++) {
            char bytes[4096];
            ssize_t n = both[i].revents ? recv(ends[i], bytes, sizeof bytes, 0) : -1;
            if (both[i].revents)
                open = n > 0 && send_all(ends[1 - i], bytes, (size_t)n);
        }
        open = open && relay.fd >= 0;
    }
    close(ends[0]);
    close(ends[1]);
    return NULL;
}

static void *relay_accept(void *arg)
{
    int fd;
    while ((fd = accept(relay.fd, NULL, NULL)) >= 0) {
        pthread_t thread;
        int *copy = malloc(sizeof fd);
        *copy = fd;
        pthread_create(&thread, NULL, relay_connection, copy);
        pthread_detach(thread);
    }
    return arg;
}

static const char over_two[] =
    "server { listen 127.0.0.1:$PORT0 ssl http2; ssl_certificate server.pem; ssl_certificate_key "
    "server.key; default_type application/json;\n"
    "location = /api { return 200 '{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}'; }\n"
    "location = /apis { return 200 '{\"kind\":\"APIGroupList\",\"groups\":[]}'; }\n"
    "location = /api/v1 { return 200 '{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":"
    "\"pods\",\"kind\":\"Pod\",\"namespaced\":true}]}'; }\n"
    "location /api/v1/ { return 200 '{\"protocol\":\"$server_protocol\"}'; } }\n";

Test(kube_robust, a_connection_that_nobody_answers_any_more)
{
    struct nginx n;
    pthread_t thread;
    nginx_start(&n, over_two);
    relay.to = n.ports[0];
    relay.fd = listen_anywhere(&relay.port);
    pthread_create(&thread, NULL, relay_accept, NULL);
    free(pems.ca_pem);
    pems.ca_pem = mem_dup(nginx_text(&n, "ca.pem"));
    struct kube *k =
        open_with(arena_printf(&memory, "https://localhost:%d", relay.port), NULL, NULL);
    const struct kube_request q = {.resource = "pods/x", .timeout_ms = 1000};
    cr_assert_str_eq(value_get_text(call_well(k, q).value, "protocol"), "HTTP/2.0");
    call_well(k, q);
    relay.frozen = relay.count;
    check_says(call(k, q), "timed out");
    call_well(k, q); // on another one
    kube_close(k);
    shutdown(relay.fd, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(relay.fd);
    relay.fd = -1;
    usleep(300000);
    nginx_stop(&n);
}
