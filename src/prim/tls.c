// tls: what a server really serves, and whether a chain of certificates would be trusted.
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "engine/convert.h"
#include "engine/door.h"
#include "engine/failure.h"
#include "engine/permit.h"
#include "engine/run.h"
#include "net/handshake.h"
#include "net/starttls.h"
#include "net/verdict.h"
#include "prim/args.h"
#include "prim/connection.h"
#include "prim/prims.h"
#include "prim/pure.h"

enum { HTTPS_PORT = 443, NAMES_SHOWN = 3 };

// "shop.test, www.shop.test and 2 more"
static const char *names_text(struct arena *a, const struct value *names)
{
    const char *text = "";
    size_t count = value_count(names);
    for (size_t i = 0; i < count && i < NAMES_SHOWN; i++) {
        const char *name = value_text(value_at(names, i)), *colon = strchr(name, ':');
        text = arena_printf(a, "%s%s%s", text, i ? ", " : "", colon ? colon + 1 : name);
    }
    if (count > NAMES_SHOWN)
        text = arena_printf(a, "%s and %zu more", text, count - NAMES_SHOWN);
    return *text ? text : "no name at all";
}

static const char *days_text(struct arena *a, int64_t days)
{
    return arena_printf(a, days == 1 ? "%lld day" : "%lld days", (long long)days);
}

// The finding in a few words.
static const char *finding_text(struct arena *a, const struct value *found)
{
    const char *cause = value_get_text(found, "cause");
    const struct value *leaf = value_at(value_get(found, "chain"), 0);
    int64_t days_left = value_get_int(found, "days_left", 0);
    if (value_get_bool(found, "ok", false))
        return arena_printf(a, "chain verifies, %s left",
                            days_text(a, value_get_int(found, "days_left_verified", days_left)));
    if (strcmp(cause, "expired") == 0 && days_left < -1)
        return arena_printf(a, "expired %s ago", days_text(a, -days_left - 1));
    if (strcmp(cause, "expired") == 0)
        return "expired less than a day ago";
    if (strcmp(cause, "not_yet_valid") == 0)
        return arena_printf(a, "not valid before %s", value_get_text(leaf, "not_before"));
    if (strcmp(cause, "wrong_host") == 0)
        return arena_printf(a, "not for %s but for %s", value_get_text(found, "host"),
                            names_text(a, value_get(leaf, "sans")));
    if (strcmp(cause, "incomplete_chain") == 0)
        return "incomplete chain: an intermediate certificate is not served";
    if (strcmp(cause, "self_signed") == 0)
        return "self-signed";
    if (strcmp(cause, "untrusted_root") == 0)
        return "its root is not trusted";
    const char *message = value_get_text(value_at(value_get(found, "errors"), 0), "message");
    return *message ? message : "does not verify";
}

static void inspect_done(struct value *found, const char *error, const char *code, void *arg)
{
    struct effect *e = arg;
    e->code = code;
    e->work = NULL;
    if (error)
        e->error = arena_printf(&e->arena, "%s: %s", e->summary, error);
    else
        e->answer = finding_text(&e->arena, found);
    e->result = found;
    effect_end(e);
}

static const char *text_or_null(const struct effect *e, const char *name)
{
    const struct value *v = value_get(e->args, name);
    return v ? value_text(v) : NULL;
}

static enum starttls_protocol starttls_read(const struct effect *e)
{
    enum starttls_protocol protocol = STARTTLS_NONE;
    starttls_find(value_get_text(e->args, "starttls"), &protocol);
    return protocol;
}

static void inspect_perform(struct effect *e)
{
    struct handshake_request request = {
        .guard = permit_guard(e),
        .host = value_get_text(e->args, "host"),
        .port = (int)value_get_int(e->args, "port", 0),
        .starttls = starttls_read(e),
        .connect_to = text_or_null(e, "address"),
        .sni = text_or_null(e, "sni"),
        .ca_file = text_or_null(e, "ca_file"),
        .ca_pem = text_or_null(e, "ca_pem"),
        .timeout_ms = value_get_int(e->args, "timeout_ms", 0),
        .at = value_get_int(e->args, "at", 0),
    };
    e->work = handshake_start(e->run->loop, &e->arena, &request, inspect_done, e);
}

static void inspect_cancel(struct effect *e)
{
    handshake_cancel(e->work);
    e->work = NULL;
}

