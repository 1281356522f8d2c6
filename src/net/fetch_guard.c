#include "net/fetch_guard.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

static bool may_reach(struct gate *g, const struct sockaddr *to)
{
    return g->guard.reach(g->guard.arg, to, &g->refusal);
}

static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    (void)purpose;
    if (!may_reach(arg, &to->addr))
        return CURL_SOCKET_BAD;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

// A pooled connection may have been made for somebody who was asked less.
static int on_request(void *arg, char *ip, char *own_ip, int port, int own_port)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *to = NULL;
    struct gate *g = arg;
    char service[16];
    (void)own_ip, (void)own_port;
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(ip, service, &hints, &to) != 0) {
        error_set(&g->refusal, "the address of the peer, '%s', cannot be judged", ip);
        return CURL_PREREQFUNC_ABORT;
    }
    bool may = may_reach(g, to->ai_addr);
    freeaddrinfo(to);
    return may ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

bool gate_set(CURL *easy, struct gate *g)
{
    error_free(&g->refusal);
    if (!g->guard.reach)
        return true;
    return !curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket) &&
           !curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, g) &&
           !curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request) &&
           !curl_easy_setopt(easy, CURLOPT_PREREQDATA, g);
}
