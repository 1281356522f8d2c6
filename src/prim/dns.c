// dns: questions to the DNS, and the addresses that this machine knows a name by.
#include <lauxlib.h>
#include <string.h>

#include "base/code.h"
#include "engine/convert.h"
#include "engine/door.h"
#include "engine/failure.h"
#include "engine/permit.h"
#include "engine/run.h"
#include "net/dns.h"
#include "net/dns_server.h"
#include "net/resolve.h"
#include "prim/args.h"
#include "prim/connection.h"
#include "prim/prims.h"
#include "prim/pure.h"

static const char *text_or_null(const struct effect *e, const char *name)
{
    const struct value *v = value_get(e->args, name);
    return v && v->type == VALUE_STRING ? v->string.text : NULL;
}

static void query_done(struct value *found, const char *error, void *arg)
{
    struct effect *e = arg;
    struct arena *a = &e->arena;
    e->work = NULL;
    if (error) {
        e->error = arena_printf(a, "%s: %s", e->summary, error);
        e->code = CODE_NO_ANSWER;
    } else {
        size_t count = value_count(value_get(found, "answers"));
        e->answer = arena_printf(a, "%s, %zu record%s", value_get_text(found, "status"), count,
                                 count == 1 ? "" : "s");
    }
    e->result = found;
    effect_end(e);
}

static void query_perform(struct effect *e)
{
    struct dns_request request = {
        .name = value_get_text(e->args, "name"),
        .type = value_get_text(e->args, "type"),
        .server = text_or_null(e, "server"),
        .no_recursion = !value_get_bool(e->args, "recursive", true),
        .tcp = value_get_bool(e->args, "tcp", false),
        .timeout_ms = value_get_int(e->args, "timeout_ms", 0),
    };
    e->work = dns_start(e->run->loop, &e->arena, &request, query_done, e);
}

// What the DNS says is where a host that may be asked is.
static int query_push(lua_State *L, struct effect *e)
{
    const struct value *answers = value_get(e->result, "answers");
    for (size_t i = 0; i < value_count(answers); i++)
        permit_learn(e->run, value_get_text(value_at(answers, i), "data"));
    convert_push(L, e->result);
    return 1;
}

static void query_cancel(struct effect *e)
{
    dns_cancel(e->work);
    e->work = NULL;
}

static const struct effect_kind query_kind = {
    .name = "dns.query", .perform = query_perform, .cancel = query_cancel, .push = query_push};

static const struct args dns_query_args = {
    NULL,
    {
        {"server", ARG_TEXT, "an address, perhaps with a port, or several of these"},
        {"recursive", ARG_FLAG,
         "false: only what the server itself knows, as of an authoritative one"},
        {"tcp", ARG_FLAG,
         "true: over TCP from the start, not only when the answer does not fit a datagram"},
        {"timeout", ARG_TIME, "for everything (default 5s)"},
    }};

// dns.query("name", "TXT" [, { server = "192.0.2.1:53", recursive = false, tcp = true,
//                              timeout = "5s" }])
// Asks one DNS server, or those of /etc/resolv.conf in turn, for records of a type: A, AAAA, CAA,
// CNAME, MX, NS, PTR, SOA or TXT. Effect: a read. That there is no such name, or that the server
// fails or refuses, is an answer; raises an effect failure when nobody answers. Options:
//   [dns_query_args]
// Fields of the answer:
//   status     "NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED" ...
//   answers, authority
//              [ { name, type, ttl, data } ]; data is text, a TXT's chunks are joined
//   authoritative, server, over
//              true or false; "address:port"; "udp" or "tcp"
static int dns_query(lua_State *L)
{
    size_t len;
    const char *name = pure_text(L, 1, "dns.query", &len),
               *type = pure_text(L, 2, "dns.query", &len);
    lua_settop(L, 3);
    struct effect *e = effect_new(L, &query_kind, ACCESS_READ);
    struct arena *a = &e->arena;
    args_read(L, 3, e, "dns.query", &dns_query_args);
    const char *server = args_text(L, e, "server");
    int64_t timeout = args_ms(L, e, "timeout", -1);
    if (timeout == 0)
        failure_raise(L, FAILURE_USAGE, "dns.query: the timeout must be longer than 0");
    value_remove(e->args, "timeout");
    if (timeout > 0)
        value_set(a, e->args, "timeout_ms", value_int(a, timeout));
    value_set(a, e->args, "name", value_string(a, name));
    value_set(a, e->args, "type", value_string(a, type));
    if (e->summary == NULL)
        e->summary = arena_printf(a, "ask %s for %s of %s", server ? server : "DNS", type, name);
    e->system = arena_printf(a, "dns://%s", server ? server : "");
    need_add(e, "dns", NULL, name, NULL);
    for (const char *s = server; s && *(s += strspn(s, " ,")); s += strcspn(s, " ,"))
        connection_need(e, arena_copy(a, s, strcspn(s, " ,")), DNS_PORT);
    return door_pass(L, e);
}

static void lookup_done(struct addrinfo *found, const char *error, void *arg)
{
    struct effect *e = arg;
    struct arena *a = &e->arena;
    char ip[64];
    e->work = NULL;
    e->result = value_array(a);
    for (const struct addrinfo *at = found; at; at = at->ai_next)
        if (getnameinfo(at->ai_addr, at->ai_addrlen, ip, sizeof ip, NULL, 0, NI_NUMERICHOST) == 0)
            value_push(a, e->result, value_string(a, ip));
    if (found)
        freeaddrinfo(found);
    if (error)
        e->error =
            arena_printf(a, "%s: %s; check the name and this machine's DNS", e->summary, error);
    effect_end(e);
}

static void lookup_perform(struct effect *e)
{
    e->work = resolve_start(e->run->loop, value_get_text(e->args, "name"), 0, lookup_done, e);
}

static int lookup_push(lua_State *L, struct effect *e)
{
    for (size_t i = 0; i < value_count(e->result); i++)
        permit_learn(e->run, value_text(value_at(e->result, i)));
    convert_push(L, e->result);
    return 1;
}

static void lookup_cancel(struct effect *e)
{
    resolve_cancel(e->work);
    e->work = NULL;
}

static const struct effect_kind lookup_kind = {.name = "dns.addresses",
                                               .perform = lookup_perform,
                                               .cancel = lookup_cancel,
                                               .push = lookup_push};

// dns.addresses("name"): every address that this machine knows the name by, from its hosts file and
// its DNS, as a list of texts, in the order in which they would be tried; "localhost" is loopback
// where neither knows it. Effect: a read; raises an effect failure when there is none.
static int dns_addresses(lua_State *L)
{
    size_t len;
    const char *name = pure_text(L, 1, "dns.addresses", &len);
    lua_settop(L, 1);
    struct effect *e = effect_new(L, &lookup_kind, ACCESS_READ);
    e->args = value_object(&e->arena);
    value_set(&e->arena, e->args, "name", value_string(&e->arena, name));
    e->summary = arena_printf(&e->arena, "look up the addresses of %s", name);
    e->system = "dns://";
    need_add(e, "dns", NULL, name, NULL);
    return door_pass(L, e);
}

int prim_dns(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"query", dns_query}, {"addresses", dns_addresses}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