static const struct effect_kind inspect_kind = {
    .name = "tls.inspect", .perform = inspect_perform, .cancel = inspect_cancel};

// Reads "host", "host:port", "[::1]:443" or a bare IPv6 address into host and port.
static void endpoint_read(lua_State *L, struct effect *e, const char *text)
{
    const char *host = text, *port = NULL, *close = strchr(text, ']');
    size_t len = strlen(text);
    if (*text == '[' && close && (close[1] == ':' || close[1] == '\0')) {
        host = text + 1;
        len = (size_t)(close - host);
        port = close[1] ? close + 2 : NULL;
    } else if (strchr(text, ':') && strchr(text, ':') == strrchr(text, ':')) {
        len = strcspn(text, ":");
        port = text + len + 1;
    }
    char *end = NULL;
    enum starttls_protocol starttls = starttls_read(e);
    long number = port ? strtol(port, &end, 10) : starttls ? starttls_port(starttls) : HTTPS_PORT;
    bool digits = port == NULL || (strspn(port, "0123456789") == strlen(port) && *port);
    const char *name = arena_copy(&e->arena, host, len);
    bool named = *name && !strpbrk(name, "[]/@ \t\r\n") &&
                 (!strchr(name, ':') || verdict_host_is_address(name));
    if (!named || !digits || number < 1 || number > 65535)
        failure_raise(L, FAILURE_USAGE,
                      "tls.inspect wants a host and perhaps a port, as in \"shop.example:443\" or "
                      "\"[::1]:443\", not '%s'",
                      text);
    value_set(&e->arena, e->args, "host", value_string(&e->arena, name));
    value_set(&e->arena, e->args, "port", value_int(&e->arena, number));
}

// A moment in seconds since 1970, whole ones, or 0 when there is none.
static int64_t moment_read(lua_State *L, const struct value *options, const char *what)
{
    const struct value *at = value_get(options, "at");
    if (at == NULL)
        return 0;
    if (at->type == VALUE_FLOAT && at->number > 0 && at->number < 1e15)
        return (int64_t)at->number;
    if (at->type != VALUE_INT || at->integer <= 0)
        failure_raise(L, FAILURE_USAGE,
                      "%s: `at` must be seconds since 1970, as wait.now() gives them", what);
    return at->integer;
}

static void options_read(lua_State *L, struct effect *e)
{
    struct arena *a = &e->arena;
    const char *pem, *file;
    int64_t timeout = args_ms(L, e, "timeout", -1);
    if (timeout == 0)
        failure_raise(L, FAILURE_USAGE, "tls.inspect: the timeout must be longer than 0");
    value_remove(e->args, "timeout");
    if (timeout > 0)
        value_set(a, e->args, "timeout_ms", value_int(a, timeout));
    args_pem(L, e, "ca", &pem, &file);
    value_remove(e->args, "ca");
    if (pem || file)
        value_set(a, e->args, pem ? "ca_pem" : "ca_file", value_string(a, pem ? pem : file));
    if (file)
        need_add(e, "read", NULL, file, NULL);
    const char *starttls = args_text(L, e, "starttls");
    if (starttls && starttls_read(e) == STARTTLS_NONE)
        failure_raise(L, FAILURE_USAGE,
                      "tls.inspect: starttls can be \"smtp\", \"imap\" or \"postgres\", not '%s'",
                      starttls);
    int64_t at = moment_read(L, e->args, "tls.inspect");
    if (at)
        value_set(a, e->args, "at", value_int(a, at));
}

static const struct args tls_inspect_args = {
    NULL,
    {
        {"address", ARG_TEXT, "where to connect to, \"127.0.0.1:8443\", whatever the name says"},
        {"sni", ARG_TEXT, "the name to ask for, where it is another"},
        {"ca", ARG_TEXT, "whom to trust: a file, or PEM text (default: the system's)"},
        {"starttls", ARG_TEXT, "\"smtp\", \"imap\" or \"postgres\": asked first in the clear"},
        {"timeout", ARG_TIME, "of everything (default 10s)"},
        {"at", ARG_MOMENT, "the moment that it is judged for (default: now)"},
    }};

