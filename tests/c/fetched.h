// fetched: for a test of fetch: one loop, one fetcher, one rude server, and what the last fetch
// brought, copied out of the callback.
#pragma once

#include <criterion/criterion.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "net/fetch.h"
#include "net/loop.h"
#include "rude.h"

struct fetched {
    struct fetch_result result; // its strings are copies in the arena
    struct arena arena;
    int calls;
};

static struct rude server;
static struct loop *loop;
static struct fetcher *fetcher;
static struct fetched got; // of the last `ask`

static inline void fetched_keep(struct fetch *f, const struct fetch_result *r, void *arg)
{
    (void)f;
    struct fetched *into = arg;
    into->calls++;
    into->result = *r;
    into->result.error = arena_dup(&into->arena, r->error);
    into->result.headers = arena_dup(&into->arena, r->headers);
    into->result.body = arena_copy(&into->arena, r->body, r->body_len);
    into->result.url = arena_dup(&into->arena, r->url);
    into->result.ip = arena_dup(&into->arena, r->ip);
}

static inline void fetched_open(void)
{
    const char *const names[] = {"http_proxy",  "https_proxy", "all_proxy",     "no_proxy",
                                 "HTTPS_PROXY", "ALL_PROXY",   "SSL_CERT_FILE", "NO_PROXY"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    rude_start(&server);
    loop = loop_new();
    fetcher = fetcher_new(loop);
}

static inline void fetched_close(void)
{
    fetcher_free(fetcher);
    cr_expect_not(loop_once(loop), "something was left on the loop");
    loop_free(loop);
    arena_free(&got.arena);
    rude_stop(&server);
}

static inline void run_loop(void)
{
    while (loop_once(loop))
        ;
}

// Fetches into `got`.
static inline void ask(const struct fetch_request *r)
{
    arena_free(&got.arena);
    got = (struct fetched){0};
    fetch_start(fetcher, r, fetched_keep, &got);
    cr_assert_eq(got.calls, 0, "done was called from inside fetch_start");
    run_loop();
    cr_assert_eq(got.calls, 1);
}

// The URL of a path of the rude server; valid until the next call but three.
static inline const char *at(const char *path)
{
    static char texts[4][2048];
    static int next;
    char *text = texts[next++ % 4];
    snprintf(text, sizeof texts[0], "http://127.0.0.1:%d%s", server.port, path);
    return text;
}

static inline void get(const char *path)
{
    ask(&(struct fetch_request){.url = at(path), .timeout_ms = 5000});
}

static inline void expect_error(const char *says, bool sent)
{
    cr_assert_not_null(got.result.error, "no error, where '%s' is expected", says);
    cr_expect_not_null(strstr(got.result.error, says), "'%s' lacks '%s'", got.result.error, says);
    cr_expect_null(strstr(got.result.error, "CURLE"), "%s", got.result.error);
    cr_expect_eq(got.result.sent, sent, "sent is %d after: %s", got.result.sent, got.result.error);
    cr_expect_eq(got.result.body_len, 0);
}

static inline void expect_body(int status, const char *body)
{
    cr_assert_null(got.result.error, "%s", got.result.error);
    cr_expect_eq(got.result.status, status);
    cr_expect_str_eq(got.result.body, body);
    cr_expect(got.result.sent);
}

// The value of a header of `got`, "-" when there is none.
static inline const char *header(const char *name)
{
    static char value[512];
    return fetch_header(got.result.headers, name, value, sizeof value) ? value : "-";
}