// tls.inspect("host" [, { address = "127.0.0.1:8443", sni = "name", ca = file or PEM text,
//                         starttls = "smtp", timeout = "10s", at = seconds since 1970 }])
// "host:port" and "[::1]:443" name another port than 443. With starttls, which is "smtp", "imap" or
// "postgres", the server is first asked in the clear to begin TLS, on that protocol's port. Makes a
// TLS handshake of its own, at `address` when given, and judges what is served. Effect: a read. A
// bad certificate is an answer; raises an effect failure when no handshake comes about. Options:
//   [tls_inspect_args]
// Fields of the answer, times as RFC 3339:
//   ok               the chain verifies for the host, at security level 2
//   cause            what to mend first: "", "expired", "not_yet_valid", "wrong_host",
//                    "incomplete_chain", "self_signed", "untrusted_root", "weak" or "other"
//   errors           [ { code, name, depth, message } ], all of them
//   host_ok          the leaf names the host (subjectAltName only)
//   days_left        of the certificate that runs out first, as served; rounded down
//   days_left_verified
//                    the same of the chain that was verified; nil without one
//   chain, verified  as served and as verified, leaf first: [ { subject, issuer, serial, sha256,
//                    spki_sha256, not_before, not_after, days_left, sans, key { type, bits },
//                    signature, is_ca, eku, ocsp, crl, aia, sct_count } ]
//   chain_complete, chain_order_ok, must_staple
//                    true or false
//   ocsp             nil, or the stapled { status, this_update, next_update, fresh, signature_ok };
//                    the status is "good", "revoked", "unknown", "other_certificate" or why there
//                    is none; signature_ok is nil when the issuer is not served
//   host, ip, port, sni, protocol, cipher, group, alpn, timings
//                    of the handshake
static int tls_inspect(lua_State *L)
{
    size_t len;
    const char *text = pure_text(L, 1, "tls.inspect", &len);
    lua_settop(L, 2);
    struct effect *e = effect_new(L, &inspect_kind, ACCESS_READ);
    args_read(L, 2, e, "tls.inspect", &tls_inspect_args);
    options_read(L, e);
    endpoint_read(L, e, text);
    const char *host = value_get_text(e->args, "host");
    int port = (int)value_get_int(e->args, "port", 0);
    const char *format = strchr(host, ':') ? "[%s]:%d" : "%s:%d";
    const char *endpoint = arena_printf(&e->arena, format, host, port);
    if (e->summary == NULL)
        e->summary = arena_printf(&e->arena, "inspect TLS of %s%s%s", endpoint,
                                  starttls_read(e) ? " after STARTTLS, " : "",
                                  value_get_text(e->args, "starttls"));
    e->system = arena_printf(&e->arena, "tls://%s", endpoint);
    need_add(e, "tls", NULL, endpoint, NULL);
    if (value_get(e->args, "address"))
        connection_need(e, value_get_text(e->args, "address"), port);
    return door_pass(L, e);
}

static const char *pem_option(lua_State *L, const struct value *options, const char *name)
{
    const struct value *v = value_get(options, name);
    if (v && v->type != VALUE_STRING)
        failure_raise(L, FAILURE_USAGE, "tls.verify: '%s' must be text", name);
    return v ? v->string.text : NULL;
}

// tls.verify { leaf = PEM, intermediates = PEM, roots = PEM, host = "name", at = wait.now() }: the
// judgement of tls.inspect on certificates at hand, by the system's roots when none are given. No
// effect; so the moment has to be said. Returns ok, errors, cause, host_ok, chain, verified,
// days_left and so on. Raises a usage failure when a text holds no certificate.
static int tls_verify(lua_State *L)
{
    static const char *const known[] = {"leaf", "intermediates", "roots", "host", "at"};
    error_local(err);
    struct arena *a;
    const struct value *options = pure_value(L, 1, "tls.verify", &a);
    size_t found = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        found += value_get(options, known[i]) != NULL;
    const char *leaf = pem_option(L, options, "leaf");
    int64_t at = moment_read(L, options, "tls.verify");
    if (leaf == NULL || at == 0 || found != value_count(options))
        return failure_raise(
            L, FAILURE_USAGE,
            "tls.verify wants { leaf = PEM, at = wait.now() } and takes intermediates, "
            "roots and host");
    const struct value *verdict =
        verdict_of_pem(a, leaf, pem_option(L, options, "intermediates"),
                       pem_option(L, options, "roots"), pem_option(L, options, "host"), at, &err);
    if (verdict == NULL)
        return failure_raise_error(L, FAILURE_USAGE, "tls.verify", &err);
    convert_push(L, verdict);
    return 1;
}

int prim_tls(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"inspect", tls_inspect}, {"verify", tls_verify}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
